"""Changing copycatch.toml for its owner: comments stay, and what would not load is not written."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copycatch import config_template
from copycatch.config import Config, ConfigError, Target
from copycatch.config_edit import add_to_target, remove_from_target, set_owner
from copycatch.config_file import load_config

if TYPE_CHECKING:
    from pathlib import Path

BY_HAND = """\
# My watch, begun in May.
[owner]
name = "Ann"  # that is me
# my page
contact_url = "https://ann.example/"

# The shop that copied the heron:
[[targets]]
name = "copier"  # he knows
start = [
    "https://copier.example/",  # prints
    "https://copier.example/cards",
]
# He also sells at fairs.

# My gallery, to see that it works:
[[targets]]
name = "gallery"
start = ["https://gallery.example/"]
# the end
"""


def comments(text: str) -> list[str]:
    return [line[line.index("#") :] for line in text.splitlines() if "#" in line]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "copycatch.toml"
    path.write_text(BY_HAND, encoding="utf-8")
    return path


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    path = tmp_path / "fresh.toml"
    path.write_text(config_template.render(Config()), encoding="utf-8")
    return path


def test_a_new_file_takes_an_owner_and_targets_and_keeps_every_line(fresh: Path) -> None:
    before = fresh.read_text(encoding="utf-8").splitlines()
    set_owner(fresh, name='Ann "A" \\ Maker', contact_url="https://ann.example/")
    add_to_target(fresh, "shop.example", "start", "https://shop.example/", marketplace="generic")
    add_to_target(fresh, "eBay", "searches", "heron print", marketplace="ebay")
    config = add_to_target(fresh, "eBay", "searches", "Reiher", marketplace="ebay")
    assert config == load_config(fresh)
    assert (config.owner.name, config.owner.contact_url) == ('Ann "A" \\ Maker', "https://ann.example/")
    assert config.targets == (
        Target(name="shop.example", start=("https://shop.example/",)),
        Target(name="eBay", marketplace="ebay", searches=("heron print", "Reiher")),
    )
    after = fresh.read_text(encoding="utf-8").splitlines()
    assert [line for line in after if line in before and line] == [line for line in before if line]


def test_values_that_are_there_are_replaced_and_comments_stay(path: Path) -> None:
    config = set_owner(path, name="Ann Maker", contact_url="https://ann.example/contact")
    add_to_target(path, "copier", "start", "https://copier.example/mugs", marketplace="generic")
    text = path.read_text(encoding="utf-8")
    assert config.owner.name == "Ann Maker"
    assert comments(text) == comments(BY_HAND)
    assert load_config(path).targets[0].start[-1] == "https://copier.example/mugs"


def test_one_of_several_values_is_taken_out(path: Path) -> None:
    config = remove_from_target(path, "copier", "start", "https://copier.example/cards")
    assert config.targets[0].start == ("https://copier.example/",)
    assert comments(path.read_text(encoding="utf-8")) == comments(BY_HAND)


def test_a_target_with_nothing_left_goes_and_the_comments_below_it_stay(path: Path) -> None:
    remove_from_target(path, "copier", "start", "https://copier.example/cards")
    config = remove_from_target(path, "copier", "start", "https://copier.example/")
    assert [target.name for target in config.targets] == ["gallery"]
    left = comments(path.read_text(encoding="utf-8"))
    for comment in ("# He also sells at fairs.", "# My gallery, to see that it works:", "# the end", "# that is me"):
        assert comment in left
    config = remove_from_target(path, "gallery", "start", "https://gallery.example/")
    assert config.targets == ()
    left = comments(path.read_text(encoding="utf-8"))
    for comment in ("# The shop that copied the heron:", "# He also sells at fairs.", "# the end"):
        assert comment in left


def test_the_second_of_two_targets_goes_too(path: Path) -> None:
    config = remove_from_target(path, "gallery", "start", "https://gallery.example/")
    assert [target.name for target in config.targets] == ["copier"]
    assert "# the end" in comments(path.read_text(encoding="utf-8"))


def test_targets_that_init_wrote_go_without_leaving_their_explanations(tmp_path: Path) -> None:
    path = tmp_path / "copycatch.toml"
    targets = tuple(Target(name=name, start=(f"https://{name}.example/",)) for name in ("a", "b"))
    path.write_text(config_template.render(Config(targets=targets)), encoding="utf-8")
    remove_from_target(path, "a", "start", "https://a.example/")
    assert path.read_text(encoding="utf-8").count("page_budget") == 1


def test_targets_may_come_and_go_for_ever(fresh: Path) -> None:
    for _ in range(3):
        add_to_target(fresh, "a", "shops", "b-1", marketplace="ebay")
        remove_from_target(fresh, "a", "shops", "b-1")
    assert load_config(fresh) == Config()


def test_a_file_with_targets_in_one_line_is_changed_too(path: Path) -> None:
    path.write_text('targets = [{name = "a", start = ["https://a.example/"]}]  # mine\n', encoding="utf-8")
    add_to_target(path, "b", "start", "https://b.example/", marketplace="generic")
    add_to_target(path, "a", "listings", "https://a.example/1", marketplace="generic")
    config = remove_from_target(path, "a", "start", "https://a.example/")
    assert config.targets == (
        Target(name="a", listings=("https://a.example/1",)),
        Target(name="b", start=("https://b.example/",)),
    )
    assert "# mine" in path.read_text(encoding="utf-8")


def test_the_line_ends_of_a_file_from_windows_stay(path: Path) -> None:
    path.write_bytes(BY_HAND.replace("\n", "\r\n").encode())
    set_owner(path, name="Bea", contact_url="https://ann.example/")
    written = path.read_bytes()
    assert b'name = "Bea"' in written
    assert written.count(b"\r\n") == written.count(b"\n")


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    set_owner(link, name="Bea", contact_url="https://ann.example/")
    assert link.is_symlink()
    assert load_config(path).owner.name == "Bea"


@pytest.mark.parametrize(
    ("name", "contact"),
    [
        ("Ann", "no address"),
        ("Ann", "https://a:b@ann.example/"),
        ("Ann", "javascript:alert(1)"),
        ("Ann", "https://a b/"),
    ],
)
def test_a_value_that_would_not_load_changes_nothing_and_names_the_real_file(
    path: Path, name: str, contact: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        set_owner(path, name=name, contact_url=contact)
    assert str(path) in refused.value.message
    assert "contact_url" in refused.value.message
    assert path.read_text(encoding="utf-8") == BY_HAND


def test_a_broken_file_is_left_as_it_is_and_told_in_its_own_words(path: Path) -> None:
    path.write_text(BY_HAND + "nonsense = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="nonsense: unknown key"):
        set_owner(path, name="Bea", contact_url="https://ann.example/")
    assert path.read_text(encoding="utf-8") == BY_HAND + "nonsense = 1\n"


def test_what_is_not_there_cannot_be_taken_out(path: Path) -> None:
    for name, key, value in (("nobody", "start", "x"), ("copier", "start", "x"), ("copier", "name", "copier")):
        with pytest.raises(ConfigError):
            remove_from_target(path, name, key, value)
    assert path.read_text(encoding="utf-8") == BY_HAND


@given(words=st.text(min_size=1, max_size=60).filter(str.strip))
def test_any_words_come_back_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, words: str) -> None:
    path = tmp_path_factory.mktemp("any") / "copycatch.toml"
    path.write_text(BY_HAND, encoding="utf-8")
    try:
        add_to_target(path, "eBay", "searches", words, marketplace="ebay")
    except ConfigError:
        assert path.read_text(encoding="utf-8") == BY_HAND
    else:
        assert tomllib.loads(path.read_text(encoding="utf-8"))["targets"][2]["searches"] == [words]
        assert load_config(path).targets[2].searches == (words,)
        remove_from_target(path, "eBay", "searches", words)
        assert tomllib.loads(path.read_text(encoding="utf-8")) == tomllib.loads(BY_HAND)
