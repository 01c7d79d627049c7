"""`copycatch decide`, `licences` and `places`: people's words, from the command line into the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from casebook.deciding import DecidingError, reviewer_of
from casebook.rulings import Ruling
from copycatch.output import plain
from copycatch.permissions import PermissionsError, place_of
from tests.copycatch.filled import HOSTILE_TITLE

if TYPE_CHECKING:
    from copycatch.workspace import Workspace
    from tests.copycatch.conftest import Run

LAWFUL = ("licensed=no", "own_upload=no", "fair_use=no", "same_picture=yes")
ANSWERED = tuple(word for answer in LAWFUL for word in ("--answer", answer))


def listed(run: Run, workspace: Workspace, *options: str) -> list[dict[str, Any]]:
    done = run("candidates", "--json", *options, workspace=workspace)
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def the_id(run: Run, workspace: Workspace) -> str:
    (record,) = listed(run, workspace, "--all")
    return str(record["candidate_id"])


def test_a_cleared_candidate_is_left_out_and_counted_and_shown_with_its_reason_where_asked(
    filled: Workspace, run: Run
) -> None:
    done = run("decide", the_id(run, filled)[:8], "--ruling", "not_a_match", "--as", "Ana", workspace=filled)
    assert done.exit_code == 0
    assert "is not a match (Ana said not a match on" in done.stdout
    assert f"D-1: “{plain(HOSTILE_TITLE)[:20]}" in done.stdout
    assert listed(run, filled) == []
    assert "Not shown: 1 not a match." in run("candidates", workspace=filled).stdout
    (record,) = listed(run, filled, "--all")
    assert (record["reviewed"], record["settled_by"]) == ("not_a_match", "D-1")
    assert record["review_because"].startswith("Ana said not a match on")
    assert listed(run, filled, "--reviewed", "not_a_match") == [record]
    assert listed(run, filled, "--reviewed", "infringing") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("licensee,works,places,ends\nAnn,W-0001,a.example\n", "line 2: it has not 4 cells"),
        ("licensee,places\nAnn,a.example,2026-01-01\n", "line 2: it has not 2 cells"),
        ("licensee,works,works,places\nAnn,W-0001,,a.example\n", "has the column 'works' twice"),
    ],
)
def test_a_line_that_would_say_more_than_it_does_adds_no_licence(
    filled: Workspace, run: Run, text: str, said: str
) -> None:
    (filled.root / "l.csv").write_text(text, encoding="utf-8")
    done = run("licences", "import", str(filled.root / "l.csv"), workspace=filled)
    assert done.exit_code == 1
    assert said in done.stderr
    with filled.casebook() as casebook:
        assert casebook.licences() == []


def test_the_digits_before_an_address_name_the_candidate(filled: Workspace, run: Run) -> None:
    (line,) = (line for line in run("candidates", workspace=filled).stdout.splitlines() if "://" in line)
    number, digits, address = line.split()
    assert run("decide", digits, "--ruling", "unsure", workspace=filled).exit_code == 0
    (record,) = listed(run, filled, "--reviewed", "unsure")
    assert (number, address) == ("1", record["listing_url"])


def test_what_infringes_stays_among_the_candidates(filled: Workspace, run: Run) -> None:
    done = run("decide", the_id(run, filled), "--ruling", "infringing", *ANSWERED, workspace=filled)
    assert done.exit_code == 0
    (record,) = listed(run, filled)
    assert record["reviewed"] == "infringing"
    assert record["review_because"].startswith("A. Maker said infringing")


@pytest.mark.parametrize("answers", [(), ANSWERED[:-2], (*ANSWERED[:-1], "same_picture=no")])
def test_infringing_without_the_answers_is_refused_and_nothing_is_decided(
    filled: Workspace, run: Run, answers: tuple[str, ...]
) -> None:
    done = run("decide", the_id(run, filled), "--ruling", "infringing", *answers, workspace=filled)
    assert done.exit_code == 1
    assert "same_picture = yes" in done.stderr
    assert listed(run, filled)[0]["reviewed"] == "open"


def test_a_decision_is_taken_back_by_its_number_or_as_the_last_one(filled: Workspace, run: Run) -> None:
    named = the_id(run, filled)
    run("decide", named, "--ruling", "unsure", workspace=filled)
    run("decide", named, "--ruling", "not_a_match", workspace=filled)
    assert "D-2 is taken back by D-3." in run("decide", "--undo-last", workspace=filled).stdout
    assert listed(run, filled)[0]["reviewed"] == "unsure"
    assert "D-1 is taken back by D-4." in run("decide", "--undo", "d-1", workspace=filled).stdout
    assert listed(run, filled)[0]["reviewed"] == "open"
    assert "Nothing was left to take back." in run("decide", "--undo-last", workspace=filled).stdout


def test_a_decision_that_would_have_ended_before_it_was_taken_is_refused(filled: Workspace, run: Run) -> None:
    done = run("decide", the_id(run, filled), "--ruling", "licensed", "--until", "2026-01-01", workspace=filled)
    assert done.exit_code == 1
    assert "would have ended before it was taken" in done.stderr
    assert listed(run, filled)[0]["reviewed"] == "open"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_no_decision_ends_in_a_year_that_the_casebook_could_not_read_back(
    filled: Workspace, run: Run, day: str
) -> None:
    done = run("decide", the_id(run, filled), "--ruling", "unsure", "--until", day, workspace=filled)
    assert done.exit_code == 1
    assert "a decision cannot hold until the year" in done.stderr
    assert listed(run, filled)[0]["reviewed"] == "open"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("decide",), 2, "give candidates and --ruling"),
        (("decide", "abcdef"), 2, "give candidates and --ruling"),
        (("decide", "--ruling", "unsure"), 2, "give candidates and --ruling"),
        (("decide", "abcdef", "--ruling", "undone"), 2, "undone"),
        (("decide", "abc", "--ruling", "unsure"), 1, "'abc' is too short"),
        (("decide", "%%%%%%", "--ruling", "unsure"), 1, "no candidate begins"),
        (("decide", "--undo", "D-99"), 1, "no decision D-99"),
        (("decide", "--undo", "x"), 2, "is no decision"),
        (("decide", "--undo", "D-" + "9" * 40), 2, "is no decision"),
        (("decide", "abcdef", "--ruling", "unsure", "--until", "tomorrow"), 2, "is no date"),
        (("decide", "abcdef", "--ruling", "unsure", "--answer", "x=yes"), 2, "is not one of"),
        (("decide", "{id}", "--ruling", "unsure", "--until", "0001-01-01"), 1, "cannot hold until the year 1"),
        (("decide", "{id}", "--ruling", "unsure", "--until", "9999-12-31"), 1, "cannot hold until the year 9999"),
    ],
)
def test_each_wrong_use_is_told_with_its_code(
    filled: Workspace, run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = run(*(each.replace("{id}", the_id(run, filled)) for each in arguments), workspace=filled)
    assert done.exit_code == code
    assert said in done.stderr
    assert listed(run, filled)[0]["reviewed"] == "open"


def test_region_is_refused_where_no_agreeing_part_is_known(filled: Workspace, run: Run) -> None:
    done = run("decide", the_id(run, filled), "--ruling", "not_a_match", "--scope", "region", workspace=filled)
    assert done.exit_code == 1
    assert "it must be said which part" in done.stderr


def test_who_decides_is_named_by_the_option_the_configuration_or_the_owner() -> None:
    assert reviewer_of(None, "", " Ana ") == "Ana"
    assert reviewer_of("Eve", "Ben", "Ana") == "Eve"
    with pytest.raises(DecidingError, match="nobody is named"):
        reviewer_of(None, "", " ")


def test_an_own_shop_hides_its_listings_until_it_is_taken_out(filled: Workspace, run: Run) -> None:
    assert "1 place added: P-1." in run("places", "add", "own", "https://shop.example/", workspace=filled).stdout
    (record,) = listed(run, filled, "--all")
    assert record["reviewed"] == "own_shop"
    assert record["review_because"] == "hidden by place P-1: shop.example is your own place"
    assert listed(run, filled) == []
    assert '"where": "shop.example"' in run("places", "list", "--json", workspace=filled).stdout
    assert "P-1 is taken out." in run("places", "remove", "p-1", workspace=filled).stdout
    assert listed(run, filled)[0]["reviewed"] == "open"
    assert run("places", "remove", "P-1", workspace=filled).exit_code == 1


def test_a_licence_hides_what_it_covers_by_its_name(filled: Workspace, run: Run) -> None:
    done = run(
        "licences", "add", "Posterhaus", "--work", "W-0001", "--place", "shop.example", "--ends", "2099-12-31",
        workspace=filled,
    )  # fmt: skip
    assert "1 licence added: L-1." in done.stdout
    assert listed(run, filled, "--all")[0]["review_because"] == "hidden by licence L-1 of Posterhaus"
    assert "Posterhaus" in run("licences", "list", workspace=filled).stdout
    run("licences", "remove", "L-1", workspace=filled)
    assert listed(run, filled)[0]["reviewed"] == "open"


@pytest.mark.parametrize("separator", [",", ";"])
def test_licences_are_imported_from_a_table_once(filled: Workspace, run: Run, tmp_path: Path, separator: str) -> None:
    places = "shop.example" if separator == ";" else "shop.example; etsy:123"
    rows = [
        ["licensee", "works", "places", "starts", "ends", "note"],
        ["Posterhaus", "W-0001", places, "2020-01-01", "", "x"],
    ]
    file = tmp_path / "licences.csv"
    file.write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8-sig")
    done = run("licences", "import", file, workspace=filled)
    assert "1 licence added: L-1. 1 candidate is hidden by it now." in done.stdout
    again = run("licences", "import", file, workspace=filled)
    assert "0 licences added; 1 known already." in again.stdout
    assert listed(run, filled, "--all")[0]["reviewed"] == "licensed"


def test_a_table_with_wrong_lines_changes_nothing_and_names_them_all(
    filled: Workspace, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "licences.csv"
    file.write_text(
        "licensee,works,places,starts\nFine,W-0001,*,\n,W-0001,*,\nA,W-9,*,\nB,,,\nC,,*,soon\nD,,etsy.com,\n",
        encoding="utf-8",
    )
    done = run("licences", "import", file, workspace=filled)
    assert done.exit_code == 1
    for line in (
        "line 3: the licensee",
        "line 4: there is no work 'W-9'",
        "line 5: the places",
        "line 6: starts",
        "line 7",
    ):
        assert line in done.stderr
    assert run("licences", "list", "--json", workspace=filled).stdout == ""


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("..", "is no seller and no shop's address"),
        ("shop.example:99999", "is no seller and no shop's address"),
        ("https://ann:secret@shop.example", "is no seller and no shop's address"),
        ("https://site.example/sellers/ann", "is one page of a shop, and a place is all of it: site.example"),
        ("https://www.etsy.com/listing/1234567890/heron", "is one listing; name its seller"),
        ("etsy: ", "names no seller"),
    ],
)
def test_a_place_that_would_match_nothing_or_more_than_was_meant_is_refused(
    run: Run, filled: Workspace, place: str, why: str
) -> None:
    done = run("places", "add", "own", place, workspace=filled)
    assert done.exit_code == 1
    assert why in done.stderr
    assert run("places", "list", "--json", workspace=filled).stdout == ""


def test_the_seller_in_a_place_may_stand_apart(run: Run, filled: Workspace) -> None:
    run("places", "add", "own", "etsy: 123", workspace=filled)
    assert '"where": "etsy:123"' in run("places", "list", "--json", workspace=filled).stdout


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe\x00x", "is not UTF-8"),
        (b"place\nx", "has no column 'kind'"),
        (b"kind,place,colour\n", "unknown column 'colour'"),
        (b"", "has no column"),
        (b'kind,place\nown,"' + b"x" * 200_000, "larger than field limit"),
        (b"kind,place\nowner,shop.example\n", "must be own or authorised"),
        (b"kind,place\nown,a\x00b.example\n", "line"),
    ],
)
def test_an_unusable_table_of_places_is_told_as_such(
    filled: Workspace, run: Run, tmp_path: Path, data: bytes, said: str
) -> None:
    file = tmp_path / "places.csv"
    file.write_bytes(data)
    done = run("places", "import", file, workspace=filled)
    assert done.exit_code == 1
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Shop.Example", "shop.example"),
        ("https://www.shop.example/", "shop.example"),
        ("http://www.shop.example:8080/", "shop.example:8080"),
        ("shop.example:443", "shop.example"),
        ("etsy:12345678", "etsy:12345678"),
        ("ETSY:12345678", "etsy:12345678"),
        ("https://www.etsy.com/shop/HeronPrints", "https://www.etsy.com/shop/HeronPrints"),
    ],
)
def test_a_place_has_one_spelling(text: str, place: str) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "etsy",
        "https://www.etsy.com/",
        "generic:x",
        "etsy:",
        "a b.example",
        "javascript:alert(1)",
        "x" * 600,
        "a\nb",
    ],
)
def test_what_is_no_place_of_one_seller_is_refused(text: str) -> None:
    with pytest.raises(PermissionsError):
        place_of(text)


def test_every_ruling_can_be_said_from_the_command_line(filled: Workspace, run: Run) -> None:
    for ruling in Ruling:
        if ruling is Ruling.UNDONE:
            continue
        done = run("decide", the_id(run, filled), "--ruling", ruling.value, *ANSWERED, workspace=filled)
        assert done.exit_code == 0, done.stderr
        assert listed(run, filled, "--all")[0]["reviewed"] == ruling.value
