# Makes a folder for one test process, and deletes it when that process has ended in any way.
#
#   sh -c "$(cat folder.sh)" watchdog TMPDIR
#
# out: FOLDER (once)
#
# Standard input is a pipe from the test process, which the kernel closes at its end.
set -eu
dir=$(mktemp -d "$1/pghaul-XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$dir"
echo "$dir"
cat >/dev/null
