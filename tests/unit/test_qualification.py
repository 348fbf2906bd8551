"""The decision is pure, and these are its rules."""

import dataclasses
import json
import math
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.availability import Availability
from coverage_check.decision import AskedAddress, Decision, Provenance, ReasonCode, Verdict, Versions
from coverage_check.errors import InvalidInput
from coverage_check.layer import Layer
from coverage_check.location import Candidate, Location, LocationLevel, Match
from coverage_check.products import Need, Product, Risk
from coverage_check.qualification import Order, decide, undetermined
from coverage_check.technology import Condition, Environment, PlaceOfUse, Receiver, Service, SignalLevel, Technology
from tests.made_claims import ON, layer, location, product, straight_edge

PROVENANCE = Provenance(
    snapshot="s", register="r", products="p", rules="x", versions=Versions(coverage_check="0", geos="0", proj="0", gdal="0")
)
MADE_AT = datetime(2026, 2, 1, 12, tzinfo=UTC)


def decided(
    *claims: tuple[Layer, float],
    sold: Product | None = None,
    place: Location | None = None,
    on: date = ON,
    others: tuple[Product, ...] = (),
    **use: Any,
) -> Decision:
    """Decide about layers that each have a straight edge at a signed distance."""
    sold, place = sold or product(), place or location()
    order = Order(product=sold, on=on, address=AskedAddress(given="x", kind="address", normalised="X"), **use)
    availabilities = [straight_edge(claim, distance, place) for claim, distance in claims]
    catalogue = {p.code: p for p in (sold, *others)}
    return decide(order, place, availabilities, catalogue=catalogue, provenance=PROVENANCE, made_at=MADE_AT)


def codes(decision: Decision) -> list[ReasonCode]:
    return [reason.code for reason in decision.reasons]


def test_deep_inside_is_deliverable_far_outside_is_not() -> None:
    assert decided((layer(), 2000)).verdict is Verdict.DELIVERABLE
    assert decided((layer(), -2000)).verdict is Verdict.NOT_DELIVERABLE


def test_near_the_edge_is_undetermined_and_asks_for_the_position() -> None:
    decision = decided((layer(), 5.0), place=location(15, 100))
    assert decision.verdict is Verdict.UNDETERMINED
    assert codes(decision)[0] is ReasonCode.EDGE_UNCERTAIN
    assert decision.ask_next[0].code == "POSITION"


@given(
    distance=st.floats(-400, 400),
    cep50=st.floats(1, 100),
    ratio=st.floats(1.5, 8),
)
def test_probability_matches_the_straight_edge_integral(distance: float, cep50: float, ratio: float) -> None:
    """P = E over radius and direction; the oracle integrates on its own fine grid of both."""
    claim = layer(probability=0.95)
    place = location(cep50, cep50 * ratio)
    quantile = (np.arange(400) + 0.5) / 400
    normal = np.array([_normal_quantile(q) for q in quantile])
    radius = cep50 * np.exp(math.log(ratio) / 1.645 * normal)
    angle = (np.arange(720) + 0.5) / 720 * 2 * math.pi
    inside = distance + radius[:, None] * np.cos(angle)[None, :]
    served = np.where(inside >= 0, 1 - 0.05 * np.exp(-np.maximum(inside, 0) / 200), 0)
    expected = 0.995 * served.mean()
    assert decided((claim, distance), place=place).probability == pytest.approx(expected, abs=0.02)


def _normal_quantile(q: float) -> float:
    low, high = -9.0, 9.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erfc(-middle / math.sqrt(2)) / 2 < q else (low, middle)
    return high


@given(st.floats(-5000, 5000), st.floats(0, 400))
def test_moving_inwards_never_lowers_the_probability(distance: float, step: float) -> None:
    assert decided((layer(), distance + step)).probability >= decided((layer(), distance)).probability - 1e-9


def test_a_place_without_survey_is_never_a_no() -> None:
    place = location()
    claim = straight_edge(layer(), -3000, place, surveyed=False)
    order = Order(product=product(), on=ON, address=AskedAddress(given="x", kind="address", normalised="X"))
    decision = decide(order, place, [claim], catalogue={}, provenance=PROVENANCE, made_at=MADE_AT)
    assert decision.verdict is Verdict.UNDETERMINED
    assert codes(decision)[0] is ReasonCode.OUTSIDE_SURVEY_AREA


def test_no_layer_of_the_technology_is_no_data() -> None:
    decision = decided((layer("3g", technology=Technology.G3), 3000))
    assert decision.verdict is Verdict.UNDETERMINED
    assert codes(decision)[:1] == [ReasonCode.NO_DATA]


def test_another_technology_never_substitutes_but_is_told() -> None:
    decision = decided((layer(), -1500), (layer("3g", technology=Technology.G3), 800))
    assert decision.verdict is Verdict.NOT_DELIVERABLE
    assert ReasonCode.FALLBACK_TECHNOLOGY_ONLY in codes(decision)


def test_voice_never_qualifies_data() -> None:
    assert decided((layer(service=Service.VOICE), 3000)).verdict is Verdict.UNDETERMINED


def test_another_network_is_told() -> None:
    decision = decided((layer(), -1500), (layer("other", network="Grannät"), 2000))
    assert codes(decision) == [ReasonCode.NO_COVERAGE, ReasonCode.OTHER_NETWORK_ONLY]


def test_stale_layer_is_undetermined() -> None:
    decision = decided((layer(), 3000), on=date(2026, 12, 1))
    assert (decision.verdict, codes(decision)[0]) == (Verdict.UNDETERMINED, ReasonCode.LAYER_STALE)


def test_a_newer_map_of_the_same_claim_takes_the_place_of_a_stale_one() -> None:
    """An old delivery that lies beside the new one makes a live no neither a yes nor a question."""
    old, new = layer("old", published=date(2023, 1, 1), stale_after=date(2024, 2, 5)), layer("new")
    decision = decided((old, 3000), (new, -2000))
    assert (decision.verdict, codes(decision)) == (Verdict.NOT_DELIVERABLE, [ReasonCode.NO_COVERAGE])
    assert decided((old, -2000), (new, 3000)).verdict is Verdict.DELIVERABLE


@pytest.mark.parametrize(
    "other",
    [
        {"technology": Technology.G3},
        {"service": Service.VOICE},
        {"network": "Grannät"},
        {"level": SignalLevel.VERY_GOOD},
        {"environment": Environment.INDOOR},
        {"receiver": Receiver.INDOOR_ROUTER},
        {"published": date(2022, 1, 1)},
    ],
    ids=str,
)
def test_a_map_of_another_claim_or_an_older_one_leaves_a_stale_one_in_doubt(other: dict[str, Any]) -> None:
    old = layer("old", published=date(2023, 1, 1), stale_after=date(2024, 2, 5))
    decision = decided((old, 3000), (layer("new", **other), -2000))
    assert (decision.verdict, codes(decision)[0]) == (Verdict.UNDETERMINED, ReasonCode.LAYER_STALE)


def test_a_newer_map_that_does_not_speak_there_leaves_a_stale_one_in_doubt() -> None:
    old = layer("old", published=date(2023, 1, 1), stale_after=date(2024, 2, 5))
    place = location()
    claims = [straight_edge(old, 3000, place), straight_edge(layer("new"), -3000, place, surveyed=False)]
    order = Order(product=product(), on=ON, address=AskedAddress(given="x", kind="address", normalised="X"))
    decision = decide(order, place, claims, catalogue={}, provenance=PROVENANCE, made_at=MADE_AT)
    assert codes(decision)[0] is ReasonCode.LAYER_STALE


def test_two_live_maps_of_one_claim_that_differ_are_said_to() -> None:
    """An older delivery still lies there, covers the place and has not grown stale; the newer one denies it."""
    old = layer("old", published=date(2025, 1, 1))
    assert ReasonCode.LAYERS_DISAGREE in codes(decided((old, 3000), (layer("new"), -2000)))
    assert ReasonCode.LAYERS_DISAGREE not in codes(decided((old, 3000), (layer("new"), 2000)))


OWN_3G_PARTNER_4G = (
    Need(technology=Technology.G4, min_level=SignalLevel.GOOD, network="Delat 4G"),
    Need(technology=Technology.G3, min_level=SignalLevel.GOOD, network="Delat 3G"),
    Need(technology=Technology.G5, min_level=SignalLevel.GOOD),
)


# A brand whose 4G, 3G and 5G are three networks, two of them shared: network and technology decide together.
@pytest.mark.parametrize(
    ("network", "technology", "any_of", "all_of"),
    [
        ("Delat 4G", "4G", "deliverable", "undetermined"),
        ("Delat 3G", "3G", "deliverable", "undetermined"),
        ("Exempelnät", "5G", "deliverable", "undetermined"),
        ("Delat 4G", "3G", "undetermined", "undetermined"),
        ("Delat 3G", "4G", "undetermined", "undetermined"),
        ("Exempelnät", "4G", "undetermined", "undetermined"),
        ("Exempelnät", "3G", "undetermined", "undetermined"),
        ("Delat 4G", "5G", "undetermined", "undetermined"),
    ],
)
def test_a_brand_sells_on_one_network_a_technology(network: str, technology: str, any_of: str, all_of: str) -> None:
    claim = layer(network=network, technology=Technology(technology))
    assert decided((claim, 3000), sold=product(any_of=OWN_3G_PARTNER_4G)).verdict == any_of
    assert decided((claim, 3000), sold=product(any_of=(), all_of=OWN_3G_PARTNER_4G)).verdict == all_of


@pytest.mark.parametrize(
    ("own_4g", "own_3g", "own_5g", "any_of", "all_of"),
    [
        (3000, 3000, 3000, "deliverable", "deliverable"),
        (3000, 3000, -3000, "deliverable", "not_deliverable"),
        (3000, -3000, -3000, "deliverable", "not_deliverable"),
        (-3000, -3000, -3000, "not_deliverable", "not_deliverable"),
    ],
)
def test_any_of_the_shared_networks_or_all_of_them(
    own_4g: float, own_3g: float, own_5g: float, any_of: str, all_of: str
) -> None:
    claims = (
        (layer("4g", network="Delat 4G"), own_4g),
        (layer("3g", network="Delat 3G", technology=Technology.G3), own_3g),
        (layer("5g", technology=Technology.G5), own_5g),
    )
    assert decided(*claims, sold=product(any_of=OWN_3G_PARTNER_4G)).verdict == any_of
    assert decided(*claims, sold=product(any_of=(), all_of=OWN_3G_PARTNER_4G)).verdict == all_of


def test_not_yet_live_names_the_day_and_offers_it() -> None:
    later = layer("4g-new", valid_from=date(2026, 1, 15))
    decision = decided((later, 2000))
    assert (decision.verdict, codes(decision)[0]) == (Verdict.NOT_DELIVERABLE, ReasonCode.NOT_YET_LIVE)
    assert [offer.from_ for offer in decision.alternatives] == [date(2026, 1, 15)]
    assert decision.valid_until == date(2026, 1, 14)


def test_retired_only_when_nothing_of_it_is_left() -> None:
    off = layer(valid_until=date(2025, 10, 1))
    assert codes(decided((off, 2000)))[0] is ReasonCode.TECHNOLOGY_RETIRED
    assert ReasonCode.TECHNOLOGY_RETIRED not in codes(decided((off, 2000), (layer("4g-now"), -900)))
    assert ReasonCode.TECHNOLOGY_RETIRED not in codes(decided((off, 2000), (layer("n", valid_from=date(2026, 1, 1)), -900)))


def test_coverage_that_ends_within_the_contract_is_a_reason() -> None:
    ending = layer(valid_until=date(2025, 12, 9))
    decision = decided((ending, 3000), sold=product(contract_months=24))
    assert decision.verdict is Verdict.DELIVERABLE
    assert ReasonCode.TECHNOLOGY_RETIRED in codes(decision)
    assert ReasonCode.TECHNOLOGY_RETIRED not in codes(decided((ending, 3000), sold=product(contract_months=1)))


def test_a_lower_level_is_not_enough_and_an_antenna_makes_it_conditional() -> None:
    basic = layer("4g-basic", level=SignalLevel.BASIC)
    plain = decided((basic, 2000), (layer(), -800))
    assert (plain.verdict, codes(plain)[0]) == (Verdict.NOT_DELIVERABLE, ReasonCode.BELOW_REQUIRED_LEVEL)
    sold = product(conditions=(Condition.OUTDOOR_ANTENNA,))
    decision = decided((basic, 2000), (layer(), -800), sold=sold)
    assert (decision.verdict, codes(decision)[0]) == (Verdict.CONDITIONAL, ReasonCode.NEEDS_ANTENNA)
    assert decision.evidence[0].layer == decision.reasons[0].layer == "4g-basic"


def test_outdoors_only() -> None:
    basic = layer("4g-basic", level=SignalLevel.BASIC)
    phone = product(
        receiver=Receiver.HANDSET, any_of=(Need(technology=Technology.G4),), conditions=(Condition.OUTDOORS_ONLY,)
    )
    decision = decided((basic, 2000), sold=phone)
    assert (decision.verdict, codes(decision)[0]) == (Verdict.CONDITIONAL, ReasonCode.OUTDOOR_ONLY)
    assert decided((basic, 2000), sold=phone).use.place is PlaceOfUse.INDOORS


@pytest.mark.parametrize(
    ("place", "receiver", "least"),
    [
        (PlaceOfUse.OUTDOORS, Receiver.HANDSET, SignalLevel.BASIC),
        (PlaceOfUse.VEHICLE, Receiver.HANDSET, SignalLevel.GOOD),
        (PlaceOfUse.INDOORS, Receiver.INDOOR_ROUTER, SignalLevel.GOOD),
        (PlaceOfUse.INDOORS, Receiver.HANDSET, SignalLevel.VERY_GOOD),
        (PlaceOfUse.INDOORS, Receiver.OUTDOOR_ANTENNA, SignalLevel.BASIC),
    ],
)
def test_each_use_needs_its_level(place: PlaceOfUse, receiver: Receiver, least: SignalLevel) -> None:
    sold = product(any_of=(Need(technology=Technology.G4),), place_of_use=place, receiver=receiver)
    for level in SignalLevel:
        decision = decided((layer(level=level), 3000), sold=sold)
        enough = level.reaches(least)
        assert decision.verdict is (Verdict.DELIVERABLE if enough else Verdict.NOT_DELIVERABLE), level


def test_an_unstated_level_is_basic_and_said() -> None:
    sold = product(any_of=(Need(technology=Technology.G4),), place_of_use=PlaceOfUse.OUTDOORS, receiver=Receiver.HANDSET)
    decision = decided((layer(level=None), 3000), sold=sold)
    assert decision.verdict is Verdict.DELIVERABLE
    assert ReasonCode.THRESHOLD_UNKNOWN in codes(decision)


def test_an_unstated_speed_does_not_satisfy_a_required_one() -> None:
    sold = product(min_download_mbps=10.0)
    unknown = decided((layer(min_download_mbps=None), 3000), sold=sold)
    assert (unknown.verdict, codes(unknown)[0]) == (Verdict.UNDETERMINED, ReasonCode.THRESHOLD_UNKNOWN)
    slow = decided((layer(min_download_mbps=2.0), 3000), sold=sold)
    assert (slow.verdict, codes(slow)[0]) == (Verdict.NOT_DELIVERABLE, ReasonCode.BELOW_REQUIRED_LEVEL)


def test_all_of_needs_all() -> None:
    both = product(any_of=(), all_of=(Need(technology=Technology.G4), Need(technology=Technology.G3)))
    third = layer("3g", technology=Technology.G3)
    assert decided((layer(), 3000), (third, 3000), sold=both).verdict is Verdict.DELIVERABLE
    assert decided((layer(), 3000), (third, -3000), sold=both).verdict is Verdict.NOT_DELIVERABLE
    assert decided((layer(), 3000), sold=both).verdict is Verdict.UNDETERMINED
    assert decided((layer(), -3000), sold=both).verdict is Verdict.NOT_DELIVERABLE


def test_product_not_on_sale() -> None:
    decision = decided((layer(), 3000), sold=product(sold_until=date(2025, 1, 1)))
    assert (decision.verdict, codes(decision)[0]) == (Verdict.NOT_DELIVERABLE, ReasonCode.PRODUCT_NOT_ON_SALE)


def test_a_coarse_location_needs_the_whole_region_to_agree() -> None:
    coarse = {"level": LocationLevel.STREET}
    assert decided((layer(), 4500), place=location(100, 400, **coarse)).verdict is Verdict.DELIVERABLE
    doubtful = decided((layer(), 300), place=location(100, 400, **coarse))
    assert (doubtful.verdict, codes(doubtful)[0]) == (Verdict.UNDETERMINED, ReasonCode.MATCH_TOO_COARSE)


def test_an_ambiguous_address_is_never_a_yes_and_asks_which() -> None:
    two = tuple(
        Candidate(label=name, lat=59.8, lon=18.9, level=LocationLevel.ADDRESS_POINT, match=Match.AMBIGUOUS)
        for name in ("Kyrkvägen 3, Vätö", "Kyrkvägen 3, Norrtälje")
    )
    place = location(match=Match.AMBIGUOUS, candidates=two, gross_error=0.10)
    decision = decided((layer(), 3000), place=place)
    assert (decision.verdict, codes(decision)[0]) == (Verdict.UNDETERMINED, ReasonCode.ADDRESS_AMBIGUOUS)
    assert "Kyrkvägen 3, Norrtälje" in decision.ask_next[0].en
    assert decided((layer(), -3000), place=place).verdict is Verdict.NOT_DELIVERABLE


def test_contradicting_levels_are_said() -> None:
    decision = decided((layer(), 2000), (layer("4g-basic", level=SignalLevel.BASIC), -200))
    assert ReasonCode.LAYERS_DISAGREE in codes(decision)


@given(st.floats(-4000, 4000))
def test_a_flip_flips(distance: float) -> None:
    """Moving the place by the flip's metres towards its bearing gives the verdict that it names."""
    decision = decided((layer(), distance))
    if decision.flips is None:
        return
    east = math.sin(math.radians(decision.flips.bearing_deg)) * (decision.flips.if_moved_m + 0.2)
    assert decided((layer(), distance + east)).verdict is decision.flips.to
    assert decided((layer(), distance + east * 0.98 - math.copysign(0.4, east))).verdict is decision.verdict or abs(east) < 1


def test_other_products_are_offered_by_probability() -> None:
    third = layer("3g", technology=Technology.G3)
    mbb3g = product(code="mbb-3g", any_of=(Need(technology=Technology.G3),))
    antenna = product(code="mbb-4g-antenna", receiver=Receiver.OUTDOOR_ANTENNA, any_of=(Need(technology=Technology.G4),))
    sold = product(alternatives=("mbb-4g-antenna", "mbb-3g"))
    decision = decided((layer(), -3000), (third, 3000), sold=sold, others=(mbb3g, antenna))
    assert [offer.product for offer in decision.alternatives] == ["mbb-3g"]


@pytest.mark.parametrize(
    ("risk", "verdict"),
    [(Risk(), Verdict.UNDETERMINED), (Risk(ask=5000), Verdict.DELIVERABLE), (Risk(mis_sale=500), Verdict.DELIVERABLE)],
)
def test_the_costs_move_the_thresholds(risk: Risk, verdict: Verdict) -> None:
    place = location(15, 100)
    assert decided((layer(), 150), sold=product(risk=risk), place=place).verdict is verdict


def test_json_round_trips_and_keeps_its_id() -> None:
    decision = decided((layer(), 100), (layer("3g", technology=Technology.G3), 800), place=location(15, 100))
    again = Decision.from_dict(json.loads(decision.to_json()))
    assert again == decision
    assert dataclasses.replace(decision, made_at=datetime.now(tz=UTC)).id == decision.id


def test_a_changed_decision_is_refused() -> None:
    data = decided((layer(), -2000)).to_dict() | {"verdict": "deliverable"}
    with pytest.raises(InvalidInput, match="id"):
        Decision.from_dict(data)


def test_a_decision_is_no_boolean() -> None:
    with pytest.raises(TypeError, match="four verdicts"):
        bool(decided((layer(), 2000)))


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_reason_can_be_said_in_both_languages(code: ReasonCode) -> None:
    order = Order(product=product(), on=ON, address=AskedAddress(given="x", kind="address", normalised="X"))
    decision = undetermined(order, code, provenance=PROVENANCE, made_at=MADE_AT)
    assert decision.verdict is Verdict.UNDETERMINED
    for sentence in (decision.sentence.sv, decision.sentence.en):
        assert sentence.endswith((".", "?"))
        assert "{" not in sentence


def test_nothing_changes_with_repetition() -> None:
    place = location(15, 100)
    assert decided((layer(), 30), place=place).id == decided((layer(), 30), place=place).id


def test_availability_arrays_are_not_written_to() -> None:
    place = location()
    a: Availability = straight_edge(layer(), 30, place)
    for array in (a.covered, a.surveyed, a.edge_distance_m):
        array.flags.writeable = False
    order = Order(product=product(), on=ON, address=AskedAddress(given="x", kind="address", normalised="X"))
    decide(order, place, [a], catalogue={}, provenance=PROVENANCE, made_at=MADE_AT)


def test_a_doubt_that_reaches_beyond_the_map_asks_for_a_better_position() -> None:
    """The map speaks about the place itself, so the sentence may not say that the place lies outside it."""
    place = location(300, 1500)
    claim = straight_edge(layer(), 100, place)
    partly = dataclasses.replace(claim, surveyed=claim.edge_distance_m < 500)
    order = Order(product=product(), on=ON, address=AskedAddress(given="x", kind="address", normalised="X"))
    decision = decide(order, place, [partly], catalogue={}, provenance=PROVENANCE, made_at=MADE_AT)
    assert codes(decision)[:2] == [ReasonCode.EDGE_UNCERTAIN, ReasonCode.OUTSIDE_SURVEY_AREA]
    assert decision.ask_next[0].code == "POSITION"
    assert "outside the area" not in decision.sentence.en


def test_retired_names_the_layer_that_would_have_been_enough() -> None:
    gone = date(2025, 10, 1)
    basic = layer("4g-basic", level=SignalLevel.BASIC, valid_until=gone)
    decision = decided((basic, 2000), (layer(valid_until=gone), 2000))
    assert (decision.reasons[0].code, decision.reasons[0].layer) == (ReasonCode.TECHNOLOGY_RETIRED, "4g-good")


def test_what_will_be_had_under_a_condition_is_offered_from_its_day() -> None:
    later = date(2026, 1, 15)
    sold = product(conditions=(Condition.OUTDOOR_ANTENNA,))
    soon = layer("4g-new-basic", level=SignalLevel.BASIC, valid_from=later)
    decision = decided((layer(), -2000), (soon, 2000), sold=sold)
    assert decision.verdict is Verdict.NOT_DELIVERABLE
    [offer] = decision.alternatives
    assert (offer.verdict, offer.condition, offer.from_) == (Verdict.CONDITIONAL, Condition.OUTDOOR_ANTENNA, later)
    now = layer("4g-basic", level=SignalLevel.BASIC)
    assert decided((layer(), -2000), (now, 2000), (soon, 2000), sold=sold).alternatives == ()


def test_no_flip_is_told_where_more_than_one_edge_decides() -> None:
    """A strip of 60 m: along the normal of its nearer edge alone the verdict would be another one."""
    place = location(15, 100)
    near = straight_edge(layer(), 30, place)
    strip = np.minimum(near.edge_distance_m, 60 - near.edge_distance_m)
    claim = dataclasses.replace(near, edge_distance_m=strip, covered=strip >= 0)
    sold = product(risk=Risk(mis_sale=5000, lost_sale=1500, ask=1000))
    order = Order(product=sold, on=ON, address=AskedAddress(given="x", kind="address", normalised="X"))
    decision = decide(order, place, [claim], catalogue={}, provenance=PROVENANCE, made_at=MADE_AT)
    assert decided((layer(), 30), place=place, sold=sold).verdict is not decision.verdict
    assert decision.flips is None


CLAIMED_WHERE = [
    # the layer claims     used             with                    needs
    ("outdoor", "outdoors", "handset", "basic"),
    ("outdoor", "vehicle", "handset", "good"),
    ("outdoor", "indoors", "indoor_router", "good"),
    ("outdoor", "indoors", "handset", "very_good"),
    ("outdoor", "indoors", "outdoor_antenna", "basic"),
    ("vehicle", "outdoors", "handset", "basic"),
    ("vehicle", "vehicle", "handset", "basic"),
    ("vehicle", "indoors", "indoor_router", "good"),
    ("vehicle", "indoors", "handset", "very_good"),
    ("indoor", "outdoors", "handset", "basic"),
    ("indoor", "vehicle", "handset", "basic"),
    ("indoor", "indoors", "indoor_router", "basic"),
    ("indoor", "indoors", "handset", "basic"),
]


@pytest.mark.parametrize(("claimed", "place", "receiver", "needed"), CLAIMED_WHERE)
def test_the_level_needed_depends_on_where_reception_is_claimed(
    claimed: str, place: str, receiver: str, needed: str
) -> None:
    """A claim for the place of use itself has the walls in it; of one for an easier place more is asked."""
    sold = product(place_of_use=PlaceOfUse(place), receiver=Receiver(receiver), any_of=(Need(technology=Technology.G4),))
    for level in SignalLevel:
        found = decided((layer(environment=Environment(claimed), level=level), 3000), sold=sold)
        enough = level.reaches(SignalLevel(needed))
        assert found.verdict is (Verdict.DELIVERABLE if enough else Verdict.NOT_DELIVERABLE)
        assert codes(found)[0] is (ReasonCode.COVERED if enough else ReasonCode.BELOW_REQUIRED_LEVEL)


@pytest.mark.parametrize("claimed", Environment)
def test_a_products_own_level_holds_wherever_reception_is_claimed(claimed: Environment) -> None:
    sold = product(any_of=(Need(technology=Technology.G4, min_level=SignalLevel.GOOD),))
    basic = layer(environment=claimed, level=SignalLevel.BASIC)
    assert decided((basic, 3000), sold=sold).verdict is Verdict.NOT_DELIVERABLE
    assert decided((layer(environment=claimed), 3000), sold=sold).verdict is Verdict.DELIVERABLE


def test_claims_for_different_places_don_t_contradict_each_other() -> None:
    """Good outdoors and nothing indoors is how houses are, not a fault of the maps."""
    indoors = layer("in", environment=Environment.INDOOR, level=SignalLevel.BASIC)
    decision = decided((layer(), 3000), (indoors, -500))
    assert ReasonCode.LAYERS_DISAGREE not in codes(decision)
