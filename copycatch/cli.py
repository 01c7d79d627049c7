"""The command line: `copycatch COMMAND`. Each command group has its own file in `copycatch/commands/`."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from importlib import import_module
from importlib.metadata import version
from typing import Any, NoReturn

import click

from copycatch.failures import explained
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
    "tokens": "tokens",
    "webhooks": "webhooks",
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
            failure = explained(error)
            if failure.unexpected:
                logging.getLogger("copycatch").error("unexpected error", exc_info=error)
            lines = [plain(line) for line in [*failure.message.split("\n"), f"  {failure.remedy}"]]
            click.echo("copycatch: " + "\n".join(lines), err=True)
            raise click.exceptions.Exit(INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1) from None


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
