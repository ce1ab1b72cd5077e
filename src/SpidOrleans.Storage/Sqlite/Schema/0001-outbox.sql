-- AUTOINCREMENT: a position is never used twice, not even after the newest row is gone. Against a counter of our own it
-- costs nothing measurable.
CREATE TABLE outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  shard TEXT NOT NULL,
  identity TEXT NOT NULL,
  time INTEGER NOT NULL,
  payload BLOB NOT NULL
) STRICT;

-- The position is the last column of every index, unwritten: this one holds each shard's rows oldest first.
CREATE INDEX outbox_by_shard ON outbox (shard);

-- Identities come in random order, which makes this index half the cost of an append: it holds nothing beside them.
CREATE INDEX outbox_by_identity ON outbox (identity);

CREATE TABLE closed_identity (
  identity TEXT PRIMARY KEY,
  successor TEXT NOT NULL,
  moved INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  identity TEXT NOT NULL,
  time INTEGER NOT NULL,
  payload BLOB NOT NULL,
  reason TEXT NOT NULL,
  refused_at INTEGER NOT NULL
) STRICT;

CREATE INDEX dead_letter_by_identity ON dead_letter (identity);

CREATE TABLE project (
  name TEXT PRIMARY KEY,
  shards INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
