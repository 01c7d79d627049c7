"""The owner's own browser: where it lies, and a window of it that we may listen to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from casebook.errors import CopycatchError
from copycatch.output import plain
from copycatch.recording.devtools import Devtools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import IO

_NAMES = (
    "google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "microsoft-edge", "microsoft-edge-stable",
    "brave-browser", "vivaldi-stable", "vivaldi",
)  # fmt: skip
_MAC = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Brave Browser.app/Contents/MacOS/Brave Browser",
)
_WINDOWS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
    r"BraveSoftware\Brave-Browser\Application\brave.exe",
)
_INSTEAD = (
    "Install Chrome, Chromium or Edge, or name one with --browser PATH. In Firefox or Safari, save the visit as a HAR "
    "file in the developer tools and take that in with `copycatch import`."
)
_SECONDS_TO_CLOSE = 30.0
# Popen can hand over pipes under their own numbers only, and the browser wants them as 3 and 4.
_AS_3_AND_4 = """
import os, sys
for wanted, end in ((3, int(sys.argv[1])), (4, int(sys.argv[2]))):
    os.dup2(end, wanted)
    os.close(end)
os.execv(sys.argv[3], sys.argv[3:])
"""


class BrowserError(CopycatchError):
    """There is no browser to record with, or it does not start."""


def find_browser(named: Path | None = None) -> Path:
    """Return the program of the browser that is named, else of the first of Chrome, Chromium, Edge, Brave and Vivaldi
    that lies where it usually lies; raises BrowserError."""
    if named is not None:
        found = shutil.which(named)
        if found is None:
            raise BrowserError(f"{plain(named)} is no program that can be started.", remedy=_INSTEAD)
        if "firefox" in named.name.lower() or "safari" in named.name.lower():
            raise BrowserError(f"{plain(named)} cannot be recorded from.", remedy=_INSTEAD)
        return Path(found)
    place = next((place for place in _usual_places() if place.is_file()), None)
    if place is None:
        raise BrowserError("No browser was found that can be recorded from.", remedy=_INSTEAD)
    return place


def _usual_places() -> Iterator[Path]:
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (folder / name for name in _MAC)
    elif sys.platform == "win32":
        folders = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
        for name in _WINDOWS:
            yield from (Path(folder) / name for folder in folders if folder)
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found)


class Browser:
    """A browser that runs while the `with` block runs; `devtools` is the line to it.

    It gets nothing but a profile, an empty cache and the two pipes: no flag hides that a program listens, and it closes
    when the pipes do, so that none outlives us, however we end.
    """

    devtools: Devtools

    def __init__(self, program: Path, profile: Path, cache: Path):
        self.program = program
        self._command = [
            str(program),
            f"--user-data-dir={profile}",
            "--no-first-run",
            "--no-default-browser-check",
            "--hide-crash-restore-bubble",
            # An empty cache of this recording's own: what is written down was answered now.
            f"--disk-cache-dir={cache}",
            "--remote-debugging-pipe",
            "about:blank",
        ]

    def __enter__(self) -> Self:
        self._said: IO[bytes] = tempfile.TemporaryFile()
        to_browser, commands = os.pipe()
        answers, from_browser = os.pipe()
        try:
            self._process = _started(self._command, to_browser, from_browser, self._said)
        except OSError as error:
            for end in (commands, answers):
                os.close(end)
            self._said.close()
            message = f"{plain(self.program)} cannot be started: {error.strerror}."
            raise BrowserError(message, remedy=_INSTEAD) from error
        finally:
            for end in (to_browser, from_browser):
                os.close(end)
        self.devtools = Devtools(os.fdopen(answers, "rb", buffering=0), os.fdopen(commands, "wb", buffering=0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.devtools.close()
        try:
            self._process.wait(_SECONDS_TO_CLOSE)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        self._said.close()

    def _kill(self) -> None:
        if sys.platform == "win32":
            self._process.kill()
        else:
            os.killpg(self._process.pid, signal.SIGKILL)

    def why_it_ended(self) -> BrowserError:
        """Return what to tell of a browser that ended before it opened a window."""
        self._said.seek(0)
        lines = [line for line in self._said.read(1 << 16).decode("utf-8", "replace").splitlines() if line.strip()]
        said = f" It said: {plain(lines[-1][:300])}" if lines else ""
        return BrowserError(
            f"{plain(self.program)} ended before it opened a window.{said}",
            remedy="Close other windows that use this profile, and see that the program starts by itself; or name "
            "another browser with --browser PATH.",
        )


def _started(command: list[str], incoming: int, outgoing: int, said: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the browser with its ends of the pipes, away from the Ctrl+C of our terminal; raises OSError."""
    if sys.platform == "win32":
        import msvcrt

        handles = [msvcrt.get_osfhandle(end) for end in (incoming, outgoing)]
        for handle in handles:
            os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles})
        return subprocess.Popen(
            [*command, f"--remote-debugging-io-pipes={handles[0]},{handles[1]}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            startupinfo=startup,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
    import fcntl

    # 3 and 4 must not be overwritten before they were read.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (incoming, outgoing)]
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", _AS_3_AND_4, *map(str, ends), *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=ends,
            start_new_session=True,
        )
    finally:
        for end in ends:
            os.close(end)
