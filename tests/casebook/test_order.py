"""The order in which a night's visits are recorded makes no difference."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from casebook.casebook import Casebook
from casebook.types import ListingState, Seller, Visit
from tests.casebook.makers import (
    BLOCKED,
    LIVE,
    at,
    failed_picture_visit,
    gone_visit,
    listing,
    look_visit,
    page_visit,
    picture_visit,
    run,
)

LISTINGS = st.sampled_from(["1", "2"])
PICTURES = ["a", "b", "c"]
TRUSTED = "c"
MINUTES = st.integers(0, 3)


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every column of every table, but for the order and the origin of tasks: both tell of the way taken."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        rows["task"] = connection.execute("SELECT run_id, url, depth, state, note FROM task").fetchall()
    return {table: sorted(found, key=repr) for table, found in rows.items() if table != "_sqlite_migrations"}


@st.composite
def page_visits(draw: st.DrawFn, night: int) -> Visit:
    """A page that could be read, perhaps under a second address, or an unreadable one that still shows something."""
    pictures = draw(st.lists(st.sampled_from(PICTURES), max_size=4))
    state = draw(st.sampled_from([LIVE, ListingState.SOLD_OUT, ListingState.UNKNOWN]))
    item = replace(
        listing(draw(LISTINGS), *pictures, title=draw(st.sampled_from(["A", "B"])), state=state),
        seller=Seller(marketplace="shop", seller_id="7", name=draw(st.sampled_from(["Old", "New"]))),
    )
    suffix = draw(st.sampled_from(["", "?colour=red", "?colour=blue"]))
    visit = page_visit(item, draw(MINUTES), night, url=item.url + suffix)
    asked = tuple(
        replace(task, depth=draw(MINUTES)) for task in visit.discovered if night == 1 or TRUSTED not in task.url[-5:]
    )
    return replace(visit, task=replace(visit.task, target=draw(st.sampled_from(["shop", "other"]))), discovered=asked)


@st.composite
def nights(draw: st.DrawFn, night: int) -> list[Visit]:
    visits = draw(st.lists(page_visits(night), max_size=5))
    if night > 1:
        visits += draw(st.lists(st.builds(gone_visit, LISTINGS, MINUTES, st.just(night)), max_size=2))
        blocked = st.builds(look_visit, LISTINGS, st.just(BLOCKED), MINUTES, st.just(night))
        visits += draw(st.lists(blocked, max_size=1))
    for name in PICTURES:
        if night == 1 or name != TRUSTED:
            content = draw(st.sampled_from([None, "red", "blue"]))
            minutes = draw(MINUTES)
            visits.append(
                picture_visit(name, content, minutes, night) if content else failed_picture_visit(name, minutes, night)
            )
    return list({visit.task.url: visit for visit in visits}.values())  # a URL stands once in a run


def recorded(folder: Path, name: str, *visits_by_night: list[Visit]) -> dict[str, list[tuple[object, ...]]]:
    path = folder / name
    with Casebook.open(path, create=True) as casebook:
        for night, visits in enumerate(visits_by_night, start=1):
            casebook.begin_run(run(night))
            for visit in visits:
                casebook.record(visit)
            casebook.confirm_removals(f"night-{night}", at(60, night))
    return everything(path)


def known_first(visits: list[Visit]) -> list[Visit]:
    """Only a listing known from its page can be looked at in vain: the first night has read both."""
    first = [
        page_visit(listing(name, picture), 0, url=f"https://shop.example/{name}") for name, picture in ("1a", "2b")
    ]
    return [*first, *visits]


# Shrinking would take minutes: each step fills two files.
@settings(max_examples=30, deadline=None, phases=[Phase.generate])
@given(data=st.data(), first=nights(1), second=nights(2), third=nights(3))
def test_the_order_of_visits_makes_no_difference(
    data: st.DataObject, first: list[Visit], second: list[Visit], third: list[Visit]
) -> None:
    as_planned = known_first(first), second, third
    shuffled = [data.draw(st.permutations(visits)) for visits in as_planned]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        assert recorded(Path(folder), "a.db", *shuffled) == recorded(Path(folder), "b.db", *as_planned)
