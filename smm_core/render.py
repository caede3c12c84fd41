"""From what a person wrote to what one profile gets. Both functions are pure.

`resolve_content` is what core does before a plugin's `render`: it picks the variation, fills in the hashtags and adds
campaign parameters. `render_plain` is a `render` that suits most platforms.
"""

from __future__ import annotations

from collections.abc import Sequence

from smm_core.limits import Limits, LinkStyle
from smm_core.links import LinkValues, tag_link, tag_links_in
from smm_core.model import Brand, Picture, PostContent, Profile, RenderedPart, Rendering
from smm_core.spans import find_hashtags, find_links
from smm_core.text import folded, has_phrase, split_text
from smm_core.values import replace

# ---------------------------------------------------------------- before a plugin's render


def resolve_content(
    content: PostContent, profile: Profile, brand: Brand, *, platform: str, post: str = ""
) -> PostContent:
    """The content as one profile's `render` gets it. Doing it twice changes nothing more.

    `platform` is the platform whose rules hold (on a test profile the imitated one); a variation for the profile goes
    before one for the platform. `post` is the post's slug, for the `{post}` placeholder of campaign parameters. A hashtag
    set that the brand book does not have is passed over: a check tells.
    """
    values = LinkValues(
        platform=platform, profile=profile.name, client=profile.client, campaign=content.campaign or "", post=post
    )
    own_words = content.variations.get(profile.name) or content.variations.get(platform) or content.parts
    from_set = brand.hashtag_sets.get(content.hashtag_set or "", ())
    return replace(
        content,
        parts=tuple(tag_links_in(part, brand, values) for part in own_words),
        link=tag_link(content.link, brand, values) if content.link else None,
        call_to_action=tag_links_in(content.call_to_action, brand, values),
        first_comment=tag_links_in(content.first_comment, brand, values),
        hashtags=_new_hashtags((*from_set, *content.hashtags), already=()),
    )


# ---------------------------------------------------------------- what most platforms want


def render_plain(post: PostContent, profile: Profile, limits: Limits) -> Rendering:
    """The post as plain text: call to action and link close the last part, hashtags follow after an empty line.

    What the text already says is not said again. The link is written out, becomes the last part's card or is left out,
    as `limits.link_style` says. A text that is too long becomes a thread as far as `limits.parts` allows, its pictures on the
    first of the new parts; else it stays too long and the checks stop it. The first comment is never dropped: where the
    platform has none, the checks say so. Options for the imitated platform hold on a test profile too.
    """
    texts = [part.strip() for part in post.parts] or [""]
    texts[-1] = _with_closing(post, texts, limits)
    pictures = _pictures_by_part(post.pictures, len(texts))
    parts: list[RenderedPart] = []
    for number, text in enumerate(texts, 1):
        room = limits.parts - len(parts) - (len(texts) - number)
        first, *others = split_text(text, limits.text, max(1, room))
        parts += (RenderedPart(text=first, pictures=pictures[number]), *(RenderedPart(text=other) for other in others))
    if limits.link_style is LinkStyle.CARD:
        parts[-1] = replace(parts[-1], link=post.link or None)
    imitated = post.options.get(profile.imitates or "", {})
    return Rendering(
        parts=tuple(parts),
        first_comment=post.first_comment.strip(),
        options={**imitated, **post.options.get(profile.platform, {})},
    )


def _with_closing(post: PostContent, texts: Sequence[str], limits: Limits) -> str:
    """The last text with the call to action, link and hashtags that none of the texts has yet."""
    said, last = "\n".join(texts), texts[-1]
    action = post.call_to_action.strip()
    if has_phrase(said, action):
        action = ""
    link = post.link if limits.link_style is LinkStyle.INLINE else None
    if link and _has_link(f"{said}\n{action}", link):
        link = None
    hashtags = _new_hashtags(post.hashtags, already=find_hashtags(f"{said}\n{action}"))
    if link and not action and _ends_with(last, post.call_to_action):
        last, link = f"{last} {link}", None
    closing = " ".join(filter(None, (action, link)))
    return "\n\n".join(filter(None, (last, closing, " ".join(hashtags))))


def _has_link(text: str, link: str) -> bool:
    return link.rstrip("/") in {found.rstrip("/") for found in find_links(text)}


def _ends_with(text: str, phrase: str) -> bool:
    return bool(phrase.strip()) and folded(text).endswith(folded(phrase))


def _new_hashtags(words: Sequence[str], *, already: Sequence[str]) -> tuple[str, ...]:
    """The words as hashtags, each once, without those that are there already in whatever capitals."""
    seen = {_hashtag_name(tag) for tag in already} | {""}
    new: list[str] = []
    for word in words:
        if _hashtag_name(word) not in seen:
            seen.add(_hashtag_name(word))
            new.append("#" + "".join(word.split()).lstrip("#＃"))
    return tuple(new)


def _hashtag_name(word: str) -> str:
    return folded("".join(word.split()).lstrip("#＃"))


def _pictures_by_part(pictures: Sequence[Picture], parts: int) -> dict[int, tuple[Picture, ...]]:
    """Part number, from 1 → its pictures; a number beyond the thread means its nearest part."""
    return {
        number: tuple(picture for picture in pictures if min(max(picture.part, 1), parts) == number)
        for number in range(1, parts + 1)
    }
