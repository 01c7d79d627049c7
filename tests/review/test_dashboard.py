"""`/`: what there is to do, what the scans saw, and that nothing strangers wrote does anything there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from casebook.casebook import Casebook
from casebook.types import Purpose, RunState, ScanRun, Task, TaskState, Visit
from copycatch.desk import WorkspaceDesk
from copycatch.workspace import Workspace
from tests.copycatch.filled import STARTED, fill, make_workspace
from tests.review.serving import Site, served


class Tags(HTMLParser):
    """The elements of a page, with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


class LaterDesk(WorkspaceDesk):
    """A desk a day after the scan, so that what it found is within the days of the chart."""

    __slots__ = ()

    def now(self) -> datetime:
        return STARTED + timedelta(days=1)


def test_an_empty_workspace_leads_to_setting_up(tmp_path: Path) -> None:
    with served(make_workspace(tmp_path / "empty")) as site:
        answer = site.ask("/")
    assert (answer.status, answer.headers["location"]) == (303, "/start")


def test_it_tells_what_waits_what_was_not_seen_and_what_each_target_gave(workspace: Workspace) -> None:
    with served(workspace, desk=LaterDesk(workspace)) as site:
        page = Tags(site.ask("/").text)
    words = " ".join(word for word in page.words if word)
    assert "1 open" in words
    assert "1 case new since the last scan began" in words
    assert "shop: 1 page: robots.txt disallows this address" in words
    assert "1 of 3" in words  # pages of the shop
    assert {"href": "/next"}.items() <= next(a for tag, a in page.found if a.get("class") == "button").items()


def test_the_chart_stands_as_a_drawing_and_as_a_table(workspace: Workspace) -> None:
    with served(workspace, desk=LaterDesk(workspace)) as site:
        page = Tags(site.ask("/").text)
    drawn = [attributes for tag, attributes in page.found if tag == "rect"]
    assert [attributes["class"] for attributes in drawn] == ["found"]
    assert "2026-11-21" in page.words


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "'; alert(1) //",
        "{{ 7 * 7 }}{% for x in y %}",
        "</bdi></main><h1>Owned</h1>",
        "\u202egpj.exe\u2066\0\x1b[31m",
        "<svg/onload=alert(1)>" * 500,
        "&lt;script&gt;",
    ],
)
def test_a_hostile_title_is_only_a_title(tmp_path: Path, title: str) -> None:
    plain, hostile = tmp_path / "plain", tmp_path / "hostile"
    shapes = []
    for folder, called in ((plain, "a poster"), (hostile, title)):
        made = make_workspace(folder)
        fill(made, title=called)
        with served(made, desk=LaterDesk(made)) as site:
            answer = site.ask("/")
        page = Tags(answer.text)
        shapes.append([(tag, sorted(attributes)) for tag, attributes in page.found])
        assert not set(answer.text) & set("\0\x1b\u202e\u2066")
        assert len(answer.body) < 30_000
    assert shapes[0] == shapes[1]


def test_nothing_in_a_page_is_inline_or_from_elsewhere(site: Site) -> None:
    for path in ("/", "/nothing"):
        page = Tags(site.ask(path).text)
        for tag, attributes in page.found:
            assert tag != "style"
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            assert tag != "script" or attributes["src"] == "/static/review.js"
            for name in ("src", "href", "action"):
                assert (attributes.get(name) or "/").startswith(("/", "#"))


def test_only_the_last_five_scans_are_told(tmp_path: Path) -> None:
    made = make_workspace(tmp_path / "space")
    fill(made)
    with made.casebook() as casebook:
        _later_scans(casebook, 7)
    with served(made) as site:
        assert site.ask("/").text.count('scope="rowgroup"') == 5


def _later_scans(casebook: Casebook, number: int) -> None:
    for day in range(1, number + 1):
        at = STARTED + timedelta(days=day)
        casebook.begin_run(ScanRun(run_id=f"later-{day}", started_at=at, program="copycatch test", job="{}"))
        page = Task(run_id=f"later-{day}", target="shop", purpose=Purpose.PAGE, url="https://shop.example/")
        casebook.add_tasks([page])
        casebook.record(Visit(task=replace(page, state=TaskState.DONE)))
        casebook.finish_run(f"later-{day}", RunState.FINISHED, at + timedelta(minutes=1), {})


def test_a_page_that_does_not_exist_says_so_and_where_to_go_on(site: Site) -> None:
    answer = site.ask("/no/such/page")
    assert answer.status == 404
    assert "There is nothing here" in answer.text
    assert 'href="/queue"' in answer.text


def test_a_wrong_method_says_which_ones_are_right(site: Site) -> None:
    answer = site.ask("/", "POST", {"Origin": site.url})
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


def test_a_configuration_that_broke_meanwhile_is_told_with_its_remedy(site: Site, workspace: Workspace) -> None:
    (workspace.root / "copycatch.toml").write_text("targets = ")
    answer = site.ask("/")
    assert answer.status == 409
    assert "copycatch.toml" in answer.text
    assert "Traceback" not in answer.text


def test_a_fault_of_the_program_shows_no_more_than_its_kind_and_is_logged_once(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    class FaultyDesk(WorkspaceDesk):
        __slots__ = ()

        def alarms(self, casebook: Casebook) -> list[str]:
            raise RuntimeError("token=secret")

    with served(workspace, desk=FaultyDesk(workspace)) as site:
        answer = site.ask("/")
    assert answer.status == 500
    assert "RuntimeError" in answer.text
    assert "secret" not in answer.text
    assert "Nothing stored is lost" in answer.text
    assert [record.getMessage() for record in caplog.records] == ["GET '/' failed"]
    assert "token=secret" in caplog.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_times_are_in_utc_whatever_the_machine_thinks(site: Site) -> None:
    assert f"{STARTED.astimezone(UTC):%Y-%m-%d %H:%M} UTC" in site.ask("/").text
