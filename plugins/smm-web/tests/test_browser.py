"""The page in a real browser: with and without scripts, on a phone, in the dark, with the keyboard, and for screen readers.

What was seen is kept in `build/smm-web/`, for people to look at.
"""

from __future__ import annotations

import importlib.resources
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smm_core import Audience, Decision, Place, Remark

from .conftest import Office, Served, loaf, opened, serving

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
    pytest.mark.timeout(180),
]
BUILD = Path(__file__).parents[3] / "build" / "smm-web"
FLAGS = ("--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run", "--disable-gpu")
DESK, PHONE = {"width": 1200, "height": 800}, {"width": 360, "height": 740}
RYE = "Rye is back 🍞, baked with our own sourdough.\n\nCome and taste it on Saturday"
FRONT = {"title": '"Rye is back"', "at": '"2026-11-25 09:00"', "call_to_action": '"Come and taste it"'}
Page = Any


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with opened(tmp_path / "studio") as office:
        office.write("rye", RYE, picture=loaf(), profiles='["acme-social", "acme-pictures"]', **FRONT)
        office.write(
            "rolls", "Rolls from seven. Come by", title='"Rolls"', call_to_action='"Come by"', at='"2026-11-27 08:30"'
        )
        office.ask()
        with serving(office) as served:
            yield served


@contextmanager
def page_of(browser: Any, served: Served, person: str | None, **more: Any) -> Iterator[Page]:
    """A page in a browser of its own, on which a person has clicked the link in their mail: on another site, that is."""
    context = browser.new_context(**{"viewport": DESK, "locale": "en-GB", **more})
    page = context.new_page()
    page.set_default_timeout(10_000)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    if person is not None:
        page.set_content(f'<a href="{served.url}/r/{served.office.token(person)}">Your page</a>')
        page.click("a")
        page.wait_for_url(f"{served.url}/")
    yield page
    context.close()
    assert [line for line in troubles if "status of 4" not in line] == [], "the browser complained"


def keep(page: Page, name: str) -> None:
    """A picture of the whole page, as it stands."""
    BUILD.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    page.wait_for_load_state("networkidle")
    page.set_viewport_size(
        {**size, "height": max(size["height"], page.evaluate("document.documentElement.scrollHeight"))}
    )
    page.screenshot(path=BUILD / f"{name}.png")
    page.set_viewport_size(size)


def violations(page: Page) -> list[str]:
    """What axe-core finds, in everything that it has rules for."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {iframes: false})")
    return [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in found["violations"]]


def fits(page: Page) -> bool:
    """Whether nobody has to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_click_in_a_mail_leads_to_a_yes(browser: Any, served: Served) -> None:
    office = served.office
    with page_of(browser, served, "anna") as page:
        assert "/r/" not in page.evaluate("document.referrer + location.href"), "the token stays behind"
        assert page.context.cookies()[0]["httpOnly"]
        page.click("text=Rye is back")
        frame = page.frame_locator("iframe.preview").first
        frame.locator("text=our own sourdough").first.wait_for()
        assert frame.locator("img").first.evaluate("one => one.complete && one.naturalWidth > 0"), "with its picture"
        assert office.verdicts("rye") == []
        page.get_by_role("button", name="Approve").click()
        page.get_by_role("heading", name="Thank you").wait_for()
        keep(page, "thanks")
        assert office.verdicts("rye") == [("anna", "approve")]
        page.go_back()
        page.get_by_role("heading", name="Rye is back").wait_for()
        assert page.get_by_role("button", name="Approve").count() == 0, "once is enough"


def test_words_are_selected_and_pictures_clicked(browser: Any, served: Served) -> None:
    office, number = served.office, served.office.number("rye")
    with page_of(browser, served, "anna") as page:
        page.goto(f"{served.url}/reviews/{number}")
        select = """words => {
            const text = words.firstChild, at = text.data.indexOf('Saturday'), range = document.createRange();
            range.setStart(text, at); range.setEnd(text, at + 8);
            getSelection().removeAllRanges(); getSelection().addRange(range);
        }"""
        page.locator(".words[data-where='acme-social/1']").evaluate(select)
        page.wait_for_function("document.getElementById('quote').value === 'Saturday'")
        assert page.input_value("#where") == "acme-social/1"
        assert page.input_value("[name=start]") == str(RYE.index("Saturday")), "counted in code points"
        page.fill("#remark", "Friday, please")
        page.get_by_role("button", name="Only leave the remark").click()
        page.wait_for_url("**said=1")
        frame = page.locator(".frame[data-where='acme-social/1/1']")
        frame.scroll_into_view_if_needed()
        box = frame.bounding_box()
        frame.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
        assert page.locator(".point").count() == 1
        page.fill("#remark", "Less crust")
        keep(page, "review-with-a-point")
        page.get_by_role("button", name="Send back for changes").click()
        page.get_by_role("heading", name="Thank you").wait_for()
    words, picture = office.ws.store.comments.of(office.ws.store.posts.find("rye").id)
    assert words.place is not None
    assert (words.place.start, words.quote) == (RYE.index("Saturday"), "Saturday"), "counted in code points"
    assert picture.place is not None
    assert (picture.place.picture, picture.place.x) == (1, pytest.approx(0.25, abs=0.02))
    assert office.verdicts("rye") == [("anna", "rework")]


def test_without_scripts_on_a_phone_in_dutch(browser: Any, served: Served) -> None:
    office, number = served.office, served.office.number("rye")
    desk = office.desk
    desk.decide(
        desk.reviewer("anna"),
        number,
        Decision.APPROVE,
        digests=desk.review(desk.reviewer("anna"), number).review.digests,
    )
    with page_of(browser, served, "bob", java_script_enabled=False, viewport=PHONE, color_scheme="dark") as page:
        keep_js_free(page, "phone-list")
        page.click("text=Rye is back")
        keep_js_free(page, "phone-review")
        assert page.get_by_role("button", name="Goedkeuren").is_visible(), "the answer is in reach without scrolling"
        page.select_option("#where", "acme-social/1")
        page.fill("#quote", "sourdough")
        page.fill("#remark", "Desem!")
        page.get_by_role("button", name="Terugsturen voor wijzigingen").click()
        page.get_by_role("heading", name="Dank je wel").wait_for()
    (comment,) = office.ws.store.comments.of(office.ws.store.posts.find("rye").id)
    assert (comment.by, comment.quote, comment.audience) == ("bob", "sourdough", Audience.CLIENT)


def keep_js_free(page: Page, name: str) -> None:
    """A picture where the page may not be asked anything."""
    BUILD.mkdir(parents=True, exist_ok=True)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=BUILD / f"{name}.png", full_page=True)


def test_a_link_that_is_over_says_so_kindly(browser: Any, served: Served) -> None:
    office = served.office
    token = office.token("anna", until=office.clock.now() + timedelta(hours=1))
    office.clock.advance(timedelta(hours=1))
    with page_of(browser, served, None, viewport=PHONE) as page:
        page.goto(f"{served.url}/r/{token}")
        page.get_by_role("heading", name="This link does not hold").wait_for()
        assert violations(page) == []
        keep(page, "link-is-over")


def changed(office: Office) -> int:
    """A review with everything in it: seen before, then changed, with remarks; its number."""
    desk, anna = office.desk, office.desk.reviewer("anna")
    desk.review(anna, office.number("rye"))
    office.clock.advance(timedelta(hours=1))
    text = RYE.replace("Saturday", "Friday").replace("own", "very own")
    office.write("rye", text, picture=loaf("#7d4a22"), profiles='["acme-social", "acme-pictures"]', **FRONT)
    office.ask()
    number = office.number("rye")
    place = Place(profile="acme-social", part=1, picture=1, x=0.5, y=0.5)
    desk.comment(desk.reviewer("wim"), number, Remark(text="Is the crust not too dark?", place=place))
    return number


@pytest.mark.parametrize(("name", "look"), [("desk-light", (DESK, "light")), ("phone-dark", (PHONE, "dark"))])
def test_everybody_can_read_and_reach_everything(
    browser: Any, served: Served, name: str, look: tuple[dict[str, int], str]
) -> None:
    number = changed(served.office)
    views: dict[str, Callable[[Page], object]] = {
        "list": lambda page: page.goto(f"{served.url}/"),
        "review": lambda page: page.goto(f"{served.url}/reviews/{number}"),
        "left": lambda page: page.goto(f"{served.url}/left"),
        "calendar": lambda page: page.goto(f"{served.url}/calendar"),
        "trouble": lambda page: _send_nothing(page, f"{served.url}/reviews/{number}"),
    }
    with page_of(browser, served, "anna", viewport=look[0], color_scheme=look[1], reduced_motion="reduce") as page:
        for view, go in views.items():
            go(page)
            assert violations(page) == [], view
            assert fits(page), f"{view} is wider than the screen"
            keep(page, f"{name}-{view}")


def _send_nothing(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate("document.getElementById('remark').required = false")
    page.get_by_role("button", name="Send back for changes").click()
    page.locator("#trouble").wait_for()


def test_the_keyboard_is_enough(browser: Any, served: Served) -> None:
    office = served.office
    with page_of(browser, served, "anna") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the content"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus shows"
        page.goto(f"{served.url}/reviews/{office.number('rolls')}")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == "Approve":
                break
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Thank you").wait_for()
    assert office.verdicts("rolls") == [("anna", "approve")]
