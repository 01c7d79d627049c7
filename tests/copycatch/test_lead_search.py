"""`copycatch leads search` against interfaces on loopback: what is sent, what is kept, and every way they refuse."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from copycatch.image_search import google_vision, tineye
from copycatch.image_search.asking import ANSWER_BYTES_LIMIT, SearchError
from copycatch.lead_search import Searched, Wish, is_own, plan_search, run_search, scaled_down
from copycatch.scan import utc_now
from copycatch.version import user_agent
from copycatch.works import read_library
from copycatch.workspace import Workspace
from crawler.keys import Keys
from tests.contract.test_image_searches import ANSWERS
from tests.copycatch.conftest import Run
from tests.copycatch.filled import picture_bytes

KEY = "SECRET,key=+/42"
KEYS = Keys({"tineye": {"api_key": KEY}, "google-vision": {"api_key": KEY}})
Answered = tuple[int, dict[str, str], bytes]


class Interface:
    """An interface on loopback: each answer of the list once, the last one for ever."""

    def __init__(self, *answers: Answered):
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.requests.append((self.path, dict(self.headers.items()), body))
                status, headers, answer = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except ConnectionError:  # it had read enough
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Interface:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def said(value: object, status: int = 200, **headers: str) -> Answered:
    return status, {name.replace("_", "-"): text for name, text in headers.items()}, json.dumps(value).encode()


PACKED = {"Content-Encoding": "gzip"}
FOUND = {name: said(answer) for name, (answer, _) in ANSWERS.items()}


@pytest.fixture
def space(workspace: Workspace) -> Workspace:
    """A workspace with two works: one of 1,600 pixels with what its file says about itself, one small."""
    exif = Image.Exif()
    exif[0x010E] = "at home, 12 Mill Lane"
    Image.effect_noise((1600, 1200), 40).save(workspace.references_path / "heron.jpg", exif=exif)
    (workspace.references_path / "owl.jpg").write_bytes(picture_bytes(2))
    return workspace


def searched(space: Workspace, server: str, wish: Wish, *own: str) -> Iterator[Searched]:
    library = read_library(space)
    with space.casebook() as casebook:
        yield from run_search(
            library, casebook, plan_search(library, casebook, wish, utc_now()), keys=KEYS,
            user_agent=user_agent("https://owner.example/"), own_hosts=own, now=utc_now,
            base_urls={"tineye": server, "google-vision": server},
        )  # fmt: skip


def test_tineye_gets_one_small_picture_without_what_its_file_says_and_the_key_in_a_header_alone(
    space: Workspace,
) -> None:
    with Interface(FOUND["tineye"]) as server:
        (done,) = searched(space, server.url, Wish(interfaces=[tineye], limit=1))
    ((path, headers, body),) = server.requests
    assert (path, headers["x-api-key"]) == ("/rest/search/", KEY)
    assert headers["User-Agent"].startswith("copycatch/")
    assert headers["User-Agent"].endswith("(+https://owner.example/)")
    message = BytesParser().parsebytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}  # type: ignore[union-attr]
    assert (parts["limit"].get_payload(), parts["image_upload"].get_filename()) == ("100", "picture.jpg")
    picture = parts["image_upload"].get_payload(decode=True)
    assert Image.open(io.BytesIO(picture)).size == (1000, 750)
    assert b"Mill Lane" not in picture
    assert KEY.encode() not in body
    assert (done.new, done.known, done.own) == (2, 0, 0)


def test_google_vision_gets_the_picture_in_its_json_and_the_key_in_a_header_alone(space: Workspace) -> None:
    with Interface(FOUND["google-vision"]) as server:
        list(searched(space, server.url, Wish(interfaces=[google_vision], limit=1)))
    ((path, headers, body),) = server.requests
    assert (path, headers["X-Goog-Api-Key"], headers["Content-Type"]) == (
        "/v1/images:annotate",
        KEY,
        "application/json",
    )
    (request,) = json.loads(body)["requests"]
    assert request["features"] == [{"type": "WEB_DETECTION", "maxResults": 100}]
    assert Image.open(io.BytesIO(base64.b64decode(request["image"]["content"]))).format == "JPEG"
    assert KEY.encode() not in body


def test_the_pages_become_leads_that_tell_who_found_them_for_which_work_and_where_the_picture_was(
    space: Workspace,
) -> None:
    with Interface(FOUND["tineye"]) as server:
        first, second = searched(space, server.url, Wish(interfaces=[tineye]), "b.example")
    assert (first.new, first.own, second.new, second.known) == (1, 1, 0, 1)
    with space.casebook() as casebook:
        (lead,) = casebook.leads()
    assert lead.url == "https://shop.example/p"
    works = read_library(space).works
    assert [(tip.source, tip.work_id, tip.score, tip.picture_url) for tip in lead.tips] == [
        ("tineye", work.work_id, 82.5, "https://shop.example/1.jpg") for work in works
    ]


def test_a_work_is_not_searched_for_again_within_thirty_days_unless_that_is_asked_for(space: Workspace) -> None:
    with Interface(FOUND["tineye"]) as server:
        list(searched(space, server.url, Wish(interfaces=[tineye], limit=1)))
        list(searched(space, server.url, Wish(interfaces=[tineye])))
    library = read_library(space)
    with space.casebook() as casebook:
        later, second = utc_now() + timedelta(days=31), library.works[1].work_id
        plans = [
            plan_search(library, casebook, Wish(interfaces=[tineye]), utc_now()),
            plan_search(library, casebook, Wish(interfaces=[tineye], again=True, limit=1), utc_now()),
            plan_search(library, casebook, Wish(interfaces=[google_vision], work_ids=[second]), utc_now()),
            plan_search(library, casebook, Wish(interfaces=[tineye]), later),
        ]  # fmt: skip
    assert len(server.requests) == 2
    assert [(len(plan.errands), plan.lately, plan.later) for plan in plans] == [
        (0, 2, 0),
        (1, 0, 1),
        (1, 0, 0),
        (2, 0, 0),
    ]


@pytest.mark.parametrize(
    ("answer", "message", "remedy"),
    [
        (said({"code": 401, "messages": [f"bad key {KEY}"]}, 401), "does not accept the key", "under [tineye]"),
        (said({"code": 402, "messages": ["You have no more searches."]}, 402), "no more searches", "your account"),
        (said({}, 403), "will not search for you any more (HTTP 403)", "your account"),
        (said({}, 429, Retry_After="120"), "asked too often", "in 120 seconds"),
        (said({}, 429), "asked too often", "later"),
        ((503, {}, b"<html>"), "fails (HTTP 503)", "later"),
        ((404, {}, b"<html>"), "answered with HTTP 404", "Update copycatch"),
        ((302, {"Location": "https://elsewhere.example/"}, b""), "sends us elsewhere", "Update copycatch"),
        ((200, {}, b"<html>hello</html>"), "no JSON object", "later"),
        ((200, {}, b"[" * 100_000), "no JSON object", "later"),
        ((200, {}, b"x" * (ANSWER_BYTES_LIMIT + 10)), "more than 8 MiB", "later"),
        ((200, PACKED, gzip.compress(b"x" * (ANSWER_BYTES_LIMIT + 10))), "more than 8 MiB", "later"),
        ((200, PACKED, b"no gzip"), "cannot be reached", "later"),
        ((200, {"Content-Length": "500"}, b"{}"), "cannot be reached", "later"),
    ],
)  # fmt: skip
def test_every_refusal_ends_the_search_with_a_remedy_and_without_the_key_and_what_was_found_stays(
    answer: Answered, message: str, remedy: str, space: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        Interface(FOUND["tineye"], answer) as server,
        pytest.raises(SearchError) as raised,
    ):
        list(searched(space, server.url, Wish(interfaces=[tineye])))
    assert message in raised.value.message
    assert remedy in raised.value.remedy
    assert KEY not in str(raised.value)
    assert KEY not in caplog.text
    assert raised.value.__cause__ is None
    with space.casebook() as casebook:
        assert len(casebook.leads()) == 2
        assert len(casebook.searched_works("tineye", utc_now() - timedelta(days=1))) == 1


def test_an_interface_that_is_not_there_is_named_with_a_remedy(space: Workspace) -> None:
    with Interface(FOUND["tineye"]) as server:
        gone = server.url
    with pytest.raises(SearchError, match=r"TinEye \(127.0.0.1\) cannot be reached: \w") as raised:
        list(searched(space, gone, Wish(interfaces=[tineye])))
    assert "0x" not in raised.value.message
    assert "online" in raised.value.remedy


def test_a_certificate_that_nobody_signed_ends_the_search_before_the_key_is_sent(
    space: Workspace, tmp_path: Path
) -> None:
    from tests.crawler.replay import Authority

    with Interface(FOUND["tineye"]) as server:
        context = Authority(tmp_path).context("127.0.0.1")
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        with pytest.raises(SearchError, match=r"(?i)certificate"):
            list(searched(space, server.url.replace("http:", "https:"), Wish(interfaces=[tineye])))
    assert server.requests == []


def test_a_picture_that_an_interface_refuses_costs_that_work_only_and_is_not_sent_again(space: Workspace) -> None:
    refusals = {
        tineye: said({"code": 400, "messages": ["The image is too small or too simple."]}, 400),
        google_vision: said({"responses": [{"error": {"code": 3, "message": "Bad image data."}}]}),
    }
    for interface, refusal in refusals.items():
        with Interface(refusal, FOUND[interface.NAME]) as server:
            first, second = searched(space, server.url, Wish(interfaces=[interface]))
            list(searched(space, server.url, Wish(interfaces=[interface])))
        assert "can do nothing with this picture" in (first.problem or "")
        assert (second.problem, len(server.requests)) == (None, 2)


def test_a_reference_that_cannot_be_decoded_is_named_and_never_sent(space: Workspace) -> None:
    (space.references_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    with Interface(FOUND["tineye"]) as server:
        problems = [done.problem for done in searched(space, server.url, Wish(interfaces=[tineye]))]
    assert len(server.requests) == 2
    assert sum("broken.jpg" in problem for problem in problems if problem) == 1
    with pytest.raises(ValueError, match="empty"):
        scaled_down(b"")


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://mara.example/1", True),
        ("https://www.mara.example/1", True),
        ("https://shop.mara.example/1", True),
        ("https://notmara.example/1", False),
        ("https://mara.example.evil.example/", False),
        ("https://[x/", False),
    ],
)
def test_a_page_is_the_owners_own_on_her_host_and_below_it(url: str, own: bool) -> None:
    assert is_own(url, {"mara.example"}) is own


def keys_file(space: Workspace, text: str) -> None:
    path = space.root / "keys.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def test_the_command_says_what_is_sent_before_it_sends_and_what_each_picture_brought(
    space: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys_file(space, f'[tineye]\napi_key = "{KEY}"\n')
    with Interface(FOUND["tineye"]) as server:
        monkeypatch.setattr(tineye, "BASE_URL", server.url)
        result = run("leads", "search", "--limit", "1", "--except", "b.example", workspace=space)
        again = run("leads", "search", workspace=space)
    said_first, waits, brought = result.stdout.splitlines()
    assert said_first == "1 picture goes to TinEye; each takes one search off your bundle."
    assert "1 wait for another search" in waits
    # The contact page of this workspace lies on shop.example.
    assert "0 new leads, 0 known, 2 on your own sites left out" in brought
    assert "1 left out: searched for in the last 30 days" in again.stdout
    assert KEY not in result.output + again.output
    assert len(server.requests) == 2


def test_the_command_without_a_key_or_with_an_unknown_work_sends_nothing(space: Workspace, run: Run) -> None:
    none = run("leads", "search", workspace=space)
    assert (none.exit_code, "there is no key for an image search" in none.stderr) == (1, True)
    assert "[tineye]" in run("leads", "search", "--with", "tineye", workspace=space).stderr
    keys_file(space, '[tineye]\napi_key = "a"\n[google-vision]\napi_key = "b"\n')
    both = run("leads", "search", workspace=space)
    assert (both.exit_code, "--with" in both.stderr) == (2, True)
    unknown = run("leads", "search", "--with", "tineye", "--work", "W-none", workspace=space)
    assert (unknown.exit_code, "no work with a picture under the id W-none" in unknown.stderr) == (1, True)
    assert run("leads", "search", "--except", "https://a.example/", workspace=space).exit_code == 2
