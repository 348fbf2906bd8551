"""What fills the gaps of a batch: each number is worked out once, for all the rows that need it."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from coverage_check import wording
from coverage_check.availability import Floats, Rows
from coverage_check.qualification.fill import Column, Texts, fill
from coverage_check.qualification.flips import flips, nearer, no_flips
from coverage_check.qualification.gaps import Columns
from coverage_check.qualification.numbers import millionths, tenths
from coverage_check.qualification.order import Alike
from coverage_check.qualification.outline import Distance, DistanceWords, Outline, Probability, Share, Value
from coverage_check.qualification.stances import Question, Reach
from coverage_check.qualification.weighing import VERDICTS, Weigher

K = TypeVar("K", bound=Hashable)
_FLIP = (b'{"bearing_deg":', b',"if_moved_m":', b',"to":"', b'"}')
_MOST_TENTHS = 50_000
"""Of a metre; all farther distances are said alike."""
_SAID: dict[str, list[bytes]] = {language: [b""] * (_MOST_TENTHS + 1) for language in ("sv", "en")}
"""Language → how each distance is said, by tenths of a metre, as far as any was: they come again and again."""
_VERDICTS = [verdict.value.encode() for verdict in VERDICTS]


class Filling:
    """What fills the gaps of some outlines: columns with an element for each row of a weigher.

    Parameters
    ----------
    own
        The question that all rows ask.
    groups
        The outlines, each with its rows, by their number in the weigher.

    Attributes
    ----------
    in_alike
        int[n]: which of the rows that are asked alike each row is.
    said
        What fills the gaps in a sentence that a row's own words fill.
    """

    def __init__(self, weigher: Weigher, alike: Alike, own: Question, groups: Sequence[tuple[Outline, Rows]]) -> None:
        self._weigher = weigher
        self._reach = weigher.weigh(own).terms.reach
        self._groups = groups
        self.in_alike = np.searchsorted(alike.rows, weigher.rows)
        self.said = {gap: Texts(self.in_alike, texts) for gap, texts in alike.words.items()}
        self._errors_m = np.asarray(alike.errors_m).reshape(-1, 2)[self.in_alike]
        self._edge_m = self._edges_m()
        self._probability: dict[Question, Floats] = {}
        self._said_tenths: dict[int, Rows] = {}
        self._columns: dict[Value, Column] = {}
        self._common: dict[str, Column] = {gap: Texts(self.in_alike, texts) for gap, texts in alike.texts.items()}
        self._common["flips"] = self._flip_texts([(outline, rows) for outline, rows in groups if outline.edges])

    def columns(self, outline: Outline) -> Columns:
        """Give what fills an outline's gaps; only in its own rows it means anything."""
        return self._common | {gap: self._column(value) for gap, value in outline.values.items()}

    def edge_m(self, layers: Sequence[int], rows: Rows) -> Floats:
        """Give float64[layers, rows]: signed metres to the edge, as recorded, where the rows' outline has it measured."""
        edge_m: Floats = self._edge_m[np.array(layers)[:, None], rows]
        return edge_m

    def probability(self, question: Question) -> Floats:
        """Give float64[n]: P_yes of a question, as recorded."""
        if question not in self._probability:
            self._probability[question] = millionths(self._weigher.weigh(question).yes)
        return self._probability[question]

    def _column(self, value: Value) -> Column:
        if value not in self._columns:
            self._columns[value] = self._made(value)
        return self._columns[value]

    def _made(self, value: Value) -> Column:
        match value:
            case Probability(question):
                return self.probability(question)
            case Share(layer):
                return millionths(self._share(layer))
            case Distance(layer):
                edge_m: Floats = self._edge_m[layer]
                return edge_m
            case DistanceWords(layer, language):
                return self._distance_words(layer, language)

    def _edges_m(self) -> Floats:
        around, everyone = self._weigher.surroundings, self._weigher.rows
        edges_m = np.zeros((len(around.layers), len(everyone)))
        if len(self._groups) == 1:
            measured = list(self._groups[0][0].measured)
            edges_m[measured] = tenths(around.edge_distance_m(everyone, measured)).T
            return edges_m
        for layer, rows in _needed((layer, rows) for outline, rows in self._groups for layer in outline.measured):
            edges_m[layer, rows] = tenths(around.edge_distance_m(everyone[rows], [layer])[:, 0])
        return edges_m

    def _distance_words(self, layer: int, language: str) -> Texts:
        if layer not in self._said_tenths:
            said = np.minimum(np.rint(np.abs(self._edge_m[layer]) * 10), _MOST_TENTHS).astype(np.intp)
            _say(np.flatnonzero(np.bincount(said)).tolist())
            self._said_tenths[layer] = said
        return Texts(self._said_tenths[layer], _SAID[language])

    def _share(self, layer: int) -> Floats:
        """Give how likely a layer serves; one that their own question doesn't concern is looked at where it is said only."""
        if layer in self._reach.claims:
            return self._weigher.share(layer, self._reach)
        saying = [rows for outline, rows in self._groups if layer in outline.shares]
        if sum(map(len, saying)) == len(self._weigher.rows):
            return self._weigher.share(layer, Reach((layer,)))
        share, rows = np.zeros(len(self._weigher.rows)), np.sort(np.concatenate(saying))
        share[rows] = self._weigher.some(rows).share(layer, Reach((layer,)))
        return share

    def _flip_texts(self, groups: Sequence[tuple[Outline, Rows]]) -> Texts:
        around, everyone = self._weigher.surroundings, self._weigher.rows
        numbers = {claim.id: number for number, claim in enumerate(around.layers)}
        bearing_deg: dict[int, Floats] = {}
        for layer, rows in _needed((numbers[edge.layer.id], rows) for outline, rows in groups for edge in outline.edges):
            bearing_deg[layer] = np.empty(len(everyone))
            bearing_deg[layer][rows] = around.edge_bearing_deg(everyone[rows], layer)
        alike = {outline.crossing: outline for outline, _ in groups}
        codes, texts = np.zeros(len(everyone), dtype=np.intp), [b"null"]
        for crossing, rows in _needed((outline.crossing, rows) for outline, rows in groups):
            found = no_flips(len(rows))
            for edge in alike[crossing].edges:
                layer = numbers[edge.layer.id]
                edge_m = around.edge_distance_m(everyone[rows], [layer])[:, 0]
                case, errors_m = alike[crossing].case, self._errors_m[rows]
                found = nearer(found, flips(edge, case, errors_m, edge_m, bearing_deg[layer][rows]))
            possible = np.flatnonzero(np.isfinite(found.if_moved_m))
            codes[rows[possible]] = np.arange(len(texts), len(texts) + len(possible))
            bearing, to = tenths(found.bearing_deg) % 360, Texts(found.to.astype(np.intp), _VERDICTS)
            texts += fill(_FLIP, (bearing, tenths(found.if_moved_m), to), possible)
        return Texts(codes, texts)


def _say(tenths_of_a_metre: Sequence[int]) -> None:
    """Put distances into words that weren't yet. Threads may do so at once: what has English has Swedish."""
    for tenth in tenths_of_a_metre:
        if not _SAID["en"][tenth]:
            words = wording.distance_words(tenth / 10)
            _SAID["sv"][tenth], _SAID["en"][tenth] = words.sv.encode(), words.en.encode()


def _needed(pairs: Iterable[tuple[K, Rows]]) -> Iterator[tuple[K, Rows]]:
    """Put together all rows that need the same; each comes once, or the same is worked out twice."""
    needed: dict[K, list[Rows]] = defaultdict(list)
    for key, rows in pairs:
        needed[key].append(rows)
    for key, parts in needed.items():
        yield key, np.concatenate(parts)
