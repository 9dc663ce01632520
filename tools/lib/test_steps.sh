# shellcheck shell=bash
# The steps of `tools/dev test`. Sourced by tools/dev, which defines say, build and here.
#
# A step is a command whose last line of the form `N passed, M failed` (more may follow on that line)
# counts for it. One that prints no such line, or fails without saying that anything failed, counts
# as one failure. Any executable tests/NAME/run or tests/NAME/run.py is a step of its own.

passed=0
failed=0
filter=
preset=release

# step NAME COMMAND…: runs the command, shows its output, adds its counts.
step() {
  local name=$1 output status=0 line
  shift
  say "--- $name"
  output=$(mktemp)
  "$@" 2>&1 | tee "$output" || status=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$output" | tail -n 1 || true)
  rm -f "$output"
  local step_passed=0 step_failed=0
  if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
    step_passed=${BASH_REMATCH[1]}
    step_failed=${BASH_REMATCH[2]}
  fi
  # With a filter a step may well have nothing to do.
  local idle=0
  if [[ -n $filter && $line == "0 passed, 0 failed"* ]]; then idle=1; fi
  if ((!idle)) && { [[ -z $line ]] || ((step_failed == 0 && status != 0)); }; then
    printf '%s: ended with status %s\n' "$name" "$status"
    step_failed=$((step_failed + 1))
  fi
  passed=$((passed + step_passed))
  failed=$((failed + step_failed))
}

# What the filter leaves: a step whose name contains it (all, without a filter).
wanted() { [[ -z $filter || $1 == *"$filter"* ]]; }

build_all() {
  if build "$preset"; then printf '1 passed, 0 failed\n'; else printf '0 passed, 1 failed\n'; fi
}

check_format() {
  local good=0 bad=0 file
  while read -r file; do
    if clang-format --dry-run -Werror "$file" >/dev/null 2>&1; then
      good=$((good + 1))
    else
      bad=$((bad + 1))
      printf 'not formatted: %s\n' "${file#"$here"/}"
    fi
  done < <(sources)
  printf '%d passed, %d failed\n' "$good" "$bad"
}

check_layers() {
  if /usr/bin/python3 "$here/tools/lib/check_layers.py"; then
    printf '1 passed, 0 failed\n'
  else
    printf '0 passed, 1 failed\n'
  fi
}

# unit PROGRAM: runs a GoogleTest program and counts its cases; a crash fails the case it stopped at.
unit() {
  local log good=0 bad=0 status=0
  log=$(mktemp)
  "$1" --gtest_brief=1 ${filter:+"--gtest_filter=*$filter*"} >"$log" 2>&1 || status=$?
  good=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) tests?\..*/\1/p' "$log" | tail -n 1)
  bad=$(grep -oE '^\[  FAILED  \] [A-Za-z_/0-9]+\.[A-Za-z_/0-9]+' "$log" | sort -u | wc -l)
  if ((status != 0)); then
    cat "$log"
    if ((bad == 0)); then bad=1; fi
  fi
  rm -f "$log"
  printf '%d passed, %d failed\n' "${good:-0}" "$bad"
}

unit_steps() {
  local program
  for program in "$here/build/$preset"/bin/*_test; do
    [[ -x $program ]] || continue
    step "unit tests: $(basename "$program")" unit "$program"
  done
}

script_steps() {
  local script name
  for script in "$here"/tests/*/run "$here"/tests/*/run.py; do
    name=${script#"$here"/}
    if [[ -x $script ]] && wanted "$name"; then
      step "$name" "$script" --server "$here/build/$preset/bin/basalt-server"
    fi
  done
}

# A short run of the fuzzers over the corpus that is committed; new inputs go to a scratch folder.
fuzz() {
  local scratch status=0
  scratch=$(mktemp -d)
  if build fuzz request_parser_fuzz; then
    "$here/build/fuzz/bin/request_parser_fuzz" -max_total_time=10 -verbosity=0 -print_final_stats=1 \
      "$scratch" "$here/tests/fuzz/request_parser" 2>&1 | tail -n 5 || status=1
  else
    status=1
  fi
  rm -rf "$scratch"
  if ((status == 0)); then printf '1 passed, 0 failed\n'; else printf '0 passed, 1 failed\n'; fi
}

# The whole-server tests of what threads share, for ThreadSanitizer.
tsan_scripts=(bank clients pubsub tls tracking)

# reports FOLDER: what ThreadSanitizer wrote; each different one fails, with its text.
reports() {
  local report bad=0
  local -A seen=()
  for report in "$1"/*; do
    [[ -e $report ]] || continue
    local summary
    summary=$(grep -h '^SUMMARY' "$report" | sort -u)
    [[ -z ${seen[$summary]:-} ]] || continue
    seen[$summary]=1
    bad=$((bad + $(wc -l <<<"$summary")))
    cat "$report"
  done
  if ((bad == 0)); then printf '1 passed, 0 failed\n'; else printf '0 passed, %d failed\n' "$bad"; fi
}

# Under a sanitizer: the unit tests, and the transcripts on Basalt alone. A report of AddressSanitizer ends the program
# that made it, which fails its test; those of ThreadSanitizer are gathered, so that one run shows them all.
run_sanitized_steps() {
  preset=$1
  filter=$2
  local server=$here/build/$preset/bin/basalt-server folder name
  folder=$(mktemp -d)
  # Leaks are not looked for: glog and RocksDB keep what lives as long as the process.
  export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS="suppressions=$here/tests/tsan.supp log_path=$folder/report exitcode=0 history_size=4"
  step "build" build_all
  if ((failed == 0)); then
    passed=0
    unit_steps
    step "transcripts" "$here/tests/run_cases.py" --filter "$filter" --oracle '' --server "$server"
    if [[ $preset == tsan ]]; then
      for name in "${tsan_scripts[@]}"; do
        if wanted "tests/$name/run.py"; then step "tests/$name/run.py" "$here/tests/$name/run.py" --server "$server"; fi
      done
      step "reports of ThreadSanitizer" reports "$folder"
    fi
  fi
  rm -rf "$folder"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0 && passed > 0))
}

run_all_steps() {
  filter=$1
  step "build" build_all
  if ((failed == 0)); then
    # The build is what the tests stand on; it is not one of them.
    passed=0
    if [[ -z $filter ]]; then
      step "format" check_format
      step "layers" check_layers
    fi
    unit_steps
    step "transcripts" "$here/tests/run_cases.py" --filter "$filter"
    script_steps
    if wanted fuzz; then step "fuzz" fuzz; fi
  fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0 && passed > 0))
}
