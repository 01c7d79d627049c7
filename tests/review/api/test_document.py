"""The interface keeps what its own document says, whatever is sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from copycatch.workspace import Workspace
from tests.copycatch.filled import fill, make_workspace
from tests.review.api.conftest import Client, token_for
from tests.review.serving import served


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make_workspace(tmp_path_factory.mktemp("document") / "space")
    fill(made)
    return made


@pytest.fixture(scope="module")
def bearer(space: Workspace) -> Iterator[Client]:
    token = token_for(space)
    with served(space) as site:
        yield Client(site, token)


@pytest.fixture(scope="module")
def document(bearer: Client) -> Any:
    headers = {"Authorization": f"Bearer {bearer.token}"}
    return schemathesis.openapi.from_url(f"{bearer.site.url}/api/openapi.json", headers=headers)


OPERATIONS = (
    ("/candidates", "GET"),
    ("/candidates/{candidate_id}", "GET"),
    ("/pictures/{sha256}", "GET"),
    ("/decisions", "GET"),
    ("/decisions", "POST"),
    ("/decisions/undo", "POST"),
)


def test_every_address_of_the_document_is_tried_here(document: Any) -> None:
    described = {(result.ok().path, result.ok().method.upper()) for result in document.get_all_operations()}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_that_the_document_describes(
    document: Any, bearer: Client, space: Workspace, path: str, method: str, mode: GenerationMode
) -> None:
    strategy = document[path][method].as_strategy(generation_mode=mode)
    headers = {"Authorization": f"Bearer {bearer.token}"}

    @given(case=strategy, aimed=booleans())
    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    def holds(case: Any, aimed: bool) -> None:
        if aimed:
            _aim(case, space)
        # Not every decision of the right form can be taken: the law's answers, scopes, years. Each such is a 422.
        assume(mode is GenerationMode.POSITIVE or _spoilt(case))
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    holds()


def _spoilt(case: Any) -> bool:
    """Whether something is wrong with what is sent, and not only with headers, which are ours, or with a parameter of
    no value, which is not sent at all."""
    spoilt = {place.value for place, info in case.meta.components.items() if info.mode is GenerationMode.NEGATIVE}
    return bool(spoilt - {"header", "cookie"}) and all(map(_sent, (case.query or {}).values()))


def _sent(value: object) -> bool:
    """Whether a parameter stands in the address: not where it is null, nothing, or a list of nulls and nothings."""
    if isinstance(value, list | dict):
        return any(map(_sent, value))
    return value is not None


def _aim(case: Any, space: Workspace) -> None:
    """Have a request name what is there: else nearly all would end at an unknown id."""
    with space.casebook() as casebook:
        (found,) = casebook.candidates()
    real = {"candidate_id": found.candidate_id, "sha256": found.matches[0].picture_sha256}
    for name in set(case.path_parameters or {}) & set(real):
        case.path_parameters[name] = real[name]
    if isinstance(case.body, dict) and isinstance(case.body.get("candidates"), list):
        case.body["candidates"] = [found.candidate_id]
