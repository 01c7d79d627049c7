import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.copies.edits.truth import Truth, area, box, frame, moved, overlap, scaling, shift

TURN_LEFT = np.array([[0, 1, 0], [-1, 0, 99], [0, 0, 1]], np.float64)


def test_the_overlap_of_two_boxes_is_a_box() -> None:
    assert area(overlap(box(0, 0, 10, 10), box(4, 5, 20, 30))) == pytest.approx(6 * 5)


def test_boxes_apart_do_not_overlap() -> None:
    assert area(overlap(box(0, 0, 10, 10), box(20, 0, 30, 10))) == 0


@given(st.lists(st.floats(0, 2 * np.pi), min_size=6, max_size=6, unique=True), st.floats(-40, 40), st.floats(-40, 40))
def test_the_overlap_is_what_counting_points_says(angles: list[float], x: float, y: float) -> None:
    first = _round_about(sorted(angles[:3]), 0, 0)
    second = _round_about(sorted(angles[3:]), x, y)
    grid = np.stack(np.meshgrid(np.arange(-100, 100, 2), np.arange(-100, 100, 2)), axis=-1).reshape(-1, 2) + 0.37
    counted = 4 * np.count_nonzero(_inside(grid, first) & _inside(grid, second))
    assert area(overlap(first, second)) == pytest.approx(counted, abs=400)


def _round_about(angles: list[float], x: float, y: float) -> np.ndarray:
    return np.column_stack([60 * np.cos(angles) + x, 60 * np.sin(angles) + y])


def _inside(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    along = np.roll(polygon, -1, axis=0) - polygon
    sides = [ax * (points[:, 1] - y) - ay * (points[:, 0] - x) for (x, y), (ax, ay) in zip(polygon, along, strict=True)]
    return np.all(np.array(sides) >= 0, axis=0)


def test_a_crop_shows_its_share() -> None:
    truth = Truth.of((100, 80), (50, 40), shift(-10, -20))
    assert truth.reference_share == pytest.approx(0.25)
    assert truth.picture_share == pytest.approx(1)
    assert truth.edits == {"cropped"}


def test_a_picture_turned_to_the_left_has_an_angle_of_90_degrees() -> None:
    truth = Truth.of((100, 80), (80, 100), TURN_LEFT)
    assert truth.angle == pytest.approx(90)
    assert truth.edits == {"turned"}


def test_a_mirrored_picture_is_mirrored_and_not_turned() -> None:
    truth = Truth.of((100, 80), (100, 80), np.array([[-1, 0, 99], [0, 1, 0], [0, 0, 1]], np.float64))
    assert truth.mirrored
    assert truth.angle == pytest.approx(0)


def test_a_picture_upside_down_and_mirrored_is_turned_by_180_degrees() -> None:
    truth = Truth.of((100, 80), (100, 80), np.array([[1, 0, 0], [0, -1, 79], [0, 0, 1]], np.float64))
    assert truth.mirrored
    assert abs(truth.angle) == pytest.approx(180)


def test_truths_compose_like_the_edits_do() -> None:
    crop = Truth.of((100, 100), (50, 100), shift(-50, 0))
    smaller = Truth.of((50, 100), (25, 50), scaling(0.5, 0.5))
    padded = Truth.of((25, 50), (50, 50), shift(25, 0), "framed")
    truth = crop.then(smaller).then(padded)
    assert truth.reference_share == pytest.approx(0.5)
    assert truth.picture_share == pytest.approx(0.5)
    assert truth.edits == {"cropped", "scaled", "framed"}
    assert moved(truth.transform, frame(50, 50))[2] == pytest.approx([99.5, 99.5])


def test_two_mirrors_undo_each_other() -> None:
    mirror = Truth.of((100, 80), (100, 80), np.array([[-1, 0, 99], [0, 1, 0], [0, 0, 1]], np.float64))
    assert mirror.then(mirror).edits == frozenset()
