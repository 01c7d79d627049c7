"""One whole scan of a workspace in the internet of `tests.crawler.replay`, where it may ask without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from copycatch.config import Config
from copycatch.scan import run_scan
from copycatch.workspace import Workspace
from tests.crawler.replay import Answer, Authority, Internet

CRAWL = """
[owner]
contact_url = "https://owner.example/about"
[crawl]
delay_seconds = 0.0
use_environment_proxy = true
allowed_private_hosts = ["127.0.0.1"]
"""


def workspace(folder: Path, targets: str, *, crawl: str = "", keys: str | None = None) -> Workspace:
    """Return a new workspace with these targets (TOML), further keys of `[crawl]`, and the text of its keys.toml."""
    made = Workspace.create(folder / "watch", Config())
    made.config_path.write_text(CRAWL + crawl + targets, encoding="utf-8")
    if keys is not None:
        give_keys(made, keys)
    return made


def give_keys(made: Workspace, keys: str) -> None:
    path = made.root / "keys.toml"
    path.write_text(keys, encoding="utf-8")
    path.chmod(0o600)


@contextmanager
def internet(
    answer: Callable[[str], Answer], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Internet]:
    """Live in an internet that answers so."""
    with Internet(answer, authority) as made:
        for variable, value in made.environment().items():
            monkeypatch.setenv(variable, value)
        yield made


def scan(made: Workspace) -> str:
    """Scan once; return the run's number."""
    return run_scan(made).run_id


def fixed(answers: Mapping[str, Answer]) -> Callable[[str], Answer]:
    """Return what gives these answers, and 404 everywhere else."""
    return lambda url: answers.get(url, Answer(b"nothing here", 404, {"Content-Type": "text/plain"}))
