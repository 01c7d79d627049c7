"""The tables, as the statements that migrations make them with: named in the singular, the public views in the plural.

Times are ISO-8601 UTC text that sorts; booleans are 0 and 1; lists and mappings are JSON text. docs/database.md
describes every table, and every column of the views.
"""

from __future__ import annotations

LISTINGS = (
    """
    CREATE TABLE seller (
        seller_key TEXT PRIMARY KEY NOT NULL,
        marketplace TEXT NOT NULL,
        seller_id TEXT NOT NULL,
        name TEXT NOT NULL,
        url TEXT,
        reading TEXT NOT NULL,
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE listing (
        listing_key TEXT PRIMARY KEY NOT NULL,
        marketplace TEXT NOT NULL,
        listing_id TEXT NOT NULL,
        host TEXT NOT NULL,
        url TEXT NOT NULL,
        title TEXT NOT NULL,
        price_amount TEXT,
        price_currency TEXT,
        seller_key TEXT REFERENCES seller (seller_key),
        layout TEXT NOT NULL,
        state TEXT NOT NULL CHECK (
            state IN ('live', 'sold_out', 'ended', 'removed', 'blocked', 'error', 'unknown')
        ),
        state_reason TEXT NOT NULL,
        reading TEXT NOT NULL,
        target TEXT NOT NULL,
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT,
        last_live_at TEXT,
        last_looked_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX listing_target ON listing (target)",
    "CREATE INDEX listing_seller ON listing (seller_key)",
    """
    CREATE TABLE look (
        look_id TEXT PRIMARY KEY NOT NULL,
        listing_key TEXT NOT NULL REFERENCES listing (listing_key),
        run_id TEXT NOT NULL REFERENCES run (run_id),
        target TEXT NOT NULL,
        at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (
            state IN ('live', 'sold_out', 'ended', 'removed', 'blocked', 'error', 'unknown')
        ),
        readable INTEGER AS (state IN ('live', 'sold_out', 'ended')) VIRTUAL,
        reason TEXT NOT NULL,
        gone INTEGER NOT NULL CHECK (gone IN (0, 1)),
        fetch_id TEXT REFERENCES fetch (fetch_id)
    ) STRICT
    """,
    "CREATE INDEX look_listing ON look (listing_key, at)",
    "CREATE INDEX look_run ON look (run_id, target)",
    """
    CREATE TABLE removal (
        listing_key TEXT NOT NULL REFERENCES listing (listing_key),
        at TEXT NOT NULL,
        confirmed_at TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (listing_key, at)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE gallery (
        listing_key TEXT NOT NULL REFERENCES listing (listing_key),
        url TEXT NOT NULL,
        position INTEGER NOT NULL,
        fallbacks TEXT NOT NULL,
        current INTEGER NOT NULL CHECK (current IN (0, 1)),
        reading TEXT NOT NULL,
        run_id TEXT NOT NULL REFERENCES run (run_id),
        first_read_at TEXT NOT NULL,
        last_read_at TEXT NOT NULL,
        PRIMARY KEY (listing_key, url)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX gallery_url ON gallery (url)",
    """
    CREATE TABLE picture (
        sha256 TEXT PRIMARY KEY NOT NULL,
        bytes INTEGER NOT NULL,
        format TEXT,
        width INTEGER,
        height INTEGER,
        problem TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE picture_url (
        url TEXT PRIMARY KEY NOT NULL,
        sha256 TEXT NOT NULL REFERENCES picture (sha256),
        since TEXT NOT NULL,
        checked_at TEXT NOT NULL,
        checked_run TEXT NOT NULL REFERENCES run (run_id),
        fetch_id TEXT REFERENCES fetch (fetch_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sighting (
        listing_key TEXT NOT NULL,
        url TEXT NOT NULL,
        picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        PRIMARY KEY (listing_key, url, picture_sha256),
        FOREIGN KEY (listing_key, url) REFERENCES gallery (listing_key, url)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX sighting_picture ON sighting (picture_sha256)",
)

WORKS = (
    """
    CREATE TABLE work (
        work_id TEXT PRIMARY KEY NOT NULL,
        title TEXT NOT NULL,
        kind TEXT NOT NULL,
        current INTEGER NOT NULL CHECK (current IN (0, 1))
    ) STRICT
    """,
    """
    CREATE TABLE reference (
        reference_id TEXT PRIMARY KEY NOT NULL,
        sha256 TEXT NOT NULL,
        work_id TEXT NOT NULL REFERENCES work (work_id),
        path TEXT NOT NULL,
        kind TEXT NOT NULL,
        problem TEXT,
        current INTEGER NOT NULL CHECK (current IN (0, 1))
    ) STRICT
    """,
    "CREATE INDEX reference_sha256 ON reference (sha256)",
)

FINDINGS = (
    """
    CREATE TABLE examination (
        picture_sha256 TEXT PRIMARY KEY NOT NULL REFERENCES picture (sha256),
        library_key TEXT NOT NULL,
        matcher_key TEXT NOT NULL,
        examined_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE evidence (
        evidence_id TEXT PRIMARY KEY NOT NULL,
        picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
        reference_sha256 TEXT NOT NULL,
        stage TEXT NOT NULL,
        stage_version INTEGER NOT NULL,
        parameters TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('copy', 'possible', 'none')),
        score REAL NOT NULL,
        because TEXT NOT NULL,
        mirrored INTEGER NOT NULL CHECK (mirrored IN (0, 1)),
        measures TEXT NOT NULL,
        geometry TEXT
    ) STRICT
    """,
    "CREATE INDEX evidence_pair ON evidence (picture_sha256, reference_sha256)",
    """
    CREATE TABLE match (
        picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
        reference_sha256 TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('copy', 'possible')),
        score REAL NOT NULL,
        because TEXT NOT NULL,
        side_by_side TEXT,
        inliers TEXT,
        difference TEXT,
        found_at TEXT NOT NULL,
        superseded_at TEXT,
        PRIMARY KEY (picture_sha256, reference_sha256)
    ) STRICT
    """,
    """
    CREATE TABLE match_evidence (
        picture_sha256 TEXT NOT NULL,
        reference_sha256 TEXT NOT NULL,
        place INTEGER NOT NULL,
        evidence_id TEXT NOT NULL REFERENCES evidence (evidence_id),
        PRIMARY KEY (picture_sha256, reference_sha256, place),
        FOREIGN KEY (picture_sha256, reference_sha256) REFERENCES match (picture_sha256, reference_sha256)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE candidate (
        candidate_id TEXT PRIMARY KEY NOT NULL,
        listing_key TEXT NOT NULL REFERENCES listing (listing_key),
        work_id TEXT NOT NULL REFERENCES work (work_id),
        verdict TEXT NOT NULL CHECK (verdict IN ('copy', 'possible', 'none')),
        score REAL NOT NULL,
        because TEXT NOT NULL,
        picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
        reference_sha256 TEXT NOT NULL,
        first_found_at TEXT NOT NULL,
        last_found_at TEXT NOT NULL,
        UNIQUE (listing_key, work_id)
    ) STRICT
    """,
    "CREATE INDEX candidate_work ON candidate (work_id)",
)

COMPARISONS = (
    """
    CREATE TABLE numbered_reference (
        sha256 TEXT PRIMARY KEY NOT NULL,
        kinds TEXT NOT NULL,
        number INTEGER NOT NULL UNIQUE
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE examination (
        picture_sha256 TEXT PRIMARY KEY NOT NULL REFERENCES picture (sha256),
        matcher_key TEXT NOT NULL,
        compared_with TEXT NOT NULL,
        examined_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

CALIBRATION = (
    """
    CREATE TABLE match_new (
        picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
        reference_sha256 TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('copy', 'possible', 'none')),
        score REAL NOT NULL,
        because TEXT NOT NULL,
        side_by_side TEXT,
        inliers TEXT,
        difference TEXT,
        found_at TEXT NOT NULL,
        superseded_at TEXT,
        relation TEXT,
        edits TEXT NOT NULL,
        expected_false_alarms REAL,
        PRIMARY KEY (picture_sha256, reference_sha256)
    ) STRICT
    """,
    """
    CREATE TABLE match_evidence_new (
        picture_sha256 TEXT NOT NULL,
        reference_sha256 TEXT NOT NULL,
        place INTEGER NOT NULL,
        evidence_id TEXT NOT NULL REFERENCES evidence (evidence_id),
        PRIMARY KEY (picture_sha256, reference_sha256, place),
        FOREIGN KEY (picture_sha256, reference_sha256) REFERENCES match_new (picture_sha256, reference_sha256)
    ) STRICT, WITHOUT ROWID
    """,
    "INSERT INTO match_new SELECT * FROM match",
    "INSERT INTO match_evidence_new SELECT * FROM match_evidence",
    "DROP TABLE match_evidence",
    "DROP TABLE match",
    "ALTER TABLE match_new RENAME TO match",
    "ALTER TABLE match_evidence_new RENAME TO match_evidence",
    """
    CREATE TABLE tail (
        at TEXT PRIMARY KEY NOT NULL,
        pictures INTEGER NOT NULL,
        reached INTEGER NOT NULL,
        excess REAL NOT NULL,
        suspected INTEGER NOT NULL,
        reference_count INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

LEADS = (
    """
    CREATE TABLE lead (
        lead_id TEXT PRIMARY KEY NOT NULL,
        url TEXT NOT NULL UNIQUE,
        listing_key TEXT,
        added_at TEXT NOT NULL,
        removed_at TEXT,
        visited_at TEXT,
        visit_state TEXT CHECK (visit_state IN ('done', 'refused', 'failed')),
        visit_note TEXT
    ) STRICT
    """,
    """
    CREATE TABLE lead_tip (
        tip_id TEXT PRIMARY KEY NOT NULL,
        lead_id TEXT NOT NULL REFERENCES lead (lead_id),
        source TEXT NOT NULL,
        told_at TEXT NOT NULL,
        origin TEXT NOT NULL,
        note TEXT,
        work_id TEXT,
        score REAL,
        picture_url TEXT,
        title TEXT
    ) STRICT
    """,
    "CREATE INDEX lead_tip_lead ON lead_tip (lead_id)",
    """
    CREATE TABLE image_search (
        interface TEXT NOT NULL,
        work_id TEXT NOT NULL,
        reference_sha256 TEXT NOT NULL,
        at TEXT NOT NULL,
        pages INTEGER NOT NULL,
        problem TEXT
    ) STRICT
    """,
    "CREATE INDEX image_search_work ON image_search (interface, work_id, at)",
    "CREATE INDEX listing_url ON listing (url)",
)
