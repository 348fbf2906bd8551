#!/usr/bin/env bash
# Build the wheel, install it in a clean venv, and use it in another folder as a new user would.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=$(cd "$root" && command -v "${PYTHON:-python3}")
case $python in /*) ;; *) python=$root/$python ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work" "$root"
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$work"/*.whl
cd "$work"
export PATH="$work/venv/bin:$PATH"
coverage-check --version
coverage-check demo >demo.txt
grep -q "NOT DELIVERABLE" demo.txt
code=0
coverage-check check "Harg 12, 760 21 Vätö" --product mbb-4g --on 2025-11-01 --config demo --format json >harg.json || code=$?
[ "$code" = 1 ]
code=0
coverage-check check "Harg 12, 760 21 Vätö" --product mbb-4g >out.txt 2>err.txt || code=$?
[ "$code" = 4 ] && grep -q -- "--config demo" err.txt
if command -v cc >/dev/null; then
    python -c "import coverage_check.coverage._lookup, coverage_check.qualification._fill"
fi
python - <<'PY'
import json, coverage_check as cc
decision = cc.Decision.from_dict(json.load(open("harg.json")))
assert decision.verdict == "not_deliverable", decision.verdict
assert cc.Checker.from_config("demo").check(
    "Harg 12, 760 21 Vätö", product="mbb-4g", on=decision.as_of
).id == decision.id
PY
echo "wheel: works in a clean venv, in another folder"
