"""https is verified, and the server's certificate is kept with the exchange."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from casebook.blobs import Blobs
from casebook.types import TaskState
from tests.crawler.crawls import job_for, run
from tests.crawler.sites import Site, links


@dataclass(frozen=True)
class Identity:
    """A certificate for 127.0.0.1 and localhost that its own key has signed."""

    pem: Path
    der: bytes


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a shop of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path_factory.mktemp("tls") / "shop.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return Identity(pem, certificate.public_bytes(serialization.Encoding.DER))


@pytest.fixture
def shop(identity: Identity) -> Site:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.pem)
    return Site({"/": links("/a"), "/a": links()}, tls=context)


def test_a_server_that_nobody_vouches_for_is_not_believed(tmp_path: Path, shop: Site) -> None:
    with shop, run(tmp_path, job_for(tmp_path, f"https://localhost:{shop.port}/")) as casebook:
        counts = casebook.task_counts("night-1")["shop"]
    assert shop.hits == []
    assert counts[TaskState.REFUSED] == 1


def test_the_certificate_of_a_trusted_server_is_kept_with_each_exchange(
    tmp_path: Path, shop: Site, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(identity.pem))
    with shop, run(tmp_path, job_for(tmp_path, f"https://localhost:{shop.port}/")) as casebook:
        kept = [fetch for fetch in casebook.fetches("night-1") if fetch.status == 200]
    assert [fetch.url.removeprefix(f"https://localhost:{shop.port}") for fetch in kept] == ["/", "/a"]
    names = {fetch.certificate_sha256 for fetch in kept}
    assert {Blobs(tmp_path / "blobs").get(str(name)) for name in names} == {identity.der}
