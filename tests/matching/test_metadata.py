"""What picture files say about themselves, written by Pillow or by hand, whole, damaged and hostile."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from casebook.claims import Claim, ClaimSource
from matching.metadata import MOST_CHARACTERS, MOST_PER_SOURCE, names, read_claims

ARTIST, COPYRIGHT, XP_AUTHOR, CAMERA_OWNER, DETAILS = 0x013B, 0x8298, 0x9C9D, 0xA430, 0x8769
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
 photoshop:Credit="Linden Studio" xmpRights:WebStatement="https://linden.example/rights">
<dc:creator><rdf:Seq><rdf:li>Mara Lindén</rdf:li><rdf:li>A. Helper</rdf:li></rdf:Seq></dc:creator>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2026 Mara Lindén</rdf:li></rdf:Alt></dc:rights>
<dc:subject><rdf:Bag><rdf:li>heron</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
SAID_BY_XMP = [
    ("credit", "Linden Studio"),
    ("rights_url", "https://linden.example/rights"),
    ("creator", "Mara Lindén"),
    ("creator", "A. Helper"),
    ("copyright", "© 2026 Mara Lindén"),
]


def encoded(kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def exif(**texts: str) -> Image.Exif:
    tags = {"artist": ARTIST, "copyright": COPYRIGHT}
    made = Image.Exif()
    for name, text in texts.items():
        made[tags[name]] = text
    return made


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def with_segment(marker: int, content: bytes) -> bytes:
    """Return a JPEG with one more segment."""
    return b"\xff\xd8" + segment(marker, content) + encoded()[2:]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a PNG with one more chunk, behind its pixels."""
    whole = encoded("PNG")
    return whole[:-12] + chunk(kind, content) + whole[-12:]


def dataset(number: int, text: bytes, record: int = 2) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(text)) + text


def resource(number: int, content: bytes, name: bytes = b"\0\0") -> bytes:
    padding = b"\0" * (len(content) % 2)
    return b"8BIM" + struct.pack(">H", number) + name + struct.pack(">I", len(content)) + content + padding


def with_iptc(*datasets: bytes) -> bytes:
    return with_segment(0xED, b"Photoshop 3.0\0" + resource(0x0404, b"".join(datasets)))


GIF = encoded("GIF")[:-1] + b"!\xff\x0bXMP DataXMP" + XMP.encode() + b"\1" + bytes(range(255, -1, -1)) + b"\0;"


def said(data: bytes, source: ClaimSource) -> list[tuple[str, str]]:
    return [(claim.field, claim.value) for claim in read_claims(data) if claim.source is source]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_creator_and_copyright_are_read_from_the_exif_of_every_format(kind: str) -> None:
    data = encoded(kind, exif=exif(artist="Mara Linden", copyright="(c) 2026 Mara Linden").tobytes())
    assert said(data, ClaimSource.EXIF) == [("creator", "Mara Linden"), ("copyright", "(c) 2026 Mara Linden")]


@pytest.mark.parametrize(
    "data",
    [
        encoded("JPEG", xmp=XMP.encode()),
        encoded("WEBP", xmp=XMP.encode()),
        encoded("AVIF", xmp=XMP.encode()),
        with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.encode()),
        GIF,
    ],
    ids=["JPEG", "WebP", "AVIF", "PNG", "GIF"],
)
def test_xmp_is_read_from_every_format(data: bytes) -> None:
    assert said(data, ClaimSource.XMP) == SAID_BY_XMP


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_xmp_survives_its_encodings(encoding: str) -> None:
    packet = XMP.replace("\ufeff", "") if encoding == "latin-1" else XMP
    data = with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet.encode(encoding) + b" " * 200 + b"\0")
    assert said(data, ClaimSource.XMP) == SAID_BY_XMP


def test_windows_names_are_utf_16_in_either_byte_order_of_the_file() -> None:
    name = "Мара Линден".encode("utf-16-le") + b"\0\0"
    for order, start in (("<", b"II*\0"), (">", b"MM\0*")):
        entry = struct.pack(f"{order}HHII", XP_AUTHOR, 1, len(name), 26)
        block = start + struct.pack(f"{order}IH", 8, 1) + entry + struct.pack(f"{order}I", 0) + name
        assert said(with_segment(0xE1, b"Exif\0\0" + block), ClaimSource.EXIF) == [("creator", "Мара Линден")]


def test_the_owner_whom_the_camera_knows_is_read() -> None:
    made = exif(artist="Mara")
    made.get_ifd(DETAILS)[CAMERA_OWNER] = "M. Linden"
    assert said(encoded(exif=made.tobytes()), ClaimSource.EXIF) == [("creator", "Mara"), ("owner", "M. Linden")]


def test_both_notices_of_an_exif_copyright_are_kept() -> None:
    data = encoded(exif=exif(copyright="Mara Linden\0Linden Press").tobytes())
    assert said(data, ClaimSource.EXIF) == [("copyright", "Mara Linden; Linden Press")]


def test_the_fields_of_press_agencies_are_read() -> None:
    data = with_iptc(dataset(80, b"Mara"), dataset(25, b"heron"), dataset(110, b"Agency"), dataset(116, b"(c) M"))
    assert said(data, ClaimSource.IPTC) == [("creator", "Mara"), ("credit", "Agency"), ("copyright", "(c) M")]


@pytest.mark.parametrize(
    ("marked", "text"), [(True, "Lindén".encode()), (False, "Lindén".encode()), (False, b"Lind\xe9n")]
)
def test_iptc_survives_its_encodings(marked: bool, text: bytes) -> None:
    mark = [dataset(90, b"\x1b%G", record=1)] if marked else []
    assert said(with_iptc(*mark, dataset(80, text)), ClaimSource.IPTC) == [("creator", "Lindén")]


def test_resources_with_names_and_in_two_segments_are_followed() -> None:
    blocks = resource(0x03ED, b"odd", name=b"\3abc") + resource(0x040B, b"https://linden.example/")
    for cut in (3, 10, len(blocks)):
        segments = [segment(0xED, b"Photoshop 3.0\0" + part) for part in (blocks[:cut], blocks[cut:])]
        data = b"\xff\xd8" + b"".join(segments) + encoded()[2:]
        assert said(data, ClaimSource.IPTC) == [("rights_url", "https://linden.example/")]


def test_the_text_fields_of_png_are_read_plain_compressed_and_international() -> None:
    for kind, content in (
        (b"tEXt", b"Author\0Lind\xe9n"),
        (b"zTXt", b"Author\0\0" + zlib.compress(b"Lind\xe9n")),
        (b"iTXt", b"Author\0\0\0\0\0" + "Lindén".encode()),
        (b"iTXt", b"Author\0\1\0en\0\0" + zlib.compress("Lindén".encode())),
    ):
        assert said(with_chunk(kind, content), ClaimSource.PNG) == [("creator", "Lindén")]


def test_a_profile_that_imagemagick_put_into_a_png_is_read() -> None:
    content = resource(0x0404, dataset(80, b"Mara"))
    text = f"\niptc\n{len(content):8}\n{content.hex()}\n".encode()
    data = with_chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text))
    assert said(data, ClaimSource.IPTC) == [("creator", "Mara")]


def test_control_characters_and_line_breaks_become_spaces_and_long_values_are_cut() -> None:
    data = encoded(exif=exif(artist="Mara\x1b[31m\r\nLinden", copyright="x" * 3000).tobytes())
    assert said(data, ClaimSource.EXIF) == [("creator", "Mara [31m Linden"), ("copyright", "x" * MOST_CHARACTERS)]


def test_what_no_terminal_can_show_becomes_a_space() -> None:
    hidden = "Mara\ue000Linden \u202ereversed".encode()
    assert said(with_iptc(dataset(80, hidden)), ClaimSource.IPTC) == [("creator", "Mara Linden reversed")]


def test_a_claim_made_twice_is_given_once_and_none_is_empty() -> None:
    assert said(with_iptc(dataset(80, b"Mara"), dataset(80, b"Mara"), dataset(116, b" \0 ")), ClaimSource.IPTC) == [
        ("creator", "Mara")
    ]


def test_the_number_of_claims_is_bounded() -> None:
    data = with_iptc(*(dataset(80, str(number).encode()) for number in range(1000)))
    assert len(read_claims(data)) == MOST_PER_SOURCE


@pytest.mark.parametrize(
    "packet",
    [
        f'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x {DC} dc:creator="&b;"/>',
        f'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x {DC} dc:creator="Mara"/>',
        "<a>" * 100_000 + f"<dc:creator {DC}>Mara</dc:creator>",
    ],
)
def test_entities_document_types_and_depths_are_refused(packet: str) -> None:
    assert said(encoded("WEBP", xmp=packet.encode()), ClaimSource.XMP) == []


def test_what_stands_before_the_damage_is_kept() -> None:
    cut = XMP[: XMP.index("<dc:rights>")]
    assert said(encoded("WEBP", xmp=cut.encode()), ClaimSource.XMP) == SAID_BY_XMP[:4]


def test_an_exif_of_countless_entries_with_one_huge_value_costs_little() -> None:
    entries, size = 60_000, 900_000
    table = b"".join(struct.pack("<HHII", ARTIST, 2, size, 100) for _ in range(entries))
    data = with_chunk(b"eXIf", b"II*\0" + struct.pack("<IH", 8, entries) + table + b"A" * size)
    assert {field for field, _ in said(data, ClaimSource.EXIF)} <= {"creator"}


def test_a_compressed_text_that_grows_without_end_is_cut() -> None:
    data = with_chunk(b"zTXt", b"Copyright\0\0" + zlib.compress(b"c" * 50_000_000))
    assert said(data, ClaimSource.PNG) == [("copyright", "c" * MOST_CHARACTERS)]


def test_of_many_packed_texts_only_a_few_are_unpacked() -> None:
    text = chunk(b"zTXt", b"Author\0\0" + zlib.compress(b"a" * 3_000_000))
    whole = encoded("PNG")
    data = whole[:33] + 100 * text + whole[33:]
    tracemalloc.start()
    try:
        assert said(data, ClaimSource.PNG) == [("creator", "a" * MOST_CHARACTERS)]
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xd8", b"\xff\xd8" + b"\xff" * 1_000_000, b"RIFF\0\0\0\0WEBP"])
def test_a_file_without_metadata_claims_nothing(data: bytes) -> None:
    assert read_claims(data) == ()


SEEDS = {
    "jpeg": with_iptc(dataset(80, b"Mara"))[:2]
    + segment(0xE1, b"Exif\0\0" + exif(artist="Mara Linden").tobytes().removeprefix(b"Exif\0\0"))
    + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.encode())
    + with_iptc(dataset(80, b"Mara"))[2:],
    "png": with_chunk(b"tEXt", b"Author\0Mara")[:-12] + encoded("PNG", exif=exif(artist="M").tobytes())[8:],
    "webp": encoded("WEBP", exif=exif(artist="Mara").tobytes(), xmp=XMP.encode()),
    "avif": encoded("AVIF", exif=exif(artist="Mara").tobytes(), xmp=XMP.encode()),
    "gif": GIF,
}


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(sorted(SEEDS)),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=12)), min_size=1, max_size=6),
    kept=st.floats(0, 1),
)
def test_damaged_files_never_raise_and_their_claims_stay_bounded(
    kind: str, changes: list[tuple[float, bytes]], kept: float
) -> None:
    data = bytearray(SEEDS[kind])
    for place, value in changes:
        start = int(place * len(data))
        data[start : start + len(value)] = value
    claims = read_claims(bytes(data[: int(kept * len(data)) + 1]))
    assert len(claims) <= MOST_PER_SOURCE * len(ClaimSource)
    assert all(0 < len(claim.value) <= MOST_CHARACTERS and claim.value.isprintable() for claim in claims)
    assert len(set(claims)) == len(claims)


def test_whom_a_file_names_is_told_once_and_a_notice_as_it_is() -> None:
    claims = [
        Claim(source=source, field=field, value=value)
        for source in (ClaimSource.EXIF, ClaimSource.XMP)
        for field, value in (("creator", "Mara"), ("copyright", "© 2026 Mara"), ("software", "GIMP"))
    ]
    assert names(claims) == "creator Mara, © 2026 Mara"
    assert names([Claim(source=ClaimSource.EXIF, field="copyright", value="Mara")]) == "copyright Mara"
    assert names([Claim(source=ClaimSource.EXIF, field="software", value="GIMP")]) == ""
