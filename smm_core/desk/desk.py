"""The `ReviewDesk` of one workspace: who comes by, what they may see, and what they say.

Whoever shows reviews to people (a page, a mail, a sheet) has this and no database. Each call looks at the configuration and
the store as they are now: a link that was taken back, a person who left, a role that ended count from the next call on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from smm_core.changes import changes_between
from smm_core.contracts import (
    Answer,
    Change,
    Coming,
    Comment,
    Link,
    Remark,
    Reviewer,
    ReviewPreview,
    ReviewSheet,
    StageView,
    Waiting,
    WaitingPage,
)
from smm_core.desk.people import People
from smm_core.desk.preview import drawer_of, drawn, request_for
from smm_core.desk.recording import record
from smm_core.desk.scope import READS, shown_to
from smm_core.errors import BadLink, NotAllowed, NotFound, SmmError, TooLate
from smm_core.model import Decision, Post, PostState, Review, ReviewState, Variant, Verdict, digest_of
from smm_core.secrets import Secret
from smm_core.store.review_links import LinkRow
from smm_core.store.reviews import Voice
from smm_core.tokens import Claims, Signer, new_id
from smm_core.values import replace
from smm_core.workflow import Audience, Person, StageState, Workflow, may_answer, side_of

if TYPE_CHECKING:
    from smm_core.workspace import Workspace


class Desk:
    """See `contracts.ReviewDesk`. `plugin` is who shows the reviews, and is kept with every verdict."""

    def __init__(self, ws: Workspace, plugin: str) -> None:
        self._ws = ws
        self._plugin = plugin
        self._people = People(ws)
        self._signer = Signer(ws.root / ".smm" / "link-key")

    @property
    def public_url(self) -> str:
        return self._people.config.reviews.public_url or ""

    # ------------------------------------------------------------ who comes by

    def reviewer(self, person: str) -> Reviewer:
        return Reviewer(person=self._people.named(person))

    def enter(self, token: str) -> Reviewer:
        claims = self._signer.check(token)
        row = self._ws.store.links.get(claims.id)
        person = self._people.find(claims.person)
        now = self._ws.clock.now()
        is_ours = claims.workspace == self._ws.store.workspace and row is not None
        if not is_ours or row is None or person is None or not row.holds(now) or claims.until <= now:
            raise BadLink
        digests: Mapping[str, str] = {}
        if claims.review is not None:
            try:
                digests = self._digests(claims.review)
            except NotFound:
                raise BadLink from None
            if digest_of(digests) != claims.digests:
                raise BadLink
        return Reviewer(person=person, review=claims.review, digests=digests, link=claims.id, until=claims.until)

    def link(self, person: str, *, review: int | None = None, until: datetime | None = None) -> Link:
        found = self._people.named(person)
        if review is not None:
            self._side(Reviewer(person=found), self._ws.store.reviews.get(review))
        now = self._ws.clock.now()
        ends = until or now + self._people.config.reviews.link_life
        claims = Claims(
            workspace=self._ws.store.workspace,
            id=new_id(),
            person=person,
            until=ends,
            review=review,
            digests=digest_of(self._digests(review)) if review is not None else "",
        )
        token = self._signer.sign(claims)
        self._ws.store.links.add(LinkRow(id=claims.id, person=person, review=review, made_at=now, until=ends))
        page = self._people.config.reviews.public_url
        url = Secret(f"{page.rstrip('/')}/r/{token.reveal()}") if page else None
        return Link(id=claims.id, person=person, review=review, until=ends, token=token, url=url)

    def revoke(self, link: str) -> bool:
        return bool(self._ws.store.links.revoke(self._ws.clock.now(), link=link))

    # ------------------------------------------------------------ what they see

    def waiting(self, reviewer: Reviewer, *, everything: bool = False, start: int = 0, limit: int = 100) -> WaitingPage:
        person = self._checked(reviewer)
        if reviewer.review is not None:
            found, total = self._only(reviewer)
        elif everything:
            ours, theirs = self._people.sides_of(person)
            listed, total = self._ws.store.asks.open_for(ours, theirs, start=start, limit=limit)
            found = [(one, self._answerable(person, one)) for one in listed]
        else:
            clients = self._people.clients_of(person)
            found, total = self._ws.store.asks.waiting_for(person.name, clients, start=start, limit=limit)
        posts = self._ws.store.posts.several([one.post_id for one, _ in found]) if found else {}
        items = tuple(self._item(person, one, posts[one.post_id], stages) for one, stages in found)
        after = start + len(items)
        return WaitingPage(items=items, total=total, next=after if items and after < total else None)

    def review(self, reviewer: Reviewer, number: int) -> ReviewSheet:
        person = self._checked(reviewer)
        review, side = self._seen_by(reviewer, number)
        store = self._ws.store
        post = store.posts.get(review.post_id)
        about = store.posts.asked_about(post.id, review.digests)
        variants = tuple(variant for variant, _ in about)
        before = store.comments.seen_before(person.name, review)
        if not store.comments.has_seen(person.name, review):
            store.comments.saw([person.name], review, self._ws.clock.now())
        stages = self._stages(review, side)
        return ReviewSheet(
            review=_shown(review, stages),
            post=shown_to(side, post),
            variants=variants,
            problems={variant.profile: problems for variant, problems in about},
            stages=stages,
            may_answer=self._answerable(person, review),
            changes=self._changes(post, before[0], variants) if before else (),
            verdicts=self._verdicts(post, side),
            comments=tuple(store.comments.of(post.id, audiences=READS[side])),
            silence=store.reviews.workflow(review.id).silence,
            due_at=review.due_at,
            seen_at=before[1] if before else None,
        )

    def picture(self, reviewer: Reviewer, number: int, sha256: str) -> bytes:
        person = self._checked(reviewer)
        review, _ = self._seen_by(reviewer, number)
        before = self._ws.store.comments.seen_before(person.name, review)
        variants = [variant for variant, _ in self._ws.store.posts.asked_about(review.post_id, review.digests)]
        if before:
            variants += [variant for variant, _ in self._ws.store.posts.asked_about(review.post_id, before[0])]
        if all(media.sha256 != sha256 for variant in variants for part in variant.parts for media in part.media):
            raise NotFound(f"review {number} has no such picture")
        return self._ws.media.read(sha256)

    def preview(self, reviewer: Reviewer, number: int, profile: str) -> ReviewPreview:
        self._checked(reviewer)
        review, _ = self._seen_by(reviewer, number)
        if profile not in review.digests:
            raise NotFound(f"review {number} does not ask about profile {profile!r}")
        variant = self._ws.store.posts.variant(review.post_id, profile, review.digests[profile])
        try:
            shown = self._ws.profile(profile)
            drawer = drawer_of(self._ws, shown)
            if drawer is None:
                return ReviewPreview(html="", png=b"", width=0, height=0)
            now = review.due_at or self._ws.clock.now()
            preview = drawn(self._ws, drawer, request_for(self._ws, drawer, variant, shown, now))
        except SmmError:
            return ReviewPreview(html="", png=b"", width=0, height=0)
        return ReviewPreview(html=preview.html, png=preview.png, width=preview.width, height=preview.height)

    def coming(self, reviewer: Reviewer, since: datetime, until: datetime) -> tuple[Coming, ...]:
        person = self._checked(reviewer)
        ours, theirs = self._people.sides_of(person)
        found: list[Coming] = []
        for client in (*ours, *theirs):
            found += self._deliveries(client, since, until)
        reviews, _ = self._ws.store.asks.open_for(ours, theirs, start=0, limit=5000)
        soon = [one for one in reviews if one.due_at is not None and since <= one.due_at < until]
        posts = self._ws.store.posts.several([one.post_id for one in soon]) if soon else {}
        for one in soon:
            post = posts[one.post_id]
            found += [
                Coming(
                    at=one.due_at or since,
                    post=post.slug,
                    title=_title(post),
                    profile=profile,
                    state=PostState.REVIEWING,
                    review=one.id,
                )
                for profile in one.digests
            ]
        if reviewer.review is not None:  # who came by a link to one review sees that one only
            found = [one for one in found if one.review == reviewer.review]
        return tuple(sorted(found, key=lambda one: (one.at, one.profile, one.post)))

    # ------------------------------------------------------------ what they say

    def decide(
        self,
        reviewer: Reviewer,
        number: int,
        decision: Decision,
        *,
        digests: Mapping[str, str],
        stage: str = "",
        remark: str = "",
        comments: tuple[Remark, ...] = (),
        once: str = "",
        for_series: bool = False,
    ) -> Verdict:
        person = self._checked(reviewer)
        review, side = self._seen_by(reviewer, number)
        if reviewer.review is not None and dict(reviewer.digests) != dict(review.digests):
            raise TooLate(f"review {number} asks about other variants than the link was for")
        for one in comments:
            self._check_audience(side, one)
        answer = Answer(
            review_id=number,
            decision=decision,
            by=person.name,
            digests=dict(digests) or {"": ""},  # an answer about nothing is an answer about something else
            remark=remark,
            stage=stage,
            comments=comments,
            once=once,
            for_series=for_series,
        )
        voice = Voice(roles=frozenset(person.roles.get(review.client, ())))
        return record(self._ws, answer, via=self._plugin, voice=voice)

    def comment(self, reviewer: Reviewer, number: int, remark: Remark, *, once: str = "") -> Comment:
        person = self._checked(reviewer)
        review, side = self._seen_by(reviewer, number)
        self._check_audience(side, remark)
        stages = self._answerable(person, review)
        return self._ws.store.comments.add(
            number,
            remark,
            by=person.name,
            now=self._ws.clock.now(),
            audience=side,
            stage=stages[0] if stages else "",
            via=self._plugin,
            once=once,
        )

    # ------------------------------------------------------------ scope

    def _checked(self, reviewer: Reviewer) -> Person:
        """The person as the configuration knows them now; one who left, or whose link was taken back, is a `BadLink`."""
        person = self._people.find(reviewer.person.name)
        row = self._ws.store.links.get(reviewer.link) if reviewer.link else None
        if person is None or (reviewer.link and (row is None or not row.holds(self._ws.clock.now()))):
            raise BadLink
        return person

    def _seen_by(self, reviewer: Reviewer, number: int) -> tuple[Review, Audience]:
        review = self._ws.store.reviews.get(number)
        return review, self._side(reviewer, review)

    def _side(self, reviewer: Reviewer, review: Review) -> Audience:
        """On which side they look at a review; one that they may not see is not there."""
        person = self._people.named(reviewer.person.name)
        workflow = self._ws.store.reviews.workflow(review.id)
        is_theirs = person.has_role(review.client) or any(
            person.name in stage.persons and person.name not in stage.by_role for stage in workflow.stages
        )
        side = side_of(workflow, person, review.client)
        hidden = side is Audience.CLIENT and not self._has_come_to_client(review)
        if not is_theirs or hidden or reviewer.review not in (None, review.id):
            raise NotFound(f"there is no review {review.id}", hint="`smm reviews list` shows them")
        return side

    def _has_come_to_client(self, review: Review) -> bool:
        stages = self._ws.store.reviews.stages(review.id)
        return any(one.audience is Audience.CLIENT and one.opened_at is not None for one in stages)

    def _check_audience(self, side: Audience, remark: Remark) -> None:
        if remark.audience is not None and remark.audience not in READS[side]:
            raise NotAllowed("that comment is for others than those who may hear you")

    # ------------------------------------------------------------ pieces

    def _digests(self, number: int) -> Mapping[str, str]:
        return dict(self._ws.store.reviews.get(number).digests)

    def _only(self, reviewer: Reviewer) -> tuple[list[tuple[Review, tuple[str, ...]]], int]:
        review, _ = self._seen_by(reviewer, reviewer.review or 0)
        stages = self._answerable(reviewer.person, review)
        return ([(review, stages)], 1) if review.state is ReviewState.OPEN else ([], 0)

    def _answerable(self, person: Person, review: Review) -> tuple[str, ...]:
        """The stages in which they may answer now and have not; what expired may be answered after all."""
        if review.state not in (ReviewState.OPEN, ReviewState.EXPIRED):
            return ()
        store = self._ws.store.reviews
        workflow, writer = store.workflow(review.id), store.writer(review.id)
        given = {one.stage for one in store.verdicts(review.id) if one.by == person.name}
        waiting = [one.stage for one in store.stages(review.id) if one.state is StageState.WAITING]
        return tuple(
            name for name in waiting if name not in given and self._may(workflow, name, person, review.client, writer)
        )

    def _may(self, workflow: Workflow, name: str, person: Person, client: str, writer: str) -> bool:
        stage = workflow.stage(name)
        if stage is None or not may_answer(workflow, stage, person.name, writer):
            return False
        if stage.anyone:
            return person.name in stage.persons or person.has_role(client, ("approver", "manager"))
        return person.name not in stage.by_role or person.has_role(client, stage.roles)

    def _item(self, person: Person, review: Review, post: Post, stages: tuple[str, ...]) -> Waiting:
        workflow = self._ws.store.reviews.workflow(review.id)
        side = side_of(workflow, person, review.client)
        views = self._stages(review, side)
        mine = [one.deadline for one in views if one.name in stages and one.deadline is not None]
        return Waiting(
            review=_shown(review, views),
            post=shown_to(side, post),
            title=_title(post),
            stages=stages,
            deadline=min(mine, default=review.deadline if side is Audience.INTERNAL else None),
            due_at=review.due_at,
            profiles=tuple(review.digests),
            is_changed=self._ws.store.comments.seen_before(person.name, review) is not None,
        )

    def _stages(self, review: Review, side: Audience) -> tuple[StageView, ...]:
        workflow = self._ws.store.reviews.workflow(review.id)
        frozen = {stage.name: stage for stage in workflow.stages}
        return tuple(
            StageView(
                name=row.stage,
                audience=row.audience,
                state=row.state,
                deadline=row.deadline,
                persons=frozen[row.stage].persons,
                is_optional=frozen[row.stage].optional,
            )
            for row in self._ws.store.reviews.stages(review.id)
            if row.audience in READS[side] and row.stage in frozen
        )

    def _changes(self, post: Post, before: Mapping[str, str], after: tuple[Variant, ...]) -> tuple[Change, ...]:
        known = [variant for variant, _ in self._ws.store.posts.asked_about(post.id, before)]
        return changes_between(known, after, post.content.profiles)

    def _verdicts(self, post: Post, side: Audience) -> tuple[Verdict, ...]:
        """What was answered on this and earlier versions, as far as this side may hear it."""
        found: list[Verdict] = []
        for review in self._ws.store.reviews.listed(post=post.id):
            audiences = {row.stage: row.audience for row in self._ws.store.reviews.stages(review.id)}
            for one in self._ws.store.reviews.verdicts(review.id):
                if audiences.get(one.stage, Audience.INTERNAL) in READS[side]:
                    found.append(one if side is Audience.INTERNAL else replace(one, via=""))
        return tuple(found)

    def _deliveries(self, client: str, since: datetime, until: datetime) -> list[Coming]:
        deliveries = [
            one
            for one in self._ws.store.ledger.deliveries(client=client, since=since, until=until, limit=5000)
            if one.due_at is not None and not one.trial and one.state != "cancelled"
        ]
        posts = self._ws.store.posts.several({one.post_id for one in deliveries}) if deliveries else {}
        return [
            Coming(
                at=one.due_at or since,
                post=one.slug,
                title=_title(posts[one.post_id]),
                profile=one.profile,
                state=PostState.DONE if one.state == "published" else PostState.SCHEDULED,
            )
            for one in deliveries
        ]


def _title(post: Post) -> str:
    """What people call a post: its title, else its first words."""
    if post.content.title:
        return post.content.title
    words = " ".join(post.content.parts[0].split()) if post.content.parts else ""
    return (words if len(words) <= 60 else f"{words[:59].rstrip()}…") or post.slug


def _shown(review: Review, stages: tuple[StageView, ...]) -> Review:
    """A review with nothing about stages that this side does not see."""
    names = {one.name for one in stages}
    deadlines = [one.deadline for one in stages if one.state is StageState.WAITING and one.deadline is not None]
    return replace(
        review,
        waiting=tuple(name for name in review.waiting if name in names),
        deadline=min(deadlines, default=None) if set(review.waiting) - names else review.deadline,
    )
