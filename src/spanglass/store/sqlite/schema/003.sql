-- Version 3. What sessions are listed, filtered, summed and followed by.

ALTER TABLE sessions ADD COLUMN change INTEGER NOT NULL DEFAULT 0;  -- the number of its latest change, see gone
ALTER TABLE sessions ADD COLUMN counted INTEGER NOT NULL DEFAULT 0; -- what its roll-up counts, see facts.COUNTED
ALTER TABLE sessions ADD COLUMN status INTEGER NOT NULL DEFAULT 0;  -- bits: error, timeout, running
ALTER TABLE sessions ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_by_change ON sessions (change);
CREATE INDEX sessions_uncounted ON sessions (number) WHERE counted < 1;

-- Whatever a list is ordered or narrowed by, so that sessions are passed over without reading their rows.
DROP INDEX sessions_by_time;
CREATE INDEX sessions_by_time ON sessions (first_ns, assistant, id, last_ns, status, tokens);

-- Which sessions have an agent, a model and so on, in order of their start; kinds are numbered in facts.py.
CREATE TABLE facts (
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    first_ns INTEGER NOT NULL,
    session INTEGER NOT NULL,
    assistant INTEGER NOT NULL,
    PRIMARY KEY (kind, value, first_ns, session)
) STRICT, WITHOUT ROWID;

-- Sessions that are gone, the latest of them, by the number of that change. Numbers grow with every change to a session.
CREATE TABLE gone (change INTEGER PRIMARY KEY, assistant BLOB NOT NULL, session BLOB NOT NULL) STRICT;
