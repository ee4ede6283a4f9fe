#!/bin/sh
# Back every shop up once a night at BACKUP_AT (hours:minutes, UTC unless the container's zone is another). A night that fails
# is told in the log and does not stop the next.
set -eu

seconds_until() {
    now=$(date +%s)
    then=$(date -d "today $1" +%s)
    [ "$then" -gt "$now" ] || then=$(date -d "tomorrow $1" +%s)
    echo $((then - now))
}

while :; do
    pause=$(seconds_until "${BACKUP_AT:-02:30}")
    # In the background, so that the container stops at once when it is told to.
    sleep "$pause" &
    trap 'kill $! 2>/dev/null; exit 0' TERM INT
    wait $!
    trap - TERM INT
    python manage.py backup_tenant --all --keep "${BACKUPS_KEPT:-7}" || echo "backup: ended with $?" >&2
done
