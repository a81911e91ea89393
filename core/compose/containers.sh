# shellcheck shell=sh disable=SC2086,SC2153,SC2154  # it is a part of supervise.sh
# What the supervisor does with Docker and Compose. What they say goes to state/said, for when they fail.
PULL_TIME=3600
UP_TIME=300
STOP_GRACE=10
PROJECT=podium-$RUN_ID-$SUBMISSION

last_said() { # what Docker or Compose said last that means something
    sed -n -e '/Encountered errors while bringing up/d' -e 's/^ERROR: *//' -e 's/^for [^ ]*  *//' \
        -e 's/^Error response from daemon: //' -e '/[^[:space:]]/p' state/said | tail -n 1 | one_line
}

engine() {
    timeout 60 "$DOCKER" "$@"
}

connect() { # find the engine by the user's Docker context, also for programs that know no contexts
    if [ -z "${DOCKER_HOST:-}" ] && host=$(engine context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null); then
        case $host in unix://*) export DOCKER_HOST="$host" ;; esac
    fi
}

containers() { # FORMAT [NAME]
    engine ps -a --no-trunc --filter "label=com.docker.compose.project=$PROJECT" --format "$1" \
        ${2:+--filter "label=com.docker.compose.service=$2"}
}

stop_all() {
    ids=$(containers '{{.ID}}') && [ -n "$ids" ] && timeout "$UP_TIME" "$DOCKER" stop -t "$STOP_GRACE" $ids >/dev/null
}

remove() { # [NAME]: the container of one job, or all
    ids=$(containers '{{.ID}}' "$@") && [ -n "$ids" ] && timeout "$UP_TIME" "$DOCKER" rm -f -v $ids >/dev/null
}

prepare() { # find out about the host, and what Compose puts for the variables of compose.yaml
    connect
    if ! about=$(engine info --format '{{.NCPU}} {{.SecurityOptions}}' 2>state/said); then
        finish "lost Docker cannot be used: $(last_said)"
    fi
    files='-f compose.yaml'
    if engine compose version >/dev/null 2>&1; then
        version=2
        [ ! -e compose.v2.yaml ] || files="$files -f compose.v2.yaml"
    elif command -v docker-compose >/dev/null; then
        version=1
    else
        finish 'lost Docker Compose is not installed'
    fi
    PODIUM_USER=$(id -u):$(id -g)
    case $about in
    *name=rootless*) PODIUM_USER=0:0 ;;
    *) join_groups ;;
    esac
    PODIUM_USER_NAME=$(id -un)
    for PODIUM_GPU_LOCKS in /run/lock /var/lock /tmp; do # the first that all may write to, as core/gpus.py takes it
        case $(stat -L -c %A "$PODIUM_GPU_LOCKS" 2>/dev/null) in ????????wt) break ;; esac
    done
    PODIUM_RUN_ID=$RUN_ID PODIUM_HANDLE=$HANDLE
    export PODIUM_USER PODIUM_USER_NAME PODIUM_GPU_LOCKS PODIUM_RUN_ID PODIUM_HANDLE
    processors=$((${about%% *} * 1000))
    while read -r name cpus _; do
        [ "$cpus" -le "$processors" ] || export "PODIUM_CPUS_$cpus=$((processors / 1000))"
    done <graph
}

join_groups() { # give containers the groups of the user, whose number no variable of Compose could hold
    [ -n "$WITH_GROUPS" ] || return
    {
        echo 'services:'
        for name in $WITH_GROUPS; do
            printf '  %s:\n    group_add: ["%s"]\n' "$name" "$(id -G | sed 's/ /", "/g')"
        done
    } >state/groups.yaml
    files="$files -f state/groups.yaml"
}

compose() {
    if [ "$version" = 2 ]; then
        attended timeout "$UP_TIME" "$DOCKER" compose -p "$PROJECT" $files --ansi never "$@"
    else
        attended timeout "$UP_TIME" docker-compose -p "$PROJECT" $files --ansi never "$@"
    fi
}

pull() { # with the run's own logins, where it has some
    for image in $IMAGES; do
        engine image inspect "$image" >/dev/null 2>&1 && continue
        if [ -e docker/config.json ]; then
            attended timeout "$PULL_TIME" "$DOCKER" --config docker pull --quiet "$image" 2>state/said
        else
            attended timeout "$PULL_TIME" "$DOCKER" pull --quiet "$image" 2>state/said
        fi || finish "lost image $image cannot be pulled: $(last_said)"
    done
    rm -rf docker
}

up() { # NAME...: start containers, all at once; each by itself where that fails, so that a fault is its own job's only
    for name in "$@"; do
        : >"state/started/$name" || return
    done
    compose up -d --no-deps --no-recreate "$@" 2>state/said
    outcome=$?
    cat state/said >&2
    [ "$outcome" = 0 ] && return
    [ "$outcome" = 124 ] && echo "Docker Compose took more than $UP_TIME seconds" >state/said
    for name in "$@"; do
        case $(containers '{{.State}}' "$name") in '' | created) ;; *) continue ;; esac
        if [ $# -gt 1 ]; then
            up "$name"
        else
            remove "$name"
            printf '125\nits container could not be created: %s\n' "$(last_said)" | write "ends/$name"
        fi
    done
}

listener='' listening='' rests=0
listen() { # have Docker write a line to state/events when a container ends; for a minute, lest it outlive this
    rests=$((rests - 1))
    [ "$rests" -lt 0 ] || return
    ignore
    mkfifo state/events || return
    exec 9<>state/events # so that it is open for both of its ends whoever comes and goes
    timeout 60 "$DOCKER" events --filter type=container --filter event=die \
        --filter "label=com.docker.compose.project=$PROJECT" --format . >&9 2>/dev/null &
    listener=$! rests=25
    listening=$(process "$listener")
}

ignore() {
    [ -z "$listener" ] || [ "$(process "$listener")" != "$listening" ] || kill "$listener" # its number may be another's
    listener=''
    rm -f state/events
}

look() { # note which containers have ended, and in `seen` which there are
    listed=$(containers '{{.Label "com.docker.compose.service"}} {{.State}} {{.ID}}') || return 1
    seen=' '
    while read -r job condition id; do
        seen="$seen$job "
        case $condition in
        exited | dead) [ -e "ends/$job" ] || note_end "$job" "$id" ;;
        esac
    done <<EOF
$listed
EOF
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

note_if_gone() { # NAME
    case $seen in
    *" $1 "*) ;;
    *) printf '137\nits container was removed by somebody\n' | write "ends/$1" ;;
    esac
}
