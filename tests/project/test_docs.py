"""The documentation names everything there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from copycatch.cli import cli
from copycatch.config import CrawlLimits as ConfiguredLimits
from copycatch.config import Target as ConfiguredTarget
from copycatch.version import VERSION
from crawler.job import CrawlLimits, Target
from crawler.marketplaces import all_marketplaces
from matching.stages import STAGES

ROOT = Path(__file__).parents[2]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(group: click.Group, prefix: str = "copycatch") -> list[str]:
    """Every command of the tree, as it is typed."""
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        path = f"{prefix} {name}"
        found += commands(command, path) if isinstance(command, click.Group) else [path]
    return found


def test_every_command_has_a_heading_in_the_guide() -> None:
    headings = re.findall(r"^### `([^`]+)`", text("docs/guide.md"), re.MULTILINE)
    typed = {" ".join(word for word in heading.split() if word.isalpha() and word.islower()) for heading in headings}
    assert typed == set(commands(cli))


def test_every_option_stands_in_the_guide() -> None:
    guide = text("docs/guide.md")
    context = click.Context(cli)
    for path in commands(cli):
        command: click.Command | None = cli
        for word in path.split()[1:]:
            assert isinstance(command, click.Group)
            command = command.get_command(context, word)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden and option.name != "help":
                assert any(name in guide for name in option.opts), f"{path} {option.opts}"


@pytest.mark.parametrize("stage", [stage.NAME for stage in STAGES])
def test_every_matching_stage_is_documented(stage: str) -> None:
    assert f"`{stage}`" in text("docs/matching.md")


@pytest.mark.parametrize("name", [place.NAME for place in all_marketplaces()])
def test_every_marketplace_is_documented(name: str) -> None:
    assert f"`{name}`" in text("docs/marketplaces.md")


def test_the_newest_release_in_the_changelog_is_this_version() -> None:
    assert re.search(r"^## (\d\S*)", text("CHANGELOG.md"), re.MULTILINE).group(1) == VERSION  # type: ignore[union-attr]


def test_links_between_the_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
            if not link.startswith(("http:", "https:", "mailto:")):
                assert (path.parent / link).exists(), f"{path.name} links to {link}"


def test_no_placeholder_is_left_in_the_documents() -> None:
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        assert not re.search(r"@@|TODO|FIXME|lorem", path.read_text(encoding="utf-8")), path.name


def test_what_the_crawl_is_asked_for_is_what_the_configuration_offers() -> None:
    own = {"backoff_seconds", "longest_pause_seconds", "reading_seconds"}
    assert {field.name for field in fields(CrawlLimits)} - own == {field.name for field in fields(ConfiguredLimits)}
    assert {field.name for field in fields(Target)} - {"leads"} == {field.name for field in fields(ConfiguredTarget)}
