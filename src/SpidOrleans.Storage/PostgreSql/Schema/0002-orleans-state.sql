-- The primary key is what makes two racing first writes collide. Orleans sends NULL as the extension of keys that have
-- none, and NULLs would not collide: they are stored as ''.
CREATE TABLE orleans_state (
  service text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  n0 bigint NOT NULL,
  n1 bigint NOT NULL,
  extension text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  payload bytea,
  PRIMARY KEY (service, state, n0, n1, extension)
);

-- Orleans looks its statements up here, by these names.
CREATE TABLE OrleansQuery (
  QueryKey text PRIMARY KEY,
  QueryText text NOT NULL
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', $sql$
SELECT payload AS PayloadBinary, version AS Version
FROM orleans_state
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = coalesce(@GrainIdExtensionString, '')
$sql$);

-- The first WHERE keeps a stale version from inserting a row that was deleted under it; the second is the ETag check.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', $sql$
INSERT INTO orleans_state (service, state, n0, n1, extension, version, payload)
SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary
WHERE @GrainStateVersion::integer IS NULL OR EXISTS (
  SELECT 1 FROM orleans_state
  WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND extension = coalesce(@GrainIdExtensionString, ''))
ON CONFLICT (service, state, n0, n1, extension) DO UPDATE
  SET version = orleans_state.version + 1, payload = excluded.payload
  WHERE orleans_state.version = @GrainStateVersion::integer
RETURNING version AS NewGrainStateVersion
$sql$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', $sql$
UPDATE orleans_state SET version = version + 1, payload = NULL
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion::integer
RETURNING version AS NewGrainStateVersion
$sql$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteStorageKey', $sql$
DELETE FROM orleans_state
WHERE service = @ServiceId AND state = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion::integer
RETURNING version + 1 AS NewGrainStateVersion
$sql$);
