"""The interface for other programs, under `/api`: candidates and their evidence, pictures, decisions.

What comes in: requests that bear a token (`gate.py`). What goes out: JSON as `models.py` describes it, JSON Lines for
the feed, and `/api/openapi.json`, which describes all of it. Each noun has a file of its own; nothing here decides
anything that `casebook` does not.
"""
