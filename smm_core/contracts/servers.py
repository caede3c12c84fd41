"""Platforms that are many servers: what one of them promises, another one may not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from smm_core.contracts.acts import Scheduling
from smm_core.contracts.publishers import Guarantees
from smm_core.model import Profile


@runtime_checkable
class VariesByServer(Protocol):
    """Ability: what holds depends on the server that a profile is on, and on what `inspect` learned of it (`known`).

    The publisher's `guarantees` and `scheduling` are then what the best of the servers do; core never relies on them.
    For a server of which nothing is known, promise nothing that one of them might not keep. Both methods are pure.
    """

    def guarantees_for(self, profile: Profile, known: Mapping[str, Any]) -> Guarantees:
        """What the profile's server promises about one send."""
        ...

    def scheduling_for(self, profile: Profile, known: Mapping[str, Any]) -> Scheduling | None:
        """What the server's own scheduler takes; None where it has none that can be relied on."""
        ...
