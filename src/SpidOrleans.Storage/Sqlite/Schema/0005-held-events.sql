-- compatible from: 3
-- Events of persons who have not said yet whether they want to be tracked: no emitter reads them here. Released, they go to the outbox.
CREATE TABLE held (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  identity TEXT NOT NULL,
  time INTEGER NOT NULL,
  payload BLOB NOT NULL,
  held_at INTEGER NOT NULL
) STRICT;

CREATE INDEX held_by_identity ON held (identity);
CREATE INDEX held_by_age ON held (held_at);
