"""The salesperson's page in a real Chromium, by Playwright: the story as she lives it, and nothing leaves the loopback."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.served import Served, serving

pytest.importorskip("axe_playwright_python", reason="playwright or axe-core is not installed")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, sync_playwright

pytestmark = pytest.mark.network

ANSWERED = "html[data-drawn]"
SHOTS = os.environ.get("COVERAGE_CHECK_SHOTS")
"""A folder to keep screenshots in; without it they go to the test's own."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("page")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs Chromium: install the package chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


class Seat:
    """A page in front of a salesperson, and what it did."""

    def __init__(self, context: BrowserContext, service: Served) -> None:
        self.page = context.new_page()
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type in {"error", "warning"} else None)
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog {dialog.message}"))
        self.page.goto(service.url + "/")
        self.page.wait_for_selector("#product option", state="attached")

    def ask(self, address: str, *, on: str = "") -> None:
        """Type an address, press Enter, and wait for the answer and its map."""
        self.page.fill("#on", on)
        self.page.fill("#address", address)
        self.answered(lambda: self.page.press("#address", "Enter"))

    def answered(self, act: object) -> None:
        """Do something that asks, and wait for its answer and its map."""
        self.page.evaluate("delete document.documentElement.dataset.drawn")
        act()  # type: ignore[operator]
        self.page.wait_for_selector(ANSWERED)

    @property
    def verdict(self) -> str | None:
        """The verdict that the page shows."""
        verdict: str | None = self.page.get_attribute("#answer", "data-verdict")
        return verdict

    def violations(self) -> int:
        """Let axe-core look at the page."""
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()
        return int(found.violations_count)


@pytest.fixture
def seat(browser: Browser, served: Served, tmp_path: Path) -> Iterator[Seat]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
    seated = Seat(context, served)
    yield seated
    folder = Path(SHOTS) if SHOTS else tmp_path
    name = os.environ.get("PYTEST_CURRENT_TEST", "page").rpartition("::")[2].split(" ")[0].split("[")[0]
    seated.page.screenshot(path=folder / f"{name}.png", full_page=True)
    strangers = [url for url in seated.requests if not url.startswith((served.url, "data:"))]
    context.close()
    assert strangers == []
    assert not any("Harg" in url or "59." in url for url in seated.requests)


def test_the_sale_that_must_not_be_made(seat: Seat) -> None:
    seat.ask("Harg 12, 760 21 Vätö", on="2025-11-01")
    assert seat.verdict == "not_deliverable"
    assert seat.page.inner_text("#verdict").startswith("✘")
    assert "Nej, det går inte" in seat.page.inner_text("#verdict")
    assert "Harg 12" in seat.page.inner_text("#sentence")
    assert seat.page.locator("#reasons li").first.get_attribute("data-code") == "NO_COVERAGE"
    assert seat.page.is_disabled("#copy")
    assert seat.page.locator("#alternatives button").count() > 0
    seat.answered(seat.page.locator("#alternatives button").first.click)
    assert seat.verdict in {"deliverable", "conditional"}
    assert seat.faults == []


def test_a_yes_can_be_confirmed_in_writing(seat: Seat) -> None:
    seat.ask("Vätövägen 20, 760 21 Vätö")
    assert seat.verdict == "deliverable"
    seat.page.click("#copy")
    seat.page.wait_for_selector("#copied:not(:empty)")
    text = seat.page.evaluate("navigator.clipboard.readText()")
    assert "Vätövägen 20, 760 21 Vätö" in text
    assert seat.page.inner_text("#sentence") in " ".join(text.split())


def test_an_ambiguous_address_is_resolved_by_picking(seat: Seat) -> None:
    seat.ask("Kyrkvägen 3")
    assert seat.verdict == "undetermined"
    assert seat.page.locator(".leaflet-marker-icon").count() == 2
    seat.answered(seat.page.get_by_role("button", name="Kyrkvägen 3, 760 21 Vätö").first.click)
    assert seat.page.input_value("#address") == "Kyrkvägen 3, 760 21 Vätö"
    assert seat.verdict == "deliverable"
    assert seat.page.is_hidden("#which")


NOWHERE = ("Storgatan 1, 111 11 Stockholm", "Box 12, 760 21 Vätö", "18.95 59.82", "55.0001, 13.0001")


@pytest.mark.parametrize("text", NOWHERE)
def test_where_nothing_is_known_no_probability_is_shown(seat: Seat, text: str) -> None:
    """No data is never no coverage: an address not found, a box, swapped coordinates, a place off the map."""
    seat.ask(text)
    assert seat.verdict == "undetermined"
    assert "okänd" in seat.page.inner_text("#facts")
    assert "%" not in seat.page.inner_text("#facts")
    assert seat.page.locator("#facts meter").count() == 0


def test_where_a_part_is_unknown_the_probability_is_the_least(seat: Seat) -> None:
    """Of the two places that the address may mean, one lies off the map."""
    seat.ask("Kyrkvägen 3")
    assert "minst 45\N{NO-BREAK SPACE}%" in seat.page.inner_text("#facts")
    seat.page.click("#language")
    assert "at least 45%" in seat.page.inner_text("#facts")


def test_a_no_keeps_its_figure(seat: Seat) -> None:
    seat.ask("Harg 12, 760 21 Vätö", on="2025-11-01")
    assert "0\N{NO-BREAK SPACE}%" in seat.page.inner_text("#facts")
    assert "minst" not in seat.page.inner_text("#facts")


MISSPELT = [("Hrag 12, 76021 Vätö", "Harg 12, 760 21 Vätö"), ("Harg 12, 760 22 Vätö", "Harg 12, 760 21 Vätö")]


@pytest.mark.parametrize(("typed", "taken"), MISSPELT)
def test_what_was_taken_for_the_address_stands_before_the_verdict(seat: Seat, typed: str, taken: str) -> None:
    seat.ask(typed)
    assert seat.page.inner_text("#answer").startswith(f"Tolkat som: {taken}")
    assert seat.page.get_by_role("region", name=f"Tolkat som: {taken}").count() == 1  # it is read out with the focus
    seat.page.click("#language")
    assert seat.page.inner_text("#understood") == f"Understood as: {taken}"
    seat.ask(taken)
    assert seat.page.inner_text("#understood") == ""


def test_the_day_is_said_unless_it_is_today(seat: Seat) -> None:
    seat.ask("Harg 12, 760 21 Vätö", on="2026-02-01")
    assert seat.page.inner_text("#as-of") == "Gäller 1 februari 2026"
    seat.page.click("#language")
    assert seat.page.inner_text("#as-of") == "As of 1 February 2026"
    seat.ask("Harg 12, 760 21 Vätö", on=seat.page.evaluate("new Date().toLocaleDateString('sv')"))
    assert seat.page.is_hidden("#as-of")


def test_a_table_of_layers_stands_only_where_layers_were_asked(seat: Seat) -> None:
    seat.ask("Box 12, 760 21 Vätö")
    seat.page.click("summary")
    assert seat.page.is_hidden("#layers")
    seat.ask("Harg 12, 760 21 Vätö")
    assert seat.page.is_visible("#layers")


def test_the_map_tells_no_data_from_no_coverage(seat: Seat) -> None:
    """Off the map all is hatched and the legend says why; within it a place without coverage is not."""
    seat.ask("55.0001, 13.0001")
    assert seat.page.locator("#map path.no-data").count() == 1
    assert seat.page.locator("#legend li").last.inner_text() == "kartan når inte dit: ingen uppgift"
    seat.ask("59.80, 18.96")
    assert seat.page.locator("#map path.claim").count() > 0
    assert "ingen uppgift" in seat.page.inner_text("#legend")
    seat.ask("Kyrkvägen 3")
    box, hatched = (seat.page.locator(name).bounding_box() for name in ("#map", "#map path.no-data"))
    assert box is not None
    assert hatched is not None
    assert max(hatched["x"] - box["x"], hatched["y"] - box["y"]) <= 0  # it reaches to the corners of what is seen


def test_the_map_speaks_the_language_of_the_page(seat: Seat) -> None:
    seat.ask("Vätövägen 20, 760 21 Vätö")
    assert seat.page.get_by_role("button", name="Zooma in").count() == 1
    seat.page.click("#language")
    assert seat.page.get_by_role("button", name="Zoom out").count() == 1
    assert seat.page.get_by_role("button", name="Zooma").count() == 0


def test_a_pin_moved_across_the_edge_changes_the_answer(seat: Seat) -> None:
    seat.ask("Harg 12, 760 21 Vätö")
    assert seat.verdict == "deliverable"
    for _ in range(4):
        seat.page.get_by_role("button", name="Zooma ut").click()
        seat.page.wait_for_timeout(400)
    box = seat.page.locator("#map").bounding_box()
    assert box is not None
    seat.answered(lambda: seat.page.mouse.click(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20))
    assert seat.verdict != "deliverable"


def test_the_middle_of_the_map_is_checked_with_the_keyboard(seat: Seat) -> None:
    seat.ask("Harg 12, 760 21 Vätö")
    seat.page.focus("#map")
    seat.page.keyboard.press("ArrowRight")
    seat.page.wait_for_timeout(400)
    seat.page.focus("#pin")
    seat.answered(lambda: seat.page.keyboard.press("Enter"))
    assert "59." in seat.page.input_value("#address")


def test_suggestions_with_the_keyboard_and_swedish_letters(seat: Seat) -> None:
    seat.page.focus("#address")
    seat.page.keyboard.type("vätöv", delay=20)
    seat.page.wait_for_selector("#suggestions [role=option]")
    assert seat.page.get_attribute("#address", "aria-expanded") == "true"
    seat.page.keyboard.press("ArrowDown")
    assert seat.page.get_attribute("#address", "aria-activedescendant") == "suggestion-0"
    seat.page.keyboard.press("Enter")
    assert seat.page.input_value("#address") == "Vätövägen, Vätö"
    assert seat.page.get_attribute("#address", "aria-expanded") == "false"


HOSTILE = ("<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "'\"; drop table;--", "\u202eabc")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(seat: Seat, text: str) -> None:
    seat.ask(text)
    assert seat.verdict == "undetermined"
    assert seat.page.evaluate("document.querySelectorAll('#answer img, #answer script').length") == 0
    assert seat.faults == []


def test_why_is_said_in_whole_sentences_of_the_language_chosen(seat: Seat) -> None:
    seat.ask("Harg 12, 760 21 Vätö", on="2025-11-01")
    swedish = seat.page.locator("#reasons li").all_inner_texts()
    assert swedish[0] == "Närmaste 4G som är stark nog är 960 m bort."
    assert all(said in seat.page.inner_text("#sentence") for said in swedish[:2])
    seat.page.click("#language")
    english = seat.page.locator("#reasons li").all_inner_texts()
    assert english[0] == "The nearest 4G that is strong enough is 960 m away."
    assert len(english) == len(swedish)


def test_the_day_is_remembered_only_where_it_is_allowed_and_wanted(browser: Browser, tmp_path: Path) -> None:
    from tests.integration.test_service import own_config

    with serving(tmp_path, config=own_config(tmp_path, "[service]\npage_history = true\n")) as service:
        context = browser.new_context()
        seat = Seat(context, service)
        seat.ask("Harg 12, 760 21 Vätö", on="2025-11-01")
        assert seat.page.evaluate("localStorage.length") == 0  # allowed, not wanted yet
        seat.page.check("#keep")
        seat.ask("Harg 12, 760 21 Vätö", on="2025-11-01")
        seat.ask("Vätövägen 20, 760 21 Vätö")
        seat.page.reload()
        seat.page.wait_for_selector("#history button")
        kept = seat.page.locator("#history button").all_inner_texts()
        assert [("Vätövägen 20" in kept[0], "✔" in kept[0]), ("Harg 12" in kept[1], "✘" in kept[1])] == [(True, True)] * 2
        assert seat.violations() == 0
        seat.answered(seat.page.locator("#history button").nth(1).click)
        assert "Harg 12" in seat.page.input_value("#address")
        assert (seat.page.input_value("#on"), seat.verdict) == ("2025-11-01", "not_deliverable")
        yesterday = "localStorage.setItem('coverage-check-day', JSON.stringify({date: 'yesterday', items: [{label: 'x'}]}))"
        seat.page.evaluate(yesterday)
        seat.page.reload()
        seat.page.wait_for_selector("#product option", state="attached")
        assert seat.page.locator("#history button").count() == 0
        assert seat.page.evaluate("localStorage.length") == 0
        seat.page.check("#keep")
        seat.ask("Harg 12, 760 21 Vätö")
        seat.page.uncheck("#keep")
        assert seat.page.evaluate("localStorage.length") == 0
        assert seat.faults == []
        context.close()


def test_nothing_is_remembered_where_it_is_not_allowed(seat: Seat) -> None:
    seat.ask("Harg 12, 760 21 Vätö")
    assert seat.page.is_hidden("#day")
    assert seat.page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


def test_both_languages(seat: Seat) -> None:
    seat.ask("Harg 12, 760 21 Vätö")
    seat.page.click("#language")
    assert seat.page.get_attribute("html", "lang") == "en"
    assert "Yes, it can" in seat.page.inner_text("#verdict")
    assert "should work" in seat.page.inner_text("#sentence")


def test_every_word_has_both_languages(seat: Seat) -> None:
    swedish, english = (seat.page.evaluate(f"Object.keys(WORDS.{language})") for language in ("sv", "en"))
    assert set(swedish) == set(english)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 640, 1280, 2200])
def test_nothing_stands_in_the_way_at_any_width(seat: Seat, scheme: Literal["light", "dark"], width: int) -> None:
    """640 CSS pixels are a 1280-pixel screen at 200 % zoom."""
    seat.page.set_viewport_size({"width": width, "height": 800})
    seat.page.emulate_media(color_scheme=scheme)
    seat.ask("Kyrkvägen 3")
    assert seat.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seat.violations() == 0


def test_an_unreachable_geocoder_is_said_and_is_no_no(browser: Browser, tmp_path: Path) -> None:
    from tests.integration.test_service import own_config

    config = own_config(tmp_path, "")
    text = config.read_text(encoding="utf-8")
    start, end = text.index("[geocoder]"), text.index("# Kronor")
    dead = '[geocoder]\nkind = "photon"\nurl = "http://127.0.0.1:9/"\ncountry = "se"\n\n'
    config.write_text(text[:start] + dead + text[end:], encoding="utf-8")
    with serving(tmp_path, config=config) as service:
        context = browser.new_context()
        seat = Seat(context, service)
        seat.ask("Harg 12, 760 21 Vätö")
        assert seat.verdict == "undetermined"
        assert seat.page.locator("#reasons li").first.get_attribute("data-code") == "GEOCODER_UNAVAILABLE"
        assert not [url for url in seat.requests if not url.startswith((service.url, "data:"))]
        context.close()
