-- What one commit appends to one shard is one row, up to 64 events: a row each cost several times as much, most of it in
-- indexes and dead rows. Event i of a segment has the position 64 * position + i; bit i of live says that it still waits.
-- The body has a length of identity (int2) and of payload (int4) per event, then the identities, then the payloads.
ALTER TABLE outbox RENAME TO outbox_row;
ALTER INDEX outbox_pkey RENAME TO outbox_row_pkey;
DROP INDEX outbox_by_identity, outbox_large;

CREATE TABLE outbox (
  shard text COLLATE "C" NOT NULL,
  position bigint NOT NULL DEFAULT nextval('outbox_position'),
  live bigint NOT NULL,
  is_indexed boolean NOT NULL,
  events smallint NOT NULL,
  bytes integer NOT NULL,
  lanes bigint[] NOT NULL,
  times bigint[] NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (shard, position)
);

ALTER SEQUENCE outbox_position OWNED BY outbox.position;

-- Events of a lane are looked for among all recent segments of its shard, of which there are few: they are soon delivered. What
-- is appended while a shard is behind gets an index. The expression keeps every other query from walking the first of the two.
CREATE INDEX outbox_recent ON outbox ((shard || ''), position) WHERE NOT is_indexed;
CREATE INDEX outbox_by_lane ON outbox USING gin (lanes) WITH (fastupdate = off) WHERE is_indexed;

-- Most segments fit into a page; beyond it the body goes elsewhere, uncompressed.
ALTER TABLE outbox ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE outbox SET (
  toast_tuple_target = 8160,
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 4000,
  autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20000,
  toast.autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_vacuum_cost_delay = 0);

-- FNV-1a with 64 bits over UTF-8, as the silos have it.
CREATE FUNCTION pg_temp.lane_of(identity text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  bytes bytea := convert_to(identity, 'UTF8');
  hash numeric := 14695981039346656037;
  low integer;
BEGIN
  FOR i IN 0 .. length(bytes) - 1 LOOP
    low := mod(hash, 256);
    hash := mod((hash - low + (low # get_byte(bytes, i))) * 1099511628211, 18446744073709551616);
  END LOOP;
  RETURN CASE WHEN hash >= 9223372036854775808 THEN hash - 18446744073709551616 ELSE hash END;
END $$;

INSERT INTO outbox (shard, position, live, is_indexed, events, bytes, lanes, times, body)
SELECT shard, position, 1, true, 1, octet_length(payload), ARRAY[pg_temp.lane_of(identity)], ARRAY[time],
  int2send(octet_length(identity)::smallint) || int4send(octet_length(payload)) || convert_to(identity, 'UTF8') || payload
FROM outbox_row;

DROP TABLE outbox_row;
