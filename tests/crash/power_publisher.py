"""The publisher of the power cuts, copied into a workspace's `plugins/` folder. Its platform is one file that has its own
power supply: a key is written into it at the moment a request leaves.
"""

from datetime import timedelta
from pathlib import Path

from smm_core import Finds, Guarantees, OutcomeUnknown, Prepared, Receipt, TryLater, hookimpl
from tests.crash.publisher import Crash

REQUESTS = Path(__file__).parent.parent / ".smm" / "requests"


class Power(Crash):
    """Takes everything that reaches it, can be asked what it took, and does not always answer."""

    name = title = "crash-find"
    guarantees = Guarantees(find="exact", absent_after=timedelta(seconds=2), http_only=False)
    abilities = frozenset({Finds})

    def prepare(self, request, ctx):
        return Prepared(handles={"draft": request.key})

    def send(self, request, ctx):
        mood = int(request.key[:2], 16) % 8
        if mood == 0 and not is_known(f"busy {request.key}"):
            leave(f"busy {request.key}")
            raise TryLater("busy", after=timedelta(milliseconds=10))
        leave(request.key)
        if mood == 1:
            raise OutcomeUnknown("cut off")
        return Receipt(remote_id=request.key)

    def find(self, request, ctx):
        return Receipt(remote_id=request.key) if is_known(request.key) else None


def leave(line):
    """A request leaves: one write, at once."""
    with REQUESTS.open("ab", buffering=0) as file:
        file.write(f"{line}\n".encode())


def is_known(line):
    """Whether such a request arrived."""
    return REQUESTS.exists() and line in REQUESTS.read_text().splitlines()


@hookimpl
def smm_publishers():
    return [Power()]
