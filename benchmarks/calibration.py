"""How many strangers' pictures look like copies, and how many were predicted?

1. Strangers' pictures are the negatives of the copies benchmark: look-alikes and distractors, each as it is and dressed
   once, and the second pictures of the hard pairs. The library is that benchmark's, too.
2. The tune half plays the owner's cache: its highest log-odds are counted as a casebook counts them, and learnt from.
3. The report half was never seen. A picture is a false alarm at a budget where no more false alarms than that are
   expected at its highest log-odds; predicted are as many as the budget says, whatever the verdict.
4. The count holds where it lies inside the 95 % of a Poisson distribution around the prediction. A picture and its
   dressed self are no two independent pictures, so each counts once, dressed or not by its hash; the second table
   counts both.
5. Each class of references is then the whole library of one owner: what is learnt against the standard.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.copies.matchers.ours import read_references
from benchmarks.copies.pictures import Half, read
from benchmarks.copies.queries import AS_IS, Kind, build
from benchmarks.copies.spread import spread
from casebook.tail import Tail
from matching.calibration import PER, learnt, standard
from matching.judgement import LIKELY, WORTH_A_LOOK
from matching.library import ReferenceLibrary
from matching.matcher import Matcher
from matching.views import PictureView

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from benchmarks.copies.queries import Query, ReferenceFile
    from matching.calibration import Calibration

SEED = 2026
PROCESSES = 2
BUDGETS = (100.0, 1_000.0, 5_000.0)
STRANGERS = tuple(kind for kind in Kind if not kind.copy)
SHARE = 0.95
_worker: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A picture that copies nothing, and its log-odds with every reference that was proposed for it."""

    query: Query
    log_odds: dict[str, float]

    @property
    def independent(self) -> bool:
        """Whether it is the one of a picture and its dressed self that counts."""
        dressed = int(self.query.name[:8], 16) % 2 == 1
        both = self.query.kind not in (Kind.DIFFERENT_ITEM, Kind.SAME_ITEM)
        return not both or (self.query.edit != AS_IS) is dressed

    def highest(self, references: Collection[str]) -> float:
        """Return the highest log-odds with one of these references; -inf where none was proposed."""
        return max((odds for name, odds in self.log_odds.items() if name in references), default=-math.inf)


def measure() -> str:
    """Return the section of RESULTS.md."""
    pictures = read(None, SEED)
    halves, library = [], ()
    for half in Half:
        asked = build(pictures, half, seed=SEED, sample=None, processes=PROCESSES, kinds=STRANGERS)
        library = asked.references
        found = spread(
            _examined, asked.queries, processes=PROCESSES, prepare=_prepare, given=(library,), title=f"{half} strangers"
        )
        halves.append(list(found))
    cache, unseen = halves
    return report(library, cache, unseen)


def report(library: Sequence[ReferenceFile], cache: Sequence[Stranger], unseen: Sequence[Stranger]) -> str:
    """Return what was predicted from the cache and what was observed on the unseen pictures, as Markdown."""
    names = {reference.name for reference in library}
    alone = [[stranger for stranger in half if stranger.independent] for half in (cache, unseen)]
    about = (
        f"{len(library)} references. Learnt from strangers' pictures of the tune half, observed on those of the report "
        "half. A false alarm is any picture whose expected false alarms lie within the budget, whatever its verdict."
    )
    owners = (
        "Each class of references as the library of one owner: pictures worth a look (log-odds of "
        f"{WORTH_A_LOOK:g} and more)"
    )
    parts = (
        "## How sure: false alarms predicted and observed",
        about,
        "Each picture once, as it is or dressed:",
        _predictions(alone[0], alone[1], names),
        "Each picture as it is and dressed, which are not independent:",
        _predictions(cache, unseen, names),
        owners,
        _owners(library, alone[0], alone[1]),
    )
    return "\n\n".join(parts)


def poisson_interval(mean: float) -> tuple[int, int]:
    """Return the counts between which 95 % of a Poisson distribution lie, 2.5 % at most beyond either end."""
    beyond = (1 - SHARE) / 2
    count, upto = 0, math.exp(-mean)
    while upto <= beyond:
        count += 1
        upto += math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    low = count
    while upto < 1 - beyond:
        count += 1
        upto += math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    return low, count


def _predictions(cache: Sequence[Stranger], unseen: Sequence[Stranger], names: Collection[str]) -> str:
    fit = learnt(_tail(cache, names))
    columns = (
        f"budget per {PER:,}", "pictures learnt from", "unseen pictures", "predicted", "observed", "95 % of Poisson",
        "holds",
    )  # fmt: skip
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for budget in BUDGETS:
        mean = budget * len(unseen) / PER
        low, high = poisson_interval(mean)
        observed = sum(fit.expected_false_alarms(stranger.highest(names)) <= budget for stranger in unseen)
        holds = "yes" if low <= observed <= high else "**no**"
        lines.append(
            f"| {budget:,.0f} | {len(cache)} | {len(unseen)} | {mean:.1f} | {observed} | {low} to {high} | {holds} |"
        )
    return "\n".join(
        [*lines, "", f"Learnt: {_words(fit)}. {_words(standard(len(names))).capitalize()} by the standard."]
    )


def _owners(library: Sequence[ReferenceFile], cache: Sequence[Stranger], unseen: Sequence[Stranger]) -> str:
    lines = [
        "| references | of them | standard predicts | learnt predicts | observed | 95 % of Poisson | of unseen |",
        "|---|---|---|---|---|---|---|",
    ]
    for cls in dict.fromkeys(reference.cls for reference in library):
        names = {reference.name for reference in library if reference.cls == cls}
        fits = standard(len(names)), learnt(_tail(cache, names))
        first, second = (len(unseen) * fit.expected_false_alarms(WORTH_A_LOOK) / PER for fit in fits)
        observed = sum(stranger.highest(names) >= WORTH_A_LOOK for stranger in unseen)
        low, high = poisson_interval(second)
        lines.append(
            f"| {cls} | {len(names)} | {first:.1f} | {second:.1f} | {observed} | {low} to {high} | {len(unseen)} |"
        )
    return "\n".join(lines)


def _tail(strangers: Iterable[Stranger], names: Collection[str]) -> Tail:
    """Count what a casebook that knows only these references would tell."""
    highest = [stranger.highest(names) for stranger in strangers]
    excesses = [odds - WORTH_A_LOOK for odds in highest if WORTH_A_LOOK <= odds < LIKELY]
    suspected = sum(odds >= LIKELY for odds in highest)
    return Tail(
        pictures=len(highest) - suspected,
        reached=len(excesses),
        excess=sum(excesses),
        suspected=suspected,
        references=len(names),
    )


def _words(fit: Calibration) -> str:
    return f"{fit.rate:.2%} of pictures reach log-odds of {WORTH_A_LOOK:g}, with a decay of {fit.decay:.2f}"


def _prepare(references: tuple[ReferenceFile, ...]) -> None:
    library = ReferenceLibrary.build(read_references(references))
    names = {reference.sha256: reference.path for reference in library.references}
    _worker.update(matcher=Matcher(library), names=names)


def _examined(query: Query) -> Stranger:
    found: dict[str, float] = {}
    for evidence in _worker["matcher"].findings(PictureView(query.path.read_bytes())):
        odds = [item.log_odds for item in evidence if item.log_odds is not None]
        if odds:
            found[_worker["names"][evidence[0].reference_sha256]] = max(odds)
    return Stranger(query=query, log_odds=found)
