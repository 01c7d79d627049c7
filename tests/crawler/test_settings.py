"""The knobs that decide how safe and polite a crawl is, as Scrapy itself sees them."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.job import CrawlJob
from crawler.settings import scrapy_settings
from tests.crawler.crawls import job_for

EXPECTED = {
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "COOKIES_ENABLED": False,
    "REFERER_ENABLED": False,
    "HTTPPROXY_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "AUTOTHROTTLE_ENABLED": False,
    "REDIRECT_MAX_TIMES": 5,
    "DOWNLOAD_MAXSIZE": 8 * 1024 * 1024,
    "TWISTED_DNS_RESOLVER": "crawler.guard.GuardedResolver",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(scrapy_settings(job_for(tmp_path, "http://127.0.0.1/")))


@pytest.mark.parametrize(("name", "value"), EXPECTED.items())
def test_a_knob_stands_where_it_must(settings: Settings, name: str, value: object) -> None:
    assert settings.get(name) == value


def test_only_http_and_https_have_a_handler(settings: Settings) -> None:
    handlers = {
        scheme
        for scheme, handler in settings.get_component_priority_dict_with_base("DOWNLOAD_HANDLERS").items()
        if handler is not None
    }
    assert handlers == {"http", "https"}


def test_scrapy_brings_no_downloader_middleware_that_we_have_not_placed(settings: Settings) -> None:
    placed = settings.get_component_priority_dict_with_base("DOWNLOADER_MIDDLEWARES")
    active = [
        str(name).rpartition(".")[2] for name, place in sorted(placed.items(), key=lambda item: item[1] or 0) if place
    ]
    assert active == [
        "RobotsMiddleware",
        "TargetMiddleware",
        "TokenMiddleware",
        "DownloadTimeoutMiddleware",
        "DefaultHeadersMiddleware",
        "UserAgentMiddleware",
        "RetryMiddleware",
        "MetaRefreshMiddleware",
        "HttpCompressionMiddleware",
        "RedirectMiddleware",
        "CookiesMiddleware",
        "HttpProxyMiddleware",
        "AddressMiddleware",
        "DownloaderStats",
        "RevalidationMiddleware",
        "HttpCacheMiddleware",
        "PaceMiddleware",
        "FetchRecorder",
        "KeyMiddleware",
    ]


def test_a_job_survives_its_way_through_json(tmp_path: Path) -> None:
    job = job_for(tmp_path, "http://127.0.0.1/", "http://127.0.0.1/b", fresh=True, clock_offset_seconds=3.5)
    assert CrawlJob.from_json(job.to_json()) == job
