#!/bin/sh
# What many hosts have instead of a job runner: flock, a row before and after in SQLite, a log file. Usage: wrapper.sh FOLDER COMMAND...
folder=$1
shift
exec 9> "$folder/lock"
flock -n 9 || exit 75
key="$(date +%s%N)-$$"
log="$folder/$key.log"
sqlite3 "$folder/history.db" "PRAGMA busy_timeout = 5000; INSERT INTO runs (key, status, started_at, log) VALUES ('$key', 'running', unixepoch(), '$log')" > /dev/null
"$@" > "$log" 2>&1
code=$?
sqlite3 "$folder/history.db" "PRAGMA busy_timeout = 5000; UPDATE runs SET status = 'ended', exit_code = $code, finished_at = unixepoch() WHERE key = '$key'" > /dev/null
exit $code
