"""How much like a copy strangers' pictures look, as far as the casebook knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The highest log-odds of every picture that was compared, counted between two bars.

    `pictures` were compared and stay below the upper bar; `reached` of them reach the lower one, by `excess` in all.
    `suspected` reach the upper one: as a rule those are copies. `references` is with how many they were compared.
    """

    pictures: int = 0
    reached: int = 0
    excess: float = 0.0
    suspected: int = 0
    references: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """How many pictures resemble one reference: `reached` by log-odds between the two bars, `suspected` beyond them."""

    reference_sha256: str
    reached: int
    suspected: int
