"""The casebook: everything a workspace knows, in one SQLite file. Its parts are split by noun."""

from __future__ import annotations

from casebook.cases import Cases
from casebook.decisions import Decisions
from casebook.examinations import Examinations
from casebook.feed import Feed
from casebook.renditions import Renditions
from casebook.runs import Runs
from casebook.tokens import Tokens
from casebook.visits import Visits


class Casebook(Runs, Visits, Examinations, Decisions, Renditions, Cases, Feed, Tokens):
    """`Casebook.open(path)`; every write is one transaction, every method leaves the file consistent.

    - `Runs`: scans begun, interrupted, finished.
    - `Visits`: what the crawl brings (`Fetches`, `Frontier`, `Leads`, `Listings`, `Pictures`).
    - `Examinations`: what is still to compare and what the matcher found (`Works`, `Candidates`), and the views other
      tools read.
    - `Decisions`: what people said of candidates, which licences and places there are (`Permissions`), and what that
      comes to (`Settlements`) and is told to webhooks (`Deliveries`).
    - `Renditions`: what review shows of pictures, and which of them show the same.
    - `Cases`: candidates as an operator meets them.
    - `Feed`: what review says of candidates, change by change.
    - `Tokens`: who may use the JSON interface.
    """
