"""What picture files say about themselves. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ClaimSource(StrEnum):
    """Which part of a picture file says something; `png` are the text fields of PNG itself."""

    EXIF = "exif"
    IPTC = "iptc"
    XMP = "xmp"
    C2PA = "c2pa"
    PNG = "png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a picture file says about itself, such as who made it; somebody wrote it there, and nothing proves it.

    `field` is `creator`, `copyright`, `owner`, `credit`, `source`, `rights_url`, `usage_terms`, `title`,
    `instructions`, `software`, `manifest` or `signer`; `value` is one line of at most 500 characters.
    """

    source: ClaimSource
    field: str
    value: str
