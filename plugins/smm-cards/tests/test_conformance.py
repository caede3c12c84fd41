"""What every template is asked, by the kit."""

from __future__ import annotations

import pytest
from smm_cards.template import Cards

from smm_core.testing.kit import TemplateCase, TemplateSuite


@pytest.fixture
def case() -> TemplateCase:
    return TemplateCase(make=Cards, layouts=("quote", "announcement", "tip", "photo"))


class TestTemplate(TemplateSuite):
    pass
