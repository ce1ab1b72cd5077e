#!/usr/bin/env bash
# backup.sh FOLDER [KEEP]: a copy of the whole PostgreSQL server, taken while it runs, checked, in a new folder below FOLDER; of
# those that are there the KEEP newest stay (7). Connects as libpq's environment says (PGHOST, PGPORT, PGUSER, PGPASSFILE …), by a user who
# may replicate. A dump instead would hold one transaction open all the time, and the outbox would grow meanwhile.
set -euo pipefail
umask 077
folder=${1:?usage: backup.sh FOLDER [KEEP]}
keep=${2:-7}
[[ $keep =~ ^[1-9][0-9]*$ ]] || { echo "KEEP is '$keep'; expected a number from 1" >&2; exit 2; }

mkdir -p "$folder"
name=$(date -u +%Y%m%dT%H%M%S%NZ)
unfinished="$folder/.$name"
trap 'rm -rf "$unfinished"' EXIT
pg_basebackup --pgdata "$unfinished" --wal-method=stream --checkpoint=fast --no-password
pg_verifybackup --quiet "$unfinished"
mv "$unfinished" "$folder/$name"
echo "$folder/$name"

find "$folder" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*Z' | sort -r | tail -n +$((keep + 1)) | xargs -r -d '\n' rm -rf
