"""`copycatch works add|list|check`: the owner's reference library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from casebook.findings import ReferenceKind, Work, WorkKind
from copycatch.commands.options import in_workspace, json_option
from copycatch.output import counted, plain, print_json_lines, print_line, print_table
from copycatch.works import Library, Problem, read_entries, read_library, unlisted_pictures
from copycatch.works_check import check_library
from copycatch.works_edit import How, Wish, add_works

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from copycatch.workspace import Workspace


@click.group()
def works() -> None:
    """Your photographs, artworks and watermarks: what is watched."""


@works.command()
@in_workspace
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE_OR_DIR…")
@click.option("--title", help="Title of the work; all files then belong to this one work.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in WorkKind]),
    default=WorkKind.PHOTO.value,
    show_default=True,
    help="artwork: art that is printed on goods and photographed with them.",
)
@click.option("--id", "work_id", help="The work's id; with the id of a work that exists, files are added to it.")
@click.option("--watermark", is_flag=True, help="The files show your watermark or logo, not the work.")
@click.option("--rights", help="Your note on why the work is yours, on one line; it stands in works.toml.")
def add(
    workspace: Workspace,
    sources: tuple[Path, ...],
    title: str | None,
    kind: str,
    work_id: str | None,
    watermark: bool,
    rights: str | None,
) -> None:
    """Add pictures to what is watched. Files from elsewhere are copied into reference_images/."""
    wish = Wish(title=title, kind=WorkKind(kind), work_id=work_id, watermark=watermark, rights=rights)
    kept = work_id is not None and any(entry.work.work_id == work_id for entry in read_entries(workspace.works_path))
    added, skipped = add_works(workspace, sources, wish)
    for item in added:
        print_line(f"{plain(item.path)}  {item.how} {plain(item.work_id)}")
    if (title or work_id or watermark) and any(item.how is How.KNOWN for item in added):
        print_line("Nothing was changed for what is already listed; to retitle or regroup a work, edit its entry in")
        print_line(f"  {plain(workspace.works_path)}")
    if skipped:
        print_line(f"Skipped {len(skipped)}:")
    _print_problems(skipped)
    source = click.get_current_context().get_parameter_source("kind")
    assumed = source is ParameterSource.DEFAULT and not watermark and not kept
    if assumed and any(item.how is How.ADDED for item in added):
        print_line(
            'Taken for photographs (kind "photo"). For art that is printed on goods and photographed with them, add '
            'with --kind artwork, or change kind to "artwork" in'
        )
        print_line(f"  {plain(workspace.works_path)}")


@works.command("list")
@in_workspace
@json_option
def list_works(workspace: Workspace, as_json: bool) -> None:
    """Show the works that are watched, listed in works.toml or not."""
    library = read_library(workspace)
    unlisted = set(unlisted_pictures(workspace))
    rights = {entry.work.work_id: entry.rights for entry in read_entries(workspace.works_path)}
    records = [work_record(library, work, unlisted, rights.get(work.work_id, "")) for work in library.works]
    if as_json:
        print_json_lines(records)
        return
    headings = ("id", "title", "kind", "files", "watermarks", "listed")
    rows = [[record[name] for name in headings] for record in records]
    print_table(headings, [[_brief(value) for value in row] for row in rows])
    _print_problems(library.problems)


def work_record(library: Library, work: Work, unlisted: AbstractSet[str], rights: str) -> dict[str, Any]:
    """Return a work as `works list --json` prints it."""
    references = [reference for reference in library.references if reference.work_id == work.work_id]
    pictures = [reference.path for reference in references if reference.kind is ReferenceKind.PICTURE]
    return {
        "id": work.work_id,
        "title": work.title,
        "kind": work.kind.value,
        "files": pictures,
        "watermarks": [reference.path for reference in references if reference.kind is ReferenceKind.WATERMARK],
        "listed": unlisted.isdisjoint(pictures),
        "rights": rights,
    }


def _brief(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return len(value) if isinstance(value, list) else value


@works.command()
@in_workspace
@json_option
@click.pass_context
def check(ctx: click.Context, workspace: Workspace, as_json: bool) -> None:
    """Read every reference picture and say which cannot be watched, or not well. Exit code 1 if there are any."""
    checked = check_library(workspace)
    nothing = not checked.works and not checked.problems
    if as_json:
        print_json_lines(
            {"file": problem.where, "problem": problem.message, "remedy": problem.remedy}
            for problem in checked.problems
        )
    else:
        for path in checked.unlisted:
            print_line(f"{plain(path)}  is not in works.toml; it is watched under its file name")
        _print_problems(checked.problems)
        if nothing:
            print_line("Nothing is watched: there is no picture yet. Add some with `copycatch works add FILE…`.")
        else:
            read = f"{counted(checked.references, 'picture')} of {counted(checked.works, 'work')} read"
            print_line(f"{read}, {counted(len(checked.problems), 'problem')}")
    ctx.exit(1 if checked.problems or nothing else 0)


def _print_problems(problems: list[Problem]) -> None:
    for problem in problems:
        print_line(f"{plain(problem.where)}  {plain(problem.message)}\n    {plain(problem.remedy)}")


COMMANDS = (works,)
