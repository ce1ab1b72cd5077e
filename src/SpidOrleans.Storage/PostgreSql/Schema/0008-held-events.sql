-- compatible from: 6
-- Events of persons who have not said yet whether they want to be tracked: no emitter reads them here. Released, they go to the outbox.
-- A lane's events are held one after the other, so their ids are in its order; cached numbers would not be.
CREATE TABLE held (
  id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
  project text COLLATE "C" NOT NULL,
  identity text COLLATE "C" NOT NULL,
  time bigint NOT NULL,
  payload bytea NOT NULL,
  held_at bigint NOT NULL
);

CREATE INDEX held_by_identity ON held (identity, id);
CREATE INDEX held_by_age ON held (held_at);
