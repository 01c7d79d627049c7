"""A hostile page cannot send us into private networks, nor anywhere but the web."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.types import TaskState
from crawler.guard import AllowedHosts, is_public
from tests.crawler.crawls import job_for, run
from tests.crawler.sites import Answer, Site, links, product


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_no_private_or_special_address_counts_as_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_count_as_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_wrapped_in_ipv6_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))
    assert is_public(str(ipaddress.IPv6Address((0x64FF9B << 96) | int(address)))) == is_public(str(address))


def test_an_allowed_host_with_a_port_allows_that_port_alone() -> None:
    allowed = AllowedHosts(["127.0.0.1:8000", "shop.local"])
    assert allowed.allows("127.0.0.1", 8000)
    assert not allowed.allows("127.0.0.1", 8001)
    assert allowed.allows("SHOP.local", 443)
    assert not allowed.allows("10.0.0.1", 8000)


def crawl_refused(tmp_path: Path, url: str, allowed: tuple[str, ...]) -> dict[TaskState, int]:
    with run(tmp_path, job_for(tmp_path, url, limits={"allowed_private_hosts": allowed})) as casebook:
        return casebook.task_counts("night-1")["shop"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "[::1]", "0.0.0.0"])
def test_loopback_is_refused_however_it_is_written(tmp_path: Path, host: str) -> None:
    with Site({"/": links()}) as site:
        counts = crawl_refused(tmp_path, f"http://{host}:{site.port}/", ())
    assert site.hits == []
    assert counts[TaskState.REFUSED] == 1


def test_another_port_of_an_allowed_host_is_refused(tmp_path: Path) -> None:
    with Site({"/": links()}) as secret, Site() as shop:
        shop.routes["/"] = Answer(status=302, headers={"Location": f"{secret.url}/"})
        counts = crawl_refused(tmp_path, f"{shop.url}/", (shop.host,))
    assert secret.hits == []
    assert counts[TaskState.REFUSED] == 1


def test_a_redirect_to_a_private_address_is_refused(tmp_path: Path) -> None:
    with Site({"/": Answer(status=301, headers={"Location": "http://169.254.169.254/latest/meta-data/"})}) as shop:
        counts = crawl_refused(tmp_path, f"{shop.url}/", (shop.host,))
    assert counts[TaskState.REFUSED] == 1


def test_a_name_that_resolves_to_a_private_address_is_refused_on_every_redirect(tmp_path: Path) -> None:
    with Site({"/": links()}) as secret, Site() as shop:
        shop.routes["/"] = Answer(status=302, headers={"Location": f"http://localhost:{secret.port}/"})
        counts = crawl_refused(tmp_path, f"{shop.url}/", (shop.host,))
    assert secret.hits == []
    assert counts[TaskState.REFUSED] == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:text/html,x", "ftp://127.0.0.1/a", "javascript:alert(1)"])
def test_a_redirect_to_another_scheme_is_not_followed(tmp_path: Path, url: str) -> None:
    with Site({"/": Answer(status=302, headers={"Location": url})}) as shop:
        counts = crawl_refused(tmp_path, f"{shop.url}/", (shop.host,))
    assert sum(counts.values()) == 2, "robots.txt and the page"
    assert TaskState.PENDING not in counts


def test_private_addresses_among_the_pictures_of_a_page_are_not_fetched(tmp_path: Path) -> None:
    with Site({"/inside.jpg": Answer(b"\xff\xd8\xff")}) as secret, Site() as shop:
        shop.routes["/p"] = product("Mug", f"{secret.url}/inside.jpg", "file:///etc/passwd", "http://[::1]/a.jpg")
        crawl_refused(tmp_path, f"{shop.url}/p", (shop.host,))
    assert secret.hits == []


def test_the_proxy_variables_of_the_environment_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Site() as proxy, Site({"/": links()}) as shop:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        run(tmp_path, job_for(tmp_path, f"{shop.url}/")).close()
    assert proxy.hits == []
    assert shop.paths() == ["/robots.txt", "/"]
