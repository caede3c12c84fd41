"""What a plugin implements: five small interfaces, their abilities, and the frozen requests they receive.

Every method that does I/O is `method(request, ctx)`, synchronous, and runs off core's main thread with a deadline.
Requests may grow fields with defaults; signatures never grow. Methods without `ctx` are pure: same input, same
output, no clock, no network, no disk.
"""

from smm_core.contracts.acts import (
    DeleteRequest,
    Deletes,
    EditRequest,
    Edits,
    HandOverRequest,
    Replies,
    ReplyRequest,
    SchedulesNatively,
    Scheduling,
    TakeBackRequest,
    WentOutRequest,
)
from smm_core.contracts.approvers import Answer, Approver, Asked, AskRequest, PollPage, PollRequest
from smm_core.contracts.checks import CheckRequest
from smm_core.contracts.given import Context, Credentials, HttpClient, MediaReader, NoSettings, Response
from smm_core.contracts.inbox import ListenPage, ListenRequest, Listens
from smm_core.contracts.login import CompleteLoginRequest, LoggedIn, LoginBegun, LoginRequest, LogsIn
from smm_core.contracts.metrics import Metrics, MetricsRequest
from smm_core.contracts.publishers import (
    ByHand,
    FindRequest,
    Finds,
    Guarantees,
    Imitates,
    Inspected,
    InspectRequest,
    Pending,
    Prepared,
    PrepareRequest,
    Preview,
    PreviewRequest,
    Previews,
    Publisher,
    ResumeRequest,
    Resumes,
    SendRequest,
)
from smm_core.contracts.servers import VariesByServer
from smm_core.contracts.sources import CollectPage, CollectRequest, Source
from smm_core.contracts.templates import ComposeRequest, Drawn, DrawRequest, Draws, Template

__all__ = [
    "Answer",
    "Approver",
    "AskRequest",
    "Asked",
    "ByHand",
    "CheckRequest",
    "CollectPage",
    "CollectRequest",
    "CompleteLoginRequest",
    "ComposeRequest",
    "Context",
    "Credentials",
    "DeleteRequest",
    "Deletes",
    "DrawRequest",
    "Drawn",
    "Draws",
    "EditRequest",
    "Edits",
    "FindRequest",
    "Finds",
    "Guarantees",
    "HandOverRequest",
    "HttpClient",
    "Imitates",
    "InspectRequest",
    "Inspected",
    "ListenPage",
    "ListenRequest",
    "Listens",
    "LoggedIn",
    "LoginBegun",
    "LoginRequest",
    "LogsIn",
    "MediaReader",
    "Metrics",
    "MetricsRequest",
    "NoSettings",
    "Pending",
    "PollPage",
    "PollRequest",
    "PrepareRequest",
    "Prepared",
    "Preview",
    "PreviewRequest",
    "Previews",
    "Publisher",
    "Replies",
    "ReplyRequest",
    "Response",
    "ResumeRequest",
    "Resumes",
    "SchedulesNatively",
    "Scheduling",
    "SendRequest",
    "Source",
    "TakeBackRequest",
    "Template",
    "VariesByServer",
    "WentOutRequest",
]
