#!/bin/sh
# Every test; arguments are pytest's. Two processors are kept busy, and what must not wait does not:
# 1. the whole demo and a sabotaged one, whose gateways are held to latencies, go first and have the processors when they
#    want them;
# 2. after it, two at a time, what talks to servers, browsers and processes, and waits for them;
# 3. beside both, in what they leave, the tests that nothing hurries.
set -u
cd "$(dirname "$0")/.."
PYTEST="${PYTHON:-.venv/bin/python} -m pytest"
PAGES=$(find tests/workbench -maxdepth 1 -name 'test_*.py' ! -name test_jobs.py)
PATIENT="tests/lifecycle $PAGES tests/house tests/recipes tests/stats tests/criteria tests/bundle tests/surface tests/vocabulary tests/api
    tests/development/data tests/development/validation tests/design/prioritisation tests/design/requirements
    tests/docs/test_examples.py tests/docs/test_reference.py tests/docs/test_site.py
    tests/connectors/test_scaffold.py tests/connectors/test_tables.py tests/kernel/test_status.py
    tests/simulation/test_faults.py tests/simulation/test_plant.py tests/simulation/test_toollife.py
    tests/workbench/access tests/workbench/api tests/demo/test_check.py tests/operations/delivery/test_commands.py
    tests/serving/test_tensors.py tests/edge/test_pipeline.py tests/edge/test_drift.py"
NINEFOLD_ONCE=$(mktemp -d) # what takes long to make is made once for all
export NINEFOLD_ONCE
trap 'rm -rf "$NINEFOLD_ONCE"' EXIT
mkdir -p build
rm -f build/others.code
# shellcheck disable=SC2086 # the lists are words
$PYTEST --step-back -n 2 --dist loadscope $PATIENT "$@" > build/patient.log 2>&1 &
$PYTEST tests/timed "$@"
timed=$?
{
    $PYTEST -n 2 --dist loadscope --ignore tests/timed $(printf -- '--ignore %s ' $PATIENT) "$@"
    echo $? > build/others.code
} | tee build/others.log
wait $!
patient=$?
cat build/patient.log
grep "acceptance NOT RUN" build/others.log
# Arguments may leave a part without tests (5), but not all three.
case "$timed $(cat build/others.code) $patient" in
    "0 0 0") ;;
    "5 5 5" | *[!05\ ]*) exit 1 ;;
    *) [ $# -gt 0 ] ;;
esac
