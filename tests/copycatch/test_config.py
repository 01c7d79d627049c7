from __future__ import annotations

import re
from pathlib import Path

import pytest

from copycatch.config import Config, ConfigError, CrawlLimits, Owner, Target, Webhook, keys
from copycatch.config_file import load_config
from copycatch.config_template import render, toml_value

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "configuration.md"


def problem_of(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert caught.value.remedy
    assert str(path) in caught.value.message
    return caught.value.message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "copycatch.toml"


@pytest.mark.parametrize(
    "config",
    [
        Config(),
        Config(
            owner=Owner(name='Ana "\x7f\\ Ö', contact_url="https://ana.example/"),
            crawl=CrawlLimits(delay_seconds=0.0, allowed_private_hosts=("127.0.0.1:8000", "[::1]:80", "shop.local")),
            webhooks=(Webhook(name="a", url="https://a.example/hook"), Webhook(name="b-2", url="http://b.example")),
            targets=(
                Target(name="a", start=("https://a.example/",)),
                Target(name="b", sitemaps=("http://b.example/s",)),
            ),
        ),
    ],
)
def test_a_written_file_reads_back_as_what_was_written(config: Config, path: Path) -> None:
    path.write_text(render(config), encoding="utf-8")
    assert load_config(path) == config


def test_a_target_may_give_searches_or_shops_alone(path: Path) -> None:
    path.write_text(
        "[[targets]]\nname = 'a'\nmarketplace = 'ebay'\nsearches = ['heron print']\n"
        "[[targets]]\nname = 'b'\nmarketplace = 'ebay'\nshops = ['marsh_and_mere']\n",
        encoding="utf-8",
    )
    assert [target.searches or target.shops for target in load_config(path).targets] == [
        ("heron print",),
        ("marsh_and_mere",),
    ]


def test_the_example_target_of_a_new_file_only_needs_its_comment_signs_removed(path: Path) -> None:
    head, example = render(Config()).split("# [[targets]]")
    settings = [line.removeprefix("# ") for line in example.splitlines() if re.match(r"# \w+ = ", line)]
    path.write_text(head + "[[targets]]\n" + "\n".join(settings), encoding="utf-8")
    assert load_config(path).targets == (Target(name="example-shop", start=("https://shop.example/",)),)


def test_the_environment_does_not_change_the_configuration(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("", encoding="utf-8")
    monkeypatch.setenv("CRAWL", '{"delay_seconds": 0}')
    monkeypatch.setenv("CRAWL__DELAY_SECONDS", "0")
    assert load_config(path) == Config()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[crawl]\ndelay_secs = 1", "crawl.delay_secs: unknown key; did you mean 'delay_seconds'?"),
        ("[match]\ncontact_url = ''", "match.contact_url: unknown key; did you mean 'owner.contact_url'?"),
        ("[schedule]\nname = 'a'", "schedule.name: unknown key; it belongs to a target: is [[targets]] above it still"),
        ("[craw]", "craw: unknown key; did you mean 'crawl'?"),
        ("[crawl]\ndelay_seconds = '2'", "crawl.delay_seconds: must be a valid number, not '2'"),
        ("[crawl]\ndelay_seconds = -1", "crawl.delay_seconds: must be greater than or equal to 0, not -1"),
        ("[crawl]\nhours_limit = inf", "crawl.hours_limit: must be a finite number, not inf"),
        ("[crawl]\nuse_environment_proxy = 1", "crawl.use_environment_proxy: must be a valid boolean, not 1"),
        ("[crawl]\nallowed_private_hosts = ['http://x']", '\'http://x\' is neither "host" nor "host:port"'),
        ("[owner]\ncontact_url = 'me@example.org'", "owner.contact_url: 'me@example.org' is not an http://"),
        ("[match]\nfalse_alarms_per_100000 = 0", "match.false_alarms_per_100000: must be greater than 0, not 0"),
        ("[match]\nfalse_alarms_per_100000 = 1200", "must be less than or equal to 1000, not 1200"),
        ("[match]\nfalse_alarms_per_100000 = '1'", "match.false_alarms_per_100000: must be a valid number"),
        ("[match]\nprocesses = 5000", "match.processes: must be less than or equal to 256, not 5000"),
        ("[matching]\nfalse_alarms_per_100000 = 1", "matching: unknown key; did you mean 'match'?"),
        ("[schedule]\nscan_at = '24:00'", "schedule.scan_at: '24:00' is not a time"),
        ("crawl = 1", "crawl: must be a table, not 1"),
        ("targets = {}", "targets: must be a list"),
        ("[[targets]]\nstart = ['http://a.example/']", "targets.1.name: this key must be given"),
        ("[[targets]]\nname = 'a'\nstart = 'http://a.example/'", "targets.1.start: must be a list"),
        ("[[targets]]\nname = 'a'\nstart = ['shop.example']", "targets.1.start.1: 'shop.example' is not an http://"),
        ("[[targets]]\nname = 'a'\nstart = ['http://[']", "targets.1.start.1: 'http://[' is not an http://"),
        ("[[targets]]\nname = 'a'\nmarketplace = 'amazone'", "'amazone' is no marketplace; known are 1688, "),
        ("[[targets]]\nname = 'a'", "targets: 'a' gives nothing to visit"),
        (
            "[[targets]]\nname='a'\nstart=['https://x.example']\n[[targets]]\nname='b'\nstart=['https://x.example/']",
            "'a' and 'b' both start at https://x.example/",
        ),
        ("[[targets]]\nname = 'a'\n[[targets]]\nname = 'a'", "targets: the name 'a' stands 2 times"),
        ("[[webhooks]]\nname = 'a b'\nurl = 'https://x.example'", "webhooks.1.name: 'a b' is no name of 1 to 60"),
        ("[[webhooks]]\nname = 'a'\nurl = 'ftp://x.example'", "webhooks.1.url: 'ftp://x.example' is not an http://"),
        (
            "[[webhooks]]\nname='a'\nurl='https://x.example'\n[[webhooks]]\nname='a'\nurl='https://y.example'",
            "webhooks: the name 'a' stands 2 times",
        ),
        ("[crawl\n", "is not TOML: Expected ']' at the end of a table declaration (at line 1, column 7)"),
        ("\ufeff[crawl]", "begins with a byte order mark"),
    ],
)
def test_each_mistake_is_named_with_its_key(path: Path, text: str, expected: str) -> None:
    assert expected in problem_of(path, text)


def test_all_mistakes_of_a_file_are_told_at_once(path: Path) -> None:
    text = "foo = 1\n[crawl]\ndelay_seconds = 'x'\n[[targets]]\nname = 'a'\nstart = ['x']\n[[targets]]\nname = 'a'"
    assert problem_of(path, text).count("\n  - ") == 4


def test_a_missing_a_binary_and_an_unreadable_file_are_told_apart(path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no configuration file"):
        load_config(path)
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(byte 8\)"):
        load_config(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(path)


def test_a_scan_needs_a_contact_address_and_a_target(path: Path) -> None:
    with pytest.raises(ConfigError, match="contact_url is empty"):
        Config().require_scannable(path)
    with pytest.raises(ConfigError, match="no target"):
        Config(owner=Owner(contact_url="https://a.example/")).require_scannable(path)


def test_the_documentation_describes_every_key_with_its_default_and_unit_and_no_other() -> None:
    row = re.compile(r"^\| `([\w.]+)` \| (.*?) \| (.*?) \| (.+) \|$", re.MULTILINE)
    described = {found[1]: (found[2], found[3], found[4]) for found in row.finditer(DOCUMENTATION.read_text("utf-8"))}
    expected = {
        key.dotted: (
            "must be given" if key.default is None else f"`{toml_value(key.default)}`",
            key.about.unit or "–",
            key.about.text,
        )
        for key in keys()
    }
    assert described == expected
