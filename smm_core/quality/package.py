"""Rules about what lies beside a plugin's code: README, version, changelog, type marker, the kit's record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from smm_core.contracts import NoSettings
from smm_core.quality.candidate import Candidate
from smm_core.quality.claim import SHORTEST_REASON
from smm_core.quality.record import OPTION
from smm_core.quality.sources import unannotated

# Heading → words of which one stands in it, in small letters.
_ALWAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "What it does": ("what it does",),
        "Set up": ("set up", "setup", "set-up", "installation", "install"),
        "What it cannot do": ("what it cannot do", "what it does not do", "limitations"),
    }
)
_SUITES: Mapping[str, str] = MappingProxyType(
    {
        "source": "SourceSuite",
        "template": "TemplateSuite",
        "approver": "ApproverSuite",
        "publisher": "PublisherSuite",
        "metrics": "MetricsSuite",
    }
)
# PEP 440, Appendix B, without the forms that are only tolerated.
_VERSION = re.compile(
    r"(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?(?:\+[a-z0-9]+(?:[.][a-z0-9]+)*)?"
)


def readme(candidate: Candidate) -> list[str]:
    """Headings that are missing."""
    text = re.sub(r"^```.*?^```$", "", candidate.readme, flags=re.MULTILINE | re.DOTALL)
    if not text.strip():
        return ["there is no README"]
    headings = [heading.lower() for heading in re.findall(r"^#{1,4} (.+)$", text, re.MULTILINE)]
    wanted = dict(_ALWAYS)
    if any(getattr(one.thing, "settings", NoSettings) is not NoSettings for one in candidate.objects):
        wanted["Settings"] = ("settings", "configuration")
    if candidate.of("publisher", "metrics"):
        wanted["Permissions"] = ("permissions", "scopes")
    if candidate.of("publisher"):
        wanted["Limits"] = ("limits", "rule sets")
    missing = [name for name, words in wanted.items() if not any(word in one for one in headings for word in words)]
    return [f"the README has no heading {name!r}" for name in missing]


def kit_passes(candidate: Candidate) -> list[str] | None:
    """Tests of the kit that failed."""
    return [f"{name} failed" for name in candidate.record.failed] if candidate.record is not None else None


def kit(candidate: Candidate) -> list[str] | None:
    """Whether the kit was run for this version and for each family that the plugin offers."""
    if not candidate.objects:
        return None
    record = candidate.record
    if record is None:
        return [f"nobody has recorded what the kit finds: {_again(candidate)}"]
    said = []
    if record.version != candidate.found.version:
        said.append(f"what the kit found is about version {record.version}: {_again(candidate)}")
    elif record.files != candidate.files:
        said.append(f"the plugin was changed since the kit was run: {_again(candidate)}")
    if not record.passed:
        said.append("of the kit nothing passed")
    said += [f"{name} differs without a reason" for name, why in record.differs.items() if len(why) < SHORTEST_REASON]
    suites = dict.fromkeys(_SUITES[one.family] for one in candidate.objects)
    return said + [f"{suite} of the kit was not run" for suite in suites if suite not in record.suites]


def _again(candidate: Candidate) -> str:
    """How a record is made."""
    where = f"in {candidate.project}" if candidate.project is not None else "beside its pyproject.toml"
    return f"run `python -m pytest {OPTION}` {where}"


def typed(candidate: Candidate) -> list[str]:
    """The marker for type checkers, and annotations."""
    if candidate.is_single_file:
        return unannotated(candidate)
    marked = candidate.package is not None and (candidate.package / "py.typed").is_file()
    return [*([] if marked else ["its package has no py.typed"]), *unannotated(candidate)]


def versioned(candidate: Candidate) -> list[str]:
    """The version's form, and whether the changelog and the licence are there."""
    version = candidate.found.version
    if not version:
        return ["it has no version: a single file belongs to its workspace"]
    said = [] if _VERSION.fullmatch(version) else [f"its version is {version!r}, which PEP 440 does not know"]
    changes = candidate.changelog
    if changes is None and not _links_to_changes(candidate):
        said.append("it has no CHANGELOG.md, and its metadata link to none")
    elif changes is not None and not re.search(rf"^#+ .*{re.escape(version)}(?![0-9.])", changes, re.MULTILINE):
        said.append(f"its CHANGELOG.md has no heading for {version}")
    if candidate.metadata is not None and not (
        candidate.metadata.get("License-Expression") or candidate.metadata.get("License")
    ):
        said.append("its metadata name no licence")
    return said


def _links_to_changes(candidate: Candidate) -> bool:
    links = candidate.metadata.get_all("Project-URL", []) if candidate.metadata is not None else []
    return any(re.match(r"(changelog|changes|release notes|history)\b", link, re.IGNORECASE) for link in links)
