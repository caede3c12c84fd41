"""Readings, events, and what is known of profiles: everything that is noted rather than decided."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

from smm_core.clock import Clock, from_text, moment, to_text
from smm_core.contracts import Inspected
from smm_core.model import Event, Reading, Subject, SubjectKind, from_json, to_json
from smm_core.store.database import Database, Row


class Readings:
    """Numbers, each at one instant."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, profile: str, readings: Sequence[Reading]) -> None:
        """Store readings of one profile."""
        with self._db.write() as tx:
            tx.executemany(
                "INSERT INTO readings (profile, kind, subject, metric, native, value, unit, window, paid, provisional, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        profile,
                        reading.subject.kind,
                        reading.subject.id,
                        reading.metric,
                        reading.native,
                        reading.value,
                        reading.unit,
                        reading.window.total_seconds() if reading.window else None,
                        int(reading.paid),
                        int(reading.provisional),
                        to_text(reading.at),
                    )
                    for reading in readings
                ],
            )

    def latest(self, kind: SubjectKind, subject: str) -> list[Reading]:
        """The newest reading of every metric of a subject."""
        rows = self._db.rows(
            "SELECT *, max(at) FROM readings WHERE kind = ? AND subject = ? GROUP BY metric, paid ORDER BY metric",
            (kind, subject),
        )
        return [_reading(row) for row in rows]

    def series(self, kind: SubjectKind, subject: str, metric: str) -> list[Reading]:
        """All readings of one metric, oldest first."""
        rows = self._db.rows(
            "SELECT * FROM readings WHERE kind = ? AND subject = ? AND metric = ? ORDER BY at", (kind, subject, metric)
        )
        return [_reading(row) for row in rows]


def _reading(row: Row) -> Reading:
    return Reading(
        subject=Subject(kind=SubjectKind(row["kind"]), id=row["subject"]),
        metric=row["metric"],
        native=row["native"],
        value=row["value"],
        at=from_text(row["at"]),
        unit=row["unit"],
        window=timedelta(seconds=row["window"]) if row["window"] is not None else None,
        paid=bool(row["paid"]),
        provisional=bool(row["provisional"]),
    )


def write_event(tx: sqlite3.Connection, event: Event) -> None:
    """Write an event down in the transaction of what it tells of."""
    tx.execute(
        "INSERT INTO events (kind, at, client, subject, message, urgent, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            event.kind,
            to_text(event.at),
            event.client,
            event.subject,
            event.message,
            int(event.urgent),
            to_json(dict(event.data)),
        ),
    )


class Events:
    """What happened, in order; observers are told of each once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, event: Event) -> None:
        """Write an event down; it is told later."""
        with self._db.write() as tx:
            write_event(tx, event)

    def untold(self, limit: int = 100) -> list[tuple[int, Event]]:
        """Events that observers have not been told."""
        rows = self._db.rows("SELECT * FROM events WHERE told = 0 ORDER BY id LIMIT ?", (limit,))
        return [(row["id"], _event(row)) for row in rows]

    def mark_told(self, numbers: Sequence[int]) -> None:
        """These were told."""
        with self._db.write() as tx:
            tx.executemany("UPDATE events SET told = 1 WHERE id = ?", [(number,) for number in numbers])

    def about(self, subject: str, limit: int = 200) -> list[Event]:
        """What happened to one subject (`post:12`, `profile:acme`), oldest first."""
        rows = self._db.rows("SELECT * FROM events WHERE subject = ? ORDER BY id DESC LIMIT ?", (subject, limit))
        return [_event(row) for row in reversed(rows)]

    def latest(self, limit: int = 50) -> list[Event]:
        """The newest events, oldest of them first."""
        return [
            _event(row) for row in reversed(self._db.rows("SELECT * FROM events ORDER BY id DESC LIMIT ?", (limit,)))
        ]


def _event(row: Row) -> Event:
    return Event(
        kind=row["kind"],
        at=from_text(row["at"]),
        message=row["message"],
        client=row["client"],
        subject=row["subject"],
        urgent=bool(row["urgent"]),
        data=from_json(row["data"], dict[str, Any]),
    )


class ProfileState(Struct, frozen=True, kw_only=True):
    """What is known of a profile besides its configuration.

    Nothing of it is sent before `not_before`; `failures` counts how often in a row it gave no clear answer or asked for patience.
    """

    profile: str
    logged_out: bool = False
    reason: str = ""
    account: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)
    inspected_at: datetime | None = None
    token_ends: datetime | None = None
    not_before: datetime | None = None
    failures: int = 0


def rest(tx: sqlite3.Connection, profile: str, until: datetime, begun: str) -> None:
    """Nothing of a profile before an instant; one more failure in a row. `begun` is the present moment by both clocks."""
    tx.execute(
        "INSERT INTO profiles (profile, not_before, rest_begun, failures) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (profile) DO UPDATE SET not_before = max(coalesce(not_before, ''), excluded.not_before),"
        " rest_begun = iif(not_before > excluded.not_before, rest_begun, excluded.rest_begun), failures = failures + 1",
        (profile, to_text(until), begun),
    )


class Profiles:
    """Logins, what the platforms said of themselves, and pauses."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def state(self, profile: str) -> ProfileState:
        """What is known of a profile."""
        row = self._db.row("SELECT * FROM profiles WHERE profile = ?", (profile,))
        return _profile_state(row) if row else ProfileState(profile=profile)

    def keep_inspected(self, profile: str, inspected: Inspected, now: datetime) -> None:
        """Store what the platform said, with its date."""
        with self._db.write() as tx:
            tx.execute(
                "INSERT INTO profiles (profile, inspected, inspected_at) VALUES (?, ?, ?)"
                " ON CONFLICT (profile) DO UPDATE SET inspected = excluded.inspected, inspected_at = excluded.inspected_at",
                (profile, to_json(inspected), to_text(now)),
            )

    def log_out(self, profile: str, reason: str) -> None:
        """The profile needs a login: nothing of it is sent until then."""
        with self._db.write() as tx:
            tx.execute(
                "INSERT INTO profiles (profile, logged_out, reason) VALUES (?, 1, ?)"
                " ON CONFLICT (profile) DO UPDATE SET logged_out = 1, reason = excluded.reason",
                (profile, reason),
            )

    def log_in(self, profile: str) -> None:
        """The profile works again."""
        with self._db.write() as tx:
            tx.execute("UPDATE profiles SET logged_out = 0, reason = '' WHERE profile = ?", (profile,))

    def logged_out(self) -> list[ProfileState]:
        """Profiles that need a login."""
        return [
            _profile_state(row) for row in self._db.rows("SELECT * FROM profiles WHERE logged_out = 1 ORDER BY profile")
        ]

    def rest(self, profile: str, until: datetime) -> None:
        """Nothing of this profile before an instant, and one more failure in a row. Survives a restart."""
        with self._db.write() as tx:
            rest(tx, profile, until, moment(self._clock))

    def rests_until(self, profile: str, now: datetime) -> datetime | None:
        """Until when nothing of this profile is sent; None when it does not rest."""
        at = self._db.value(
            "SELECT not_before FROM profiles WHERE profile = ? AND not_before > ?", (profile, to_text(now))
        )
        return from_text(at) if at else None

    def pause(self, client: str, by: str, now: datetime) -> None:
        """Stop claims at once, for a client or (empty) for all."""
        with self._db.write() as tx:
            tx.execute("INSERT OR REPLACE INTO pauses (client, at, by) VALUES (?, ?, ?)", (client, to_text(now), by))

    def resume(self, client: str) -> bool:
        """Go on; whether there was a pause to end."""
        with self._db.write() as tx:
            return bool(tx.execute("DELETE FROM pauses WHERE client = ?", (client,)).rowcount)

    def pauses(self) -> list[tuple[str, datetime, str]]:
        """Who is paused (empty: everybody), since when, by whom."""
        return [
            (row["client"], from_text(row["at"]), row["by"])
            for row in self._db.rows("SELECT * FROM pauses ORDER BY client")
        ]


def _profile_state(row: Row) -> ProfileState:
    inspected = from_json(row["inspected"], Inspected) if row["inspected"] else None
    return ProfileState(
        profile=row["profile"],
        logged_out=bool(row["logged_out"]),
        reason=row["reason"],
        account=inspected.account if inspected else "",
        known=inspected.known if inspected else {},
        token_ends=inspected.token_ends if inspected else None,
        inspected_at=from_text(row["inspected_at"]) if row["inspected_at"] else None,
        not_before=from_text(row["not_before"]) if row["not_before"] else None,
        failures=row["failures"],
    )
