-- A project's dead letters in the order of their burial, and those that have been kept long enough.
CREATE INDEX dead_letter_by_project ON dead_letter (project);
CREATE INDEX dead_letter_by_age ON dead_letter (refused_at);

-- Whose visitors are to be erased with a user.
CREATE INDEX closed_identity_by_successor ON closed_identity (successor);

-- What Mixpanel is to be asked to delete, until it has: ids is a JSON list, task the id under which Mixpanel does it.
CREATE TABLE deletion (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  ids TEXT NOT NULL,
  task TEXT,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  asked_at INTEGER NOT NULL
) STRICT;

CREATE INDEX deletion_by_project ON deletion (project, due_at);
