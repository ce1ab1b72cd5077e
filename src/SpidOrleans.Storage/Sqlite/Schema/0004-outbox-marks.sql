-- compatible from: 3
-- When a position was known to be the last one drawn: so rows, which do not say when they came, have an age. A row for each look at
-- the outbox at which it had grown, back to its oldest row.
CREATE TABLE outbox_mark (
  position INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT;
