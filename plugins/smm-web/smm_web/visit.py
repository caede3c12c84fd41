"""One request of one reviewer: what a view needs to know, and how it answers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from msgspec import Struct, field

from smm_core import ReviewDesk, Reviewer, Tongue
from smm_web.entry import form_proof
from smm_web.forms import Form, whole_number
from smm_web.pages import Pages
from smm_web.site import Site

if TYPE_CHECKING:
    from starlette.responses import Response


class Visit(Struct, frozen=True, kw_only=True):
    """Who asks for what. `token` is the link they came by; `path` and `query` are of the address, `form` of the body."""

    desk: ReviewDesk
    pages: Pages
    site: Site
    now: datetime
    reviewer: Reviewer
    token: str
    tongue: Tongue
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Form = field(default_factory=Form)

    @property
    def number(self) -> int:
        """The review that the address names; what is no number is not there."""
        return whole_number(self.path["number"])

    @property
    def once(self) -> str:
        """A name for what this form says, so that a second click says nothing more."""
        return f"web:{self.reviewer.person.name}:{self.form.get('once')[:64]}" if self.form.get("once") else ""

    def page(self, name: str, *, status: int = 200, **values: Any) -> Response:
        """A page for this person."""
        from starlette.responses import HTMLResponse

        html = self.pages.draw(
            name,
            self.tongue,
            self.now,
            self.site,
            reviewer=self.reviewer,
            proof=form_proof(self.token),
            once=secrets.token_urlsafe(12),
            **values,
        )
        return HTMLResponse(html, status_code=status)

    def go(self, path: str, **query: str | int) -> Response:
        """Send them on, with a GET."""
        from starlette.responses import RedirectResponse

        return RedirectResponse(f"{self.site.path}{path}{'?' + urlencode(query) if query else ''}", status_code=303)
