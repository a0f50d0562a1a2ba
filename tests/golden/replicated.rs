//! `run --replications` and `--precision`.

use std::collections::BTreeSet;
use std::fs;

use super::harness::{Run, Stage, assert_code, sync, text};

/// Some load with chance in it; the expectation fails in some replications.
fn load() -> Stage {
    Stage::new(&format!(
        "duration: 20 s
functions: {{ f: {{ duration: {{ exponential: 20 ms }}, error_rate: 5 % }} }}
traffic:\n{}expect: [ functions.f.Errors <= 50, functions.f.Invocations >= 1 ]\n",
        sync("callers", "f", "poisson: 50/s")
    ))
}

/// The values of a metric in `replications.csv`, one for each replication in their order.
fn values(run: &Run, metric: &str) -> Vec<f64> {
    let file = fs::read_to_string(run.path("out/replications.csv")).expect("replications.csv");
    let rows = file.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    let of_metric = rows.filter(|row| row[1] == metric);
    of_metric.map(|row| row[2].parse().expect("a number")).collect()
}

#[test]
fn replications_have_their_own_luck_and_the_summary_has_their_mean_with_students_interval() {
    let run = load().run_to(1, &["--replications", "6"]);
    let errors = values(&run, "functions.f.Errors");
    assert_eq!(errors.len(), 6);
    assert!(errors.iter().map(|value| *value as u64).collect::<BTreeSet<_>>().len() > 1);
    let mean = errors.iter().sum::<f64>() / 6.0;
    let squares: f64 = errors.iter().map(|value| (value - mean) * (value - mean)).sum();
    // t is 2.571 for 5 degrees of freedom at 97.5 %.
    let half = 2.571 * (squares / 5.0 / 6.0).sqrt();
    let told = &run.value("replications/metrics")["functions.f.Errors"];
    let number = |key: &str| told[key].as_f64().expect("a number");
    assert!((number("mean") - mean).abs() < 1e-6, "{told}");
    assert!(
        (number("high") - number("low") - 2.0 * half).abs() < 1e-3 * half,
        "{told}"
    );
    assert_eq!(told["method"], "student_t");
    let latency = &run.value("replications/metrics")["functions.f.latency.p99"];
    assert_eq!(latency["method"], "batches");
    let most = &run.value("replications/metrics")["functions.f.latency.max"];
    assert!(
        most["low"].is_null() && most["method"].is_null() && most["highest"].is_number(),
        "a maximum has no interval"
    );
    // Everything else is that of replication 0.
    assert_eq!(run.number("functions/f/Errors"), errors[0]);
}

#[test]
fn an_expectation_has_to_hold_in_every_replication_and_its_probability_has_an_exact_interval() {
    let run = load().run_to(1, &["--replications", "6"]);
    let held = values(&run, "functions.f.Errors")
        .iter()
        .filter(|errors| **errors <= 50.0)
        .count();
    assert!(
        held > 0 && held < 6,
        "{held}: chance decides whether there are more than 50 errors of 1,000 calls"
    );
    let verdicts = run.value("expect");
    assert_eq!(
        (&verdicts[0]["ok"], &verdicts[0]["held"]["replications"]),
        (&false.into(), &held.into())
    );
    // All of 6: the lower end solves p^6 = 2.5 %.
    let low = verdicts[1]["held"]["low"].as_f64().expect("a number");
    assert!(
        verdicts[1]["ok"] == true && ([low; 6].iter().product::<f64>() - 0.025).abs() < 1e-5,
        "{low}"
    );
}

#[test]
fn replications_write_the_same_bytes_on_any_number_of_threads() {
    let bytes = |threads: &str| {
        let run = load().run_to(1, &["--replications", "5", "--records", "--threads", threads]);
        let mut files = BTreeSet::new();
        for entry in fs::read_dir(run.path("out")).expect("a run folder") {
            let path = entry.expect("a file").path();
            files.insert((
                path.file_name().map(ToOwned::to_owned),
                fs::read(&path).expect("its bytes"),
            ));
        }
        files
    };
    let one = bytes("1");
    assert!(one.len() >= 8);
    assert!(one == bytes("2") && one == bytes("8"));
}

#[test]
fn precision_stops_at_the_first_number_of_replications_that_is_enough() {
    let run = load().run_to(1, &["--precision", "functions.f.latency.mean=2%"]);
    let means = values(&run, "functions.f.latency.mean");
    assert!(means.len() >= 30 && means.len() < 1_000);
    assert_eq!(run.number("replications/count"), means.len() as f64);
    let goal = &run.value("replications/precision")[0];
    assert!(
        goal["ok"] == true && goal["value"].as_f64().is_some_and(|width| width <= 0.02),
        "{goal}"
    );
}

#[test]
fn precision_out_of_reach_ends_at_the_bound_with_a_warning_that_says_what_it_takes() {
    let run = load().run_to(1, &["--precision", "functions.f.Errors=0.1%", "--replications", "12"]);
    assert_eq!(run.number("replications/count"), 12.0);
    let warnings = run.value("warnings").to_string();
    assert!(
        warnings.contains("functions.f.Errors has ±") && warnings.contains("takes about"),
        "{warnings}"
    );
}

#[test]
fn goals_of_precision_that_cannot_be_are_refused_before_anything_runs() {
    for (argument, says) in [
        ("functions.f.latncy.p99=1%", "did you mean functions.f.latency.p99?"),
        ("functions.f.latency.max=1%", "a maximum has no interval"),
        ("0%", "between 0 and 100 %"),
        ("functions.f.Errors=many", "between 0 and 100 %"),
    ] {
        let stage = load();
        let output = stage.call_run(&["--precision", argument]);
        assert_code(&output, 2);
        let message = text(&output.stderr);
        assert!(message.contains(says), "{argument}: {message}");
        assert!(!stage.path("out").exists());
    }
}
