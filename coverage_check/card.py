"""A decision as a card for notebooks: HTML with an SVG drawn from the decision's own fields, nothing fetched."""

from html import escape

from coverage_check.decision import Decision, Evidence, Verdict

_FACES = {
    Verdict.DELIVERABLE: ("#1a7f37", "✔", "deliverable"),
    Verdict.CONDITIONAL: ("#9a6700", "◐", "conditional"),
    Verdict.NOT_DELIVERABLE: ("#b42318", "✘", "not deliverable"),
    Verdict.UNDETERMINED: ("#57606a", "?", "undetermined"),
}
_WIDTH_PX = 520
_ROW_PX = 22
_CAP_M = 5000.0


def card_html(decision: Decision) -> str:
    """Draw a decision: the verdict in colour, words and symbol, the sentence, the reasons, and metres to each edge."""
    colour, symbol, word = _FACES[decision.verdict]
    reasons = "".join(f"<li><code>{r.code}</code> {escape(r.message)}</li>" for r in decision.reasons)
    return (
        f'<div style="border-left:6px solid {colour};padding:.4em 1em;max-width:44em;font-family:sans-serif">'
        f'<div style="color:{colour};font-size:1.2em"><b>{symbol} {word}</b> · P {decision.probability_text(2)}</div>'
        f"<div>{escape(decision.product.name)} · {escape(decision.address.normalised)} · {decision.as_of}</div>"
        f"<p>{escape(decision.sentence.en)}<br><i>{escape(decision.sentence.sv)}</i></p>"
        f"<ul>{reasons}</ul>{_edges_svg(decision.evidence)}</div>"
    )


def _edges_svg(evidence: tuple[Evidence, ...]) -> str:
    """Draw metres to the edge of each layer on a square-root scale: right and filled is inside, left is outside."""
    shown = [item for item in evidence if item.edge_distance_m is not None][:8]
    if not shown:
        return ""
    height, middle = _ROW_PX * len(shown) + 4, 330
    rows = []
    for n, item in enumerate(shown):
        metres = item.edge_distance_m or 0.0
        length = 120 * (min(abs(metres), _CAP_M) / _CAP_M) ** 0.5
        left = middle if metres >= 0 else middle - length
        y = n * _ROW_PX
        fill = "#1a7f37" if item.status == "covered" else "#b42318"
        label = escape(f"{item.layer} · {item.status.value.replace('_', ' ')}")
        rows.append(
            f'<text x="0" y="{y + 15}" font-size="12" fill="currentColor">{label}</text>'
            f'<rect x="{left:.1f}" y="{y + 5}" width="{length:.1f}" height="12" fill="{fill}"/>'
            f'<text x="{middle + 126}" y="{y + 15}" font-size="12" fill="currentColor">{metres:+.0f} m</text>'
        )
    axis = f'<line x1="{middle}" y1="0" x2="{middle}" y2="{height}" stroke="currentColor"/>'
    return (
        f'<svg role="img" aria-label="metres to the edge of each layer" width="{_WIDTH_PX}" height="{height}">'
        f"{''.join(rows)}{axis}</svg>"
    )
