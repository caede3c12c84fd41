"""Somebody at the command line while the daemon goes through its trial, like a person who looks at `smm attention`."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime

from smm_core.errors import StoreError, TooLate
from smm_core.model import ActionState
from smm_core.store import Outcome, Store
from tests.crash.platform import Platform


class Person:
    """On a thread of their own: logs in where that helps, tries again what was refused. A full disk they sit out."""

    def __init__(self, store: Store, platform: Platform) -> None:
        self._store = store
        self._platform = platform
        self._leave = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Person:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._leave.set()
        self._thread.join()
        if self._failure is not None and kind is None:
            raise self._failure

    def _work(self) -> None:
        try:
            while not self._leave.wait(0.25):
                with suppress(StoreError):
                    look_after(self._store, self._platform, datetime.now(UTC))
        except BaseException as error:
            self._failure = error


def look_after(store: Store, platform: Platform, now: datetime) -> None:
    """Log in where that helps, try again what was refused."""
    wanting = store.ledger.wanting()
    out = {state.profile for state in store.profiles.logged_out()}
    out |= {one.profile for one in wanting if one.state is ActionState.HELD and one.reason.startswith("login:")}
    for profile in out:
        if platform.lets_in(profile):
            store.profiles.log_in(profile)
            store.ledger.release_held(profile, now)
    for action in wanting:
        if action.state is ActionState.REFUSED:
            with suppress(TooLate):
                again = Outcome(state=ActionState.SCHEDULED, wake_at=now, reason="tried again")
                store.ledger.settle(action, again, None, now)
