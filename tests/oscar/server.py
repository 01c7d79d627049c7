"""The open shop: stock it, serve it on loopback, change it while it is open, and read what it gave away."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROJECT = Path(__file__).parent / "shop"
_SECONDS_TO_OPEN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One line of the shop's access log; `bytes` counts the body."""

    method: str
    path: str
    status: int
    bytes: int


class Shop:
    """A stocked shop in a folder.

    Args:
        python: an interpreter of the environment that django-oscar is installed in.
        folder: holds `stock.json`; database, pictures, index and logs are made in it.
    """

    def __init__(self, python: Path, folder: Path) -> None:
        self._python = python
        self._folder = folder
        self._log = folder / "access.jsonl"
        self.origin = ""
        self.paths: dict[str, str] = json.loads(self._manage("stock", str(folder / "stock.json")))

    def url(self, upc: str) -> str:
        return self.origin + self.paths[upc]

    def publish(self, upc: str) -> None:
        self._manage("publish", upc)

    def unpublish(self, upc: str) -> None:
        """Take a product out of the shop: its page gives 404, no list names it."""
        self._manage("unpublish", upc)

    def answers(self, start: int = 0) -> list[Answer]:
        """Return what the shop has answered since it opened, from the answer with number `start` on."""
        lines = self._log.read_text(encoding="utf-8").splitlines()[start:]
        return [Answer(**json.loads(line)) for line in lines]

    @contextmanager
    def open(self) -> Iterator[None]:
        """Serve the shop at `origin` until the context is left."""
        self._log.touch()
        with (self._folder / "server.out").open("w+") as out, (self._folder / "server.err").open("w+") as err:
            server = subprocess.Popen(
                [str(self._python), "serve.py", str(self._log)],
                cwd=_PROJECT, env=self._environment(), stdout=out, stderr=err,
            )  # fmt: skip
            try:
                self.origin = self._wait_for_origin(server)
                yield
            finally:
                server.terminate()
                server.wait(timeout=30)

    def _wait_for_origin(self, server: subprocess.Popen[bytes]) -> str:
        deadline = time.monotonic() + _SECONDS_TO_OPEN
        printed = self._folder / "server.out"
        while time.monotonic() < deadline and server.poll() is None:
            port = printed.read_text(encoding="utf-8").strip()
            if port:
                origin = f"http://127.0.0.1:{port}"
                try:
                    urllib.request.urlopen(f"{origin}/robots.txt", timeout=_SECONDS_TO_OPEN).close()
                except urllib.error.HTTPError as answer:
                    answer.close()
                    return origin
            time.sleep(0.1)
        said = (self._folder / "server.err").read_text(encoding="utf-8")
        raise RuntimeError(f"the shop did not open (exit code {server.poll()}):\n{said}")

    def _manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self._python), "manage.py", *arguments],
            cwd=_PROJECT, env=self._environment(), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        # The shop must see its own packages only, whatever the tests themselves were started with.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return kept | {"SHOP_FOLDER": str(self._folder), "PYTHONUTF8": "1"}
