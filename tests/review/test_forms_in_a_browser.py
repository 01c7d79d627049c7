"""What a real browser says of a write, and whether it is taken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from review.safety import Safety
from tests.review.browsing import browsing, needs_browser
from tests.review.serving import Site, running

pytestmark = needs_browser


@pytest.fixture
def forms() -> Iterator[Site]:
    """A server whose page has a form that sends to `to` in its address."""

    async def page(request: Request) -> Response:
        if request.method == "POST":
            return HTMLResponse("<h1>taken</h1>")
        to = request.query_params.get("to", "/")
        return HTMLResponse(f'<form method="post" action="{to}"><button>Send</button></form>')

    with running(Safety(Starlette(routes=[Route("/", page, methods=["GET", "POST"])]))) as site:
        yield site


def test_a_form_of_our_own_page_is_taken_without_a_script(forms: Site) -> None:
    with browsing(forms.url, java_script_enabled=False) as (page, _):
        page.goto("/")
        page.get_by_role("button").click()
        assert page.get_by_role("heading").inner_text() == "taken"


def test_a_form_of_another_page_is_refused(forms: Site) -> None:
    async def trap(request: Request) -> Response:
        return HTMLResponse(f'<form method="post" action="{forms.url}/"><button>Win</button></form>')

    with running(Starlette(routes=[Route("/", trap)])) as stranger, browsing(stranger.url) as (page, _):
        page.goto("/")
        page.get_by_role("button").click()
        page.get_by_text("Only copycatch's own pages may change something").wait_for()
