//! The command line around a run: options, exit codes, the run folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::harness::{Stage, assert_code, sync, text};

/// Some load with chance in it.
fn load(extra: &str) -> Stage {
    Stage::new(&format!(
        "{extra}duration: 60 s
functions: {{ f: {{ duration: {{ exponential: 20 ms }}, error_rate: 5 %, reserved_concurrent_executions: 3 }} }}
traffic:\n{}",
        sync("callers", "f", "poisson: 100/s")
    ))
}

fn fingerprint(stage: Stage, arguments: &[&str]) -> (Value, Value) {
    let run = stage.run(arguments);
    (run.value("seed").clone(), run.value("fingerprint").clone())
}

#[test]
fn the_seed_decides_the_run_wherever_it_is_given() {
    let in_file = fingerprint(load("seed: 7\n"), &[]);
    assert_eq!(in_file.0, 7);
    assert_eq!(in_file, fingerprint(load(""), &["--seed", "7"]));
    assert_eq!(
        in_file,
        fingerprint(load("seed: 9\n"), &["--seed", "7"]),
        "the option wins"
    );
    let other = fingerprint(load(""), &["--seed", "8"]);
    assert_ne!(in_file.1, other.1);
    assert_eq!(fingerprint(load(""), &[]).0, 0, "the default");
}

#[test]
fn set_changes_values_of_the_file() {
    let calm = load("").run(&[
        "--set",
        "functions.f.error_rate=0 %",
        "--set",
        "functions.f.reserved_concurrent_executions=900",
    ]);
    calm.assert_counts("totals", &[("Errors", 0), ("Throttles", 0)]);
    let stormy = load("").run(&["--set", "functions.f.error_rate=100 %"]);
    stormy.assert_counts("totals", &[("succeeded", 0)]);
    assert!(
        stormy.number("totals/Throttles") > 0.0,
        "three at a time are too few for 100/s of 20 ms"
    );
}

#[test]
fn set_of_an_unknown_key_or_a_wrong_value_is_a_usage_error() {
    for argument in [
        "functions.f.error_rat=1 %",
        "functions.f.error_rate=many",
        "functions.f.memory_size",
    ] {
        let stage = load("");
        let output = stage.call_run(&["--set", argument]);
        assert_code(&output, 2);
        assert!(!stage.path("out").exists(), "{argument} leaves no run folder");
        assert!(!output.stderr.is_empty(), "{argument} is explained");
    }
}

#[test]
fn json_prints_the_summary_that_the_folder_holds() {
    let stage = load("");
    let output = stage.call_run(&["--json"]);
    assert_code(&output, 0);
    let printed: Value = serde_json::from_slice(&output.stdout).expect("standard output is JSON alone");
    let written = fs::read_to_string(stage.path("out/summary.json")).expect("summary.json");
    assert_eq!(printed, serde_json::from_str::<Value>(&written).expect("JSON"));
}

#[test]
fn quiet_prints_nothing_and_otherwise_results_go_to_standard_output() {
    let output = load("").call_run(&["--quiet"]);
    assert_code(&output, 0);
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        (String::new(), String::new())
    );
    let output = load("").call_run(&[]);
    assert_code(&output, 0);
    assert!(
        text(&output.stdout).contains("Throttles"),
        "a table: {}",
        text(&output.stdout)
    );
}

#[test]
fn expectations_that_hold_end_with_0() {
    let run =
        load("expect: [ functions.f.Invocations > 1000, \"totals.dropped == 0\", functions.f.Duration.p50 <= 1 s ]\n")
            .run(&[]);
    let verdicts: Vec<Value> = run.value("expect").as_array().expect("a list").clone();
    let ok: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["ok"]).collect();
    assert_eq!(ok, [true, true, true]);
    assert_eq!(
        verdicts[0]["value"].as_f64(),
        Some(run.number("functions/f/Invocations"))
    );
    assert_eq!(verdicts[0]["text"], "functions.f.Invocations > 1000");
}

#[test]
fn an_expectation_that_fails_ends_with_1_and_a_run_folder() {
    let run = load("expect: [ functions.f.Throttles == 0, totals.arrivals > 0 ]\n").run_to(1, &[]);
    let ok: Vec<&Value> = run
        .value("expect")
        .as_array()
        .expect("a list")
        .iter()
        .map(|verdict| &verdict["ok"])
        .collect();
    assert_eq!(ok, [false, true]);
    assert_eq!(
        run.value("expect/0/value").as_f64(),
        Some(run.number("functions/f/Throttles"))
    );
}

#[test]
fn all_problems_of_a_scenario_are_shown_at_once_with_their_places() {
    let message = Stage::new(
        "duration: 10 s
functions:
  f: { duration: 1 s, timeuot: 3 s }
  g: { duration: 1 s, timeout: 901 s }
traffic:
  t: { to: h, arrivals: { constant: 1/s } }
",
    )
    .refused();
    // Four lines of prelude come first.
    for part in ["golden.yaml:7:", "timeout", "golden.yaml:8:", "901", "golden.yaml:10:"] {
        assert!(message.contains(part), "no \"{part}\" in: {message}");
    }
}

#[test]
fn wrong_arguments_end_with_2() {
    for arguments in [
        &["run"][..],
        &["run", "golden.yaml", "--sed", "7"],
        &["simulate", "golden.yaml"],
    ] {
        assert_code(&load("").call(arguments), 2);
    }
}

#[test]
fn a_foreign_folder_is_left_alone_and_ends_with_3() {
    let stage = load("");
    fs::create_dir(stage.path("out")).expect("a folder");
    stage.write("out/thesis.txt", "years of work");
    let output = stage.call_run(&[]);
    assert_code(&output, 3);
    assert_eq!(files(&stage.path("out")).len(), 1);
    assert_eq!(
        fs::read_to_string(stage.path("out/thesis.txt")).expect("it is still there"),
        "years of work"
    );
}

#[test]
fn a_missing_scenario_file_is_refused_and_nothing_is_written() {
    let stage = load("");
    let output = stage.call(&["run", "nowhere.yaml", "--out", "out"]);
    assert!(matches!(output.status.code(), Some(2 | 3)), "{:?}", output.status);
    assert!(text(&output.stderr).contains("nowhere.yaml"));
    assert!(!stage.path("out").exists());
}

#[test]
fn validate_runs_nothing_and_ends_with_0_or_2() {
    let stage = load("");
    assert_code(&stage.call(&["validate", "golden.yaml"]), 0);
    assert_eq!(files(&stage.path(".")).len(), 1, "only the scenario is there");
    let wrong = load("functoins: {}\n");
    let output = wrong.call(&["validate", "golden.yaml"]);
    assert_code(&output, 2);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(said.contains("golden.yaml:5:1") && said.contains("functions"), "{said}");
}

/// The content of all files below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(
                path.display().to_string(),
                fs::read(&path).expect("the file can be read"),
            );
        }
    }
    found
}

#[test]
fn a_run_folder_holds_what_the_contract_lists_and_is_replaced_byte_by_byte() {
    let stage = load("");
    let run_whole = || {
        let arguments = ["run", "golden.yaml", "--out", "out", "--records", "--quiet"];
        assert_code(&stage.call(&arguments), 0);
        files(&stage.path("out"))
    };
    let first = run_whole();
    let fixed = [
        "summary.json",
        "report.html",
        "metrics.csv",
        "latency.csv",
        "throttles.csv",
        "cost.csv",
        "records.parquet",
        "notebook.ipynb",
    ];
    for name in fixed {
        assert!(stage.path("out").join(name).is_file(), "{name}");
    }
    assert!(first.keys().any(|name| name.ends_with(".svg")) && first.keys().any(|name| name.ends_with(".png")));
    let second = run_whole();
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(second[name] == *bytes, "{name} differs between two runs");
    }
    let here = stage.path(".").canonicalize().expect("a path").display().to_string();
    let told = first.iter().find(|(_, bytes)| text(bytes).contains(&here));
    assert_eq!(told.map(|(name, _)| name), None, "no path of the machine in the folder");
}
