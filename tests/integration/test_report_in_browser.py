"""The report in a real headless Chromium: nothing from the data runs, and everything works with a keyboard."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from coverage_check.audit import Outputs, audit_sales
from coverage_check.checker import Checker
from coverage_check.config import BUNDLED
from coverage_check.decision import AskedAddress, Decision, ProductName, Question, Reason, Sentence, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.report.figures import Figures
from coverage_check.report.html import Options, Report
from coverage_check.report.judged import Judged
from tests.browser import Browser, Page, running
from tests.made_decisions import made_decision
from tests.shared import shared

ROWS = "document.querySelectorAll('#rows tbody tr').length"
FOUND = "document.getElementById('found').textContent"
BOXES = "[...document.querySelectorAll('[data-verdict]')]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Figures]:
    target = tmp_path_factory.mktemp("report") / "audit.html"
    checker = Checker.from_config("demo")
    figures = audit_sales(checker, BUNDLED / "sales.csv", Outputs(report=target, options=Options(language="en"))).figures
    return target, figures


@pytest.fixture
def page(browser: Browser, audited: tuple[Path, Figures]) -> Page:
    page = browser.page()
    page.open(audited[0])
    return page


def quiet(page: Page) -> bool:
    """Whether a page opened no dialog, asked for nothing, and complained of nothing."""
    assert (page.dialogs, page.requests, page.complaints) == ([], [], [])
    return True


def evil(decision: Decision, text: str) -> Decision:
    """Put a text into every text of a decision."""
    return replace(
        decision,
        product=ProductName(code=text, name=text),
        address=AskedAddress(given=text, kind=text, normalised=text),
        reasons=tuple(Reason(code=reason.code, message=text, layer=text) for reason in decision.reasons),
        evidence=tuple(replace(item, layer=text, network=text) for item in decision.evidence),
        sentence=Sentence(sv=text, en=text + " "),
        ask_next=(Question(code=text, sv=text, en=text),),
    )


MORE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "</style><style>*{background:url(http://x.example)}</style>",
    "'\"><img src=x onerror=alert(1)>",
    "${alert(1)}{{constructor.constructor('alert(1)')()}}$title $$",
    "javascript:alert(1)",
    "\u2028\u2029\u202e\u0000\x07",
    "__proto__",
    "<svg onload=alert(1)>",
    "=cmd|' /C calc'!A0",
]


def test_nothing_from_the_data_runs(browser: Browser, tmp_path: Path) -> None:
    naughty = [str(text) for text in json.loads(shared("corpus/blns/blns.json").read_text(encoding="utf-8"))] + MORE
    checker = Checker.from_config("demo")
    report = Report(columns=["product", naughty[-1], MORE[0]], audit=True, options=Options(title=MORE[0], language="en"))
    decisions = [made_decision(verdict=verdict) for verdict in (Verdict.NOT_DELIVERABLE, Verdict.UNDETERMINED)]
    real = checker.check("Vätövägen 1, 760 21 Vätö", product="mbb-4g")
    for n, text in enumerate(naughty, 1):
        answer: Decision | InvalidInput = InvalidInput(text) if n % 7 == 0 else evil(decisions[n % 2], text)
        today = evil(replace(real, verdict=Verdict.CONDITIONAL), f"{text}!")
        report.add(Judged(row=n, reference=text, answer=answer, today=today, values=(text, text, text), mis_sale=1.0))
    target = tmp_path / "evil.html"
    target.write_text(report.html([checker.snapshot], made_on=date(2026, 2, 1)), encoding="utf-8")
    page = browser.page()
    page.open(target)
    page.run("document.getElementById('only-doubtful').click()")
    for language in ("sv", "en"):
        page.run(f"document.querySelector('[data-language={language}]').click()")
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run(ROWS) == len(naughty)
    shown = page.run("[...document.querySelectorAll('#rows tbody th strong')].map((cell) => cell.textContent)")
    written = [text or f"row {n}" for n, text in enumerate(naughty, 1)]
    assert sorted(shown) == sorted(text.encode("utf-8", "replace").decode() for text in written)
    controls = "document.querySelectorAll('input, summary, .cluster, button')"
    page.run(f"for (const control of {controls}) control.dispatchEvent(new MouseEvent('click'))")
    assert page.run("document.querySelectorAll('script').length") == 2
    assert page.run("document.querySelectorAll('img, iframe, object, embed, base, form, a[href]:not(.skip)').length") == 0
    assert page.run(
        "[...document.querySelectorAll('*')].every((one) => ![...one.attributes].some((a) => a.name.startsWith('on')))"
    )
    assert quiet(page)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>document.title = 'owned'</script>",
        "<img src=x onerror=\"document.title = 'owned'\">",
        "<img src='http://127.0.0.1:9/x.png'>",
        "<link rel=stylesheet href='http://127.0.0.1:9/x.css'>",
        "<iframe src='http://127.0.0.1:9/'></iframe>",
        "<style>body { background: url(http://127.0.0.1:9/) }</style>",
        "<svg onload=\"document.title = 'owned'\"></svg>",
    ],
)
def test_even_markup_in_the_file_neither_runs_nor_fetches(
    browser: Browser, audited: tuple[Path, Figures], tmp_path: Path, attack: str
) -> None:
    """The second lock: should a text ever become markup, the policy in the head stops it."""
    target = tmp_path / "attacked.html"
    target.write_text(audited[0].read_text(encoding="utf-8").replace("<main>", f"<main>{attack}"), encoding="utf-8")
    page = browser.page()
    page.open(target)
    assert page.run("document.title") != "owned"
    loaded = page.run("performance.getEntriesByType('resource').filter((one) => one.transferSize > 0).length")
    assert loaded == 0
    assert any("Content Security Policy" in text for text in page.complaints)
    assert page.run(ROWS) > 0


def test_it_opens_quietly_and_counts_as_the_figures_do(page: Page, audited: tuple[Path, Figures]) -> None:
    figures = audited[1]
    doubtful = figures.rows - figures.moves[Verdict.DELIVERABLE, Verdict.DELIVERABLE]
    assert page.run(FOUND) == f"{doubtful} of {figures.rows} shown"
    assert page.run("document.documentElement.lang") == "en"
    assert quiet(page)


def test_each_filter_shows_what_the_figures_count(page: Page, audited: tuple[Path, Figures]) -> None:
    figures = audited[1]
    page.run("document.getElementById('only-doubtful').click()")
    assert page.run(FOUND) == f"{figures.rows} of {figures.rows} shown"
    for n, verdict in enumerate(Verdict):
        wrong = f"box.checked !== (box.dataset.verdict === '{n}')"
        page.run(f"{BOXES}.filter((box) => {wrong}).forEach((box) => box.click())")
        assert page.run(FOUND) == f"{figures.own_day.counts[verdict]} of {figures.rows} shown"
    page.run(f"{BOXES}.filter((box) => !box.checked).forEach((box) => box.click())")
    for place, split in enumerate(figures.splits):
        select = f"document.querySelectorAll('#filters select')[{place + 1}]"
        for value, outcome in split.groups.items():
            page.run(f"{select}.value = {json.dumps('=' + value)}; {select}.dispatchEvent(new Event('change'))")
            assert page.run(FOUND) == f"{outcome.rows} of {figures.rows} shown", (split.name, value)
        page.run(f"{select}.value = ''; {select}.dispatchEvent(new Event('change'))")


def test_search_finds_a_sale_by_its_number_and_address(page: Page) -> None:
    search = "document.querySelector('#filters input[type=search]')"
    for text in ("s-0058", "östra strandvägen 2, 760"):
        page.run(f"{search}.value = {json.dumps(text)}; {search}.dispatchEvent(new Event('input'))")
        assert "S-0058" in page.run("document.getElementById('rows').textContent")
        assert 0 < page.run(ROWS) < 5


def test_each_sentence_and_measure_of_a_sale_says_its_day(page: Page) -> None:
    """Both verdicts of this sale are no; the map that they rest on isn't the same one."""
    cells = "[...document.querySelectorAll('#rows tbody tr')].find((row) => row.textContent.includes('S-0058')).cells[2]"
    why, then, measured, now, *_ = page.run(f"[...{cells}.children].map((part) => part.textContent)")
    assert why.startswith("Day of sale: Coverage too weak")
    assert then.endswith("map of 1 June 2025.")
    assert measured.startswith("Day of sale: probability that it works 0.00 · ")
    assert "m inside the edge of 4g-2025-basic, which is too weak" in measured
    assert now.startswith("Today: ")
    assert now.endswith("map of 15 January 2026.")


def test_a_ring_of_the_map_shows_its_sales_by_keyboard(page: Page) -> None:
    before = page.run(FOUND)
    page.run("document.querySelector('.cluster').focus()")
    label = page.run("document.activeElement.getAttribute('aria-label')")
    count = sum(int(word) for word in label.replace(",", "").split() if word.isdigit())
    page.press("Enter", text="\r")
    assert page.run(FOUND).startswith(f"{count} of ")
    assert f"{count} chosen" in page.run(FOUND)
    page.run("document.getElementById('zoom-all').click()")
    assert page.run(FOUND) == before
    assert quiet(page)


def test_the_first_tab_skips_to_the_list_and_everything_can_be_reached(page: Page) -> None:
    page.do("Page.bringToFront")
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip"
    page.press("Enter", text="\r")
    assert page.run("document.activeElement.id") == "list"
    seen = set()
    for _ in range(15):
        page.press("Tab")
        seen.add(page.run("document.activeElement.tagName.toLowerCase()"))
        outlined = page.run("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
        assert outlined or page.run("document.activeElement.matches('.cluster')")
    assert {"input", "select"} <= seen


def nodes(page: Page) -> list[dict[str, Any]]:
    """Give what a screen reader is told."""
    tree: list[dict[str, Any]] = page.do("Accessibility.getFullAXTree")["nodes"]
    return [node for node in tree if not node.get("ignored")]


def test_what_a_screen_reader_is_told(page: Page) -> None:
    told = nodes(page)
    roles = [node["role"]["value"] for node in told]
    for role in ("banner", "main", "contentinfo", "search", "status", "navigation", "columnheader", "rowheader"):
        assert role in roles, role
    for node in told:
        if node["role"]["value"] in {"button", "checkbox", "combobox", "searchbox", "table", "link", "group", "region"}:
            assert node["name"]["value"].strip() or node["role"]["value"] == "table", node["role"]["value"]
    words = " ".join(str(node.get("name", {}).get("value", "")) for node in told)
    assert "Not deliverable" in words
    assert "Inte levererbar" not in words
    headings = page.run("[...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1]))")
    assert headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))


def test_no_verdict_is_told_by_colour_alone(page: Page) -> None:
    """Each coloured mark holds a sign, and stands beside its word."""
    marks = page.run(
        "[...document.querySelectorAll('.mark')].map((one) => [one.textContent, one.parentElement.textContent])"
    )
    assert len(marks) > 50
    assert {sign for sign, _ in marks} <= {"✔", "◐", "✘", "?"}
    assert all(len(said) > len(sign) + 3 for sign, said in marks)


def test_both_languages_say_everything(page: Page) -> None:
    english = page.run("document.body.innerText")
    page.run("document.querySelector('[data-language=sv]').click()")
    swedish = page.run("document.body.innerText")
    assert "could not be delivered on the day" in english
    assert "kunde inte levereras den dag" in swedish
    assert "Not deliverable" not in swedish
    assert "undefined" not in english + swedish
    assert page.run("document.documentElement.lang") == "sv"


@pytest.mark.parametrize("width", [320, 390, 640, 900])
def test_the_list_can_be_read_on_a_phone_and_enlarged(page: Page, width: int) -> None:
    """640 px is a usual window at 200 %. Nothing of the list is cut, and it is still a table for a screen reader."""
    page.do("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    section = "document.getElementById('rows').closest('main > section')"
    assert page.run(f"{section}.scrollWidth - {section}.clientWidth") <= 0
    widths = page.run("[...document.querySelectorAll('#rows tbody td:last-child')].map((cell) => cell.clientWidth)")
    assert min(widths) > 0.7 * width
    told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes(page)]
    assert {("columnheader", name) for name in ("Verdict", "Sale", "Reasons and answer")} <= set(told)
    assert sum(role == "rowheader" and name.startswith("S-") for role, name in told) > 40


def test_it_prints_every_doubtful_sale(page: Page, audited: tuple[Path, Figures]) -> None:
    figures = audited[1]
    pdf = base64.b64decode(page.do("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") < figures.rows / 6, "a page of paper holds several sales"
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run(ROWS) == figures.rows - figures.moves[Verdict.DELIVERABLE, Verdict.DELIVERABLE]
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run(ROWS) == 50


def test_without_script_the_figures_still_stand(browser: Browser, audited: tuple[Path, Figures]) -> None:
    target, figures = audited
    page = browser.page()
    page.do("Emulation.setScriptExecutionDisabled", value=True)
    page.open(target)
    texts = [str(node.get("name", {}).get("value", "")) for node in nodes(page)]
    assert any("need JavaScript" in text for text in texts)
    count = figures.own_day.counts[Verdict.NOT_DELIVERABLE]
    assert any(f"{count} of {figures.rows} sales could not be delivered" in text for text in texts)
