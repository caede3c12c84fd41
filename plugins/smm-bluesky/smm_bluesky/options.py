"""What a post may ask of Bluesky alone: the table `[options.bluesky]` of its front matter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from smm_bluesky.limits import MOST_LANGUAGES
from smm_bluesky.records import address_in
from smm_core import PluginError, PostContent, Profile, did_you_mean

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


class Options(Struct, frozen=True, kw_only=True):
    """`quote`: the link of a post that the first part quotes. `video`: a file in the workspace, with `video_alt` for those
    who do not see it. `card_title` and `card_text`: what the link's card says, instead of what its page says of itself.
    `langs`: the languages of the text, at most three.
    """

    quote: str = ""
    video: str = ""
    video_alt: str = ""
    card_title: str = ""
    card_text: str = ""
    langs: tuple[str, ...] = ()


def options_of(written: Mapping[str, Any]) -> Options:
    """The options as they were written. What cannot be meant is a `PluginError` that says what would be right."""
    known = list(Options.__struct_fields__)
    for name in written:
        if name not in known:
            raise _wrong(str(name), "is not known", did_you_mean(str(name), known, f"there are {_list(known)}"))
    texts = {name: _text(name, written[name]) for name in known if name != "langs" and name in written}
    options = Options(**texts, langs=_languages(written.get("langs", ())))
    if options.quote and address_in(options.quote) is None:
        raise _wrong("quote", "is not the link of a post", "write it like https://bsky.app/profile/ann.example/post/…")
    if options.video_alt and not options.video:
        raise _wrong("video_alt", "describes no video", "name its file in `video`")
    return options


def written_options(options: Options) -> dict[str, Any]:
    """The options as they travel with a variant: only what was set."""
    values = {name: getattr(options, name) for name in Options.__struct_fields__}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value}


def languages_of(post: PostContent, profile: Profile, options: Options) -> tuple[str, ...]:
    """The languages of a post: as its options say, else its own, else that of the profile."""
    own = (post.language or profile.language).strip()
    return options.langs or ((own,) if _LANGUAGE.fullmatch(own) else ())


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "is not a text", f'write it like {name} = "…"')
    return value.strip()


def _languages(value: object) -> tuple[str, ...]:
    languages = tuple(value) if isinstance(value, list | tuple) else (value,)
    if len(languages) > MOST_LANGUAGES or not all(
        isinstance(one, str) and _LANGUAGE.fullmatch(one) for one in languages
    ):
        raise _wrong("langs", "are not languages", 'at most three of them, like langs = ["nl", "en"]')
    return languages


def _wrong(name: str, what: str, hint: str) -> PluginError:
    return PluginError(f"[options.bluesky] {name} {what}", plugin="bluesky", method="render", hint=hint)


def _list(names: list[str]) -> str:
    return ", ".join(names)
