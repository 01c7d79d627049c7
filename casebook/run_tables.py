"""The tables of runs: what each was asked for, what it met and what it fetched (see `casebook.tables`)."""

from __future__ import annotations

SCANS = (
    """
    CREATE TABLE run (
        run_seq INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL UNIQUE,
        started_at TEXT NOT NULL,
        program TEXT NOT NULL,
        job TEXT NOT NULL,
        phase TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'failed')),
        finished_at TEXT,
        stats TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE task (
        task_seq INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL REFERENCES run (run_id),
        target TEXT NOT NULL,
        purpose TEXT NOT NULL,
        url TEXT NOT NULL,
        depth INTEGER NOT NULL,
        listing_key TEXT,
        fallbacks TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'refused', 'failed')),
        note TEXT,
        UNIQUE (run_id, url)
    ) STRICT
    """,
    "CREATE INDEX task_pending ON task (run_id, task_seq) WHERE state = 'pending'",
    """
    CREATE TABLE frontier_tally (
        run_id TEXT NOT NULL REFERENCES run (run_id),
        target TEXT NOT NULL,
        pages INTEGER NOT NULL,
        pages_done INTEGER NOT NULL,
        pages_refused INTEGER NOT NULL,
        pages_failed INTEGER NOT NULL,
        pages_pending INTEGER NOT NULL,
        pages_blocked INTEGER NOT NULL,
        pictures INTEGER NOT NULL,
        pictures_done INTEGER NOT NULL,
        pictures_refused INTEGER NOT NULL,
        pictures_failed INTEGER NOT NULL,
        pictures_pending INTEGER NOT NULL,
        PRIMARY KEY (run_id, target)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE fetch (
        fetch_id TEXT PRIMARY KEY NOT NULL,
        run_id TEXT NOT NULL REFERENCES run (run_id),
        purpose TEXT NOT NULL,
        url TEXT NOT NULL,
        requested_at TEXT NOT NULL,
        elapsed_seconds REAL NOT NULL,
        request_headers TEXT NOT NULL,
        status INTEGER,
        error TEXT,
        protocol TEXT,
        response_headers TEXT NOT NULL,
        body_sha256 TEXT,
        body_bytes INTEGER NOT NULL,
        server_address TEXT,
        certificate_sha256 TEXT
    ) STRICT
    """,
    "CREATE INDEX fetch_url ON fetch (url, requested_at)",
    "CREATE INDEX fetch_run ON fetch (run_id, requested_at)",
)

# Since schema 9, in place of the first `task`.
FRONTIER = (
    """
    CREATE TABLE new_task (
        task_seq INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL REFERENCES run (run_id),
        target TEXT NOT NULL,
        purpose TEXT NOT NULL,
        url TEXT NOT NULL,
        depth INTEGER NOT NULL,
        listing_key TEXT,
        fallbacks TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'refused', 'failed')),
        note TEXT,
        search TEXT,
        layout TEXT
    ) STRICT
    """,
    """
    INSERT INTO new_task
    SELECT task_seq, run_id, target, purpose, url, depth, listing_key, fallbacks, state, note, search, layout FROM task
    """,
    "DROP TABLE task",
    "ALTER TABLE new_task RENAME TO task",
    """
    CREATE UNIQUE INDEX task_once ON task (
        run_id, url, purpose, iif(purpose = 'description', coalesce(listing_key, ''), '')
    )
    """,
    "CREATE INDEX task_pending ON task (run_id, task_seq) WHERE state = 'pending'",
    """
    CREATE TABLE left_out (
        run_id TEXT NOT NULL REFERENCES run (run_id),
        target TEXT NOT NULL,
        why TEXT NOT NULL,
        pages INTEGER NOT NULL,
        example TEXT NOT NULL,
        PRIMARY KEY (run_id, target, why)
    ) STRICT, WITHOUT ROWID
    """,
)
