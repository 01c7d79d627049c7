"""The chart: bars within the drawing, as high as their numbers."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from review.charts import HEIGHT, SERIES, WIDTH, chart

TODAY = date(2026, 11, 23)
NUMBER = st.integers(0, 10**6)


def row(back: int, found: int = 0, decided: int = 0, removed: int = 0) -> dict[str, object]:
    day = (TODAY - timedelta(days=back)).isoformat()
    return {"day": day, "found": found, "decided": decided, "removed": removed}


def test_there_is_no_chart_of_nothing() -> None:
    assert chart([], TODAY, 60) is None
    assert chart([row(3)], TODAY, 60) is None


def test_what_happened_before_its_days_is_not_in_it() -> None:
    assert chart([row(60, found=5)], TODAY, 60) is None
    drawn = chart([row(59, found=5), row(60, found=9)], TODAY, 60)
    assert drawn is not None
    assert (drawn.first, drawn.last, drawn.highest, len(drawn.bars)) == ("2026-09-25", "2026-11-23", 5, 1)


@given(st.dictionaries(st.integers(0, 59), st.tuples(NUMBER, NUMBER, NUMBER)))
def test_bars_lie_within_the_drawing_and_none_on_another(days: dict[int, tuple[int, int, int]]) -> None:
    drawn = chart([row(back, *numbers) for back, numbers in days.items()], TODAY, 60)
    numbers = [number for values in days.values() for number in values if number]
    if drawn is None:
        assert not numbers
        return
    assert len(drawn.bars) == len(numbers)
    assert drawn.highest == max(numbers)
    for bar in drawn.bars:
        assert 0 <= bar.x <= WIDTH - bar.width
        assert bar.y >= 0
        assert abs(bar.y + bar.height - HEIGHT) < 0.1
    places = sorted((bar.x, bar.x + bar.width) for bar in drawn.bars)
    assert all(later - end > -0.11 for (_, end), (later, _) in pairwise(places))
    assert {bar.series for bar in drawn.bars} <= {name for name, _ in SERIES}
