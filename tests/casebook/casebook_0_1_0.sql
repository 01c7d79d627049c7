-- A casebook that version 0.1.0 made: one finished scan with one candidate (sqlite3 .dump, header by hand).
PRAGMA application_id = 1131376761;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'casebook','m001_foundation','2026-11-22 02:41:03.850587+00:00');
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
    ;
INSERT INTO "candidate" VALUES('4fd43f426fc860ccb4eab6bdf4a8f120','generic:1','W-0001','copy',0.98,'the hashes differ in 1 of 64 bits','2ebbf17c3b17c94d4c7a92b10717c437bff7cb61d68193305a936e9cf5633cf5','39c48ed0116e91f2bc220e1e5ef91d7aedc34fe62f77506b87158812ef448b6c','2026-11-21T02:32:00.000000Z','2026-11-21T02:32:00.000000Z');
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
    ;
INSERT INTO "evidence" VALUES('6a93d3c2b56f98755655f3d0074365dc','2ebbf17c3b17c94d4c7a92b10717c437bff7cb61d68193305a936e9cf5633cf5','39c48ed0116e91f2bc220e1e5ef91d7aedc34fe62f77506b87158812ef448b6c','phash',1,'{}','copy',0.98,'the hashes differ in 1 of 64 bits',1,'{}',NULL);
CREATE TABLE examination (
        picture_sha256 TEXT PRIMARY KEY NOT NULL REFERENCES picture (sha256),
        library_key TEXT NOT NULL,
        matcher_key TEXT NOT NULL,
        examined_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "examination" VALUES('2ebbf17c3b17c94d4c7a92b10717c437bff7cb61d68193305a936e9cf5633cf5','library','matcher','2026-11-21T02:32:00.000000Z');
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
    ;
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
    ;
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
    ;
INSERT INTO "gallery" VALUES('generic:1','https://shop.example/1.jpg',0,'[]',1,'1 2026-11-21T02:31:00.000000Z a6f3805b27c212acfa9365f9e21ebacf','20261121T023000Z-abcdef','2026-11-21T02:31:00.000000Z','2026-11-21T02:31:00.000000Z');
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
    ;
INSERT INTO "listing" VALUES('generic:1','generic','1','shop.example','https://shop.example/item/1','A print of a heron','12.50','EUR','generic:s1','json-ld','live','it can be bought','1 2026-11-21T02:31:00.000000Z a6f3805b27c212acfa9365f9e21ebacf','shop','2026-11-21T02:31:00.000000Z','2026-11-21T02:31:00.000000Z','2026-11-21T02:31:00.000000Z','2026-11-21T02:31:00.000000Z');
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
    ;
INSERT INTO "look" VALUES('455a457dc6a193cadbc40958788713bf','generic:1','20261121T023000Z-abcdef','shop','2026-11-21T02:31:00.000000Z','live','it can be bought',0,NULL);
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
    ;
INSERT INTO "match" VALUES('2ebbf17c3b17c94d4c7a92b10717c437bff7cb61d68193305a936e9cf5633cf5','39c48ed0116e91f2bc220e1e5ef91d7aedc34fe62f77506b87158812ef448b6c','copy',0.98,'the hashes differ in 1 of 64 bits','0fb005b4a667407b07794a13fb971d2e89145c52d950d3aced71445fce93e147','0fb005b4a667407b07794a13fb971d2e89145c52d950d3aced71445fce93e147','0fb005b4a667407b07794a13fb971d2e89145c52d950d3aced71445fce93e147','2026-11-21T02:32:00.000000Z',NULL);
CREATE TABLE match_evidence (
        picture_sha256 TEXT NOT NULL,
        reference_sha256 TEXT NOT NULL,
        place INTEGER NOT NULL,
        evidence_id TEXT NOT NULL REFERENCES evidence (evidence_id),
        PRIMARY KEY (picture_sha256, reference_sha256, place),
        FOREIGN KEY (picture_sha256, reference_sha256) REFERENCES match (picture_sha256, reference_sha256)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "match_evidence" VALUES('2ebbf17c3b17c94d4c7a92b10717c437bff7cb61d68193305a936e9cf5633cf5','39c48ed0116e91f2bc220e1e5ef91d7aedc34fe62f77506b87158812ef448b6c',0,'6a93d3c2b56f98755655f3d0074365dc');
CREATE TABLE picture (
        sha256 TEXT PRIMARY KEY NOT NULL,
        bytes INTEGER NOT NULL,
        format TEXT,
        width INTEGER,
        height INTEGER,
        problem TEXT
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "picture" VALUES('2ebbf17c3b17c94d4c7a92b10717c437bff7cb61d68193305a936e9cf5633cf5',6150,'JPEG',96,96,NULL);
CREATE TABLE picture_url (
        url TEXT PRIMARY KEY NOT NULL,
        sha256 TEXT NOT NULL REFERENCES picture (sha256),
        since TEXT NOT NULL,
        checked_at TEXT NOT NULL,
        checked_run TEXT NOT NULL REFERENCES run (run_id),
        fetch_id TEXT REFERENCES fetch (fetch_id)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "picture_url" VALUES('https://shop.example/1.jpg','2ebbf17c3b17c94d4c7a92b10717c437bff7cb61d68193305a936e9cf5633cf5','2026-11-21T02:31:00.000000Z','2026-11-21T02:31:00.000000Z','20261121T023000Z-abcdef',NULL);
CREATE TABLE reference (
        reference_id TEXT PRIMARY KEY NOT NULL,
        sha256 TEXT NOT NULL,
        work_id TEXT NOT NULL REFERENCES work (work_id),
        path TEXT NOT NULL,
        kind TEXT NOT NULL,
        problem TEXT,
        current INTEGER NOT NULL CHECK (current IN (0, 1))
    ) STRICT
    ;
INSERT INTO "reference" VALUES('93e90cdd24c2b43bc07d456db0319d84','39c48ed0116e91f2bc220e1e5ef91d7aedc34fe62f77506b87158812ef448b6c','W-0001','heron.jpg','picture',NULL,1);
CREATE TABLE removal (
        listing_key TEXT NOT NULL REFERENCES listing (listing_key),
        at TEXT NOT NULL,
        confirmed_at TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (listing_key, at)
    ) STRICT, WITHOUT ROWID
    ;
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
    ;
INSERT INTO "run" VALUES(1,'20261121T023000Z-abcdef','2026-11-21T02:30:00.000000Z','copycatch test','{}','crawl','finished','2026-11-21T02:34:00.000000Z','{"pictures":1}');
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
    ;
INSERT INTO "seller" VALUES('generic:s1','generic','s1','A Seller','https://shop.example/seller','1 2026-11-21T02:31:00.000000Z a6f3805b27c212acfa9365f9e21ebacf','2026-11-21T02:31:00.000000Z','2026-11-21T02:31:00.000000Z');
CREATE TABLE sighting (
        listing_key TEXT NOT NULL,
        url TEXT NOT NULL,
        picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        PRIMARY KEY (listing_key, url, picture_sha256),
        FOREIGN KEY (listing_key, url) REFERENCES gallery (listing_key, url)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "sighting" VALUES('generic:1','https://shop.example/1.jpg','2ebbf17c3b17c94d4c7a92b10717c437bff7cb61d68193305a936e9cf5633cf5','2026-11-21T02:31:00.000000Z','2026-11-21T02:31:00.000000Z');
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
    ;
INSERT INTO "task" VALUES(1,'20261121T023000Z-abcdef','shop','page','https://shop.example/item/1',0,NULL,'[]','done',NULL);
INSERT INTO "task" VALUES(2,'20261121T023000Z-abcdef','shop','page','https://shop.example/private',0,NULL,'[]','refused','robots.txt disallows this address');
INSERT INTO "task" VALUES(3,'20261121T023000Z-abcdef','shop','page','https://shop.example/broken',0,NULL,'[]','failed','HTTP 500');
INSERT INTO "task" VALUES(4,'20261121T023000Z-abcdef','shop','picture','https://shop.example/1.jpg',0,NULL,'[]','done',NULL);
CREATE TABLE work (
        work_id TEXT PRIMARY KEY NOT NULL,
        title TEXT NOT NULL,
        kind TEXT NOT NULL,
        current INTEGER NOT NULL CHECK (current IN (0, 1))
    ) STRICT
    ;
INSERT INTO "work" VALUES('W-0001','Heron at dawn','photo',1);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX task_pending ON task (run_id, task_seq) WHERE state = 'pending';
CREATE INDEX fetch_url ON fetch (url, requested_at);
CREATE INDEX fetch_run ON fetch (run_id, requested_at);
CREATE INDEX listing_target ON listing (target);
CREATE INDEX listing_seller ON listing (seller_key);
CREATE INDEX look_listing ON look (listing_key, at);
CREATE INDEX look_run ON look (run_id, target);
CREATE INDEX gallery_url ON gallery (url);
CREATE INDEX sighting_picture ON sighting (picture_sha256);
CREATE INDEX reference_sha256 ON reference (sha256);
CREATE INDEX evidence_pair ON evidence (picture_sha256, reference_sha256);
CREATE INDEX candidate_work ON candidate (work_id);
CREATE VIEW candidate_match AS
SELECT
    s.listing_key,
    r.work_id,
    m.picture_sha256,
    m.reference_sha256,
    m.verdict,
    m.score,
    m.because,
    m.found_at,
    s.last_seen_at,
    g.current AND u.sha256 = s.picture_sha256 AS still_shown
FROM match AS m
JOIN sighting AS s ON s.picture_sha256 = m.picture_sha256
JOIN gallery AS g ON g.listing_key = s.listing_key AND g.url = s.url
JOIN picture_url AS u ON u.url = s.url
JOIN reference AS r ON r.sha256 = m.reference_sha256 AND r.current
WHERE m.superseded_at IS NULL;
CREATE VIEW candidates AS
SELECT
    c.candidate_id,
    c.verdict,
    c.score,
    c.because,
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
    l.seller_key,
    seller.name AS seller_name,
    seller.url AS seller_url,
    c.picture_sha256,
    s.url AS picture_url,
    g.position AS picture_position,
    p.format AS picture_format,
    p.width AS picture_width,
    p.height AS picture_height,
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
    l.last_looked_at
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
WHERE c.verdict <> 'none';
CREATE VIEW queue AS
SELECT
    row_number() OVER (
        ORDER BY verdict = 'copy' DESC, state = 'live' DESC, still_shown DESC, score DESC, first_found_at, candidate_id
    ) AS place,
    *
FROM candidates
ORDER BY place;
CREATE VIEW frontier_counts AS
SELECT
    run_id,
    target,
    count(*) FILTER (WHERE purpose <> 'picture') AS pages,
    count(*) FILTER (WHERE purpose <> 'picture' AND state = 'done') AS pages_done,
    count(*) FILTER (WHERE purpose <> 'picture' AND state = 'refused') AS pages_refused,
    count(*) FILTER (WHERE purpose <> 'picture' AND state = 'failed') AS pages_failed,
    count(*) FILTER (WHERE purpose <> 'picture' AND state = 'pending') AS pages_pending,
    count(*) FILTER (WHERE purpose <> 'picture' AND note LIKE 'blocked%') AS pages_blocked,
    count(*) FILTER (WHERE purpose = 'picture') AS pictures,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'done') AS pictures_done,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'refused') AS pictures_refused,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'failed') AS pictures_failed,
    count(*) FILTER (WHERE purpose = 'picture' AND state = 'pending') AS pictures_pending
FROM task
WHERE purpose <> 'robots'
GROUP BY run_id, target;
CREATE VIEW coverage AS
WITH
newest AS (
    SELECT run_id, target, state, gone, row_number() OVER (
        PARTITION BY run_id, listing_key ORDER BY at DESC, readable DESC, look_id DESC
    ) AS place
    FROM look
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
)
SELECT
    run.run_id,
    run.started_at,
    run.finished_at,
    run.state AS run_state,
    f.target,
    f.pages,
    f.pages_done,
    f.pages_refused,
    f.pages_failed,
    f.pages_pending,
    f.pages_blocked,
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
    f.pictures_pending
FROM (SELECT * FROM frontier_counts UNION ALL SELECT * FROM frontier_tally) AS f
JOIN run USING (run_id)
LEFT JOIN seen ON seen.run_id = f.run_id AND seen.target = f.target
ORDER BY run.run_seq DESC, f.target;
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
GROUP BY s.seller_key;
COMMIT;
