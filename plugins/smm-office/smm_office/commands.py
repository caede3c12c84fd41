"""`smm office`: sheets and slides out, sheets in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from smm_core import NotFound, Repeated, ReviewDesk, Reviewer, ReviewState, SmmError, to_json
from smm_office.verdicts import Finding, Given, Status

if TYPE_CHECKING:
    import click


class Session(Protocol):
    """What core hands to commands as the context's `obj`."""

    def data_dir(self, plugin: str) -> Path:
        """The plugin's folder inside the workspace's `.smm/`."""
        ...

    def desk(self, plugin: str) -> ReviewDesk:
        """The desk at which reviews are looked at and answered."""
        ...


def office_group() -> click.Group:
    """The group `smm office` with its commands."""
    import click

    @click.group("office", context_settings={"help_option_names": ["-h", "--help"]})
    def office() -> None:
        """Reviews as spreadsheets and presentations."""

    office.add_command(_out())
    office.add_command(_in())
    return office


def _out() -> click.Command:
    import click

    @click.command("out")
    @click.option("--for", "person", required=True, metavar="PERSON", help="For whom: the key of a person of smm.toml.")
    @click.option("--client", default="", help="Only what is of this client.")
    @click.option(
        "--to", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help=".xlsx, .csv or .pptx"
    )
    @click.option("--force", is_flag=True, help="Overwrite the file, if it is there.")
    @click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
    @click.pass_context
    def out(context: click.Context, person: str, client: str, path: Path, force: bool, as_json: bool) -> None:
        """Write everything that waits for PERSON into a file.

        \b
        .xlsx   a spreadsheet with a list of verdicts, which comes back with `smm office in`
        .csv    the same as plain text
        .pptx   a presentation with a slide for each post, to show it
        """
        session = cast("Session", context.obj)
        if path.exists() and not force:
            raise SmmError(f"{path} is there already", hint="it may have answers in it; --force overwrites it")
        count = write_file(session.desk("office"), session.data_dir("office"), person, path, client)
        if as_json:
            click.echo(to_json({"file": str(path), "rows": count}))
        else:
            click.echo(f"{path}: {count} {'row' if count == 1 else 'rows'} for {person}")

    return out


def write_file(desk: ReviewDesk, folder: Path, person: str, path: Path, client: str = "") -> int:
    """Write what waits for a person; how many variants that is. Nothing that waits is an `SmmError`."""
    from smm_office.columns import heads, rows_of
    from smm_office.entries import entries_of_desk
    from smm_office.language import languages
    from smm_office.marks import Marks

    ending = path.suffix.lower()
    if ending not in (".xlsx", ".csv", ".pptx"):
        raise SmmError(f"{path.name}: no such format", hint="the file ends with .xlsx, .csv or .pptx")
    reviewer = desk.reviewer(person)
    tongue = languages().of(reviewer.person.language, reviewer.person.zone)
    entries = list(entries_of_desk(desk, reviewer, client))
    if not entries:
        raise SmmError(f"nothing waits for {person}{f' at {client}' if client else ''}", hint="smm reviews list")
    if ending == ".pptx":
        from smm_office.slides import write_slides

        body = write_slides(entries, tongue)
    else:
        rows = rows_of(entries, tongue, Marks(folder))
        if ending == ".csv":
            from smm_office.csv_file import write_csv

            body = write_csv(rows, heads(tongue))
        else:
            from smm_office.workbook import write_workbook

            body = write_workbook(rows, tongue)
    try:
        path.write_bytes(body)
    except OSError as error:
        raise SmmError(f"{path}: {error.strerror or error}", hint="choose another place with --to") from None
    return len(entries)


def _in() -> click.Command:
    import click

    @click.command("in")
    @click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
    @click.option(
        "--by", "person", required=True, metavar="PERSON", help="Who gave the verdicts: you vouch that it was them."
    )
    @click.option("--json", "as_json", is_flag=True, help="Print what became of each row as JSON.")
    @click.pass_context
    def take_in(context: click.Context, path: Path, person: str, as_json: bool) -> None:
        """Let the verdicts in FILE count, a .xlsx or .csv that `smm office out` wrote and somebody filled in.

        Exit code 1 when a row did not count that should have been looked at: it was changed, is stale or unclear.
        """
        session = cast("Session", context.obj)
        findings = read_file(session.desk("office"), session.data_dir("office"), path, person)
        counts = Counter(str(one.status) for one in findings)
        if as_json:
            click.echo(to_json({"file": str(path), "by": person, "counts": dict(counts), "rows": findings}))
        else:
            for one in findings:
                if one.status is not Status.EMPTY:
                    click.echo(f"row {one.row} {one.status}: {one.message}", err=not one.status.is_fine)
            click.echo(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
        if not all(one.status.is_fine for one in findings):
            context.exit(1)

    return take_in


def read_file(desk: ReviewDesk, folder: Path, path: Path, person: str) -> list[Finding]:
    """Let the verdicts in a file count; what became of each row. A file without rows of ours is an `SmmError`."""
    from smm_office.files import read_sheet
    from smm_office.marks import Marks
    from smm_office.verdicts import judge

    reviewer, marks = desk.reviewer(person), Marks(folder)
    sheet = read_sheet(path)
    numbers = {mark.review for row in sheet for cell in row if (mark := marks.read(cell.text)) is not None}
    judged = judge(sheet, marks, _asked(desk, reviewer, numbers), person)
    findings = list(judged.findings)
    for given in judged.given:
        findings += _decide(desk, reviewer, given)
    if not findings:
        raise SmmError(
            f"{path.name}: there are no rows that smm wrote",
            hint="the column “smm” must be there; it is hidden, not gone",
        )
    return sorted(findings, key=lambda one: one.row)


def _asked(desk: ReviewDesk, reviewer: Reviewer, numbers: set[int]) -> Mapping[int, Mapping[str, str]]:
    """What the reviews ask about now, of those that this person may see."""
    asked = {}
    for number in sorted(numbers):
        try:
            review = desk.review(reviewer, number).review
        except NotFound:
            continue
        if review.state is not ReviewState.WITHDRAWN:
            asked[number] = dict(review.digests)
    return asked


def _decide(desk: ReviewDesk, reviewer: Reviewer, given: Given) -> list[Finding]:
    answer = given.answer
    status, message = Status.COUNTED, f"{answer.decision} by {answer.by}"
    try:
        desk.decide(
            reviewer,
            answer.review_id,
            answer.decision,
            digests=answer.digests,
            remark=answer.remark,
            comments=answer.comments,
            once=answer.once,
        )
    except Repeated:
        status, message = Status.REPEATED, "this answer counted before"
    except SmmError as error:
        status, message = Status.REFUSED, str(error)
    return [
        Finding(row=one.row, status=status, message=message, review=one.mark.review, profile=one.mark.profile)
        for one in given.rows
    ]
