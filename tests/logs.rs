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

/// The summary of a run of what was imported from these files, and what the import said.
fn run_imported(stage: &Stage, arguments: &[&str]) -> (serde_json::Value, String) {
    let output = stage.call(&[&["import", "logs"], arguments, &["--out", "imported.yaml"]].concat());
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    let output = stage.call(&[
        "run",
        "imported.yaml",
        "--out",
        "again",
        "--no-plots",
        "--json",
        "--progress",
        "never",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    fs::remove_file(stage.path("imported.yaml")).expect("the scenario");
    (serde_json::from_slice(&output.stdout).expect("JSON"), said)
}

/// 3,000 calls in ten minutes, half of them in the last two, with errors and timeouts.
fn varied() -> Stage {
    let body = format!(
        "duration: 10 min\nfunctions:\n  f: {{ init: {{ uniform: [100 ms, 200 ms] }}, timeout: 1 s, duration: {{ lognormal: {{ median: 80 ms, p99: 1200 ms }} }}, error_rate: 5 % }}\ntraffic:\n{}{}",
        sync("morning", "f", "poisson: 2.5/s"),
        "  noon: { to: f, retry: none, from: 8 min, arrivals: { poisson: 12.5/s } }\n"
    );
    let stage = Stage::new(&body);
    let output = stage.call_run(&["--quiet", "--emit-logs", "lines.log"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    stage
}

#[test]
fn a_run_its_log_lines_and_their_import_agree_within_sampling_error() {
    let stage = varied();
    let first: serde_json::Value =
        serde_json::from_slice(&fs::read(stage.path("out/summary.json")).expect("a summary")).expect("JSON");
    let (again, _) = run_imported(&stage, &["lines.log"]);
    let count = |summary: &serde_json::Value, name: &str| summary["totals"][name].as_f64().expect("a count");
    for name in ["Invocations", "Errors"] {
        let (before, after) = (count(&first, name), count(&again, name));
        // Two Poisson counts: six standard deviations of their difference.
        assert!(
            (before - after).abs() <= 6.0 * (2.0 * before).sqrt(),
            "{name}: {before}, again {after}"
        );
    }
    let duration =
        |summary: &serde_json::Value, name: &str| summary["functions"]["f"]["Duration"][name].as_f64().expect("ms");
    // ln of the durations has a standard deviation of 1.16; that of a median of n values is 1.25 times it / sqrt(n).
    let n = count(&first, "Invocations");
    for (name, spread) in [("p50", 1.25), ("p90", 1.71)] {
        let ratio = lambdasim::kernel::math::ln(duration(&again, name) / duration(&first, name)).abs();
        assert!(ratio <= 6.0 * 1.16 * spread * (2.0 / n).sqrt(), "{name}: {ratio}");
    }
    let scenario_rates = fs::read_to_string(stage.path("again/report.html")).expect("the report");
    assert!(scenario_rates.contains("poisson"), "the rates are part of the scenario");
}

#[test]
fn every_form_of_the_same_lines_gives_the_same_scenario() {
    let stage = varied();
    let lines = fs::read_to_string(stage.path("lines.log")).expect("the lines");
    let (mut events, mut table) = (Vec::new(), String::from("@timestamp,@log,@logStream,@message\n"));
    for line in lines.lines() {
        let [time, group, stream, message] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
            panic!("not in four parts: {line}")
        };
        let time = time.parse::<jiff::Timestamp>().expect("an instant");
        table += &format!(
            "{},{group},{stream},\"{message}\"\n",
            time.strftime("%Y-%m-%d %H:%M:%S%.3f")
        );
        events.push(serde_json::json!({
            "logStreamName": stream, "timestamp": time.as_millisecond(), "message": format!("{message}\n"), "eventId": "1",
        }));
    }
    let document = serde_json::json!({ "events": events, "searchedLogStreams": [] });
    stage.write("f.json", &format!("{document:#}"));
    stage.write("f.csv", &table);
    stage.write("f.blanks.log", &lines.replace('\t', "  "));
    let (plain, _) = run_imported(&stage, &["lines.log"]);
    for file in ["f.json", "f.csv", "f.blanks.log"] {
        let (other, _) = run_imported(&stage, &[file]);
        assert_eq!(plain["functions"], other["functions"], "{file}");
    }
}

#[test]
fn a_recorded_trace_repeats_every_invocation() {
    let stage = varied();
    let first: serde_json::Value =
        serde_json::from_slice(&fs::read(stage.path("out/summary.json")).expect("a summary")).expect("JSON");
    let (again, _) = run_imported(&stage, &["lines.log", "--trace", "arrivals.csv"]);
    let total = |summary: &serde_json::Value, name: &str| summary["totals"][name].as_u64().expect("a count");
    // What runs at the end has no REPORT.
    let finished = total(&first, "Invocations") - total(&first, "in_flight_at_end");
    assert_eq!(total(&again, "Invocations"), finished);
    assert_eq!(total(&again, "Errors"), total(&first, "Errors"));
}

#[test]
fn damaged_logs_are_used_as_far_as_they_go_and_told() {
    let stage = varied();
    let lines = fs::read(stage.path("lines.log")).expect("the lines");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &lines).expect("memory");
    let packed = packed.finish().expect("memory");
    fs::write(stage.path("cut.log.gz"), &packed[..packed.len() / 2]).expect("a file");
    let (_, said) = run_imported(&stage, &["cut.log.gz"]);
    assert!(
        said.contains("cut.log.gz:") && said.contains("the file cannot be read on"),
        "{said}"
    );
    let mut mixed = lines[..3_000].to_vec();
    mixed.extend_from_slice(b"\nbad \xff line\n{\"type\":\"platform.report\",\"record\":{\"requestId\":\"4\n");
    let number = mixed.iter().filter(|byte| **byte == b'\n').count();
    fs::write(stage.path("mixed.log"), &mixed).expect("a file");
    let (_, said) = run_imported(&stage, &["mixed.log"]);
    assert!(
        said.contains(&format!("mixed.log:{}: the line is not UTF-8", number - 1)),
        "{said}"
    );
    assert!(said.contains("the line is cut off or not to be understood"), "{said}");
}

#[test]
fn files_without_an_invocation_are_refused_with_what_they_hold() {
    let stage = stage();
    for (name, content, words) in [
        ("empty.log", "", "empty.log: no REPORT in this file"),
        ("other.log", "hello\nworld\n", "2 lines are those of applications"),
        (
            "half.json",
            "{\"events\": [{\"message\": \"RE",
            "half.json:1: the JSON is cut off or damaged",
        ),
    ] {
        stage.write(name, content);
        let output = stage.call(&["import", "logs", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = text(&output.stderr);
        assert!(
            said.contains(words) && said.contains("no invocation in these files"),
            "{said}"
        );
        assert!(output.stdout.is_empty());
    }
    let output = stage.call(&["import", "logs", "missing.log"]);
    assert_eq!(output.status.code(), Some(3));
}

/// Rows of a table as words.
fn rows(printed: &str) -> Vec<String> {
    printed
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn a_run_agrees_with_its_own_lines_metrics_and_bill() {
    let stage = stage();
    let output = stage.call_run(&["--quiet", "--emit-logs", "f.log"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let reconcile = |file: &str| {
        let output = stage.call(&["reconcile", "out", "--metrics", file]);
        assert!(output.status.success(), "{file}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(stage.path("out/summary.json")).expect("a summary")).expect("JSON");
    let total = |name: &str| summary["totals"][name].as_u64().expect("a count");
    for file in ["f.log", "out/metrics.csv"] {
        let rows = rows(&reconcile(file));
        for name in ["Invocations", "Errors"] {
            let row = format!("f {name} {0} {0} +0.0 %", total(name));
            assert!(rows.contains(&row), "{file} lacks {row}: {rows:#?}");
        }
    }
    assert!(reconcile("out/cost.csv").ends_with("Everything agrees.\n"));
}

#[test]
fn the_largest_difference_is_told_with_what_it_rests_on() {
    let stage = stage();
    assert!(stage.call_run(&["--quiet"]).status.success());
    let cost = fs::read_to_string(stage.path("out/cost.csv")).expect("a bill");
    let quantity = |usage: &str| {
        let row = cost
            .lines()
            .find(|line| line.contains(usage))
            .expect("a line of this usage");
        row.split(',')
            .nth(4)
            .expect("a quantity")
            .parse::<f64>()
            .expect("a number")
    };
    let bill = format!(
        "line_item_usage_type,line_item_usage_amount\nUSE1-Request,{}\nUSE1-Lambda-GB-Second,{}\nUSE1-BoxUsage:t3.micro,5\n",
        quantity(",Request,"),
        quantity(",Lambda-GB-Second,") * 2.0
    );
    stage.write("bill.csv", &bill);
    let printed = text(&stage.call(&["reconcile", "out", "--metrics", "bill.csv"]).stdout);
    assert!(
        printed.contains("Largest difference: Lambda-GB-Second, -50.0 %."),
        "{printed}"
    );
    assert!(printed.contains("It rests on: duration and memory_size"), "{printed}");
    let output = stage.call(&["reconcile", "missing", "--metrics", "bill.csv"]);
    assert_eq!(output.status.code(), Some(3));
    stage.write("other.csv", "usage_type,quantity\nBoxUsage,5\n");
    let output = stage.call(&["reconcile", "out", "--metrics", "other.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no usage type of Lambda"));
}

#[test]
fn metrics_become_rates_durations_and_errors() {
    let stage = Stage::new("");
    let document = serde_json::json!({ "MetricDataResults": [
        { "Id": "m1", "Label": "shop Invocations", "Timestamps": ["2026-11-20T10:02:00Z", "2026-11-20T10:01:00Z", "2026-11-20T10:00:00Z"],
          "Values": [6_000, 600, 600] },
        { "Id": "m2", "Label": "shop Errors", "Timestamps": ["2026-11-20T10:02:00Z"], "Values": [72] },
        { "Id": "m3", "Label": "shop Duration p50", "Timestamps": ["2026-11-20T10:00:00Z", "2026-11-20T10:02:00Z"], "Values": [80, 91] },
        { "Id": "m4", "Label": "shop Duration p99", "Timestamps": ["2026-11-20T10:00:00Z"], "Values": [400] },
        { "Id": "m5", "Label": "shop IteratorAge", "Timestamps": [], "Values": [] },
    ] });
    stage.write("m.json", &document.to_string());
    let output = stage.call(&["import", "metrics", "m.json", "--out", "metrics.yaml"]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("m.json: the metric \"shop IteratorAge\" is not used"),
        "{said}"
    );
    let scenario = fs::read_to_string(stage.path("metrics.yaml")).expect("a scenario");
    // 600 a minute are 10 a second, 6,000 are 100; 80 ms of 600 and 91 ms of 6,000 invocations are 90 ms; 72 of 7,200 are 1 %.
    for words in [
        "start: 2026-11-20T10:00:00Z",
        "duration: 180 s",
        "poisson: [[0 s, 10/s], [119.999 s, 10/s], [120 s, 100/s], [179.999 s, 100/s]]",
        "duration: { quantiles: { p50: 90 ms, p99: 400 ms } }",
        "error_rate: 1 %",
    ] {
        assert!(scenario.contains(words), "no {words} in\n{scenario}");
    }
    let output = stage.call(&["run", "metrics.yaml", "--no-plots", "--quiet"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn metrics_without_a_datapoint_are_refused() {
    let stage = Stage::new("");
    stage.write("half.json", "{\"MetricDataResults\": [{\"Label\"");
    let output = stage.call(&["import", "metrics", "half.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("half.json:1: is cut off or no JSON"),
        "{}",
        text(&output.stderr)
    );
}
