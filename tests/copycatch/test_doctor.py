from __future__ import annotations

import os
import shutil
import socket
import tempfile
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from copycatch import health
from copycatch.config import Config, CrawlLimits, Owner, Target
from copycatch.config_template import render
from copycatch.health import Check, FetchRobots, Health, examine
from copycatch.robots_probe import robots_fetcher
from tests.copycatch.filled import make_workspace
from tests.crawler.sites import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from copycatch.workspace import Workspace
    from tests.copycatch.conftest import Run


def answering(status: int, text: str = "") -> Callable[[Config], FetchRobots]:
    return lambda _config: lambda _url: (status, text)


def checks_of(workspace: Workspace, robots: Callable[[Config], FetchRobots] | None = None) -> dict[str, Check]:
    return {check.name: check for check in examine(workspace, robots)}


@pytest.mark.parametrize("status", [200, 301, 404])
def test_a_target_that_lets_us_in_is_fine(workspace: Workspace, status: int) -> None:
    check = checks_of(workspace, answering(status, "User-agent: *\nDisallow: /private"))["robots.txt of shop"]
    assert check.health is Health.FINE
    assert f"answers {status}" in check.message


@pytest.mark.parametrize("status", [429, 503])
def test_a_robots_txt_that_a_scan_would_take_for_a_refusal_is_a_problem(workspace: Workspace, status: int) -> None:
    check = checks_of(workspace, answering(status))["robots.txt of shop"]
    assert check.health is Health.PROBLEM
    assert check.remedy


def test_a_start_page_that_robots_txt_disallows_is_a_problem(workspace: Workspace) -> None:
    check = checks_of(workspace, answering(200, "User-agent: copycatch\nDisallow: /"))["robots.txt of shop"]
    assert check.health is Health.PROBLEM
    assert "disallows" in check.message


def test_the_probe_introduces_itself_and_refuses_private_addresses() -> None:
    with Site() as site:
        allowed = CrawlLimits(allowed_private_hosts=(site.host,))
        config = Config(owner=Owner(contact_url="https://ana.example/"), crawl=allowed)
        assert robots_fetcher(config)(f"{site.url}/robots.txt")[0] == 404
        assert "https://ana.example/" in site.hits[0].headers["User-Agent"]
        with pytest.raises(OSError, match="private address"):
            robots_fetcher(replace(config, crawl=CrawlLimits()))(f"{site.url}/robots.txt")
        assert len(site.hits) == 1


def test_a_site_that_cannot_be_reached_is_a_problem_and_exit_code_1(workspace: Workspace, run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        target = Target(name="gone", start=(f"http://{host}/",))
        config = Config(
            owner=Owner(contact_url="https://ana.example/"),
            crawl=CrawlLimits(allowed_private_hosts=(host,)),
            targets=(target,),
        )
        check = checks_of_config(workspace, config)["robots.txt of gone"]
        assert check.health is Health.PROBLEM
        assert "cannot be had" in check.message
        assert "urlopen" not in check.message
        assert checks_of(workspace)["configuration"].message == "1 target"
        assert run("doctor", workspace=workspace).exit_code == 1


def checks_of_config(workspace: Workspace, config: Config) -> dict[str, Check]:
    workspace.config_path.write_text(render(config), encoding="utf-8")
    return checks_of(workspace, robots_fetcher)


def test_two_opencv_packages_in_one_folder_are_a_problem(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"cv2": ["opencv-python", "opencv-python-headless"]}
    monkeypatch.setattr(health, "packages_distributions", lambda: dict(metadata.packages_distributions()) | both)
    check = checks_of(workspace)["opencv"]
    assert check.health is Health.PROBLEM
    assert check.remedy is not None
    assert "pip uninstall opencv-python opencv-python-headless" in check.remedy


@pytest.mark.parametrize(("free", "expected"), [(10**12, "fine"), (10**9, "warning"), (10**7, "problem")])
def test_little_disk_space_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, free: int, expected: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    assert checks_of(workspace)["disk space"].health == expected


def test_a_damaged_casebook_is_a_problem_and_the_other_checks_go_on(filled: Workspace) -> None:
    filled.casebook_path.write_bytes(b"not a database")
    checks = checks_of(filled)
    assert checks["casebook"].health is Health.PROBLEM
    assert checks["blobs"].health is Health.PROBLEM
    assert checks["configuration"].health is Health.FINE


def test_pages_overwritten_inside_the_casebook_are_found(filled: Workspace) -> None:
    data = bytearray(filled.casebook_path.read_bytes())
    for page in range(5, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    filled.casebook_path.write_bytes(data)
    check = checks_of(filled)["casebook"]
    assert check.health is Health.PROBLEM
    assert "damaged" in check.message


def test_a_lost_or_altered_blob_is_a_problem(filled: Workspace) -> None:
    with filled.casebook() as casebook:
        (row,) = casebook.candidate_rows()
    path = filled.blobs().path(str(row["picture_sha256"]))
    path.write_bytes(b"altered")
    assert checks_of(filled)["blobs"].health is Health.PROBLEM
    path.unlink()
    assert checks_of(filled)["blobs"].health is Health.PROBLEM


def test_a_library_with_problems_or_without_pictures_is_a_warning(workspace: Workspace) -> None:
    assert checks_of(workspace)["works"].health is Health.WARNING
    (workspace.references_path / "layers.psd").write_bytes(b"x")
    assert "1 of them with problems" in checks_of(workspace)["works"].message
    workspace.works_path.write_text("[[", encoding="utf-8")
    assert checks_of(workspace)["works"].health is Health.PROBLEM


def test_a_missing_folder_and_a_broken_configuration_are_problems(workspace: Workspace) -> None:
    workspace.blobs_path.rmdir()
    workspace.config_path.write_text("[craw]", encoding="utf-8")
    checks = checks_of(workspace, answering(200))
    assert checks["write access to blobs"].health is Health.PROBLEM
    assert checks["configuration"].health is Health.PROBLEM
    assert not any(name.startswith("robots.txt") for name in checks)


def test_leads_without_a_target_are_a_warning(workspace: Workspace, run: Run) -> None:
    workspace.config_path.write_text(render(Config(owner=Owner(contact_url="https://ana.example/"))), encoding="utf-8")
    run("leads", "add", "https://a.example/1", workspace=workspace)
    check = checks_of(workspace)["configuration"]
    assert (check.health, check.message.partition(":")[0]) == (Health.WARNING, "0 targets, 1 lead")
    assert "[[targets]]" in (check.remedy or "")


def test_doctor_says_that_no_site_was_asked(workspace: Workspace) -> None:
    assert checks_of(workspace)["robots.txt"].message.startswith("left out")
    assert "robots.txt" not in checks_of(workspace, answering(200))


@pytest.mark.skipif(os.name != "posix", reason="other systems know no rights of this kind")
def test_a_workspace_that_others_can_read_is_a_warning() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        space = make_workspace(Path(folder) / "space")
        for path, rights in ((space.root, 0o755), (space.casebook_path, 0o644), (space.blobs_path, 0o750)):
            path.chmod(rights)
        space.references_path.chmod(0o700)
        check = checks_of(space)["privacy"]
        assert (check.health, check.message) == (Health.WARNING, "every user of this machine can get at casebook.db")
        assert check.remedy == f"Run: chmod -R o-rwx {space.root}"
        for closed in (space.root, space.root.parent):  # what lies in it is closed then, whatever its own rights
            closed.chmod(0o750)
            assert checks_of(space)["privacy"].health is Health.FINE
            closed.chmod(0o755)
