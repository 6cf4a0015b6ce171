-- Written by hand, in etl/ll2_mirror/store/own.sql.

CREATE TABLE _settings (
    -- What the next sync does unless told otherwise: base_url, resources. Never the token.
    -- And last_error: how the last sync failed, as JSON, until one succeeds.
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE _runs (
    -- The ledger: one row for each resource that a sync published.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    part TEXT NOT NULL DEFAULT '',  -- what was asked for: new, upcoming; empty: all
    mode TEXT NOT NULL,
    base_url TEXT NOT NULL,
    started TEXT NOT NULL,  -- UTC, ISO 8601
    finished TEXT NOT NULL DEFAULT '',  -- UTC, ISO 8601
    requests INTEGER NOT NULL,  -- that count against the limit, of the sync that published
    records INTEGER NOT NULL DEFAULT 0,  -- that LL2 lists
    added INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    moved INTEGER NOT NULL DEFAULT 0,  -- of the unchanged: only what changes by itself differs, see _history.moving
    unchanged INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0,
    conflicts INTEGER NOT NULL DEFAULT 0  -- always 0: no longer counted
);

CREATE TABLE _records (
    -- The text that counts of each record that LL2 lists: the last that was understood. In this
    -- order they make the tables. A table can hold more rows than its endpoint lists: nested ones.
    number INTEGER PRIMARY KEY,  -- the order: a record whose text changed gets the highest
    resource TEXT NOT NULL,
    id NOT NULL,
    page INTEGER NOT NULL,  -- the id, in _pages, of the page with the text
    place INTEGER NOT NULL,  -- among the page's records, from 0
    digest BLOB NOT NULL,  -- of the text
    rows BLOB NOT NULL,  -- the rows that the text makes: 8 bytes each, zlib
    UNIQUE (resource, id)
);

CREATE TABLE _tombstones (
    -- The records that LL2 no longer lists, as they were.
    resource TEXT NOT NULL,
    id NOT NULL,
    run INTEGER NOT NULL REFERENCES _runs (id),  -- the run that found it gone
    body TEXT NOT NULL,  -- JSON, as LL2 last sent it
    PRIMARY KEY (resource, id)
);  -- with rowid: the bodies are large
CREATE INDEX _tombstones_run ON _tombstones (run);

CREATE TABLE _quarantine (
    -- Records whose last text was not understood, or that a walk did not find and LL2 did not
    -- confirm as deleted. The tables keep what was last understood of them, if anything.
    resource TEXT NOT NULL,
    id,  -- null: LL2 sent no valid one
    run INTEGER NOT NULL REFERENCES _runs (id),  -- the first that noted it
    reason TEXT NOT NULL,
    sent TEXT  -- JSON, as LL2 last sent it; null: it was not listed
);
CREATE INDEX _quarantine_resource ON _quarantine (resource);
CREATE INDEX _quarantine_run ON _quarantine (run);

CREATE TABLE _history (
    -- What each run added, changed and deleted.
    run INTEGER NOT NULL REFERENCES _runs (id),
    table_name TEXT NOT NULL,
    id NOT NULL,
    key TEXT NOT NULL,  -- LL2's key; empty for a whole row
    kind TEXT NOT NULL,  -- added, changed, reordered, gone
    from_value,  -- a list or a whole row as JSON
    to_value,
    moving INTEGER NOT NULL,  -- 1: changes by itself (times in space, counts, orders), no news
    PRIMARY KEY (run, table_name, id, key)
) WITHOUT ROWID;

CREATE TABLE _walks (
    -- The last walk over each resource and each part of one, and those under way.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    part TEXT NOT NULL DEFAULT '',  -- what was asked for: new, upcoming; empty: all
    since TEXT,  -- the time since which a record is new, UTC, ISO 8601; null: not a walk over new records
    mode TEXT NOT NULL,
    base_url TEXT NOT NULL,
    started TEXT NOT NULL,  -- UTC, ISO 8601
    total INTEGER,  -- how many records LL2 lists, as the last page said; null before the first
    steps INTEGER NOT NULL DEFAULT 0,  -- steps back since that page, because the list changed
    published INTEGER NOT NULL  -- 1: the tables hold what this walk found
);

CREATE TABLE _staged (
    -- The pages that each walk fetched.
    number INTEGER PRIMARY KEY,  -- the order of fetching
    walk INTEGER NOT NULL REFERENCES _walks (id),
    "offset" INTEGER NOT NULL,
    "limit" INTEGER NOT NULL,
    page INTEGER NOT NULL,  -- the id, in _pages, of its text, which is kept while it is needed
    ids TEXT NOT NULL  -- JSON list of the records' ids, in order; null in it: no valid id
);
CREATE INDEX _staged_walk ON _staged (walk);

CREATE TABLE _pages (
    -- The pages as LL2 sent them, each kept while a record's text on it counts, or its walk is under way.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    mode TEXT NOT NULL,
    digest BLOB NOT NULL,  -- SHA-256 of the text
    body BLOB NOT NULL,  -- the text, zstd
    UNIQUE (resource, mode, digest)
);

CREATE TABLE _drift (
    -- What LL2 sends and its document does not mention. It is kept in _extra, and rendered back.
    shape TEXT NOT NULL,
    key TEXT NOT NULL,
    what TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES _runs (id),  -- the first to see it
    id NOT NULL,  -- an object that has it
    PRIMARY KEY (shape, key, what)
) WITHOUT ROWID;
CREATE INDEX _drift_run ON _drift (run);

CREATE TABLE _requests (
    -- Each request of the last week, from before it is sent.
    id INTEGER PRIMARY KEY,
    base_url TEXT NOT NULL,
    path TEXT NOT NULL,  -- with its query; no header, so no token
    sent TEXT NOT NULL,  -- UTC, ISO 8601
    counted INTEGER NOT NULL,  -- 1: against the server's limit
    status INTEGER,  -- null: there was no complete response
    bytes INTEGER,  -- of the body, unpacked
    ms INTEGER  -- how long the complete response took
);
CREATE INDEX _requests_sent ON _requests (sent);

CREATE TABLE _throttles (
    -- The limit of each server, as /api-throttle/ last stated it.
    base_url TEXT PRIMARY KEY NOT NULL,
    asked TEXT NOT NULL,  -- UTC, ISO 8601
    your_request_limit INTEGER,  -- null: not stated, so the limit declared for the host applies
    limit_frequency_secs INTEGER,
    current_use INTEGER,  -- when asked; null: not stated, so the log of requests is counted
    resumes TEXT  -- UTC, ISO 8601: when the server said that requests may resume
) WITHOUT ROWID;
