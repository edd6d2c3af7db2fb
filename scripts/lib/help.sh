# shellcheck shell=bash
# Sourced first by the scripts, with their arguments: --help prints the comment at the head of the script, and needs nothing
# else. A wrong call prints it, too.
help() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

usage() {
    help >&2
    exit 2
}

case ${1-} in
-h | --help)
    help
    exit 0
    ;;
esac
