-- The primary key is what makes two racing first writes collide. Orleans sends NULL as the extension of keys that have
-- none, and NULLs would not collide: they are stored as ''.
CREATE TABLE orleans_state (
  service TEXT NOT NULL,
  state TEXT NOT NULL,
  n0 INTEGER NOT NULL,
  n1 INTEGER NOT NULL,
  extension TEXT NOT NULL,
  version INTEGER NOT NULL,
  payload BLOB,
  PRIMARY KEY (service, state, n0, n1, extension)
) STRICT;

-- Orleans looks its statements up here, by these names.
CREATE TABLE OrleansQuery (
  QueryKey TEXT PRIMARY KEY,
  QueryText TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', '
SELECT payload AS PayloadBinary, version AS Version
FROM orleans_state
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = coalesce(@GrainIdExtensionString, '''')');

-- The first WHERE keeps a stale version from inserting a row that was deleted under it; the second is the ETag check.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', '
INSERT INTO orleans_state (service, state, n0, n1, extension, version, payload)
SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''), 1, @PayloadBinary
WHERE @GrainStateVersion IS NULL OR EXISTS (
  SELECT 1 FROM orleans_state
  WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND extension = coalesce(@GrainIdExtensionString, ''''))
ON CONFLICT (service, state, n0, n1, extension) DO UPDATE
  SET version = orleans_state.version + 1, payload = excluded.payload
  WHERE orleans_state.version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', '
UPDATE orleans_state SET version = version + 1, payload = NULL
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteStorageKey', '
DELETE FROM orleans_state
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion
RETURNING version + 1 AS NewGrainStateVersion');
