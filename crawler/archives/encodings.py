"""Take a body out of its transfer and content encoding, without unpacking more than is asked for."""

from __future__ import annotations

import io
import re
import sys
import zlib
from typing import TYPE_CHECKING

import brotli

from crawler.formats import picture_format

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_IN, _OUT = 1 << 14, 1 << 18  # bytes fed and taken at once
_CHUNK_LINE = 64  # bytes
_WINDOW = 23  # bits: what RFC 9659 allows for zstd on the web
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_LOOKED_AT = 512  # bytes
_UNREADABLE = frozenset({"compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip"})


class EncodingError(ValueError):
    """A body that cannot be decoded, and why."""


def decoded(raw: bytes, codings: str, largest: int) -> bytes:
    """Return a body without its content encodings, one byte more than `largest` where it is larger.

    `codings` is the header Content-Encoding. Recorders that decode bodies often leave the header as it was, so what
    is plain text or a picture already is returned as it is. EncodingError: it cannot be decoded.
    """
    for coding in reversed([one.strip().lower() for one in codings.split(",")]):
        if coding in _UNREADABLE:
            raise EncodingError(f"its encoding {coding} cannot be read")
        if coding in _CODINGS:  # browsers pass over names that mean nothing, such as "utf-8" or "none"
            raw = _taken(raw, coding, largest)
    return raw


def dechunked(raw: bytes) -> bytes:
    """Return a body without the sizes of "Transfer-Encoding: chunked"; as it is where it does not begin with one. Of a
    body that breaks off, what came before."""
    out, place = io.BytesIO(), 0
    while (end := raw.find(b"\r\n", place, place + _CHUNK_LINE)) >= 0:
        try:
            size = int(raw[place:end].partition(b";")[0], 16)
        except ValueError:
            size = -1
        if size < 0:
            break
        out.write(memoryview(raw)[end + 2 : end + 2 + size])
        place = end + 2 + size + 2
        if size == 0:
            break
    return out.getvalue() if place else raw


def _taken(raw: bytes, coding: str, largest: int) -> bytes:
    out = io.BytesIO()
    try:
        for part in _CODINGS[coding](raw):
            out.write(part)
            if out.tell() > largest:
                break
    except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
        if out.tell() or not _is_plain(raw):
            raise EncodingError(f"its body is damaged ({coding}: {error})") from error
        return raw
    return out.getvalue()[: largest + 1]


def _is_plain(raw: bytes) -> bool:
    """Whether a body is text or a picture already."""
    return not _CONTROL.search(raw, 0, _LOOKED_AT) or picture_format(raw) is not None


def _pieces(raw: bytes) -> Iterator[memoryview]:
    view = memoryview(raw)
    return (view[place : place + _IN] for place in range(0, len(raw), _IN))


def _gzip(raw: bytes) -> Iterator[bytes]:
    return _inflated(raw, 31)


def _deflate(raw: bytes) -> Iterator[bytes]:
    """Some servers send bare deflate, others, as the standard wants it, zlib's form of it."""
    try:
        zlib.decompressobj().decompress(raw[:_IN], 1)
    except zlib.error:
        return _inflated(raw, -15)
    return _inflated(raw, 15)


def _inflated(raw: bytes, bits: int) -> Iterator[bytes]:
    engine = zlib.decompressobj(bits)
    for piece in _pieces(raw):
        yield engine.decompress(piece, _OUT)
        while engine.unconsumed_tail and not engine.eof:
            yield engine.decompress(engine.unconsumed_tail, _OUT)
        if engine.eof:
            return
    yield engine.flush()


def _brotli(raw: bytes) -> Iterator[bytes]:
    engine = brotli.Decompressor()
    for piece in _pieces(raw):
        yield engine.process(piece, output_buffer_limit=_OUT)
        while not engine.is_finished() and not engine.can_accept_more_data():
            yield engine.process(b"", output_buffer_limit=_OUT)
        if engine.is_finished():
            return


def _zstd(raw: bytes) -> Iterator[bytes]:
    engine = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW})
    for piece in _pieces(raw):
        yield engine.decompress(piece, _OUT)
        while not engine.eof and not engine.needs_input:
            yield engine.decompress(b"", _OUT)
        if engine.eof:
            return


_CODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
