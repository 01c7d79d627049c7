import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.copies.edits.truth import Truth, shift
from benchmarks.copies.matchers import Answer, Found
from benchmarks.copies.metrics import (
    Answered,
    by,
    confusion,
    found_above,
    found_as_copy,
    geometry_errors,
    micro_average_precision,
    namings,
    threshold,
)
from benchmarks.copies.queries import Kind, Query


def _result(kind: Kind, right: tuple[str, ...], *found: tuple[str, float, str]) -> Answered:
    query = Query(
        name="q", path=Path("q.jpg"), kind=kind, edit="mirrored", cls="art", source="s", references=right, truth=None
    )
    named = tuple(Found(reference=name, score=score, verdict=verdict) for name, score, verdict in found)
    return Answered(query=query, answer=Answer(query="q", found=named, milliseconds=1.0))


PERFECT = [
    _result(Kind.EDITED, ("a",), ("a", 0.9, "copy")),
    _result(Kind.EDITED, ("b",), ("b", 0.8, "copy")),
    _result(Kind.DISTRACTOR, ()),
]
ACCUSED = [*PERFECT, _result(Kind.LOOK_ALIKE, (), ("a", 0.85, "possible"))]


def test_finding_all_and_nothing_else_is_a_precision_of_one() -> None:
    assert micro_average_precision(PERFECT) == pytest.approx(1)
    assert threshold(PERFECT) == -math.inf


def test_a_wrong_answer_between_two_right_ones_costs_a_sixth() -> None:
    assert micro_average_precision(ACCUSED) == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_what_is_never_found_counts_as_lost() -> None:
    assert micro_average_precision([*PERFECT, _result(Kind.EDITED, ("c",))]) == pytest.approx(2 / 3)


def test_equal_scores_gain_nothing_by_their_order() -> None:
    tied = [_result(Kind.DISTRACTOR, (), ("a", 0.5, "copy")), _result(Kind.EDITED, ("a",), ("a", 0.5, "copy"))]
    assert micro_average_precision(tied) == micro_average_precision(tied[::-1]) == pytest.approx(0.5)


def test_recall_at_no_false_positive_counts_what_scores_above_the_surest_wrong_answer() -> None:
    assert threshold(ACCUSED) == 0.85
    assert found_above(ACCUSED, threshold(ACCUSED)) == (1, 2)


def test_another_reference_named_for_a_copy_is_a_wrong_answer() -> None:
    assert threshold([_result(Kind.EDITED, ("a",), ("a", 0.9, "copy"), ("b", 0.7, "possible"))]) == 0.7


def test_a_declared_twin_is_no_wrong_answer() -> None:
    twins = [_result(Kind.NATURAL, ("a", "b"), ("a", 0.9, "copy"), ("b", 0.7, "copy"))]
    assert threshold(twins) == -math.inf
    assert micro_average_precision(twins) == pytest.approx(1)


def test_only_the_verdict_copy_counts_as_found_for_sure() -> None:
    assert found_as_copy([*PERFECT, _result(Kind.EDITED, ("c",), ("c", 0.3, "possible"))]) == (2, 3)


def test_the_confusion_table_counts_every_query_once() -> None:
    counts = confusion(ACCUSED)
    assert counts["edited"] == {"copy": 2}
    assert counts["look-alike"] == {"possible": 1}
    assert counts["distractor"] == {"nothing found": 1}


def test_results_are_grouped_by_edit() -> None:
    assert {name: len(group) for name, group in by(PERFECT, lambda query: query.kind.value).items()} == {
        "edited": 2,
        "distractor": 1,
    }


def _with_truth(**extras: object) -> Answered:
    truth = Truth.of((100, 80), (50, 40), shift(-10, -20), "covered")
    query = Query(
        name="q",
        path=Path("q.jpg"),
        kind=Kind.EDITED,
        edit="crop",
        cls="art",
        source="s",
        references=("a",),
        truth=truth.record(),
    )
    return Answered(
        query=query,
        answer=Answer(query="q", found=(Found(reference="a", score=1.0, extras=dict(extras)),), milliseconds=1.0),
    )


def test_geometry_that_is_off_is_measured_as_far_as_it_is_off() -> None:
    turn = math.radians(3)
    spin = np.array([[math.cos(turn), math.sin(turn), 0], [-math.sin(turn), math.cos(turn), 0], [0, 0, 1]])
    off = shift(10, 20) @ np.linalg.inv(spin)
    errors = geometry_errors([_with_truth(transform=off.ravel().tolist(), reference_share=0.3)])
    assert errors.share == (pytest.approx(0.05),)
    assert errors.angle == (pytest.approx(3),)
    true = geometry_errors([_with_truth(transform=shift(10, 20).ravel().tolist(), reference_share=0.25)])
    assert true.corner == (pytest.approx(0, abs=1e-9),)


def test_edits_named_are_counted_by_name() -> None:
    names, exact = namings([_with_truth(edits=["cropped", "mirrored"]), _with_truth(edits=["cropped", "covered"])])
    assert (names["cropped"].there, names["cropped"].both) == (2, 2)
    assert (names["mirrored"].there, names["mirrored"].named) == (0, 1)
    assert exact == 0.5
