"""The interface of a small workspace, served on loopback, with a token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from casebook.tokens import made_token
from copycatch.workspace import Workspace
from tests.copycatch.filled import STARTED
from tests.review.serving import Answer, Site, served

LAWFUL = {"licensed": "no", "own_upload": "no", "fair_use": "no", "same_picture": "yes"}


@dataclass(frozen=True, slots=True)
class Client:
    """A program that bears a token."""

    site: Site
    token: str

    def ask(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        bearing = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.site.ask(path, method, bearing, body)

    def get(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer.status == 200, answer.text
        return json.loads(answer.body)

    def lines(self, path: str) -> list[dict[str, Any]]:
        answer = self.ask(path)
        assert answer.status == 200, answer.text
        return [json.loads(line) for line in answer.body.splitlines()]

    def post(self, path: str, value: object) -> Answer:
        return self.ask(path, "POST", {"Content-Type": "application/json"}, json.dumps(value).encode())

    def decide(self, *candidates: str, **said: object) -> list[dict[str, Any]]:
        asked = {"candidates": list(candidates), "ruling": "not_a_match", "reviewer": "Ana", **said}
        answer = self.post("/api/decisions", asked)
        assert answer.status == 200, answer.text
        decisions: list[dict[str, Any]] = json.loads(answer.body)["decisions"]
        return decisions


def token_for(workspace: Workspace) -> str:
    secret = made_token()
    with workspace.casebook() as casebook:
        casebook.add_token("tests", secret, STARTED)
    return secret


@pytest.fixture
def client(workspace: Workspace) -> Iterator[Client]:
    token = token_for(workspace)
    with served(workspace) as site:
        yield Client(site, token)
