from __future__ import annotations

import pytest

from casebook.frontier import Shortfall
from casebook.listings import Health, LayoutRead
from casebook.types import Purpose, TaskState
from copycatch.coverage import alarms, health_alarms, recalled

SEEN = {"target": "shop", "pages_done": 3, "listings": 2, "pages_unknown_layout": 0}
UNREAD = "robots.txt could not be read (Connection was refused), so nothing of this site is fetched tonight"


def shortfall(
    why: str, *, tasks: int = 1, purpose: Purpose = Purpose.PAGE, state: TaskState = TaskState.REFUSED
) -> Shortfall:
    return Shortfall(target="shop", purpose=purpose, state=state, why=why, tasks=tasks, example="http://a.example/1")


def test_pages_of_an_unknown_layout_are_told() -> None:
    (sentence,) = alarms([SEEN | {"pages_unknown_layout": 2}], [])
    assert sentence.startswith("shop: 2 pages of listings built in a way that is not known")


def test_a_whole_scan_has_no_alarm() -> None:
    assert list(alarms([SEEN], [])) == []


def test_a_target_that_gave_nothing_comes_first() -> None:
    found = list(alarms([SEEN | {"pages_done": 0, "listings": 0}], [shortfall(UNREAD, tasks=7)]))
    assert found == ["Nothing could be seen at shop.", f"shop: 7 pages: {UNREAD}, such as http://a.example/1"]


def test_pages_without_any_listing_are_an_alarm() -> None:
    assert list(alarms([SEEN | {"listings": 0}], [])) == ["No listing was found at shop, on 3 pages."]


@pytest.mark.parametrize(
    ("purpose", "one", "many"),
    [(Purpose.PAGE, "1 page", "2 pages"), (Purpose.PICTURE, "1 picture", "2 pictures")],
)
def test_reasons_stand_in_the_singular_and_in_the_plural(purpose: Purpose, one: str, many: str) -> None:
    (single,) = alarms([SEEN], [shortfall("HTTP 500", purpose=purpose)])
    (several,) = alarms([SEEN], [shortfall("HTTP 500", purpose=purpose, tasks=2)])
    assert single == f"shop: {one}: HTTP 500: http://a.example/1"
    assert several == f"shop: {many}: HTTP 500, such as http://a.example/1"


def test_a_lost_robots_txt_is_told_once_by_the_pages_behind_it() -> None:
    robots = shortfall("Connection was refused", purpose=Purpose.ROBOTS, state=TaskState.FAILED)
    assert len(list(alarms([SEEN], [robots, shortfall(UNREAD)]))) == 1
    assert len(list(alarms([SEEN], [robots]))) == 1


def test_what_was_not_reached_needs_no_reason() -> None:
    (sentence,) = alarms([SEEN], [shortfall("", state=TaskState.PENDING, tasks=4)])
    assert sentence == "shop: 4 pages: not reached yet, such as http://a.example/1"


def health(looks: int, read: int, pictures: int) -> dict[str, Health]:
    return {"shop": Health(looks=looks, looks_read=read, pictures=pictures)}


GOOD = [health(20, 20, 100), health(40, 38, 190)]


def test_a_site_whose_pages_are_read_as_well_as_before_alarms_nobody() -> None:
    assert list(health_alarms(health(20, 18, 80), GOOD)) == []
    assert list(health_alarms(health(20, 2, 2), [])) == []
    assert list(health_alarms(health(3, 0, 0), GOOD)) == []


def test_a_site_whose_pages_can_hardly_be_read_any_more_is_an_alarm_of_the_same_scan() -> None:
    (sentence,) = health_alarms(health(20, 12, 60), GOOD)
    assert "only 12 of 20 pages of listings could be read, where 98% could be before" in sentence


def test_a_site_whose_listings_show_fewer_pictures_is_an_alarm_of_the_same_scan() -> None:
    (sentence,) = health_alarms(health(20, 20, 60), GOOD)
    assert "3.0 pictures each, where they showed 5.0 before" in sentence


def test_listings_read_by_a_layout_that_is_only_recalled_are_told() -> None:
    def read(marketplace: str, layout: str) -> list[str]:
        return list(recalled([LayoutRead(target="shop", marketplace=marketplace, layout=layout, listings=2)]))

    assert "2 listings were read by the layout 'rawData', which is only recalled" in read("temu", "rawData")[0]
    assert read("ebay", "item 2025") == read("generic", "bare") == []
