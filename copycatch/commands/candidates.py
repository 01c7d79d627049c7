"""`copycatch candidates`: the listings that show your works, for people and for complaint tools."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from casebook.candidate_records import candidate_records
from casebook.findings import Verdict
from casebook.rulings import NOT_CLEARED, Reviewed
from copycatch.candidate_list import CSV_COLUMNS, print_candidates
from copycatch.commands.options import in_workspace, json_option, utc_now
from copycatch.output import print_csv, print_json_lines, print_line

if TYPE_CHECKING:
    from copycatch.workspace import Workspace


def _utc(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date such as 2026-11-21 or 2026-11-21T02:30Z") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


@click.command()
@in_workspace
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table for a spreadsheet.")
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    type=click.Choice([Verdict.COPY.value, Verdict.POSSIBLE.value]),
    help="Only candidates of this verdict.",
)
@click.option("--since", callback=_utc, metavar="DATE", help="Only candidates first found then or later (UTC).")
@click.option(
    "--reviewed",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in Reviewed]),
    help="Only candidates whose review came to this (default: all that nobody cleared).",
)
@click.option("--all", "everything", is_flag=True, help="Also those that a decision, a licence or a place clears.")
def candidates(
    workspace: Workspace,
    as_json: bool,
    as_csv: bool,
    verdicts: tuple[str, ...],
    since: datetime | None,
    states: tuple[str, ...],
    everything: bool,
) -> None:
    """Show the listings that show your works, in the order in which a look at them is worth most."""
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    if everything and states:
        raise click.UsageError("--all and --reviewed exclude each other")
    wanted = [Verdict(verdict) for verdict in verdicts] or [Verdict.COPY, Verdict.POSSIBLE]
    reviewed = [Reviewed(state) for state in states] or (list(Reviewed) if everything else list(NOT_CLEARED))
    with workspace.casebook() as casebook:
        casebook.settle_what_ended(utc_now(), people=workspace.config().review.people)
        records = candidate_records(casebook, verdicts=wanted, since=since, reviewed=reviewed)
        counts = casebook.reviewed_counts()
        if as_json:
            print_json_lines(records)
        elif as_csv:
            print_csv(CSV_COLUMNS, records)
        elif records:
            print_candidates(casebook, records)
            print_line("Decide with `copycatch review`, or with `copycatch decide` and the digits before an address.")
        else:
            print_line("No candidates. `copycatch status` shows what was looked at.")
        hidden = {state: number for state, number in counts.items() if state not in reviewed}
        if hidden and not (as_json or as_csv):
            told = ", ".join(f"{number} {state.words}" for state, number in sorted(hidden.items()))
            print_line(f"Not shown: {told}. `copycatch candidates --all` shows them, and why.")


COMMANDS = (candidates,)
