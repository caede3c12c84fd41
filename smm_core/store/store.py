"""The store: one SQLite file behind a few nouns. It speaks the words of `model`, not rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from smm_core.clock import Clock, SystemClock
from smm_core.errors import StoreError
from smm_core.store.claims import Fenced, NotApproved, NotSent, Outcome
from smm_core.store.database import Database
from smm_core.store.ideas import Ideas, Sources
from smm_core.store.identity import Identity
from smm_core.store.inbox import Inbox
from smm_core.store.journal import Events, Profiles, ProfileState, Readings
from smm_core.store.ledger import Ledger
from smm_core.store.neighbours import Neighbours
from smm_core.store.past import Past
from smm_core.store.planning import Planned
from smm_core.store.posts import Change, Posts
from smm_core.store.review_asks import Asks
from smm_core.store.review_comments import Comments
from smm_core.store.review_links import Links
from smm_core.store.reviews import Reviews
from smm_core.store.series import SeriesStore

__all__ = ["Change", "Fenced", "NotApproved", "NotSent", "Outcome", "Planned", "ProfileState", "Store"]


class Store:
    """Everything a workspace knows. Open it once and share it between threads; `close()` when done.

    Instants are given with each call; `clock` is only asked how much time has passed.
    """

    def __init__(self, path: Path, *, clock: Clock | None = None, durable: bool = True) -> None:
        clock = clock or SystemClock()
        self._db = Database(path, durable=durable)
        self._identity = Identity(path)
        self.path = path
        self.ideas = Ideas(self._db)
        self.sources = Sources(self._db)
        self.posts = Posts(self._db)
        self.neighbours = Neighbours(self._db)
        self.series = SeriesStore(self._db)
        self.reviews = Reviews(self._db)
        self.asks = Asks(self._db)
        self.comments = Comments(self._db)
        self.links = Links(self._db)
        self.ledger = Ledger(self._db, clock)
        self.past = Past(self._db)
        self.readings = Readings(self._db)
        self.events = Events(self._db)
        self.inbox = Inbox(self._db)
        self.profiles = Profiles(self._db, clock)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def workspace(self) -> str:
        """The name of this database, made up when it was: no other has it, but for copies."""
        return str(self._db.value("SELECT value FROM meta WHERE key = 'workspace'"))

    def version(self) -> int:
        """Changes whenever anybody has written something."""
        return self._db.version()

    def copy_to(self, path: Path) -> None:
        """Write what is known now into a new file at `path`; whoever else works with the store is not held up."""
        self._db.copy_to(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_epoch(self, now: datetime) -> int:
        """Take over the ledger: a new epoch, with open attempts of earlier ones settled as unknown.

        A database that was restored or copied is refused until `adopt`.
        """
        doubt = self.doubt()
        if doubt:
            raise StoreError(f"{self.path}: {doubt}", hint="nothing is sent until you run `smm adopt`")
        if not self.ledger.epoch():
            # Or a process killed right after its first epoch would leave a file that nobody knows.
            self._identity.remember(0)
        epoch = self.ledger.raise_epoch(now)
        self._identity.remember(epoch)
        return epoch

    def doubt(self) -> str:
        """Why this may not be the database that was used here last; empty when it is."""
        return self._identity.doubt(self.ledger.epoch())

    def adopt(self, now: datetime) -> None:
        """Take the database as it is for ours."""
        self._identity.remember(self.ledger.raise_epoch(now))
