"""TinEye's paid interface: where on the web this very picture stands, cropped, resized and edited copies included.

`POST /rest/search/` with the picture as the file `image_upload` and the key in the header `x-api-key`. The answer holds
`code`, `messages` and `results.matches[]`; a match has a `score` of 0 to 100 and `backlinks[]`, each with the page
(`backlink`) and the picture's address on it (`url`). Errors: 400 (picture too small or too simple), 401, 402 (no
searches left), 429.

Sources, read on 2026-11-23: the company's own client, github.com/TinEye/pytineye (`pytineye/api.py`, 2021); its list of
errors, help.tineye.com/article/293-tineye-api-error-messages. No answer of the real service was seen.
"""

from __future__ import annotations

from copycatch.image_search import MOST_PAGES, PageFound, Question
from copycatch.image_search.answers import number, rows, text

NAME = "tineye"
TITLE = "TinEye"
BASE_URL = "https://api.tineye.com"
COSTS = "each takes one search off your bundle"


def question(jpeg: bytes) -> Question:
    """Return how to ask where a picture is seen, the best matches first."""
    return Question(
        path="/rest/search/",
        key_header="x-api-key",
        fields={"offset": "0", "limit": str(MOST_PAGES), "sort": "score", "order": "desc"},
        file_field="image_upload",
    )


def pages(answer: object) -> tuple[PageFound, ...]:
    """Return each page once for each picture on it."""
    found: dict[tuple[str, str | None], PageFound] = {}
    for match in rows(answer, "results", "matches"):
        for backlink in rows(match, "backlinks"):
            url = text(backlink, "backlink")
            if url is not None:
                picture_url = text(backlink, "url")
                page = PageFound(url=url, picture_url=picture_url, score=number(match, "score"))
                found.setdefault((url, picture_url), page)
    return tuple(found.values())


def complaint(answer: object) -> str | None:
    """Return TinEye's messages where its code is no success; a code may be missing or be text."""
    code = number(answer, "code")
    if code is None or code == 200:
        return None
    said = [message for message in rows(answer, "messages") if isinstance(message, str)]
    return "; ".join(said)[:300] or f"code {code:g}"
