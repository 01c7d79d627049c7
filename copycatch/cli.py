"""The command line: `copycatch COMMAND`. Each command group has its own file in `copycatch/commands/`."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sqlite3
import sys
import traceback
from importlib import import_module
from importlib.metadata import version
from typing import Any, NoReturn

import click

from casebook.errors import CopycatchError
from copycatch.output import plain

INTERRUPTED = 130


# Each command and its module. Modules are imported when they are asked for: `candidates` need not wait for OpenCV, nor
# every worker process of the matching, which imports this file anew, for Scrapy.
_MODULES = {
    "init": "init",
    "works": "works",
    "scan": "scan",
    "match": "scan",
    "compare": "compare",
    "parse": "parse",
    "import": "import_",
    "record": "record",
    "look": "look",
    "leads": "leads",
    "review": "review",
    "candidates": "candidates",
    "decide": "decide",
    "licences": "permissions",
    "places": "permissions",
    "status": "status",
    "doctor": "doctor",
    "schedule": "schedule",
    "demo": "demo",
}


class CopycatchGroup(click.Group):
    """The root of the commands: turns every failure into one message, a remedy and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module = import_module(f"copycatch.commands.{_MODULES[cmd_name]}")
        commands: tuple[click.Command, ...] = module.COMMANDS
        return next(command for command in commands if command.name == cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click itself shows these and knows their exit codes
        except (KeyboardInterrupt, Exception) as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            message, remedy = _explain(error)
            lines = [plain(line) for line in [*message.split("\n"), f"  {remedy}"]]
            click.echo("copycatch: " + "\n".join(lines), err=True)
            raise click.exceptions.Exit(INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1) from None


def _explain(error: BaseException) -> tuple[str, str]:
    """Return what to tell a person about an error: the message and the remedy."""
    match error:
        case CopycatchError():
            return error.message, error.remedy
        case KeyboardInterrupt():
            return "interrupted", "What was stored stays stored; run the same command again."
        case OSError() | sqlite3.Error() if _disk_is_full(error):
            return f"the disk is full ({error})", "Free some space and run the command again; nothing stored is lost."
        case OSError():
            place = f": {error.filename}" if error.filename else ""
            return f"{error.strerror or error}{place}", "See that it exists and that you may use it, then run again."
        case sqlite3.Error():
            return f"the casebook cannot be used: {error}", "Run `copycatch doctor`, which examines it."
    logging.getLogger("copycatch").error("unexpected error", exc_info=error)
    remedy = "This is a fault of copycatch; the workspace's logs folder has the details, `copycatch --debug …` too."
    return f"unexpected error: {type(error).__name__}: {error}", remedy


def _disk_is_full(error: OSError | sqlite3.Error) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # Only errors that come from SQLite itself carry a code; those of the Python module have none.
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


@click.group(cls=CopycatchGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--debug", is_flag=True, help="Show the full traceback of an error.")
@click.version_option(version("copycatch"), prog_name="copycatch")
def cli(debug: bool) -> None:
    """Watch marketplaces for copies of your photographs and artworks."""


def main() -> NoReturn:
    """Run the command line. SIGTERM ends it like an error would: children stopped, locks freed, code 143."""
    signal.signal(signal.SIGTERM, _ended)
    os.umask(os.umask(0o077) | 0o007)  # what is written is nobody's business but the owner's and her group's
    cli(prog_name="copycatch")
    raise AssertionError("click exits by itself")


def _ended(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)
