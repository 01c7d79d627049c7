"""The migrations that make a casebook: its tables (`casebook.tables`, `casebook.run_tables`) and its views."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from casebook.chain import LINKED, links
from casebook.decision_tables import CHAIN, DECISIONS, INTERFACE
from casebook.run_tables import FRONTIER, SCANS
from casebook.tables import CALIBRATION, COMPARISONS, FINDINGS, LEADS, LISTINGS, WORKS
from casebook.views import create_views, drop_views

APPLICATION_ID = 0x436F7079  # "Copy"
SCHEMA_VERSION = 11

migrations = Migrations("casebook")


@migrations()
def m001_foundation(db: Database) -> None:
    for statement in (*SCANS, *LISTINGS, *WORKS, *FINDINGS):
        db.execute(statement)
    create_views(db)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")


@migrations()
def m002_claims(db: Database) -> None:
    """Keep what picture files say about themselves; pictures examined before then say nothing until examined again."""
    db.execute("ALTER TABLE picture ADD COLUMN claims TEXT NOT NULL DEFAULT '[]'")
    create_views(db)
    db.execute("PRAGMA user_version = 2")


@migrations()
def m003_numbered_references(db: Database) -> None:
    """Remember which references a picture was compared with, instead of one key for the whole library.

    The keys tell nothing about single references, so every picture is compared once more; matches stay until then.
    """
    db.execute("DROP TABLE examination")
    for statement in COMPARISONS:
        db.execute(statement)
    db.execute("PRAGMA user_version = 3")


@migrations()
def m004_relations_and_edits(db: Database) -> None:
    """Keep how sure a match is, how the two pictures are related and what was done; older matches say nothing of it."""
    for table, how_sure in (("evidence", "log_odds"), ("match", "expected_false_alarms")):
        db.execute(f"ALTER TABLE {table} ADD COLUMN relation TEXT")
        db.execute(f"ALTER TABLE {table} ADD COLUMN edits TEXT NOT NULL DEFAULT '[]'")
        db.execute(f"ALTER TABLE {table} ADD COLUMN {how_sure} REAL")
    create_views(db)
    db.execute("PRAGMA user_version = 4")


@migrations()
def m005_calibration(db: Database) -> None:
    """Keep what is learnt of strangers' pictures, and let a match have the verdict `none`: its evidence stays, for a
    later calibration may say otherwise.

    SQLite cannot change a constraint, so the table and the one that refers to it are made anew.
    """
    drop_views(db)
    for statement in CALIBRATION:
        db.execute(statement)
    create_views(db)
    db.execute("PRAGMA user_version = 5")


@migrations()
def m006_what_marketplaces_tell(db: Database) -> None:
    """Keep how often a listing was sold, how the marketplace ranks its seller, which pictures are variants or stand in
    the description, which looks saw only a card, how many pictures they saw, which
    search found a listing, and which runs were imports; what was read before were whole pages of
    scans, and says nothing else."""
    drop_views(db)
    db.execute("UPDATE listing SET reading = substr(reading, 1, 1) || '1' || substr(reading, 2)")
    db.execute("UPDATE seller SET reading = substr(reading, 1, 1) || '1' || substr(reading, 2)")
    db.execute("UPDATE gallery SET reading = substr(reading, 1, 1) || '1' || substr(reading, 2)")
    db.execute("ALTER TABLE look ADD COLUMN partial INTEGER NOT NULL DEFAULT 0 CHECK (partial IN (0, 1))")
    db.execute("ALTER TABLE run ADD COLUMN kind TEXT NOT NULL DEFAULT 'scan' CHECK (kind IN ('scan', 'import'))")
    db.execute("ALTER TABLE listing ADD COLUMN sold_count INTEGER")
    db.execute("ALTER TABLE look ADD COLUMN pictures INTEGER")
    for table in ("task", "look", "listing"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN search TEXT")
    db.execute("ALTER TABLE frontier_tally ADD COLUMN pages_unknown_layout INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE seller ADD COLUMN badges TEXT NOT NULL DEFAULT '[]'")
    db.execute("ALTER TABLE seller ADD COLUMN since TEXT")
    db.execute(
        "ALTER TABLE gallery ADD COLUMN role TEXT NOT NULL DEFAULT 'gallery'"
        " CHECK (role IN ('gallery', 'variant', 'description'))"
    )
    create_views(db)
    db.execute("PRAGMA user_version = 6")


@migrations()
def m007_what_a_night_covered(db: Database) -> None:
    """Keep by which layout a page was read, which descriptions name a picture, and how many descriptions and compared
    pictures a scan had; of earlier scans nothing is known of these."""
    drop_views(db)
    db.execute("ALTER TABLE task ADD COLUMN layout TEXT")
    for table in ("listing", "gallery"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN described TEXT")
    for column in ("pages_parsed", "descriptions", "descriptions_done", "pictures_compared"):
        db.execute(f"ALTER TABLE frontier_tally ADD COLUMN {column} INTEGER")
    create_views(db)
    db.execute("PRAGMA user_version = 7")


@migrations()
def m008_leads(db: Database) -> None:
    """Keep addresses that are worth a look, what image searches were asked for, and the screenshot of a person's look;
    earlier looks have none."""
    for statement in LEADS:
        db.execute(statement)
    db.execute("ALTER TABLE look ADD COLUMN screenshot_sha256 TEXT")
    db.execute("PRAGMA user_version = 8")


@migrations()
def m009_what_was_left_out(db: Database) -> None:
    """Let one address be a page, a picture and several listings' description, and count the pages that are not asked
    for. SQLite cannot drop a constraint, so the table is made anew."""
    drop_views(db)
    for statement in FRONTIER:
        db.execute(statement)
    create_views(db)
    db.execute("PRAGMA user_version = 9")


@migrations()
def m010_review(db: Database) -> None:
    """Keep what people decide, and what that comes to for each candidate; of those found before nothing is decided."""
    drop_views(db)
    for statement in (*DECISIONS, *INTERFACE):
        db.execute(statement)
    create_views(db)
    db.execute("PRAGMA user_version = 10")


@migrations()
def m011_chain(db: Database) -> None:
    """Hash each decision together with all before it, and keep what was in sight when a candidate was settled; of those
    settled before that is not known."""
    for statement in CHAIN:
        db.execute(statement)
    for link in list(links("", db.execute(LINKED, {"after": 0}))):
        db.execute("INSERT INTO decision_chain VALUES (?, ?)", link)
    drop_views(db)
    db.execute("ALTER TABLE settlement ADD COLUMN sight TEXT")
    create_views(db)
    db.execute("PRAGMA user_version = 11")
