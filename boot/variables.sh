#!/usr/bin/env bash
# variables.sh check TARGETS SMOKES [NAME ORIGIN VALUE]...: what is wrong with variables that make was given, in one line; nothing if
#     all is well. Those from the environment are only named if they are to be left out: "ignore NAME" and the reason.
# variables.sh list: the table, for people.
set -euo pipefail
table=$(dirname "$0")/variables.txt

# Make's own and other tools' variables, which are nobody's typing mistakes.
is_standard() {
    case $1 in
        *MAKE* | MFLAGS | SHELL | .SHELLFLAGS | CURDIR | HOME | PATH | TMPDIR | LANG | LC_* | TERM | CI | V | Q | VERBOSE) return 0 ;;
        DESTDIR | PREFIX | prefix | DOTNET_* | NUGET_* | MSBUILD* | Configuration) return 0 ;;
        *) return 1 ;;
    esac
}

# rows NAME: its rows, as "ALLOWED;TARGETS".
rows() {
    sed -nE "s/^$1 *; *([^;]*[^; ]) *; *([^;]*[^; ]) *;.*/\1;\2/p" "$table"
}

is_known() {
    [[ $1 =~ ^[A-Z_]+$ ]] && [ -n "$(rows "$1")" ]
}

names() {
    sed -nE 's/^([A-Z_]+) *;.*/\1/p' "$table" | uniq
}

# uses TARGETS: whether one of them is a target that was asked for.
uses() {
    local target asked
    for target in $1; do
        for asked in $targets; do
            [ "$target" = "$asked" ] && return 0
            [ "$target" = run-SMOKE ] && [[ " $smokes " == *" ${asked#run-} "* ]] && [[ $asked == run-* ]] && return 0
        done
    done
    return 1
}

# distance A B: how many letters to change, to add or to leave out.
distance() {
    local a=$1 b=$2 i j above left cost best row=()
    for ((j = 0; j <= ${#b}; j++)); do row[j]=$j; done
    for ((i = 1; i <= ${#a}; i++)); do
        left=$i
        for ((j = 1; j <= ${#b}; j++)); do
            above=${row[j]} cost=${row[j - 1]}
            [ "${a:i-1:1}" = "${b:j-1:1}" ] || cost=$((cost + 1))
            best=$((above + 1 < left + 1 ? above + 1 : left + 1))
            row[j - 1]=$left
            left=$((cost < best ? cost : best))
        done
        row[${#b}]=$left
    done
    echo "$left"
}

# closest NAME: the name in the table that was probably meant, or nothing.
closest() {
    local upper=${1^^} name found="" nearest=3 far
    for name in $(names); do
        far=$(distance "$upper" "$name")
        if [[ $far -gt 2 && ${#upper} -ge 3 && $name == "$upper"* ]]; then far=2; fi
        # One letter alone is near to every other.
        if [ "$far" -lt "$nearest" ] && [ "$far" -lt ${#upper} ]; then found=$name nearest=$far; fi
    done
    echo "$found"
}

# within NUMBER LEAST MOST: as numbers of any length.
within() {
    [[ $1 =~ ^0*([0-9]+)$ ]] && not_less "${BASH_REMATCH[1]}" "$2" && not_less "$3" "${BASH_REMATCH[1]}"
}

not_less() {
    [ ${#1} -gt ${#2} ] || { [ ${#1} -eq ${#2} ] && [[ ! $1 < $2 ]]; }
}

# wrong ALLOWED VALUE: what the value is not, or nothing.
wrong() {
    local allowed=$1 value=$2 least most item
    case $allowed in
        *..*)
            least=${allowed%%..*} most=${allowed#*..} most=${most%,...}
            if [[ $allowed == *,... ]]; then
                local list=$value,
                while [ -n "$list" ]; do
                    item=${list%%,*} list=${list#*,}
                    within "$item" "$least" "$most" && continue
                    echo "is not a list of whole numbers from $least to $most"
                    break
                done
            elif ! within "$value" "$least" "$most"; then
                echo "is not a whole number from $least to $most"
            fi
            ;;
        TEXT) ;;
        FILE)
            if [ -d "$value" ]; then
                echo "is a folder, not a file"
            elif [ ! -e "$value" ]; then
                echo "is not a file that exists"
            elif [ ! -r "$value" ]; then
                echo "is a file that cannot be read"
            fi
            ;;
        SMOKE) [[ " $smokes " == *" $value "* ]] || echo "is not a smoke; there are: $smokes" ;;
        *) [[ "|$allowed|" == *"|$value|"* && $value != *"|"* ]] || echo "is not ${allowed//|/ or }" ;;
    esac
}

# check_one NAME VALUE: what is wrong with it for the targets asked for, in one line, or nothing.
check_one() {
    local name=$1 value=$2 allowed used_by others="" unfit
    if ! is_known "$name"; then
        local meant
        meant=$(closest "$name")
        [ -z "$meant" ] && meant="'make help' lists them" || meant="did you mean $meant?"
        echo "$name: unknown variable; $meant"
        return
    fi
    while IFS=';' read -r allowed used_by; do
        others+="${others:+ }$used_by"
        uses "$used_by" || continue
        unfit=$(wrong "$allowed" "$value")
        [ -z "$unfit" ] || echo "$name: '$(printf '%.60s' "$value" | tr -c '[:print:]' '?')' $unfit"
        return
    done < <(rows "$name")
    echo "$name: not a variable of ${targets// /, }, but of ${others// /, }"
}

check() {
    targets=$1 smokes=$2
    shift 2
    local problem
    while [ $# -ge 3 ]; do
        # A variable that there is counts as not given if it is empty.
        if ! is_standard "$1" && ! { [ -z "$3" ] && is_known "$1"; }; then
            problem=$(check_one "$1" "$3")
            if [ -n "$problem" ] && [[ $2 == environment* ]]; then
                echo "ignore $1"
                [[ $problem == *": not a variable of "* ]] || echo "make: left out, as it is the environment's: $problem" >&2
            elif [ -n "$problem" ]; then
                echo "$problem"
                return
            fi
        fi
        shift 3
    done
}

list() {
    sed -nE 's/^([A-Z_]+) *; *([^;]*[^; ]) *; *([^;]*[^; ]) *; *(.*)/\1=\2;\4;\3/p' "$table" | while IFS=';' read -r form meaning targets; do
        printf '  %-32s %s\n  %32s %s\n' "$form" "$meaning" "" "for $targets"
    done
}

case ${1:-} in
    check) shift && check "$@" ;;
    list) list ;;
    *) echo "usage: variables.sh check TARGETS SMOKES [NAME ORIGIN VALUE]... | list" >&2 && exit 2 ;;
esac
