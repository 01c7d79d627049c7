"""Sending what waits for webhooks: signed, repeated with the same key until it arrives, given up after three days."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

import urllib3

from casebook.errors import CopycatchError
from copycatch.version import VERSION
from crawler.keys import KEYS_NAME, read_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from casebook.casebook import Casebook
    from casebook.deliveries import Delivery
    from copycatch.config import Webhook
    from copycatch.workspace import Workspace

log = logging.getLogger("copycatch.webhooks")

TIMEOUT_SECONDS = 10.0
DEADLINE_SECONDS = 20.0  # for a whole answer
FIRST_PAUSE, LONGEST_PAUSE, GIVEN_UP_AFTER = timedelta(minutes=1), timedelta(hours=12), timedelta(days=3)
_CLAIMED = timedelta(minutes=1)  # longer than an attempt can take
_AT_ONCE = 100
_LOOK_EVERY_SECONDS = 5.0
_BUSY = (408, 425, 429, 502, 503, 504)  # nothing would arrive now; any other refusal is about that one message


@dataclass(slots=True)
class Sent:
    """How a round went; `problems` names each webhook that something did not reach, with why."""

    arrived: int
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message did not arrive; `dead` tells that none would."""

    why: str
    dead: bool


def signature(secret: str, body: bytes, at: datetime) -> str:
    """Return the header `X-Copycatch-Signature`: the time in seconds since 1970, and the HMAC-SHA256 of the time, a
    full stop and the body."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def next_attempt(created_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """Return when to try a message again that failed `attempts` times: after 1 minute, doubled each time up to 12
    hours; None three days after it was written."""
    if now - created_at >= GIVEN_UP_AFTER:
        return None
    doubled: int = 2 ** min(attempts - 1, 20)
    return now + min(FIRST_PAUSE * doubled, LONGEST_PAUSE)


def send_due(
    casebook: Casebook, webhooks: Iterable[Webhook], secrets: Mapping[str, str], now: Callable[[], datetime]
) -> Sent:
    """Send every webhook what is due, oldest first.

    A receiver that cannot be reached is left alone until its next turn; one that refuses a message gets the next one.
    """
    sent = Sent(arrived=0, problems={})
    for webhook in webhooks:
        for delivery in casebook.due(webhook.name, now(), _AT_ONCE):
            if not casebook.claim(delivery, now() + _CLAIMED):
                continue
            failure = _failure(webhook, delivery, secrets.get(webhook.name), now())
            if failure is None:
                casebook.delivered(delivery.delivery_id, now())
                sent.arrived += 1
                continue
            again = next_attempt(delivery.created_at, delivery.attempts + 1, now())
            casebook.not_delivered(delivery.delivery_id, failure.why, again)
            sent.problems[webhook.name] = failure.why
            log.warning("webhook %s: %s", webhook.name, failure.why)
            if failure.dead:
                casebook.postpone(webhook.name, again or now() + LONGEST_PAUSE)
                break
    return sent


def send_waiting(workspace: Workspace, now: Callable[[], datetime]) -> Sent:
    """Send what waits in a workspace. CopycatchError: its configuration, keys or casebook cannot be used."""
    webhooks = workspace.config().webhooks
    if not webhooks:
        return Sent(arrived=0, problems={})
    with workspace.casebook() as casebook:
        return send_due(casebook, webhooks, read_keys(workspace.keys_path).webhooks, now)


def webhook_alarms(workspace: Workspace, casebook: Casebook, secrets: Mapping[str, str]) -> list[str]:
    """Return a sentence for each webhook that is not told everything."""
    counts, alarms = casebook.delivery_counts(), []
    for webhook in workspace.config().webhooks:
        if webhook.name not in secrets:
            alarms.append(f"webhook {webhook.name}: {_no_secret(webhook.name)}")
            continue
        standing = counts.get(webhook.name)
        if standing is not None and standing.given_up:
            many = "1 message was" if standing.given_up == 1 else f"{standing.given_up} messages were"
            alarms.append(f"webhook {webhook.name}: {many} given up after three days: {standing.problem}")
        elif standing is not None and standing.waiting and standing.problem:
            alarms.append(f"webhook {webhook.name}: {standing.waiting} waiting, {standing.problem}")
    return alarms


class Sender:
    """Sends in the background for as long as its block lasts; nothing that fails there reaches anybody else."""

    def __init__(self, workspace: Workspace, now: Callable[[], datetime]) -> None:
        self._workspace = workspace
        self._now = now
        self._ended = Event()
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(1.0)  # what was under way is tried again later, with the same key

    def _run(self) -> None:
        told = ""
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            try:
                send_waiting(self._workspace, self._now)
                told = ""
            except CopycatchError as error:
                if error.message != told:
                    log.warning("webhooks are not told: %s", error.message)
                told = error.message
            except Exception:  # one round that fails shall not end all that follow
                log.exception("webhooks are not told")


def _failure(webhook: Webhook, delivery: Delivery, secret: str | None, now: datetime) -> Failure | None:
    """Send a message once; return why it did not arrive, None where it did."""
    if secret is None:
        return Failure(_no_secret(webhook.name), dead=True)
    body = delivery.event.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"copycatch/{VERSION}",
        "Idempotency-Key": delivery.delivery_id,
        "X-Copycatch-Signature": signature(secret, body, now),
    }
    told: list[int | Exception] = []
    sending = Thread(target=lambda: told.append(_status(webhook.url, body, headers)), daemon=True)
    sending.start()
    sending.join(DEADLINE_SECONDS)  # who answers a byte at a time lets no timeout of a socket pass
    status = told[0] if told else TimeoutError()
    if isinstance(status, Exception):
        return Failure(f"it cannot be reached: {type(status).__name__}", dead=True)
    if 200 <= status < 300:
        return None
    return Failure(f"it answers HTTP {status}", dead=status in _BUSY)


def _status(url: str, body: bytes, headers: dict[str, str]) -> int | Exception:
    """Return the status with which a message is answered, or why it is not."""
    try:
        with urllib3.PoolManager(timeout=TIMEOUT_SECONDS) as pool:
            answer = pool.request(
                "POST", url, body=body, headers=headers, retries=False, redirect=False, preload_content=False
            )
            answer.close()
            return int(answer.status)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return error


def _no_secret(name: str) -> str:
    return f"it has no secret: write {name} = a secret under [webhooks] into {KEYS_NAME}"
