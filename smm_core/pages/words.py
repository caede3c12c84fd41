"""What pages say, in English and Dutch: sentences, dates and numbers. Another language reads English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from smm_core.clock import wall_of

DUTCH: Mapping[str, str] = {
    "Report": "Verslag",
    "Skip to the content": "Naar de inhoud",
    "Clients": "Klanten",
    "{since} to {until}": "{since} tot en met {until}",
    "made on {day}": "gemaakt op {day}",
    "What went out": "Wat er geplaatst is",
    "Nothing went out in this time.": "In deze tijd is er niets geplaatst.",
    "As followers of {profile} saw it: {text}": "Zoals volgers van {profile} het zagen: {text}",
    "Open the post": "Bekijk het bericht",
    "part {number} of {total}": "deel {number} van {total}",
    "{sent} of {total} parts are out": "{sent} van {total} delen zijn geplaatst",
    "Numbers": "Cijfers",
    "Numbers per post": "Cijfers per bericht",
    "There are no numbers yet.": "Er zijn nog geen cijfers.",
    "Numbers in italics are provisional: they may still change. Where nothing stands, the platform gives no number.": (
        "Schuine cijfers zijn voorlopig: ze kunnen nog veranderen. Waar niets staat, geeft het platform geen cijfer."
    ),
    "provisional": "voorlopig",
    "from {first} to {last} in {count} readings": "van {first} naar {last} in {count} metingen",
    "Post": "Bericht",
    "Profile": "Profiel",
    "When": "Wanneer",
    "State": "Stand",
    "Why": "Waarom",
    "What waits for somebody": "Wat op iemand wacht",
    "Nothing waits for anybody.": "Er wacht niets op iemand.",
    "What is coming": "Wat eraan komt",
    "Nothing is planned yet.": "Er is nog niets gepland.",
    "all profiles": "alle profielen",
    "posts out": "berichten geplaatst",
    "post out": "bericht geplaatst",
    "next slot": "volgende vrije moment",
    "end of the queue": "achteraan in de rij",
    "front of the queue": "vooraan in de rij",
    "now": "nu",
    "at once": "meteen",
    "no time yet": "nog geen tijd",
    # states
    "draft": "concept",
    "written": "geschreven",
    "blocked": "tegengehouden",
    "rendered": "uitgewerkt",
    "reviewing": "wacht op goedkeuring",
    "waits for approval": "wacht op goedkeuring",
    "rework": "terug naar de schrijver",
    "sent back to the writer": "terug naar de schrijver",
    "expired": "niet op tijd goedgekeurd",
    "not approved in time": "niet op tijd goedgekeurd",
    "approved": "goedgekeurd",
    "scheduled": "gepland",
    "waiting": "wacht op het deel ervoor",
    "held": "aangehouden",
    "refused": "geweigerd door het platform",
    "refused by the platform": "geweigerd door het platform",
    "unknown": "onbekend of het geplaatst is",
    "not known whether it is out": "onbekend of het geplaatst is",
    "pending": "onderweg",
    "under way": "onderweg",
    "overdue": "te laat",
    # metrics
    "impressions": "weergaven",
    "reach": "bereik",
    "views": "keer bekeken",
    "likes": "vind-ik-leuks",
    "reactions": "reacties met een emoji",
    "comments": "reacties",
    "shares": "gedeeld",
    "quotes": "geciteerd",
    "saves": "bewaard",
    "clicks": "klikken",
    "followers": "volgers",
    # preview
    "Preview": "Voorbeeld",
    "How followers will see it": "Zo zien volgers het",
    "for {moment}": "voor {moment}",
    "Nothing to complain about.": "Niets op aan te merken.",
    "Problems": "Problemen",
    "Alt texts": "Alternatieve teksten",
    "picture {number}": "afbeelding {number}",
    "no alt text": "geen alternatieve tekst",
    "This post could not be rendered.": "Dit bericht kon niet uitgewerkt worden.",
    "This post goes to no profile.": "Dit bericht gaat naar geen enkel profiel.",
    "first comment": "eerste reactie",
    "Length": "Lengte",
    "blocks": "houdt tegen",
    "warns": "waarschuwt",
    "remarks": "merkt op",
    "part {number}": "deel {number}",
    "the limit is a guess": "de grens is een schatting",
    "source: {source}": "bron: {source}",
}
_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "nl": ("ma", "di", "wo", "do", "vr", "za", "zo"),
}
_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    "nl": (
        *("januari", "februari", "maart", "april", "mei", "juni", "juli"),
        *("augustus", "september", "oktober", "november", "december"),
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """Says things in one language; `language` is the tag for `lang`, `en` or `nl`."""

    language: str

    @classmethod
    def of(cls, tag: str) -> Words:
        """For a language tag such as `nl-BE`."""
        return cls("nl" if tag.lower().split("-")[0] == "nl" else "en")

    def __call__(self, text: str, /, **values: object) -> str:
        """A sentence, its `{places}` filled in."""
        said = DUTCH.get(text, text) if self.language == "nl" else text
        return said.format(**values) if values else said

    def metric(self, name: str) -> str:
        """A metric's name for a person."""
        return self(name) if name in DUTCH else name.replace("_", " ").replace("-", " ")

    def number(self, value: float) -> str:
        """1,234 or 1.234; with at most two decimals."""
        text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")
        return text.translate(str.maketrans(",.", ".,")) if self.language == "nl" else text

    def measure(self, value: float, unit: str) -> str:
        """A number with its unit, where it is not simply a count."""
        match unit:
            case "count" | "":
                return self.number(value)
            case "ratio":
                return f"{self.number(round(value * 100, 2))}%"
            case _:
                return f"{self.number(value)} {unit}"

    def day(self, instant: datetime, zone: str) -> str:
        """1 December 2026."""
        wall = wall_of(instant, zone)
        return f"{wall.day} {_MONTHS[self.language][wall.month - 1]} {wall.year}"

    def last_day(self, until: datetime, zone: str) -> str:
        """The last day of a time that ends just before `until`."""
        return self.day(until - timedelta(microseconds=1), zone)

    def moment(self, instant: datetime, zone: str) -> str:
        """Tue 1 December 2026, 09:00."""
        wall = wall_of(instant, zone)
        return f"{_DAYS[self.language][wall.weekday()]} {self.day(instant, zone)}, {wall:%H:%M}"
