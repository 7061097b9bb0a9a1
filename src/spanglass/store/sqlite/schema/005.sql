-- Version 5. Keys: who may come in, and as what. Nothing here is secret.

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    assistants BLOB,                          -- the ids of those it is limited to, one after the other; NULL: all
    created_ns INTEGER NOT NULL,
    revoked_ns INTEGER NOT NULL               -- 0: in use
) STRICT, WITHOUT ROWID;
