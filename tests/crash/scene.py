"""A workspace full of approved posts that are all due: what the driver lets the daemon loose on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from smm_core.clock import to_text
from smm_core.model import Part, PostContent, Variant, When, WhenKind, digest_of, sealed, to_json
from smm_core.store import Store

ABILITIES = ("key", "find", "neither")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How much is to be delivered: for each ability, `deliveries` over `profiles` profiles, threads of one to `parts` parts.

    `deadline` is how many seconds the daemon waits for a call.
    """

    abilities: tuple[str, ...] = ABILITIES
    profiles: int = 40
    deliveries: int = 4000
    parts: int = 1
    deadline: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all profiles."""
        return tuple(f"{ability}-{number}" for ability in self.abilities for number in range(self.profiles))

    @property
    def actions(self) -> int:
        """How many acts there are in all."""
        return sum(len(texts) for _, _, texts in self.posts())

    def posts(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Slug, profile and the texts of the parts, each text unlike every other."""
        for ability in self.abilities:
            for number in range(self.deliveries):
                slug = f"{ability}-post-{number}"
                texts = tuple(f"{slug} part {part}" for part in range(1 + number % self.parts))
                yield slug, f"{ability}-{number % self.profiles}", texts


def ability_of(profile: str) -> str:
    """Which ability the publisher of a profile has."""
    return profile.partition("-")[0]


def make_workspace(root: Path, plan: Plan, url: str) -> None:
    """Write the configuration and the plugin, and fill the ledger."""
    (root / "plugins").mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("publisher.py"), root / "plugins" / "crash.py")
    (root / "smm.toml").write_text(_configuration(plan, url))
    with Store(root / ".smm" / "smm.db"):
        pass  # makes it
    _fill(root / ".smm" / "smm.db", plan)


def _configuration(plan: Plan, url: str) -> str:
    head = f"""
[workspace]
name = "Crash"
[clients.acme]
[publish]
window = "1d"
retry_after = "1s"
[events]
terminal = false
[plugins]
deadline = "{plan.deadline}s"
[daemon]
collect_every = "1h"
"""
    profiles = (
        f'[profiles.{name}]\nplatform = "crash-{ability_of(name)}"\nallow_private = true\nsettings = {{ url = "{url}" }}\n'
        for name in plan.names
    )
    return head + "".join(profiles)


def _fill(path: Path, plan: Plan) -> None:
    """All in one transaction by plain SQL: it is the same as `collect` to `schedule` would leave it, and takes no minutes."""
    at = to_text(datetime.now(UTC) - timedelta(seconds=1))
    connection = sqlite3.connect(path)
    try:
        with connection:
            for slug, profile, texts in plan.posts():
                _insert(connection, slug, profile, texts, at)
    finally:
        connection.close()


def _insert(connection: sqlite3.Connection, slug: str, profile: str, texts: tuple[str, ...], at: str) -> None:
    content = PostContent(parts=texts, profiles=(profile,), when=When(kind=WhenKind.NOW))
    variant = sealed(Variant(profile=profile, parts=tuple(Part(text=text) for text in texts)))
    post = connection.execute(
        "INSERT INTO posts (client, source, key, slug, state, revision, content, created_at, updated_at)"
        " VALUES ('acme', 'test', ?, ?, 'scheduled', 1, ?, ?, ?)",
        (slug, slug, to_json(content), at, at),
    ).lastrowid
    connection.execute(
        "INSERT INTO variants (post_id, profile, digest, revision, content, problems, created_at) VALUES (?, ?, ?, 1, ?, '[]', ?)",
        (post, profile, variant.digest, to_json(variant), at),
    )
    verdict = _approve(connection, post, {profile: variant.digest}, at)
    connection.execute(
        "INSERT INTO approvals (post_id, profile, digest, verdict_id, at) VALUES (?, ?, ?, ?, ?)",
        (post, profile, variant.digest, verdict, at),
    )
    parent = None
    for seq in range(len(texts)):
        parent = connection.execute(
            "INSERT INTO actions (post_id, client, profile, kind, seq, variant_digest, key, state, due_at, wake_at, parent_id,"
            " created_at) VALUES (?, 'acme', ?, 'publish', ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                post,
                profile,
                seq,
                variant.digest,
                digest_of([slug, seq])[:32],
                "waiting" if seq else "scheduled",
                at,
                None if seq else at,
                parent,
                at,
            ),
        ).lastrowid


def _approve(connection: sqlite3.Connection, post: int | None, digests: dict[str, str], at: str) -> int | None:
    """A review of a post with a verdict that approves it; the verdict's number."""
    review = connection.execute(
        "INSERT INTO reviews (post_id, client, approver, digests, state, asked_at, asked)"
        " VALUES (?, 'acme', 'hand', ?, 'approved', ?, 1)",
        (post, to_json(digests), at),
    ).lastrowid
    return connection.execute(
        "INSERT INTO verdicts (review_id, decision, by, at, digests) VALUES (?, 'approve', 'tester', ?, ?)",
        (review, at, to_json(digests)),
    ).lastrowid
