"""`copycatch review`: it prints where it is, answers there, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from copycatch.commands.review import shows_windows
from copycatch.workspace import Workspace
from tests.copycatch.conftest import Run


@contextmanager
def reviewing(folder: Path, *options: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the address it printed."""
    command = [sys.executable, "-m", "copycatch", "review", "--workspace", str(folder), *options]
    known = {**os.environ, "COLUMNS": "200", **environ}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=known
    ) as process:
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if "://" in line), "")
            yield process, line.partition(" at ")[2].partition(" ")[0]
        finally:
            if process.poll() is None:
                process.kill()


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str, str]:
    """Return the exit code, and what it still wrote, once a signal has ended it."""
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_it_serves_at_the_address_it_prints_and_ends_with_ctrl_c(filled: Workspace) -> None:
    with reviewing(filled.root, "--port", "0", "--no-browser") as (process, address):
        answer = urllib3.request("GET", address, retries=5)
        assert answer.status == 200
        assert b"Overview" in answer.data
        assert "uvicorn" not in str(answer.headers).lower()
        assert ended(process, signal.SIGINT) == (0, "Review is closed.\n", "")


def test_only_this_machine_can_reach_it(filled: Workspace) -> None:
    with reviewing(filled.root, "--port", "0", "--no-browser") as (process, address):
        port = urllib3.util.parse_url(address).port
        assert address == f"http://127.0.0.1:{port}/"
        with socket.socket() as other:
            # The whole of 127/8 is this machine's, but the socket is bound to one address of it.
            assert other.connect_ex(("127.0.0.2", port)) != 0
        assert ended(process, signal.SIGTERM)[2] == ""


def test_a_taken_port_is_told_with_a_remedy(filled: Workspace, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("review", "--port", str(port), "--no-browser", workspace=filled)
    assert result.exit_code == 1
    assert f"port {port} cannot be used" in result.output
    assert "--port" in result.output


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path, run: Run) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    result = run("review", "--no-browser", workspace=tmp_path)
    assert result.exit_code == 1
    assert "copycatch init" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_missing_folder_becomes_a_workspace_whose_first_page_sets_it_up(tmp_path: Path) -> None:
    with reviewing(tmp_path / "new", "--port", "0", "--no-browser") as (process, address):
        assert address.endswith("/start")
        assert urllib3.request("GET", address, retries=5).status == 200
        assert ended(process, signal.SIGINT)[0] == 0
    assert (tmp_path / "new" / "copycatch.toml").is_file()


@pytest.mark.parametrize(
    ("platform", "environ", "window"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_browser_is_opened_only_where_it_has_a_window(platform: str, environ: dict[str, str], window: bool) -> None:
    assert shows_windows(platform, environ) is window


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for a browser is a shell script")
def test_the_browser_is_given_the_address(filled: Workspace, tmp_path: Path) -> None:
    told, browser = tmp_path / "told", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {told}.part && mv {told}.part {told}\n')
    browser.chmod(0o700)
    with reviewing(filled.root, "--port", "0", BROWSER=f"{browser} %s", DISPLAY=":7") as (process, address):
        for _ in range(600):
            if told.exists():
                break
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        assert told.read_text() == f"{address}\n"
        ended(process, signal.SIGINT)
