"""The open shop as a fixture; tests that change it put it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from .environment import ROOT, oscar_python
from .server import Shop
from .stock import Stock, make_stock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PICTURES = ROOT.parent / "shared" / "pictures"


@dataclass(frozen=True, slots=True)
class OpenShop:
    """The shop and what it really sells; `works` is the folder with the owner's own pictures."""

    shop: Shop
    stock: Stock
    works: Path


@pytest.fixture(scope="session")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenShop]:
    if not PICTURES.is_dir():
        pytest.skip(f"the real photographs are absent: there is no {PICTURES}")
    python = oscar_python()
    folder = tmp_path_factory.mktemp("oscar")
    stock = make_stock(PICTURES, folder)
    shop = Shop(python, folder)
    with shop.open():
        yield OpenShop(shop, stock, folder / "works")
