# shellcheck shell=sh disable=SC2088  # a ~ that comes as a word is the user's home
# Edits the crontab of the user that it runs as: one marked block for each schedule of podium's, all else as it was.
#   crontab.sh install ROOT ID NAME BLOCK  add a block in the place of those of that name, whose folders in ROOT go
#   crontab.sh line ID LINE FOLDER         give a block another line, and its folder the times.conf on stdin
#   crontab.sh pause ID | resume ID        comment the line of a block out, or in again
#   crontab.sh remove ID [FOLDER]          take a block away, and then its folder
#   crontab.sh list WORKDIR                print the crontab, the schedules below WORKDIR, and how times are read here
# Where the LINE, of a BLOCK the second one, begins with `@` and seconds since the epoch, these become the minute in this
# host's zone. Each command may be run again when it was cut off; each edit is one of the program crontab, under a lock.
set -u
umask 077
unset TZ
LC_ALL=C
export LC_ALL
nl='
'
mark='# podium schedule'
no_block=67

fail() {
    printf '%s\n' "$1" >&2
    exit "${2:-1}"
}

is_id() { case $1 in *[!0-9a-f-]*) return 1 ;; *) [ ${#1} = 36 ] ;; esac }

lock() {
    command -v flock > /dev/null || fail 'there is no program flock'
    { exec 9>> "$HOME/.podium-crontab.lock" && flock 9; } || fail 'the crontab cannot be locked'
}

load() {
    command -v crontab > /dev/null || fail 'there is no program crontab: cron is not installed'
    old=$(crontab -l 2> /dev/null; printf 'x%s' $?)
    code=${old##*x}
    old=${old%x*}
    [ "$code" != 0 ] || return 0
    old=''
    why=$(crontab -l 2>&1 > /dev/null)
    case $why in
        *'no crontab for '* | *"can't open"*) ;;
        *) fail "the crontab cannot be read: ${why%%"$nl"*}" ;;
    esac
}

save() {
    if [ "$new" = "$old" ]; then return; fi
    if [ -n "$new" ]; then printf '%s' "$new" | crontab -; else crontab -r; fi || fail 'the crontab was not taken'
}

uncomment() {
    while :; do case $line in '#'* | ' '*) line=${line#?} ;; *) return ;; esac done
}

# Makes $new of $old by doing $1 to the blocks whose id is $2 or whose name is $3; $found becomes their ids. In a block,
# only its marks and the line that runs its fire.sh are podium's.
edit() {
    new='' found='' block=''
    [ -n "$old" ] || return 0
    while IFS= read -r line; do
        case $line in
            "$mark begin "*)
                name=${line#"$mark begin "}
                block=${name%% *}
                name=${name#* }
                if ! is_id "$block" || { [ "$block" != "$2" ] && [ "$name" != "${3:-}" ]; }; then block=''; fi
                found="$found${block:+ $block}"
                ;;
        esac
        if [ -n "$block" ]; then
            case $1:$line in
                drop:"$mark begin "* | drop:*"/schedules/$block/fire.sh"*) continue ;;
                drop:"$mark end $block") block='' && continue ;;
                *:"$mark end $block") block='' ;;
                pause:*"/schedules/$block/fire.sh"*) uncomment && line="# $line" ;;
                resume:*"/schedules/$block/fire.sh"*) uncomment ;;
                line:'#'*"/schedules/$block/fire.sh"*) line="# $4" ;;
                line:*"/schedules/$block/fire.sh"*) line=$4 ;;
            esac
        fi
        new=$new$line$nl
    done << END
${old%"$nl"}
END
}

change() {
    lock
    load
    edit "$@"
    [ -n "$found" ] || fail 'its block is no longer in the crontab' "$no_block"
}

# A minute that has begun may not be looked at by cron any more, and neither may one that begins at once.
timed() {
    case $1 in
        @[0-9]* | *"$nl@"[0-9]*) ;;
        *) timed=$1 && return ;;
    esac
    at=${1#*@}
    at=${at%% *}
    soonest=$(($(date +%s) + 65))
    minute=$(date -d "@$((at > soonest ? at : soonest))" '+%M %H %d %m *') || fail 'this date program is too old'
    timed=${1%%@*}$minute${1#*@"$at"}
}

install() {
    timed "$4"
    lock
    load
    edit drop "$2" "$3"
    new=$new$timed$nl
    {
        printf 'PATH=%s\n' "$PATH"
        printf '%s' "${DOCKER_HOST+DOCKER_HOST=$DOCKER_HOST$nl}${XDG_RUNTIME_DIR+XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR$nl}"
    } > "$1/$2/environment" || fail 'its folder is gone'
    save
    for other in $found; do [ "$other" = "$2" ] || rm -rf -- "${1:?}/$other"; done
}

remove() {
    lock
    load
    edit drop "$1"
    save
    if [ -e "${2:-}/fire.sh" ]; then rm -rf -- "$2"; fi
}

prefixed() {
    while IFS= read -r line || [ -n "$line" ]; do printf '%s %s\n' "$1" "$line"; done
}

# Prints the latest firings: when, the run's id or why there is none, and how a run was lost that cannot tell itself.
firings() {
    tail -n 20 "$1/history" 2> /dev/null | while read -r at what; do
        state='' reason=''
        if is_id "$what"; then read -r state reason < "$2/$what.1/state/ended"; fi 2> /dev/null
        if [ "$state" = lost ]; then what="$what $reason"; fi
        printf 'firing %s %s\n' "$at" "$what"
    done
}

is_served() {
    [ -e /proc/1/comm ] || return 0 # other users' processes are hidden
    for process in /proc/[0-9]*/comm; do
        read -r name < "$process"
        case $name in cron | crond | fcron) return 0 ;; esac
    done 2> /dev/null
    return 1
}

list() {
    load
    case $1 in
        /*) workdir=$1 ;;
        '~/'*) workdir=$HOME/${1#??} ;;
        *) workdir=$HOME/$1 ;;
    esac
    printf 'workdir %s\n' "$workdir"
    zone=$(readlink -f /etc/localtime)
    case $zone in
        */zoneinfo/*) zone=${zone#*/zoneinfo/} ;;
        /etc/localtime) read -r zone < /etc/timezone || zone=$(date +%Z) ;;
        *) zone=UTC ;;
    esac 2> /dev/null
    printf 'clock %s\noffset %s\nzone %s\n' "$(date +%s)" "$(date +%z)" "$zone"
    if ! is_served; then printf 'idle\n'; fi
    printf '%s' "$old" | prefixed crontab
    for folder in "$workdir"/schedules/*/; do
        folder=${folder%/}
        is_id "${folder##*/}" || continue
        printf 'schedule %s\n' "${folder##*/}"
        cat "$folder/schedule.conf" "$folder/times.conf" 2> /dev/null | prefixed conf
        firings "$folder" "$workdir/runs"
    done
}

verb=$1
shift
case $verb in
    install | remove | list) "$verb" "$@" ;;
    line)
        timed "$2"
        change line "$1" '' "$timed"
        { cat > "$3/times.new" && mv -- "$3/times.new" "$3/times.conf"; } || fail 'its folder is gone'
        save
        ;;
    pause | resume) change "$verb" "$1" && save ;;
esac
