"""Comments on reviews, each kept with the words or the picture at which it points, and what each person has seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime

from smm_core.clock import from_text, to_text
from smm_core.contracts.reviews import Comment, Place, Remark
from smm_core.errors import Repeated, SmmError
from smm_core.model import Review, Variant, from_json, to_json
from smm_core.store import review_course, review_log
from smm_core.store.database import Database, Row
from smm_core.store.review_log import Kind
from smm_core.workflow import Audience

LONGEST = 10_000
"""Of a comment, in code points."""


class Comments:
    """What people say about posts, beside their verdicts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(
        self,
        number: int,
        remark: Remark,
        *,
        by: str,
        now: datetime,
        audience: Audience,
        stage: str = "",
        via: str = "",
        once: str = "",
    ) -> Comment:
        """Keep a comment on a review. The same `once` again is `Repeated`; a place that is not in the variant is an `SmmError`."""
        with self._db.write() as tx:
            if once and tx.execute("SELECT 1 FROM comments WHERE once = ?", (once,)).fetchone():
                raise Repeated("this comment was heard before")
            case = review_course.load(tx, number)
            return add_comment(tx, case.row, remark, by=by, at=now, stage=stage, audience=audience, via=via, once=once)

    def of(self, post: int, *, audiences: Collection[Audience] = tuple(Audience)) -> list[Comment]:
        """Those on all reviews of a post that may be read by these audiences, oldest first."""
        marks = ",".join("?" * len(audiences))
        rows = self._db.rows(
            "SELECT c.* FROM comments c JOIN reviews r ON r.id = c.review_id WHERE r.post_id = ?"
            f" AND c.audience IN ({marks}) ORDER BY c.id",
            (post, *map(str, audiences)),
        )
        return [_comment(row) for row in rows]

    # ------------------------------------------------------------ what was seen

    def saw(self, persons: Collection[str], review: Review, now: datetime) -> None:
        """These persons have seen what a review asks about."""
        with self._db.write() as tx:
            tx.executemany(
                "INSERT OR IGNORE INTO seen (person, post_id, review_id, at) VALUES (?, ?, ?, ?)",
                [(person, review.post_id, review.id, to_text(now)) for person in persons],
            )

    def has_seen(self, person: str, review: Review) -> bool:
        """Whether a person has seen what a review asks about."""
        return (
            self._db.row(
                "SELECT 1 FROM seen WHERE person = ? AND post_id = ? AND review_id = ?",
                (person, review.post_id, review.id),
            )
            is not None
        )

    def seen_before(self, person: str, review: Review) -> tuple[Mapping[str, str], datetime] | None:
        """The digests of the version that a person saw last before this one, and when; None where they saw none."""
        row = self._db.row(
            "SELECT r.digests, s.at FROM seen s JOIN reviews r ON r.id = s.review_id WHERE s.person = ? AND s.post_id = ?"
            " AND s.review_id < ? ORDER BY s.review_id DESC LIMIT 1",
            (person, review.post_id, review.id),
        )
        return (from_json(row["digests"], dict[str, str]), from_text(row["at"])) if row else None

    def asked_before(self, audience: Audience, review: Review) -> Mapping[str, str]:
        """The digests about which one side of the table was asked last before this review; none where it was not."""
        row = self._db.row(
            "SELECT r.digests FROM reviews r JOIN review_stages s ON s.review_id = r.id WHERE r.post_id = ? AND r.id < ?"
            " AND s.audience = ? AND s.opened_at IS NOT NULL ORDER BY r.id DESC LIMIT 1",
            (review.post_id, review.id, str(audience)),
        )
        return from_json(row["digests"], dict[str, str]) if row else {}


def add_comment(
    tx: sqlite3.Connection,
    review: Row,
    remark: Remark,
    *,
    by: str,
    at: datetime,
    stage: str,
    audience: Audience,
    via: str = "",
    once: str = "",
) -> Comment:
    """Keep a comment on a review (its row) and log it; `audience` holds where the remark names none."""
    if not remark.text.strip():
        raise SmmError("a comment needs a text")
    if len(remark.text) > LONGEST:
        raise SmmError(f"a comment has at most {LONGEST} characters, this one has {len(remark.text)}")
    digest, quote = _pointed_at(tx, review, remark.place) if remark.place else ("", "")
    number = tx.execute(
        "INSERT INTO comments (review_id, stage, audience, by, at, text, place, digest, quote, via, once)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            review["id"],
            stage,
            str(remark.audience or audience),
            by,
            to_text(at),
            remark.text,
            to_json(remark.place) if remark.place else "",
            digest,
            quote,
            via,
            once,
        ),
    ).lastrowid
    review_log.append(tx, Kind.COMMENT, review, at=to_text(at), by=by, data=review_log.row_of(tx, "comments", number))
    return _comment(tx.execute("SELECT * FROM comments WHERE id = ?", (number,)).fetchone())


def _pointed_at(tx: sqlite3.Connection, review: Row, place: Place) -> tuple[str, str]:
    """The digest of the variant at which a place points, and the words there; a place that is not in it is an `SmmError`."""
    digest = from_json(review["digests"], dict[str, str]).get(place.profile)
    row = tx.execute(
        "SELECT content FROM variants WHERE post_id = ? AND profile = ? AND digest = ?",
        (review["post_id"], place.profile, digest),
    ).fetchone()
    if digest is None or row is None:
        raise SmmError(f"review {review['id']} does not ask about profile {place.profile!r}")
    return digest, _quoted(from_json(row["content"], Variant), place)


def _quoted(variant: Variant, place: Place) -> str:
    if place.part is None:
        if place.start is not None or place.end is not None or place.picture is not None:
            raise SmmError("a place in a text or picture needs the part that it is in")
        return ""
    if not 0 <= place.part <= len(variant.parts):
        raise SmmError(f"there is no part {place.part}: it has {len(variant.parts)}")
    if place.picture is not None:
        _check_point(place, len(variant.parts[place.part - 1].media) if place.part else 0)
        return ""
    text = variant.parts[place.part - 1].text if place.part else variant.first_comment
    start, end = place.start or 0, len(text) if place.end is None else place.end
    if not 0 <= start <= end <= len(text):
        raise SmmError(f"characters {start} to {end} are not in a text of {len(text)}")
    return text[start:end] if place.start is not None or place.end is not None else ""


def _check_point(place: Place, pictures: int) -> None:
    if not 1 <= (place.picture or 0) <= pictures:
        raise SmmError(f"there is no picture {place.picture}: the part has {pictures}")
    for fraction in (place.x, place.y):
        if fraction is not None and not 0 <= fraction <= 1:
            raise SmmError(f"a point in a picture is a fraction from 0 to 1, not {fraction}")


def _comment(row: Row) -> Comment:
    return Comment(
        id=row["id"],
        review_id=row["review_id"],
        by=row["by"],
        at=from_text(row["at"]),
        text=row["text"],
        audience=Audience(row["audience"]),
        stage=row["stage"],
        place=from_json(row["place"], Place) if row["place"] else None,
        digest=row["digest"],
        quote=row["quote"],
    )
