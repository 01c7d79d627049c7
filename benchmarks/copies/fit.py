"""`python -m benchmarks.copies.fit`: fit the weights of `matching.judgement` on the tune half, and print them.

1. Examine every query of the tune half; take each reference that the shortlist proposes, right or wrong.
2. Ask about every reference of that half as well, itself and its twins left aside: the other flavours of its carton are
   the look-alikes of somebody else's. For the same reason watch out for the look-alikes and distractors of that half
   too, as if they were somebody's references, wherever no copy is asked about.
3. Leave out wrong references for copies that `siblings.settled` takes care of, judged by the weights so far; so fit
   again with those of the last round, until no weight moves. Copies that were only dressed, with text or a frame, keep
   theirs: so would a stranger dress the other flavour.
4. Fit a logistic regression (Newton's method, a ridge of 0.0006 on standardised terms). Wrong pairs weigh as much in
   all as right ones; look-alikes and whatever was dressed weigh eight times as much as other wrong ones, and two
   photographs of one scene, of which there are few, twelve times: they are what it is about. Pairs in which too little
   agrees to prove anything are left out.
5. Fit the tail of the negatives' highest log-odds: how many are worth a look, and how fast they thin out beyond it.
   The number of references and of those negatives are `STANDARD_REFERENCES` and `DECAY_WEIGHT`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.copies.matchers.ours import read_references
from benchmarks.copies.pictures import Half, Role, read
from benchmarks.copies.queries import Kind, Query, ReferenceFile, build, right_answers
from benchmarks.copies.spread import spread
from matching.judgement import CUT_SHORT, WEIGHTS, WORTH_A_LOOK, cut_short, terms_of, too_little
from matching.library import ReferenceLibrary
from matching.matcher import Matcher
from matching.siblings import ABOUT_EQUAL, CLEARLY_LIKELIER, EXPLAINS
from matching.stages import orb, phash
from matching.views import PictureView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from benchmarks.copies.pictures import PictureSet
    from benchmarks.copies.queries import QuerySet
    from casebook.findings import Evidence

SEED = 2026
RIDGE = 0.0006
HARD, HARDEST = 8.0, 12.0
ROUNDS, SETTLED = 8, 0.01
ITSELF = "the reference itself"
DRESSED = {
    "tiled seller text",
    "badges and banner",
    "frame with text",
    "phone screenshot",
    "border 20%",
    "square pad",
}
# Whoever dressed these put other members of the set into the picture.
SHOWING_OTHERS = {"collage tile", "phone screenshot", "inset 35-55%"}
LOOK_ALIKES = {Kind.LOOK_ALIKE, Kind.LOOK_ALIKE_DRESSED}
HARD_PAIRS = {Kind.DIFFERENT_ITEM, Kind.SAME_ITEM}
_worker: dict[str, Any] = {}


def main() -> None:
    pictures = read(None, SEED)
    queries = build(pictures, Half.TUNE, seed=SEED, sample=None, processes=2)
    asked = (*queries.queries, *_references_themselves(pictures, queries))
    given = (queries.references, _strangers(pictures, queries))
    answers = spread(_pairs, asked, processes=2, prepare=_prepare, given=given, title="fit")
    pairs = list(zip(asked, answers, strict=True))
    weights = _settled_weights(pairs)
    print("WEIGHTS = {")
    for name, value in weights.items():
        print(f'    "{name}": {value:.3f},')
    print("}")
    print(_tail(pairs, weights))


def _references_themselves(pictures: PictureSet, queries: QuerySet) -> list[Query]:
    right = right_answers(pictures, [reference.name for reference in queries.references])
    return [
        Query(
            name=picture.name,
            path=picture.path,
            kind=Kind.LOOK_ALIKE,
            edit=ITSELF,
            cls=picture.cls,
            source=picture.name,
            references=right[picture.name],
        )
        for picture in pictures.of(Role.REFERENCE)
        if picture.half is Half.TUNE
    ]


def _strangers(pictures: PictureSet, queries: QuerySet) -> tuple[ReferenceFile, ...]:
    """Return what is nobody's reference, as references of somebody else."""
    known = {reference.name for reference in queries.references}
    return tuple(
        ReferenceFile(name=picture.name, path=picture.path, cls=picture.cls, kind=picture.kind)
        for role in (Role.LOOK_ALIKE, Role.DISTRACTOR)
        for picture in pictures.of(role)
        if picture.half is Half.TUNE and picture.name not in known
    )


def _prepare(references: tuple[ReferenceFile, ...], strangers: tuple[ReferenceFile, ...]) -> None:
    library = ReferenceLibrary.build(read_references((*references, *strangers)))
    names = {reference.sha256: reference.path for reference in library.references}
    kinds = {view.reference.sha256: view.kind for view in library.views}
    _worker.update(matcher=Matcher(library), names=names, kinds=kinds, strangers={file.name for file in strangers})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A proposed reference: whether it is right or else a stranger's, the terms of its judgement, whether that is cut
    short, and whether it is for how little agrees."""

    right: bool
    stranger: bool
    terms: dict[str, float]
    cut_short: bool
    too_little: bool

    def log_odds(self, weights: Mapping[str, float]) -> float:
        weighed = sum(weights[name] * self.terms[name] for name in weights)
        return min(weighed, CUT_SHORT) if self.cut_short else weighed


def _pairs(query: Query) -> list[_Pair]:
    found = []
    for evidence in _worker["matcher"].findings(PictureView(query.path.read_bytes())):
        weighed = [item for item in evidence if item.stage in (orb.NAME, phash.NAME)]
        best = max((item for item in weighed if item.relation is not None), key=_odds, default=None)
        if best is not None:
            measures, kind = dict(best.measures), _worker["kinds"][best.reference_sha256]
            name = _worker["names"][best.reference_sha256]
            right, stranger = name in query.references, name in _worker["strangers"]
            if (right and query.edit == ITSELF) or (stranger and not _fair(query, name)):
                continue
            found.append(
                _Pair(
                    right=right,
                    stranger=stranger,
                    terms=terms_of(measures, kind),
                    cut_short=cut_short(measures, kind),
                    too_little=too_little(measures),
                )
            )
    return found


def _fair(query: Query, stranger: str) -> bool:
    """Whether it is known that a stranger's reference is not to be seen."""
    return stranger != query.source and not query.kind.copy and query.edit not in SHOWING_OTHERS


def _odds(evidence: Evidence) -> float:
    return -math.inf if evidence.log_odds is None else evidence.log_odds


def _settled_weights(pairs: list[tuple[Query, list[_Pair]]]) -> dict[str, float]:
    weights = dict(WEIGHTS)
    for _ in range(ROUNDS):
        before, weights = weights, _weights(pairs, weights)
        if all(abs(weights[name] - before[name]) < SETTLED for name in weights):
            break
    return weights


def _weights(pairs: list[tuple[Query, list[_Pair]]], weights: Mapping[str, float]) -> dict[str, float]:
    names = list(WEIGHTS)
    rows, right, weight = [], [], []
    for query, found in pairs:
        for pair in _competing(found, weights) if query.kind.copy and query.edit not in DRESSED else found:
            if pair.too_little:
                continue
            rows.append([pair.terms[name] for name in names])
            right.append(pair.right)
            weight.append(1.0 if pair.right else _hardness(query))
    share = np.array(weight)
    is_right = np.array(right)
    share[is_right] = share[~is_right].sum() / is_right.sum()
    return dict(zip(names, _logistic(np.array(rows), is_right, share, names.index("constant")), strict=True))


def _hardness(query: Query) -> float:
    if query.kind in HARD_PAIRS:
        return HARDEST
    return HARD if query.kind in LOOK_ALIKES or query.edit in DRESSED else 1.0


def _competing(found: list[_Pair], weights: Mapping[str, float]) -> list[_Pair]:
    """Leave out what `siblings.settled` takes care of, so far as the terms tell: wrong references beside a clearly
    likelier right one, and wrong ones of which two explain a picture about equally little."""
    likeliest = max((pair.log_odds(weights) for pair in found if pair.right), default=-math.inf)
    return [
        pair
        for pair in found
        if pair.right
        or (
            pair.log_odds(weights) > likeliest - CLEARLY_LIKELIER
            and not any(_tied(pair, other, weights) for other in found if other is not pair)
        )
    ]


def _tied(one: _Pair, other: _Pair, weights: Mapping[str, float]) -> bool:
    return (
        abs(one.log_odds(weights) - other.log_odds(weights)) <= ABOUT_EQUAL
        and max(one.terms["agreeing"], other.terms["agreeing"]) < EXPLAINS
    )


def _logistic(
    terms: NDArray[np.float64], right: NDArray[np.bool_], weight: NDArray[np.float64], constant: int
) -> list[float]:
    mean, spread_of = terms.mean(axis=0), terms.std(axis=0)
    mean[constant], spread_of[constant] = 0.0, 1.0
    scaled = (terms - mean) / spread_of
    ridge = RIDGE * weight.sum() * np.eye(terms.shape[1])
    ridge[constant, constant] = 0.0
    coefficients = np.zeros(terms.shape[1])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-scaled @ coefficients))
        slope = scaled.T @ (weight * (chance - right)) + ridge @ coefficients
        curve = (scaled * (weight * chance * (1 - chance))[:, None]).T @ scaled + ridge
        step = np.linalg.solve(curve, slope)
        coefficients -= step
        if np.abs(step).max() < 1e-9:
            break
    plain = coefficients / spread_of
    plain[constant] = coefficients[constant] - float((mean * plain).sum())
    return [float(value) for value in plain]


def _tail(pairs: list[tuple[Query, list[_Pair]]], weights: dict[str, float]) -> str:
    highest = [
        max((pair.log_odds(weights) for pair in found if not pair.stranger), default=-math.inf)
        for query, found in pairs
        if not query.kind.copy and query.edit != ITSELF
    ]
    excesses = [value - WORTH_A_LOOK for value in highest if value >= WORTH_A_LOOK]
    rate, decay = len(excesses) / len(highest), len(excesses) / sum(excesses)
    return f"STANDARD = Calibration(rate={rate:.3f}, decay={decay:.2f})  # {len(excesses)} of {len(highest)} negatives"


if __name__ == "__main__":
    main()
