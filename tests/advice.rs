//! Advice that was tried: what changes would do is what they do.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::documents::problems;

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");
/// Ten calls a second of half a second each, five at once without luck, where two are reserved.
const TIGHT: &str = "duration: 1 min\nparameters: { placement: 0 s, overhead: 0 s }\nfunctions:\n  api: { memory_size: 512, init: 0 s, \
                     duration: 500 ms, reserved_concurrent_executions: 4 }\ntraffic:\n  users: { to: api, retry: { mode: none }, \
                     arrivals: { constant: 10/s } }\n";

fn run(scenario: &str, arguments: &[&str]) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("shop.yaml"), scenario).expect("a scenario");
    let output = Command::new(BINARY)
        .current_dir(folder.path())
        .args(["run", "shop.yaml", "--no-plots", "--out", "out"])
        .args(arguments)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).expect("text");
    (folder, told.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn json(folder: &Path, file: &str) -> Value {
    let text = fs::read_to_string(folder.join("out").join(file)).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_larger_reservation_is_tried_and_its_effect_is_that_of_the_change() {
    let (folder, told) = run(TIGHT, &[]);
    let advice = json(folder.path(), "advice.json");
    let found = &advice["throttling"][0];
    assert_eq!(
        (&found["cause"], &found["function"]),
        (&"reserved_concurrency".into(), &"api".into())
    );
    // Of ten calls a second four of five find a place.
    assert!(
        (found["before"]["function_throttled_share"].as_f64().unwrap() - 0.2).abs() < 0.01,
        "{found}"
    );
    let first = &found["tried"][0];
    assert_eq!(first["change"], "reserve 5 for api");
    assert_eq!(first["after"]["throttled_share"], 0.0);
    assert!(
        told.contains("reserve 5 for api throttles 0 % of the requests of api instead of"),
        "{told}"
    );
    // What the change does is what the scenario does with it.
    let changed = TIGHT.replace("reserved_concurrent_executions: 4", "reserved_concurrent_executions: 5");
    let (after, _) = run(&changed, &["--no-advice"]);
    let summary = json(after.path(), "summary.json");
    for (shown, path) in [
        ("p99", "/functions/api/latency/p99"),
        ("monthly_estimate", "/cost/monthly_estimate"),
    ] {
        let (shown, real) = (
            first["after"][shown].as_f64().unwrap(),
            summary.pointer(path).unwrap().as_f64().unwrap(),
        );
        assert!((shown - real).abs() < 1e-6, "{path}: {shown}, {real}");
    }
    assert_eq!(problems(&folder.path().join("out")), Vec::<String>::new());
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("What would help") && page.contains("reserve 5 for api"));
}

#[test]
fn a_change_that_the_scenario_refuses_is_told_as_impossible() {
    // Of 104 the reservation leaves 100 unreserved: not one more (CONC-4).
    let scenario = TIGHT.replace("functions:\n", "account: { concurrent_executions: 104 }\nfunctions:\n");
    let (folder, _) = run(&scenario, &["--quiet"]);
    let advice = json(folder.path(), "advice.json");
    assert_eq!(advice["throttling"][0]["tried"][0]["after"], Value::Null);
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("not possible here"));
}

#[test]
fn the_multiple_at_which_the_first_limit_breaks_is_found() {
    // Five at once now, eight allowed: at 1.6 times eight, at 1.7 times more.
    let scenario = TIGHT.replace("reserved_concurrent_executions: 4", "reserved_concurrent_executions: 8");
    let (folder, told) = run(&scenario, &[]);
    let multiple = &json(folder.path(), "advice.json")["traffic_multiple"];
    assert_eq!(
        (multiple["bears"].as_f64(), multiple["breaks"].as_f64()),
        (Some(1.6), Some(1.7)),
        "{multiple}"
    );
    assert_eq!(multiple["cause"], "reserved_concurrency");
    assert!(
        told.contains("With 1.6 times all traffic nothing is refused; with 1.7 times reserved"),
        "{told}"
    );
    // With four allowed the traffic has to be less: 0.8 times.
    let (folder, _) = run(TIGHT, &["--quiet"]);
    let multiple = &json(folder.path(), "advice.json")["traffic_multiple"];
    assert_eq!(
        (multiple["bears"].as_f64(), multiple["breaks"].as_f64()),
        (Some(0.8), Some(0.85)),
        "{multiple}"
    );
}

#[test]
fn advice_depends_on_no_thread_changes_no_other_file_and_can_be_left_out() {
    let (one, _) = run(TIGHT, &["--threads", "1", "--quiet"]);
    let (many, _) = run(TIGHT, &["--threads", "4", "--quiet"]);
    let (without, _) = run(TIGHT, &["--no-advice", "--quiet"]);
    let read = |folder: &TempDir, file: &str| fs::read(folder.path().join("out").join(file)).ok();
    for file in ["advice.json", "report.html", "summary.json"] {
        assert!(
            read(&one, file).is_some() && read(&one, file) == read(&many, file),
            "{file}"
        );
    }
    for file in [
        "summary.json",
        "metrics.csv",
        "cost.csv",
        "latency.csv",
        "notebook.ipynb",
    ] {
        assert!(read(&one, file) == read(&without, file), "{file}");
    }
    assert_eq!(read(&without, "advice.json"), None);
}

#[test]
fn sensitivity_tells_the_effect_of_each_assumption_in_play_and_of_no_other() {
    let scenario = "duration: 5 min\nfunctions:\n  api: { memory_size: 512, init: 500 ms, duration: 100 ms }\ntraffic:\n  users: { to: api, \
                    arrivals: { constant: 2/s } }\n";
    let (folder, _) = run(scenario, &["--sensitivity", "--no-advice", "--quiet"]);
    let found = json(folder.path(), "sensitivity.json");
    assert_eq!(problems(&folder.path().join("out")), Vec::<String>::new());
    let swings = found["assumptions"].as_array().unwrap();
    let swing = |name: &str| swings.iter().find(|swing| swing["parameter"] == name);
    let p99 = |value: &Value| value["effect"]["p99"].as_f64().unwrap();
    // Overhead is added to every answer: 100 ms, 108 ms as it is, 130 ms.
    let overhead = swing("overhead").unwrap();
    let base = found["base"]["p99"].as_f64().unwrap();
    assert!(
        (p99(&overhead["low"]) - 100.0).abs() < 0.2 && (p99(&overhead["high"]) - 130.0).abs() < 0.2,
        "{overhead}"
    );
    assert!((base - 108.0).abs() < 0.2 && overhead["matters"] == true);
    // Which of two warm environments serves is nothing that callers or the bill see.
    assert_eq!(swing("env_pick").unwrap()["matters"], false);
    for absent in ["sqs.ramp", "restore", "async.jitter", "rps.shape", "max_life"] {
        assert!(swing(absent).is_none(), "{absent}");
    }
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("What rests on assumptions"));
    let (without, _) = run(scenario, &["--quiet"]);
    assert!(!without.path().join("out/sensitivity.json").exists());
    let page = fs::read_to_string(without.path().join("out/report.html")).unwrap();
    assert!(!page.contains("What rests on assumptions"));
}

#[test]
fn a_large_run_is_not_repeated_unless_that_is_asked_for() {
    // 8,400 × 120 = 1,008,000 calls of a millisecond.
    let scenario = "duration: 2 min\nparameters: { placement: 0 s, overhead: 0 s }\nfunctions:\n  api: { memory_size: 512, init: 0 s, duration: 1 ms \
                    }\ntraffic:\n  users: { to: api, arrivals: { constant: 8400/s } }\n";
    let (folder, told) = run(scenario, &[]);
    assert!(!folder.path().join("out/advice.json").exists());
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    for text in [page, told] {
        assert!(text.contains("more than a million requests") && text.contains("lambdasim run --advice"));
    }
}

#[test]
fn a_run_of_thousands_of_functions_is_not_repeated_unless_that_is_asked_for() {
    let scenario = |functions: u32| {
        let names = 0..functions;
        let list: String = names
            .map(|number| format!("  f{number}: {{ init: 0 s, duration: 1 ms }}\n"))
            .collect();
        format!("duration: 1 s\nfunctions:\n{list}traffic:\n  users: {{ to: f0, arrivals: {{ at: [0 s] }} }}\n")
    };
    // With its single request 1,999 × 500 + 1 are below a million, 2,000 × 500 + 1 above it.
    let (few, _) = run(&scenario(1_999), &["--quiet"]);
    assert!(few.path().join("out/advice.json").exists());
    let (many, told) = run(&scenario(2_000), &[]);
    assert!(!many.path().join("out/advice.json").exists());
    assert!(told.contains("each further run of 2000 functions"), "{told}");
    assert!(told.contains("lambdasim run --advice"), "{told}");
}
