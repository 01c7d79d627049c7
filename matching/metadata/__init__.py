"""What a picture file says about itself: who made it, whose it is, and what its C2PA manifest tells.

In: the bytes of a file (`read_claims`). Out: a tuple of `Claim`, each with its source and field. A claim is what
somebody wrote into the file, never a proof; where the owner's file names its maker and the copy nobody (`names`), the
notice was taken out, by the copyist or by the marketplace.

`blocks` finds the parts of the file without decoding a pixel; `exif`, `iptc`, `xmp` and `c2pa` each read one kind of
them into pairs of field and text. Every file is taken for hostile: sizes, counts and depths are bounded.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from casebook.claims import Claim, ClaimSource
from matching.metadata import c2pa, exif, iptc, xmp
from matching.metadata.blocks import find_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PER_SOURCE = 10
MOST_READ = 100  # fields of one source, empty ones and repetitions among them
MOST_CHARACTERS = 500
_NAMING = frozenset({"creator", "copyright", "owner", "credit"})


def read_claims(data: bytes) -> tuple[Claim, ...]:
    """Return what a JPEG, PNG, WebP, GIF or AVIF file says about itself: at most 50 claims of 500 characters each.

    Nothing is raised: a file that cannot be understood has no claims, or those that stand before the damage.
    """
    blocks = find_blocks(data)
    sources = (
        (ClaimSource.EXIF, exif.fields(blocks.exif)),
        (ClaimSource.IPTC, iptc.fields(blocks.iptc)),
        (ClaimSource.XMP, xmp.fields(blocks.xmp)),
        (ClaimSource.C2PA, c2pa.fields(data, blocks.c2pa_bytes)),
        (ClaimSource.PNG, blocks.texts),
    )
    return tuple(claim for source, fields in sources for claim in _claims(source, fields))


def names(claims: Iterable[Claim]) -> str:
    """Return whom a file names, such as `creator Mara Linden, © 2026 Mara Linden`; empty where it names nobody."""
    named = (claim for claim in claims if claim.field in _NAMING)
    return ", ".join(dict.fromkeys(_named(claim) for claim in named))


def _named(claim: Claim) -> str:
    notice = claim.field == "copyright" and claim.value.lower().startswith(("©", "(c)", "copyright"))
    return claim.value if notice else f"{claim.field} {claim.value}"


def _claims(source: ClaimSource, fields: Iterable[tuple[str, str]]) -> list[Claim]:
    """Return up to 10 different claims; what was read before hostile bytes raised stands."""
    found: dict[Claim, None] = {}
    with suppress(Exception):  # parsers raise whatever hostile bytes drive them to
        for field, text in islice(fields, MOST_READ):
            if value := _clean(text):
                found[Claim(source=source, field=field, value=value)] = None
            if len(found) == MOST_PER_SOURCE:
                break
    return list(found)


def _clean(text: str) -> str:
    """Return the text on one line, without what no terminal can show or what turns its writing round, cut to 500
    characters."""
    kept = (character if character.isprintable() else " " for character in text[: 4 * MOST_CHARACTERS])
    return " ".join("".join(kept).split())[:MOST_CHARACTERS].rstrip()
