from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from casebook.redaction import redact
from copycatch.logs import start_logging

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "2026-11-21.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://ana:pass@shop.example/x?a=1", "https://***@shop.example/x?a=1"),
        (
            "get https://shop.example/?page=2&access_token=abc&x=1 now",
            "get https://shop.example/?page=2&access_token=***&x=1 now",
        ),
        ("https://s.example/?X-Amz-Signature=ab%2F&key=1", "https://s.example/?X-Amz-Signature=***&key=***"),
        ("https://s.example/?PHPSESSION_ID=7#top", "https://s.example/?PHPSESSION_ID=***#top"),
        ("https://s.example/?apikey=7", "https://s.example/?apikey=***"),
        (
            "https://s.example/?monkey=7&keyboard=8&q=mail@x.example",
            "https://s.example/?monkey=7&keyboard=8&q=mail@x.example",
        ),
    ],
)
def test_secrets_of_addresses_are_cut_out_and_the_rest_stays(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_records_of_every_library_reach_the_file_as_json_without_secrets(tmp_path: Path) -> None:
    start_logging(tmp_path / "logs", now=NOW, watched=True)
    logging.getLogger("stranger").warning("fetched %s", "https://u:p@x.example/?token=t")
    structlog.get_logger("ours").info("saw", url="https://x.example/?sig=s", seen=["https://x.example/?sid=1"], count=3)
    first, second = records(tmp_path / "logs")
    assert (first["logger"], first["level"]) == ("stranger", "warning")
    assert first["event"] == "fetched https://***@x.example/?token=***"
    assert (second["url"], second["seen"], second["count"]) == (
        "https://x.example/?sig=***", ["https://x.example/?sid=***"], 3,
    )  # fmt: skip


def test_stderr_gets_plain_key_value_lines_where_nobody_watches(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    start_logging(tmp_path / "logs", now=NOW, watched=False)
    structlog.get_logger("ours").info("saw", title="\x1b[2Jevil\nline")
    err = capsys.readouterr().err
    assert "event=saw" in err
    assert r"\x1b[2Jevil line" in err.replace("\\\\", "\\")
    assert "\x1b" not in err
    assert err.count("\n") == 1


def test_a_watched_terminal_is_disturbed_by_warnings_only(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(None, now=NOW, watched=True)
    logging.getLogger("x").info("quiet")
    logging.getLogger("x").warning("loud")
    err = capsys.readouterr().err
    assert "quiet" not in err
    assert "loud" in err


def test_a_traceback_stands_in_the_file_and_not_on_stderr(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    start_logging(tmp_path / "logs", now=NOW, watched=False)
    logging.getLogger("x").error("failed", exc_info=ValueError("https://u:p@x.example/"))
    assert "ValueError: https://***@x.example/" in records(tmp_path / "logs")[0]["exception"]
    assert "Traceback" not in capsys.readouterr().err


def test_starting_twice_writes_each_record_once_and_old_files_go(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for day in ("2026-09-01", "2026-11-01"):
        (folder / f"{day}.jsonl").touch()
    (folder / "nights.json").touch()
    start_logging(folder, now=NOW, watched=True)
    start_logging(folder, now=NOW, watched=True)
    logging.getLogger("x").info("once")
    assert len(records(folder)) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["2026-11-01.jsonl", "2026-11-21.jsonl", "nights.json"]
