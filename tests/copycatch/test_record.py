"""`copycatch record`: what a browser is shown goes into a WACZ file, and from there the way of every saved page."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from casebook.errors import WorkspaceBusy
from casebook.types import ListingState
from copycatch.recording import BrowserError, Recording, RecordingError, Seen, record
from copycatch.scan import utc_now
from copycatch.workspace import Workspace
from crawler.archives import exchanges
from crawler.archives.exchange import Exchange
from fixtures.demo.pictures import Studio
from tests.copycatch.conftest import Run
from tests.copycatch.filled import picture_bytes
from tests.crawler.sites import Answer, Site, html, product

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ROOT = Path(__file__).parents[2]
BLOCKED = (ROOT / "fixtures/pages/generic/blocked.html").read_bytes()
# A screen, a sandbox that root may use and the browser's own services are what a test machine lacks.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update "
    "--disable-sync --disable-popup-blocking"
)

HTML = {"Content-Type": "text/html; charset=utf-8"}

# How the person closes a tab.
CLOSE = """
setInterval(async () => { if (await (await fetch('/enough')).text() == 'yes') close() }, 200)
"""

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A browser without a window."""
    path = tmp_path / "browser"
    path.write_text(f'#!/bin/sh\nexec {CHROMIUM} {FLAGS} "$@"\n')
    path.chmod(0o755)
    return path


class Shop(Site):
    """A shop whose pages close their tab when the test says that the person has seen enough."""

    def __init__(self) -> None:
        super().__init__()
        self.enough = threading.Event()
        self.routes["/enough"] = self._enough

    def _enough(self, _headers: Mapping[str, str]) -> Answer:
        return Answer(b"yes" if self.enough.is_set() else b"no", headers={"Content-Type": "text/plain"})

    def show(self, path: str, answer: Answer, *pictures: str, script: str = "") -> None:
        """Add a page with pictures in it."""
        shown = "".join(f'<img src="{picture}">' for picture in pictures)
        body = answer.body.replace(b"</body>", f"{shown}<script>{script};{CLOSE}</script></body>".encode())
        self.routes[path] = Answer(body, answer.status, answer.headers)

    def picture(self, path: str, data: bytes) -> None:
        self.routes[path] = Answer(data, headers={"Content-Type": "image/jpeg", "Cache-Control": "max-age=3600"})


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as site:
        yield site
        site.enough.set()


def looked_at(
    workspace: Workspace,
    shop: Shop,
    browser: Path,
    *paths: str,
    until: Callable[[list[Seen]], bool],
    ended_by: Callable[[], None] | None = None,
) -> tuple[Recording, list[Seen]]:
    """Record these pages; the tabs are closed when `until` says that all is there."""
    seen: list[Seen] = []
    urls = [shop.url + path for path in paths]
    with ended_when(lambda: until(seen), ended_by or shop.enough.set):
        done = record(workspace, urls, tell=seen.append, now=utc_now, program=browser, pause=0.1)
    return done, seen


@contextmanager
def ended_when(until: Callable[[], bool], end: Callable[[], None]) -> Iterator[None]:
    """Call `end` as soon as `until` says so, if that is still within the block."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            if until():
                if not over.wait(0.5):  # for what the last answer still leads to
                    end()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def written(workspace: Workspace) -> set[str]:
    """The paths of what a recording under way has written down so far."""
    found: set[str] = set()
    for path in (workspace.root / "recordings").glob("*.unfinished.warc.gz"):
        try:
            for one in ArchiveIterator(io.BytesIO(path.read_bytes())):
                if one.rec_type == "request":
                    found.add("/" + one.rec_headers.get_header("WARC-Target-URI").split("/", 3)[3])
        except (FileNotFoundError, ArchiveLoadFailed):
            continue
    return found


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def inside(path: Path) -> dict[str, Exchange]:
    """The exchanges of a recording, by address."""
    found = list(exchanges(path))
    assert all(isinstance(one, Exchange) for one in found)
    return {one.url: one for one in found if isinstance(one, Exchange)}


def unpacked(path: Path) -> bytes:
    """All bytes of a recording, members and WARC records unpacked."""
    parts = [path.read_bytes()]
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            data = archive.read(member)
            parts.append(data)
            if member.filename.endswith(".gz"):
                for one in ArchiveIterator(io.BytesIO(data), no_record_parse=True):
                    parts += [str(one.rec_headers).encode(), one.raw_stream.read()]
    return b"\n".join(parts)


@needs_chromium
def test_a_search_and_two_listings_that_were_looked_at_are_imported_with_their_pictures(
    workspace: Workspace, shop: Shop, browser: Path, tmp_path: Path, run: Run
) -> None:
    studio = Studio(tmp_path)
    (workspace.references_path / "misty-ridge.jpg").write_bytes(studio.picture("misty-ridge"))
    shop.picture("/heron.jpg", studio.picture("misty-ridge/cropped"))
    shop.picture("/egret.jpg", studio.picture("soap-stack-1"))
    shop.picture("/egret-2.jpg", studio.picture("soap-stack-2"))
    cards = html('<a href="/item/1"><img src="/heron.jpg">Heron</a> <a href="/item/2"><img src="/egret.jpg">Egret</a>')
    shop.show("/search?q=bird", cards)
    shop.show("/item/1", product("Heron", "/heron.jpg"), "/heron.jpg")
    shop.show("/item/2", product("Egret", "/egret.jpg", "/egret-2.jpg"), "/egret.jpg", "/egret-2.jpg")
    pages = [shop.url + path for path in ("/search?q=bird", "/item/1", "/item/2")]
    pictures = {"/heron.jpg", "/egret.jpg", "/egret-2.jpg"}
    with ended_when(lambda: pictures <= written(workspace), shop.enough.set):
        result = run("record", *pages, "--browser", browser, workspace=workspace)
    assert result.exit_code == 0, result.stderr
    assert f"live           Heron  {shop.url}/item/1" in result.stdout
    assert "3 pages and 3 pictures recorded" in result.stdout
    assert "2 listings with 3 pictures imported." in result.stdout
    with workspace.casebook() as casebook:
        (candidate,) = casebook.candidates()
    assert candidate.listing_key.endswith("/item/1")
    (file,) = (workspace.root / "recordings").iterdir()
    kept = inside(file)
    assert kept[f"{shop.url}/heron.jpg"].body == studio.picture("misty-ridge/cropped")
    assert kept[f"{shop.url}/item/1"].body == shop.routes["/item/1"].body  # type: ignore[union-attr]
    assert shop.paths().count("/egret.jpg") == 1  # politely: the cache is used within a recording


@needs_chromium
def test_the_file_is_a_valid_wacz(workspace: Workspace, shop: Shop, browser: Path) -> None:
    shop.picture("/heron.jpg", picture_bytes(1))
    shop.show("/item/1", product("Heron & <i>co</i>", "/heron.jpg"), "/heron.jpg")
    done, _ = looked_at(workspace, shop, browser, "/item/1", until=lambda _: "/heron.jpg" in written(workspace))
    assert done.file is not None
    with zipfile.ZipFile(done.file) as archive:
        package = json.loads(archive.read("datapackage.json"))
        for resource in package["resources"]:
            data = archive.read(resource["path"])
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            assert (resource["hash"], resource["bytes"]) == (digest, len(data))
        digest = f"sha256:{hashlib.sha256(archive.read('datapackage.json')).hexdigest()}"
        assert json.loads(archive.read("datapackage-digest.json")) == {"path": "datapackage.json", "hash": digest}
        warc = archive.read("archive/data.warc.gz")
        index = [json.loads(line.split(" ", 2)[2]) for line in archive.read("indexes/index.cdx").decode().splitlines()]
        pages = [json.loads(line) for line in archive.read("pages/pages.jsonl").decode().splitlines()]
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
    assert package["wacz_version"] == "1.1.1"
    assert [page.get("url") for page in pages] == [None, f"{shop.url}/item/1"]
    assert {entry["url"] for entry in index} == {f"{shop.url}/item/1", f"{shop.url}/heron.jpg"}
    for entry in index:
        start = int(entry["offset"])
        (one,) = ArchiveIterator(io.BytesIO(warc[start : start + int(entry["length"])]), check_digests="raise")
        assert one.rec_headers.get_header("WARC-Target-URI") == entry["url"]
    assert (done.file.stat().st_mode & 0o777, (workspace.root / "browser-profile").stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )


@needs_chromium
def test_cookies_passwords_tokens_and_what_follows_a_login_are_nowhere_in_the_file(
    workspace: Workspace, shop: Shop, browser: Path
) -> None:
    secrets = [f"SECRET{number}" for number in range(1, 8)]
    cookie = {"Set-Cookie": f"sid={secrets[0]}; Path=/", "X-Auth-Token": secrets[1]}
    shop.show(
        "/item/1",
        Answer(product("Heron").body, headers={"Content-Type": "text/html", **cookie}),
        script="fetch('/api/item/2', {headers: {Authorization: 'Bearer ' + ['SECR', 'ET3'].join('')}})",
    )
    shop.routes["/api/item/2"] = product("Egret")
    login = html(
        "<form method=post action=/login><input name=password type=password></form>"
        "<script>document.forms[0].password.value = ['SECR', 'ET4'].join(''); document.forms[0].submit()</script>"
    )
    shop.routes["/login-page"] = login
    shop.routes["/login"] = Answer(status=303, headers={"Location": "/welcome"})
    shop.show("/welcome", html(f"hello, your card is {secrets[4]}"))
    shop.show("/item/3?access_token=SECRET6", product("Ibis"))
    shop.show("/get?password=SECRET7", product("Stork"))
    paths = ("/item/1", "/login-page", "/item/3?access_token=SECRET6", "/get?password=SECRET7")
    not_kept = {"a page for logging in", "its address holds a password"}
    done, _ = looked_at(
        workspace,
        shop,
        browser,
        *paths,
        until=lambda seen: (
            not_kept <= {one.why_not for one in seen}
            and "/welcome" in shop.paths()
            and "/api/item/2" in written(workspace)
        ),
    )
    assert "/welcome" in shop.paths()
    sent = {hit.path: {name.lower(): value for name, value in hit.headers.items()} for hit in shop.hits}
    assert secrets[0] in sent["/api/item/2"]["cookie"]
    assert secrets[2] in sent["/api/item/2"]["authorization"]
    assert done.file is not None
    assert f"{shop.url}/api/item/2" in inside(done.file)
    data = unpacked(done.file)
    assert [secret for secret in secrets if secret.encode() in data] == []
    assert b"access_token=***" in data
    assert b"WARC-Type: request" in data


@needs_chromium
def test_links_opened_in_new_tabs_pages_left_at_once_and_answers_of_workers_and_prefetching_are_kept(
    workspace: Workspace, shop: Shop, browser: Path
) -> None:
    for number, name in enumerate(("new-tab", "no-opener", "ctrl", "left", "prefetched", "worked")):
        shop.picture(f"/{name}.jpg", picture_bytes(number))
        shop.show(f"/{name}", product(name, f"/{name}.jpg"), f"/{name}.jpg")
    shop.routes["/left"] = Answer(shop.routes["/left"].body + b"<script>location = '/new-tab'</script>", headers=HTML)
    shop.show(
        "/start",
        html(
            '<a id=one target=_blank rel=noopener href="/no-opener">1</a><a id=two href="/ctrl">2</a>'
            '<script type="speculationrules">{"prefetch": [{"source": "list", "urls": ["/prefetched"], '
            '"eagerness": "immediate"}]}</script>'
        ),
        script="setTimeout(() => { one.click(); window.open('/left'); two.dispatchEvent(new MouseEvent('click', "
        "{ctrlKey: true, bubbles: true})) }, 300); setTimeout(() => { location = '/prefetched' }, 1500)",
    )
    shop.routes["/worker.js"] = Answer(
        b"addEventListener('fetch', event => { if (event.request.url.includes('/item/')) "
        b"event.respondWith(fetch(event.request.url.replace('/item/', '/'))) })",
        headers={"Content-Type": "text/javascript"},
    )
    shop.show(
        "/worker",
        html("a page with a worker"),
        script="navigator.serviceWorker.register('/worker.js');"
        "navigator.serviceWorker.ready.then(() => { location = '/item/worked' })",
    )
    wanted = {f"/{name}.jpg" for name in ("new-tab", "no-opener", "ctrl", "prefetched", "worked")}
    pages = {"/no-opener", "/ctrl", "/left", "/new-tab", "/prefetched", "/item/worked"}
    done, _ = looked_at(
        workspace,
        shop,
        browser,
        "/start",
        "/worker",
        until=lambda _: wanted | pages <= written(workspace),
        ended_by=press_ctrl_c,
    )
    assert done.file is not None
    kept = inside(done.file)
    assert {shop.url + path for path in pages | wanted} <= set(kept)
    assert b"worked" in kept[f"{shop.url}/item/worked"].body


def recorder(workspace: Workspace, shop: Shop, browser: Path, *options: str) -> subprocess.Popen[str]:
    """The command in a process of its own, once it has told of its first page."""
    command = [sys.executable, "-m", "copycatch", "record", f"{shop.url}/item/1", "--browser", str(browser)]
    process = subprocess.Popen(
        [*command, "--workspace", str(workspace.root), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("live"):
            break
    return process


def browsers(workspace: Workspace) -> list[str]:
    """The processes that use the workspace's profile."""
    shown = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if f"--user-data-dir={workspace.root}" in line]


@needs_chromium
def test_after_a_kill_the_next_recording_completes_what_was_written_and_no_browser_is_left(
    workspace: Workspace, shop: Shop, browser: Path, run: Run
) -> None:
    shop.picture("/heron.jpg", picture_bytes(1))
    shop.show("/item/1", product("Heron", "/heron.jpg"), "/heron.jpg")
    killed = recorder(workspace, shop, browser)
    with pytest.raises(WorkspaceBusy):
        record(workspace, tell=print, now=utc_now, program=browser)
    (unfinished,) = (workspace.root / "recordings").iterdir()
    while "/heron.jpg" not in written(workspace):
        time.sleep(0.05)
    killed.kill()
    killed.communicate()
    while browsers(workspace):
        time.sleep(0.05)
    with unfinished.open("ab") as file:
        file.write(b"\x1f\x8b\x08\x00\x00")  # and the next record was begun
    shop.show("/item/2", product("Egret"))
    with ended_when(lambda: "/item/2" in written(workspace), shop.enough.set):
        result = run("record", f"{shop.url}/item/2", "--browser", browser, "--no-import", workspace=workspace)
    assert result.exit_code == 0, result.stderr
    completed = unfinished.with_name(unfinished.name.replace(".unfinished.warc.gz", ".wacz"))
    assert f"completed: {completed}" in result.stdout
    assert set(inside(completed)) == {f"{shop.url}/item/1", f"{shop.url}/heron.jpg"}
    assert not unfinished.exists()


@needs_chromium
def test_ctrl_c_ends_the_recording_and_takes_it_in(workspace: Workspace, shop: Shop, browser: Path) -> None:
    shop.show("/item/1", product("Heron", "/heron.jpg"))
    process = recorder(workspace, shop, browser)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate()
    assert process.returncode == 0, told
    assert "1 page and 0 pictures recorded" in told
    assert "1 listing with 0 pictures imported" in told
    assert browsers(workspace) == []


@needs_chromium
def test_nothing_is_hidden_and_behind_a_wall_no_further_page_of_that_site_is_opened(
    workspace: Workspace, shop: Shop, browser: Path
) -> None:
    shop.show("/item/1", product("Heron"), script="fetch('/webdriver/' + navigator.webdriver)")
    wall = BLOCKED.replace(b"</body>", f"<script>{CLOSE}</script></body>".encode())
    shop.routes["/item/2"] = Answer(wall, 403, HTML)
    shop.show("/item/3", product("Ibis"))
    done, seen = looked_at(workspace, shop, browser, "/item/1", "/item/2", "/item/3", until=lambda seen: len(seen) > 2)
    assert "/webdriver/true" in shop.paths()
    assert "/item/3" not in shop.paths()
    states = [(one.url.removeprefix(shop.url), one.reading and one.reading.state, one.why_not) for one in seen]
    assert states == [
        ("/item/1", ListingState.LIVE, ""),
        ("/item/2", ListingState.BLOCKED, ""),
        ("/item/3", None, "not opened, since this site shows a wall"),
    ]
    assert done.file is not None
    assert inside(done.file)[f"{shop.url}/item/2"].status == 403


@needs_chromium
def test_a_body_that_is_too_large_costs_only_itself(workspace: Workspace, shop: Shop, browser: Path) -> None:
    shop.picture("/huge.jpg", picture_bytes(1) + bytes(64 << 20))
    shop.picture("/heron.jpg", picture_bytes(2))
    shop.show("/item/1", product("Heron"), "/huge.jpg", "/heron.jpg")
    shop.routes["/empty"] = Answer(status=204)
    done, seen = looked_at(
        workspace, shop, browser, "/item/1", until=lambda seen: len(seen) > 1 and "/heron.jpg" in written(workspace)
    )
    assert done.file is not None
    assert set(inside(done.file)) == {f"{shop.url}/item/1", f"{shop.url}/heron.jpg"}
    assert [one.url for one in seen if one.why_not == "it is larger than 64 MiB"] == [f"{shop.url}/huge.jpg"]


def test_wrong_use_says_what_is_wrong_and_leaves_nothing_behind(
    workspace: Workspace, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "says"
    said.write_text("#!/bin/sh\necho Missing X server >&2\nexit 1\n")
    said.chmod(0o755)
    ended = run("record", "--browser", said, workspace=workspace)
    assert (ended.exit_code, "It said: Missing X server" in ended.stderr) == (1, True)
    assert list((workspace.root / "recordings").iterdir()) == []
    for browser in ("/usr/bin/firefox", tmp_path / "nothing"):
        missing = run("record", "--browser", browser, workspace=workspace)
        assert (missing.exit_code, "HAR" in missing.stderr) == (1, True)
    assert run("record", "shop.example", workspace=workspace).exit_code == 2
    for out in (tmp_path / "visit.zip", tmp_path / "no" / "visit.wacz", said.rename(tmp_path / "there.wacz")):
        with pytest.raises(RecordingError):
            record(workspace, tell=print, now=utc_now, program=Path(sys.executable), out=out)
    monkeypatch.setenv("PATH", str(tmp_path))
    if sys.platform == "linux":
        with pytest.raises(BrowserError, match="No browser was found"):
            record(workspace, tell=print, now=utc_now)
