"""The report's page as text: what it leaves out, what it holds, and that it stays small."""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.audit import Outputs, audit_sales
from coverage_check.checker import Checker
from coverage_check.cli import run as run_command
from coverage_check.config import BUNDLED
from coverage_check.coverage.picture import Frame
from coverage_check.decision import Decision, ReasonCode, Sentence, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.orders import Run
from coverage_check.report.html import PERSONAL, Options, Report, words
from coverage_check.report.html.ground import _VERTICES, WIDTH_PX, _hatching, _path
from coverage_check.report.html.listing import Listing
from coverage_check.report.judged import Answer, Judged, verdict_of
from coverage_check.report.noted import note
from tests.made_decisions import DISTANCES, made_decision

TODAY = date(2026, 2, 1)
DECISIONS = {verdict: made_decision(verdict=verdict) for verdict in DISTANCES}


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def audited(checker: Checker, target: Path, **options: Any) -> str:
    audit_sales(checker, BUNDLED / "sales.csv", Outputs(report=target, options=Options(**options)))
    return target.read_text(encoding="utf-8")


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    assert found
    content: dict[str, Any] = json.loads(found.group(1))
    return content


def test_it_is_one_file_that_names_no_other(checker: Checker, tmp_path: Path) -> None:
    page = audited(checker, tmp_path / "r.html")
    outside = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", outside)
    assert not re.search(r"\b(src|srcset|action|background)\s*=", outside)
    assert re.findall(r'href="([^"]*)"', outside) == ["data:,", "#list"]
    assert "@import" not in outside
    assert "url(" not in outside


def test_its_policy_allows_its_own_style_and_script_by_hash_alone(checker: Checker, tmp_path: Path) -> None:
    page = audited(checker, tmp_path / "r.html")
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0])
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/=]{44}'", rules["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/=]{44}'", rules["style-src"])
    assert not re.search(r"<[^>]*\sstyle=", page)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_is_left_out_is_nowhere_in_the_file(checker: Checker, tmp_path: Path, language: str) -> None:
    page = audited(checker, tmp_path / "r.html", hide=PERSONAL, language=language)
    for canary in ("Vätövägen", "Harg 1", "Strandvägen", "760 21", "76021", "S-0058", "S-0001"):
        assert canary not in page, canary
    rows = data_of(page)["rows"]
    assert set(rows["x"]) == set(rows["y"]) == {None}
    assert set(rows["reference"]) == {""}
    assert not re.search(r"59[.,]8\d", page)
    assert "left out" in page
    assert "T-07" in page  # a salesperson's code is what was asked to split by


@pytest.mark.parametrize(
    ("hide", "kept", "gone"),
    [
        ({"order"}, ["Östra Strandvägen 2"], ["S-0058"]),
        ({"address"}, ["S-0058"], ["Östra Strandvägen 2"]),
        ({"position"}, ["S-0058", "Östra Strandvägen 2"], ['id="ground"', "id='ground'"]),
    ],
)
def test_one_thing_can_be_left_out(
    checker: Checker, tmp_path: Path, hide: set[str], kept: Sequence[str], gone: Sequence[str]
) -> None:
    page = audited(checker, tmp_path / "r.html", hide=frozenset(hide))
    assert all(text in page for text in kept)
    assert not any(text in page for text in gone)


def test_a_position_that_was_given_as_the_address_is_left_out_with_the_positions(tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    command = ["orders", str(BUNDLED / "orders.csv"), "-o", str(tmp_path / "o.csv"), "--report", str(page)]
    run_command([*command, "--hide", "position", "--config", "demo"])
    text = page.read_text(encoding="utf-8")
    assert "Harg 12" in text
    assert not re.search(r"59[.,]8|59[.,]79|18[.,]9|66372", text)


def test_a_question_that_lists_addresses_is_left_out_with_them(tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    command = ["orders", str(BUNDLED / "orders.csv"), "-o", str(tmp_path / "o.csv"), "--report", str(page)]
    run_command([*command, "--hide", "address", "--config", "demo"])
    data = data_of(page.read_text(encoding="utf-8"))
    asked = {data["texts"][pair[1]] for pair in data["rows"]["ask"]}
    assert not any("Kyrkvägen" in text for text in data["texts"])
    assert len(asked) > 3  # the others are asked


def test_nothing_unknown_can_be_left_out() -> None:
    with pytest.raises(InvalidInput, match="'name' can't be left out"):
        Options(hide=frozenset({"name"}))
    with pytest.raises(InvalidInput, match="'fi'"):
        Options(language="fi")


@given(text=st.text(max_size=60))
def test_any_text_comes_through_whole_and_as_text(text: str) -> None:
    decision = replace(
        DECISIONS[Verdict.NOT_DELIVERABLE],
        address=replace(DECISIONS[Verdict.NOT_DELIVERABLE].address, normalised=text, given=text),
    )
    report = Report(columns=["x"])
    report.add(Judged(row=1, reference=text, answer=decision, values=(text,)))
    page = report.html([], made_on=TODAY)
    data = data_of(page)
    assert data["rows"]["reference"] == [text]
    assert data["texts"][data["rows"]["values"][0][0]] == text
    assert data["texts"][data["rows"]["address"][0]] == text
    assert page.count("<script") == page.count("</script>") == 2
    assert "<!--" not in page


def judged(answers: Sequence[Answer]) -> list[Judged]:
    return [Judged(row=n, answer=answer, mis_sale=float(n)) for n, answer in enumerate(answers, 1)]


@given(st.lists(st.sampled_from([*DECISIONS.values(), InvalidInput("?")]), max_size=50), st.integers(1, 10))
def test_a_list_that_is_cut_keeps_the_gravest(answers: list[Decision | InvalidInput], at_most: int) -> None:
    listing = Listing(at_most=at_most)
    for row in judged(answers):
        listing.add(note(row))
    gravity = [Verdict.NOT_DELIVERABLE, Verdict.CONDITIONAL, Verdict.UNDETERMINED, Verdict.DELIVERABLE]
    found = [gravity.index(row.verdict) for row in listing.rows]
    everything = sorted(gravity.index(verdict_of(answer)) for answer in answers)
    assert found == everything[:at_most]


def test_whoever_has_nothing_today_is_called_before_whoever_has_it_now() -> None:
    no, yes, unknown = (DECISIONS[v] for v in (Verdict.NOT_DELIVERABLE, Verdict.DELIVERABLE, Verdict.UNDETERMINED))
    days = [(no, yes), (yes, no), (unknown, unknown), (no, no), (yes, yes)]
    listing = Listing()
    for n, (then, now) in enumerate(days):
        listing.add(note(Judged(row=n, answer=then, today=now, mis_sale=5000.0)))
    assert [row.row for row in listing.rows] == [3, 1, 2, 0, 4]
    assert [row.row for row in listing.rows if row.doubtful] == [3, 1, 2, 0]


@pytest.mark.parametrize("then", DISTANCES)
@pytest.mark.parametrize("now", DISTANCES)
def test_what_is_said_of_a_doubtful_sale_is_said_for_each_day(then: Verdict, now: Verdict) -> None:
    """Also where the verdict is the same: the map that it rests on may be another one."""
    own, today = DECISIONS[then], replace(DECISIONS[now], sentence=Sentence(sv="Nu.", en="Now."))
    noted = note(Judged(row=1, answer=own, today=today))
    said = ((own.sentence.sv, own.sentence.en), ("Nu.", "Now."))
    nothing = (("", ""), ("", ""))
    assert (noted.told, noted.told_today) == (said if noted.doubtful else nothing)


def test_each_amount_says_what_it_counts_and_in_what(checker: Checker, tmp_path: Path) -> None:
    page = audited(checker, tmp_path / "r.html")
    heads = re.findall(r"<thead>.*?</thead>", page)
    amounts = [head for head in heads if "På spel" in head]
    splits = [head for head in amounts if "Andel" in head and "Oavgjord" in head]
    assert len(splits) >= 4
    assert all("På spel, bara inte levererbara" in head for head in splits)
    assert all("På spel, i valutan för [risk]" in head for head in amounts if head not in splits)
    assert {"Per produkt", "Per månad", "Per kanal", "Per säljarkod"} <= set(re.findall(r"Per \w+", page))


def test_the_page_knows_whose_edge_a_distance_is_to(checker: Checker, tmp_path: Path) -> None:
    data = data_of(audited(checker, tmp_path / "r.html"))
    rows, texts = data["rows"], data["texts"]
    where = rows["reference"].index("S-0058")
    assert rows["reasons"][where][0] == "BELOW_REQUIRED_LEVEL"
    assert rows["edge"][where] > 0
    assert texts[rows["layer"][where]] == "4g-2025-basic"  # the map of its day, and its weaker claim
    for edge, layer in zip(rows["edge"], rows["layer"], strict=True):
        assert edge is None or texts[layer]


def test_every_verdict_and_reason_has_its_words_in_both_languages() -> None:
    for table, codes in ((words.VERDICTS, Verdict), (words.SIGNS, Verdict), (words.REASONS, ReasonCode)):
        assert set(table) == set(codes)
    for sentences in (words.VERDICTS, words.REASONS, words.PAGE, words.AUDIT, words.ORDERS):
        for pair in sentences.values():
            assert all(text.strip() for text in pair)
            assert set(re.findall(r"\{\w+\}", pair.sv)) == set(re.findall(r"\{\w+\}", pair.en))
    assert set(words.AUDIT) == set(words.ORDERS)


@pytest.mark.parametrize(
    ("share", "sv", "en"),
    [
        (0, "0\u00a0%", "0%"),
        (0.0004, "0\u00a0%", "0%"),
        (0.0261, "2,6\u00a0%", "2.6%"),
        (0.5, "50\u00a0%", "50%"),
        (1, "100\u00a0%", "100%"),
    ],
)
def test_percent_as_each_language_writes_it(share: float, sv: str, en: str) -> None:
    assert words.percent(share) == (sv, en)


def test_the_map_offers_a_layer_of_each_technology_and_first_the_one_in_service(checker: Checker, tmp_path: Path) -> None:
    page = audited(checker, tmp_path / "r.html")
    layers = {layer.id: layer for layer in checker.snapshot.layers}
    data = data_of(page)
    drawn = re.findall(r'<path class="layer[^>]*><title>([^<]*)</title>', page)
    decided = {data["texts"][n] for n in data["rows"]["layer"]} - {""}
    assert {layers[name].technology for name in drawn} == {layers[name].technology for name in decided}
    said = set(re.findall(r"<bdi>([^<]*)</bdi><span lang=\"sv\"> \(i drift i dag\)", page))
    assert said == {name for name in drawn if layers[name].valid_until is None}  # the others ended before 2026-02-01
    assert drawn[0] == "4g-2026-good"


def test_where_the_maps_say_nothing_is_hatched_and_nowhere_else(checker: Checker, tmp_path: Path) -> None:
    page = audited(checker, tmp_path / "r.html")
    rows = data_of(page)["rows"]
    path = re.findall(r'<path class="unknown" d="([^"]*)"', page)[0]
    lines = shapely.from_wkt(f"MULTILINESTRING({lines_of(path)})")
    found: dict[bool, list[float]] = {True: [], False: []}
    for x, y, codes in zip(rows["x"], rows["y"], rows["reasons"], strict=True):
        if x is not None:
            found[codes[:1] == ["OUTSIDE_SURVEY_AREA"]].append(lines.distance(shapely.Point(x, y)))
    assert len(found[True]) > 20
    assert max(found[True]) < 12
    assert min(found[False]) > 12


def test_a_layer_that_speaks_of_everywhere_leaves_nothing_to_hatch() -> None:
    window = Frame(west=0, south=0, east=1000, north=500, full_width_px=WIDTH_PX)
    square = np.array([shapely.box(100, 100, 200, 200)])
    assert _hatching([square], window)
    assert _hatching([square, None], window) == ""
    assert _hatching([np.array([shapely.box(-10, -10, 2000, 2000)])], window) == ""


def lines_of(path: str) -> str:
    """Write path data of straight lines as WKT."""
    return ",".join(f"({line.replace(',', ' ').replace('L', ',')})" for line in path.split("M")[1:])


def test_a_large_layer_is_drawn_small() -> None:
    """A coast of 200,000 vertices becomes few enough, and stays where it was to within a pixel or two."""
    turns = np.linspace(0, 2 * np.pi, 200_000, endpoint=False)
    radius = 40_000 + 500 * np.sin(997 * turns) + 100 * np.sin(13_001 * turns)
    coast = shapely.Polygon(np.column_stack((radius * np.cos(turns), radius * np.sin(turns))))
    window = Frame(west=-50_000, south=-50_000, east=50_000, north=50_000, full_width_px=WIDTH_PX)
    path = _path(np.array([coast]), window)
    points = [tuple(map(float, pair.split(","))) for pair in re.split("[MLZ]+", path) if pair]
    assert 100 < len(points) <= _VERTICES
    drawn = shapely.Polygon(points)
    true = shapely.transform(coast, window.pixels)
    assert drawn.symmetric_difference(true.buffer(0)).area / true.area < 0.01


def test_what_lies_outside_the_window_is_not_drawn() -> None:
    window = Frame(west=0, south=0, east=1000, north=1000, full_width_px=WIDTH_PX)
    assert _path(np.array([shapely.box(2000, 2000, 3000, 3000)]), window) == ""
    assert _path(np.array([shapely.box(-5000, -5000, 5000, 5000)]), window).count("L") == 3


def test_an_empty_table_has_a_report(checker: Checker) -> None:
    page = Report(columns=["product"], audit=True).html([checker.snapshot], made_on=TODAY)
    assert data_of(page)["rows"]["row"] == []


def test_figures_in_the_page_are_those_of_the_figures(checker: Checker, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    figures = audit_sales(checker, BUNDLED / "sales.csv", Outputs(report=target), run=Run(limit=150)).figures
    page = target.read_text(encoding="utf-8")
    share = figures.own_day.share(Verdict.NOT_DELIVERABLE)
    assert f"{share.count} of 150 sales could not be delivered on the day they were made." in page
    for bound in (share.low, share.value, share.high):
        assert words.percent(bound).en in page
    for split in figures.splits:
        for value in split.groups:
            assert html.escape(value) in page
