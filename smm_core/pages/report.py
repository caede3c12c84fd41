"""The report page: per client what went out, what came of it, what waits and what is coming."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from smm_core.errors import SmmError
from smm_core.model import Profile, WhenKind
from smm_core.pages.colours import Scheme, scheme_of
from smm_core.pages.drawing import Sight, draw
from smm_core.pages.folder import PageFolder
from smm_core.pages.report_data import ClientReport, Coming, Measure, ReportData, Sent, rank
from smm_core.pages.sparkline import HEIGHT, WIDTH, line_of
from smm_core.pages.words import Words

if TYPE_CHECKING:
    from smm_core.config import Client
    from smm_core.workspace import Workspace

_NOT_YET = {
    WhenKind.SLOT: "next slot",
    WhenKind.END: "end of the queue",
    WhenKind.FIRST: "front of the queue",
    WhenKind.NOW: "at once",
}
LONG = 1.4
FEW = 4
_LOGOS = (".png", ".jpg", ".jpeg", ".webp", ".gif")


class Cell(Struct, frozen=True, kw_only=True):
    """A measure as it is shown: `bar` is its share (0 to 1) of the largest in its column, `told` its history in words."""

    value: str
    provisional: bool
    line: str
    told: str
    bar: float


class Row(Struct, frozen=True, kw_only=True):
    """One line of the table of numbers: a delivery, or one part of a thread."""

    title: str
    url: str | None
    profile: str
    part: str
    cells: tuple[Cell | None, ...]


class ProfileTile(Struct, frozen=True, kw_only=True):
    """A profile's own numbers: metric and how it is shown."""

    title: str
    cells: tuple[tuple[str, Cell], ...]


class Card(Struct, frozen=True, kw_only=True):
    """One delivery that is out, with its picture."""

    sent: Sent
    profile: str
    moment: str
    alt: str
    sight: Sight | None
    measures: tuple[Measure, ...]

    @property
    def is_long(self) -> bool:
        """Whether the picture is taller than its place, so that it fades out at the end."""
        return self.sight is not None and self.sight.height > self.sight.width * LONG


class Section(Struct, frozen=True, kw_only=True):
    """A client's part of the page, in the client's language, zone and colours."""

    client: Client
    data: ClientReport
    words: Words
    scheme: Scheme
    logo: str | None
    cards: tuple[Card, ...]
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    tiles: tuple[ProfileTile, ...]
    titles: Mapping[str, str]

    def moment_of(self, coming: Coming) -> str:
        """When something is planned for, in words."""
        if coming.due_at is not None:
            return self.words.moment(coming.due_at, self.client.zone)
        return self.words(_NOT_YET.get(coming.when, "no time yet"))

    def profiles_of(self, names: Sequence[str]) -> str:
        """The titles of profiles in one phrase; all of the client's are called that."""
        return ", ".join(self.titles.get(name, name) for name in names)


def write_report(ws: Workspace, data: ReportData, out: Path) -> Path:
    """Write the page and its pictures into `out`; the page's path. What was drawn for an earlier report is used again."""
    folder = PageFolder(out, ws.media)
    sections = [_section(ws, report, folder) for report in data.clients]
    languages = {section.words.language for section in sections}
    words = sections[0].words if len(languages) == 1 else Words.of(ws.config.language)
    zone = data.clients[0].zone if len(data.clients) == 1 else ws.config.zone
    return folder.page(
        "report.html.j2",
        data=data,
        words=words,
        zone=zone,
        sections=sections,
        scheme=sections[0].scheme if len(sections) == 1 else scheme_of({}),
        line_size=(WIDTH, HEIGHT),
        is_open=is_open,
    )


def is_open(url: str) -> bool:
    """Whether an address can be followed: a web address, and not one of a test network (RFC 6761: `.invalid`)."""
    try:
        parts = urlsplit(url)
        top = (parts.hostname or "invalid").rpartition(".")[2]
        return parts.scheme in ("http", "https") and top != "invalid"
    except ValueError:
        return False


def _section(ws: Workspace, report: ClientReport, folder: PageFolder) -> Section:
    client = ws.client(report.client)
    words = Words.of(client.language)
    titles = {name: profile.title for name, profile in ws.config.profiles.items() if profile.client == client.name}
    metrics = _columns(report.sent)
    return Section(
        client=client,
        data=report,
        words=words,
        scheme=scheme_of(client.brand.colours),
        logo=_logo(client, folder),
        cards=tuple(_card(ws, sent, client, words, folder) for sent in report.sent),
        metrics=metrics,
        rows=tuple(_rows(report.sent, metrics, words, titles)),
        tiles=tuple(
            ProfileTile(
                title=one.title, cells=tuple((each.metric, cell_of(each, each.value, words)) for each in one.measures)
            )
            for one in report.profiles
        ),
        titles=titles,
    )


def _logo(client: Client, folder: PageFolder) -> str | None:
    """The brand's logo beside the page, where it is a picture that browsers show."""
    if not client.brand.logo:
        return None
    path = Path(client.brand.root) / client.brand.logo
    if path.suffix.lower() not in _LOGOS or not path.is_file():
        return None
    return folder.keep(path.read_bytes(), f"logo-{client.name}{path.suffix.lower()}")


def _card(ws: Workspace, sent: Sent, client: Client, words: Words, folder: PageFolder) -> Card:
    profile = _profile(ws, sent.profile)
    title = profile.title if profile else sent.profile
    return Card(
        sent=sent,
        profile=title,
        moment=words.moment(sent.at, client.zone),
        alt=words("As followers of {profile} saw it: {text}", profile=title, text=sent.text),
        sight=_sight(ws, sent, profile, folder) if profile else None,
        measures=tuple(measure for measure in sent.parts[0].measures if not measure.paid)[:FEW],
    )


def _profile(ws: Workspace, name: str) -> Profile | None:
    """The profile as it is configured now; one whose plugin is away, or that is gone, is told without a picture."""
    try:
        return ws.profile(name)
    except SmmError:
        return None


def _sight(ws: Workspace, sent: Sent, profile: Profile, folder: PageFolder) -> Sight:
    variant = ws.store.posts.variant(sent.post_id, sent.profile, sent.digest)
    return draw(ws, variant, profile, sent.at, folder)


# ---------------------------------------------------------------- the table of numbers


def _columns(sent: Sequence[Sent]) -> tuple[str, ...]:
    metrics = {measure.metric for one in sent for part in one.parts for measure in part.measures if not measure.paid}
    return tuple(sorted(metrics, key=lambda metric: (rank(metric), metric)))


def _rows(sent: Sequence[Sent], metrics: Sequence[str], words: Words, titles: Mapping[str, str]) -> list[Row]:
    largest = {
        metric: max(
            (m.value for one in sent for part in one.parts for m in part.measures if m.metric == metric), default=0.0
        )
        for metric in metrics
    }
    rows = []
    for one in sent:
        for part in one.parts:
            own = {measure.metric: measure for measure in part.measures if not measure.paid}
            if own:
                cells = (cell_of(own[metric], largest[metric], words) if metric in own else None for metric in metrics)
                rows.append(
                    Row(
                        title=one.title,
                        url=part.url,
                        profile=titles.get(one.profile, one.profile),
                        part=words("part {number} of {total}", number=part.number, total=one.total)
                        if one.total > 1
                        else "",
                        cells=tuple(cells),
                    )
                )
    return rows


def cell_of(measure: Measure, largest: float, words: Words) -> Cell:
    """A measure as the table shows it."""
    points = measure.points
    told = ""
    if len(points) > 1:
        told = words(
            "from {first} to {last} in {count} readings",
            first=words.measure(points[0].value, measure.unit),
            last=words.measure(points[-1].value, measure.unit),
            count=len(points),
        )
    return Cell(
        value=words.measure(measure.value, measure.unit),
        provisional=measure.provisional,
        line=line_of(points),
        told=told,
        bar=round(measure.value / largest, 3) if largest > 0 else 0.0,
    )
