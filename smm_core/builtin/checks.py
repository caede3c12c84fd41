"""The checks that ship with smm: what the platform accepts, and what the brand book asks for."""

from __future__ import annotations

from collections.abc import Iterable

from smm_core.builtin.brand_check import check_brand
from smm_core.builtin.limits_check import check_limits
from smm_core.contracts import CheckRequest
from smm_core.hookspecs import hookimpl
from smm_core.model import Problem


@hookimpl
def smm_check_variant(request: CheckRequest) -> Iterable[Problem]:
    """The problems of a variant, the platform's before the brand book's."""
    return [*check_limits(request), *check_brand(request)]
