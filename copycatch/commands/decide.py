"""`copycatch decide`: say what a candidate is, and take it back."""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING

import click

from casebook.deciding import candidate_named, made_decisions, reviewer_of, unanswered, until_of
from casebook.rulings import QUESTIONS, REQUIRED_ANSWERS, Reviewed, Ruling, Scope
from copycatch.commands.options import in_workspace, utc_now
from copycatch.output import counted, plain, print_line

if TYPE_CHECKING:
    from casebook.casebook import Casebook
    from casebook.rulings import Decision
    from copycatch.workspace import Workspace

RULINGS = [ruling.value for ruling in Ruling if ruling is not Ruling.UNDONE]


def _day(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date such as 2027-01-31") from None


def _answers(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    answers = {}
    for value in values:
        name, equals, answer = value.partition("=")
        if not equals or name not in REQUIRED_ANSWERS or answer not in ("yes", "no"):
            raise click.BadParameter(f"{value!r} is not one of {', '.join(REQUIRED_ANSWERS)} with =yes or =no")
        answers[name] = answer
    return answers


def _numbers(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[int]:
    found = []
    for value in values:
        digits = value.upper().removeprefix("D-")
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 15:
            raise click.BadParameter(f"{value!r} is no decision such as D-17")
        found.append(int(digits))
    return found


_LONGEST_TITLE = 60  # characters


@click.command()
@in_workspace
@click.argument("candidates", nargs=-1, metavar="CANDIDATE…")
@click.option("--ruling", type=click.Choice(RULINGS), help="What the candidates are.")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    help="How far it goes (default: licensed and own_shop for the seller, all else for the pictures seen).",
)
@click.option("--until", callback=_day, metavar="DAY", help="The last day on which it holds (UTC).")
@click.option("--note", default="", help="Why, in your words.")
@click.option("--as", "reviewer", metavar="NAME", help="Who decides (default: review.reviewer, or the owner).")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    callback=_answers,
    metavar="QUESTION=yes|no",
    help="What the law asks before infringing: licensed, own_upload, fair_use, same_picture. Asked for on a terminal.",
)
@click.option("--undo", "undone", multiple=True, callback=_numbers, metavar="D-NUMBER", help="Take a decision back.")
@click.option("--undo-last", is_flag=True, help="Take back what you decided last, a whole group if it was one.")
def decide(
    workspace: Workspace,
    candidates: tuple[str, ...],
    ruling: str | None,
    scope: str | None,
    until: date | None,
    note: str,
    reviewer: str | None,
    answers: dict[str, str],
    undone: list[int],
    undo_last: bool,
) -> None:
    """Say what candidates are, by their ids or the first digits of these, or take decisions back.

    A decided candidate is shown again only where it shows something new.
    """
    if (undone or undo_last) == bool(candidates) or bool(candidates) != bool(ruling) or (undone and undo_last):
        raise click.UsageError("give candidates and --ruling, or --undo, or --undo-last")
    config = workspace.config()
    name, people = reviewer_of(reviewer, config.review.reviewer, config.owner.name), config.review.people
    with workspace.casebook() as casebook:
        if undone or undo_last:
            seqs = undone or [decision.seq for decision in casebook.last_act(name)]
            _say_undone(casebook.undo(seqs, reviewer=name, at=utc_now(), people=people))
            return
        chosen, ids = Ruling(str(ruling)), [candidate_named(casebook, each) for each in candidates]
        if chosen is Ruling.INFRINGING:
            answers = _ask(answers)
        before = casebook.reviewed_counts()
        decided = casebook.decide(
            made_decisions(
                casebook,
                dict.fromkeys(ids),
                chosen,
                reviewer=name,
                now=utc_now(),
                scope=Scope(scope) if scope else None,
                until=until_of(until),
                note=note,
                answers=answers,
            ),
            people=people,
        )
        _say_decided(casebook, decided, before)


def _ask(answers: dict[str, str]) -> dict[str, str]:
    """Ask for the answers that are missing, where there is somebody to ask."""
    if not sys.stdin.isatty():
        return answers
    asked = {name: "yes" if click.confirm(QUESTIONS[name]) else "no" for name in unanswered(answers)}
    return answers | asked


def _say_undone(undone: list[Decision]) -> None:
    if not undone:
        print_line("Nothing was left to take back.")
    for decision in undone:
        print_line(f"D-{decision.undoes} is taken back by {decision.name}.")


def _say_decided(casebook: Casebook, decided: list[Decision], before: dict[Reviewed, int]) -> None:
    for decision in decided:
        case, settled = casebook.case(decision.candidate_id), casebook.settlement(decision.candidate_id)
        if case is not None and settled is not None:
            title = (case["listing_title"] or "(no title)")[:_LONGEST_TITLE]
            told = f"“{title}” ({decision.candidate_id}) is {settled.reviewed.words} ({settled.because})"
            print_line(plain(f"{decision.name}: {told}"))
    others = before.get(Reviewed.OPEN, 0) - casebook.reviewed_counts().get(Reviewed.OPEN, 0) - len(decided)
    if others > 0:
        print_line(f"It holds for {counted(others, 'other candidate')} that had been open, too.")


COMMANDS = (decide,)
