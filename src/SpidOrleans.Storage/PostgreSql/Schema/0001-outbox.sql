-- A position is drawn by every insert and never used twice. Cached numbers would let one connection's later append lie
-- before another's earlier one.
CREATE SEQUENCE outbox_position CACHE 1;

-- The primary key holds each shard's rows oldest first: emitters read from its left end and remove there.
CREATE TABLE outbox (
  shard text COLLATE "C" NOT NULL,
  position bigint NOT NULL DEFAULT nextval('outbox_position'),
  identity text COLLATE "C" NOT NULL,
  time bigint NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (shard, position)
);

ALTER SEQUENCE outbox_position OWNED BY outbox.position;

CREATE INDEX outbox_by_identity ON outbox (identity);

-- Events are sent compressed; compressing the few large ones here too would only take the server's processor.
ALTER TABLE outbox ALTER COLUMN payload SET STORAGE EXTERNAL;

-- Every row is inserted once and soon deleted: what counts is how many are dead, not what share of the table they are.
ALTER TABLE outbox SET (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE closed_identity (
  identity text COLLATE "C" PRIMARY KEY,
  successor text COLLATE "C" NOT NULL,
  moved integer NOT NULL
);

CREATE TABLE dead_letter (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project text COLLATE "C" NOT NULL,
  identity text COLLATE "C" NOT NULL,
  time bigint NOT NULL,
  payload bytea NOT NULL,
  reason text NOT NULL,
  refused_at bigint NOT NULL
);

CREATE INDEX dead_letter_by_identity ON dead_letter (identity);

CREATE TABLE project (
  name text COLLATE "C" PRIMARY KEY,
  shards integer NOT NULL
);

CREATE TABLE setting (
  name text COLLATE "C" PRIMARY KEY,
  value bytea NOT NULL
);
