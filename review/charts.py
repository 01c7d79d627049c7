"""The chart of the dashboard as inline SVG: numbers go in, coordinates come out; the template draws them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 720, 160
SERIES = (("found", "candidates found"), ("decided", "decisions"), ("removed", "listings removed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar, in the coordinates of the drawing."""

    x: float
    y: float
    width: float
    height: float
    series: str
    day: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Days side by side, each with a bar for each series; `days` are the rows of its table."""

    bars: tuple[Bar, ...]
    days: tuple[Mapping[str, Any], ...]
    highest: int
    first: str
    last: str


def chart(history: Sequence[Mapping[str, Any]], today: date, days: int) -> Chart | None:
    """Return the chart of the last `days` days; None where nothing happened in them."""
    known = {str(row["day"]): row for row in history}
    dates = [(today - timedelta(days=days - 1 - back)).isoformat() for back in range(days)]
    rows = [known[day] for day in dates if day in known]
    highest = max((int(row[name]) for row in rows for name, _ in SERIES), default=0)
    if not highest:
        return None
    step = WIDTH / days
    width = max(1.0, step * 0.8 / len(SERIES))
    bars = []
    for place, day in enumerate(dates):
        for number, (name, _) in enumerate(SERIES):
            value = int(known[day][name]) if day in known else 0
            if value:
                height = max(1.5, round(HEIGHT * value / highest, 1))
                x, y = round(place * step + number * width, 1), round(HEIGHT - height, 1)
                bars.append(Bar(x=x, y=y, width=round(width, 1), height=height, series=name, day=day, value=value))
    return Chart(bars=tuple(bars), days=tuple(rows), highest=highest, first=dates[0], last=dates[-1])
