-- Which silos there are. One version per cluster is what every change competes for: whoever read an older one changes nothing.
CREATE TABLE orleans_membership_version (
  cluster text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL
);

CREATE TABLE orleans_membership (
  cluster text COLLATE "C" NOT NULL REFERENCES orleans_membership_version ON DELETE CASCADE,
  address text COLLATE "C" NOT NULL,
  port integer NOT NULL,
  generation integer NOT NULL,
  silo_name text NOT NULL,
  host_name text NOT NULL,
  status integer NOT NULL,
  proxy_port integer,
  suspect_times text,
  start_time timestamptz NOT NULL,
  alive_time timestamptz NOT NULL,
  PRIMARY KEY (cluster, address, port, generation)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipVersionKey', $sql$
WITH made AS (
  INSERT INTO orleans_membership_version (cluster, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
SELECT EXISTS (SELECT 1 FROM made)
$sql$);

-- The version's row is locked first, so the member's row is written by whoever moved the version on.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipKey', $sql$
WITH moved AS (
  UPDATE orleans_membership_version SET version = version + 1
  WHERE cluster = @DeploymentId AND version = @Version
    AND NOT EXISTS (
      SELECT 1 FROM orleans_membership
      WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
  RETURNING 1),
made AS (
  INSERT INTO orleans_membership (
    cluster, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
  SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
  FROM moved
  RETURNING 1)
SELECT EXISTS (SELECT 1 FROM made)
$sql$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateMembershipKey', $sql$
WITH moved AS (
  UPDATE orleans_membership_version SET version = version + 1
  WHERE cluster = @DeploymentId AND version = @Version
    AND EXISTS (
      SELECT 1 FROM orleans_membership
      WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
  RETURNING 1),
changed AS (
  UPDATE orleans_membership SET status = @Status, suspect_times = @SuspectTimes, alive_time = @IAmAliveTime
  FROM moved
  WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
  RETURNING 1)
SELECT EXISTS (SELECT 1 FROM changed)
$sql$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateIAmAlivetimeKey', $sql$
UPDATE orleans_membership SET alive_time = @IAmAliveTime
WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$sql$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadRowKey', $sql$
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
  m.status AS Status, m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime,
  m.alive_time AS IAmAliveTime, v.version AS Version
FROM orleans_membership_version v
LEFT JOIN orleans_membership m
  ON m.cluster = v.cluster AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
WHERE v.cluster = @DeploymentId
$sql$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadAllKey', $sql$
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
  m.status AS Status, m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime,
  m.alive_time AS IAmAliveTime, v.version AS Version
FROM orleans_membership_version v
LEFT JOIN orleans_membership m ON m.cluster = v.cluster
WHERE v.cluster = @DeploymentId
$sql$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteMembershipTableEntriesKey', $sql$
DELETE FROM orleans_membership_version WHERE cluster = @DeploymentId
$sql$);

-- 3 is a silo in service, whatever its last sign of life: only the others' votes declare it dead.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('CleanupDefunctSiloEntriesKey', $sql$
DELETE FROM orleans_membership WHERE cluster = @DeploymentId AND status <> 3 AND alive_time < @IAmAliveTime
$sql$);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('GatewaysQueryKey', $sql$
SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
FROM orleans_membership
WHERE cluster = @DeploymentId AND status = @Status AND proxy_port > 0
$sql$);
