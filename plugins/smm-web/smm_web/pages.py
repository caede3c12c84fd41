"""The templates, in each language."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smm_core import Tongue
from smm_web.language import languages
from smm_web.site import Site

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent


class Pages:
    """Draws pages. One environment a language, made when it is first needed: their templates are compiled with its words."""

    def __init__(self) -> None:
        self.languages = languages()
        self._mark = _mark_of_static()
        self._environments: dict[str, Environment] = {}
        self._lock = threading.Lock()

    def draw(self, name: str, tongue: Tongue, now: datetime, site: Site, **values: Any) -> str:
        """A page as HTML; everything that is put into it is escaped."""
        template = self._environment(tongue).get_template(f"{name}.html.j2")
        return template.render(t=tongue, now=now, base=site.path, mark=self._mark, **values)

    def _environment(self, tongue: Tongue) -> Environment:
        with self._lock:
            if tongue.tag not in self._environments:
                self._environments[tongue.tag] = _environment(tongue)
            return self._environments[tongue.tag]


def _environment(tongue: Tongue) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(tongue.words, newstyle=True)  # type: ignore[attr-defined]
    return environment


def _mark_of_static() -> str:
    """A short name for what is in the static files, so that browsers may keep them for ever."""
    bodies = b"".join(path.read_bytes() for path in sorted((HERE / "static").iterdir()))
    return hashlib.sha256(bodies).hexdigest()[:10]
