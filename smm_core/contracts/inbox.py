"""Listening: what others said to or about a profile."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from msgspec import Struct

from smm_core.contracts.given import Context
from smm_core.model import Interaction, Profile


class ListenRequest(Struct, frozen=True, kw_only=True):
    """What is new on a profile since `cursor`: the plugin's own word of where it stopped, empty the first time."""

    profile: Profile
    cursor: str = ""


class ListenPage(Struct, frozen=True, kw_only=True):
    """Interactions, newest or oldest first as the platform gives them. With `more` core asks again at once, with `cursor`.

    The same interaction may come twice: core keeps it once, by profile and `remote_id`. One whose text is another the
    second time was edited.
    """

    interactions: tuple[Interaction, ...] = ()
    cursor: str = ""
    more: bool = False


@runtime_checkable
class Listens(Protocol):
    """Ability: tells what others said to or about the profile. Reads only: marks nothing as read on the platform."""

    def listen(self, request: ListenRequest, ctx: Context) -> ListenPage:
        """What is new since the cursor, a page at a time. What the profile itself wrote is left out.

        Texts are plain (HTML taken off), instants UTC. `TryLater` when the platform asks for patience, `NeedsLogin` when
        the credentials no longer hold.
        """
        ...
