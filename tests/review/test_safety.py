"""What keeps strangers out: headers of every answer, names the server answers to, and where a write may come from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount

from copycatch.workspace import Workspace
from review.safety import BODY_LIMIT, UPLOAD_LIMIT, Safety
from tests.review.serving import Answer, Site, running, served

ASKED = ("/", "/static/review.css", "/nothing/here", "/pictures/zzz", "/sellers", "/works")


@pytest.mark.parametrize("path", ASKED)
def test_every_answer_forbids_what_a_page_of_ours_never_does(site: Site, path: str) -> None:
    headers = site.ask(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src", "form-action")} == {"'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_a_seller_does_not_learn_from_where_his_listing_was_opened(site: Site) -> None:
    assert site.ask("/").headers["referrer-policy"] == "same-origin"


def test_pages_are_not_kept_by_the_browser_and_our_own_files_are_asked_about_each_time(site: Site) -> None:
    assert site.ask("/").headers["cache-control"] == "no-store"
    sheet = site.ask("/static/review.css")
    assert sheet.headers["cache-control"] == "no-cache"
    assert site.ask("/static/review.css", headers={"If-None-Match": sheet.headers["etag"]}).status == 304


def test_the_server_does_not_say_what_it_is(site: Site) -> None:
    answer = site.ask("/nothing")
    assert "traceback" not in answer.text.lower()
    assert "starlette" not in answer.text.lower()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8460", "localhost:1", "LOCALHOST", "[::1]:8460"])
def test_this_machines_own_names_are_answered(site: Site, host: str) -> None:
    assert site.ask("/", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "thief.example",
        "thief.example:8460",
        "127.0.0.1.thief.example",
        "",
        "[::1",
        "localhost@thief.example",
        "thief.example@127.0.0.1",
        "127.0.0.1:x",
        "127.0.0.1/",
        "*",
    ],
)
def test_a_name_that_was_made_to_lead_here_is_turned_away(site: Site, host: str) -> None:
    answer = site.ask("/", headers={"Host": host})
    assert answer.status in (400, 421)  # 400 where the HTTP library refused it before us
    assert "Overview" not in answer.text


def test_a_name_that_the_owner_gave_is_answered(workspace: Workspace) -> None:
    with served(workspace, hosts=("Studio.example", "fe80::1")) as site:
        assert site.ask("/", headers={"Host": "studio.example:8460"}).status == 200
        assert site.ask("/", headers={"Host": "[fe80::1]:8460"}).status == 200
        assert site.ask("/", headers={"Host": "other.example"}).status == 421


@pytest.fixture(scope="module")
def writes() -> Iterator[Site]:
    """A server behind the same middleware whose every address tells how many bytes were sent to it."""

    async def app(scope, receive, send) -> None:
        request = Request(scope, receive)
        if "multipart" in request.headers.get("content-type", ""):
            async with request.form() as form:
                sent = [part for part in form.values() if isinstance(part, UploadFile)]
                answer: Response = PlainTextResponse(str(sum(part.size or 0 for part in sent)))
        else:
            answer = PlainTextResponse(str(len(await request.body())))
        await answer(scope, receive, send)

    with running(Safety(Starlette(routes=[Mount("/", app=app)]))) as site:
        yield site


def write(site: Site, path: str = "/decide", method: str = "POST", **headers: str) -> Answer:
    known = {name.replace("_", "-"): value.format(url=site.url) for name, value in headers.items()}
    return site.ask(path, method, known, b"x=1")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://thief.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "http://localhost:1", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "{url}", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "{url}", "Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Authorization": "Bearer something"},
        {"Origin": "{url}.thief.example"},
    ],
)
def test_a_write_that_does_not_come_from_our_own_page_is_refused(
    writes: Site, method: str, headers: dict[str, str]
) -> None:
    assert write(writes, method=method, **headers).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "{url}", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "{url}"},
        {"Sec_Fetch_Site": "same-origin"},
    ],
)
def test_a_write_from_our_own_page_is_taken(writes: Site, headers: dict[str, str]) -> None:
    answer = write(writes, **headers)
    assert (answer.status, answer.text) == (200, "3")


def test_a_program_writes_with_a_token_and_to_the_interface_only(writes: Site) -> None:
    assert write(writes, "/api/decisions", Authorization="Bearer something").status == 200
    assert write(writes, "/api/decisions").status == 200  # the interface itself asks for the token
    assert write(writes, "/api/decisions", Origin="https://evil.example").status == 403
    assert write(writes, "/apish", Authorization="Bearer something").status == 403


def test_a_method_that_nobody_knows_counts_as_a_write(writes: Site) -> None:
    assert write(writes, method="FROB").status == 403


def test_what_is_longer_than_a_form_is_refused_before_it_is_read(writes: Site) -> None:
    own = {"Origin": writes.url, "Content-Length": str(BODY_LIMIT + 1)}
    assert writes.ask("/decide", "POST", own).status == 413
    files = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(UPLOAD_LIMIT + 1)}
    assert writes.ask("/decide", "POST", {**own, **files}).status == 413


def test_what_gives_no_length_is_cut_off_where_it_grows_too_long(writes: Site) -> None:
    piece = b"x" * 65536
    within, beyond = BODY_LIMIT // len(piece), BODY_LIMIT // len(piece) + 1
    own = {"Origin": writes.url}
    assert writes.ask("/decide", "POST", own, iter([piece] * within)).text == str(BODY_LIMIT)
    assert writes.ask("/decide", "POST", own, iter([piece] * beyond)).status == 413


def test_a_form_with_files_may_be_longer_but_not_to_the_interface(writes: Site) -> None:
    boundary = b"--x\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n"
    body = boundary + b"y" * (BODY_LIMIT + 1) + b"\r\n--x--\r\n"
    own = {"Origin": writes.url, "Content-Type": "multipart/form-data; boundary=x"}
    assert writes.ask("/works/add", "POST", own, body).text == str(BODY_LIMIT + 1)
    assert writes.ask("/api/decisions", "POST", own, body).status == 413


def test_a_length_that_is_no_number_is_refused(writes: Site) -> None:
    # Without a body: where bytes are left unread, the answer may be lost with the connection.
    assert writes.ask("/decide", "POST", {"Origin": writes.url, "Content-Length": "-1"}).status == 400
