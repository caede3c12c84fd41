"""The command line as a person uses it: arguments in, exit code and what was printed out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from smm_core import cli
from smm_core.cli.session import explain_failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)


Smm = Callable[..., Ran]


@pytest.fixture
def smm(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Smm:
    """Run `smm` in the test's workspace, in this process.

    Not through `cli.main`: that works in a forked child, and a test runner must never be forked.
    """
    monkeypatch.setenv("SMM_WORKSPACE", str(root))

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = _run(list(arguments))
        said = capsys.readouterr()
        return Ran(code=code, out=said.out, err=said.err)

    return run


def _run(arguments: list[str]) -> int:
    """The exit code, with errors said as a person sees them."""
    try:
        result = cli.cli.main(arguments, prog_name="smm", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        return explain_failure(error)
    return result if isinstance(result, int) else 0
