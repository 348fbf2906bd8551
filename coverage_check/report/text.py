"""A decision and a list of layers as plain text for a terminal."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from coverage_check.coverage.quality import Finding, Quality
from coverage_check.curve import Curve
from coverage_check.decision import Alternative, Decision, Evidence, Verdict
from coverage_check.layer import Layer

_SYMBOLS = {
    Verdict.DELIVERABLE: ("✔", "32"),
    Verdict.CONDITIONAL: ("◐", "33"),
    Verdict.NOT_DELIVERABLE: ("✘", "31"),
    Verdict.UNDETERMINED: ("?", "35"),
}


def verdict_text(verdict: Verdict, *, colour: bool = False) -> str:
    """Give a verdict as symbol and words; colour only adds to them."""
    symbol, code = _SYMBOLS[verdict]
    text = f"{symbol} {verdict.value.replace('_', ' ').upper()}"
    return f"\x1b[1;{code}m{text}\x1b[0m" if colour else text


def decision_text(decision: Decision, *, colour: bool = False) -> str:
    """Lay a decision out for a person: the verdict, why, what instead, what to ask, and what to say."""
    use = f"{decision.use.place} with {decision.use.receiver}".replace("_", " ")
    lines = [
        f"{verdict_text(decision.verdict, colour=colour)}   {decision.product.name} ({decision.product.code}), {use}",
        (
            f"{decision.address.normalised or decision.address.given} on {decision.as_of}"
            f" · probability that it works {decision.probability_text(3)}"
        ),
    ]
    rows = [("why", f"{reason.code}: {reason.message}") for reason in decision.reasons]
    rows += [("map", _evidence_text(item)) for item in decision.evidence[:4]]
    rows += [("place", _place_text(decision))] if decision.location else []
    rows += [("flips", _flip_text(decision))] if decision.flips else []
    rows += [("instead", offer_text(offer)) for offer in decision.alternatives]
    rows += [("ask", question.en) for question in decision.ask_next]
    rows += [("say", f"sv: {decision.sentence.sv}"), ("say", f"en: {decision.sentence.en}")]
    rows += [("record", f"decision {decision.id[:12]} from snapshot {decision.provenance.snapshot[:12]}")]
    return "\n".join([*lines, *_labelled(rows)])


def _labelled(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Put a label before the first row of each kind."""
    lines, last = [], ""
    for label, text in rows:
        lines.append(f"  {label if label != last else '':8s}{text}")
        last = label
    return lines


def _evidence_text(item: Evidence) -> str:
    distance = "" if item.edge_distance_m is None else f", {_metres(item.edge_distance_m)}"
    return f"{item.layer}: {item.status.value.replace('_', ' ')}{distance} (published {item.published})"


def _metres(edge_distance_m: float) -> str:
    side = "inside the edge" if edge_distance_m >= 0 else "outside"
    return f"{abs(edge_distance_m):,.0f} m {side}"


def _place_text(decision: Decision) -> str:
    place = decision.location
    if place is None:
        return "not found"
    doubt = f"95 % within {place.cep95_m:.0f} m"
    return f"{place.lat:.5f}, {place.lon:.5f} · {place.level.value}, {place.match.value} match, {doubt}"


def _flip_text(decision: Decision) -> str:
    if decision.flips is None:
        return ""
    flip = decision.flips
    word = flip.to.value.replace("_", " ")
    return f"{word} if the place were {flip.if_moved_m:,.0f} m off towards {flip.bearing_deg:.0f}°"


def offer_text(offer: Alternative) -> str:
    """Say one alternative on one line."""
    condition = f" {offer.condition.value.replace('_', ' ')}" if offer.condition else ""
    start = f" from {offer.from_}" if offer.from_ else ""
    spot = f" at {offer.lat:.5f}, {offer.lon:.5f}" if offer.lat is not None and offer.lon is not None else ""
    return f"{offer.product}{' with' if condition else ''}{condition}{start}{spot} · probability {offer.probability:.3f}"


def layers_text(layers: Sequence[Layer]) -> str:
    """List layers, one a line, with what they claim, for how long, and how much."""
    width = max(len("layer"), *(len(layer.id) for layer in layers))
    lines = [f"{'layer':{width}s}  tech  level      service  km²        valid                    stale after  network"]
    for layer in layers:
        valid = f"{layer.valid_from or '…'} – {layer.valid_until or '…'}"
        lines.append(
            f"{layer.id:{width}s}  {layer.technology:4s}  {layer.level or '?':9s}  {layer.service:7s}"
            f"  {layer.area_km2:<9,.1f}  {valid:23s}  {layer.stale_after}   {layer.network}"
        )
    lines += [f"measured  {layer.id}: {_curve_text(layer.curve)}" for layer in layers if layer.curve]
    return "\n".join(lines)


def _curve_text(curve: Curve) -> str:
    """Say what decisions take instead of a layer's declared reliability, and what it rests on."""
    days = f"{curve.first_day} – {curve.last_day}" if curve.last_day else "day unknown"
    near, far = curve.points[0], curve.points[-1]
    return (
        f"{curve.share:.1%} of {curve.readings:,} readings inside had {curve.threshold_dbm:g} dBm or more "
        f"(95 %: {curve.low:.1%} to {curve.high:.1%}), "
        f"from {near[1]:.1%} at {near[0]:.0f} m to {far[1]:.1%} at {far[0]:.0f} m; "
        f"{curve.environment}, {curve.receiver}, {days}{curve.measured_by and ', by ' + curve.measured_by}"
    )


def quality_text(quality: Quality) -> str:
    """List what the import found, one finding a line."""
    if not quality.findings:
        return "nothing to look at was found"
    return "\n".join(_finding_text(finding) for finding in quality.findings)


def _finding_text(finding: Finding) -> str:
    place = "" if finding.lat is None or finding.lon is None else f" Look at {finding.lat:.6f}, {finding.lon:.6f}."
    return f"note  {' and '.join(finding.layers)}: {finding.code}: {finding.sentence}{place}"


def layers_json(snapshot: str, layers: Sequence[Layer], quality: Quality) -> str:
    """Give layers and their quality as JSON."""
    content = {"snapshot": snapshot, "layers": [asdict(layer) for layer in layers], "quality": quality.to_dict()}
    return json.dumps(content, ensure_ascii=False, indent=2, default=str)
