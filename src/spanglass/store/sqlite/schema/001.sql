-- Version 1. Ids of AWS's are a UUID's 16 bytes; times are nanoseconds since the epoch; small integers stand for rows.

CREATE TABLE dictionaries (
    number INTEGER PRIMARY KEY,
    messages INTEGER NOT NULL,                -- how many were indexed when it was trained
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE assistants (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL) STRICT;

CREATE TABLE sessions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: full-text rows are named by it
    assistant INTEGER NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    first_ns INTEGER NOT NULL,
    last_ns INTEGER NOT NULL,
    items INTEGER NOT NULL,                   -- the next ordinal
    indexed INTEGER NOT NULL,                 -- ordinals below have their words in the index
    writes INTEGER NOT NULL,                  -- how often it was written to: tells a writer whether its picture is true
    rollup BLOB NOT NULL,                     -- rollups.Rollup as msgpack
    UNIQUE (assistant, id)
) STRICT;
CREATE INDEX sessions_by_time ON sessions (first_ns);
CREATE INDEX sessions_unindexed ON sessions (number) WHERE indexed < items;

CREATE TABLE traces (
    id BLOB PRIMARY KEY,
    session INTEGER NOT NULL,
    first_ns INTEGER NOT NULL,                -- its spans start within these
    last_ns INTEGER NOT NULL,
    claims BLOB NOT NULL                      -- place.Claims as msgpack, without what the session's row tells
) STRICT, WITHOUT ROWID;

CREATE TABLE spans (
    session INTEGER NOT NULL,
    start_ns INTEGER NOT NULL,
    id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,                 -- of the span's entry among the session's items
    running INTEGER NOT NULL,
    PRIMARY KEY (session, start_ns, id)
) STRICT, WITHOUT ROWID;

-- Appended in order of writing, so that pages fill up; found by session and first ordinal.
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    first INTEGER NOT NULL,                   -- the ordinal of its first item
    loose INTEGER,                            -- bytes of the body decompressed while small enough to be merged, else NULL
    heads BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX blocks_by_item ON blocks (session, first);
CREATE INDEX blocks_loose ON blocks (session) WHERE loose IS NOT NULL;

-- A row is one message, numbered in order of indexing. The text is made of plain words before it comes here.
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'ascii', detail = 'none'
);

-- Whose messages the rows of words are: count of them from first on are one session's.
CREATE TABLE texts (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, session INTEGER NOT NULL) STRICT;
CREATE INDEX texts_by_session ON texts (session);

-- Which sessions have a span whose id begins with these eight bytes; kept up together with the words.
CREATE TABLE span_ids (
    prefix INTEGER NOT NULL,
    session INTEGER NOT NULL,
    PRIMARY KEY (prefix, session)
) STRICT, WITHOUT ROWID;
