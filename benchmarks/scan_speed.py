"""A whole scan of the demo marketplace with politeness off, against a bare loop that fetches the same addresses."""

from __future__ import annotations

import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from casebook.types import Purpose
from copycatch.config import Config, CrawlLimits, Owner, Target
from copycatch.scan import run_scan
from copycatch.workspace import Workspace
from fixtures.demo.pictures import write_references
from fixtures.demo.server import DemoServer


def measure() -> str:
    """Return the table: seconds, pages and pictures a second for two nights, and for the bare loop."""
    with tempfile.TemporaryDirectory() as name, DemoServer(folder=Path(name) / "studio") as server:
        folder = Path(name)
        workspace = _workspace(folder / "space", server)
        _fetch_all(server, _addresses(folder, server))  # draws every picture, so that no measurement pays for it
        rows = []
        for night in (1, 2):
            server.night = night
            rows.append(_night(workspace, f"night {night}"))
        addresses = _addresses(folder, server, workspace)
        begun = time.perf_counter()
        _fetch_all(server, addresses)
        bare = time.perf_counter() - begun
    lines = [
        "## A scan of the demo marketplace, politeness off",
        "| | seconds, crawl | pages/s | pictures/s | × the bare loop | seconds, whole scan |",
        "|---|---|---|---|---|---|",
        *(_row(*row, bare) for row in rows),
        f"| bare loop over the same {len(addresses)} addresses, nothing read or stored | {bare:.2f} | | | 1 | |",
        "",
        "Three shops on one host, so one request at a time. A crawl includes the start of its process; the whole scan",
        "includes preparing references, comparing, drawing and the report.",
    ]
    return "\n".join(lines)


def _row(label: str, crawl: float, whole: float, pages: int, pictures: int, bare: float) -> str:
    rates = f"{pages / crawl:.1f} | {pictures / crawl:.1f} | {crawl / bare:.1f}"
    return f"| {label} | {crawl:.1f} | {rates} | {whole:.1f} |"


def _workspace(folder: Path, server: DemoServer) -> Workspace:
    config = Config(
        owner=Owner(name="Benchmark", contact_url="https://owner.example/"),
        crawl=CrawlLimits(delay_seconds=0.0, allowed_private_hosts=tuple(urlsplit(s.url).netloc for s in server.shops)),
        targets=tuple(Target(name=shop.name, start=(shop.url,)) for shop in server.shops),
    )
    workspace = Workspace.create(folder, config)
    write_references(workspace.references_path, server.studio)
    return workspace


def _addresses(folder: Path, server: DemoServer, workspace: Workspace | None = None) -> list[str]:
    """Return what a scan asked for; without one, what a first scan of a workspace of its own asks for."""
    if workspace is None:
        workspace = _workspace(folder / "warm", server)
        run_scan(workspace)
    with workspace.casebook() as casebook:
        run = casebook.runs(10)[-1]
        return [fetch.url for fetch in casebook.fetches(run.run_id)]


def _fetch_all(server: DemoServer, addresses: list[str]) -> None:
    server.night = 1
    for address in addresses:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - loopback addresses of our own
                answer.read()
        except urllib.error.HTTPError as error:
            error.read()


def _night(workspace: Workspace, label: str) -> tuple[str, float, float, int, int]:
    ends: dict[str, float] = {}
    begun = time.perf_counter()

    def hear(phase: str, done: int, total: int) -> None:
        ends[phase] = time.perf_counter()

    run_scan(workspace, progress=hear)
    whole = time.perf_counter() - begun
    with workspace.casebook() as casebook:
        run = casebook.runs(1)[0]
        rows = casebook.coverage_rows(run.run_id)
        pages = sum(int(str(row["pages"])) for row in rows)
        pictures = sum(int(str(row["pictures"])) for row in rows)
        asked = sum(fetch.purpose is Purpose.PICTURE for fetch in casebook.fetches(run.run_id))
    return (
        f"{label} ({pages} pages, {asked} of {pictures} pictures asked for)",
        ends["crawl"] - begun,
        whole,
        pages,
        pictures,
    )
