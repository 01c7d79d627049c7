import hashlib
from pathlib import Path

import numpy as np

from benchmarks.calibration import Stranger, poisson_interval, report
from benchmarks.copies.queries import AS_IS, Kind, Query, ReferenceFile
from casebook.findings import WorkKind

LIBRARY = (ReferenceFile(name="ours", path=Path("ours.jpg"), cls="ours", kind=WorkKind.PHOTO),)


def strangers(scale: float, seed: int) -> list[Stranger]:
    """A thousand pictures with log-odds from -10 on."""
    rng = np.random.default_rng(seed)
    return [
        Stranger(
            query=Query(
                name=hashlib.sha256(f"{seed} {number}".encode()).hexdigest(), path=Path(), kind=Kind.DIFFERENT_ITEM,
                edit=AS_IS, cls="", source="", references=(),
            ),
            log_odds={"ours": -10 + float(odds), "another owner's": 9.0},
        )
        for number, odds in enumerate(rng.exponential(scale, 1000))
    ]  # fmt: skip


def test_predictions_hold_on_pictures_like_those_learnt_from_and_fail_on_others() -> None:
    cache = strangers(1.8, 1)
    failed = [
        sum("**no**" in report(LIBRARY, cache, strangers(scale, seed)) for seed in range(2, 12)) for scale in (1.8, 4)
    ]
    assert failed[0] <= 2
    assert failed[1] == 10


def test_the_interval_of_a_poisson_count_is_that_of_its_tables() -> None:
    assert [poisson_interval(mean) for mean in (0.3, 3.0, 10.0, 100.0)] == [(0, 2), (0, 7), (4, 17), (81, 120)]
