"""What the network's people say: invented, but the same at every look, and nobody says it before its time.

Below each post the first few of those comments stand that its numbers count (`growth`); the others say nothing that asks for
an answer. Now and then somebody mentions the account. Whoever and whatever it is depends on the post or account alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from smm_core import Interaction, InteractionKind, Profile
from smm_sandbox.growth import luck, reached_after
from smm_sandbox.records import Account, Kind, Remark, StoredPost, url_of
from smm_sandbox.rules import Metric
from smm_sandbox.session import Session

MOST_COMMENTS = 6
MOST_MENTIONS = 30
_BETWEEN_MENTIONS = timedelta(days=2)

_PEOPLE = (
    ("ann", "Ann Vermeer"),
    ("bo", "Bo Lindqvist"),
    ("carla", "Carla Reyes"),
    ("dev", "Dev Patel"),
    ("emre", "Emre Kaya"),
    ("fleur", "Fleur de Wit"),
    ("gus", "Gus O'Neill"),
    ("hana", "Hana Sato"),
    ("ines", "Inês Costa"),
    ("jonas", "Jonas Weber"),
    ("kofi", "Kofi Mensah"),
    ("lotte", "Lotte Bakker"),
)
_COMMENTS = (
    "Lovely! Is it still there on Saturday?",
    "Thank you for sharing this.",
    "How much is it?",
    "I was there last week, it was wonderful.",
    "Can I order this online?",
    "This made my day!",
    "Are you open on Sundays?",
    "My mother would love this. Do you send it, too?",
    "Just what I was looking for.",
    "When does it start?",
    "I did not know that. Interesting!",
    "Where exactly do I find you?",
    "The last one was sold out. Is there more this time?",
)
_MENTIONS = (
    "Went to see @{handle} today. Recommended!",
    "Does anybody know whether @{handle} is open next week?",
    "Thanks @{handle}, that was quick.",
    "@{handle} do you have a phone number where I can reach you?",
    "If you are around: have a look at @{handle}.",
)


def heard(session: Session, account: Account, now: datetime) -> tuple[Remark, ...]:
    """Everything that was said to an account until now, oldest first: what its people say by themselves, and what they were
    made to say."""
    said = [remark for post in session.visible(account.name, now) for remark in comments_on(account, post, now)]
    said += [*mentions_of(account, now), *session.remarks(account.name, now)]
    return tuple(sorted(said, key=lambda one: (one.at, one.id)))


def comments_on(account: Account, post: StoredPost, now: datetime) -> tuple[Remark, ...]:
    """What stands below a post by now, oldest first."""
    return tuple(_comments_on(account, post, now)) if post.kind is Kind.POST and post.root is None else ()


def _comments_on(account: Account, post: StoredPost, now: datetime) -> Iterator[Remark]:
    for number in range(MOST_COMMENTS):
        age = reached_after(Metric.COMMENTS, post.id, account.followers, number + 1)
        if age is None or not account.speed or post.visible_at + age / account.speed > now:
            return
        author, name = _PEOPLE[_place(f"{post.id} people", number, len(_PEOPLE))]
        yield Remark(
            id=f"{post.id}-c{number + 1}",
            author=f"{author}.example",
            author_name=name,
            text=_COMMENTS[_place(f"{post.id} words", number, len(_COMMENTS))],
            at=post.visible_at + age / account.speed,
            on=post.id,
        )


def mentions_of(account: Account, now: datetime) -> Iterator[Remark]:
    """Where the account was mentioned by now, oldest first."""
    for number in range(MOST_MENTIONS):
        wait = _BETWEEN_MENTIONS * (number + 0.2 + 0.6 * luck(account.name, f"mention {number}"))
        if not account.speed or account.joined_at + wait / account.speed > now:
            return
        author, name = _PEOPLE[_place(f"{account.name} people", number, len(_PEOPLE))]
        words = _MENTIONS[_place(f"{account.name} words", number, len(_MENTIONS))]
        yield Remark(
            id=f"{account.name}-m{number + 1}",
            author=f"{author}.example",
            author_name=name,
            text=words.format(handle=account.handle),
            at=account.joined_at + wait / account.speed,
        )


def as_interaction(remark: Remark, profile: Profile) -> Interaction:
    """A remark as core keeps it."""
    return Interaction(
        profile=profile.name,
        kind=InteractionKind.COMMENT if remark.on else InteractionKind.MENTION,
        remote_id=remark.id,
        author=remark.author,
        author_name=remark.author_name,
        author_url=url_of(remark.author, "").rstrip("/"),
        text=remark.text,
        at=remark.at,
        url=url_of(remark.author, remark.id),
        on=remark.on,
        language="en",
    )


def _place(what: str, number: int, of: int) -> int:
    """Where in a list the number-th is taken from: another place each time, until all were taken."""
    return (int(luck(what, "first") * of) + number * 5) % of
