"""XMP: Adobe's metadata in RDF/XML, read as a stream with neither entities nor a tree."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from defusedxml.ElementTree import DefusedXMLParser

from matching.metadata.encoding import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEEPEST = 32

_DC = "{http://purl.org/dc/elements/1.1/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
_PLUS = "{http://ns.useplus.org/ldf/xmp/1.0/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_FIELDS = {
    f"{_DC}creator": "creator",
    f"{_DC}rights": "copyright",
    f"{_DC}source": "source",
    f"{_DC}title": "title",
    f"{_PHOTOSHOP}Credit": "credit",
    f"{_PHOTOSHOP}Instructions": "instructions",
    f"{_PHOTOSHOP}Source": "source",
    f"{_PLUS}CopyrightOwnerName": "owner",
    f"{_PLUS}ImageCreatorName": "creator",
    f"{_PLUS}LicensorURL": "rights_url",
    f"{_RIGHTS}Owner": "owner",
    f"{_RIGHTS}UsageTerms": "usage_terms",
    f"{_RIGHTS}WebStatement": "rights_url",
    f"{_TIFF}Artist": "creator",
    f"{_TIFF}Copyright": "copyright",
    "{http://ns.adobe.com/xap/1.0/}CreatorTool": "software",
}
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fields(packet: bytes) -> Iterator[tuple[str, str]]:
    """Yield field and text from an XMP packet; a document type, an entity or elements 32 deep end the reading.

    A value stands as an attribute, as the text of its element, or as that of the items in a list inside it.
    """
    gathered = _Gathered()
    parser = DefusedXMLParser(target=gathered, encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(_text(packet).encode())
    finally:
        yield from gathered.found


class _Gathered:
    """Listens to the parser."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._fields: list[str | None] = [None]  # for each open element, the field that its text belongs to
        self._text: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self._fields) > DEEPEST:
            raise ValueError(f"XMP of more than {DEEPEST} levels")
        self._fields.append(_FIELDS.get(name, self._fields[-1]))
        self._text.clear()
        self.found += [(_FIELDS[key], value) for key, value in attributes.items() if key in _FIELDS]

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        field = self._fields.pop()
        if field is not None and self._text:
            self.found.append((field, "".join(self._text)))
        self._text.clear()


def _text(packet: bytes) -> str:
    """Return the packet as text without what XML forbids; its padding and a declared encoding are left out."""
    if packet.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = packet.decode("utf-16", "replace")
    elif packet[:2] in (b"<\0", b"\0<"):
        text = packet.decode("utf-16-le" if packet[0] else "utf-16-be", "replace")
    else:
        text = decoded(packet.removeprefix(codecs.BOM_UTF8))
    return _NO_XML.sub("", text).strip()
