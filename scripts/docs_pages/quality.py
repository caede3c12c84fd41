"""quality.md: the rules by which plugins are judged, in three tiers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from docs_pages.tables import markdown_table
from smm_core.plugins import Plugins
from smm_core.quality import RULES as QUALITY
from smm_core.quality import Rule, Tier


def quality_page(ours: Plugins) -> str:
    """The rules by which plugins are judged, in three tiers."""
    sections = [f"## {tier.capitalize()}\n\n{_TIERS[tier]}\n\n{_rules(tier)}" for tier in Tier]
    return "\n\n".join([_QUALITY_INTRO.format(count=len(QUALITY)), *sections, _QUALITY_END])


def _rules(tier: Tier) -> str:
    rows = ((f"`{rule.name}`", rule.asks, rule.reason, _looker(rule)) for rule in QUALITY if rule.tier is tier)
    return markdown_table(("rule", "what it asks", "because", "who looks"), rows)


def _looker(rule: Rule) -> str:
    return "the tool" if rule.check else "a person"


_TIERS: Mapping[Tier, str] = MappingProxyType(
    {
        Tier.BRONZE: "It works and does no harm. Nobody may differ from these rules.",
        Tier.SILVER: "One can rely on it. Whoever differs gives a reason.",
        Tier.GOLD: "One can recommend it to people one does not know. Whoever differs gives a reason.",
    }
)


_QUALITY_INTRO = """\
# The quality of a plugin

Anybody can publish a plugin, and its users hand it their accounts. {count} rules in three tiers say what they may expect.
`smm plugins quality` judges all plugins that are installed, `smm plugins quality NAME` one, rule by rule; both take
`--json`, and neither asks a platform anything. Run it in your plugin's folder while you write it.

Where a tool can look, the tool decides: shown is the highest tier whose rules, and those of the tiers below, all
hold. A plugin that claims more than that makes the command end with exit code 1.

## What a plugin says of itself

In a file `quality.toml` in its package, beside `__init__.py`, so that it is installed with it:

```toml
tier = "silver"
why = "Nobody has published with it on a real account yet."      # why it is not gold

[differs]
typed = "The client of the platform that it is built on has no types, and guessing them would be worse."

[remarks]
errors-help = "2026-11-23: read all of them; each names the setting or the page where the login is renewed."
```

`[differs]` names rules of silver and gold that the plugin does not follow, with the reason why that is right for it. The
reason is shown to everybody, and the rule then stands in nobody's way. `[remarks]` answers the rules that no tool can check: who
looked at what, and when. Without a remark such a rule does not hold."""


_QUALITY_END = """\
## How the tool looks

- *Importing* happens in a process of its own, in an empty folder, with every file, socket, thread and process watched.
- *Source text* is parsed, not run: imports, prints, exits, module-level state, annotations and docstrings.
- *Objects* are asked for their settings, limits, guarantees and abilities; `limits` is called once, with a profile
  without settings, because a test profile that imitates the platform has none either.
- *The kit* is not run by this command. `python -m pytest --record-quality`, in the plugin's folder, runs all of it and
  writes what it found to `quality.json` beside `quality.toml`, so that it is installed with the package and users see it as
  well. Other runs write nothing. The record names the version, the suites, and the digest of the package's files: after a
  change of any of them it backs no claim until the kit was run again. Where the plugin differs from a test of the kit, its
  reason is shown.
- *README and changelog* are looked for beside the `pyproject.toml`, then in what was installed. The headings are: what it
  does, set up, what it cannot do; settings where there are any; permissions for publishers and metrics; limits for publishers.

## When a plugin misbehaves

A call that hangs, raises, tries to end the process, answers with the wrong type, prints, or leaves threads running is written to the
log, and for seven days `smm doctor` and `smm plugins show NAME` say how often, when last, and in which call. Other profiles and
sources go on. When it is mended, `smm plugins forget NAME` clears its record, and gives one that was left out another chance.

## What goes away

A hook, an ability, a setting or a field of a request that will be removed is marked with the version that says so and with
what to use instead. A plugin that uses one gets a line in the log, once, and in `smm plugins show`; the rule `up-to-date`
does not hold until it is mended. Nothing is removed before the next minor version."""
