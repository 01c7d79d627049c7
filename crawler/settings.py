"""Scrapy's knobs, all the ones that decide how safe and how polite we are.

A test prints the effective settings and compares, so that a Scrapy release which flips a default is noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.guard import ALLOWED_HOSTS_SETTING

if TYPE_CHECKING:
    from crawler.job import CrawlJob

_BUILT_IN = "scrapy.downloadermiddlewares"


def scrapy_settings(job: CrawlJob) -> dict[str, Any]:
    """Return the settings of one crawl."""
    limits = job.limits
    return {
        "USER_AGENT": job.user_agent,
        # Our own robots middleware replaces Scrapy's, and our own pace its delays (see their docstrings).
        "ROBOTSTXT_OBEY": False,
        "DOWNLOAD_DELAY": 0,
        "AUTOTHROTTLE_ENABLED": False,
        "CONCURRENT_REQUESTS": 64,  # most of them wait for their host's turn
        "CONCURRENT_REQUESTS_PER_DOMAIN": 64,
        "DOWNLOADER_MIDDLEWARES": {
            f"{_BUILT_IN}.robotstxt.RobotsTxtMiddleware": None,
            f"{_BUILT_IN}.httpauth.HttpAuthMiddleware": None,
            f"{_BUILT_IN}.offsite.OffsiteMiddleware": None,
            "crawler.robots.RobotsMiddleware": 100,
            "crawler.targets.TargetMiddleware": 110,
            "crawler.interface_middlewares.TokenMiddleware": 120,
            # 500 user agent, 550 retry, 590 decompression, 600 redirect: Scrapy's own
            "crawler.guard.AddressMiddleware": 800,
            "crawler.revalidation.RevalidationMiddleware": 860,
            "crawler.pace.PaceMiddleware": 910,
            "crawler.recorder.FetchRecorder": 950,
            "crawler.interface_middlewares.KeyMiddleware": 960,  # below the recorder, which must not see a key
        },
        # First found, first asked: breadth first keeps the depths true.
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",  # the casebook's frontier knows each URL once
        "HTTPERROR_ALLOW_ALL": True,
        "RETRY_HTTP_CODES": [500, 502, 504, 522, 524, 408],  # 429 and 503 are the pace's
        "RETRY_TIMES": 2,
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "HTTPPROXY_ENABLED": limits.use_environment_proxy,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "TWISTED_DNS_RESOLVER": "crawler.guard.GuardedResolver",
        ALLOWED_HOSTS_SETTING: list(limits.allowed_private_hosts),
        "DOWNLOAD_HANDLERS": {"file": None, "data": None, "ftp": None, "s3": None},
        "DOWNLOAD_MAXSIZE": limits.page_bytes_limit,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": limits.timeout_seconds,
        "DNS_TIMEOUT": min(20.0, limits.timeout_seconds),
        "URLLENGTH_LIMIT": 0,  # Scrapy would drop long addresses without a word; the spider refuses them
        "REMOTE_CONTROL_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "LOG_LEVEL": "INFO",  # each exchange stands in the casebook
        "STATS_DUMP": False,
        "MEMUSAGE_ENABLED": False,
    }
