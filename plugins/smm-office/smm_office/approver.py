"""The approver `office`: sheets that wait in a folder to be sent, and those that came back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from smm_core import (
    Answer,
    Asked,
    AskKind,
    AskRequest,
    AsksTogether,
    AskTogetherRequest,
    Context,
    Person,
    PollPage,
    PollRequest,
    SmmError,
    Trouble,
)
from smm_office.settings import Settings

_MOST_FILES = 200
"""Files that are read in one round."""


class OfficeApprover:
    """Writes a spreadsheet for each person into a folder, from where somebody sends it; reads what is put back.

    Whose answers a file holds is said by the folder that it is put into: whoever puts it there vouches for that.
    """

    name = "office"
    settings = Settings
    abilities: ClassVar[frozenset[type]] = frozenset({AsksTogether})

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """One question."""
        together = AskTogetherRequest(client=request.review.client, questions=(request,), settings=request.settings)
        (asked,) = self.ask_together(together, ctx)
        return asked

    def ask_together(self, request: AskTogetherRequest, ctx: Context) -> tuple[Asked, ...]:
        """One sheet for each person, about all of theirs. Asked again, the same sheet is written again. A reminder writes none:
        the sheet is there, and core tells that it is due."""
        folder = _folder(request.settings, ctx) / "out"
        threads: dict[int, dict[str, str]] = {}
        for person, places in _by_person(request.questions):
            questions = [request.questions[at] for at in places]
            path = folder / person.name / _name(questions)
            _write(path, person, questions, ctx)
            for at in places:
                threads.setdefault(at, {})[person.name] = path.name
        for question in request.questions:
            if not question.persons:
                raise SmmError(
                    f"post {question.post.slug}: there is nobody to write a sheet for", hint="name persons in the stage"
                )
        return tuple(
            Asked(thread=question.thread or json.dumps(threads.get(at, {}), sort_keys=True))
            for at, question in enumerate(request.questions)
        )

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """The answers in files that were put into `in/PERSON` since. The files stay where they are."""
        from smm_office.files import read_sheet
        from smm_office.marks import Marks
        from smm_office.verdicts import judge

        folder = _folder(request.settings, ctx) / "in"
        if not request.reviews or not folder.is_dir():
            return PollPage(cursor=request.cursor)
        known, answers, troubles = _cursor(request.cursor), list[Answer](), list[Trouble]()
        asked = {one.id: dict(one.digests) for one in request.reviews}
        marks = Marks(ctx.data_dir())
        files = dict(_files(folder))
        for digest, path in [(digest, path) for digest, path in files.items() if digest not in known][:_MOST_FILES]:
            known.add(digest)
            where = f"{path.parent.name}/{path.name}"
            try:
                judged = judge(read_sheet(path), marks, asked, path.parent.name)
            except SmmError as error:
                troubles.append(Trouble(where=where, message=str(error)))
                continue
            answers += [one.answer for one in judged.given]
            troubles += [
                Trouble(where=f"{where} row {one.row}", message=f"{one.status}: {one.message}")
                for one in judged.findings
                if not one.status.is_fine
            ]
        cursor = json.dumps(sorted(known & set(files)))
        return PollPage(answers=tuple(answers), cursor=cursor, troubles=tuple(troubles))


def _folder(settings: object, ctx: Context) -> Path:
    return ctx.workspace / (settings.folder if isinstance(settings, Settings) else Settings().folder)


def _by_person(questions: Sequence[AskRequest]) -> list[tuple[Person, list[int]]]:
    """Each person who is to get a sheet, and the places of their questions."""
    found: dict[str, tuple[Person, list[int]]] = {}
    for at, question in enumerate(questions):
        if question.kind is not AskKind.REMIND:
            for person in question.persons:
                found.setdefault(person.name, (person, []))[1].append(at)
    return list(found.values())


def _name(questions: Sequence[AskRequest]) -> str:
    """The name of a sheet: the same for the same questions."""
    keys = "\n".join(one.key or f"{one.review.id}.{one.stage}.{one.kind}" for one in questions)
    day = min(one.review.asked_at for one in questions).date()
    return f"{day}-{hashlib.sha256(keys.encode()).hexdigest()[:8]}.xlsx"


def _write(path: Path, person: Person, questions: Sequence[AskRequest], ctx: Context) -> None:
    from smm_office.columns import rows_of
    from smm_office.entries import entries_of_request
    from smm_office.language import languages
    from smm_office.marks import Marks
    from smm_office.workbook import write_workbook

    tongue = languages().of(person.language, person.zone)
    entries = [entry for one in questions for entry in entries_of_request(one, ctx.media.read, lambda _profile: b"")]
    body = write_workbook(rows_of(entries, tongue, Marks(ctx.data_dir())), tongue)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(body)
        unfinished.replace(path)
    except OSError as error:
        raise SmmError(
            f"{path}: {error.strerror or error}", hint="look at [approvers.office.settings] folder"
        ) from None


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """What was put into the persons' folders: digest of name and content → file. Programs' own lock files are left out."""
    for path in sorted(folder.glob("*/*")):
        if path.is_file() and not path.name.startswith((".", "~$")):
            state = path.stat()
            said = f"{path.parent.name}/{path.name}\0{state.st_size}\0{state.st_mtime_ns}"
            yield hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16], path


def _cursor(cursor: str) -> set[str]:
    try:
        found = json.loads(cursor) if cursor else []
    except ValueError:
        return set()
    return {str(one) for one in found} if isinstance(found, list) else set()
