"""Rules about what lies beside a plugin's code: README, version, changelog, type marker, the kit's report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from smm_core.contracts import NoSettings
from smm_core.quality.candidate import KIT_REPORT, Candidate
from smm_core.quality.claim import SHORTEST_REASON
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
    reports = candidate.reports
    return [f"{name} failed" for report in reports for name in report.get("failed", ())] if reports else None


def kit(candidate: Candidate) -> list[str] | None:
    """Whether the kit was run for this version and for each family that the plugin offers."""
    if not candidate.objects:
        return None
    reports = candidate.reports
    if not reports:
        return [f"there is no report of the kit: run the plugin's tests with it, they write {KIT_REPORT}"]
    said = [line for report in reports for line in _about_report(candidate, report)]
    ran = {name.strip() for report in reports for name in str(report.get("suite", "")).split(",")}
    families = dict.fromkeys(one.family for one in candidate.objects)
    return said + [f"{_SUITES[family]} of the kit was not run" for family in families if _SUITES[family] not in ran]


def _about_report(candidate: Candidate, report: Mapping[str, Any]) -> list[str]:
    suite, version = report.get("suite", "the kit"), report.get("version")
    said = []
    if version != candidate.found.version:
        said.append(f"{suite}: its report is about version {version}, not {candidate.found.version}")
    if not report.get("passed"):
        said.append(f"{suite}: nothing passed")
    differs = report.get("differs", {})
    return said + [
        f"{suite}: {name} differs without a reason" for name, why in differs.items() if len(str(why)) < SHORTEST_REASON
    ]


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
