"""Prepared references are kept, whatever happens to their file; what is damaged is only made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from casebook.errors import CopycatchError
from copycatch.prepared import ALIGNMENT, MappedReferences, PreparedReferences

A, B, C = ("a" * 32, "b" * 32, "c" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with two entries, closed."""
    with PreparedReferences.open(tmp_path / "prepared", "v1") as prepared:
        prepared.add(A, b"points of a", None)
        prepared.add(B, b"", "it cannot be decoded: é")
    return prepared.path


def test_what_was_prepared_is_there_the_next_time_even_when_it_was_let_go(path: Path) -> None:
    with PreparedReferences.open(path.parent, "v1") as prepared:
        assert [prepared.intact(key) for key in (A, B, C)] == [True, True, False]
        assert [prepared.problem(key) for key in (A, B, C)] == [None, "it cannot be decoded: é", None]
    mapped = MappedReferences(path)
    assert (bytes(mapped.data(A)), bytes(mapped.data(B))) == (b"points of a", b"")
    held = mapped.data(A)
    mapped.let_go()
    assert (bytes(held), bytes(mapped.data(B))) == (b"points of a", b"")


def test_of_two_entries_with_one_key_the_newer_counts(path: Path) -> None:
    with PreparedReferences.open(path.parent, "v1") as prepared:
        prepared.add(A, b"new points of a", "too plain")
        assert prepared.problem(A) == "too plain"
    assert bytes(MappedReferences(path).data(A)) == b"new points of a"


def test_data_lies_where_arrays_may_lie(path: Path) -> None:
    with PreparedReferences.open(path.parent, "v1") as prepared:
        for length in range(1, 5):
            prepared.add(C, bytes(length), None)
            assert prepared._entries[C].start % ALIGNMENT == 0


def test_files_of_other_versions_are_deleted(path: Path) -> None:
    PreparedReferences.open(path.parent, "v2").__exit__(None, None, None)
    assert [file.name for file in path.parent.iterdir()] == ["v2.references"]


def test_an_entry_cut_short_by_a_kill_is_cut_off_wherever_it_ends(path: Path) -> None:
    whole = path.read_bytes()
    first = whole.index(b"ref1", 1)
    for length in range(first, len(whole)):
        path.write_bytes(whole[:length])
        with PreparedReferences(path) as prepared:
            assert [prepared.intact(key) for key in (A, B)] == [True, False]
            prepared.add(B, b"again", None)
        assert bytes(MappedReferences(path).data(B)) == b"again"


@pytest.mark.parametrize("place", [64, 70])
def test_damaged_data_is_not_intact(path: Path, place: int) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 1
    path.write_bytes(damaged)
    with PreparedReferences(path) as prepared:
        assert [prepared.intact(key) for key in (A, B)] == [False, True]


@pytest.mark.parametrize("content", [b"a diary", b"a long diary " * 50, bytes(4096)])
def test_a_file_that_is_something_else_holds_nothing(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with PreparedReferences(path) as prepared:
        assert not prepared.intact(A)
        prepared.add(A, b"points", None)
    assert bytes(MappedReferences(path).data(A)) == b"points"


def test_a_folder_that_cannot_be_had_is_explained(tmp_path: Path) -> None:
    (tmp_path / "prepared").write_text("a file", encoding="utf-8")
    with pytest.raises(CopycatchError, match="cannot be kept") as caught:
        PreparedReferences.open(tmp_path / "prepared", "v1")
    assert caught.value.remedy


@pytest.mark.parametrize("damage", ["taken away", "emptied", "cut short", "another byte"])
def test_a_file_that_changed_after_it_was_prepared_is_refused_and_not_read(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "taken away":
        path.unlink()
    else:
        place = data.index(b"points of a")
        path.write_bytes(
            {"emptied": b"", "cut short": data[:place]}.get(damage, data.replace(b"points of a", b"p0ints of a"))
        )
    with pytest.raises(CopycatchError, match="was changed or taken away"):
        MappedReferences(path).data(A)
