"""`copycatch doctor`: is everything ready for the night?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from copycatch.commands.options import in_workspace, json_option
from copycatch.health import Check, Health, examine
from copycatch.output import print_json_lines, print_table
from copycatch.robots_probe import robots_fetcher

if TYPE_CHECKING:
    from copycatch.workspace import Workspace


@click.command()
@in_workspace
@json_option
@click.option("--offline", is_flag=True, help="Ask no site for its robots.txt.")
@click.pass_context
def doctor(ctx: click.Context, workspace: Workspace, as_json: bool, offline: bool) -> None:
    """Check configuration, disk, casebook, blobs and whether the targets let us in. Exit code 1 on a problem."""
    checks = list(examine(workspace, None if offline else robots_fetcher))
    if as_json:
        print_json_lines(check_record(check) for check in checks)
    else:
        rows = [(check.health.value, check.name, check.message, check.remedy or "") for check in checks]
        print_table(("state", "what", "found", "remedy"), rows)
    ctx.exit(1 if any(check.health is Health.PROBLEM for check in checks) else 0)


def check_record(check: Check) -> dict[str, str | None]:
    """Return a check as `doctor --json` prints it."""
    return {"check": check.name, "state": check.health.value, "message": check.message, "remedy": check.remedy}


COMMANDS = (doctor,)
