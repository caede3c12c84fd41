"""The persons of the configuration as it stands now, also in a process that runs for days."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from smm_core.errors import NotFound, SmmError
from smm_core.workflow import Audience, Person

if TYPE_CHECKING:
    from smm_core.config import Config
    from smm_core.workspace import Workspace


class People:
    """Who there is, and for whom they work. A `smm.toml` that was changed counts at once; one with a mistake does not."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._config: Config | None = None

    @property
    def config(self) -> Config:
        """The configuration as it stands in the file; the one before, while that has a mistake."""
        stamp = self._look()
        with self._lock:
            if self._config is None or stamp != self._stamp:
                self._config = self._load(self._config or self._ws.config)
                self._stamp = stamp
            return self._config

    def named(self, name: str) -> Person:
        """A person by their key; an unknown one is `NotFound`."""
        found = self.find(name)
        if found is None:
            known = ", ".join(sorted(self.config.persons)) or "none yet"
            raise NotFound(f"there is no person {name!r}", hint=f"write [persons.{name}], or name one of: {known}")
        return found

    def find(self, name: str) -> Person | None:
        """A person by their key, or None."""
        return self.config.persons.get(name)

    def clients_of(self, person: Person) -> list[str]:
        """The clients whose reviews may wait for a person: those for which they have a role, and all where a workflow names them."""
        config = self.config
        is_named = any(person.name in stage.persons for table in config.workflows.values() for stage in table.stages)
        return [name for name in config.clients if is_named or person.has_role(name)]

    def sides_of(self, person: Person) -> tuple[list[str], list[str]]:
        """The clients for whom a person works, and those on whose side they are."""
        theirs = [name for name in self.config.clients if self._is_theirs(person, name)]
        ours = [name for name in self.config.clients if name not in theirs and person.has_role(name)]
        return ours, theirs

    def _is_theirs(self, person: Person, client: str) -> bool:
        """As `workflow.side_of` for one review: in doubt the client's side, who is shown less."""
        if person.has_role(client, ("client",)):
            return True
        if not person.has_role(client) or person.has_role(client, ("writer", "manager")):
            return False
        asked = {
            stage.audience
            for table in self.config.workflows.values()
            if not table.clients or client in table.clients
            for stage in table.stages
            if person.name in stage.persons or (stage.roles and person.has_role(client, stage.roles))
        }
        return asked == {Audience.CLIENT}

    def _look(self) -> tuple[int, int] | None:
        try:
            stat = (self._ws.root / "smm.toml").stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def _load(self, before: Config) -> Config:
        from smm_core.config import load_config

        try:
            return load_config(self._ws.root)
        except SmmError:
            return before
