"""Feeds and subscription lists that are dangerous, huge or no feeds at all: one line each, the good one beside them is read."""

from __future__ import annotations

import time

from smm_core.testing import Answer, Loopback, Received, Route
from tests.bad_days.conftest import Program

GOOD = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><guid>{name}</guid><title>Fresh bread from {name}</title><link>https://example.com/{name}</link></item>
</channel></rss>"""

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
FILES = {
    "laughs.xml": (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]><rss><channel><title>&l9;</title></channel></rss>',
        "declares entities that load files or contain each other",
    ),
    "quadratic.xml": (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "{"ha" * 50_000}">]>'
        f"<rss><channel><item><title>{'&a;' * 5_000}</title></item></channel></rss>",
        "declares entities that would make it grow beyond all bounds",
    ),
    "thief.xml": (
        '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<rss><channel><item><title>&f;</title></item></channel></rss>",
        "declares entities that load files or contain each other",
    ),
    "deep.xml": (f"<rss>{'<a>' * 100_000}", "nests elements more than"),
    "page.html": ("<!DOCTYPE html><html><body>Not found</body></html>", "is a web page, not a feed"),
    "list.txt": ("bread, milk, eggs", "is not an RSS, Atom or JSON feed"),
    "void.xml": ("", "is empty"),
    "gone.xml": (None, "is not there"),
}
FEEDS = ("recorder", "feeds")
MEGABYTE = 1_000_000


def test_each_is_one_line_and_the_good_one_is_read(program: Program) -> None:
    for name, (text, _) in FILES.items():
        if text is not None:
            program.write(f"feeds/{name}", text)
    program.write("feeds/huge.xml", b"<rss><channel>" + b"<item><title>x</title></item>" * (50 * MEGABYTE // 29))
    program.write("feeds/good.xml", GOOD.format(name="good"))
    files = [f"feeds/{name}" for name in (*FILES, "huge.xml", "good.xml")]
    program.configure(f'[sources.news]\ntype = "feed"\n[sources.news.settings]\nfiles = {files}\n', enabled=FEEDS)
    program.post("fine")

    started = time.monotonic()
    done = program.smm("run", "--once", code=1)

    assert time.monotonic() - started < 15
    for name, (_, words) in {**FILES, "huge.xml": ("", "is larger than 10 MB")}.items():
        done.line(f"feeds/{name}: {words}")
        assert program.logged(f"feeds/{name}", words), name
    assert [one["title"] for one in program.json("ideas", "list")] == ["Fresh bread from good"]
    assert program.sent() == ["This is fine."]
    assert len(program.json("attention")) == len(FILES) + 1


def test_a_subscription_list_with_entities_is_not_read_and_the_other_one_is(program: Program) -> None:
    with Loopback(Route("GET", "/good.xml", lambda _: Answer(body=GOOD.format(name="good").encode()))) as web:
        outline = f'<outline xmlUrl="{web.url}/good.xml"/>'
        program.write("good.opml", f"<opml><body>{outline}</body></opml>")
        program.write(
            "bomb.opml", f'<!DOCTYPE opml [<!ENTITY l0 "ha">{LAUGHS}]><opml><body>&l9;{outline}</body></opml>'
        )
        program.configure(
            '[sources.news]\ntype = "feed"\nallow_private = ["127.0.0.1"]\n'
            '[sources.news.settings]\nopml = ["bomb.opml", "good.opml"]\n',
            enabled=FEEDS,
        )
        line = program.smm("collect", code=1).line("bomb.opml")
    assert "declares entities; such a list is not read (export it again)" in line
    assert [one["title"] for one in program.json("ideas", "list")] == ["Fresh bread from good"]


def test_a_feed_of_50_mb_from_the_web_is_left_at_the_limit(program: Program) -> None:
    def huge(_: Received) -> Answer:
        return Answer(body=b"<rss><channel>" + b" " * (50 * MEGABYTE))

    with Loopback(
        Route("GET", "/huge.xml", huge),
        Route("GET", "/good.xml", lambda _: Answer(body=GOOD.format(name="good").encode())),
    ) as web:
        program.configure(
            '[sources.news]\ntype = "feed"\nallow_private = ["127.0.0.1"]\n'
            f'[sources.news.settings]\nurls = ["{web.url}/huge.xml", "{web.url}/good.xml"]\n',
            enabled=FEEDS,
        )
        line = program.smm("collect", code=1).line("/huge.xml")
    assert "larger than" in line
    assert [one["title"] for one in program.json("ideas", "list")] == ["Fresh bread from good"]


def test_a_feed_at_a_private_address_is_not_asked(program: Program) -> None:
    with Loopback(Route("GET", "/inside.xml", lambda _: Answer(body=b""))) as web:
        program.configure(
            f'[sources.news]\ntype = "feed"\n[sources.news.settings]\nurls = ["{web.url}/inside.xml"]\n', enabled=FEEDS
        )
        line = program.smm("collect", code=1).line("/inside.xml")
        assert web.requests == ()
    assert 'allow_private = ["127.0.0.1"] in [sources.NAME]' in line
