"""Content files that cannot be read, and texts full of signs that do harm elsewhere."""

from __future__ import annotations

import json

from tests.bad_days.conftest import Program

BROKEN: dict[str, tuple[str | bytes, str, str]] = {
    "toml": ("+++\ntitle = Fresh bread\n+++\n\nText\n", "posts/toml.md:2", "not valid TOML"),
    "yaml": ("---\ntitle: [bread\nat: now\n---\n\nText\n", "posts/yaml.md:", "this is not YAML"),
    "alias": ("---\na: &a [x]\nlabels: [*a, *a]\n---\n\nText\n", "posts/alias.md:", "refers to another place with *"),
    "object": (
        "---\ntitle: !!python/object/apply:os.system [id]\n---\n\nText\n",
        "posts/object.md:2",
        "this is not YAML",
    ),
    "json": ('{"title": "Fresh bread"}\n\nText\n', "posts/json.md:1", "there is no front matter"),
    "endless": ('+++\nat = "now"\n\nText\n', "posts/endless.md:1", "the front matter has no end"),
    "key": ('+++\nlables = ["x"]\n+++\n\nText\n', "posts/key.md:2", 'did you mean "labels"?'),
    "kind": (
        "+++\nlabels = 5\n+++\n\nText\n",
        "posts/kind.md:2",
        "labels is the number 5, a list of texts is expected",
    ),
    "profile": ('+++\nprofiles = ["shpo"]\n+++\n\nText\n', "posts/profile", "did you mean shop?"),
    "latin": ("+++\n+++\n\nCaf\xe9\n".encode("latin-1"), "posts/latin.md:4", "is not UTF-8"),
    "surrogate": (b"+++\n+++\n\nbread \xed\xa0\xbd\n", "posts/surrogate.md:4", "is not UTF-8"),
    "binary": (b"\x00\x01\x02" * 100, "posts/binary.md:1", "there is no front matter"),
    "huge": (b"+++\n+++\n" + b"x" * 1_100_000, "posts/huge.md", "is larger than 1 MB"),
    "deep": (f"+++\na = {'[' * 60_000}\n+++\n\nText\n", "posts/deep.md:", ""),
}


def test_each_is_one_line_and_the_good_post_goes_out(program: Program) -> None:
    for name, (text, _, _) in BROKEN.items():
        program.write(f"content/posts/{name}.md", text)
    program.write("content/posts/loop.md", "").unlink()
    (program.root / "content/posts/loop.md").symlink_to("loop.md")
    (program.root / "content/posts/out.md").symlink_to("/etc/hostname")
    program.post("fine")

    done = program.smm("run", "--once", code=1)

    assert program.sent() == ["This is fine."]
    told = {**BROKEN, "loop": ("", "posts/loop.md", ""), "out": ("", "posts/out.md", "is a link out of content/")}
    for name, (_, where, words) in told.items():
        line = done.line(where, words)
        assert len(line) < 400, name
        assert program.logged(where, words), name
    assert len(program.json("attention")) == len(told)


def test_one_that_is_mended_is_forgotten(program: Program) -> None:
    program.write("content/posts/torn.md", "+++\ntitle = Fresh bread\n+++\n\nText\n")
    program.smm("run", "--once", code=1)
    assert program.attention("posts/torn.md:2")
    program.post("torn", "Mended.")
    program.smm("run", "--once")
    assert program.json("attention") == []
    assert program.sent() == ["Mended."]


def test_signs_that_carry_meaning_arrive_and_others_do_no_harm(program: Program) -> None:
    family, flag, arabic = "👨\u200d👩\u200d👧", "🏴\U000e0067\U000e0062\U000e007f", "\u200fخبز\u200e 25%\u061c"
    override = "\u202egnp.daerb\u202c"
    text = f"{family} {flag} {arabic} {override} क्\u200dष \u2067x\u2069 e\u0301"
    program.post("signs", text)
    program.write("content/posts/controls.md", '+++\nat = "now"\n+++\n\nbell\x07 null\x00 escape\x1b[31m \ufeffend\r\n')
    program.smm("run", "--once")
    assert sorted(program.sent()) == sorted(["bell null escape[31m \ufeffend", text])
    listed = program.smm("posts", "show", "controls").out
    assert not set(listed) & {"\x07", "\x00", "\x1b"}


def test_lone_surrogates_from_a_json_feed_become_a_replacement_sign(program: Program) -> None:
    items = [{"id": "one", "title": "bread \ud83d and \udc00 milk", "content_text": "\udfff"}]
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": items})
    program.write("feed.json", feed)
    program.configure(
        '[sources.news]\ntype = "feed"\n[sources.news.settings]\nfiles = ["feed.json"]\n', enabled=("recorder", "feeds")
    )
    program.smm("run", "--once")
    (idea,) = program.json("ideas", "list")
    assert idea["title"] == "bread \ufffd and \ufffd milk"
