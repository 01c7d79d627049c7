"""What other programs can ask for and do, over a real connection."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from casebook.findings import Reference, Work
from casebook.rulings import Place, PlaceKind
from copycatch.workspace import Workspace
from tests.copycatch.filled import HOSTILE_TITLE, STARTED
from tests.review.api.conftest import LAWFUL, Client
from tests.review.serving import Site


def only(client: Client, query: str = "") -> dict[str, Any]:
    (line,) = client.lines(f"/api/candidates{query}")
    return line


@pytest.mark.parametrize(
    "path",
    ["/api/candidates", "/api/candidates/" + "0" * 32, "/api/pictures/" + "0" * 64, "/api/decisions",
     "/api/openapi.json", "/api/", "/api/nothing"],
)  # fmt: skip
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic dDp0"},
     {"Cookie": "copycatch=1"}],
)  # fmt: skip
def test_nothing_is_answered_without_a_token(client: Client, path: str, headers: dict[str, str]) -> None:
    answer = client.site.ask(path, headers=headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(json.loads(answer.body)) == {"message", "remedy"}


def test_a_token_that_was_taken_out_opens_nothing(client: Client, workspace: Workspace) -> None:
    assert client.ask("/api/decisions").status == 200
    with workspace.casebook() as casebook:
        casebook.remove_token(1, STARTED)
    assert client.ask("/api/decisions").status == 401


def test_a_token_changes_nothing_outside_the_interface(client: Client) -> None:
    assert client.ask("/decisions", "POST", body=b"").status == 403


def test_a_line_of_the_feed_tells_listing_seller_work_and_pictures(client: Client) -> None:
    line = only(client)
    assert line["listing_title"] == HOSTILE_TITLE
    assert line["listing_url"] == "https://shop.example/item/1"
    assert (line["seller_name"], line["work_id"], line["work_title"]) == ("@Seller <b>", "W-0001", "Heron <at> dawn")
    assert (line["verdict"], line["reviewed"], line["settled_by"], line["decision"]) == ("copy", "open", None, None)
    for name in ("listing", "side_by_side"):
        assert client.ask(line["pictures"][name]).headers["content-type"] == "image/jpeg"


def test_nothing_of_a_title_ends_a_line(client: Client) -> None:
    body = client.ask("/api/candidates").body
    assert body.isascii()
    assert body.endswith(b"\n")
    assert len(body.decode().splitlines()) == 1


def test_a_candidate_is_given_with_all_its_evidence_decisions_and_own_listings(client: Client) -> None:
    line = only(client)
    client.decide(line["candidate_id"], ruling="infringing", answers=LAWFUL, note="seen in the shop window")
    whole = client.get(f"/api/candidates/{line['candidate_id']}")
    (match,) = whole["matches"]
    assert match["evidence"][0]["because"] == "the hashes differ in 1 of 64 bits"
    (decision,) = whole["decisions"]
    assert decision == whole["decision"]
    assert (decision["decision"], decision["ruling"], decision["answers"]) == ("D-1", "infringing", LAWFUL)
    assert decision["pictures"] == [line["picture_sha256"]]
    assert len(decision["evidence_sha256"]) == 64
    assert whole["first_uses"] == []


def test_what_stands_at_the_owners_own_place_is_told_as_first_use(client: Client, workspace: Workspace) -> None:
    with workspace.casebook() as casebook:
        casebook.add_place(Place(kind=PlaceKind.OWN, place="shop.example"), STARTED)
        casebook.settle(STARTED + timedelta(hours=1))
    line = only(client)
    assert (line["reviewed"], line["settled_by"], line["decision"]) == ("own_shop", "P-1", None)
    (use,) = client.get(f"/api/candidates/{line['candidate_id']}")["first_uses"]
    assert use["url"] == "https://shop.example/item/1"


def test_pictures_are_given_by_hash_as_what_they_are_and_nothing_else_is(client: Client, workspace: Workspace) -> None:
    sha256 = only(client)["picture_sha256"]
    answer = client.ask(f"/api/pictures/{sha256}")
    assert hashlib.sha256(answer.body).hexdigest() == sha256
    assert client.ask(f"/api/pictures/{sha256}", headers={"If-None-Match": answer.headers["etag"]}).status == 304
    page = workspace.blobs().put(b"<html><script>alert(1)</script>")
    for name, status in ((page, 415), ("0" * 64, 404), ("../../copycatch.toml", 404), ("x", 422)):
        refused = client.ask(f"/api/pictures/{name}")
        assert refused.status == status
        assert json.loads(refused.body)["remedy"]


def test_infringing_are_those_that_a_person_confirmed(client: Client) -> None:
    named = only(client)["candidate_id"]
    assert client.lines("/api/candidates?verdict=infringing") == []
    client.decide(named, ruling="infringing", answers=LAWFUL)
    assert only(client, "?verdict=infringing") == only(client, "?reviewed=infringing")
    assert only(client, "?verdict=infringing&verdict=copy&since=2026-11-21T00:00:00Z")["direct"] is True
    for other in ("verdict=to_confirm", "verdict=infringing&verdict=possible", "since=2027-01-01T00:00:00Z"):
        assert client.lines(f"/api/candidates?{other}") == []


def test_a_follower_learns_that_a_candidate_is_infringing_no_more(client: Client) -> None:
    named = only(client)["candidate_id"]
    client.decide(named, ruling="infringing", answers=LAWFUL)
    cursor = client.ask("/api/candidates?verdict=infringing").headers["copycatch-cursor"]
    assert client.post("/api/decisions/undo", {"decisions": [1], "reviewer": "Ben"}).status == 200
    path = f"/api/candidates?verdict=infringing&cursor={cursor}"
    assert client.lines(path) == []
    (line,) = client.lines(f"{path}&withdrawn=true")
    assert line == {
        "withdrawn": True, "candidate_id": named, "change": line["change"], "verdict": "copy", "reviewed": "open",
        "settled_by": None,
    }  # fmt: skip


def test_an_act_that_is_sent_again_is_recorded_once_and_another_one_of_its_name_is_refused(client: Client) -> None:
    named = only(client)["candidate_id"]
    first = client.decide(named, act="job-17", note="as before")
    assert client.decide(named, act="job-17", note="as before") == first
    asked = {"candidates": [named], "ruling": "unsure", "reviewer": "Ana", "act": "job-17", "note": "as before"}
    refused = client.post("/api/decisions", asked)
    assert refused.status == 409
    assert "D-1" in json.loads(refused.body)["message"]
    assert len(client.get("/api/decisions")["decisions"]) == 1


def test_who_decides_on_what_he_no_longer_sees_is_told_so(client: Client) -> None:
    line = only(client)
    client.decide(line["candidate_id"])
    asked = {
        "candidates": [line["candidate_id"]], "ruling": "unsure", "reviewer": "Ben",
        "seen": {line["candidate_id"]: line["change"]},
    }  # fmt: skip
    assert client.post("/api/decisions", asked).status == 409
    assert only(client)["reviewed"] == "not_a_match"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"candidates": ["0" * 32]}, 404),
        ({"candidates": []}, 422),
        ({"candidates": ["x"]}, 422),
        ({"ruling": "infringing"}, 422),
        ({"ruling": "undone"}, 422),
        ({"ruling": "licensed", "scope": "content"}, 422),
        ({"scope": "region"}, 422),
        ({"reviewer": " "}, 422),
        ({"reviewer": "a\nb"}, 422),
        ({"reviewer": "\ud800"}, 422),
        ({"until": "0001-01-01"}, 422),
        ({"until": "9999-12-31"}, 422),
        ({"until": 0}, 422),
        ({"until": "86400"}, 422),
        ({"act": "undo x"}, 422),
        ({"note": "x" * 5001}, 422),
        ({"answers": {"licensed": "perhaps"}}, 422),
        ({"seen": {"0" * 32: 2**70}}, 422),
        ({"unknown": 1}, 422),
        ({"\ud800": 1}, 422),
    ],
)
def test_an_unusable_decision_is_refused_with_its_remedy_and_nothing_is_recorded(
    client: Client, asked: dict[str, Any], status: int
) -> None:
    given = {"candidates": [only(client)["candidate_id"]], "ruling": "not_a_match", "reviewer": "Ana", **asked}
    refused = client.post("/api/decisions", given)
    assert refused.status == status, refused.text
    told = json.loads(refused.body)
    assert told["message"]
    assert told["remedy"]
    assert client.get("/api/decisions") == {"decisions": [], "cursor": 0}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"candidates": ' + b"9" * 5000 + b"}"])
def test_a_body_that_is_no_json_costs_itself(client: Client, body: bytes) -> None:
    answer = client.ask("/api/decisions", "POST", {"Content-Type": "application/json"}, body)
    assert answer.status in (400, 422), answer.text
    assert json.loads(answer.body)["remedy"]


def test_a_request_that_is_too_large_is_refused(client: Client) -> None:
    chunks = (b"x" * 65536 for _ in range(100))
    assert client.ask("/api/decisions", "POST", {"Content-Type": "application/json"}, chunks).status == 413


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"decisions": [99]}, 404), ({"decisions": []}, 422), ({"decisions": [0]}, 422), ({"decisions": [2**60]}, 422),
     ({"decisions": [True]}, 422), ({"decisions": ["1"]}, 422),
     ({"reviewer": "\n"}, 422)],
)  # fmt: skip
def test_what_cannot_be_taken_back_is_told(client: Client, asked: dict[str, Any], status: int) -> None:
    client.decide(only(client)["candidate_id"])
    assert client.post("/api/decisions/undo", {"decisions": [1], "reviewer": "Ana", **asked}).status == status


def test_the_ledger_is_read_on_from_where_it_ended(client: Client) -> None:
    named = only(client)["candidate_id"]
    client.decide(named)
    first = client.get("/api/decisions")
    assert client.post("/api/decisions/undo", {"decisions": [1, 1], "reviewer": "Ben"}).status == 200
    (undoing,) = client.get(f"/api/decisions?cursor={first['cursor']}")["decisions"]
    assert (undoing["ruling"], undoing["undoes"], undoing["reviewer"]) == ("undone", "D-1", "Ben")
    assert json.loads(client.post("/api/decisions/undo", {"decisions": [1], "reviewer": "Ben"}).body) == {
        "decisions": []
    }


@pytest.mark.parametrize(
    "query",
    ["cursor=-1", "cursor=x", "cursor=99999999999999999999", "limit=0", "limit=1001", "verdict=x", "reviewed=copy",
     "since=x", "since=0", "since=1e9",
     "since=0001-01-01T00:00:00%2B14:00", "since=9999-12-31T23:59:59-14:00", "verdcit=copy"],
)  # fmt: skip
def test_an_unusable_query_is_refused(client: Client, query: str) -> None:
    assert client.ask(f"/api/candidates?{query}").status == 422


def test_a_cursor_of_another_casebook_is_a_conflict(client: Client) -> None:
    for path, remedy in (("candidates", "begin again without a cursor"), ("decisions", "begin again with cursor 0")):
        refused = client.ask(f"/api/{path}?cursor=9000000000000")
        assert refused.status == 409
        assert remedy in json.loads(refused.body)["remedy"]


def test_a_broken_configuration_is_told_as_something_that_will_pass(client: Client, workspace: Workspace) -> None:
    workspace.config_path.write_text("[owner\n")
    answer = client.ask("/api/candidates")
    assert answer.status == 503
    assert "copycatch.toml" in json.loads(answer.body)["message"]


def test_no_address_leads_out_of_the_interface_to_a_page(client: Client) -> None:
    for path in ("/api/candidates/%0A", "/api/%0D%0A", "/api/candidates/x%0Ay/z", "/api/..%2F"):
        answer = client.ask(path)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/json")
        assert json.loads(answer.body)["remedy"]


@pytest.mark.parametrize(("kind", "body"), [("application/json", b"{"), ("text/plain", b"{}")])
def test_what_is_no_json_is_told_how_to_send_it(client: Client, kind: str, body: bytes) -> None:
    refused = client.ask("/api/decisions", "POST", {"Content-Type": kind}, body)
    assert refused.status == 400
    assert "application/json" in json.loads(refused.body)["remedy"]


def test_a_request_that_says_it_saw_another_candidate_is_refused(client: Client) -> None:
    asked = {"candidates": [only(client)["candidate_id"]], "ruling": "unsure", "reviewer": "Ana", "seen": {"f" * 32: 1}}
    refused = client.post("/api/decisions", asked)
    assert refused.status == 422
    assert "not among the candidates" in json.loads(refused.body)["message"]
    assert client.get("/api/decisions")["decisions"] == []


def test_a_candidate_that_matches_no_more_is_gone_and_its_decisions_stay(client: Client, workspace: Workspace) -> None:
    named = only(client)["candidate_id"]
    client.decide(named)
    cursor = client.ask("/api/candidates").headers["copycatch-cursor"]
    with workspace.casebook() as casebook:
        casebook.sync_works([], [])
        casebook.refresh_candidates(STARTED + timedelta(days=1))
        assert casebook.settle(STARTED + timedelta(days=1)) == 1
        assert casebook.settle(STARTED + timedelta(days=2)) == 0
        assert casebook.reviewed_counts() == {}
    assert client.ask(f"/api/candidates/{named}").status == 410
    assert client.lines("/api/candidates") == []
    (line,) = client.lines(f"/api/candidates?withdrawn=true&cursor={cursor}")
    assert (line["candidate_id"], line["verdict"], line["withdrawn"]) == (named, "none", True)
    assert client.ask("/api/candidates/" + "0" * 32).status == 404
    assert len(client.get("/api/decisions")["decisions"]) == 1


def test_whoever_follows_misses_nothing_when_candidates_vanish_and_are_back(
    client: Client, workspace: Workspace
) -> None:
    line = only(client)
    work = Work(work_id=line["work_id"], title="Heron")
    ours = Reference(sha256=line["reference_sha256"], work_id=work.work_id, path="heron.jpg")
    cursor = client.ask("/api/candidates").headers["copycatch-cursor"]
    with workspace.casebook() as casebook:
        for days, works, references in ((1, [], []), (2, [work], [ours])):
            casebook.sync_works(works, references)
            casebook.refresh_candidates(STARTED + timedelta(days=days))
            casebook.settle(STARTED + timedelta(days=days))
            assert len(casebook.candidates()) == len(works)
    assert only(client, f"?cursor={cursor}")["candidate_id"] == line["candidate_id"]


def test_the_document_describes_the_interface_alone(client: Client, site: Site) -> None:
    document = client.get("/api/openapi.json")
    assert set(document["paths"]) == {
        "/candidates", "/candidates/{candidate_id}", "/pictures/{sha256}", "/decisions", "/decisions/undo",
    }  # fmt: skip
    assert document["servers"] == [{"url": "/api"}]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["security"]
            assert {"401", "422", "503"} <= set(operation["responses"])
            assert operation["summary"]
    assert site.ask("/openapi.json").status == 404
