"""Checks: what is looked at before anybody is asked."""

from __future__ import annotations

from msgspec import Struct

from smm_core.limits import Limits
from smm_core.model import (
    ActionKind,
    Brand,
    PostContent,
    Profile,
    Variant,
)


class CheckRequest(Struct, frozen=True, kw_only=True):
    """A variant to be checked before anyone is asked to approve it. `content` is the post as it was rendered.

    `action` says what it is for: a post, or a reply, whose `limits` and `brand` are without what holds for posts alone.
    """

    content: PostContent
    variant: Variant
    profile: Profile
    limits: Limits
    brand: Brand
    action: ActionKind = ActionKind.PUBLISH
