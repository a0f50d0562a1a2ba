#!/usr/bin/env python3
"""Breaks every rule of the modules of .cargo/mutants.toml as cargo-mutants would, one at a time, and counts what the tests notice.

    .ci/mutation_score.py [--shard K/N] [--only TEXT] [--out FILE] [--again]

cargo-mutants builds the project for each of two thousand mutations. Here all of them are in one build: each function begins with its
broken twins, and the environment names the one that is in force. A first round tells which test reaches which mutation; then each
mutation meets the tests that reach it, the shortest first, until one fails. FILE (target/mutation_score.csv) holds a line for each.
"""
import argparse
import collections
import concurrent.futures
import csv
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import time

TREE = pathlib.Path("target/mutation_score")
BUILT = pathlib.Path("target/mutation_score.json")
# A mutation that makes a loop endless must not take the machine with it.
MEMORY = 4 << 30
LONGEST_TEST = 20
# Data cases are one test for cargo, and here one for each, named after an @.
ALL_CASES = "cases::every_case_comes_out_as_its_rules_say_in_files_as_published"
# Seconds after which a mutation that no test has noticed counts as missed.
ALL_TESTS_OF_ONE = 60

SWITCH = """
#[doc(hidden)]
#[allow(missing_docs)]
pub mod mutation {
    use std::io::Write;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicBool, Ordering};
    static CHOSEN: LazyLock<usize> = LazyLock::new(|| std::env::var("MUTATION").map_or(usize::MAX, |text| text.parse().unwrap()));
    static TRACE: LazyLock<Option<std::ffi::OsString>> = LazyLock::new(|| std::env::var_os("MUTATION_TRACE"));
    static REACHED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
    pub fn is(index: usize) -> bool {
        if let Some(path) = &*TRACE && !REACHED[index].swap(true, Ordering::Relaxed) {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
            file.write_all(format!("{index}\\n").as_bytes()).unwrap();
        }
        *CHOSEN == index
    }
}
"""


def run(command, **options):
    return subprocess.run(command, check=True, text=True, **options)


def offset(starts, place):
    """Byte of a line and column, both from one; columns count characters."""
    line, column = place["line"], place["column"]
    return starts[line - 1] + column - 1


def line_starts(text):
    return [0] + [match.end() for match in re.finditer("\n", text)]


TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|b?"(?:\\.|[^"\\])*"|r#*".*?"#*|\'(?:\\.[^\']*|[^\\\'])\'|[{}]', re.S)


def body_of(text, start, end):
    """The place behind the brace that the function's last brace closes."""
    open_braces, pairs = [], {}
    for token in TOKENS.finditer(text, start, end):
        if token.group() == "{":
            open_braces.append(token.end())
        elif token.group() == "}":
            pairs[token.end()] = open_braces.pop()
    return pairs[end]


def with_twins(path, mutations):
    """The source in which each function begins with its broken twins, and the mutation of each line of it."""
    text = path.read_text()
    starts = line_starts(text)
    twins = collections.defaultdict(list)
    for index, mutation in mutations:
        function = mutation["function"]["span"]
        end = offset(starts, function["end"])
        body = body_of(text, offset(starts, function["start"]), end)
        first, last = offset(starts, mutation["span"]["start"]), offset(starts, mutation["span"]["end"])
        broken = text[body:first] + mutation["replacement"] + text[last : end - 1]
        twins[body].append((index, broken))
    made, place = [], 0
    for body in sorted(twins):
        made.append((None, text[place:body]))
        made += [(index, f"\nif crate::mutation::is({index}) {{ return {{{broken}}}; }}\n") for index, broken in twins[body]]
        place = body
    made.append((None, text[place:]))
    lines, whole = {}, ""
    for index, piece in made:
        if index is not None:
            first = whole.count("\n") + 1
            lines.update({line: index for line in range(first, first + piece.count("\n") + 1)})
        whole += piece
    path.write_text(whole)
    return lines


def blame(span, lines, mutations):
    """The mutation that an error stands in; behind them, in the function itself, all twins of the function."""
    its = lines.get(span["file_name"], {})
    line = span["line_start"]
    if line in its:
        return {its[line]}
    before = max((other for other in its if other < line), default=None)
    if before is None:
        return set()
    function = mutations[its[before]]["function"]
    return {index for index in its.values() if mutations[index]["function"] == function}


def build(mutations):
    """Test programs of a copy with all mutations but those that do not compile, and the latter."""
    unviable = set()
    while True:
        run(["git", "-C", TREE, "checkout", "--quiet", "--", "src"])
        by_file = collections.defaultdict(list)
        for index, mutation in enumerate(mutations):
            if index not in unviable and mutation["function"]:
                by_file[mutation["file"]].append((index, mutation))
        lines = {file: with_twins(TREE / file, there) for file, there in by_file.items()}
        with open(TREE / "src/lib.rs", "a") as file:
            file.write(SWITCH.replace("COUNT", str(len(mutations))))
        # In a folder of its own: cargo would take these programs for the project's.
        target = str((TREE / "target").resolve())
        tests = ["cargo", "test", "--no-run", "--lib", "--test", "tests", "--message-format", "json"]
        made = subprocess.run(tests, cwd=TREE, text=True, stdout=subprocess.PIPE, env=os.environ | {"CARGO_TARGET_DIR": target})
        messages = [json.loads(line) for line in made.stdout.splitlines() if line.startswith("{")]
        if made.returncode == 0:
            programs = [message["executable"] for message in messages if message.get("profile", {}).get("test") and message["executable"]]
            return programs, unviable
        errors = [message["message"] for message in messages if message["reason"] == "compiler-message"]
        errors = [message for message in errors if message["level"] == "error"]
        blamed = [blame(span, lines, mutations) for message in errors for span in message["spans"]]
        broken = {index for there in blamed for index in there}
        if not broken - unviable:
            sys.exit("the mutations do not compile, and no error names one of them:\n" + "".join(error["rendered"] for error in errors))
        print(f"{len(broken - unviable)} mutations do not compile", flush=True)
        unviable |= broken


def prepare():
    """Builds the last commit with its mutations, and notes what came of it."""
    listed = run(["cargo", "mutants", "--list", "--json"], stdout=subprocess.PIPE).stdout
    if not TREE.exists():
        run(["git", "clone", "--quiet", ".", TREE])
    commit = run(["git", "rev-parse", "HEAD"], stdout=subprocess.PIPE).stdout.strip()
    run(["git", "-C", TREE, "fetch", "--quiet", "origin"])
    run(["git", "-C", TREE, "checkout", "--quiet", "--force", "--detach", commit])
    mutations = json.loads(listed)
    programs, unviable = build(mutations)
    BUILT.write_text(json.dumps({"mutations": mutations, "programs": programs, "unviable": sorted(unviable)}))


def one(program, names, mutation=None, trace=None, limit=300):
    """Whether these tests pass, and the seconds they took."""
    variables = dict(os.environ)
    if mutation is not None:
        variables["MUTATION"] = str(mutation)
    if trace is not None:
        variables["MUTATION_TRACE"] = str(trace)
    began = time.monotonic()
    cases = [name.partition("@")[2] for name in names if "@" in name]
    if cases:
        variables["LAMBDASIM_CASES"] = ",".join(cases)
    names = sorted({name.partition("@")[0] for name in names})
    bounded = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    process = subprocess.Popen([program, "--exact", "--test-threads", "1", *names], cwd=TREE, env=variables, preexec_fn=bounded,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        passed = process.wait(timeout=limit) == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        passed = False
    return passed, time.monotonic() - began


def reached_by(programs, pool):
    """For each mutation the tests that reach it: (seconds, program, name)."""
    tests = []
    for program in programs:
        listed = run([program, "--list", "--format", "terse"], stdout=subprocess.PIPE, cwd=TREE).stdout
        ignored = run([program, "--list", "--format", "terse", "--ignored"], stdout=subprocess.PIPE, cwd=TREE).stdout.split("\n")
        names = [line.removesuffix(": test") for line in listed.split("\n") if line.endswith(": test") and line not in ignored]
        if ALL_CASES in names:
            names.remove(ALL_CASES)
            names += [f"{ALL_CASES}@{path.stem}" for path in sorted((TREE / "tests/cases").glob("*.yaml"))]
        tests += [(program, name) for name in names]
    traces = TREE / "target-traces"
    shutil.rmtree(traces, ignore_errors=True)
    traces.mkdir()

    def traced(number):
        program, name = tests[number]
        trace = (traces / str(number)).resolve()
        passed, seconds = one(program, [name], trace=trace, limit=LONGEST_TEST)
        return passed, seconds, trace.read_text().split() if trace.exists() else []

    reached = collections.defaultdict(list)
    for (program, name), (passed, seconds, there) in zip(tests, pool.map(traced, range(len(tests)))):
        if not passed:
            print(f"left out, long or failing without a mutation: {name}")
            continue
        for index in there:
            reached[int(index)].append((seconds, program, name))
    return reached


def verdict(index, tests):
    """How a mutation fares: caught, missed or unreached."""
    if not tests:
        return "unreached", ""
    tests = sorted(tests)
    spent, first, size = 0, 0, 4
    while first < len(tests) and spent < ALL_TESTS_OF_ONE:
        group = tests[first : first + size]
        for program in {program for _, program, _ in group}:
            names = [name for _, its, name in group if its == program]
            expected = sum(seconds for seconds, its, _ in group if its == program)
            passed, seconds = one(program, names, mutation=index, limit=20 + 10 * expected)
            spent += seconds
            if not passed:
                return "caught", names[0] if len(names) == 1 else f"{names[0]} or one of {len(names) - 1} more"
        first, size = first + size, size * 2
    return ("missed" if first >= len(tests) else "missed in time"), f"{min(first, len(tests))} of {len(tests)} tests"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--shard", default="0/1", help="every Nth mutation from the Kth on")
    parser.add_argument("--only", default="", help="mutations whose name contains this")
    parser.add_argument("--out", default="target/mutation_score.csv")
    parser.add_argument("--again", action="store_true", help="with the programs of the last build")
    arguments = parser.parse_args()
    os.chdir(pathlib.Path(__file__).resolve().parent.parent)
    if not arguments.again:
        prepare()
    built = json.loads(BUILT.read_text())
    mutations, programs, unviable = built["mutations"], built["programs"], set(built["unviable"])
    shard, shards = map(int, arguments.shard.split("/"))
    counts = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool, open(arguments.out, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["mutation", "outcome", "test"])
        reached = reached_by(programs, pool)
        tried = [index for index in range(shard, len(mutations), shards) if arguments.only in mutations[index]["name"]]
        for index in tried:
            if index in unviable:
                rows.writerow([mutations[index]["name"], "unviable", ""])
            elif not mutations[index]["function"]:
                rows.writerow([mutations[index]["name"], "not tried", "stands in a constant"])
        tried = [index for index in tried if index not in unviable and mutations[index]["function"]]
        for index, (outcome, test) in zip(tried, pool.map(lambda index: verdict(index, reached[index]), tried)):
            counts[outcome] += 1
            rows.writerow([mutations[index]["name"], outcome, test])
            file.flush()
            if outcome != "caught":
                print(f"{outcome}: {mutations[index]['name']}", flush=True)
    total = counts.total()
    print(f"{counts['caught']} of {total} mutations are noticed, {100 * counts['caught'] / max(total, 1):.1f} %; {dict(counts)}")


main()
