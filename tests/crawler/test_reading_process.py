"""What is read in a process of its own costs itself only, whatever it does there."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from crawler.marketplaces import all_marketplaces, marketplace
from crawler.page import Page
from crawler.reading_process import Readers, ReadingProcess, ReadingProcessError, UnreadableError
from tests.crawler import reading_tricks as tricks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals as Unix has them")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent at once")
PAGE = Page(url="https://shop.example/p/1", status=200, body=b"<title>Mug</title><img src=a.jpg>")


@pytest.fixture(scope="module")
def shared() -> Iterator[ReadingProcess]:
    with ReadingProcess() as process:
        yield process


@pytest.fixture
def reader() -> Iterator[ReadingProcess]:
    with ReadingProcess() as process:
        yield process


@pytest.fixture
def hasty() -> Iterator[ReadingProcess]:
    with ReadingProcess(seconds=1) as process:
        yield process


@pytest.mark.parametrize("place", all_marketplaces(), ids=lambda place: place.NAME)
def test_every_marketplace_reads_the_same_in_a_process_as_here(place: object, shared: ReadingProcess) -> None:
    assert shared.read(partial(place.read, PAGE)) == place.read(PAGE)  # type: ignore[attr-defined]


def test_a_page_travels_without_what_was_parsed_of_it(shared: ReadingProcess) -> None:
    page = Page(url=PAGE.url, status=200, body=PAGE.body)
    assert page.selector.xpath("//img")
    assert shared.read(partial(marketplace("generic").read, page)) == marketplace("generic").read(PAGE)


@pytest.mark.parametrize("hang", [tricks.hold_the_interpreter, tricks.loop_for_ever])
def test_what_takes_too_long_is_ended_and_the_next_is_read(hang: Callable[[], None], hasty: ReadingProcess) -> None:
    first = hasty.read(os.getpid)
    with pytest.raises(UnreadableError, match="could not be read within 1 seconds") as caught:
        hasty.read(hang)
    assert caught.value.ended
    assert tricks.ends(first)
    assert hasty.read(os.getpid) != first


@POSIX
def test_what_crashes_its_reader_twice_is_given_up_and_the_next_is_read(reader: ReadingProcess) -> None:
    with pytest.raises(UnreadableError, match="could not be read: its reader crashed") as caught:
        reader.read(tricks.crash)
    assert caught.value.ended
    assert reader.read(partial(len, b"next")) == 4


@POSIX
def test_what_was_in_the_hands_of_a_process_that_somebody_killed_is_read_all_the_same(
    reader: ReadingProcess, tmp_path: Path
) -> None:
    assert reader.read(partial(tricks.crash_once, tmp_path / "crashed")) == "read"
    os.kill(reader.read(os.getpid), signal.SIGKILL)
    assert reader.read(partial(len, b"next")) == 4


@LINUX
def test_what_takes_more_memory_than_it_may_is_given_up_in_a_process_of_its_own(reader: ReadingProcess) -> None:
    first = reader.read(os.getpid)
    with pytest.raises(UnreadableError, match="could not be read in 2 GiB of memory") as caught:
        reader.read(tricks.take_all_memory)
    assert caught.value.ended
    assert reader.read(os.getpid) != first, "what is left of the old one may be too little for the next page"


def test_what_raises_is_told_with_the_place_where_it_did_and_keeps_the_process(reader: ReadingProcess) -> None:
    first = reader.read(os.getpid)
    with pytest.raises(UnreadableError, match="ValueError") as caught:
        reader.read(tricks.raise_something)
    assert str(caught.value) == "could not be read: ValueError('page three')"
    assert not caught.value.ended
    assert "in raise_something" in caught.value.__notes__[0]
    with pytest.raises(UnreadableError, match="pickle"):
        reader.read(tricks.give_what_cannot_travel)
    assert reader.read(os.getpid) == first


def test_what_a_library_prints_is_no_answer(reader: ReadingProcess) -> None:
    assert reader.read(tricks.print_and_log) == "the answer"


@POSIX
def test_a_reading_process_leaves_the_signals_of_the_terminal_to_the_one_that_started_it(
    reader: ReadingProcess,
) -> None:
    first = reader.read(os.getpid)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(first, number)
    assert reader.read(os.getpid) == first


def test_a_file_of_a_strangers_in_the_folder_we_stand_in_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: ReadingProcess
) -> None:
    for name in ("signal", "pickle", "crawler", "lxml"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run')", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", ".")])
    monkeypatch.chdir(tmp_path)
    assert reader.read(partial(len, b"read")) == 4


def test_a_process_that_cannot_start_is_an_error_with_a_remedy(
    reader: ReadingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ReadingProcessError, match="does not start") as caught:
        reader.read(os.getpid)
    assert "doctor" in caught.value.remedy


def test_no_process_starts_after_the_end() -> None:
    process = ReadingProcess()
    first = process.read(os.getpid)
    process.close()
    assert tricks.ends(first)
    with pytest.raises(UnreadableError, match="about to stop"):
        process.read(os.getpid)


@LINUX
@pytest.mark.parametrize("trick", ["hold_the_interpreter", "loop_for_ever"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_process_that_hangs_ends_with_the_one_that_started_it(tmp_path: Path, trick: str, number: int) -> None:
    with started("read_and_hang", str(tmp_path / "note"), trick) as program:
        reading = tricks.noted(tmp_path / "note")
        program.send_signal(number)
        assert tricks.ends(reading)


@LINUX
def test_a_process_that_waits_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    with started("read_and_wait", str(tmp_path / "note")):
        assert tricks.ends(tricks.noted(tmp_path / "note"))


def started(*arguments: str) -> subprocess.Popen[bytes]:
    """Start `reading_tricks` as a program."""
    begin = "import sys; from tests.crawler import reading_tricks; getattr(reading_tricks, sys.argv[1])(*sys.argv[2:])"
    command = [sys.executable, "-c", begin, *arguments]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def test_while_one_reader_hangs_the_others_go_on() -> None:
    async def both() -> tuple[object, list[int]]:
        readers = Readers(seconds=5)
        try:
            hung = asyncio.ensure_future(readers.read(tricks.loop_for_ever))
            read = [await readers.read(partial(len, b"page")) for _ in range(20)]
            assert not hung.done()
            return (await asyncio.gather(hung, return_exceptions=True))[0], read
        finally:
            readers.close()

    hung, read = asyncio.run(both())
    assert isinstance(hung, UnreadableError)
    assert read == [4] * 20


@LINUX
def test_readers_that_are_closed_leave_none_behind() -> None:
    async def work() -> int:
        readers = Readers()
        try:
            return await readers.read(os.getpid)
        finally:
            readers.close()

    assert tricks.ends(asyncio.run(work()))
