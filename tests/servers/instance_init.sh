#!/bin/sh
# The first process of an instance, in namespaces of its own: `instance_init.sh DISK SHARED NAME`. It gives the instance
# this machine's programs, a disk of its own, and the shared folder at its own path; then it starts the services.
set -eu
disk=$1 shared=$2 name=$3
hostname "$name"
mount --bind "$disk" "$disk"
cd "$disk"
for folder in usr bin sbin lib lib32 lib64 libx32; do
    if [ -d "$folder" ] && [ ! -L "$folder" ]; then
        mount --rbind "/$folder" "$folder"
        mount -o remount,bind,ro "$folder"
    fi
done
# Who has Compose's second version has it of their own.
for plugins in usr/libexec usr/lib usr/local/lib usr/local/libexec; do
    if [ -d "$plugins/docker/cli-plugins" ]; then
        mount -t tmpfs tmpfs "$plugins/docker/cli-plugins"
    fi
done
mount --rbind /dev dev
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=1777,size=1m tmpfs mnt/small
mkdir -p -m 1777 run/lock
mkdir -p run/sshd ".$shared"
mount --rbind "$shared" ".$shared"
cat /proc/sys/kernel/random/uuid >run/boot_id
mount --bind run/boot_id proc/sys/kernel/random/boot_id
exec chroot . /usr/bin/env -i PATH=/opt/gpu/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    CGROUP="/podium-$name" /bin/sh -c '
        cd /
        /usr/sbin/sshd -f /etc/ssh/instance/sshd_config -E /run/sshd.log
        touch --date=@0 /var/spool/cron/crontabs  # cron reads it again when its time changes by a second
        cron
        dockerd --cgroup-parent "$CGROUP" --bip 198.19.255.1/24 --shutdown-timeout 1 >>/var/log/dockerd.log 2>&1 &
        # Whoever has lost its parent is a child of this process.
        while :; do
            sleep 3600 &
            wait $!
        done
    '
