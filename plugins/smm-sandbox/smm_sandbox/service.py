"""The network's front door: it takes, delays, loses and refuses posts the way a platform does."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from smm_core import NeedsLogin, OutcomeUnknown, Rejected, TryLater, inspect_picture, replace
from smm_sandbox.audience import heard
from smm_sandbox.faults import Fault, FaultKind
from smm_sandbox.gate import Found, judge, judge_upload, refusal
from smm_sandbox.network import Network
from smm_sandbox.records import Account, Kind, Remark, StoredPost, Submission, Upload
from smm_sandbox.rules import Breach, RuleSet
from smm_sandbox.session import Session, schedule_id

Now = Callable[[], datetime]
T = TypeVar("T")

SCHEDULE_AT_LEAST = timedelta(minutes=5)
SCHEDULE_AT_MOST = timedelta(days=30)


class Service:
    """One account's way into the network, under one rule set. `limit` replaces the rule set's number of posts per window."""

    def __init__(
        self,
        network: Network,
        rules: RuleSet,
        now: Now,
        *,
        limit: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._network = network
        self._rules = rules
        self._now = now
        self._limit = limit or rules.rate_limit.posts
        self._sleep = sleep

    def upload(self, account: Account, sha256: str, body: bytes) -> None:
        """Take a picture and keep it. `Rejected` when the rules do not allow it, `NeedsLogin` when nobody is logged in."""
        info = inspect_picture(body)
        upload = Upload(sha256=sha256, format=info.format, width=info.width, height=info.height, bytes=info.bytes)
        judge_upload(upload, self._rules)
        self._network.keep_picture(sha256, body)
        with self._network.writing() as session:
            _require_login(session, account.name)
            session.welcome(account)
            session.record_upload(account.name, upload)

    def submit(self, submission: Submission) -> StoredPost:
        """Take a post, or the same post again: one transaction, so the same key never makes two.

        First the next fault of the account's script has its way. `Rejected`, `TryLater`, `NeedsLogin` mean not taken;
        `OutcomeUnknown` means what it says. The post may become visible only later.
        """
        return self._through(submission.account.name, lambda delay: self._take(submission, delay))

    def delete(self, account: str, post_id: str, send_by: datetime) -> None:
        """Take a post off the network. One that is gone, or never was there, is a success."""

        def take(_: timedelta) -> None:
            with self._network.writing() as session:
                now = self._in_time(send_by)
                post = session.by_id(account, post_id)
                if post and not post.is_deleted:
                    session.delete(post, now)

        self._through(account, take)

    def edit(self, post_id: str, submission: Submission) -> StoredPost:
        """Change a post; the new one is judged like any other. One that is not there is `Rejected`."""

        def take(_: timedelta) -> StoredPost:
            with self._network.writing() as session:
                now = self._in_time(submission.send_by)
                post = session.by_id(submission.account.name, post_id)
                if post is None or post.is_deleted:
                    raise refusal(self._rules, Found(breach=Breach.PARENT, found=post_id, allowed="a post that exists"))
                changed = replace(submission, kind=post.kind)
                judge(changed, self._uploads(session, changed), session.depth(post), self._rules)
                return session.edit(post, changed, now)

        return self._through(submission.account.name, take)

    def schedule(self, submission: Submission, at: datetime) -> str:
        """Take a post that is shown at an instant, and not before; the id of its schedule. The same key makes one."""

        def take(_: timedelta) -> str:
            return schedule_id(self._take(submission, timedelta(0), at=at))

        return self._through(submission.account.name, take)

    def take_back(self, account: str, schedule: str, send_by: datetime) -> None:
        """Forget a schedule. One that is gone is a success, one whose post is shown already is `Rejected`."""

        def take(_: timedelta) -> None:
            with self._network.writing() as session:
                now = self._in_time(send_by)
                post = session.scheduled(account, schedule)
                if post and post.visible_at <= now:
                    raise Rejected(f"409 too late: {schedule} was published at {post.visible_at:%H:%M:%S} UTC")
                if post:
                    session.forget_schedule(schedule, now)

        self._through(account, take)

    def _through(self, account: str, take: Callable[[timedelta], T]) -> T:
        """Let a request through to the network as the next fault of the account's script has it."""
        fault = self._next_fault(account)
        if fault is None:
            return take(timedelta(0))
        self._answer_without_taking(fault, account)
        if fault.kind is FaultKind.SLOW:
            self._sleep(fault.seconds)
        taken = take(fault.span if fault.kind is FaultKind.PENDING else timedelta(0))
        if fault.kind is FaultKind.DROP:
            raise OutcomeUnknown("the connection was lost before an answer came", hint="the post may be out")
        return taken

    def _in_time(self, send_by: datetime) -> datetime:
        """Now; nothing is taken once the time for sending is over."""
        # The clock is read inside the transaction: whoever had to wait for it may have become too late.
        now = self._now()
        if now >= send_by:
            raise TryLater("the time for sending was over before the network could take the post")
        return now

    def _answer_without_taking(self, fault: Fault, account: str) -> None:
        """Raise what a fault answers in place of taking the post; return for faults that let it through."""
        match fault.kind:
            case FaultKind.REFUSE:
                raise refusal(self._rules, Found(breach=Breach.REFUSED))
            case FaultKind.RATE:
                raise TryLater("429 Too many requests", after=fault.span)
            case FaultKind.UNAVAILABLE:
                raise OutcomeUnknown(
                    "503 Service unavailable", hint="the answer does not say whether the post was taken"
                )
            case FaultKind.LOGIN:
                raise _login_error(account)

    def _next_fault(self, account: str) -> Fault | None:
        """The fault for this send; taking it, and ending the login where it asks for that, are one transaction."""
        with self._network.writing() as session:
            _require_login(session, account)
            fault = session.take_fault(account)
            if fault and fault.kind is FaultKind.LOGIN:
                session.log_out(account)
            return fault

    def _take(self, submission: Submission, delay: timedelta, *, at: datetime | None = None) -> StoredPost:
        with self._network.writing() as session:
            known = session.by_key(submission.account.name, submission.key)
            if known:
                return known
            now = self._in_time(submission.send_by)
            if at is not None and not now + SCHEDULE_AT_LEAST <= at <= now + SCHEDULE_AT_MOST:
                raise Rejected(f"422 {at:%Y-%m-%d %H:%M} UTC is too near, or too far away, to be scheduled")
            session.welcome(submission.account)
            self._require_room(session, submission.account.name, now)
            answers = self._remark(session, submission, now)
            parent = None if answers else self._parent(session, submission, now)
            uploads = self._uploads(session, submission)
            judge(submission, uploads, session.depth(parent) + 1 if parent else 1, self._rules)
            root = (parent.root or parent.id) if parent else answers.on if answers else None
            post = session.add(submission, style=self._rules.ids, root=root, now=now, visible_at=at or now + delay)
            if at is not None:
                session.keep_schedule(post)
            return post

    def _require_room(self, session: Session, account: str, now: datetime) -> None:
        window = self._rules.rate_limit.window
        taken = session.posts_since(account, now - window)
        if len(taken) >= self._limit:
            # There is room again when the oldest of those that fill the window leaves it.
            raise TryLater("429 Too many requests: the rate limit is reached", after=taken[-self._limit] + window - now)

    def _remark(self, session: Session, submission: Submission, now: datetime) -> Remark | None:
        """What one of the network's people said, where a submission answers that."""
        account, parent = session.account(submission.account.name), submission.parent
        if account is None or parent is None or session.by_id(account.name, parent) is not None:
            return None
        return next((one for one in heard(session, account, now) if one.id == parent), None)

    def _parent(self, session: Session, submission: Submission, now: datetime) -> StoredPost | None:
        if submission.parent is None:
            if submission.kind is Kind.COMMENT:
                raise refusal(self._rules, Found(breach=Breach.PARENT, found="nothing", allowed="a post to comment on"))
            return None
        parent = session.by_id(submission.account.name, submission.parent)
        if parent is None or parent.visible_at > now or parent.is_deleted:
            raise refusal(
                self._rules, Found(breach=Breach.PARENT, found=submission.parent, allowed="a post that exists")
            )
        return parent

    def _uploads(self, session: Session, submission: Submission) -> tuple[Upload, ...]:
        found = tuple(session.upload(submission.account.name, sha256) for sha256, _ in submission.pictures)
        uploads = tuple(upload for upload in found if upload)
        if len(uploads) < len(found):
            raise refusal(
                self._rules,
                Found(breach=Breach.MEDIA, found="a picture never uploaded", allowed="uploads of this account"),
            )
        return uploads


def require_login(network: Network, account: str) -> None:
    """Raise `NeedsLogin` when a fault ended the account's login."""
    with network.reading() as session:
        _require_login(session, account)


def _require_login(session: Session, account: str) -> None:
    if session.is_logged_out(account):
        raise _login_error(account)


def _login_error(account: str) -> NeedsLogin:
    return NeedsLogin(
        f"401 the login of {account} on the test network no longer holds", hint=f"smm sandbox login {account}"
    )
