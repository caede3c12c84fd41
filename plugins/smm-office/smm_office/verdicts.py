"""From the rows of a sheet that came back to answers, and a word about each row that is none. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from smm_core import Answer, Decision, Place, Remark
from smm_office.columns import Answers, Column, answers, places
from smm_office.marks import Mark, Marks
from smm_office.sheet import Cell

_LONGEST_REMARK = 5_000


class Status(StrEnum):
    """What became of a row."""

    COUNTED = "counted"
    REPEATED = "repeated"
    EMPTY = "empty"
    STALE = "stale"
    ALTERED = "altered"
    FOREIGN = "foreign"
    UNCLEAR = "unclear"
    REFUSED = "refused"

    @property
    def is_fine(self) -> bool:
        """Whether nobody has to look at it."""
        return self in (Status.COUNTED, Status.REPEATED, Status.EMPTY)


class Finding(Struct, frozen=True, kw_only=True):
    """One row (counted as the program shows it, from 1): what became of it, and why in words."""

    row: int
    status: Status
    message: str
    review: int | None = None
    profile: str = ""


class Filled(Struct, frozen=True, kw_only=True):
    """A row that is ours and as it was sent: what was chosen and remarked."""

    row: int
    mark: Mark
    decision: Decision | None
    remark: str


class Given(Struct, frozen=True, kw_only=True):
    """An answer, and the rows that give it."""

    answer: Answer
    rows: tuple[Filled, ...]


class Judged(Struct, frozen=True, kw_only=True):
    """All of a sheet: the answers in it, and what is said about the rows that are part of none."""

    given: tuple[Given, ...]
    findings: tuple[Finding, ...]


def judge(sheet: Sequence[Sequence[Cell]], marks: Marks, asked: Mapping[int, Mapping[str, str]], by: str) -> Judged:
    """What a sheet says. `asked` maps the reviews that wait for this person to what they ask about (profile → digest).

    A post is approved when each of its rows is; one row that asks for changes is enough for them.
    """
    words, findings = answers(), []
    filled: dict[int, list[Filled]] = {}
    seen: set[tuple[int, str]] = set()
    for number, found in _rows(sheet):
        one = _read(number, found, marks, words, asked)
        if isinstance(one, Finding):
            findings.append(one)
        elif (one.mark.review, one.mark.profile) in seen:
            findings.append(_finding(one, Status.UNCLEAR, "stands twice in the sheet; the first row counts"))
        else:
            seen.add((one.mark.review, one.mark.profile))
            filled.setdefault(one.mark.review, []).append(one)
    given = []
    for review, rows in filled.items():
        answer = _answer(rows, asked[review], by)
        if isinstance(answer, Answer):
            given.append(Given(answer=answer, rows=tuple(rows)))
        else:
            findings += answer
    return Judged(given=tuple(given), findings=tuple(sorted(findings, key=lambda one: one.row)))


def _rows(sheet: Sequence[Sequence[Cell]]) -> list[tuple[int, dict[Column, Cell]]]:
    """The rows below the heads, with their numbers; a sheet without our heads has none."""
    for number, row in enumerate(sheet[:10]):
        where = places([cell.text for cell in row])
        if where is not None:
            return [
                (below, {column: cells[at] if at < len(cells) else Cell() for column, at in where.items()})
                for below, cells in enumerate(sheet[number + 1 :], number + 2)
                if any(cell.text.strip() for cell in cells)
            ]
    return []


def _read(
    number: int, cells: Mapping[Column, Cell], marks: Marks, words: Answers, asked: Mapping[int, Mapping[str, str]]
) -> Filled | Finding:
    mark = marks.read(cells[Column.MARK].text)
    verdict, remark = cells[Column.VERDICT], cells[Column.REMARKS].text.strip()
    if mark is None:
        return Finding(row=number, status=Status.FOREIGN, message="this row is not from a sheet of this workspace")
    one = Filled(row=number, mark=mark, decision=words.decision(verdict.text), remark=remark[:_LONGEST_REMARK])
    if verdict.is_formula or cells[Column.REMARKS].is_formula:
        return _finding(one, Status.UNCLEAR, "has a formula where an answer belongs; formulas are not worked out")
    if mark.review not in asked:
        return _finding(one, Status.STALE, "this version of the post waits for no answer of this person (any more)")
    if asked[mark.review].get(mark.profile) != mark.digest:
        return _finding(one, Status.STALE, "the post was changed after this sheet was made: send a new one")
    if not mark.shows(cells[Column.TEXT].text):
        return _finding(one, Status.ALTERED, "the text in the sheet was changed; write wishes into the remarks")
    if verdict.text.strip() and one.decision is None:
        return _finding(one, Status.UNCLEAR, f"“{verdict.text.strip()[:60]}” is neither a yes nor a no")
    return one


def _answer(rows: Sequence[Filled], digests: Mapping[str, str], by: str) -> Answer | list[Finding]:
    """What the rows of one review say together, or why they say nothing."""
    chosen = [one for one in rows if one.decision is not None]
    if not chosen:
        return [
            _finding(one, Status.UNCLEAR, f"has a remark and no verdict: {one.remark[:200]}")
            if one.remark
            else _finding(one, Status.EMPTY, "not answered")
            for one in rows
        ]
    missing = set(digests) - {one.mark.profile for one in chosen}
    if Decision.REWORK in (one.decision for one in chosen):
        return _rework(rows, digests, by)
    if missing:
        what = f"approved here, but there is no clear yes for {', '.join(sorted(missing))}"
        return [
            _finding(one, Status.UNCLEAR, what if one.decision else "not answered, unlike other rows of its post")
            for one in rows
        ]
    said = [one.remark for one in rows if one.remark]
    return Answer(
        review_id=rows[0].mark.review,
        decision=Decision.APPROVE,
        by=by,
        digests=dict(digests),
        remark="\n".join(dict.fromkeys(said))[:_LONGEST_REMARK],
        once=_once(rows, by),
    )


def _rework(rows: Sequence[Filled], digests: Mapping[str, str], by: str) -> Answer:
    """Changes are asked for; with several profiles each remark points at its own."""
    said = [(one.mark.profile, one.remark) for one in rows if one.remark]
    remark = "\n".join(dict.fromkeys(text if len(digests) == 1 else f"{name}: {text}" for name, text in said))
    comments = tuple(Remark(text=text, place=Place(profile=name)) for name, text in said) if len(digests) > 1 else ()
    return Answer(
        review_id=rows[0].mark.review,
        decision=Decision.REWORK,
        by=by,
        digests=dict(digests),
        remark=remark[:_LONGEST_REMARK],
        comments=comments,
        once=_once(rows, by),
    )


def _once(rows: Sequence[Filled], by: str) -> str:
    """The same for the same answer in the same rows, however often the file comes, and in whichever order they stand."""
    said = sorted(f"{one.mark}\0{one.decision}\0{one.remark}" for one in rows)
    return f"office:{hashlib.sha256(chr(1).join((by, *said)).encode('utf-8', 'replace')).hexdigest()[:40]}"


def _finding(one: Filled, status: Status, message: str) -> Finding:
    return Finding(row=one.row, status=status, message=message, review=one.mark.review, profile=one.mark.profile)
