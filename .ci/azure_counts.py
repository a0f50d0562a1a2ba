"""Replays the Azure Functions 2019 sample and compares its invocations per function with a count of the file itself."""

import csv
import gzip
import json
import pathlib
import subprocess
import sys
from collections import Counter

binary, trace, out = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3])

expected = Counter()
with gzip.open(trace / "invocations.csv.gz", "rt", newline="") as rows:
    for row in csv.DictReader(rows):
        expected[row["HashFunction"]] += sum(int(count) for minute, count in row.items() if minute.isdigit())

out.parent.mkdir(parents=True, exist_ok=True)
scenario = out.parent / "azure.yaml"
scenario.write_text(
    "# Do eight hours of 500 real functions replay exactly?\n"
    "name: azure\n"
    "duration: 8 h\n"
    "account: { concurrent_executions: 10000 }\n"
    "defaults: { init: 250 ms }\n"
    f"traffic: {{ recorded: {{ arrivals: {{ azure: '{trace}' }} }} }}\n"
)
command = [binary, "run", str(scenario), "--allow-outside", "--no-plots", "--quiet", "--out", str(out)]
subprocess.run(command, check=True)

summary = json.loads((out / "summary.json").read_text())
found = Counter({name: function["arrivals"] for name, function in summary["functions"].items()})
wrong = {name: (found[name], count) for name, count in expected.items() if found[name] != count}
assert found == +expected or not wrong, f"functions with other counts: {wrong}"
assert summary["totals"]["arrivals"] == sum(expected.values())
print(f"{len(expected)} functions, {sum(expected.values()):,} invocations: the same counts")
