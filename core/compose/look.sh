# Prints what podium asks of a host, one NAME=VALUE a line, and changes nothing: look.sh WORKDIR DOCKER
LC_ALL=C
PATH=${PATH:-/usr/bin:/bin}:/usr/local/bin:/usr/sbin:/sbin:/snap/bin # as supervise.sh has it
export LC_ALL PATH
workdir=$1 docker=$2

say() { printf '%s=%s\n' "$1" "$2"; }
patiently() { timeout 6 "$@"; }
there() { command -v -- "$1" > /dev/null 2>&1; }

say clock "$(date +%s)"
read -r boot < /proc/sys/kernel/random/boot_id && say boot "$boot"
read -r load _ < /proc/loadavg && say load "$load"

case $workdir in
    /*) ;;
    '~/'*) workdir=$HOME/${workdir#??} ;;
    *) workdir=$HOME/$workdir ;;
esac
say workdir "$workdir"
# The folder may not exist yet: the one above it that does is asked.
above=$workdir/runs
while [ ! -d "$above" ]; do above=$(dirname -- "$above"); done
[ -w "$above" ] && [ -x "$above" ] && say writable yes
say disk "$(df -Pk -- "$above" 2>&1 | tail -n 1)"
runs=0
for run in "$workdir"/runs/*/; do
    if [ ! -e "$run/state/ended" ] && { read -r pid _ since < "$run/state/owner"; } 2> /dev/null &&
        [ "$since" = "$boot" ] && [ -e "/proc/$pid" ]
    then runs=$((runs + 1)); fi
done
say runs "$runs"

silent=
if ! there "$docker"; then
    say docker_fault missing
elif engine=$(patiently "$docker" version --format '{{.Server.Version}}' 2> /dev/null); then
    say engine "$engine"
    say machine "$(patiently "$docker" info --format '{{.NCPU}} {{.MemTotal}}' 2> /dev/null)"
    say runtimes "$(patiently "$docker" info --format '{{range $name, $_ := .Runtimes}}{{$name}} {{end}}' 2> /dev/null)"
elif [ $? = 124 ]; then
    silent=yes
    say docker_fault silent
else
    say docker_fault "$(patiently "$docker" version --format '{{.Server.Version}}' 2>&1 > /dev/null | tail -n 1)"
fi
[ -z "$silent" ] && plugin=$(patiently "$docker" compose version --short 2> /dev/null) && say compose "$plugin"
program=$(patiently docker-compose version --short 2> /dev/null) && say compose "$program"
if there nvidia-smi; then
    patiently nvidia-smi --query-gpu=index,uuid,name --format=csv,noheader 2> /dev/null | sed 's/^/gpu=/'
fi
there nvidia-container-runtime-hook && say gpu_hook yes
for program in tar setsid crontab; do there "$program" && say program "$program"; done
exit 0
