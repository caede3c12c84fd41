"""`smm.toml` and brand books: what they mean, and what is said of every mistake in them."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.config import Config, decode_settings, load_config, settings_where
from smm_core.config.schema import BRAND_FILE, CONFIG_FILE, describe
from smm_core.contracts import NoSettings
from smm_core.errors import ConfigError, ConfigErrors
from smm_core.model import Brand, Late, Slot

SMALL = '[workspace]\nname = "Studio"\n[clients.acme]\n'

FULL = """\
[workspace]
name = "Studio"
zone = "Europe/Amsterdam"
language = "nl"

[clients.acme]
title = "Acme Coffee"
country = "NL"
brand = "brands/acme/brand.toml"

[clients.beta]
zone = "America/New_York"
language = "en-US"

[persons.ann]
address = "ann@example.com"
roles = { acme = ["writer", "manager"], beta = ["approver"] }

[profiles.acme-social]
client = "acme"
platform = "elsewhere"
title = "Acme on Elsewhere"
handle = "@acme"
test_profile = "acme-test"
slots = ["mon-tue 09:00", "mon 09:00", "sun 10:30,18:00"]
settings = { url = "https://example.com", secret = "env:ACME" }

[profiles.acme-test]
client = "acme"
platform = "sandbox"
imitates = "elsewhere"

[profiles.beta-social]
client = "beta"
platform = "elsewhere"
zone = "America/Chicago"
language = "es"
slots = ["daily 08:15"]

[sources.news]
type = "feed"
client = "acme"
settings = { address = "news.xml" }

[rules.quotes]
source = "news"
template = "cards"
layout = "quote"
profiles = ["acme-social", "acme-test"]
per_day = 2
labels = ["news"]
campaign = "spring"

[workflow]
approver = "rule"
deadline = "30m"

[publish]
window = "1h"
late = "ask"
distance = "5m"
per_day = 3
prepare_ahead = "0s"
repeat_window = "2w"

[events]
terminal = false
webhook = "http://localhost:9000/events"
webhook_secret = "keyring:smm/events"

[plugins]
enabled = ["smm-feeds"]
deadline = "90s"

[daemon]
collect_every = "2m"
measure_every = "1d"
"""

BOOK = """\
name = "Acme"
tone = "Warm."
avoid = ["cheap"]
logo = "logo.png"
require_call_to_action = false
require_hashtag_set = true
[colours]
accent = "#AABBCC"
[typefaces]
heading = "../fonts/heading.ttf"
[hashtag_sets]
launch = ["#new", "spring"]
[links]
hosts = ["WWW.example.com"]
parameters = { utm_source = "{platform}", utm_medium = "social" }
"""


def workspace(root: Path, text: str = FULL, **files: str) -> Path:
    """A workspace with the files that `FULL` and `BOOK` name, and others."""
    whole = {
        "brands/acme/brand.toml": BOOK,
        "brands/acme/logo.png": "",
        "brands/fonts/heading.ttf": "",
        CONFIG_FILE: text,
    }
    for name, body in (whole | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, "utf-8")
    return root


def mistakes_of(root: Path) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        load_config(root)
    assert str(caught.value).split("\n") == [str(mistake) for mistake in caught.value.mistakes]
    return [str(mistake) for mistake in caught.value.mistakes]


# ---------------------------------------------------------------- what a right file means


def test_a_full_file_is_read_as_it_says(tmp_path: Path) -> None:
    config = load_config(workspace(tmp_path))

    assert (config.root, config.name, config.zone, config.language) == (tmp_path, "Studio", "Europe/Amsterdam", "nl")
    assert list(config.clients) == ["acme", "beta"]
    assert config.clients["acme"].title == "Acme Coffee"
    assert config.clients["acme"].zone == "Europe/Amsterdam"
    assert config.clients["acme"].country == "NL"
    assert config.persons["ann"].roles == {"acme": ("writer", "manager"), "beta": ("approver",)}
    assert config.persons["ann"].language == "nl"
    assert config.sources["news"].every == timedelta(minutes=15)
    assert config.sources["news"].settings == {"address": "news.xml"}
    assert config.rules["quotes"].profiles == ("acme-social", "acme-test")
    assert config.rules["quotes"].campaign == "spring"
    assert (config.workflow.approver, config.workflow.deadline) == ("rule", timedelta(minutes=30))
    assert config.publish.late is Late.ASK
    assert config.publish.prepare_ahead == timedelta(0)
    assert config.publish.repeat_window == timedelta(weeks=2)
    assert config.events.webhook_secret == "keyring:smm/events"
    assert config.events.terminal is False
    assert config.plugins.enabled == ("smm-feeds",)
    assert config.daemon.measure_every == timedelta(days=1)


def test_profiles_inherit_from_their_client_and_keep_raw_settings(tmp_path: Path) -> None:
    profiles = load_config(workspace(tmp_path)).profiles
    first, second = profiles["acme-social"], profiles["beta-social"]

    assert (first.client, first.platform, first.handle, first.test_profile) == (
        "acme",
        "elsewhere",
        "@acme",
        "acme-test",
    )
    assert (first.zone, first.language) == ("Europe/Amsterdam", "nl")
    assert (second.zone, second.language) == ("America/Chicago", "es")
    assert first.slots == tuple(
        Slot(weekday=weekday, hour=hour, minute=minute, zone="Europe/Amsterdam")
        for weekday, hour, minute in ((0, 9, 0), (1, 9, 0), (6, 10, 30), (6, 18, 0))
    )
    assert {slot.zone for slot in second.slots} == {"America/Chicago"}
    assert first.settings == {"url": "https://example.com", "secret": "env:ACME"}
    assert (profiles["acme-test"].imitates, profiles["acme-test"].title) == ("elsewhere", "acme-test")


def test_a_brand_book_is_read_with_its_folder(tmp_path: Path) -> None:
    brand = load_config(workspace(tmp_path)).clients["acme"].brand

    assert brand == Brand(
        name="Acme",
        root=str(tmp_path / "brands/acme"),
        tone="Warm.",
        avoid=("cheap",),
        logo="logo.png",
        require_call_to_action=False,
        require_alt_text=True,
        require_hashtag_set=True,
        colours={"accent": "#aabbcc"},
        typefaces={"heading": "../fonts/heading.ttf"},
        hashtag_sets={"launch": ("new", "spring")},
        link_parameters={"utm_source": "{platform}", "utm_medium": "social"},
        link_hosts=("www.example.com",),
    )


def test_the_smallest_file_has_the_documented_defaults(tmp_path: Path) -> None:
    config = load_config(
        workspace(tmp_path, SMALL + '[profiles.one]\nplatform = "sandbox"\n[sources.folder]\ntype = "folder"\n')
    )

    assert (config.zone, config.language) == ("UTC", "en")
    assert config.clients["acme"].title == "acme"
    assert config.clients["acme"].brand == Brand(name="acme", root=str(tmp_path))
    assert (config.profiles["one"].client, config.sources["folder"].client) == ("acme", "acme")
    assert (config.profiles["one"].zone, config.profiles["one"].slots, config.profiles["one"].settings) == (
        "UTC",
        (),
        {},
    )
    assert config.workflow.approver == "hand"
    assert config.plugins.enabled is None
    assert config.events.webhook is None
    assert config.publish.window == timedelta(hours=2)
    with pytest.raises(AttributeError, match="immutable"):
        config.name = "x"  # type: ignore[misc]


def test_a_brand_book_beside_the_file_is_everybodys_and_takes_the_clients_title(tmp_path: Path) -> None:
    text = SMALL + 'title = "Acme"\n[clients.beta]\ntitle = "Beta"\n'
    clients = load_config(workspace(tmp_path, text, **{BRAND_FILE: 'tone = "Dry."'})).clients
    assert [(client.brand.name, client.brand.tone) for client in clients.values()] == [
        ("Acme", "Dry."),
        ("Beta", "Dry."),
    ]


def test_a_file_may_have_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    workspace(tmp_path)
    (tmp_path / CONFIG_FILE).write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert load_config(tmp_path).name == "Studio"


def test_a_relative_root_is_kept_as_a_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load_config(Path()).root == tmp_path


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["smm.toml [workspace] name: is missing, a text is expected", 'smm.toml [clients]: there is no client (write [clients.NAME] and title = "…")']),
        ('[workspace]\nname = " "\n[clients.a]', ["smm.toml:2 [workspace] name: is empty"]),
        ("[workspaces]\n" + SMALL, ["smm.toml:1 [workspaces]: unknown table (did you mean workspace?)"]),
        (SMALL + "titel = 'x'", ["smm.toml:4 [clients.acme] titel: unknown key (did you mean title?)"]),
        (SMALL + "zone = 'Europe/Amsterdm'", ["smm.toml:4 [clients.acme] zone: unknown time zone 'Europe/Amsterdm' (did you mean Europe/Amsterdam?)"]),
        (SMALL + "zone = 'new york'", ["smm.toml:4 [clients.acme] zone: unknown time zone 'new york' (did you mean America/New_York?)"]),
        (SMALL + "language = 'en_GB'", ['smm.toml:4 [clients.acme] language: "en_GB" is not a language tag (did you mean en-GB?)']),
        (SMALL + "country = 'Holland'", ['smm.toml:4 [clients.acme] country: "Holland" is not a country code (two capital letters, for instance NL)']),
        (SMALL + "[clients.'My Client']", ['smm.toml:4 [clients."My Client"]: a name has small letters a to z, digits, - and _ only, a letter or digit first (for instance my-client)']),
        (SMALL + "[profiles.x]\nplatform = 'p'\nclient = 'acne'", ['smm.toml:6 [profiles.x] client: there is no client "acne" (did you mean acme?)']),
        (SMALL + "[profiles.x]\nplatform = 'p'\ntest_profile = 'x'", ["smm.toml:6 [profiles.x] test_profile: is the profile itself (name another one)"]),
        (SMALL + "[profiles.x]\nplatform = 'p'\ntest_profile = 'y'", ['smm.toml:6 [profiles.x] test_profile: there is no profile "y" (write a table [profiles.y], or name one of: x)']),
        (SMALL + "[profiles.x]\nplatform = 'p'\nslots = ['mon 09:00', 'mon']", ['smm.toml:6 [profiles.x] slots, entry 2: "mon" is not a slot: days and a time are needed; write for instance mon-fri 09:00, sat,sun 10:30 or daily 08:15']),
        (SMALL + "[profiles.x]\nplatform = 'p'\nslots = 'mon 09:00'", ['smm.toml:6 [profiles.x] slots: is the text "mon 09:00", a list is expected']),
        (SMALL + "[clients.beta]\n[profiles.x]\nplatform = 'p'", ["smm.toml:5 [profiles.x] client: is missing, there is more than one client (name one of: acme, beta)"]),
        (SMALL + "[persons.ann]\naddress = 'a'\nroles = { acme = ['boss'], beta = [] }", ['smm.toml:6 [persons.ann] roles.acme, entry 1: is the text "boss", one of writer, approver, manager, client is expected', 'smm.toml:6 [persons.ann] roles.beta: there is no client "beta" (write a table [clients.beta], or name one of: acme)']),
        (SMALL + "[sources.s]\nevery = '0s'", ["smm.toml:4 [sources.s] type: is missing, a text is expected", "smm.toml:5 [sources.s] every: is no time at all; a longer duration is expected"]),
        (SMALL + "[rules.r]\nsource = 's'\ntemplate = 't'\nlayout = 'l'\nprofiles = []\nper_day = 0", ['smm.toml:5 [rules.r] source: there is no source "s" (write a table [sources.s], or name one of: none yet)', "smm.toml:8 [rules.r] profiles: is empty, at least one is expected", "smm.toml:9 [rules.r] per_day: is 0, at least 1 is expected"]),
        (SMALL + "[publish]\nlate = 'next slot'\nwindow = 2", ['smm.toml:5 [publish] late: is the text "next slot", one of next-slot, ask, drop is expected (did you mean next-slot?)', 'smm.toml:6 [publish] window: is the number 2, a duration such as "30m" or "2h" is expected']),
        (SMALL + "[events]\nwebhook = 'localhost'\nwebhook_secret = 'canary'", ['smm.toml:5 [events] webhook: "localhost" is not a web address; it begins with https:// or http://', "smm.toml:6 [events] webhook_secret: holds a text that is not a reference to a secret (write env:NAME, file:PATH or keyring:SERVICE/USER, never the secret itself)"]),
        (SMALL + "[[profiles]]\nplatform = 'p'", ["smm.toml:4 [profiles]: is a list, a table is expected"]),
        (SMALL + "brand = 'x.toml'", ['smm.toml:4 [clients.acme] brand: "x.toml" is not there (it is looked for in ROOT)']),
        (SMALL + "brand = 'brands'", ['smm.toml:4 [clients.acme] brand: "brands" is a folder, a file is expected']),
        (SMALL + "brand = '../brand.toml'", ['smm.toml:4 [clients.acme] brand: "../brand.toml" leads out of the workspace (copy the file into the workspace)']),
        (SMALL + "brand = '/etc/passwd'", ['smm.toml:4 [clients.acme] brand: "/etc/passwd" is absolute (copy the file into the workspace and write its path from this file\'s folder)']),
        (SMALL + 'brand = "a\\u0000b"', ["smm.toml:4 [clients.acme] brand: is not a path"]),
    ],
)  # fmt: skip
def test_a_mistake_names_line_table_and_key_and_what_would_be_right(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    found = mistakes_of(workspace(tmp_path, text))
    assert [mistake.replace(str(tmp_path), "ROOT") for mistake in found] == expected


@pytest.mark.parametrize(
    ("book", "expected"),
    [
        ("nmae = 'x'", "book.toml:1 nmae: unknown key (did you mean name?)"),
        ("logo = 'x.png'", 'book.toml:1 logo: "x.png" is not there (it is looked for in ROOT)'),
        ("[typefaces]\nbody = '../x.ttf'", 'book.toml:2 [typefaces] body: "../x.ttf" leads out of the workspace (copy the file into the workspace)'),
        ("[colours]\ntext = '#abc'", 'book.toml:2 [colours] text: "#abc" is not a colour (write #rrggbb, for instance #aabbcc)'),
        ("[colours]\ntext = 'red'", 'book.toml:2 [colours] text: "red" is not a colour (write #rrggbb, for instance #1a2b3c)'),
        ("[hashtag_sets]\nx = ['two words']", 'book.toml:2 [hashtag_sets] x, entry 1: "two words" is not one hashtag: no spaces, no # inside of it'),
        ("[links]\nhosts = ['https://x.org/']", 'book.toml:2 [links] hosts, entry 1: "https://x.org/" is not a host name (without https:// and path, for instance www.example.com)'),
        ("[links]\nparameters = { a = '{plattform}' }", "book.toml:2 [links] parameters.a: there is no placeholder {plattform} (did you mean platform?)"),
        ("require_alt_text = 'no'", 'book.toml:1 require_alt_text: is the text "no", true or false is expected'),
        ("name = ", "book.toml:1: not valid TOML at the end of the file: Invalid value (texts stand in quotes: key = \"text\"; true and false are written small)"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_brand_book_names_that_file(tmp_path: Path, book: str, expected: str) -> None:
    found = mistakes_of(workspace(tmp_path, SMALL + "brand = 'book.toml'", **{"book.toml": book}))
    assert [mistake.replace(str(tmp_path), "ROOT") for mistake in found] == [expected]


def test_all_mistakes_of_all_files_come_at_once_in_their_order(tmp_path: Path) -> None:
    text = (
        FULL.replace('"Studio"', "1").replace('platform = "sandbox"', 'platfrom = "sandbox"').replace('"30m"', '"soon"')
    )
    workspace(tmp_path, text.replace('source = "news"', 'source = "newz"'))
    (tmp_path / "brands/acme/logo.png").unlink()
    (tmp_path / "brands/fonts/heading.ttf").unlink()

    found = mistakes_of(tmp_path)
    assert [mistake.split(": ")[0] for mistake in found] == [
        "smm.toml:2 [workspace] name",
        "smm.toml:28 [profiles.acme-test] platform",
        "smm.toml:30 [profiles.acme-test] platfrom",
        "smm.toml:46 [rules.quotes] source",
        "smm.toml:56 [workflow] deadline",
        "brands/acme/brand.toml:4 logo",
        "brands/acme/brand.toml:10 [typefaces] heading",
    ]


def test_a_brand_book_that_two_clients_share_is_complained_about_once(tmp_path: Path) -> None:
    text = SMALL + "brand = 'b.toml'\n[clients.beta]\nbrand = 'b.toml'\n"
    assert len(mistakes_of(workspace(tmp_path, text, **{"b.toml": "x = 1"}))) == 1


def test_a_rule_stays_with_one_client(tmp_path: Path) -> None:
    text = FULL.replace('profiles = ["acme-social", "acme-test"]', 'profiles = ["acme-social", "beta-social"]')
    assert mistakes_of(workspace(tmp_path, text)) == [
        'smm.toml:49 [rules.quotes] profiles, entry 2: profile "beta-social" is of client "beta", source "news" of "acme" '
        "(a rule stays with one client)"
    ]


def test_a_link_out_of_the_workspace_is_no_way_out(tmp_path: Path) -> None:
    root = workspace(tmp_path / "work", SMALL + "brand = 'book.toml'\n")
    (tmp_path / "outside.toml").write_text("name = 'x'")
    (root / "book.toml").symlink_to(tmp_path / "outside.toml")
    assert "leads out of the workspace" in mistakes_of(root)[0]
    (root / "book.toml").unlink()
    (root / "book.toml").symlink_to(root / "book.toml")
    assert "leads out of the workspace" in mistakes_of(root)[0] or "is not there" in mistakes_of(root)[0]


def test_a_workspace_that_is_none_is_told_how_to_make_one(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path) == [
        f"smm.toml: there is no such file in {tmp_path} (smm init {tmp_path} makes a workspace there)"
    ]


def test_a_syntax_mistake_is_one_line_with_its_place(tmp_path: Path) -> None:
    assert mistakes_of(workspace(tmp_path, SMALL + "title = Acme\n")) == [
        'smm.toml:4: not valid TOML, column 9: Invalid value (texts stand in quotes: key = "text"; '
        "true and false are written small)"
    ]


def test_a_written_out_secret_in_settings_is_refused_and_not_told(tmp_path: Path) -> None:
    text = FULL.replace("env:ACME", "canary-0123456789")
    found = mistakes_of(workspace(tmp_path, text))
    assert len(found) == 1
    assert found[0].startswith("smm.toml:26 [profiles.acme-social] settings.secret: ")
    assert "canary" not in found[0]


def test_mistakes_are_config_errors_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(workspace(tmp_path, SMALL + "titel = 1"))
    assert caught.value.where == "smm.toml:4 [clients.acme] titel"
    assert "\n" not in str(caught.value)


def test_settings_of_a_profile_are_told_with_their_line(tmp_path: Path) -> None:
    config = load_config(workspace(tmp_path))
    with pytest.raises(ConfigErrors) as caught:
        decode_settings(
            NoSettings,
            config.profiles["acme-social"].settings,
            where=settings_where(config, "profiles", "acme-social"),
        )
    assert [mistake.where for mistake in caught.value.mistakes] == [
        "smm.toml:26 [profiles.acme-social] settings.url",
        "smm.toml:26 [profiles.acme-social] settings.secret",
    ]


@given(st.integers(0, len(FULL)), st.integers(0, 12), st.text("[]{}=.,\"'#\n aé1-\0", max_size=6))
def test_any_edit_of_a_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, new: str
) -> None:
    root = tmp_path_factory.getbasetemp() / "edited"
    workspace(root, FULL[:at] + new + FULL[at + cut :])
    try:
        assert isinstance(load_config(root), Config)
    except ConfigErrors as errors:
        # Either of the two is right; a mistake has one line, which a terminal can show.
        assert errors.mistakes  # noqa: PT017
        assert all(str(mistake).isprintable() for mistake in errors.mistakes)  # noqa: PT017


# ---------------------------------------------------------------- the reference, and speed


def test_every_key_has_its_line_in_the_reference() -> None:
    rows = describe()
    by_key = {(row.file, row.table, row.key): row for row in rows}

    assert len(by_key) == len(rows)
    assert all(row.help.endswith((".", ". ")) for row in rows)
    assert by_key["smm.toml", "workspace", "name"].required
    assert by_key["smm.toml", "profiles.KEY", "zone"].default == "the client's"
    assert by_key["smm.toml", "profiles.KEY", "slots"].type == "a list, each a slot"
    assert by_key["smm.toml", "publish", "repeat_window"].default == "30d"
    assert by_key["smm.toml", "publish", "late"].default == "next-slot"
    assert by_key["smm.toml", "publish", "late"].type == "one of next-slot, ask, drop"
    assert by_key["smm.toml", "events", "terminal"].default == "true"
    assert by_key["smm.toml", "rules.KEY", "per_day"].default == "1"
    assert by_key["brand.toml", "", "colours"].type == "a table, each a colour #rrggbb"
    assert by_key["brand.toml", "links", "hosts"].type == "a list, each a host name"


def test_the_defaults_in_the_reference_are_those_of_an_empty_file(tmp_path: Path) -> None:
    tables = ("workflow", "publish", "events", "daemon")
    lines = SMALL
    for table in tables:
        lines += f"[{table}]\n"
        for row in describe():
            if row.table == table and row.file == CONFIG_FILE and row.default != "none":
                bare = row.default in ("true", "false") or row.default.isdigit()
                lines += f"{row.key} = {row.default}\n" if bare else f'{row.key} = "{row.default}"\n'
    written, empty = load_config(workspace(tmp_path, lines)), load_config(workspace(tmp_path, SMALL))
    assert written == empty
    assert lines.count(" = ") > 10


def test_importing_the_configuration_loads_nothing_heavy() -> None:
    code = "import smm_core.config, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"tomlkit", "tomllib", "httpx", "PIL", "yaml", "jinja2", "keyring", "sqlite3", "click", "pluggy", "asyncio"}
    assert not heavy & set(done.stdout.split())


# ---------------------------------------------------------------- who has to approve

WORKFLOWS = """
[workspace]
name = "Test"

[clients.acme]
country = "NL"
working_hours = ["mon-thu 08:30-17:00"]
holidays = [2026-12-24]

[persons.anna]
address = "anna@example.com"

[workflows.standard]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('approve_by = "soon"', 'smm.toml:14 [workflows.standard] approve_by: "soon" is no time before something'),
        ('remind = ["2 workdays"]', "remind, entry 1"),
        ('on_silence = "shout"', "one of hold, next-slot, fallback, drop, consent is expected"),
        ('on_silence = "fallback"', "[workflows.standard] fallback: is missing"),
        ('on_silence = "consent"\nremind = ["1h"]', "is consent, but no stage asks the client"),
        (
            'on_silence = "consent"\nremind = ["1h"]\n[[workflows.standard.stages]]\nname = "c"\naudience = "client"',
            "is consent, but client acme has not agreed to that",
        ),
        (
            'on_silence = "consent"\n[[workflows.standard.stages]]\nname = "c"\naudience = "client"',
            "is missing, and silence is no yes of who was not reminded",
        ),
        ('profiles = ["nowhere"]', 'there is no profile "nowhere"'),
        ('clients = ["nobody"]', 'there is no client "nobody"'),
        (
            '[[workflows.standard.stages]]\nname = "a"\npersons = ["ana"]',
            'there is no person "ana" (did you mean anna?)',
        ),
        ('[[workflows.standard.escalate]]\nbefore = "1h"\nto = ["x"]', 'there is no person "x"'),
        (
            '[[workflows.standard.stages]]\nname = "a"\n[[workflows.standard.stages]]\nname = "a"',
            'is "a", as another stage before it',
        ),
        ('[[workflows.standard.stages]]\nname = "a"\nneed = "most"', "one of any, all is expected"),
        ('stages = "two"', "is the text"),
    ],
)
def test_a_mistake_in_a_workflow_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "smm.toml").write_text(WORKFLOWS + text + "\n")
    with pytest.raises(ConfigErrors) as caught:
        load_config(tmp_path)
    assert said in str(caught.value)


def test_when_a_client_works(tmp_path: Path) -> None:
    (tmp_path / "smm.toml").write_text(WORKFLOWS)
    client = load_config(tmp_path).clients["acme"]
    assert [bool(client.calendar().holiday(date(2026, 12, day))) for day in (23, 24, 25)] == [False, True, True]
