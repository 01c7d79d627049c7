"""`copycatch tokens`: what opens the interface is shown once and kept as a hash."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from casebook.tokens import made_token

if TYPE_CHECKING:
    from copycatch.workspace import Workspace
    from tests.copycatch.conftest import Run

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_token_is_printed_once_and_no_file_of_the_workspace_holds_it(workspace: Workspace, run: Run) -> None:
    secret = run("tokens", "add", "complaint tool", workspace=workspace).stdout.strip()
    assert len(secret) > 40
    listed = run("tokens", "list", "--json", workspace=workspace)
    assert [json.loads(line)["title"] for line in listed.stdout.splitlines()] == ["complaint tool"]
    assert secret not in listed.output + run("tokens", "list", workspace=workspace).output
    for path in workspace.root.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path


def test_a_token_is_known_by_its_bytes_alone_until_it_is_taken_out(workspace: Workspace, run: Run) -> None:
    secrets = [made_token(), made_token()]
    with workspace.casebook() as casebook:
        for secret in secrets:
            casebook.add_token("a program", secret, NOW)
        assert [casebook.token_of(secret, NOW).name for secret in secrets] == ["T-1", "T-2"]  # type: ignore[union-attr]
        for wrong in ("", secrets[0][:-1], secrets[0] + "x", secrets[0].upper(), "\ud800", "ö"):
            assert casebook.token_of(wrong, NOW) is None
    assert run("tokens", "remove", "t-1", workspace=workspace).exit_code == 0
    with workspace.casebook() as casebook:
        assert casebook.token_of(secrets[0], NOW) is None
        assert casebook.token_of(secrets[1], NOW) is not None


def test_the_last_use_is_noted_to_the_hour(workspace: Workspace) -> None:
    secret = made_token()
    with workspace.casebook() as casebook:
        casebook.add_token("a program", secret, NOW)
        for minutes, noted in ((0, 0), (59, 0), (60, 60), (90, 60), (200, 200)):
            casebook.token_of(secret, NOW + timedelta(minutes=minutes))
            assert casebook.tokens()[0].used_at == NOW + timedelta(minutes=noted)


@pytest.mark.parametrize("title", ["", " ", "x" * 101, "a\nb", "\x1b[31m"])
def test_a_token_without_a_usable_title_is_refused(workspace: Workspace, run: Run, title: str) -> None:
    done = run("tokens", "add", title, workspace=workspace)
    assert done.exit_code == 1
    assert "a token needs a title" in done.stderr
    assert "No tokens." in run("tokens", "list", workspace=workspace).stdout


@pytest.mark.parametrize("name", ["T-1", "1", "T-", "x", "T-" + "9" * 40, "T-²"])
def test_removing_what_is_not_there_is_told(workspace: Workspace, run: Run, name: str) -> None:
    done = run("tokens", "remove", name, workspace=workspace)
    assert done.exit_code == 1
    assert "there is no token" in done.stderr
