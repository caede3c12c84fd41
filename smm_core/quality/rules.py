"""The rules, as data. docs/quality.md is made from them."""

from __future__ import annotations

from smm_core.quality import behaviour, objects, package, sources
from smm_core.quality.model import Rule, Tier

RULES: tuple[Rule, ...] = (
    # ------------------------------------------------------------ bronze: it works and does no harm
    Rule(
        name="loads",
        tier=Tier.BRONZE,
        asks="It can be imported, and what its hooks return is what they should.",
        reason="What does not load is left out, and everything that needs it stands still.",
        check=behaviour.loads,
    ),
    Rule(
        name="quiet-import",
        tier=Tier.BRONZE,
        asks="Importing and registering it touches no network, no files but its own, and starts no thread or process.",
        reason="It happens at every start, also of commands that need nothing of it, and on machines that are offline.",
        check=behaviour.quiet_import,
    ),
    Rule(
        name="light-import",
        tier=Tier.BRONZE,
        asks="Importing and registering it loads no heavy library and takes less than half a second.",
        reason="Every plugin is loaded at the start; what is heavy is imported inside the functions that use it.",
        check=behaviour.light_import,
    ),
    Rule(
        name="public-names",
        tier=Tier.BRONZE,
        asks="It imports from `smm_core` only what is public.",
        reason="Everything else may change without notice, and then the plugin breaks on its users' machines.",
        check=sources.public_names,
    ),
    Rule(
        name="network-by-core",
        tier=Tier.BRONZE,
        asks="It reaches the web through `ctx.http` and brings no HTTP client or socket of its own.",
        reason="Only core's client knows time-outs, size caps, private addresses, and that one send is one request.",
        check=sources.network_by_core,
    ),
    Rule(
        name="good-guest",
        tier=Tier.BRONZE,
        asks="It does not print, end the process, or change its folder, environment or signals.",
        reason="It is a guest in a process that works for others; what it has to say goes to `ctx.log`.",
        check=sources.good_guest,
    ),
    Rule(
        name="secrets",
        tier=Tier.BRONZE,
        asks="Settings that hold a secret are typed `Secret`.",
        reason="Then only a reference stands in `smm.toml`, and the value is never printed, logged or kept.",
        check=objects.secrets,
    ),
    Rule(
        name="kit-passes",
        tier=Tier.BRONZE,
        asks="Where the conformance kit was run, nothing of it failed.",
        reason="Each of its tests stands for something that users lose; `docs/testing.md` says what.",
        check=package.kit_passes,
    ),
    # ------------------------------------------------------------ silver: one can rely on it
    Rule(
        name="settings",
        tier=Tier.SILVER,
        asks="Settings are a frozen dataclass; each field is typed, and has a help line of its own.",
        reason="Mistakes in `smm.toml` are told with file and line, and `smm profiles add` and the docs can ask and explain.",
        check=objects.settings,
    ),
    Rule(
        name="limits",
        tier=Tier.SILVER,
        asks="Every limit has a source and a date, and a guess is marked as one.",
        reason="Platforms change; a number nobody can trace blocks posts for no reason, or lets through what is refused.",
        check=objects.limits,
    ),
    Rule(
        name="guarantees",
        tier=Tier.SILVER,
        asks="Its guarantees agree with each other and with its abilities.",
        reason="Core decides by them whether a lost answer may be sent again. A promise that is not kept posts twice.",
        check=objects.guarantees,
    ),
    Rule(
        name="abilities",
        tier=Tier.SILVER,
        asks="What it declares is there with the right signatures, and what is there is declared.",
        reason="Otherwise it fails when it is first used, which for deleting and finding is the worst moment.",
        check=objects.abilities,
    ),
    Rule(
        name="readme",
        tier=Tier.SILVER,
        asks="Its README has the headings that users look for.",
        reason="Nobody sets up an account on a platform without being told what is needed and what will not work.",
        check=package.readme,
    ),
    Rule(
        name="kit",
        tier=Tier.SILVER,
        asks="The conformance kit was run for this version and all it offers; what it differs in has a reason.",
        reason="The kit tries what breaks in real life: lost answers, refusals, expired logins, hostile texts.",
        check=package.kit,
    ),
    # ------------------------------------------------------------ gold: one can recommend it
    Rule(
        name="stateless",
        tier=Tier.GOLD,
        asks="No module keeps anything that changes.",
        reason="Several profiles and threads use it at the same time; what they share by accident goes to the wrong account.",
        check=sources.stateless,
    ),
    Rule(
        name="typed",
        tier=Tier.GOLD,
        asks="Its package has `py.typed`, and every function of it is annotated.",
        reason="Type checkers then find what a change of an interface breaks before users do.",
        check=package.typed,
    ),
    Rule(
        name="documented",
        tier=Tier.GOLD,
        asks="Every public module, class and function has a docstring.",
        reason="The next person to mend it, after the platform changed, is somebody else.",
        check=sources.documented,
    ),
    Rule(
        name="versioned",
        tier=Tier.GOLD,
        asks="Its version follows PEP 440, its changelog mentions it, and it names its licence.",
        reason="Whoever upgrades has to know what changed, and whoever installs whether they may.",
        check=package.versioned,
    ),
    Rule(
        name="up-to-date",
        tier=Tier.GOLD,
        asks="It uses nothing that is deprecated.",
        reason="What is deprecated goes away with a later version of smm, and the plugin with it.",
        check=behaviour.up_to_date,
    ),
    Rule(
        name="tried-for-real",
        tier=Tier.GOLD,
        asks="Somebody tried it with the real thing, and says when and what.",
        reason="An imitation knows only what its author knew.",
    ),
    Rule(
        name="errors-help",
        tier=Tier.GOLD,
        asks="Somebody read its error messages and found in each what to do next.",
        reason="They reach people who never saw the code, often when a post is already late.",
    ),
)
