"""Google Cloud Vision's web detection: pages that show this picture whole or in part.

`POST /v1/images:annotate` with the picture in base64 and the feature WEB_DETECTION, the key in the header
`X-Goog-Api-Key`. The answer holds `responses[0].webDetection.pagesWithMatchingImages[]`, each with `url`, `pageTitle`,
`fullMatchingImages[]` and `partialMatchingImages[]` (each with `url`). The pages' `score` is deprecated and not read.
Errors: `error` at the top (HTTP 400 for a key that is not valid, 403 where the interface or its billing is off, 429) or
`responses[0].error` for one picture.

Sources, read on 2026-11-23: cloud.google.com/vision/docs/reference/rest/v1/images/annotate, the page
…/v1/AnnotateImageResponse beside it, and docs.cloud.google.com/docs/authentication/api-keys-use for the header. No
answer of the real service was seen.
"""

from __future__ import annotations

import base64
import json
import re

from copycatch.image_search import MOST_PAGES, PageFound, Question
from copycatch.image_search.answers import rows, text

NAME = "google-vision"
TITLE = "Google Cloud Vision"
BASE_URL = "https://vision.googleapis.com"
COSTS = "each is billed as one unit of web detection beyond the free ones of the month"
_MARKUP = re.compile(r"<[^<>]*>")


def question(jpeg: bytes) -> Question:
    """Return how to ask where a picture is seen."""
    image = {"content": base64.b64encode(jpeg).decode()}
    features = [{"type": "WEB_DETECTION", "maxResults": MOST_PAGES}]
    return Question(
        path="/v1/images:annotate",
        key_header="X-Goog-Api-Key",
        json_body=json.dumps({"requests": [{"image": image, "features": features}]}),
    )


def pages(answer: object) -> tuple[PageFound, ...]:
    """Return the pages; the picture is the first whole copy there, else the first part of one."""
    found = []
    for page in rows(answer, "responses", 0, "webDetection", "pagesWithMatchingImages"):
        url = text(page, "url")
        if url is not None:
            pictures = [*rows(page, "fullMatchingImages"), *rows(page, "partialMatchingImages")]
            shown = next((text(picture, "url") for picture in pictures if text(picture, "url")), None)
            title = text(page, "pageTitle")
            found.append(PageFound(url=url, picture_url=shown, title=title and _MARKUP.sub("", title)[:300]))
    return tuple(found)


def complaint(answer: object) -> str | None:
    """Return the message of an error, of the whole request or of the one picture."""
    for said in (text(answer, "error", "message"), text(answer, "responses", 0, "error", "message")):
        if said is not None:
            return said[:300]
    return None
