"""The network's front door: it takes, delays, loses and refuses posts the way a platform does."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from smm_core import NeedsLogin, OutcomeUnknown, TryLater, inspect_picture
from smm_sandbox.faults import Fault, FaultKind
from smm_sandbox.gate import Found, judge, judge_upload, refusal
from smm_sandbox.network import Network, Session
from smm_sandbox.records import Account, Kind, StoredPost, Submission, Upload
from smm_sandbox.rules import Breach, RuleSet

Now = Callable[[], datetime]


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
        fault = self._next_fault(submission.account.name)
        if fault is None:
            return self._take(submission, timedelta(0))
        self._answer_without_taking(fault, submission.account.name)
        if fault.kind is FaultKind.SLOW:
            self._sleep(fault.seconds)
        post = self._take(submission, fault.span if fault.kind is FaultKind.PENDING else timedelta(0))
        if fault.kind is FaultKind.DROP:
            raise OutcomeUnknown("the connection was lost before an answer came", hint="the post may be out")
        return post

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

    def _take(self, submission: Submission, delay: timedelta) -> StoredPost:
        with self._network.writing() as session:
            known = session.by_key(submission.account.name, submission.key)
            if known:
                return known
            # The clock is read inside the transaction: whoever had to wait for it may have become too late.
            now = self._now()
            if now >= submission.send_by:
                raise TryLater("the time for sending was over before the network could take the post")
            session.welcome(submission.account)
            self._require_room(session, submission.account.name, now)
            parent = self._parent(session, submission, now)
            uploads = self._uploads(session, submission)
            judge(submission, uploads, session.depth(parent) + 1 if parent else 1, self._rules)
            root = (parent.root or parent.id) if parent else None
            return session.add(submission, style=self._rules.ids, root=root, now=now, visible_at=now + delay)

    def _require_room(self, session: Session, account: str, now: datetime) -> None:
        window = self._rules.rate_limit.window
        taken = session.posts_since(account, now - window)
        if len(taken) >= self._limit:
            # There is room again when the oldest of those that fill the window leaves it.
            raise TryLater("429 Too many requests: the rate limit is reached", after=taken[-self._limit] + window - now)

    def _parent(self, session: Session, submission: Submission, now: datetime) -> StoredPost | None:
        if submission.parent is None:
            if submission.kind is Kind.COMMENT:
                raise refusal(self._rules, Found(breach=Breach.PARENT, found="nothing", allowed="a post to comment on"))
            return None
        parent = session.by_id(submission.account.name, submission.parent)
        if parent is None or parent.visible_at > now:
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
