"""Picture cards: a template plugin that makes a post of an idea and draws its card in every size a platform asks for."""

from __future__ import annotations

from collections.abc import Iterable

from smm_core import Template, hookimpl


@hookimpl
def smm_templates() -> Iterable[Template]:
    """The one template of this plugin, `cards`."""
    from smm_cards.template import Cards

    return (Cards(),)
