# shellcheck shell=sh disable=SC1091,SC2086,SC2153,SC2154  # other files set variables; lists are split
# Runs the jobs of the folder that it lies in (core/compose/__init__.py), with Docker Compose v1 or v2.
#   start                 leave a supervisor behind, once for all time, that outlives this connection
#   status                print `state STATE [REASON]`, and `job NAME STATE EXITCODE|- [REASON]` for each one started
#   output NAME           print the end of what a job has printed
#   cancel                have all containers end, start no more, and clean up; returns at once
#   login USER REGISTRY   log in to a registry for this run only, with the password on stdin
# Exit codes: 0, 64 wrong use, 70 no supervisor came to be; of login, Docker's own.
# Needs sh, coreutils, sed, setsid, docker, and docker compose or docker-compose; evaluates nothing but run.conf.
set -fu
umask 077
export LC_ALL=C PYTHONUTF8=1
PATH=${PATH:-/usr/bin:/bin}:/usr/local/bin:/usr/sbin:/sbin:/snap/bin
unset CDPATH COMPOSE_FILE COMPOSE_PROFILES COMPOSE_PROJECT_NAME COMPOSE_ENV_FILES
case $0 in */*) cd -- "${0%/*}" || exit 70 ;; esac
. ./run.conf
. ./containers.sh
AWAY_TIME=600
cancelled='' child='' stopped_for='' away=''

fail() { # EXITCODE TEXT
    printf '%s\n' "$2" >&2
    exit "$1"
}

write() { # FILE, from stdin, whole or not at all
    cat >"state/new.$$" && mv -f "state/new.$$" "$1"
}

one_line() {
    tr '\n\r\t' '   ' | sed 's/  */ /g; s/^ //; s/ $//'
}

read_end() { # NAME: read how a job ended into `code` and `reason`
    { read -r code && read -r reason; } <"ends/$1"
}

said_by() { # NAME: its last line
    tail -n +3 "ends/$1" | tail -n 1 | one_line
}

succeeded() { # NAME
    [ -e "ends/$1" ] && read_end "$1" && [ "$code" = 0 ]
}

# Processes

process() { # PID: print when it began, in ticks since the host did
    about=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    set -- ${about##*) }
    [ "$1" != Z ] && printf '%s\n' "${20}"
}

boot_id() {
    cat /proc/sys/kernel/random/boot_id
}

owner() { # FOLDER: read who supervises, or did
    { read -r pid began boot <"$1/state/owner"; } 2>/dev/null
}

alive() { # FOLDER
    owner "$1" && [ "$boot" = "$(boot_id)" ] && [ "$(process "$pid")" = "$began" ]
}

take_over() { # become the only supervisor there will ever be, or return 1
    mkdir -p state/started && echo "$$ $(process $$) $(boot_id)" >"state/owner.$$" &&
        ln "state/owner.$$" state/owner
    taken=$?
    rm -f "state/owner.$$"
    return "$taken"
}

detached() { # SUBCOMMAND
    mkdir -p state || exit 70
    setsid sh ./supervise.sh "$1" </dev/null >>state/log 2>&1 &
    child=$!
}

attended() { # COMMAND...: run a program that a cancellation ends, too
    "$@" &
    child=$!
    [ -z "$cancelled" ] || kill "$child"
    wait "$child"
    code=$?
    while [ "$code" -gt 128 ] && kill -0 "$child" 2>/dev/null; do
        wait "$child"
        code=$?
    done
    child=''
    [ -z "$cancelled" ] || abandon
    return "$code"
}

# The supervisor

run() {
    trap '' HUP
    trap 'cancelled=1; [ -z "$child" ] || kill "$child" 2>/dev/null' TERM INT
    take_over || exit 0
    prepare
    pull
    if [ -n "$BEGIN" ]; then
        up "$BEGIN"
        await "$BEGIN"
        succeeded "$BEGIN" || finish "lost the first job failed: exit code $code${reason:+, $reason}: $(said_by "$BEGIN")"
    fi
    walk
    for seconds in 0 $END_PAUSES; do
        attended sleep "$seconds"
        remove "$END"
        rm -f "ends/$END"
        up "$END"
        await "$END"
        succeeded "$END" && break
    done
    finish ended
}

walk() { # start each job when those before it have succeeded, as far as there are processors, until none runs
    while :; do
        if look; then
            away=''
            choose
            [ -z "$ready" ] || up $ready
            [ -n "$running$ready" ] || return
        else
            still_away
        fi
        rest "$running$ready"
    done
}

choose() { # set `running`, and `ready` to what may start now
    running='' ready='' failed='' free=$processors
    while read -r name cpus upstream; do
        if [ -e "ends/$name" ]; then
            succeeded "$name" || failed=$name
        elif [ -e "state/started/$name" ]; then
            note_if_gone "$name"
            running="$running $name" free=$((free - cpus))
        fi
    done <graph
    if [ -n "$failed" ] && [ "$MODE" != continue_on_failure ]; then
        if [ "$MODE" = fail_fast ] && [ -n "$running" ] && [ -z "$stopped_for" ]; then
            stopped_for="stopped, since $failed has failed"
            stop_all
        fi
        return
    fi
    while read -r name cpus upstream; do
        [ ! -e "state/started/$name" ] || continue
        for source in $upstream; do
            succeeded "$source" || continue 2
        done
        if [ "$cpus" -le "$free" ] || [ -z "$running$ready" ]; then
            ready="$ready $name" free=$((free - cpus))
        fi
    done <graph
}

await() { # NAME
    while [ ! -e "ends/$1" ]; do
        rest "$1"
        if look; then
            away=''
            [ -e "ends/$1" ] || note_if_gone "$1"
        else
            still_away
        fi
    done
}

before='' tenths=0
rest() { # WHAT: until a container ends, or for a while: the longer, the longer that has been the same
    if [ ! -e state/owner ]; then # there is nothing to wait for
        ignore
        exit 70
    fi
    [ "$1" = "$before" ] || tenths=0
    before=$1 tenths=$((tenths == 0 ? 2 : tenths < 10 ? tenths * 2 : 20))
    listen
    attended timeout "$((tenths / 10)).$((tenths % 10))" head -n 1 state/events >/dev/null
    case $? in
    0) tenths=0 ;; # Docker says so a moment before it lists the container as ended
    124) ;;
    *) sleep 1 ;; # no events, or no fractions of a second, here
    esac
}

still_away() { # Docker does not answer: it may be restarting
    now=$(date +%s)
    away=${away:-$now}
    [ $((now - away)) -lt "$AWAY_TIME" ] || finish "lost Docker has not answered for $AWAY_TIME seconds"
}

abandon() {
    trap '' TERM INT
    cancelled='' stopped_for='its supervisor was killed'
    [ ! -e state/cancel ] || stopped_for='it was cancelled'
    stop_all
    look
    finish "lost $stopped_for"
}

finish() { # STATE: leave nothing behind but how it ended, and end
    trap '' TERM INT
    ignore
    remove
    rm -rf secrets docker
    [ -e state/ended ] || echo "$1" | write state/ended
    tidy
    exit 0
}

tidy() { # remove old folders of ended runs beside this one, and a day later the secrets of those that can never end
    set +f
    now=$(date +%s)
    for folder in ../*; do
        [ "$folder" = "../${PWD##*/}" ] && continue
        [ -L "$folder" ] || [ -L "$folder/podium-run" ] || [ ! -f "$folder/podium-run" ] && continue
        if [ -e "$folder/state/ended" ]; then
            [ -n "$KEEP_MINUTES" ] && [ $((now - $(stat -c %Y "$folder/state/ended"))) -ge $((KEEP_MINUTES * 60)) ] &&
                rm -rf -- "$folder"
        elif [ $((now - $(stat -c %Z "$folder/podium-run"))) -ge 86400 ] && ! alive "$folder"; then
            rm -rf -- "$folder/secrets" "$folder/docker"
        fi
    done
}

# What others ask

start() {
    [ -e state/owner ] && return
    detached run
    tries=100
    until [ -e state/owner ]; do
        tries=$((tries - 1))
        if [ "$tries" = 0 ] || ! process "$child" >/dev/null; then
            fail 70 "no supervisor came to be: $(tail -n 1 state/log)"
        fi
        sleep 0.1 2>/dev/null || sleep 1
    done
}

status() {
    state=''
    if alive .; then
        state=running
    fi
    if [ -e state/ended ]; then
        read -r state <state/ended
    fi
    if [ -z "$state" ] && ! owner .; then
        state='lost it was never started'
    elif [ "${state:-lost its supervisor was killed}" = 'lost its supervisor was killed' ]; then
        state='lost host rebooted'
        if [ "$boot" = "$(boot_id)" ]; then
            state='lost its supervisor was killed'
            connect
            look 2>/dev/null
        fi
    fi
    jobs=$(print_jobs)
    [ "$state$jobs" = running ] && state=queued
    printf '%s\n' "state $state" ${jobs:+"$jobs"}
}

print_jobs() {
    {
        [ -z "$BEGIN" ] || echo "$BEGIN"
        cat graph
        echo "$END"
    } | while read -r name rest; do
        if [ -e "ends/$name" ]; then
            read_end "$name"
            printf 'job %s ended %s%s\n' "$name" "$code" "${reason:+ $reason}"
        elif [ ! -e "state/started/$name" ]; then
            continue
        elif [ "$state" = 'lost host rebooted' ]; then
            printf 'job %s ended - host rebooted\n' "$name"
        else
            printf 'job %s running -\n' "$name"
        fi
    done
}

output() { # NAME
    case $1 in '' | *[!a-z0-9-]*) fail 64 "no name of a job: $1" ;; esac
    connect
    id=$(containers '{{.ID}}' "$1")
    if [ -n "$id" ]; then
        engine logs --tail 2000 "$id" 2>&1 | tail -c 65536
    elif [ -e "ends/$1" ]; then
        tail -n +3 "ends/$1"
    fi
}

cancel() {
    mkdir -p state && : >state/cancel
    if alive .; then
        kill -TERM "$pid"
    else
        detached sweep
    fi
}

sweep() { # clean up after a supervisor that is no more, or never was
    trap '' HUP
    stopped_for='it was cancelled' why='it was cancelled'
    if ! take_over && [ ! -e state/ended ]; then
        alive . && kill -TERM "$pid" && exit
        why='its supervisor was killed'
        [ "$boot" = "$(boot_id)" ] || why='host rebooted'
    fi
    connect
    stop_all
    look
    finish "lost $why"
}

login() { # USER REGISTRY
    mkdir -p docker && connect
    # With an entry there, Docker does not choose a keyring of the host's to keep the password in.
    [ -e docker/config.json ] || echo '{"auths": {"podium.invalid": {}}}' >docker/config.json
    said=$(engine --config docker login --username "$1" --password-stdin "$2" 2>&1)
    code=$?
    [ "$code" = 0 ] || fail "$code" "$said"
}

case ${1-},$# in
start,1 | status,1 | cancel,1 | run,1 | sweep,1) "$1" ;;
output,2) output "$2" ;;
login,3) login "$2" "$3" ;;
*) fail 64 'usage: supervise.sh start | status | output NAME | cancel | login USER REGISTRY' ;;
esac
