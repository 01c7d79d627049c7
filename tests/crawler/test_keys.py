from pathlib import Path

import pytest

from crawler.keys import Keys, KeysError, read_keys

GOOD = '[ebay]\nclient_id = "an-id"\nclient_secret = "hush"\n[etsy]\nkeystring = "half"\n[tineye]\napi_key = ""\n'


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "keys.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_service_counts_only_with_all_of_its_keys(tmp_path: Path) -> None:
    keys = read_keys(written(tmp_path, GOOD))
    assert [service for service in ("ebay", "etsy", "tineye", "google-vision") if service in keys] == ["ebay"]
    assert keys["ebay"] == {"client_id": "an-id", "client_secret": "hush"}
    with pytest.raises(KeysError, match="there is no key for etsy") as raised:
        keys["etsy"]
    assert "keystring and shared_secret" in raised.value.remedy


def test_without_a_file_there_are_no_keys(tmp_path: Path) -> None:
    assert "ebay" not in read_keys(tmp_path / "keys.toml")


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="can be read by others") as raised:
        read_keys(written(tmp_path, GOOD, 0o640))
    assert "chmod 600" in raised.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        '[ebay]\nclient_secret = "hush',
        '[ebay]\nclient_secret = "hush"\npassword = "hush"',
        "[ebay]\nclient_secret = 5550",
        '[ebay]\nclient_secret = "hush\\r\\nX-Other: 1"',
        '[amazon]\nkey = "hush"',
        'ebay = "hush"',
        "a" * 100_000 + " = [" + "[" * 100_000,
    ],
)
def test_a_file_that_cannot_be_used_is_told_without_its_values(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeysError) as raised:
        read_keys(written(tmp_path, text))
    assert "hush" not in str(raised.value)
    assert "5550" not in str(raised.value)


def test_a_wrong_name_and_a_value_that_is_none_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=r"\[ebay\] takes no 'client_secrt'"):
        read_keys(written(tmp_path, '[ebay]\nclient_secrt = "hush"'))
    with pytest.raises(KeysError, match="the value of client_id under"):
        read_keys(written(tmp_path, "[ebay]\nclient_id = 5"))


def test_no_key_shows_when_the_keys_are_printed() -> None:
    keys = Keys({"tineye": {"api_key": "hush"}})
    assert repr(keys) == "Keys(tineye)"
    assert str(keys) == "Keys(tineye)"
