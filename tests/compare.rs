//! Comparisons through the binary: differences that follow from arithmetic, folders that say the same as their scenarios, and
//! what cannot be compared.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::documents::problems;

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");
/// 600 calls, evenly spaced, of 100 ms each.
const EVEN: &str = "duration: 1 min\nfunctions:\n  api: { memory_size: 1024, init: 0 s, duration: 100 ms }\ntraffic:\n  users: { to: \
                    api, arrivals: { constant: 10/s } }\n";
/// About 200 calls of about 100 ms each.
const LUCK: &str = "seed: 5\nduration: 20 s\nparameters: { placement: 0 s, overhead: 0 s }\nfunctions:\n  api: { memory_size: 1024, \
                    init: 0 s, duration: { exponential: 100 ms } }\ntraffic:\n  users: { to: api, arrivals: { poisson: 10/s } }\n";

struct Stage(TempDir);

impl Stage {
    /// A folder with `a.yaml`, and `b.yaml`, which includes it and says `change`.
    fn new(scenario: &str, change: &str) -> Stage {
        let stage = Stage(tempfile::tempdir().expect("a folder"));
        stage.write("a.yaml", scenario);
        stage.write("b.yaml", &format!("include: a.yaml\n{change}\n"));
        stage
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).expect("it is there")
    }

    fn call(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        let output = command.current_dir(self.0.path()).args(arguments).output();
        output.expect("the program starts")
    }

    #[track_caller]
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.call(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [&["compare"], arguments, &["--json"]].concat();
        serde_json::from_str(&self.prints(&arguments)).expect("JSON")
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let output = self.call(&[&["compare"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        words
            .iter()
            .for_each(|words| assert!(said.contains(words), "{words}\n{said}"));
        assert!(output.stdout.is_empty());
    }
}

/// A metric of the first comparison.
#[track_caller]
fn metric<'v>(compared: &'v Value, path: &str) -> &'v Value {
    let metrics = compared["comparisons"][0]["metrics"].as_array().expect("metrics");
    metrics
        .iter()
        .find(|metric| metric["metric"] == path)
        .unwrap_or_else(|| panic!("{path}"))
}

#[test]
fn half_the_memory_costs_what_arithmetic_says_and_what_changed_is_told_first() {
    let stage = Stage::new(EVEN, "functions: { api: { memory_size: 512 } }");
    let arguments = ["compare", "a.yaml", "b.yaml", "--replications", "2", "--out", "out"];
    let told = stage.prints(&arguments);
    // 600 requests at $0.20 a million; 60 s of 1 GB and of 0.5 GB at $0.0000166667 a GB-second.
    let (base, other): (f64, f64) = (0.000_12 + 0.001_000_002, 0.000_12 + 0.000_500_001);
    let share = (base - other) / base;
    assert!((share - 0.4464).abs() < 1e-4);
    let place = |words: &str| told.find(words).unwrap_or_else(|| panic!("{words}\n{told}"));
    assert!(
        place("functions.api.memory_size: 1024 → 512") < place("B costs 44.6 % less"),
        "{told}"
    );
    let problems = problems(&stage.0.path().join("out"));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let json: Value = serde_json::from_str(&stage.read("out/compare.json")).expect("JSON");
    let cost = metric(&json, "cost.total");
    for (key, value) in [("base", base), ("other", other)] {
        assert!((cost[key].as_f64().unwrap() - value).abs() < 1e-9, "{cost}");
    }
    for end in ["mean", "low", "high"] {
        assert!((cost["relative"][end].as_f64().unwrap() + share).abs() < 1e-8, "{cost}");
    }
    assert_eq!(metric(&json, "totals.arrivals")["verdict"], "same");
    let rows = stage.read("out/compare.csv");
    let row = rows
        .lines()
        .find(|row| row.starts_with("A,B,cost.total,"))
        .expect("a row");
    assert!(row.ends_with(",2,less"), "{row}");
    assert!(stage.read("out/compare.svg").contains("cost of the run"));
    assert!(
        fs::metadata(stage.0.path().join("out/compare.png"))
            .expect("a picture")
            .len()
            > 1_000
    );
}

#[test]
fn common_random_numbers_find_what_luck_would_hide() {
    // One part in 1,024 more memory: the bill of a run varies by a tenth from run to run.
    let stage = Stage::new(LUCK, "functions: { api: { memory_size: 1025 } }");
    let json = stage.json(&["a.yaml", "b.yaml", "--replications", "5", "--metric", "cost.total"]);
    let cost = metric(&json, "cost.total");
    assert_eq!(cost["verdict"], "more", "{cost}");
    assert!(cost["variance_reduction"].as_f64().unwrap() > 0.99, "{cost}");
    // Exponential durations rounded up to 1 ms are 1 / (1 - exp(-1/100)) = 100.5 ms in the mean, of which a request costs
    // $1.675e-6 at 1 GB, and $0.2e-6 beside it: 1,675 / 1,875 of 1 / 1,024 more.
    let expected = 1.675 / 1.875 / 1_024.0;
    let [low, high] = ["low", "high"].map(|end| cost["relative"][end].as_f64().unwrap());
    assert!(low - 1e-4 < expected && expected < high + 1e-4, "{expected}: {cost}");
    let (one, again) = (
        json,
        stage.json(&[
            "a.yaml",
            "b.yaml",
            "--replications",
            "5",
            "--metric",
            "cost.total",
            "--threads",
            "3",
        ]),
    );
    assert_eq!(one, again, "the number of threads does not matter");
}

#[test]
fn folders_with_replications_say_the_same_as_their_scenarios() {
    let stage = Stage::new(LUCK, "functions: { api: { duration: { exponential: 110 ms } } }");
    for (file, out) in [("a.yaml", "one"), ("b.yaml", "other")] {
        stage.prints(&["run", file, "--out", out, "--replications", "4", "--no-plots"]);
    }
    let scenarios = stage.json(&["a.yaml", "b.yaml", "--replications", "4"]);
    for sides in [["one", "other"], ["a.yaml", "other"], ["one", "b.yaml"]] {
        let folders = stage.json(&[&sides[..], &["--replications", "9"]].concat());
        let (found, expected) = (&folders["comparisons"][0], &scenarios["comparisons"][0]);
        assert_eq!(found["metrics"], expected["metrics"], "{sides:?}");
        assert_eq!(
            found["changes"], expected["changes"],
            "{sides:?}: a folder carries what it ran"
        );
        assert_eq!(found["remarks"], serde_json::json!([]), "{sides:?}");
    }
    let change = &scenarios["comparisons"][0]["changes"];
    assert_eq!(change[0]["path"], "functions.api.duration.exponential");
    assert_eq!(
        (&change[0]["base"], &change[0]["other"]),
        (&"100 ms".into(), &"110 ms".into())
    );
    // Kept of the first run alone.
    let arguments = ["compare", "one", "other", "--metric", "functions.api.latency.p90"];
    let told = stage.prints(&arguments);
    assert!(
        told.contains("A keeps only the first run's functions.api.latency.p90"),
        "{told}"
    );
}

#[test]
fn single_runs_have_no_intervals_and_other_seeds_no_pairs() {
    let stage = Stage::new(LUCK, "seed: 9");
    for (file, out) in [("a.yaml", "one"), ("b.yaml", "other")] {
        stage.prints(&["run", file, "--out", out, "--no-plots"]);
    }
    let folders = stage.json(&["one", "other"]);
    let comparison = &folders["comparisons"][0];
    assert_eq!(comparison["paired"], false);
    let remarks = comparison["remarks"].to_string();
    assert!(
        remarks.contains("the seeds are 5 and 9") && remarks.contains("A is a single run"),
        "{remarks}"
    );
    assert_eq!(metric(&folders, "cost.total")["difference"]["low"], Value::Null);
    // Scenarios are given the seed of the first: these two differ in nothing else.
    let scenarios = stage.json(&["a.yaml", "b.yaml", "--replications", "2"]);
    assert_eq!(scenarios["comparisons"][0]["changes"], serde_json::json!([]));
    let metrics = scenarios["comparisons"][0]["metrics"].as_array().expect("metrics");
    assert!(metrics.iter().all(|metric| metric["verdict"] == "same"), "{scenarios}");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let stage = Stage::new(EVEN, "functions: { api: { memory_sise: 512 } }");
    stage.refuses(&["a.yaml"], 2, &["a.yaml alone", "include: [a.yaml]"]);
    stage.refuses(&["a.yaml", "./a.yaml"], 2, &["named twice"]);
    stage.refuses(&["a.yaml", "b.yaml"], 2, &["b.yaml:2:21", "memory_size"]);
    stage.refuses(&["a.yaml", "none.yaml"], 3, &["none.yaml"]);
    stage.write("c.yaml", &EVEN.replace("1024", "512"));
    stage.refuses(
        &["a.yaml", "c.yaml", "--metric", "totals.Throtles"],
        2,
        &["did you mean totals.Throttles?"],
    );
    stage.write("kept/mine.txt", "");
    stage.refuses(&["a.yaml", "c.yaml", "--out", "kept"], 3, &["kept exists"]);
    stage.refuses(&["a.yaml", "kept"], 2, &["kept is no run folder"]);
    stage.write(
        "kept/summary.json",
        "{\"scenario\": \"x\", \"seed\": 1, \"version\": \"0.0.1\"}",
    );
    stage.refuses(&["a.yaml", "kept"], 2, &["was run by version 0.0.1"]);
    stage.write("kept/summary.json", "{\"scenario\": ");
    stage.refuses(&["a.yaml", "kept"], 2, &["kept/summary.json"]);
}
