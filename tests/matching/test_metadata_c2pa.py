"""C2PA manifests: seen without any library, read with the one that the extra installs."""

from __future__ import annotations

import io
import socket
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from casebook.claims import ClaimSource
from matching.metadata import c2pa as reading
from matching.metadata import read_claims

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif"}
MANIFEST = {
    "claim_generator_info": [{"name": "Darkroom", "version": "4"}],
    "title": "Heron at dawn",
    "assertions": [
        {
            "label": "stds.schema-org.CreativeWork",
            "data": {
                "@context": "https://schema.org",
                "@type": "CreativeWork",
                "author": [{"@type": "Person", "name": "Mara Linden"}],
                "copyrightNotice": "© 2026 Mara Linden",
            },
        },
        {
            "label": "c2pa.actions",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "softwareAgent": "GIMP",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
                    }
                ]
            },
        },
        {
            "label": "cawg.metadata",
            "data": {
                "@context": {"dc": "http://purl.org/dc/elements/1.1/"},
                "dc:creator": ["M. Linden"],
                "dc:rights": "All rights reserved",
            },
        },
    ],
}
REMOTE = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/"
 dcterms:provenance="http://127.0.0.1:{port}/manifest.c2pa"/></rdf:RDF></x:xmpmeta>"""
STARTS = datetime(2026, 1, 1, tzinfo=UTC)


SIZE_OF_ODD = 48
ODD = b"\xff\xd8\xff\xeb\0\x3aJP\0\1\0\0\0\1\0\0\0\x30jumb\0\0\0\x28jumdc2pa" + b"\0" * 28 + b"\xff\xd9"


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)])


def certificate(subject: str, key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a certificate in PEM as the C2PA profile wants it; who signs for himself is an authority."""
    authority = key is issuer_key
    builder = (
        x509.CertificateBuilder(
            subject_name=name(subject),
            issuer_name=name("Test Authority"),
            public_key=key.public_key(),
            serial_number=7,
            not_valid_before=STARTS,
            not_valid_after=STARTS + timedelta(days=36_500),
        )
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False), critical=True
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    )
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def signed(kind: str) -> tuple[bytes, int]:
    """Return a signed picture and the size of its manifest store."""
    c2pa = pytest.importorskip("c2pa", reason="the extra [c2pa] is not installed")
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    chain = certificate("Linden Studio", key, authority) + certificate("Test Authority", authority, authority)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    plain, out = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(plain, kind)
    plain.seek(0)
    with c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, private, None)) as signer:
        store = c2pa.Builder(MANIFEST).sign(signer, FORMATS[kind], plain, out)
    return out.getvalue(), len(store)


def said(data: bytes) -> list[tuple[str, str]]:
    return [(claim.field, claim.value) for claim in read_claims(data) if claim.source is ClaimSource.C2PA]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_signed_manifest_is_read(kind: str) -> None:
    (field, state), *others = said(signed(kind)[0])
    assert field == "manifest"
    assert state.endswith("it belongs to this file; whether its signer can be trusted is not checked")
    assert others == [
        ("signer", "Linden Studio"),
        ("title", "Heron at dawn"),
        ("software", "Darkroom 4"),
        ("creator", "Mara Linden"),
        ("copyright", "© 2026 Mara Linden"),
        ("software", "GIMP"),
        ("creator", "M. Linden"),
        ("copyright", "All rights reserved"),
    ]


def test_a_picture_changed_after_signing_is_told() -> None:
    data = bytearray(signed("JPEG")[0])
    data[-20] ^= 1
    assert said(bytes(data))[0][1].endswith("it does not belong to this file as it is, or was tampered with")


@pytest.mark.parametrize("kind", FORMATS)
def test_without_the_library_the_manifest_is_seen_and_the_extra_named(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, size = signed(kind)
    monkeypatch.setitem(sys.modules, "c2pa", None)
    told = f"a C2PA manifest is present, {size} bytes; install copycatch[c2pa] to read it"
    assert said(data) == [("manifest", told)]


def test_a_manifest_that_is_not_one_is_told() -> None:
    pytest.importorskip("c2pa", reason="the extra [c2pa] is not installed")
    assert said(ODD) == [("manifest", f"a C2PA manifest is present, {SIZE_OF_ODD} bytes; it cannot be read")]


def test_a_manifest_of_unknown_shape_costs_only_what_stands_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {"title": "Heron", "signature_info": {"issuer": None}, "claim_generator_info": [None]}
    store = {"validation_state": "Valid", "active_manifest": "a", "manifests": {"a": odd}}
    monkeypatch.setattr(reading, "_read", lambda data: store)
    monkeypatch.setattr(reading, "MOST_BYTES", SIZE_OF_ODD)
    assert [field for field, _ in said(ODD)] == ["manifest", "title"]


def test_an_address_that_a_file_names_for_its_manifest_is_not_called() -> None:
    pytest.importorskip("c2pa", reason="the extra [c2pa] is not installed")
    out = io.BytesIO()
    with socket.create_server(("127.0.0.1", 0)) as server:
        packet = REMOTE.format(port=server.getsockname()[1])
        Image.new("RGB", (8, 8)).save(out, "JPEG", xmp=packet.encode())
        server.settimeout(0)
        ((_, text),) = reading.fields(out.getvalue(), 1)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert text.endswith("it cannot be read")


def test_a_manifest_that_is_too_large_is_only_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", SIZE_OF_ODD - 1)
    assert said(ODD) == [("manifest", f"a C2PA manifest is present, {SIZE_OF_ODD} bytes; it cannot be read")]
