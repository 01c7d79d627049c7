"""The query set: planned from the pictures, made once, kept as JPEG files and one JSON Lines file.

1. Choose the references to edit by seed, turn by turn from every class, 70 a half.
2. Half of them that belong to no hard pair bear the owner's mark: the marked file is what the library holds.
3. Every edit that suits is applied to every one; negatives are taken as they are and dressed once.
4. Each query draws from a generator seeded by (seed, its picture's hash, its edit), so it can be made alone.

The folder's name depends on the pictures, the seed, the code of the catalogue and the libraries that draw.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.copies.decoding import decoded
from benchmarks.copies.dressing import DRESSINGS
from benchmarks.copies.edits import CATALOGUE, finish
from benchmarks.copies.edits.edit import Need, fitted
from benchmarks.copies.edits.marks import marked
from benchmarks.copies.pictures import CACHE, Half, Picture, Role
from benchmarks.copies.spread import spread
from casebook.findings import WorkKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from benchmarks.copies.edits.edit import Edit, Others, Pixels, Rng
    from benchmarks.copies.pictures import PictureSet

EDITED_REFERENCES = 70
OTHER_SIDE = 1000
MARKED_QUALITY = 95
AS_IS = "as it is"
LIBRARIES = ("numpy", "opencv-python-headless", "pillow")


class Kind(StrEnum):
    """What a query is; the first three are copies, all others are nobody's."""

    EDITED = "edited"
    RECOLOURED = "same photo recoloured"
    NATURAL = "natural copy"
    LOOK_ALIKE = "look-alike"
    LOOK_ALIKE_DRESSED = "look-alike, dressed"
    DISTRACTOR = "distractor"
    DISTRACTOR_DRESSED = "distractor, dressed"
    DIFFERENT_ITEM = "different item, same background"
    SAME_ITEM = "same item, different photo"

    @property
    def copy(self) -> bool:
        return self in (Kind.EDITED, Kind.RECOLOURED, Kind.NATURAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFile:
    """One file of the library; its name is what matchers answer with."""

    name: str
    path: Path
    cls: str
    kind: WorkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One picture to ask about. `references` are the right answers: none for a negative; several where the set itself
    declares two references copies of one another. `truth` is `Truth.record()`, None where nobody knows it."""

    name: str
    path: Path
    kind: Kind
    edit: str
    cls: str
    source: str
    references: tuple[str, ...]
    truth: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySet:
    """Queries of one half against the whole library. `folder` is where files, answers and tables are kept."""

    folder: Path
    key: str
    half: Half
    references: tuple[ReferenceFile, ...]
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A query before it is made: `place` is its number in its group, which samples go by."""

    kind: Kind
    picture: Picture
    base: Path
    edit: str
    references: tuple[str, ...]
    place: int

    @property
    def name(self) -> str:
        return f"{self.picture.sha256[:12]}-{re.sub('[^a-z0-9]+', '-', self.edit.lower()).strip('-')}"


def build(
    pictures: PictureSet,
    half: Half,
    *,
    seed: int,
    sample: int | None,
    processes: int,
    kinds: Collection[Kind] = tuple(Kind),
) -> QuerySet:
    """Make the queries of one half and of these kinds, or read them where they are made already.

    With `sample`, only the first so many edited references and negatives of each kind; every class has its turn.
    """
    key = _key(pictures, seed)
    folder = CACHE / key
    chosen = {each: _edited_references(pictures, each, seed) for each in Half}
    references = _library(pictures, chosen, folder / "marked")
    bases = {reference.name: reference.path for reference in references}
    plans = [plan for plan in _plans(pictures, half, chosen[half], bases, seed) if plan.kind in kinds]
    if sample is not None:
        plans = [plan for plan in plans if plan.place < sample]
    others = [picture.path for picture in pictures.of(Role.DISTRACTOR) if picture.half is half]
    part = [] if len(kinds) == len(Kind) else [hashlib.sha256(" ".join(sorted(kinds)).encode()).hexdigest()[:8]]
    name = "-".join([half, *part, *([] if sample is None else [str(sample)])])
    queries = _made(plans, folder, half, name, seed, others, processes)
    return QuerySet(folder=folder, key=key, half=half, references=references, queries=queries)


def _key(pictures: PictureSet, seed: int) -> str:
    digest = hashlib.sha256(f"{pictures.key} {seed}".encode())
    here = Path(__file__).parent
    for path in (*sorted((here / "edits").glob("*.py")), here / "dressing.py", here / "queries.py"):
        digest.update(path.read_bytes())
    for package in LIBRARIES:
        digest.update(f"{package} {version(package)}\n".encode())
    return digest.hexdigest()[:16]


def _turn_by_turn(pictures: Iterable[Picture], seed: int) -> list[Picture]:
    """Order pictures so that every class has its turn; inside a class by a seeded shuffle that knows only the hash."""
    classes: dict[str, list[Picture]] = {}
    for picture in sorted(pictures, key=lambda item: hashlib.sha256(f"{seed} {item.sha256}".encode()).digest()):
        classes.setdefault(picture.cls, []).append(picture)
    rounds = [(place, cls, picture) for cls, members in classes.items() for place, picture in enumerate(members)]
    return [picture for _, _, picture in sorted(rounds, key=lambda item: item[:2])]


def _edited_references(pictures: PictureSet, half: Half, seed: int) -> list[Picture]:
    candidates = (picture for picture in pictures.of(Role.REFERENCE) if picture.half is half)
    return _turn_by_turn(candidates, seed)[:EDITED_REFERENCES]


def _library(pictures: PictureSet, chosen: dict[Half, list[Picture]], folder: Path) -> tuple[ReferenceFile, ...]:
    """Return all references of both halves and the originals of the natural copies; mark some of them."""
    paired = {pair.first.name for pair in pictures.hard_pairs}
    bearers = {p.name for half in Half for p in chosen[half][::2] if p.name not in paired}
    originals = {pair.first.name: pair.first for pair in pictures.natural_pairs}
    files = []
    for picture in (*pictures.of(Role.REFERENCE), *originals.values()):
        path = _marked_file(picture, folder) if picture.name in bearers else picture.path
        files.append(ReferenceFile(name=picture.name, path=path, cls=picture.cls, kind=picture.kind))
    return tuple(files)


def _marked_file(picture: Picture, folder: Path) -> Path:
    path = folder / f"{picture.sha256}.jpg"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        Image.fromarray(marked(decoded(picture.path))).save(draft, "JPEG", quality=MARKED_QUALITY)
        draft.replace(path)
    return path


def _plans(pictures: PictureSet, half: Half, edited: list[Picture], bases: dict[str, Path], seed: int) -> list[Plan]:
    """List every query of a half."""
    right = right_answers(pictures, bases)
    plans = []
    for place, picture in enumerate(edited):
        for edit in CATALOGUE:
            if _suits(edit, picture, bases[picture.name]):
                kind = Kind.RECOLOURED if edit.name == "object recoloured" else Kind.EDITED
                plans.append(
                    Plan(
                        kind=kind,
                        picture=picture,
                        base=bases[picture.name],
                        edit=edit.name,
                        references=right[picture.name],
                        place=place,
                    )
                )
    return [*plans, *_pairs(pictures, half, right), *_negatives(pictures, half, seed)]


def _suits(edit: Edit, picture: Picture, base: Path) -> bool:
    return {
        Need.NOTHING: True,
        Need.ART: picture.kind is WorkKind.ARTWORK,
        Need.OBJECT: picture.shows_object,
        Need.MARK: base != picture.path,
    }[edit.needs]


def _pairs(pictures: PictureSet, half: Half, right: dict[str, tuple[str, ...]]) -> Iterator[Plan]:
    """Yield natural copies and hard pairs; a pair belongs to the half of its first picture."""
    natural = (pair for pair in pictures.natural_pairs if pair.first.half is half)
    for place, pair in enumerate(natural):
        yield _as_is(Kind.NATURAL, pair.second, place, references=right[pair.first.name], label=pair.label)
    hard = (pair for pair in pictures.hard_pairs if pair.first.half is half)
    for place, pair in enumerate(hard):
        yield _as_is(Kind(pair.label), pair.second, place)


def right_answers(pictures: PictureSet, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, for every name in the library, the references that show the same picture, itself among them."""
    groups = {name: {name} for name in names}
    pairs = [(pair.first.name, pair.second.name) for pair in pictures.natural_pairs]
    for first, second in (*pairs, *pictures.twins):
        joined = groups.get(first, {first}) | groups.get(second, {second})
        groups.update(dict.fromkeys(joined, joined))
    library = set(names)
    return {name: tuple(sorted(groups[name] & library)) for name in library}


def _negatives(pictures: PictureSet, half: Half, seed: int) -> Iterator[Plan]:
    paired = {pair.second.name for pair in pictures.hard_pairs}
    for role, plain, dressed in (
        (Role.LOOK_ALIKE, Kind.LOOK_ALIKE, Kind.LOOK_ALIKE_DRESSED),
        (Role.DISTRACTOR, Kind.DISTRACTOR, Kind.DISTRACTOR_DRESSED),
    ):
        members = [picture for picture in pictures.of(role) if picture.half is half and picture.name not in paired]
        for place, picture in enumerate(_turn_by_turn(members, seed)):
            yield _as_is(plain, picture, place)
            dress = DRESSINGS[int(generator(seed, picture.sha256, "dressing").integers(len(DRESSINGS)))]
            yield replace(_as_is(dressed, picture, place), edit=dress.name)


def _as_is(kind: Kind, picture: Picture, place: int, *, references: tuple[str, ...] = (), label: str = AS_IS) -> Plan:
    return Plan(kind=kind, picture=picture, base=picture.path, edit=label, references=references, place=place)


def generator(seed: int, sha256: str, edit: str) -> Rng:
    """Return the generator of one query."""
    digest = hashlib.sha256(f"{seed}/{sha256}/{edit}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _made(
    plans: list[Plan],
    folder: Path,
    half: Half,
    name: str,
    seed: int,
    others: list[Path],
    processes: int,
) -> tuple[Query, ...]:
    """Read the list of made queries that covers the plans, or make them."""
    whole = folder / f"{half}.jsonl"
    listed = whole if whole.exists() else folder / f"{name}.jsonl"
    if not listed.exists():
        (folder / half).mkdir(parents=True, exist_ok=True)
        given = (folder / half, seed, others)
        made = list(spread(_make, plans, processes=processes, prepare=_prepare, given=given, title="making queries"))
        draft = listed.with_suffix(".part")
        draft.write_text("".join(json.dumps(_row(query, folder)) + "\n" for query in made), encoding="utf-8")
        draft.replace(listed)
    wanted = {plan.name for plan in plans}
    rows = (json.loads(line) for line in listed.read_text(encoding="utf-8").splitlines())
    return tuple(_query(row, folder) for row in rows if row["name"] in wanted)


def _row(query: Query, folder: Path) -> dict[str, Any]:
    inside = query.path.is_relative_to(folder)
    return {**asdict(query), "path": (query.path.relative_to(folder) if inside else query.path).as_posix()}


def _query(row: dict[str, Any], folder: Path) -> Query:
    known = {"kind": Kind(row["kind"]), "path": folder / row["path"], "references": tuple(row["references"])}
    return Query(**{**row, **known})


class OtherPictures:
    """Pictures that are nobody's, decoded when asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, place: int) -> Pixels:
        return _small(self._paths[place])


@lru_cache(maxsize=64)
def _small(path: Path) -> Pixels:
    pixels = decoded(path)
    return fitted(pixels, OTHER_SIDE).pixels if max(pixels.shape) > OTHER_SIDE else pixels


_EDITS = {edit.name: edit for edit in CATALOGUE}
_worker: dict[str, Any] = {}


def _prepare(folder: Path, seed: int, others: list[Path]) -> None:
    cv2.setNumThreads(1)
    _worker.update(folder=folder, seed=seed, others=OtherPictures(others))


def _make(plan: Plan) -> Query:
    """Make one query: the file as it is, or its edit, saved."""
    query = Query(
        name=plan.name,
        path=plan.base,
        kind=plan.kind,
        edit=plan.edit,
        cls=plan.picture.cls,
        source=plan.picture.name,
        references=plan.references,
    )
    edit = _EDITS.get(plan.edit)
    if edit is None:
        return query
    data, truth = made(edit, plan.base, plan.picture.sha256, _worker["seed"], _worker["others"])
    path = _worker["folder"] / f"{plan.name}.jpg"
    path.write_bytes(data)
    return replace(query, path=path, truth=truth if plan.references else None)


def made(edit: Edit, base: Path, sha256: str, seed: int, others: Others) -> tuple[bytes, dict[str, Any]]:
    """Apply one edit to a file; return the edited file and the truth about it."""
    rng = generator(seed, sha256, edit.name)
    data, truth = finish(edit.apply(decoded(base), rng, others), edit.output, rng)
    return data, truth.record()
