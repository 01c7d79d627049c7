"""A folder of pictures, and the role each of them plays."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from benchmarks.copies.twins import CROPS, twins
from casebook.findings import WorkKind
from fixtures.demo.pictures import GOODS, LOOK_ALIKES, WORKS, Studio

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "pictures"
CACHE = ROOT / ".cache" / "benchmarks"
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
FEWEST = 20
ART = {"art", "illustration", "museum"}
OBJECTS = ("white-background", "packshot", "clothing")


class Half(StrEnum):
    """Where a picture may be used: to tune a matcher, or only to report on it."""

    TUNE = "tune"
    REPORT = "report"


class Role(StrEnum):
    """What a picture is for."""

    REFERENCE = "reference"
    LOOK_ALIKE = "look-alike"
    DISTRACTOR = "distractor"
    NATURAL = "natural"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One file. `name` is its path inside the folder with `/`; `cls` the folder it lies in."""

    name: str
    path: Path
    sha256: str
    role: Role
    cls: str

    @property
    def half(self) -> Half:
        return Half.TUNE if self.sha256[0] in "01234567" else Half.REPORT

    @property
    def kind(self) -> WorkKind:
        return WorkKind.ARTWORK if ART & set(re.split("[_-]", self.cls)) else WorkKind.PHOTO

    @property
    def shows_object(self) -> bool:
        """Whether there is a thing in it that could be cut out."""
        return any(word in self.cls for word in OBJECTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two pictures that somebody declared a pair; `label` says of what kind."""

    first: Picture
    second: Picture
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """All pictures, the hard pairs (reference, negative) and the natural copies (original, copy).

    `twins` names originals of natural copies beside the references and other originals that show the same picture.
    """

    label: str
    pictures: tuple[Picture, ...]
    hard_pairs: tuple[Pair, ...] = ()
    natural_pairs: tuple[Pair, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()

    def of(self, role: Role) -> tuple[Picture, ...]:
        return tuple(picture for picture in self.pictures if picture.role is role)

    @property
    def key(self) -> str:
        """Name the set: the same files in the same roles give the same key."""
        parts = [(picture.name, picture.sha256, picture.role) for picture in self.pictures]
        pairs = [(p.first.name, p.second.name, p.label) for p in (*self.hard_pairs, *self.natural_pairs)]
        return hashlib.sha256(json.dumps([parts, pairs, self.twins]).encode()).hexdigest()[:16]


def read(folder: Path | None, seed: int) -> PictureSet:
    """Read a folder; without one, the shared photographs, else pictures of installed packages, else the demo's."""
    folder = folder or (SHARED if SHARED.is_dir() else None)
    if folder is None:
        packaged = _packaged()
        if len(packaged) >= FEWEST:
            return PictureSet(label="sample photographs of installed packages", pictures=_split(packaged, seed))
        return PictureSet(label="the demo's drawings", pictures=_drawn(CACHE / "drawn"))
    if (folder / "reference").is_dir():
        return _with_roles(folder)
    files = [(path, path.relative_to(folder).as_posix(), path.parent.name) for path in _files(folder)]
    return PictureSet(label=folder.name, pictures=_split(files, seed))


def _with_roles(folder: Path) -> PictureSet:
    """Read `reference/<class>/`, `distractor/lookalike_<class>/`, `distractor/<class>/` and the lists of pairs."""
    found = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        found[name] = _picture(path, name, path.parent.name, _role(name))
    hard = tuple(
        Pair(first=found[row["reference"]], second=found[row["distractor"]], label=row["label"])
        for row in _rows(folder / "hard_pairs.csv")
    )
    natural = tuple(
        Pair(first=found[row["file_a"]], second=found[row["file_b"]], label=row["kind"])
        for row in _rows(folder / "natural" / "pairs.csv")
    )
    originals = list({pair.first.name: pair.first for pair in natural}.values())
    same = twins(originals, [picture for picture in found.values() if picture.role is not Role.NATURAL], CACHE)
    references = {picture.name for picture in found.values() if picture.role is Role.REFERENCE}
    guilty = {name for _, name in same} - references
    return PictureSet(
        label=f"{folder.name}: real photographs",
        pictures=tuple(picture for name, picture in found.items() if name not in guilty),
        hard_pairs=hard,
        natural_pairs=natural,
        twins=(
            *((first, second) for first, second in same if second in references),
            *((first, second) for first, second in CROPS if first in found and second in found),
        ),
    )


def _role(name: str) -> Role:
    if name.startswith("natural/"):
        return Role.NATURAL
    if name.startswith("reference/"):
        return Role.REFERENCE
    return Role.LOOK_ALIKE if "/lookalike" in name else Role.DISTRACTOR


def _split(files: list[tuple[Path, str, str]], seed: int) -> tuple[Picture, ...]:
    """Give roles by seed: of every class half are references, a quarter look-alikes, a quarter distractors."""
    classes: dict[str, list[tuple[Path, str, str]]] = {}
    for file in files:
        classes.setdefault(file[2], []).append(file)
    roles = (Role.REFERENCE, Role.LOOK_ALIKE, Role.REFERENCE, Role.DISTRACTOR)
    rng = np.random.default_rng(seed)
    chosen = [
        _picture(*members[int(number)], role=roles[place % 4])
        for members in classes.values()
        for place, number in enumerate(rng.permutation(len(members)))
    ]
    return tuple(sorted(chosen, key=lambda picture: picture.name))


def _drawn(folder: Path) -> tuple[Picture, ...]:
    """Draw the demo's pictures: the artist's works, their look-alikes, other people's goods."""
    studio, pictures = Studio(None), []
    for role, drawings in ((Role.REFERENCE, WORKS), (Role.LOOK_ALIKE, LOOK_ALIKES), (Role.DISTRACTOR, GOODS)):
        for drawing in drawings:
            path = folder / role / f"{drawing.name}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(studio.picture(drawing.name))
            cls = "art" if drawing.kind == "artwork" else "demo"
            pictures.append(_picture(path, f"{role}/{drawing.name}.jpg", cls, role))
    return tuple(pictures)


def _packaged() -> list[tuple[Path, str, str]]:
    """Return sample pictures that scikit-image or scikit-learn brought along, where they are installed."""
    found = []
    for package, inside in (("skimage", "data"), ("sklearn", "datasets/images")):
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            found += [(path, f"{package}/{path.name}", package) for path in _files(Path(place) / inside)]
    return found


def _picture(path: Path, name: str, cls: str, role: Role) -> Picture:
    return Picture(name=name, path=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), role=role, cls=cls)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
