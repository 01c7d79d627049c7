"""The tables of the review (see `casebook.tables`). Triggers hold the ledger to what it is: rows are only added."""

from __future__ import annotations


def _only_added(table: str) -> tuple[str, str]:
    return (
        f"""
        CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table}
        BEGIN SELECT RAISE(ABORT, 'a decision is never changed: a newer one takes its place'); END
        """,
        f"""
        CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}
        BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END
        """,
    )


DECISIONS = (
    """
    CREATE TABLE decision (
        seq INTEGER PRIMARY KEY,
        candidate_id TEXT NOT NULL REFERENCES candidate (candidate_id),
        listing_key TEXT NOT NULL,
        work_id TEXT NOT NULL,
        seller_key TEXT,
        decided_at TEXT NOT NULL,
        reviewer TEXT NOT NULL,
        act TEXT NOT NULL,
        ruling TEXT NOT NULL CHECK (
            ruling IN ('infringing', 'licensed', 'own_shop', 'own_photo', 'not_a_match', 'unsure', 'undone')
        ),
        scope TEXT NOT NULL CHECK (scope IN ('listing', 'seller', 'content', 'region')),
        until TEXT,
        region_reference TEXT,
        region TEXT,
        note TEXT NOT NULL,
        answers TEXT NOT NULL,
        work_references TEXT NOT NULL,
        evidence_sha256 TEXT NOT NULL,
        undoes INTEGER UNIQUE REFERENCES decision (seq),
        CHECK ((ruling = 'undone') = (undoes IS NOT NULL)),
        UNIQUE (act, candidate_id)
    ) STRICT
    """,
    "CREATE INDEX decision_candidate ON decision (candidate_id)",
    "CREATE INDEX decision_work ON decision (work_id)",
    """
    CREATE TABLE decision_picture (
        seq INTEGER NOT NULL REFERENCES decision (seq),
        picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
        PRIMARY KEY (seq, picture_sha256)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX decision_picture_picture ON decision_picture (picture_sha256)",
    *_only_added("decision"),
    *_only_added("decision_picture"),
    """
    CREATE TABLE licence (
        seq INTEGER PRIMARY KEY,
        licensee TEXT NOT NULL,
        places TEXT NOT NULL,
        works TEXT NOT NULL,
        starts TEXT,
        ends TEXT,
        note TEXT NOT NULL,
        added_at TEXT NOT NULL,
        removed_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE place (
        seq INTEGER PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('own', 'authorised')),
        place TEXT NOT NULL,
        title TEXT NOT NULL,
        note TEXT NOT NULL,
        added_at TEXT NOT NULL,
        removed_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE settlement (
        candidate_id TEXT PRIMARY KEY NOT NULL REFERENCES candidate (candidate_id),
        reviewed TEXT NOT NULL CHECK (reviewed IN (
            'open', 'to_confirm', 'infringing', 'licensed', 'own_shop', 'own_photo', 'not_a_match', 'unsure'
        )),
        because TEXT NOT NULL,
        settled_by TEXT,
        direct INTEGER NOT NULL CHECK (direct IN (0, 1)),
        until TEXT,
        settled_at TEXT NOT NULL,
        change INTEGER NOT NULL UNIQUE,
        listing_key TEXT NOT NULL,
        seller_key TEXT,
        marketplace TEXT NOT NULL,
        work_id TEXT NOT NULL,
        worth REAL NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX candidate_found ON candidate (first_found_at)",
    "CREATE INDEX settlement_queue ON settlement (reviewed, worth DESC, candidate_id)",
    "CREATE INDEX settlement_group ON settlement (seller_key, work_id, reviewed, worth DESC)",
    "CREATE INDEX settlement_by ON settlement (settled_by)",
    "CREATE INDEX settlement_marketplace ON settlement (marketplace)",
    "CREATE INDEX settlement_work ON settlement (work_id, reviewed)",
    """
    CREATE TABLE content (
        picture_sha256 TEXT PRIMARY KEY NOT NULL REFERENCES picture (sha256),
        content_sha256 TEXT NOT NULL,
        glance BLOB
    ) STRICT
    """,
    "CREATE INDEX content_name ON content (content_sha256)",
    """
    CREATE TABLE rendition (
        sha256 TEXT PRIMARY KEY NOT NULL,
        jpeg_sha256 TEXT,
        width INTEGER,
        height INTEGER,
        problem TEXT
    ) STRICT, WITHOUT ROWID
    """,
)

# What takes the place of another row deletes it without asking the triggers above; what is added late stands between.
CHAIN = (
    """
    CREATE TRIGGER decision_added BEFORE INSERT ON decision
    WHEN NEW.seq > 0 AND NEW.seq <= (SELECT max(seq) FROM decision)
        OR EXISTS (SELECT 1 FROM decision WHERE act = NEW.act AND candidate_id = NEW.candidate_id)
        OR EXISTS (SELECT 1 FROM decision WHERE undoes = NEW.undoes)
    BEGIN SELECT RAISE(ABORT, 'a decision is never replaced: a newer one takes its place'); END
    """,
    """
    CREATE TRIGGER decision_picture_added BEFORE INSERT ON decision_picture
    WHEN NEW.seq <> (SELECT max(seq) FROM decision) OR EXISTS (SELECT 1 FROM decision_chain WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'a decision is never given other pictures'); END
    """,
    """
    CREATE TABLE decision_chain (
        seq INTEGER PRIMARY KEY REFERENCES decision (seq),
        sha256 TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER decision_chain_added BEFORE INSERT ON decision_chain
    WHEN NEW.seq <= (SELECT max(seq) FROM decision_chain)
    BEGIN SELECT RAISE(ABORT, 'a decision is never replaced: a newer one takes its place'); END
    """,
    *_only_added("decision_chain"),
)

INTERFACE = (
    """
    CREATE TABLE token (
        seq INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        sha256 TEXT NOT NULL UNIQUE,
        added_at TEXT NOT NULL,
        removed_at TEXT,
        used_at TEXT
    ) STRICT
    """,
    """
    CREATE TABLE delivery (
        delivery_id TEXT PRIMARY KEY NOT NULL,
        webhook TEXT NOT NULL,
        event TEXT NOT NULL,
        created_at TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        next_at TEXT,
        delivered_at TEXT,
        problem TEXT
    ) STRICT
    """,
    "CREATE INDEX delivery_next ON delivery (next_at)",
)
