"""What every file in copycatch/image_search keeps to."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copycatch.image_search import ImageSearch, PageFound, all_image_searches
from crawler.keys import NEEDED

INTERFACES = list(all_image_searches().values())
# Written by hand after the documentation that the modules name; no real answer was seen.
ANSWERS: dict[str, tuple[object, list[PageFound]]] = {
    "tineye": (
        {
            "code": 200,
            "messages": [],
            "stats": {"total_backlinks": 3},
            "results": {
                "matches": [
                    {
                        "image_url": "https://img.tineye.com/result/1",
                        "domain": "shop.example",
                        "score": 82.5,
                        "backlinks": [
                            {"url": "https://shop.example/1.jpg", "backlink": "https://shop.example/p", "domain": 1},
                            {"url": "https://shop.example/1.jpg", "backlink": "https://shop.example/p"},
                            {"url": "https://shop.example/2.jpg", "backlink": None},
                        ],
                    },
                    {"score": "high", "backlinks": [{"backlink": "https://b.example/"}]},
                ]
            },
        },
        [
            PageFound(url="https://shop.example/p", picture_url="https://shop.example/1.jpg", score=82.5),
            PageFound(url="https://b.example/"),
        ],
    ),
    "google-vision": (
        {
            "responses": [
                {
                    "webDetection": {
                        "pagesWithMatchingImages": [
                            {
                                "url": "https://shop.example/p",
                                "pageTitle": "<b>Heron</b> print",
                                "fullMatchingImages": [{"url": "https://shop.example/1.jpg"}],
                                "partialMatchingImages": [{"url": "https://shop.example/2.jpg"}],
                            },
                            {"url": "https://b.example/", "partialMatchingImages": [{"url": "https://b.example/2.jpg"}]},
                            {"pageTitle": "no address"},
                        ]
                    }
                }
            ]
        },
        [
            PageFound(url="https://shop.example/p", picture_url="https://shop.example/1.jpg", title="Heron print"),
            PageFound(url="https://b.example/", picture_url="https://b.example/2.jpg"),
        ],
    ),
}  # fmt: skip
COMPLAINTS = {
    "tineye": ({"code": 401, "messages": ["Please provide a valid API key."]}, "Please provide a valid API key."),
    "google-vision": ({"responses": [{"error": {"code": 3, "message": "Bad image data."}}]}, "Bad image data."),
}


@pytest.fixture(params=INTERFACES, ids=lambda interface: interface.NAME)
def interface(request: pytest.FixtureRequest) -> ImageSearch:
    found: ImageSearch = request.param
    return found


def test_each_is_known_to_the_file_of_keys_by_its_name_and_speaks_tls(interface: ImageSearch) -> None:
    assert NEEDED[interface.NAME] == ("api_key",)
    assert interface.BASE_URL.startswith("https://")
    assert interface.TITLE
    assert interface.COSTS


def test_the_picture_is_sent_once_and_no_address_holds_a_key(interface: ImageSearch) -> None:
    asked = interface.question(b"picture")
    assert asked.path.startswith("/")
    assert "key" not in asked.path.lower()
    assert (asked.json_body is None) != (asked.file_field is None)
    assert asked.key_header.lower().startswith("x-")


def test_its_answer_gives_the_pages_with_what_it_tells_of_them(interface: ImageSearch) -> None:
    answer, found = ANSWERS[interface.NAME]
    assert list(interface.pages(answer)) == found
    assert interface.complaint(answer) is None
    complaint, said = COMPLAINTS[interface.NAME]
    assert interface.complaint(complaint) == said
    assert interface.pages(complaint) == ()


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                "code", "messages", "results", "matches", "backlinks", "backlink", "url", "score", "responses", "error",
                "message", "webDetection", "pagesWithMatchingImages", "fullMatchingImages", "pageTitle",
            ]
        ),
        inner,
        max_size=4,
    ),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(answer=_JSON)
def test_whatever_an_answer_holds_nothing_is_raised(answer: object) -> None:
    for interface in INTERFACES:
        assert all(isinstance(page.url, str) for page in interface.pages(answer))
        assert isinstance(interface.complaint(answer), str | None)


def test_every_answer_survives_a_cut_in_its_middle(interface: ImageSearch) -> None:
    answer, found = ANSWERS[interface.NAME]
    broken = json.loads(json.dumps(answer).replace('"backlinks": [', '"backlinks": [5, null, '))
    assert list(interface.pages(broken)) == found
