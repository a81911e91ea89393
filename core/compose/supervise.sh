# shellcheck shell=sh disable=SC1091,SC2153  # run.conf sets what has capital letters
# Runs the jobs of the folder that it lies in (core/compose/__init__.py), with Docker Compose v1 or v2.
#
#   start                 leave a supervisor behind, once for all time, that outlives this connection
#   status                print `state STATE [REASON]`, and `job NAME STATE EXITCODE|- [REASON]` for each one started
#   output NAME           print the end of what a job has printed
#   cancel                have all containers end, start no more, and clean up; returns at once
#   login USER REGISTRY   log in to a registry for this run only, with the password on stdin
#
# Exit codes: 0, 64 wrong use, 69 Docker cannot be used, 70 no supervisor came to be; of login, Docker's own.
# Needs sh, coreutils, sed, setsid, docker, and docker compose or docker-compose. Nothing in a file is ever evaluated
# but run.conf, which podium wrote.

set -fu
umask 077
export LC_ALL=C PYTHONUTF8=1
PATH=${PATH:-/usr/bin:/bin}:/usr/local/bin:/usr/sbin:/sbin:/snap/bin
unset CDPATH COMPOSE_FILE COMPOSE_PROFILES COMPOSE_PROJECT_NAME COMPOSE_ENV_FILES
case $0 in */*) cd -- "${0%/*}" || exit 70 ;; esac
. ./run.conf
PROJECT=podium-$RUN_ID-$SUBMISSION
STOP_GRACE=10
HOUR=3600
DAY=86400
cancelled='' child='' stopped_for=''

fail() { # EXITCODE TEXT
    printf '%s\n' "$2" >&2
    exit "$1"
}

write() { # FILE, with stdin, as a whole or not at all
    cat >"state/new.$$" && mv -f "state/new.$$" "$1"
}

one_line() {
    tr '\n\r\t' '   ' | sed 's/  */ /g; s/^ //; s/ $//'
}

last_line() { # FILE: what Docker or Compose said last that means something
    sed -n -e '/Encountered errors while bringing up/d' -e 's/^ERROR: *//' -e 's/^for [^ ]*  *//' \
        -e 's/^Error response from daemon: //' -e '/[^[:space:]]/p' "$1" | tail -n 1 | one_line
}

# Processes

process() { # PID: print when it began, in ticks since the host did
    about=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # shellcheck disable=SC2086
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

take_over() { # become the one and only supervisor, or return 1
    mkdir -p state/started && echo "$$ $(process $$) $(boot_id)" >"state/owner.$$" &&
        ln "state/owner.$$" state/owner
    taken=$?
    rm -f "state/owner.$$"
    return "$taken"
}

detached() { # SUBCOMMAND
    mkdir -p state && setsid sh ./supervise.sh "$1" </dev/null >>state/log 2>&1 &
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

# Docker

engine() {
    timeout 60 "$DOCKER" "$@"
}

connect() { # the engine of the user's Docker context, also for programs that know no contexts
    if [ -z "${DOCKER_HOST:-}" ] && host=$(engine context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null); then
        case $host in unix://*) export DOCKER_HOST="$host" ;; esac
    fi
}

containers() { # FORMAT [NAME]
    engine ps -a --no-trunc --filter "label=com.docker.compose.project=$PROJECT" --format "$1" \
        ${2:+--filter "label=com.docker.compose.service=$2"}
}

stop_all() {
    if ids=$(containers '{{.ID}}') && [ -n "$ids" ]; then
        # shellcheck disable=SC2086
        timeout "$HOUR" "$DOCKER" stop -t "$STOP_GRACE" $ids >/dev/null
    fi
}

remove_all() {
    if ids=$(containers '{{.ID}}') && [ -n "$ids" ]; then
        # shellcheck disable=SC2086
        timeout "$HOUR" "$DOCKER" rm -f -v $ids >/dev/null
    fi
}

compose() {
    if [ "$compose" = 1 ]; then
        attended timeout 300 docker-compose -p "$PROJECT" -f compose.yaml --ansi never "$@"
    elif [ -e compose.v2.yaml ]; then
        attended timeout 300 "$DOCKER" compose -p "$PROJECT" -f compose.yaml -f compose.v2.yaml --ansi never "$@"
    else
        attended timeout 300 "$DOCKER" compose -p "$PROJECT" -f compose.yaml --ansi never "$@"
    fi
}

note_end() { # NAME ID
    about=$(engine inspect --format '{{.State.ExitCode}} {{.State.OOMKilled}} {{.HostConfig.Memory}} {{.State.Error}}' \
        "$2") || return 1
    read -r code killed memory reason <<EOF
$(printf '%s' "$about" | one_line)
EOF
    if [ "$code" != 0 ] && [ "$killed" = true ]; then
        reason='out of memory'
        [ "$memory" = 0 ] || reason="$reason (limit $((memory / 1048576)) MiB)"
    elif [ "$code" = 255 ] && [ -z "$reason" ]; then
        reason='the machine or its Docker engine was restarted'
    elif [ -n "$stopped_for" ] && [ -z "$reason" ]; then
        case $code in 130 | 137 | 143) reason=$stopped_for ;; esac
    fi
    {
        printf '%s\n%s\n' "$code" "$reason"
        [ "$code" = 0 ] || engine logs --tail 200 "$2" 2>&1 | tail -c 4096
    } | write "ends/$1"
}

look() { # note which containers have ended, and in `seen` which there are
    found=$(containers '{{.Label "com.docker.compose.service"}} {{.State}} {{.ID}}') || return 1
    seen=' '
    while read -r name condition id; do
        seen="$seen$name "
        case $condition in
        exited | dead) [ -e "ends/$name" ] || note_end "$name" "$id" ;;
        esac
    done <<EOF
$found
EOF
}

note_if_gone() { # NAME
    case $seen in
    *" $1 "*) ;;
    *) printf '137\nits container was removed by somebody\n' | write "ends/$1" ;;
    esac
}

succeeded() { # NAME
    [ -e "ends/$1" ] && read -r code <"ends/$1" && [ "$code" = 0 ]
}

# The supervisor

run() {
    trap '' HUP
    take_over || exit 0
    trap 'cancelled=1; [ -z "$child" ] || kill "$child" 2>/dev/null' TERM INT
    prepare
    pull
    if [ -n "$BEGIN" ]; then
        up "$BEGIN"
        await "$BEGIN"
        succeeded "$BEGIN" || finish "lost the first job failed: $(account "$BEGIN")"
    fi
    walk
    for pause in '' $END_PAUSES; do
        if [ -n "$pause" ]; then
            attended sleep "$pause"
            id=$(containers '{{.ID}}' "$END")
            [ -z "$id" ] || engine rm -f -v "$id" >/dev/null
            rm -f "ends/$END"
        fi
        up "$END"
        await "$END"
        succeeded "$END" && break
    done
    finish ended
}

prepare() { # find out about the host; what Compose puts for variables in compose.yaml
    connect
    if ! security=$(engine info --format '{{.SecurityOptions}}' 2>state/said); then
        finish "lost Docker cannot be used: $(last_line state/said)"
    fi
    if engine compose version >/dev/null 2>&1; then
        compose=2
    elif timeout 60 docker-compose version >/dev/null 2>&1; then
        compose=1
    else
        finish 'lost Docker Compose is not installed'
    fi
    PODIUM_USER=$(id -u):$(id -g)
    case $security in *name=rootless*) PODIUM_USER=0:0 ;; esac
    PODIUM_USER_NAME=$(id -un)
    for PODIUM_GPU_LOCKS in /run/lock /var/lock /tmp; do # the same as core/gpus.py finds
        case $(stat -L -c %A "$PODIUM_GPU_LOCKS" 2>/dev/null) in ????????wt) break ;; esac
    done
    PODIUM_RUN_ID=$RUN_ID PODIUM_HANDLE=$HANDLE
    export PODIUM_USER PODIUM_USER_NAME PODIUM_GPU_LOCKS PODIUM_RUN_ID PODIUM_HANDLE
    processors=$(nproc)
    while read -r name cpus upstream; do
        [ "$cpus" -le $((processors * 1000)) ] || export "PODIUM_CPUS_$cpus=$processors"
    done <graph
}

pull() {
    for image in $IMAGES; do
        engine image inspect "$image" >/dev/null 2>&1 && continue
        if [ -e docker/config.json ]; then
            attended timeout "$HOUR" "$DOCKER" --config docker pull --quiet "$image" 2>state/said
        else
            attended timeout "$HOUR" "$DOCKER" pull --quiet "$image" 2>state/said
        fi || finish "lost image $image cannot be pulled: $(last_line state/said)"
    done
    rm -rf docker
}

up() { # NAME...: start containers, all at once; each by itself where that fails, so that a fault is only its own job's
    for name in "$@"; do
        : >"state/started/$name" || return 1
    done
    compose up -d --no-deps --no-recreate "$@" 2>state/said
    code=$?
    cat state/said >&2
    [ "$code" = 0 ] && return
    for name in "$@"; do
        id='' state=''
        read -r state id <<EOF
$(containers '{{.State}} {{.ID}}' "$name")
EOF
        case $state in '' | created) ;; *) continue ;; esac
        if [ $# -gt 1 ]; then
            up "$name"
        else
            [ -z "$id" ] || engine rm -f -v "$id" >/dev/null
            [ "$code" = 124 ] && echo 'Docker Compose did not end within 5 minutes' >state/said
            printf '125\nits container could not be created: %s\n' "$(last_line state/said)" | write "ends/$name"
        fi
    done
}

walk() { # start each job when those before it have succeeded, as far as there are processors, until none runs
    before='' pause=0
    while :; do
        if look; then
            away=''
            choose
            # shellcheck disable=SC2086
            [ -z "$ready" ] || up $ready
            [ -n "$running$ready" ] || return
        else
            still_away
        fi
        rest "$running$ready"
    done
}

choose() { # set `running`, and `ready` to what may start now
    running='' ready='' failed='' free=$((processors * 1000))
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
    before='' pause=0
    while [ ! -e "ends/$1" ]; do
        if look; then
            away=''
            [ -e "ends/$1" ] || note_if_gone "$1"
        else
            still_away
        fi
        [ -e "ends/$1" ] || rest "$1"
    done
}

rest() { # WHAT: the longer, the longer that is the same
    [ "$1" = "$before" ] || pause=0
    before=$1 pause=$((pause == 0 ? 2 : pause < 10 ? pause * 2 : 20))
    attended sleep "$((pause / 10)).$((pause % 10))" || sleep 1
}

still_away() { # Docker does not answer: it may be restarting
    now=$(date +%s)
    [ $((now - ${away:=$now})) -lt 600 ] || finish 'lost Docker has not answered for 10 minutes'
}

account() { # NAME: say in one line how a job ended
    {
        read -r code
        read -r reason
        printf 'exit code %s%s' "$code" "${reason:+, $reason}"
        tail -n 1 | sed 's/^/: /'
    } <"ends/$1" | one_line
}

abandon() {
    trap '' TERM INT
    cancelled='' stopped_for=cancelled
    stop_all
    look
    finish 'lost it was cancelled'
}

finish() { # STATE: leave nothing behind but how it ended, and end
    trap '' TERM INT
    remove_all
    rm -rf secrets docker
    [ -e state/ended ] || echo "$1" | write state/ended
    tidy
    exit 0
}

tidy() { # remove old folders of ended runs beside this one, and the secrets of those that can never end
    set +f
    now=$(date +%s)
    for folder in ../*; do
        [ "$folder" = "../${PWD##*/}" ] && continue
        [ -L "$folder" ] || [ -L "$folder/podium-run" ] || [ ! -f "$folder/podium-run" ] && continue
        if [ -e "$folder/state/ended" ]; then
            [ -n "$KEEP_MINUTES" ] && [ $((now - $(stat -c %Y "$folder/state/ended"))) -ge $((KEEP_MINUTES * 60)) ] &&
                rm -rf -- "$folder"
        elif [ $((now - $(stat -c %Z "$folder/podium-run"))) -ge "$DAY" ] && ! alive "$folder"; then
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
            fail 70 "no supervisor came to be: $(last_line state/log)"
        fi
        sleep 0.1 2>/dev/null || sleep 1
    done
}

status() {
    if alive .; then
        state=running
    elif ! owner .; then
        state='lost it was never started'
    elif [ "$boot" != "$(boot_id)" ]; then
        state='lost host rebooted'
    else
        state='lost its supervisor was killed'
    fi
    [ ! -e state/ended ] || read -r state <state/ended # what it wrote before it went
    if [ "$state" = 'lost its supervisor was killed' ]; then
        connect
        look 2>/dev/null
    fi
    jobs=$(print_jobs)
    [ "$state$jobs" = running ] && state=queued
    printf 'state %s\n' "$state"
    [ -z "$jobs" ] || printf '%s\n' "$jobs"
}

print_jobs() {
    {
        echo "$BEGIN"
        cat graph
        echo "$END"
    } | while read -r name rest; do
        if [ -e "ends/$name" ] && [ -n "$name" ]; then
            {
                read -r code
                read -r reason
                printf 'job %s ended %s%s\n' "$name" "$code" "${reason:+ $reason}"
            } <"ends/$name"
        elif [ -e "state/started/$name" ] && [ -n "$name" ]; then
            case $state in
            'lost host rebooted') printf 'job %s ended - host rebooted\n' "$name" ;;
            *) printf 'job %s running -\n' "$name" ;;
            esac
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
    if alive .; then
        kill -TERM "$pid"
    else
        detached sweep
    fi
}

sweep() { # clean up after a supervisor that is no more, or never was
    trap '' HUP
    reason='it was cancelled'
    if ! take_over && owner . && [ ! -e state/ended ]; then
        alive . && kill -TERM "$pid" && exit
        reason='its supervisor was killed'
        [ "$boot" = "$(boot_id)" ] || reason='host rebooted'
    fi
    connect
    stop_all
    look
    finish "lost $reason"
}

login() { # USER REGISTRY
    mkdir -p docker && connect
    # With an entry there, Docker looks for no keyring of the host to keep the password in.
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
