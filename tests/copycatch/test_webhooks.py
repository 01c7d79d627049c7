"""Other programs are told of decisions: signed, repeated with one key until it arrives, at no decision's expense."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from casebook.rulings import Decision, Place, PlaceKind, Ruling, Scope
from copycatch.config import Config, Owner, Target, Webhook
from copycatch.config_template import render
from copycatch.webhooks import GIVEN_UP_AFTER, LONGEST_PAUSE, Sender, next_attempt, send_waiting
from copycatch.workspace import Workspace
from tests.copycatch.conftest import Run
from tests.copycatch.filled import SHOP, STARTED

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "api.md"
SECRET = "a secret of the tests, long enough"
NOW = STARTED + timedelta(days=1)


@dataclass(slots=True)
class Receiver:
    """A program that is told: what it got, and what it answers (the last answer stands for all that follow)."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [204])
    arrived: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiving(receiver: Receiver, port: int = 0) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            receiver.arrived.set()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tell(workspace: Workspace, *urls: str, secret: str | None = SECRET) -> None:
    """Have the workspace tell these addresses, under the names hook-0, hook-1, …"""
    hooks = tuple(Webhook(name=f"hook-{number}", url=url) for number, url in enumerate(urls))
    targets = (Target(name="shop", start=(SHOP,)),)
    config = Config(owner=Owner(name="A. Maker", contact_url=SHOP), webhooks=hooks, targets=targets)
    workspace.config_path.write_text(render(config), encoding="utf-8")
    if secret is not None:
        lines = "".join(f'{hook.name} = "{secret}"\n' for hook in hooks)
        workspace.keys_path.write_text(f"[webhooks]\n{lines}")
        workspace.keys_path.chmod(0o600)


def decide(workspace: Workspace, act: str = "act", ruling: Ruling = Ruling.NOT_A_MATCH) -> str:
    """Decide the workspace's candidate; return its id."""
    with workspace.casebook() as casebook:
        (found,) = casebook.candidates()
        decision = Decision(
            candidate_id=found.candidate_id, decided_at=NOW, reviewer="Ana", ruling=ruling, act=act,
            scope=Scope.LISTING, note="nobody's business",
        )  # fmt: skip
        casebook.decide([decision])
    return found.candidate_id


def dead_url() -> str:
    receiver = Receiver()
    with receiving(receiver):
        pass
    return receiver.url


def counts(workspace: Workspace, name: str = "hook-0") -> tuple[int, int]:
    with workspace.casebook() as casebook:
        standing = casebook.delivery_counts()[name]
    return standing.waiting, standing.given_up


def test_a_decision_arrives_and_its_signature_verifies_as_the_documentation_says(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving(Receiver()) as receiver:
        tell(filled, receiver.url)
        named = decide(filled)
        assert send_waiting(filled, lambda: NOW).arrived == 1
        assert send_waiting(filled, lambda: NOW).arrived == 0
    ((headers, body),) = receiver.got
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENTATION.read_text("utf-8"), re.DOTALL)
    told: dict[str, Any] = {}
    exec(example, told)
    header = headers["x-copycatch-signature"]
    assert header.startswith(f"t={int(NOW.timestamp())},v1=")
    monkeypatch.setattr("time.time", NOW.timestamp)
    assert told["is_ours"](header, body, SECRET)
    assert not told["is_ours"](header, body + b" ", SECRET)
    assert not told["is_ours"](header, body, f"{SECRET}.")
    monkeypatch.setattr("time.time", lambda: NOW.timestamp() + 301)
    assert not told["is_ours"](header, body, SECRET)
    event = json.loads(body)
    assert headers["idempotency-key"] == event["delivery_id"]
    assert headers["content-type"] == "application/json"
    (change,) = event["changes"]
    assert change == {
        "candidate_id": named, "change": event["cursor"], "reviewed": "not_a_match", "settled_by": "D-1",
        "verdict": "copy",
    }  # fmt: skip
    assert b"nobody" not in body
    assert SECRET.encode() not in body
    assert counts(filled) == (0, 0)


def test_each_change_is_told_once_whatever_made_it(filled: Workspace) -> None:
    with receiving(Receiver()) as receiver:
        tell(filled, receiver.url)
        decide(filled, "one")
        with filled.casebook() as casebook:
            casebook.undo([1], reviewer="Ben", at=NOW)
            casebook.add_place(Place(kind=PlaceKind.OWN, place="shop.example"), NOW)
            casebook.settle(NOW)
            casebook.settle(NOW)
        assert send_waiting(filled, lambda: NOW).arrived == 3
    told = [json.loads(body)["changes"][0] for _, body in receiver.got]
    assert [each["reviewed"] for each in told] == ["not_a_match", "open", "own_shop"]
    assert [each["change"] for each in told] == sorted(each["change"] for each in told)


def test_what_is_rolled_back_is_told_to_nobody(filled: Workspace) -> None:
    tell(filled, "http://127.0.0.1:9/")

    def fails() -> None:
        with filled.casebook() as casebook, casebook.immediate():
            casebook.add_place(Place(kind=PlaceKind.OWN, place="shop.example"), NOW)
            casebook.settle(NOW)
            assert casebook.delivery_counts()["hook-0"].waiting == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with filled.casebook() as casebook:
        assert casebook.delivery_counts() == {}


def test_a_dead_receiver_costs_no_decision_and_gets_it_with_the_same_key_once_it_lives(filled: Workspace) -> None:
    url, at = dead_url(), NOW
    tell(filled, url)
    decide(filled)
    problems = send_waiting(filled, lambda: at).problems
    assert problems["hook-0"].startswith("it cannot be reached")
    with filled.casebook() as casebook:
        assert len(casebook.decisions_since(0)) == 1
    assert send_waiting(filled, lambda: at + timedelta(seconds=59)).problems == {}
    answers = Receiver(answers=[500, 204])
    with receiving(answers, port=int(url.split(":")[2].split("/")[0])):
        assert send_waiting(filled, lambda: at + timedelta(minutes=1)).problems == {"hook-0": "it answers HTTP 500"}
        assert send_waiting(filled, lambda: at + timedelta(minutes=2, seconds=59)).arrived == 0
        assert send_waiting(filled, lambda: at + timedelta(minutes=3)).arrived == 1
    (first, body), (second, again) = answers.got
    assert first["idempotency-key"] == second["idempotency-key"]
    assert body == again
    assert first["x-copycatch-signature"] != second["x-copycatch-signature"]


def test_it_is_tried_less_and_less_often_for_three_days() -> None:
    at, attempts, pauses = NOW, 0, []
    while True:
        attempts += 1
        again = next_attempt(NOW, attempts, at)
        if again is None:
            break
        pauses.append(again - at)
        at = again
    assert pauses[:4] == [timedelta(minutes=2**number) for number in range(4)]
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE
    assert GIVEN_UP_AFTER <= at - NOW < GIVEN_UP_AFTER + LONGEST_PAUSE
    assert len(pauses) < 20
    assert next_attempt(NOW, 10**9, NOW) == NOW + LONGEST_PAUSE


def test_what_is_given_up_is_told_by_status_and_the_list(filled: Workspace, run: Run) -> None:
    with receiving(Receiver(answers=[404])) as receiver:
        tell(filled, receiver.url)
        decide(filled)
        for days in range(8):
            send_waiting(filled, lambda days=days: NOW + timedelta(days=days / 2))  # type: ignore[misc]
    assert counts(filled) == (0, 1)
    status = json.loads(run("status", "--json", workspace=filled).stdout)
    assert "webhook hook-0: 1 message was given up after three days: it answers HTTP 404" in status["alarms"]
    listed = json.loads(run("webhooks", "list", "--json", workspace=filled).stdout)
    assert (listed["given_up"], listed["waiting"], listed["problem"]) == (1, 0, "it answers HTTP 404")
    assert SECRET not in run("webhooks", "list", workspace=filled).output


@pytest.mark.parametrize("status", [302, 400, 404, 410, 500])
def test_a_message_that_is_refused_holds_up_no_other_and_no_redirect_is_followed(
    filled: Workspace, status: int
) -> None:
    with receiving(Receiver(answers=[status, 200])) as receiver:
        tell(filled, receiver.url)
        decide(filled, "one")
        decide(filled, "two", Ruling.UNSURE)
        sent = send_waiting(filled, lambda: NOW)
    assert (sent.arrived, sent.problems) == (1, {"hook-0": f"it answers HTTP {status}"})
    assert len(receiver.got) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_for_a_pause_gets_one_for_all_its_messages(filled: Workspace, status: int) -> None:
    with receiving(Receiver(answers=[status])) as receiver:
        tell(filled, receiver.url)
        decide(filled, "one")
        decide(filled, "two", Ruling.UNSURE)
        for seconds in (0, 1, 59):
            send_waiting(filled, lambda seconds=seconds: NOW + timedelta(seconds=seconds))  # type: ignore[misc]
        assert len(receiver.got) == 1
        assert counts(filled) == (2, 0)


def test_one_dead_receiver_keeps_nothing_from_another(filled: Workspace) -> None:
    with receiving(Receiver()) as receiver:
        tell(filled, dead_url(), receiver.url)
        decide(filled)
        sent = send_waiting(filled, lambda: NOW)
    assert sent.arrived == 1
    assert list(sent.problems) == ["hook-0"]


def test_a_webhook_without_a_secret_sends_nothing_unsigned_and_says_so(filled: Workspace, run: Run) -> None:
    with receiving(Receiver()) as receiver:
        tell(filled, receiver.url, secret=None)
        decide(filled)
        assert "it has no secret" in run("webhooks", "send", workspace=filled).stdout
    assert receiver.got == []
    alarms = json.loads(run("status", "--json", workspace=filled).stdout)["alarms"]
    assert any("hook-0: it has no secret: write hook-0 = a secret under [webhooks] into keys.toml" in a for a in alarms)


def test_a_message_that_another_program_is_sending_is_left_to_it(filled: Workspace) -> None:
    tell(filled, "http://127.0.0.1:9/")
    decide(filled)
    with filled.casebook() as one, filled.casebook() as other:
        (mine,), (theirs,) = one.due("hook-0", NOW, 10), other.due("hook-0", NOW, 10)
        assert one.claim(mine, NOW + timedelta(minutes=1))
        assert not other.claim(theirs, NOW + timedelta(minutes=1))
        assert other.due("hook-0", NOW, 10) == []
        assert len(other.due("hook-0", NOW + timedelta(minutes=1), 10)) == 1


def test_without_webhooks_nothing_is_written_down(filled: Workspace, run: Run) -> None:
    decide(filled)
    with filled.casebook() as casebook:
        assert casebook.delivery_counts() == {}
    assert run("webhooks", "send", workspace=filled).stdout == "0 messages sent.\n"
    assert "No webhooks." in run("webhooks", "list", workspace=filled).stdout


def test_a_configuration_that_cannot_be_read_costs_no_change(filled: Workspace) -> None:
    filled.config_path.write_text("[nonsense")
    named = decide(filled)
    with filled.casebook() as casebook:
        assert casebook.settlement(named).settled_by == "D-1"  # type: ignore[union-attr]


def test_who_answers_a_byte_at_a_time_holds_nothing_up(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copycatch.webhooks.DEADLINE_SECONDS", 0.5)
    enough = threading.Event()

    def drip(listening: socket.socket) -> None:
        with listening.accept()[0] as sending, suppress(OSError):
            while not enough.wait(0.1):
                sending.send(b"H")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,))
        dripping.start()
        tell(filled, f"http://127.0.0.1:{listening.getsockname()[1]}/hook")
        decide(filled)
        problems = send_waiting(filled, lambda: NOW).problems
        enough.set()
        dripping.join()
    assert problems["hook-0"] == "it cannot be reached: TimeoutError"
    assert counts(filled) == (1, 0)


def test_while_review_is_open_it_is_sent_by_itself(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copycatch.webhooks._LOOK_EVERY_SECONDS", 0.01)
    with receiving(Receiver()) as receiver:
        tell(filled, receiver.url)
        with Sender(filled, lambda: NOW):
            decide(filled)
            assert receiver.arrived.wait(30)


def test_what_arrived_long_ago_is_forgotten(filled: Workspace) -> None:
    with receiving(Receiver()) as receiver:
        tell(filled, receiver.url)
        for days, act in ((0, "one"), (31, "two")):
            decide(filled, act, Ruling.UNSURE)
            send_waiting(filled, lambda days=days: NOW + timedelta(days=days))  # type: ignore[misc]
    with filled.casebook() as casebook:
        rows = casebook._connection.execute("SELECT count(*) FROM delivery").fetchone()
    assert rows[0] == 1


@pytest.mark.parametrize(
    "text", ['[webhooks]\nhook = "short"\n', "webhooks = 1\n", '[webhooks]\n"a b" = "long enough, long enough"\n',
             '[webhooks]\nhook = "a line\\nbreak, long enough"\n', "[webhooks]\nhook = 12345678901234567890\n"],
)  # fmt: skip
def test_an_unusable_secret_is_refused_without_being_told(filled: Workspace, run: Run, text: str) -> None:
    tell(filled, "http://127.0.0.1:9/", secret=None)
    filled.keys_path.write_text(text)
    filled.keys_path.chmod(0o600)
    done = run("webhooks", "send", workspace=filled)
    assert done.exit_code == 1
    assert "[webhooks] holds no usable secret" in done.stderr
    assert "long enough" not in done.output
    assert "short" not in done.output
