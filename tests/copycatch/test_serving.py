"""Who may reach the review: nobody else by mistake, and nobody's token in the open."""

from __future__ import annotations

import http.client
import signal
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from copycatch.serving import ReviewError, Serving, bound, check_certificate, serving
from copycatch.workspace import Workspace
from tests.copycatch.conftest import Run
from tests.copycatch.test_review_command import ended, reviewing

CERTIFICATE, KEY = Path("certificate.pem"), Path("key.pem")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_on_this_machine_alone_nobody_signs_in(host: str) -> None:
    served = serving(host, tokens=0)
    assert (served.sign_in, served.secure) == (False, False)
    assert served.address(80).startswith("http://")


@pytest.mark.parametrize("host", ["192.168.1.5", "0.0.0.0", "::", "studio.local", "2001:db8::1"])
def test_elsewhere_there_must_be_a_token_and_tls_or_a_word(host: str) -> None:
    names = ("studio.local",)
    with pytest.raises(ReviewError, match="could read and decide") as refused:
        serving(host, names=names, tokens=0, certificate=CERTIFICATE, key=KEY)
    assert "copycatch tokens add" in refused.value.remedy
    with pytest.raises(ReviewError, match="readable by others") as refused:
        serving(host, names=names, tokens=1)
    assert "--insecure" in refused.value.remedy
    safe = serving(host, names=names, tokens=1, certificate=CERTIFICATE, key=KEY)
    assert (safe.sign_in, safe.secure) == (True, True)
    assert safe.address(8460) == "https://studio.local:8460/"
    risky = serving(host, names=names, tokens=1, insecure=True)
    assert (risky.sign_in, risky.secure) == (True, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_at_every_address_it_must_be_said_what_it_is_called(host: str) -> None:
    with pytest.raises(ReviewError, match="every address of this machine") as refused:
        serving(host, tokens=1, certificate=CERTIFICATE, key=KEY)
    assert "--name" in refused.value.remedy


def test_a_name_on_this_machines_own_address_means_a_proxy_and_so_signing_in() -> None:
    with pytest.raises(ReviewError, match="could read and decide"):
        serving("127.0.0.1", names=("review.example",), tokens=0)
    served = serving("127.0.0.1", names=("Review.Example",), tokens=1)
    assert served == Serving(host="127.0.0.1", hosts=("review.example",), sign_in=True, secure=True)
    assert served.address(1) == "http://127.0.0.1:1/"
    assert not serving("127.0.0.1", names=("review.example",), tokens=1, insecure=True).secure


@pytest.mark.parametrize("files", [{"certificate": CERTIFICATE}, {"key": KEY}])
def test_half_of_a_certificate_is_refused(files: dict[str, Any]) -> None:
    with pytest.raises(ReviewError, match="belong together"):
        serving("127.0.0.1", tokens=1, **files)


@pytest.mark.parametrize(
    "name", ["", " ", "https://x.example", "x.example:80", "*", "a b", "x/y", "ö", "x" * 300, "a..b"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ReviewError, match="is no name of a machine"):
        serving("127.0.0.1", tokens=1, names=(name,))


@pytest.mark.parametrize("host", ["no such host", "nowhere.invalid", "x" * 300, "192.0.2.1"])
def test_an_address_that_is_not_of_this_machine_is_told(host: str) -> None:
    with pytest.raises(ReviewError) as refused:
        bound(host, 0).close()
    assert refused.value.remedy


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(_pem(key, serialization.NoEncryption()))
    (folder / "locked.pem").write_bytes(_pem(key, serialization.BestAvailableEncryption(b"secret")))
    return certificate, private


def _pem(key: Any, encryption: serialization.KeySerializationEncryption) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    data: bytes = key.private_bytes(serialization.Encoding.PEM, form, encryption)
    return data


def test_an_unusable_certificate_is_told_before_anything_is_served(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    check_certificate(certificate, key)
    (tmp_path / "text.pem").write_text("no certificate")
    for broken in ((key, certificate), (tmp_path / "text.pem", key), (tmp_path / "missing.pem", key),
                   (certificate, tmp_path / "locked.pem"), (tmp_path, key)):  # fmt: skip
        with pytest.raises(ReviewError, match="cannot be used") as refused:
            check_certificate(*broken)
        assert "PEM" in refused.value.remedy


def test_over_tls_a_person_signs_in_with_a_token(filled: Workspace, run: Run, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    token = run("tokens", "add", "my tablet", workspace=filled).stdout.strip()
    files = ("--certificate", str(certificate), "--key", str(key))
    with reviewing(filled.root, "--port", "0", *files, "--name", "localhost") as (process, address):
        assert address.startswith("https://localhost:")
        port = int(address.rstrip("/").rpartition(":")[2])
        trusting = ssl.create_default_context(cafile=str(certificate))

        def ask(method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
            sent = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded", **headers}
            with closing(http.client.HTTPSConnection("localhost", port, context=trusting, timeout=30)) as connection:
                connection.request(method, path, body=body, headers=sent)
                answer = connection.getresponse()
                answer.read()
            return answer

        assert ask("GET", "/").headers["location"] == "/sign-in?back=%2F"
        signed = ask("POST", "/sign-in", f"token={token}&back=/queue", Origin=address.rstrip("/"))
        assert (signed.status, signed.headers["location"]) == (303, "/queue")
        cookie = signed.headers["set-cookie"]
        assert cookie.startswith("__Host-copycatch-")
        assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert ask("GET", "/", Cookie=cookie.split(";")[0]).status == 200
        assert ended(process, signal.SIGINT)[0] == 0


def test_the_command_opens_no_port_to_others_without_a_token(filled: Workspace, run: Run) -> None:
    result = run("review", "--port", "0", "--no-browser", "--host", "192.0.2.1", workspace=filled)
    assert result.exit_code == 1
    assert "copycatch tokens add" in result.output
