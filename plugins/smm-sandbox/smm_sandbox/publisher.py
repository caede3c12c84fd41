"""The publisher `sandbox`: a platform without consequences, and the reference for what a publisher should do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from smm_core import (
    ActionKind,
    Context,
    DeleteRequest,
    Deletes,
    EditRequest,
    Edits,
    FindRequest,
    Finds,
    Guarantees,
    HandOverRequest,
    Imitates,
    Inspected,
    InspectRequest,
    Limits,
    LinkStyle,
    ListenPage,
    ListenRequest,
    Listens,
    Pending,
    PluginError,
    PostContent,
    Prepared,
    PrepareRequest,
    Preview,
    PreviewRequest,
    Previews,
    Profile,
    Receipt,
    Rendering,
    Replies,
    ReplyRequest,
    ResumeRequest,
    Resumes,
    SchedulesNatively,
    Scheduling,
    SendRequest,
    TakeBackRequest,
    TryLater,
    WentOutRequest,
    render_plain,
    replace,
)
from smm_sandbox.audience import as_interaction, heard
from smm_sandbox.network import Network
from smm_sandbox.records import Kind, Remark, StoredPost, Submission, url_of
from smm_sandbox.rules import named_rules, network_rules, rule_set, rule_set_names
from smm_sandbox.service import SCHEDULE_AT_LEAST, SCHEDULE_AT_MOST, Service, require_login
from smm_sandbox.settings import SandboxSettings, account_of, settings_of

_AT_A_TIME = 20
_KINDS = {ActionKind.PUBLISH: Kind.POST, ActionKind.COMMENT: Kind.COMMENT}


class SandboxPublisher:
    """Publishes into the local network in the plugin's data folder.

    The network knows a key for good and looks posts up by it, so `find` is exact. Nothing is taken at or after
    `send_by`; a minute later, absence is proof.
    """

    name = "sandbox"
    title = "Test profile"
    settings: type = SandboxSettings
    guarantees = Guarantees(
        key_life=timedelta(days=3650),
        key_settles=timedelta(0),
        find="exact",
        absent_after=timedelta(seconds=60),
        http_only=False,
    )
    scheduling = Scheduling(at_least=SCHEDULE_AT_LEAST, at_most=SCHEDULE_AT_MOST)
    abilities: frozenset[type] = frozenset(
        {Finds, Resumes, Previews, Imitates, Deletes, Edits, Replies, Listens, SchedulesNatively}
    )

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """The account behind the profile. `NeedsLogin` when a fault ended its login."""
        require_login(Network(ctx.data_dir()), request.profile.name)
        account = account_of(request.profile, network_rules(request.profile), ctx.now())
        return Inspected(account=f"@{account.handle}", url=url_of(account.handle, "").rstrip("/"))

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """The limits of the rule set that the profile imitates; an unknown one is a `ConfigError` with the nearest name."""
        return named_rules(profile).limits

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """The plain rendering; where pictures and a link card exclude each other, the link goes into the text."""
        if post.pictures and not network_rules(profile).card_with_pictures:
            limits = replace(limits, link_style=LinkStyle.INLINE)
        return render_plain(post, profile, limits)

    def rule_sets(self) -> Mapping[str, str]:
        """The rule sets of its own, each with one line about it."""
        return {name: rule_set(name).summary for name in rule_set_names()}

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        """Upload the pictures; doing it again changes nothing."""
        network = Network(ctx.data_dir())
        require_login(network, request.profile.name)
        service = self._service(network, request.profile, ctx)
        account = account_of(request.profile, network_rules(request.profile), ctx.now())
        for attachment in request.part.media:
            service.upload(account, attachment.sha256, ctx.media.read(attachment.sha256))
        return Prepared(handles={"pictures": [attachment.sha256 for attachment in request.part.media]})

    def send(self, request: SendRequest, ctx: Context) -> Receipt | Pending:
        """Publish a part or a first comment: one transaction of the network, killed at any point it leaves one post or none."""
        submission = _submission(request, ctx, kind=_kind_of(request.action), parent=request.parent)
        return _answer(self._service_of(request.profile, ctx).submit(submission), request.profile, ctx)

    # ---- what is out, and what is to come

    def delete(self, request: DeleteRequest, ctx: Context) -> Receipt:
        """Take a post or comment off the network; one that is gone is a success."""
        gone = request.receipt
        self._service_of(request.profile, ctx).delete(request.profile.name, gone.remote_id, request.send_by)
        return Receipt(remote_id=gone.remote_id, at=ctx.now())

    def edit(self, request: EditRequest, ctx: Context) -> Receipt:
        """Change a post or comment; its id stays."""
        submission = _submission(request, ctx, kind=Kind.POST)
        post = self._service_of(request.profile, ctx).edit(request.receipt.remote_id, submission)
        handle = request.profile.handle.lstrip("@") or request.profile.name
        return Receipt(remote_id=post.id, url=url_of(handle, post.id), at=ctx.now())

    def reply(self, request: ReplyRequest, ctx: Context) -> Receipt | Pending:
        """A comment where the rule set knows comments, else a post below the other."""
        kind = Kind.COMMENT if network_rules(request.profile).limits.first_comment else Kind.POST
        submission = _submission(request, ctx, kind=kind, parent=request.to)
        return _answer(self._service_of(request.profile, ctx).submit(submission), request.profile, ctx)

    def hand_over(self, request: HandOverRequest, ctx: Context) -> Receipt:
        """Have the network show a post later, by the clock of `ctx`."""
        submission = _submission(request, ctx, kind=Kind.POST)
        schedule = self._service_of(request.profile, ctx).schedule(submission, request.at)
        return Receipt(remote_id=schedule, at=ctx.now())

    def take_back(self, request: TakeBackRequest, ctx: Context) -> Receipt:
        """Have the network forget a schedule; `Rejected` when its post is shown already."""
        schedule = request.schedule.remote_id
        self._service_of(request.profile, ctx).take_back(request.profile.name, schedule, request.send_by)
        return Receipt(remote_id=schedule, at=ctx.now())

    def went_out(self, request: WentOutRequest, ctx: Context) -> Receipt | Pending | None:
        """The post of a schedule once it is shown; None when the network knows no such schedule."""
        network = Network(ctx.data_dir())
        require_login(network, request.profile.name)
        with network.reading() as session:
            post = session.scheduled(request.profile.name, request.schedule.remote_id)
        return _answer(post, request.profile, ctx) if post else None

    def listen(self, request: ListenRequest, ctx: Context) -> ListenPage:
        """What the network's people said since the cursor, oldest first, some at a time."""
        network, now = Network(ctx.data_dir()), ctx.now()
        require_login(network, request.profile.name)
        with network.reading() as session:
            known = session.account(request.profile.name)
            if known is None:
                return ListenPage(cursor=request.cursor)
            account = account_of(request.profile, network_rules(request.profile), known.joined_at)
            said = [one for one in heard(session, account, now) if _mark(one) > request.cursor]
        page = said[:_AT_A_TIME]
        return ListenPage(
            interactions=tuple(as_interaction(one, request.profile) for one in page),
            cursor=_mark(page[-1]) if page else request.cursor,
            more=len(said) > len(page),
        )

    # ---- settling

    def find(self, request: FindRequest, ctx: Context) -> Receipt | None:
        """The receipt of what the key made, or None. `TryLater` while it was taken but is not visible yet."""
        network = Network(ctx.data_dir())
        require_login(network, request.profile.name)
        with network.reading() as session:
            post = session.by_key(request.profile.name, request.key)
            schedule = session.schedule_of(post) if post else None
        if post is None:
            return None
        if request.action is ActionKind.HAND_OVER:
            return Receipt(remote_id=schedule, at=post.created_at) if schedule else None
        answer = _answer(post, request.profile, ctx)
        if isinstance(answer, Pending):
            raise TryLater("the post was taken and is still being processed", after=answer.check_after)
        return answer

    def resume(self, request: ResumeRequest, ctx: Context) -> Receipt | Pending:
        """The receipt once the post is visible, pending until then."""
        network = Network(ctx.data_dir())
        require_login(network, request.profile.name)
        with network.reading() as session:
            post = session.by_key(request.profile.name, request.key)
        if post is None:
            raise PluginError(
                f"the test network knows nothing of a pending post of {request.profile.name}",
                plugin=self.name,
                method="resume",
                hint="was it reset with smm sandbox reset?",
            )
        return _answer(post, request.profile, ctx)

    def preview(self, request: PreviewRequest, ctx: Context) -> Preview:
        """What followers would see, as an HTML fragment and a PNG."""
        from smm_sandbox.draw import draw_posts
        from smm_sandbox.pages import fragment
        from smm_sandbox.view import view_of_variant

        post = view_of_variant(request, network_rules(request.profile))
        png = draw_posts((post,), ctx.media.read)
        return Preview(
            html=fragment(post, lambda sha256: f"media:{sha256}"), png=png.body, width=png.width, height=png.height
        )

    def _service_of(self, profile: Profile, ctx: Context) -> Service:
        return self._service(Network(ctx.data_dir()), profile, ctx)

    def _service(self, network: Network, profile: Profile, ctx: Context) -> Service:
        return Service(network, network_rules(profile), ctx.now, limit=settings_of(profile).posts_per_window)


def _mark(remark: Remark) -> str:
    """Where listening stops after a remark; later ones sort behind it."""
    return f"{remark.at.isoformat(timespec='microseconds')} {remark.id}"


def _submission(
    request: SendRequest | EditRequest | ReplyRequest | HandOverRequest,
    ctx: Context,
    *,
    kind: Kind,
    parent: Receipt | None = None,
) -> Submission:
    return Submission(
        account=account_of(request.profile, network_rules(request.profile), ctx.now()),
        kind=kind,
        key=request.key,
        text=request.part.text,
        link=request.part.link,
        pictures=tuple((attachment.sha256, attachment.alt) for attachment in request.part.media),
        parent=parent.remote_id if parent else None,
        send_by=request.send_by,
    )


def _kind_of(action: ActionKind) -> Kind:
    kind = _KINDS.get(action)
    if kind is None:
        raise PluginError(f"the test network cannot {action} yet", plugin="sandbox", method="send")
    return kind


def _answer(post: StoredPost, profile: Profile, ctx: Context) -> Receipt | Pending:
    waiting = post.visible_at - ctx.now()
    if waiting > timedelta(0):
        return Pending(
            check_after=waiting, handles={"post": post.id}, note="the test network is still processing the post"
        )
    handle = profile.handle.lstrip("@") or profile.name
    return Receipt(remote_id=post.id, url=url_of(handle, post.id), at=post.visible_at)
