"""The public face of the casebook for other tools: views whose columns stay, described in docs/database.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

# One row per sighting and reference that match now; what candidates are made of. Where a picture copies a work, the
# owner's mark on it says nothing of the other works that carry the mark too.
_CANDIDATE_MATCH = """
CREATE VIEW candidate_match AS
SELECT
    s.listing_key,
    r.work_id,
    m.picture_sha256,
    m.reference_sha256,
    m.verdict,
    m.score,
    m.because,
    m.relation,
    m.edits,
    m.expected_false_alarms,
    m.found_at,
    s.last_seen_at,
    g.current AND u.sha256 = s.picture_sha256 AS still_shown
FROM match AS m
JOIN sighting AS s ON s.picture_sha256 = m.picture_sha256
JOIN gallery AS g ON g.listing_key = s.listing_key AND g.url = s.url
JOIN picture_url AS u ON u.url = s.url
JOIN reference AS r ON r.sha256 = m.reference_sha256 AND r.current
WHERE m.superseded_at IS NULL AND m.verdict <> 'none' AND (
    r.kind <> 'watermark' OR NOT EXISTS (
        SELECT 1 FROM match AS known JOIN reference AS ours ON ours.sha256 = known.reference_sha256
        WHERE known.picture_sha256 = m.picture_sha256 AND known.verdict = 'copy' AND known.superseded_at IS NULL
            AND ours.current AND ours.kind = 'picture'
    )
)
"""

_CANDIDATES = """
CREATE VIEW candidates AS
SELECT
    c.candidate_id,
    c.verdict,
    c.score,
    c.because,
    m.relation,
    (SELECT group_concat(json_extract(value, '$.text'), ', ') FROM json_each(m.edits)) AS edits,
    m.expected_false_alarms,
    c.work_id,
    w.title AS work_title,
    w.kind AS work_kind,
    c.listing_key,
    l.marketplace,
    l.listing_id,
    l.url AS listing_url,
    l.title AS listing_title,
    l.price_amount,
    l.price_currency,
    l.state,
    l.state_reason,
    l.target,
    l.search,
    l.sold_count,
    l.seller_key,
    seller.name AS seller_name,
    seller.url AS seller_url,
    seller.badges AS seller_badges,
    seller.since AS seller_since,
    c.picture_sha256,
    s.url AS picture_url,
    g.position AS picture_position,
    p.format AS picture_format,
    p.width AS picture_width,
    p.height AS picture_height,
    p.claims AS picture_claims,
    c.reference_sha256,
    (
        SELECT min(r.path) FROM reference AS r
        WHERE r.sha256 = c.reference_sha256 AND r.work_id = c.work_id
    ) AS reference_path,
    (
        SELECT group_concat(stage, ', ') FROM (
            SELECT e.stage FROM match_evidence AS me JOIN evidence AS e USING (evidence_id)
            WHERE me.picture_sha256 = c.picture_sha256 AND me.reference_sha256 = c.reference_sha256
            ORDER BY me.place
        )
    ) AS stages,
    (
        SELECT max(e.mirrored) FROM match_evidence AS me JOIN evidence AS e USING (evidence_id)
        WHERE me.picture_sha256 = c.picture_sha256 AND me.reference_sha256 = c.reference_sha256
    ) AS mirrored,
    (
        SELECT count(DISTINCT cm.picture_sha256) FROM candidate_match AS cm
        WHERE cm.listing_key = c.listing_key AND cm.work_id = c.work_id
    ) AS matching_pictures,
    (
        SELECT max(cm.still_shown) FROM candidate_match AS cm
        WHERE cm.listing_key = c.listing_key AND cm.work_id = c.work_id
    ) AS still_shown,
    m.side_by_side,
    m.inliers,
    m.difference,
    c.first_found_at,
    c.last_found_at,
    l.first_seen_at,
    l.last_seen_at,
    l.last_live_at,
    l.last_looked_at,
    coalesce(settled.reviewed, 'open') AS reviewed,
    coalesce(settled.because, '') AS review_because,
    settled.settled_by,
    settled.worth
FROM candidate AS c
JOIN listing AS l USING (listing_key)
JOIN work AS w USING (work_id)
JOIN picture AS p ON p.sha256 = c.picture_sha256
JOIN match AS m ON m.picture_sha256 = c.picture_sha256 AND m.reference_sha256 = c.reference_sha256
JOIN sighting AS s ON s.listing_key = c.listing_key AND s.picture_sha256 = c.picture_sha256 AND s.url = (
    SELECT latest.url FROM sighting AS latest
    JOIN gallery AS place ON place.listing_key = latest.listing_key AND place.url = latest.url
    WHERE latest.listing_key = c.listing_key AND latest.picture_sha256 = c.picture_sha256
    ORDER BY latest.last_seen_at DESC, place.position, latest.url LIMIT 1
)
JOIN gallery AS g ON g.listing_key = s.listing_key AND g.url = s.url
LEFT JOIN seller ON seller.seller_key = l.seller_key
LEFT JOIN settlement AS settled ON settled.candidate_id = c.candidate_id
WHERE c.verdict <> 'none'
"""

_QUEUE = """
CREATE VIEW queue AS
SELECT
    row_number() OVER (
        ORDER BY worth DESC, first_found_at, candidate_id
    ) AS place,
    *
FROM candidates
WHERE reviewed = 'open'
ORDER BY place
"""

# What the frontier held, counted while it is there; `frontier_tally` keeps the same figures once it is dropped. The
# columns stand in the order of that table.
_FRONTIER_COUNTS = """
CREATE VIEW frontier_counts AS
SELECT
    run_id,
    target,
    count(*) FILTER (WHERE purpose IN ('page', 'sitemap')) AS pages,
    count(*) FILTER (WHERE purpose IN ('page', 'sitemap') AND state = 'done') AS pages_done,
    count(*) FILTER (WHERE purpose IN ('page', 'sitemap') AND state = 'refused') AS pages_refused,
    count(*) FILTER (WHERE purpose IN ('page', 'sitemap') AND state = 'failed') AS pages_failed,
    count(*) FILTER (WHERE purpose IN ('page', 'sitemap') AND state = 'pending') AS pages_pending,
    count(*) FILTER (WHERE purpose IN ('page', 'sitemap') AND note LIKE 'blocked%') AS pages_blocked,
    count(*) FILTER (WHERE purpose = 'picture') AS pictures,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'done') AS pictures_done,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'refused') AS pictures_refused,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'failed') AS pictures_failed,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'pending') AS pictures_pending,
    count(*) FILTER (WHERE purpose = 'page' AND note = 'unknown layout') AS pages_unknown_layout,
    count(*) FILTER (WHERE purpose IN ('page', 'sitemap') AND layout IS NOT NULL) AS pages_parsed,
    count(*) FILTER (WHERE purpose = 'description') AS descriptions,
    count(*) FILTER (WHERE purpose = 'description' AND state = 'done') AS descriptions_done,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'done' AND EXISTS (
        SELECT 1 FROM picture_url
        JOIN examination ON examination.picture_sha256 = picture_url.sha256
        JOIN picture ON picture.sha256 = picture_url.sha256
        WHERE picture_url.url = task.url AND picture.problem IS NULL
    )) AS pictures_compared
FROM task
WHERE purpose <> 'robots'
GROUP BY run_id, target
"""

_COVERAGE = """
WITH
newest AS (
    SELECT run_id, target, state, gone, row_number() OVER (
        PARTITION BY run_id, listing_key ORDER BY partial, at DESC, readable DESC, look_id DESC
    ) AS place
    FROM {looks}
),
seen AS (
    SELECT
        run_id,
        target,
        count(*) AS listings,
        count(*) FILTER (WHERE state = 'live') AS listings_live,
        count(*) FILTER (WHERE state = 'sold_out') AS listings_sold_out,
        count(*) FILTER (WHERE state = 'ended') AS listings_ended,
        count(*) FILTER (WHERE gone) AS listings_gone,
        count(*) FILTER (WHERE state = 'blocked') AS listings_blocked,
        count(*) FILTER (WHERE state = 'error') AS listings_error,
        count(*) FILTER (WHERE state IN ('unknown', 'removed') AND NOT gone) AS listings_unknown
    FROM newest
    WHERE place = 1
    GROUP BY run_id, target
),
watched AS (
    SELECT
        run.run_id,
        json_extract(one.value, '$.name') AS target,
        json_extract(one.value, '$.marketplace') AS marketplace,
        json_extract(one.value, '$.page_budget') AS page_budget
    FROM run, json_each(iif(json_valid(run.job), run.job, '{{}}'), '$.targets') AS one
    WHERE one.type = 'object'
)
SELECT
    run.run_id,
    run.started_at,
    run.finished_at,
    run.state AS run_state,
    f.target,
    watched.marketplace,
    f.pages,
    f.pages_done + f.pages_failed AS pages_tried,
    f.pages_done,
    f.pages_parsed,
    f.pages_refused,
    f.pages_failed,
    f.pages_pending,
    f.pages_blocked,
    f.pages_unknown_layout,
    max(0, watched.page_budget - f.pages_done - f.pages_failed) AS pages_left_in_budget,
    coalesce(seen.listings, 0) AS listings,
    coalesce(seen.listings_live, 0) AS listings_live,
    coalesce(seen.listings_sold_out, 0) AS listings_sold_out,
    coalesce(seen.listings_ended, 0) AS listings_ended,
    coalesce(seen.listings_gone, 0) AS listings_gone,
    coalesce(seen.listings_blocked, 0) AS listings_blocked,
    coalesce(seen.listings_error, 0) AS listings_error,
    coalesce(seen.listings_unknown, 0) AS listings_unknown,
    f.pictures,
    f.pictures_done,
    f.pictures_refused,
    f.pictures_failed,
    f.pictures_pending,
    f.pictures_compared,
    f.descriptions,
    f.descriptions_done
FROM (SELECT * FROM frontier_counts UNION ALL SELECT * FROM frontier_tally) AS f
JOIN run USING (run_id)
LEFT JOIN watched ON watched.run_id = f.run_id AND watched.target = f.target
LEFT JOIN seen ON seen.run_id = f.run_id AND seen.target = f.target
{which}
ORDER BY run.run_seq DESC, f.target
"""

# Of one run. The view, asked for one, orders the looks of all nights first: SQLite passes no condition on into `seen`.
COVERAGE_OF_RUN = _COVERAGE.format(looks="look WHERE run_id = :run_id", which="WHERE f.run_id = :run_id")

_SELLERS = """
CREATE VIEW sellers AS
SELECT
    s.seller_key,
    s.marketplace,
    s.seller_id,
    s.name,
    s.url,
    s.first_seen_at,
    s.last_seen_at,
    (SELECT count(*) FROM listing AS l WHERE l.seller_key = s.seller_key) AS listings,
    (SELECT count(*) FROM listing AS l WHERE l.seller_key = s.seller_key AND l.state = 'live') AS listings_live,
    count(DISTINCT c.listing_key) AS listings_suspected,
    count(*) FILTER (WHERE c.verdict = 'copy') AS copies,
    count(*) FILTER (WHERE c.verdict = 'possible') AS possible_copies,
    count(DISTINCT c.work_id) FILTER (WHERE c.verdict = 'copy') AS works_copied,
    min(c.first_found_at) AS first_found_at,
    max(c.last_found_at) AS last_found_at
FROM seller AS s
LEFT JOIN listing ON listing.seller_key = s.seller_key
LEFT JOIN candidate AS c ON c.listing_key = listing.listing_key AND c.verdict <> 'none'
GROUP BY s.seller_key
"""


# Pairs that a person called no match, where nobody took it back: what the matcher got wrong, told to its calibration.
_REFUTED = """
CREATE VIEW refuted AS
SELECT DISTINCT p.picture_sha256, r.sha256 AS reference_sha256
FROM decision AS d
JOIN decision_picture AS p USING (seq)
JOIN reference AS r USING (work_id)
WHERE d.ruling = 'not_a_match' AND NOT EXISTS (SELECT 1 FROM decision AS u WHERE u.undoes = d.seq)
"""

_VIEWS = {
    "candidate_match": _CANDIDATE_MATCH,
    "candidates": _CANDIDATES,
    "queue": _QUEUE,
    "frontier_counts": _FRONTIER_COUNTS,
    "coverage": "CREATE VIEW coverage AS" + _COVERAGE.format(looks="look", which=""),
    "sellers": _SELLERS,
    "refuted": _REFUTED,
}


def create_views(db: Database) -> None:
    """Create the views of this version, in place of those of an older one."""
    drop_views(db)
    for statement in _VIEWS.values():
        db.execute(statement)


def drop_views(db: Database) -> None:
    for name in _VIEWS:
        db.execute(f"DROP VIEW IF EXISTS {name}")
