"""`copycatch webhooks`: what other programs are told, and what has not reached them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from casebook.deliveries import Delivered
from casebook.values import time_text
from copycatch.commands.options import in_workspace, json_option, utc_now
from copycatch.moments import moment
from copycatch.output import counted, plain, print_json_lines, print_line, print_table
from copycatch.webhooks import send_waiting

if TYPE_CHECKING:
    from copycatch.workspace import Workspace


@click.group()
def webhooks() -> None:
    """The programs that are told each time that review says something else of candidates."""


@webhooks.command("send")
@in_workspace
def send(workspace: Workspace) -> None:
    """Send what waits and is due. `copycatch review` does so while it is open, and every scan at its end."""
    sent = send_waiting(workspace, utc_now)
    print_line(f"{counted(sent.arrived, 'message')} sent.")
    for name, why in sent.problems.items():
        print_line(plain(f"! {name}: {why}"))


@webhooks.command("list")
@in_workspace
@json_option
def list_webhooks(workspace: Workspace, as_json: bool) -> None:
    """Show the webhooks of the configuration, and how their messages stand."""
    with workspace.casebook() as casebook:
        counts = casebook.delivery_counts()
    found = [(hook, counts.get(hook.name, Delivered(webhook=hook.name))) for hook in workspace.config().webhooks]
    if as_json:
        print_json_lines(
            {
                "webhook": hook.name,
                "url": hook.url,
                "waiting": standing.waiting,
                "given_up": standing.given_up,
                "delivered_at": standing.delivered_at and time_text(standing.delivered_at),
                "problem": standing.problem,
            }
            for hook, standing in found
        )
    elif found:
        rows = [
            (hook.name, hook.url, each.waiting, each.given_up, moment(each.delivered_at), each.problem or "")
            for hook, each in found
        ]
        print_table(("webhook", "address", "waiting", "given up", "last arrived", "problem"), rows)
    else:
        print_line("No webhooks. Add a [[webhooks]] table to copycatch.toml (docs/api.md).")


COMMANDS = (webhooks,)
