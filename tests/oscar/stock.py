"""What the shop sells: products with real photographs, 24 of them with copies of the owner's 16 works.

Titles, prices and categories are invented; a seed chooses which photographs are works, look-alikes and the rest.
Everything stands in a folder: `stock.json` for the shop, `truth.json` for whoever judges a scan, `works/` for the
owner, `copies/` with the edited pictures.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from PIL import Image

from .edits import EDITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# The works by class (one class together), each with the edits that sellers made of it.
PLAN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("product_clothing-shared-background", ("recompressed", "collaged")),
    ("product_clothing-shared-background", ("cropped", "mirrored")),
    ("product_clothing-shared-background", ("badged",)),
    ("product_clothing-shared-background", ("rotated", "resized")),
    ("product_clothing-same-seller", ("mirrored", "recompressed")),
    ("product_clothing-same-seller", ("resized",)),
    ("product_clothing-same-seller", ("cropped", "badged")),
    ("product_clothing-other", ("collaged", "rotated")),
    ("product_clothing-other", ("mirrored",)),
    ("product_white-background", ("resized",)),
    ("product_white-background", ("badged", "cropped")),
    ("product_packshot", ("recompressed",)),
    ("art_museum", ("cropped",)),
    ("art_museum", ("collaged", "resized")),
    ("art_museum", ("rotated",)),
    ("art_illustration", ("mirrored",)),
)
# How many products show look-alikes of a class; those of the very seller and background of a work come first.
LOOKALIKES = {
    "lookalike_clothing-shared-background": 11,
    "lookalike_clothing-same-seller": 10,
    "lookalike_clothing-other": 5,
    "lookalike_white-background": 5,
    "lookalike_packshot": 3,
    "lookalike_art": 5,
    "lookalike_illustration": 3,
}
ORDINARY = 66
SOLD_OUT_EVERY = 20

_CATEGORIES = {
    "clothing-shared-background": "Clothes > Day wear",
    "clothing-same-seller": "Clothes > Evening wear",
    "clothing-other": "Clothes > Shoes and more",
    "white-background": "Home > Tools and toys",
    "packshot": "Pantry",
    "supermarket-shelf": "Pantry",
    "food": "Pantry",
    "museum": "Home > Prints",
    "art": "Home > Prints",
    "illustration": "Home > Prints",
}
_OTHER_CATEGORY = "Postcards"
_ADJECTIVES = ("Lovely", "Rare", "Well-kept", "Little", "Grandmother's", "Blue-grey", "Unworn", "Everyday")
_NOUNS = {
    "Clothes": ("shirt", "coat", "summer dress", "pair of trousers", "find from the wardrobe"),
    "Home": ("thing for the shelf", "piece for the hall", "gift", "favourite"),
    "Pantry": ("provision", "breakfast", "taste of the market"),
    "Postcards": ("view", "greeting from afar", "postcard", "moment"),
}


class Kind(StrEnum):
    """What a product means to the owner of the works."""

    COPY = "copy"
    LOOKALIKE = "lookalike"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product; `pictures` are paths of files. `work` and `edit` are named for a copy only."""

    upc: str
    title: str
    description: str
    category: str
    price: str
    in_stock: int
    pictures: tuple[str, ...]
    kind: Kind
    recommends: tuple[str, ...] = ()
    work: str | None = None
    edit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """All products, and the owner's works: work id to file."""

    products: tuple[Product, ...]
    works: dict[str, Path]


def make_stock(pictures: Path, folder: Path, seed: int = 20261121) -> Stock:
    """Choose and make what the shop sells.

    1. Draw the works of each class in `PLAN`; those on a shared background come from the pairs in `hard_pairs.csv`
       that show a different item on the same background.
    2. Make every planned edit; it stands at any place among ordinary photographs of its product.
    3. Draw the look-alikes; the set numbers those of a work's own seller and background like the work itself.
    4. Fill up with ordinary photographs. No photograph is used twice, and none of a work's own item.

    Args:
        pictures: the set of photographs with `reference/`, `distractor/` and `hard_pairs.csv`.
        folder: an existing folder for the result.
        seed: the same seed gives the same stock.
    """
    return _Maker(pictures, folder, random.Random(seed)).make()


class _Maker:
    def __init__(self, pictures: Path, folder: Path, rng: random.Random) -> None:
        self._pictures = pictures
        self._folder = folder
        self._rng = rng
        with (pictures / "hard_pairs.csv").open(newline="", encoding="utf-8") as file:
            pairs = list(csv.DictReader(file))
        self._same_background = {row["reference"] for row in pairs if row["label"].startswith("different item")}
        self._same_item = {row["distractor"] for row in pairs if row["label"].startswith("same item")}
        everyday = sorted(pictures.glob("distractor/photo_*/*"))
        self._ordinary = iter(rng.sample(everyday, len(everyday)))
        self._numbers = iter(range(1, 10_000))

    def make(self) -> Stock:
        works = self._choose_works()
        products = [*self._copies(works), *self._lookalikes(list(works.values())), *self._plain()]
        self._rng.shuffle(products)
        products = list(self._recommending(products))
        stock = Stock(products=tuple(products), works=works)
        self._write(stock)
        return stock

    def _choose_works(self) -> dict[str, Path]:
        folder = self._folder / "works"
        folder.mkdir()
        wanted = [name for name, _ in PLAN]
        works: dict[str, Path] = {}
        for name in dict.fromkeys(wanted):
            choice = sorted((self._pictures / "reference" / name).iterdir())
            if name.endswith("shared-background"):
                choice = [path for path in choice if self._name(path) in self._same_background]
            for path in self._rng.sample(choice, wanted.count(name)):
                works[f"W-{len(works) + 1:02}"] = path
        return works

    def _copies(self, works: dict[str, Path]) -> Iterator[Product]:
        folder = self._folder / "copies"
        folder.mkdir()
        for (work, path), (_, edits) in zip(works.items(), PLAN, strict=True):
            for edit in edits:
                file = folder / f"{work}-{edit}.jpg"
                others = [_opened(next(self._ordinary)) for _ in range(3)]
                EDITS[edit](_opened(path), others).save(file, "JPEG", quality=88)
                pictures = [next(self._ordinary) for _ in range(self._rng.randrange(3))]
                pictures.insert(self._rng.randint(0, len(pictures)), file)
                yield self._product(Kind.COPY, path.parent.name, pictures, work=work, edit=edit)

    def _lookalikes(self, works: Sequence[Path]) -> Iterator[Product]:
        for name, count in LOOKALIKES.items():
            source = name.removeprefix("lookalike_")
            stems = {work.stem for work in works if work.parent.name.endswith(source)}
            everything = sorted((self._pictures / "distractor" / name).iterdir())
            choice = [path for path in everything if self._name(path) not in self._same_item]
            self._rng.shuffle(choice)
            choice.sort(key=lambda path: path.stem not in stems)
            for place in range(count):
                yield self._product(Kind.LOOKALIKE, name, choice[place::count][: self._rng.randint(1, 3)])

    def _plain(self) -> Iterator[Product]:
        for _ in range(ORDINARY):
            pictures = [next(self._ordinary) for _ in range(self._rng.randint(1, 3))]
            yield self._product(Kind.ORDINARY, pictures[0].parent.name, pictures)

    def _product(
        self, kind: Kind, source: str, pictures: Sequence[Path], work: str | None = None, edit: str | None = None
    ) -> Product:
        number = next(self._numbers)
        category = _CATEGORIES.get(source.split("_", 1)[1], _OTHER_CATEGORY)
        noun = self._rng.choice(_NOUNS[category.split(" > ")[0]])
        return Product(
            upc=f"SP-{number:04}",
            title=f"{self._rng.choice(_ADJECTIVES)} {noun}",
            description="From a house of non-smokers; the photographs are part of the description.",
            category=category,
            price=f"{self._rng.choice((5, 12, 28, 75, 1250))}.{self._rng.choice((0, 50, 99)):02}",
            in_stock=0 if number % SOLD_OUT_EVERY == 0 else self._rng.randint(1, 9),
            pictures=tuple(str(path) for path in pictures),
            kind=kind,
            work=work,
            edit=edit,
        )

    def _recommending(self, products: Sequence[Product]) -> Iterator[Product]:
        """Let every third honest product recommend two thieves: their pictures then stand on its page too."""
        thieves = [product.upc for product in products if product.kind is Kind.COPY]
        for place, product in enumerate(products):
            if product.kind is not Kind.COPY and place % 3 == 0:
                yield replace(product, recommends=tuple(self._rng.sample(thieves, 2)))
            else:
                yield product

    def _name(self, path: Path) -> str:
        """Return how the set itself names a photograph."""
        return path.relative_to(self._pictures).as_posix()

    def _write(self, stock: Stock) -> None:
        for work, path in stock.works.items():
            shutil.copy(path, self._folder / "works" / f"{work}{path.suffix}")
        shop_keys = ("upc", "title", "description", "category", "price", "in_stock", "pictures", "recommends")
        rows = [asdict(product) for product in stock.products]
        listed = [{key: row[key] for key in shop_keys} for row in rows]
        truth = {
            "works": {work: self._name(path) for work, path in stock.works.items()},
            "products": {row["upc"]: {key: row[key] for key in ("kind", "work", "edit")} for row in rows},
        }
        for name, content in (("stock.json", {"products": listed}), ("truth.json", truth)):
            (self._folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _opened(path: Path) -> Image.Image:
    """Return the picture as RGB, transparent parts on white as a shop's editor shows them."""
    picture = Image.open(path).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
