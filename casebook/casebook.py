"""The casebook: everything a workspace knows, in one SQLite file. Its parts are split by noun."""

from __future__ import annotations

from casebook.examinations import Examinations
from casebook.runs import Runs
from casebook.visits import Visits
from casebook.works import Works


class Casebook(Runs, Visits, Works, Examinations):
    """`Casebook.open(path)`; every write is one transaction, every method leaves the file consistent.

    - `Runs`: scans begun, interrupted, finished.
    - `Visits`: what the crawl brings (`Fetches`, `Frontier`, `Listings`, `Pictures`).
    - `Works`: what the owner watches over.
    - `Examinations`: what the matcher found (`Candidates`), and the views other tools read.
    """
