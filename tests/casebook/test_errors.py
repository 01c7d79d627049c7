from __future__ import annotations

import pickle

from casebook.errors import CasebookError


def test_an_error_says_what_is_wrong_and_then_what_to_do() -> None:
    assert str(CasebookError("It is gone.", remedy="Fetch it.")) == "It is gone.\n  Fetch it."


def test_an_error_raised_in_a_worker_process_arrives_whole() -> None:
    arrived = pickle.loads(pickle.dumps(CasebookError("It is gone.", remedy="Fetch it.")))
    assert (type(arrived), arrived.message, arrived.remedy) == (CasebookError, "It is gone.", "Fetch it.")
