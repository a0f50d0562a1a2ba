//! Log lines, written and read.

use std::fs;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::golden::harness::{Stage, sync, text};

/// 200 calls of which one in ten fails, beside ten events.
fn stage() -> Stage {
    let body = format!(
        "duration: 1 min\ndrain: 10 min\nfunctions:\n  f: {{ init: 100 ms, duration: {{ lognormal: {{ median: 80 ms, p99: 300 ms }} }}, error_rate: 10 % }}\ntraffic:\n{}{}",
        sync("calls", "f", "constant: 200/min"),
        "  events: { to: f, invocation_type: Event, arrivals: { constant: 10/min } }\n"
    );
    Stage::new(&body)
}

#[test]
fn every_finished_invocation_has_one_start_end_and_report_in_order_of_time() {
    let stage = stage();
    let output = stage.call_run(&["--quiet", "--emit-logs", "lines.log"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = fs::read_to_string(stage.path("lines.log")).expect("the lines");
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(stage.path("out/summary.json")).expect("a summary")).expect("JSON");
    let total = |name: &str| summary["totals"][name].as_u64().expect("a count") as usize;
    let with = |word: &str| lines.lines().filter(|line| line.contains(word)).count();
    // All retries are over before the drain is.
    let finished = total("Invocations");
    for word in [" START RequestId: ", " END RequestId: ", " REPORT RequestId: "] {
        assert_eq!(with(word), finished, "{word}");
    }
    assert_eq!(with("Status: error"), total("Errors"));
    assert_eq!(with("Init Duration: 100.00 ms"), total("cold_starts"));
    let instants: Vec<&str> = lines.lines().map(|line| &line[..24]).collect();
    assert!(instants.is_sorted());
}

#[test]
fn lines_are_compressed_by_name_and_are_the_same_each_time() {
    let stage = stage();
    for file in ["a.log", "b.log.gz"] {
        let output = stage.call_run(&["--quiet", "--emit-logs", file]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let mut unpacked = String::new();
    let packed = fs::File::open(stage.path("b.log.gz")).expect("the file");
    MultiGzDecoder::new(packed).read_to_string(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, fs::read_to_string(stage.path("a.log")).expect("the file"));
}

#[test]
fn a_file_that_is_there_is_left_alone_and_several_scenarios_are_refused() {
    let stage = stage();
    stage.write("lines.log", "mine");
    let output = stage.call_run(&["--quiet", "--emit-logs", "lines.log"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("lines.log exists and is left as it is"));
    assert_eq!(fs::read_to_string(stage.path("lines.log")).expect("the file"), "mine");
    let output = stage.call(&["run", "golden.yaml", "golden.yaml", "--emit-logs", "more.log"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("one scenario"));
    assert!(!stage.path("more.log").exists());
}
