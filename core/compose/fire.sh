# shellcheck shell=sh disable=SC1091,SC2153,SC2163  # run.conf and the others set what has capital letters
# What cron runs for one schedule: makes the folder of a run, and has the supervisor in it take over.
#   fire.sh          fire, unless it is not the time or the last run goes on, and say in `history` what came of it
#   fire.sh pull     bring the images here that are not, by the login in `docker` if there is one, which goes then
# Beside it are `run`, which each run's folder is copied from, crontab.sh, schedule.conf and times.conf, which podium
# wrote, and `environment`: what is to be set as it was for the command that installed the schedule.
set -uf
umask 077
cd -- "$(dirname -- "$0")" || exit
. ./run/run.conf
. ./schedule.conf

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

pull() {
    if [ -d run/docker ]; then
        # A login of its own hides which engine the user's configuration names.
        engine=$("$DOCKER" context inspect --format '{{.Endpoints.docker.Host}}' 2> /dev/null)
        case $engine in unix://*) export DOCKER_HOST="${DOCKER_HOST:-$engine}" ;; esac
        export DOCKER_CONFIG="$PWD/run/docker"
    fi
    for image in $IMAGES; do
        "$DOCKER" image inspect "$image" > /dev/null 2>&1 && continue
        said=$("$DOCKER" pull --quiet "$image" 2>&1) && continue
        rm -rf run/docker
        fail "image $image is not on this host, and cannot be pulled: $(printf '%s\n' "$said" | tail -n 1)"
    done
    rm -rf run/docker
}

note() {
    { tail -n 199 history; printf '%s %s\n' "$began" "$1"; } > "history.$$" 2> /dev/null
    mv "history.$$" history
}

due() {
    if [ -n "$ONCE" ]; then
        [ "$began" -le $((ONCE + 86400)) ] || finish
        # It may be an hour that comes twice as clocks change.
        [ "$ONCE" -le $((began + 60)) ] || exit
        [ "$ONCE" -le "$began" ] || sleep $((ONCE - began))
    fi
    if [ -n "$NOT_AFTER" ]; then [ "$began" -le "$NOT_AFTER" ] || finish; fi
    if [ -n "$NOT_BEFORE" ]; then [ "$began" -ge "$NOT_BEFORE" ] || exit; fi
    [ -e times.conf ] || exit
}

finish() {
    sh crontab.sh remove "$ID"
    exit
}

goes_on() {
    read -r last < last_run || return 1
    set +f
    for run in "$RUNS/$last".*/; do
        case $(sh "$run/supervise.sh" status | head -n 1) in 'state queued'* | 'state running'*) return 0 ;; esac
    done
    return 1
}

enough_room() {
    mkdir -p -- "$RUNS"
    before=0
    for word in $(df -Pk -- "$RUNS" | tail -n 1); do
        case $word in [0-9]*%) break ;; *) before=$word ;; esac
    done
    [ "$before" -ge "$FREE" ] || fail "only $((before / 1000000)) GB are free on the disk"
}

# A UUIDv7: milliseconds in place of what a random UUID begins with.
new_id() {
    milliseconds=$(date +%s%3N)
    case $milliseconds in *[!0-9]*) milliseconds=$(date +%s)000 ;; esac
    read -r random < /proc/sys/kernel/random/uuid
    hex=$(printf '%012x' "$milliseconds")
    id=${hex%????}-${hex#????????}-7${random#*-*-?}
}

start() {
    enough_room
    pull
    made=$RUNS/.upload-$id.1.$$
    cp -Rp run "$made" &&
        printf 'RUN_ID=%s\nHANDLE=%s/%s.1\n' "$id" "$HANDLES" "$id" >> "$made/run.conf" &&
        mv -- "$made" "$RUNS/$id.1" && cd -- "$RUNS/$id.1" && sh supervise.sh start && return
    rm -rf -- "$made" "$RUNS/$id.1"
    fail "its run could not be started: $(tail -n 1 "$log")"
}

fire() {
    log=$PWD/log
    exec > log 2>&1
    while IFS= read -r pair; do export "$pair"; done < environment
    . ./times.conf
    began=$(date +%s)
    exec 9>> lock
    if ! flock -n 9; then
        note 'skipped: the turn before it is still about to start its run'
        exit
    fi
    due
    if [ -z "$OVERLAPPING" ] && goes_on; then
        note "skipped: run $last went on"
    else
        new_id
        if (start 9>&-); then
            printf '%s\n' "$id" > last_run
            note "$id"
        else
            note "failed: $(tail -n 1 log)"
        fi
    fi
    [ -z "$ONCE" ] || finish
}

case ${1:-fire} in
    fire) fire ;;
    pull) pull ;;
esac
exit
