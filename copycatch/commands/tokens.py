"""`copycatch tokens`: who may use the JSON interface, and sign in from another machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from casebook.errors import CopycatchError
from casebook.tokens import made_token
from casebook.values import time_text
from copycatch.commands.options import in_workspace, json_option, utc_now
from copycatch.moments import moment
from copycatch.output import plain, print_json_lines, print_line, print_table

if TYPE_CHECKING:
    from copycatch.workspace import Workspace


@click.group()
def tokens() -> None:
    """What other programs show to use the JSON interface, and you to sign in from another machine."""


@tokens.command("add")
@in_workspace
@click.argument("title")
def add_token(workspace: Workspace, title: str) -> None:
    """Make a token for what TITLE says, and print it this once."""
    secret = made_token()
    with workspace.casebook() as casebook:
        added = casebook.add_token(title, secret, utc_now())
    click.echo(
        plain(f"{added.name} for {added.title}. It is shown this once; whoever has it can decide for you:"), err=True
    )
    print_line(secret)


@tokens.command("list")
@in_workspace
@json_option
def list_tokens(workspace: Workspace, as_json: bool) -> None:
    """Show which tokens there are and when each was last used, not what they are."""
    with workspace.casebook() as casebook:
        found = casebook.tokens()
    if as_json:
        print_json_lines(
            {
                "token": each.name,
                "title": each.title,
                "added_at": time_text(each.added_at),
                "used_at": each.used_at and time_text(each.used_at),
            }
            for each in found
        )
    elif found:
        rows = [
            (each.name, each.title, moment(each.added_at), moment(each.used_at) if each.used_at else "never")
            for each in found
        ]
        print_table(("token", "for", "added", "last used"), rows, unbroken=("token",))
    else:
        print_line("No tokens. Make one with `copycatch tokens add TITLE`.")


@tokens.command("remove")
@in_workspace
@click.argument("name", metavar="T-NUMBER")
def remove_token(workspace: Workspace, name: str) -> None:
    """Take a token out: nothing is answered to it any more."""
    digits = name.upper().removeprefix("T-")
    usable = digits.isascii() and digits.isdecimal() and len(digits) < 16
    with workspace.casebook() as casebook:
        if not usable or not casebook.remove_token(int(digits), utc_now()):
            raise CopycatchError(f"there is no token {name}", remedy="`copycatch tokens list` names what there is.")
    print_line(f"{plain(name.upper())} is taken out.")


COMMANDS = (tokens,)
