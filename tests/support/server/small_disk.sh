# Runs a command with a small file system in memory, which nobody else sees, and which goes with the processes that do.
#
#   sh -c "$(cat small_disk.sh)" small_disk TMPDIR MIB COMMAND [ARGUMENT]...
#
# In a mount namespace of its own. In the command's arguments, DISK is the file system's folder.
set -eu
disk=$(mktemp -d "$1/pghaul-disk-XXXXXX")
size=$2
shift 2
clean() {
    # The mount goes with the namespace at the latest.
    umount --lazy "$disk" || :
    rmdir "$disk"
}
trap 'clean >/dev/null 2>&1' EXIT
# The command hears of them, too, and ends when it has cleaned up.
trap : HUP INT TERM
mount -t tmpfs -o "size=${size}m,mode=1777" pghaul-test "$disk"
for argument; do
    shift
    case $argument in DISK) argument=$disk ;; esac
    set -- "$@" "$argument"
done
"$@"
