-- Version 2. What clients say of assistants and sessions: names given beforehand, descriptions, tags and so on.

ALTER TABLE assistants ADD COLUMN settings BLOB;                         -- a JSON object; NULL if none was ever given
ALTER TABLE assistants ADD COLUMN changed_ns INTEGER NOT NULL DEFAULT 0;

-- Of sessions that have settings, whether or not they have spans.
CREATE TABLE session_settings (
    assistant INTEGER NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    settings BLOB NOT NULL,
    changed_ns INTEGER NOT NULL,
    PRIMARY KEY (assistant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_settings_by_age ON session_settings (changed_ns);

CREATE TABLE remembered (key BLOB PRIMARY KEY, value BLOB NOT NULL, until_ns INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX remembered_by_age ON remembered (until_ns);
