"""The workspace of the demo: an invented artist, and three invented shops on loopback that sell her work."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from casebook.errors import CopycatchError
from copycatch.config import Config, CrawlLimits, Owner, Target
from copycatch.workspace import Workspace
from fixtures.demo.pictures import ARTIST, Studio, write_references
from fixtures.demo.server import DemoServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOPBACK = "127.0.0.1"
SHOPS = 3


class DemoError(CopycatchError):
    """The demo cannot run here."""


@contextmanager
def open_demo(folder: Path) -> Iterator[tuple[Workspace, DemoServer]]:
    """Give the demo's workspace, created if need be, with its shops open on the ports its configuration names.

    From the second scan on it is the shops' second night: one listing has vanished.

    Raises:
        DemoError: the folder is a workspace of somebody's own, or a port of the demo is taken.
    """
    studio = Studio(folder / "shop-pictures")
    if folder.exists() and any(folder.iterdir()):
        workspace = Workspace.open(folder)
        ports = _ports(workspace)
        with workspace.casebook() as casebook:
            night = 1 if casebook.last_run() is None else 2
        with _serving(studio, ports, night) as server:
            yield workspace, server
    else:
        with _serving(studio, (0,) * SHOPS, 1) as server:
            workspace = Workspace.create(folder, _config(server))
            write_references(workspace.references_path, studio)
            yield workspace, server


@contextmanager
def _serving(studio: Studio, ports: tuple[int, ...], night: int) -> Iterator[DemoServer]:
    server = DemoServer(studio=studio, ports=ports, night=night)
    try:
        try:
            server.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise DemoError(
                f"one of the demo's ports {', '.join(map(str, ports))} is in use on {LOOPBACK}",
                remedy="End the program that uses it (another demo?), or start anew with --folder DIR.",
            ) from None
        yield server
    finally:
        server.stop()


def _config(server: DemoServer) -> Config:
    hosts = tuple(urlsplit(shop.url).netloc for shop in server.shops)
    return Config(
        owner=Owner(name=ARTIST, contact_url="https://example.org/the-demo-of-copycatch"),
        crawl=CrawlLimits(delay_seconds=0.0, allowed_private_hosts=hosts),
        targets=tuple(Target(name=shop.name, start=(shop.url,)) for shop in server.shops),
    )


def _ports(workspace: Workspace) -> tuple[int, ...]:
    addresses = [urlsplit(url) for target in workspace.config().targets for url in target.start]
    ports = tuple(address.port for address in addresses if address.hostname == LOOPBACK and address.port)
    if len(addresses) != SHOPS or len(ports) != SHOPS:
        raise DemoError(
            f"{workspace.root} is not the workspace of a demo", remedy="Choose another folder with --folder DIR."
        )
    return ports
