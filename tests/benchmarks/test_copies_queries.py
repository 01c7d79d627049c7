from pathlib import Path

import pytest
from drawn import cloth
from PIL import Image

from benchmarks.copies import pictures, queries
from benchmarks.copies.pictures import Half, Role
from benchmarks.copies.queries import Kind, QuerySet, build


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw a small set laid out like the shared one."""
    folder = tmp_path_factory.mktemp("set")
    seed = 0
    for name, count in (
        ("reference/art_drawn", 6),
        ("reference/product_packshot", 6),
        ("distractor/lookalike_packshot", 6),
        ("distractor/photo_street", 8),
        ("natural", 4),
    ):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            seed += 1
            Image.fromarray(cloth(120, 90, seed)).save(folder / name / f"{number}.png")
    Image.open(folder / "natural/0.png").resize((80, 60)).save(folder / "natural/1.png")
    Image.open(folder / "natural/2.png").save(folder / "distractor/photo_street/twin.png")
    hard = [f"reference/product_packshot/{n}.png,distractor/lookalike_packshot/{n}.png,{n}" for n in range(3)]
    labels = ["different item, same background", "same item, different photo", "different item, same background"]
    rows = [f'{row},"{label}"' for row, label in zip(hard, labels, strict=True)]
    (folder / "hard_pairs.csv").write_text("\n".join(["reference,distractor,sift,label", *rows]))
    natural = ["natural/0.png,natural/1.png,thumbnail,copy,", "natural/2.png,natural/3.png,resize,copy,"]
    (folder / "natural/pairs.csv").write_text("\n".join(["file_a,file_b,kind,label,licence", *natural]))
    return folder


@pytest.fixture(scope="module")
def halves(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Half, QuerySet]:
    return {half: _built(folder, half, tmp_path_factory.mktemp("cache")) for half in Half}


def _built(folder: Path, half: Half, cache: Path) -> QuerySet:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "CACHE", cache)
        patch.setattr(queries, "CACHE", cache)
        return build(pictures.read(folder, 7), half, seed=7, sample=1, processes=1)


def test_no_picture_is_asked_about_in_both_halves(halves: dict[Half, QuerySet]) -> None:
    sources = [{query.source for query in queries.queries} for queries in halves.values()]
    assert all(sources)
    assert not sources[0] & sources[1]


def test_both_halves_ask_the_whole_library(halves: dict[Half, QuerySet]) -> None:
    names = [[reference.name for reference in queries.references] for queries in halves.values()]
    assert names[0] == names[1]
    assert len(names[0]) == 12 + 2


def test_making_the_queries_again_gives_the_same_bytes(
    halves: dict[Half, QuerySet], folder: Path, tmp_path: Path
) -> None:
    first, again = halves[Half.TUNE], _built(folder, Half.TUNE, tmp_path)
    assert [query.name for query in again.queries] == [query.name for query in first.queries]
    assert again.folder != first.folder
    for one, other in zip(first.queries, again.queries, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()
        assert one.truth == other.truth


def test_a_distractor_that_copies_a_natural_original_is_no_negative(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "CACHE", tmp_path)
    names = {picture.name for picture in pictures.read(folder, 7).of(Role.DISTRACTOR)}
    assert "distractor/photo_street/twin.png" not in names
    assert "distractor/photo_street/0.png" in names


def test_hard_pairs_are_negatives_of_their_own_kind(halves: dict[Half, QuerySet]) -> None:
    pairs = [q for queries in halves.values() for q in queries.queries if q.source.startswith("distractor/lookalike")]
    hard = {query.source for query in pairs if query.kind in (Kind.DIFFERENT_ITEM, Kind.SAME_ITEM)}
    others = {query.source for query in pairs if query.kind is Kind.LOOK_ALIKE}
    assert hard <= {f"distractor/lookalike_packshot/{n}.png" for n in range(3)}
    assert not hard & others
    assert all(not query.references for query in pairs)


def test_any_folder_of_classes_is_given_roles(tmp_path: Path) -> None:
    for cls in ("mugs", "rugs"):
        (tmp_path / cls).mkdir()
        for number in range(8):
            Image.fromarray(cloth(60, 40, number)).save(tmp_path / cls / f"{number}.png")
    found = pictures.read(tmp_path, 1)
    assert [len(found.of(role)) for role in (Role.REFERENCE, Role.LOOK_ALIKE, Role.DISTRACTOR)] == [8, 4, 4]
    assert pictures.read(tmp_path, 1).key == found.key != pictures.read(tmp_path, 2).key
