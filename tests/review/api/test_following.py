"""Whoever follows the cursor knows what the casebook says, whatever happens in between."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageOps

from casebook.rulings import Place, PlaceKind
from copycatch.workspace import Workspace
from tests.copycatch.shown_listings import NOW, end_scan, jpeg, match, original, show, watching
from tests.review.api.conftest import LAWFUL, Client, token_for
from tests.review.serving import served

# Listing, seller, picture: two sellers show the same bytes, one of them a mirrored picture besides.
_SHOWN = (("1", "s1", 0), ("2", "s1", 0), ("3", "s2", 0), ("4", "s2", 1), ("5", "s3", 1))
SCOPES = {"infringing": ("listing", "seller", "content"), "licensed": ("listing", "seller"), "unsure": ("listing",),
          "not_a_match": ("listing", "content"), "own_photo": ("content", "seller")}  # fmt: skip


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = watching(tmp_path_factory.mktemp("following") / "space", 1)
    pictures = [jpeg(original(0)), jpeg(ImageOps.mirror(original(0)))]
    show(made, [(listing, seller, pictures[number]) for listing, seller, number in _SHOWN])
    match(made)
    end_scan(made)
    return made


@pytest.fixture(scope="module")
def start(space: Workspace, client: Client) -> Path:
    """A copy of the casebook before anything was decided."""
    copy = space.root / "start.db"
    with space.casebook() as casebook:
        casebook.backup(copy)
    return copy


@pytest.fixture(scope="module")
def client(space: Workspace) -> Iterator[Client]:
    token = token_for(space)
    with served(space) as site:
        yield Client(site, token)


def test_an_act_belongs_to_the_candidates_that_it_named_first(space: Workspace, start: Path, client: Client) -> None:
    begin_again(space, start)
    one, two, *_ = (line["candidate_id"] for line in client.lines("/api/candidates"))
    client.decide(one, act="job-1")
    for named in ([two], [one, two]):
        asked = {"candidates": named, "ruling": "not_a_match", "reviewer": "Ana", "act": "job-1"}
        assert client.post("/api/decisions", asked).status == 409
    assert len(client.get("/api/decisions")["decisions"]) == 1


def begin_again(space: Workspace, start: Path) -> None:
    for end in ("-wal", "-shm"):
        space.casebook_path.with_name(f"casebook.db{end}").unlink(missing_ok=True)
    shutil.copy(start, space.casebook_path)


@dataclass(slots=True)
class Follower:
    """A consumer that keeps what it was told."""

    query: str
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    cursor: str = "0"

    def follow(self, client: Client, limit: int) -> None:
        while True:
            answer = client.ask(f"/api/candidates?{self.query}&withdrawn=true&cursor={self.cursor}&limit={limit}")
            assert answer.status == 200, answer.text
            lines = [json.loads(line) for line in answer.body.splitlines()]
            for line in lines:
                self.known.pop(line["candidate_id"], None)
                if not line["withdrawn"]:
                    self.known[line["candidate_id"]] = line
            self.cursor = answer.headers["copycatch-cursor"]
            if len(lines) < limit:
                return


rulings = st.sampled_from([(ruling, scope) for ruling, scopes in SCOPES.items() for scope in scopes])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("decide"), st.lists(st.integers(0, len(_SHOWN) - 1), min_size=1, max_size=3), rulings),
        st.tuples(st.just("undo"), st.integers(1, 6)),
        st.tuples(st.just("follow"), st.integers(1, 4)),
        st.tuples(st.just("place")),
    ),
    max_size=8,
)


@given(steps=steps, limit=st.integers(1, 6))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
def test_a_consumer_that_follows_the_cursor_ends_with_exactly_what_the_casebook_says(
    space: Workspace, start: Path, client: Client, steps: list[Any], limit: int
) -> None:
    begin_again(space, start)
    ids = sorted(line["candidate_id"] for line in client.lines("/api/candidates"))
    assert len(ids) == len(_SHOWN)
    followers = [Follower(query) for query in ("verdict=copy&verdict=possible", "verdict=infringing", "reviewed=open")]
    for step in steps:
        match step:
            case ("decide", places, (ruling, scope)):
                client.decide(*{ids[place] for place in places}, ruling=ruling, scope=scope, answers=LAWFUL)
            case ("undo", number):
                asked = client.post("/api/decisions/undo", {"decisions": [number], "reviewer": "Ben"})
                assert asked.status in (200, 404)
            case ("follow", few):
                followers[1].follow(client, few)
            case _:
                with space.casebook() as casebook:
                    casebook.add_place(Place(kind=PlaceKind.OWN, place="etsy:s2"), NOW)
                    casebook.settle(NOW)
    for follower in followers:
        follower.follow(client, limit)
        now = client.lines(f"/api/candidates?{follower.query}")
        assert follower.known == {line["candidate_id"]: line for line in now}
        assert client.lines(f"/api/candidates?{follower.query}&cursor={follower.cursor}") == []
    with space.casebook() as casebook:
        for name in ids:
            settled = casebook.settlement(name)
            assert settled is not None
            told = followers[0].known[name]
            assert (told["reviewed"], told["settled_by"], told["direct"], told["review_because"]) == (
                settled.reviewed, settled.settled_by, settled.direct, settled.because,
            )  # fmt: skip
