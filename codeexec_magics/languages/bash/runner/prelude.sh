# Read by bash before the program (BASH_ENV), and by nothing that the program starts.
unset BASH_ENV
__cell() {
  local status=$1 line=$2 command=$3 pipe=$4 at
  local -a stack=()
  for ((at = 1; at < ${#FUNCNAME[@]}; at++)); do stack+=("${FUNCNAME[at]}" "${BASH_LINENO[at]}"); done
  printf '%s\0' fail "$status" "$line" "$command" "$pipe" "$BASH_SUBSHELL" "${#stack[@]}" "${stack[@]}" >&REPORT
}
__cell_value() {
  local name
  for name in "$@"; do
    if [[ "$(declare -p "$name" 2>/dev/null)" == "declare -a"* ]]; then
      local -n __cell_array=$name
      printf '%s\0' array "$name" "${#__cell_array[@]}" "${__cell_array[@]}" >&REPORT
      unset -n __cell_array
    elif [[ -n ${!name+x} ]]; then
      printf '%s\0' text "$name" "${!name}" >&REPORT
    fi
  done
}
trap '__cell "$?" "$LINENO" "$BASH_COMMAND" "${PIPESTATUS[*]}"' ERR
trap '__cell 130 0 "$BASH_COMMAND" ""; trap - INT; kill -INT $$' INT
set -eE -o pipefail
exec 3>&VALUE VALUE>&-
