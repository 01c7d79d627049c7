"""Where others may reach the review, no page is shown to anybody who has not shown a token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from copycatch.workspace import Workspace
from review.sessions import LASTS, Sessions
from tests.copycatch.filled import STARTED
from tests.review.api.conftest import token_for
from tests.review.serving import Answer, Site, served

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAGE = {"Accept": "text/html"}


@pytest.fixture
def token(workspace: Workspace) -> str:
    return token_for(workspace)


@pytest.fixture
def locked(workspace: Workspace, token: str) -> Iterator[Site]:
    with served(workspace, sign_in=True) as site:
        yield site


def post(site: Site, path: str, cookie: str = "", **fields: str) -> Answer:
    headers = {"Origin": site.url, "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    return site.ask(path, "POST", headers, urlencode(fields).encode())


def signed_in(site: Site, token: str) -> str:
    """Sign in; return the cookie."""
    answer = post(site, "/sign-in", token=token)
    assert answer.status == 303
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.mark.parametrize(
    "path", ["/", "/queue", "/sellers", "/works", "/permissions", "/start", "/report", "/nothing", "/sign-in/", "//"]
)
def test_a_page_leads_to_signing_in_and_shows_nothing(locked: Site, path: str) -> None:
    answer = locked.ask(path, headers=PAGE)
    assert answer.status == 303
    assert answer.headers["location"].startswith("/sign-in?back=")
    assert answer.body == b""


def test_pictures_scripts_requests_and_writes_are_refused(locked: Site, workspace: Workspace) -> None:
    with workspace.casebook() as casebook:
        (found,) = casebook.candidates()
    for path in (f"/pictures/{found.matches[0].picture_sha256}", f"/case/{found.candidate_id}?part=1"):
        assert locked.ask(path, headers={"Accept": "*/*"}).status == 401
        assert locked.ask(path, headers=PAGE | {"Sec-Fetch-Dest": "image"}).status == 401
    for path in ("/decisions", "/undo", "/sign-out", "/reviewer"):
        refused = post(locked, path, candidate=found.candidate_id, ruling="not_a_match")
        assert refused.status == 401, path
    with workspace.casebook() as casebook:
        assert casebook.decisions_since(0) == []


def test_the_page_that_asks_for_a_token_names_nobody(locked: Site) -> None:
    page = locked.ask("/sign-in")
    assert page.status == 200
    assert "A. Maker" not in page.text
    assert 'type="password"' in page.text


def test_with_a_token_a_person_is_led_where_she_wanted_and_the_cookie_is_not_the_token(
    locked: Site, token: str
) -> None:
    answer = post(locked, "/sign-in", token=f" {token}\n", back="/queue?reviewed=open")
    assert (answer.status, answer.headers["location"]) == (303, "/queue?reviewed=open")
    cookie = answer.headers["set-cookie"]
    assert token not in cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "A. Maker" in locked.ask("/", headers={"Cookie": cookie.partition(";")[0]}).text


@pytest.mark.parametrize("wrong", ["", "x", "copycatch_", "\x00", "ö" * 1000])
def test_what_is_no_token_opens_nothing(locked: Site, wrong: str) -> None:
    answer = post(locked, "/sign-in", token=wrong)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("cookie", ["{name}=", "{name}=x", "{name}={token}", "__Host-{name}=x", "a=b"])
def test_an_invented_cookie_opens_nothing(locked: Site, token: str, cookie: str) -> None:
    name = signed_in(locked, token).partition("=")[0]
    assert name.startswith("copycatch-")
    assert locked.ask("/", headers=PAGE | {"Cookie": cookie.format(name=name, token=token)}).status == 303


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/\nx"])
def test_signing_in_leads_nowhere_else(locked: Site, token: str, back: str) -> None:
    assert post(locked, "/sign-in", token=token, back=back).headers["location"] == "/"


def test_signing_in_from_another_page_is_refused(locked: Site, token: str) -> None:
    body = urlencode({"token": token}).encode()
    headers = {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
    assert locked.ask("/sign-in", "POST", headers, body).status == 403


def test_signing_out_or_taking_the_token_out_ends_it(locked: Site, token: str, workspace: Workspace) -> None:
    first, second = signed_in(locked, token), signed_in(locked, token)
    assert post(locked, "/sign-out", first).headers["location"] == "/sign-in"
    assert locked.ask("/", headers=PAGE | {"Cookie": first}).status == 303
    assert locked.ask("/", headers=PAGE | {"Cookie": second}).status == 200
    with workspace.casebook() as casebook:
        casebook.remove_token(1, STARTED)
    assert locked.ask("/", headers=PAGE | {"Cookie": second}).status == 303


def test_the_interface_takes_its_token_and_no_cookie(locked: Site, token: str) -> None:
    cookie = signed_in(locked, token)
    assert locked.ask("/api/decisions", headers={"Cookie": cookie}).status == 401
    assert locked.ask("/api/decisions", headers={"Authorization": f"Bearer {token}"}).status == 200


def test_on_this_machine_alone_there_is_no_signing_in(site: Site) -> None:
    assert site.ask("/sign-in").status == 404
    assert site.ask("/", headers=PAGE).status == 200


def test_a_session_lasts_its_time_and_no_crowd_of_them_is_kept() -> None:
    sessions = Sessions()
    first = sessions.begin(1, NOW)
    assert sessions.token_of(first, NOW + LASTS - timedelta(seconds=1)) == 1
    assert sessions.token_of(first, NOW + LASTS) is None
    assert len({sessions.begin(2, NOW) for _ in range(1500)}) == 1500
    assert sessions.token_of(first, NOW) is None
    assert len(sessions._open) <= 1000
