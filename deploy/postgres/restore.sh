#!/usr/bin/env bash
# restore.sh BACKUP DATA: puts a backup of backup.sh into the empty or absent folder DATA, for a PostgreSQL of the same major version
# to start on. Run as that server's user, with all silos stopped.
set -euo pipefail
umask 077
backup=${1:?usage: restore.sh BACKUP DATA}
data=${2:?usage: restore.sh BACKUP DATA}
[[ ! -e $data || -z $(ls -A "$data") ]] || { echo "$data is not empty; move it away first" >&2; exit 2; }

pg_verifybackup --quiet "$backup"
mkdir -p "$data"
cp -a "$backup/." "$data/"
chmod 700 "$data"
sync -f "$data"
