"""Drawing a variant as its followers will see it, by whichever plugin can."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from smm_core.contracts import Preview, PreviewRequest, Previews
from smm_core.model import Profile, Variant
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.workspace import Workspace


def drawer_of(ws: Workspace, profile: Profile) -> Any:
    """The publisher that draws for a profile: its own, else the first that can; None where none can."""
    own = ws.plugins.publisher(profile.platform)
    if Previews in own.abilities:
        return own
    return next(iter(ws.plugins.having("publisher", Previews)), None)


def request_for(ws: Workspace, drawer: Any, variant: Variant, profile: Profile, now: datetime) -> PreviewRequest:
    """What the drawer is asked. A stranger's drawing goes by the platform that it stands in for, knows nothing of that
    platform's settings, and shows the account that the platform knows us by, where no handle is configured."""
    shown = profile
    if drawer.name != profile.platform:
        account = ws.store.profiles.state(profile.name).account
        shown = replace(
            profile,
            imitates=profile.imitates or profile.platform,
            handle=profile.handle or (account if account.startswith("@") else ""),
            settings=None,
        )
    return PreviewRequest(
        profile=shown, variant=variant, limits=ws.limits_of(profile), now=now, language=profile.language
    )


def drawn(ws: Workspace, drawer: Any, request: PreviewRequest) -> Preview:
    """The drawing."""
    preview: Preview = ws.calls.call(
        "publisher",
        drawer.name,
        "preview",
        lambda ctx: drawer.preview(request, ctx),
        expect=Preview,
        subject=request.profile.name,
    )
    return preview
