"""`limits` and `render`: nothing is lost, and what comes out obeys the limits, for whatever people write."""

from __future__ import annotations

from smm_core.limits import LinkStyle
from smm_core.model import Picture, PostContent, Rendering
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.purity import touches
from smm_core.testing.kit.suite import Suite, for_each
from smm_core.testing.kit.texts import loses, near, texts
from smm_core.text import excess

_FEW = 2_000


class RenderingText(Suite):
    """Tests of what becomes of a text before anybody approves it."""

    def test_rendering_is_pure(self, harness: Harness) -> None:
        """What was approved is not what is rendered a moment later, so the approval no longer holds."""
        content = PostContent(parts=("Vers brood! 🥖 " * 20,), hashtags=("bread",), link="https://example.org/")
        profile, limits = harness.profile, harness.limits
        first = harness.publisher.render(content, profile, limits)
        second, touched = touches(lambda: harness.publisher.render(content, profile, limits))
        harness.restart()
        assert isinstance(first, Rendering)
        assert first == second == harness.publisher.render(content, profile, limits), "render gave two answers"
        assert not touched, f"render must be pure, but touches {', '.join(touched)}"

    def test_rendered_parts_obey_the_limits(self, harness: Harness) -> None:
        """A text that smm let through is refused by the platform when it is due, with nobody there to shorten it."""
        profile, limits = harness.profile, harness.limits

        def check(text: str) -> None:
            parts = harness.publisher.render(PostContent(parts=(text,)), profile, limits).parts
            assert 1 <= len(parts) <= limits.parts, f"{len(parts)} parts, where {limits.parts} are allowed"
            assert len(parts) == 1 or excess(text, limits.text), "a text that fits must stay in one piece"
            for number, part in enumerate(parts, 1):
                # What does not fit into the last part that there may be stays there, and core stops it.
                over = excess(part.text, limits.text) if number < limits.parts else 0
                assert not over, f"part {number} of {len(parts)} is {over} too long: {part.text[:60]!r}…"

        for_each(texts(pieces=100), check)
        for text in self._long(harness):
            check(text)

    def test_rendering_loses_no_text(self, harness: Harness) -> None:
        """Words, half of an emoji, or the end of a text are missing from what the world sees."""
        profile, limits = harness.profile, harness.limits

        def check(text: str) -> None:
            parts = harness.publisher.render(PostContent(parts=(text,)), profile, limits).parts
            lost = loses(text, "\n".join(part.text for part in parts))
            assert not lost, f"{lost!r} is lost or broken: {[part.text for part in parts]}"

        for_each(texts(pieces=100), check)
        for text in self._long(harness):
            check(text)

    @staticmethod
    def _long(harness: Harness) -> list[str]:
        """Texts of some three parts, and of far more than there may be."""
        smallest = min((limit.maximum for limit in harness.limits.text), default=500)
        if smallest > _FEW:
            return []
        sentence = "Fresh bread 👩‍👩‍👧‍👦 every mórning, come and taste it. "
        return [sentence * (3 * smallest // len(sentence)), sentence * 12 * (smallest // len(sentence) + 1)]

    def test_limits_count_as_the_platform_counts(self, harness: Harness) -> None:
        """Texts with accents, emoji or other scripts are refused although smm let them through, or cut although they fit."""
        fits = harness.case.fits
        if fits is None or not harness.limits.text or harness.limits.text[0].maximum > 10 * _FEW:
            harness.untried = "the case does not say what `fits`"
            return
        for limit in harness.limits.text:
            for text in near(limit):
                allowed = not excess(text, harness.limits.text)
                assert allowed == fits(text), (
                    f"{len(text)} code points {text[:12]!r}…: the platform {'takes' if fits(text) else 'refuses'} it,"
                    f" the limits say otherwise ({limit.maximum} {limit.unit})"
                )

    def test_rendering_keeps_what_goes_with_the_text(self, harness: Harness) -> None:
        """Pictures, the link, the call to action, hashtags, the first comment or a whole part of a thread never get out."""
        profile, limits = harness.profile, harness.limits
        count = 3 if limits.parts >= 3 else 1
        written = ("Part one: bread", "Part two: butter", "Part three: cheese")[:count]
        pictures = tuple(
            Picture(media=f"{number:064x}", alt=f"Loaf {number}", part=count)
            for number in range(1, min(limits.images.maximum, 2) + 1)
        )
        content = PostContent(
            parts=written,
            pictures=pictures,
            link="https://example.org/bread",
            call_to_action="Taste it today",
            hashtags=("sourdough",) if limits.hashtags != 0 else (),
            first_comment="Baked at six.",
        )
        rendering = harness.publisher.render(content, profile, limits)
        text = "\n".join(part.text for part in rendering.parts)
        for words in (*written, "Taste it today", *(f"#{tag}" for tag in content.hashtags)):
            assert words in text, f"{words!r} is lost: {text!r}"
        kept = tuple(picture for part in rendering.parts for picture in part.pictures)
        assert kept == pictures, f"of the pictures {pictures} there are left {kept}"
        assert rendering.first_comment == "Baked at six.", (
            "the first comment is lost; where there is none, the checks say so"
        )
        if limits.link_style is not LinkStyle.NONE:
            cards = [part.link for part in rendering.parts]
            assert content.link in cards or "https://example.org/bread" in text, "the link is lost"
