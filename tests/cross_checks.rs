//! Figures of runs beside closed forms: which formula is applied to what, and that theory and simulation agree.

use std::fs;

use lambdasim::report::{ReportInput, summary_json};
use lambdasim::scenario::{self, LoadOptions};
use lambdasim::simulation::simulate;
use rayon::prelude::*;
use serde_json::Value;

const SEEDS: u64 = 12;
/// Nothing is added to durations.
const PLAIN: &str = "parameters: { placement: 0 s, overhead: 0 s, sqs.latency: 0 s }\nwarm_up: 1 min\n";

/// The checks of a run: what each is of, its formula, and all of it.
fn checks(scenario: &str, seed: u64) -> Vec<(String, String, Value)> {
    let folder = tempfile::tempdir().expect("a folder for the scenario");
    let path = folder.path().join("theory.yaml");
    fs::write(&path, scenario).expect("a scenario");
    let options = LoadOptions {
        seed: Some(seed),
        ..LoadOptions::default()
    };
    let plan = scenario::load(&path, &options).expect("the scenario is right").plan;
    let result = simulate(&plan, &mut (), None, &mut ()).expect("nobody stops it");
    let summary = summary_json(&ReportInput::bare(&plan, &result));
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    let entries = summary["cross_checks"].as_array().expect("a list").iter();
    entries
        .map(|check| (text(&check["of"]), text(&check["formula"]), check.clone()))
        .collect()
}

fn number(check: &Value, key: &str) -> f64 {
    check[key].as_f64().expect("a number")
}

/// Over all seeds: the named formulas and no others are applied, each gives `theory` within `precision`, and chance explains
/// the difference but for two runs (of 1,000 three, if each interval held 99.7 % and runs were as independent).
fn assert_agreement(scenario: &str, expected: &[(&str, &str, f64, f64)]) {
    let runs: Vec<_> = (0..SEEDS).into_par_iter().map(|seed| checks(scenario, seed)).collect();
    for (of, formula, theory, precision) in expected {
        let found = runs.iter().map(|run| {
            let mut of_formula = run.iter().filter(|check| check.0 == *of && check.1 == *formula);
            &of_formula
                .next()
                .unwrap_or_else(|| panic!("{of}: {formula} is not applied"))
                .2
        });
        let found: Vec<&Value> = found.collect();
        if *precision > 0.0 {
            let given = number(found[0], "theory");
            assert!(
                (given / theory - 1.0).abs() < *precision,
                "{of}: {formula} gives {given}"
            );
        }
        let strays: Vec<_> = found.iter().filter(|check| check["agrees"] == false).collect();
        assert!(strays.len() <= 2, "{of}: {formula} differs: {strays:?}");
        // An interval that holds everything would tell nothing.
        for check in found {
            let width = number(check, "high") - number(check, "low");
            assert!(
                width <= 1.2 * number(check, "theory"),
                "{of}: {formula} is too wide: {check}"
            );
        }
    }
    assert!(runs.iter().all(|run| run.len() == expected.len()), "{:?}", runs[0]);
}

#[test]
fn conc_6_a_reserved_function_loses_what_erlang_b_says_whatever_its_durations() {
    // Ten erlangs on ten slots: 21.46 % in every table of the loss formula.
    for duration in ["{ exponential: 250 ms }", "250 ms"] {
        let scenario = format!(
            "{PLAIN}duration: 8 min\nfunctions:\n  api: {{ memory_size: 512, init: 0 s, timeout: 1 min, duration: {duration}, \
             reserved_concurrent_executions: 10 }}\ntraffic:\n  users: {{ to: api, retry: {{ mode: none }}, arrivals: {{ poisson: \
             40/s }} }}\n"
        );
        let all = [
            ("functions.api", "erlang_b", 0.2146, 5e-4),
            ("functions.api", "little", 0.0, 0.0),
        ];
        assert_agreement(&scenario, &all);
    }
}

#[test]
fn conc_1_concurrency_below_every_limit_is_that_of_infinitely_many_servers() {
    // Lognormal of median 400 ms and sigma ln 2 / z(90 %): mean 400 × exp(sigma² / 2) = 463.0 ms, and 50 a second.
    let scenario = format!(
        "{PLAIN}duration: 8 min\nfunctions:\n  api: {{ memory_size: 512, init: 0 s, timeout: 1 min, duration: {{ lognormal: {{ \
         median: 400 ms, p90: 800 ms }} }} }}\ntraffic:\n  users: {{ to: api, arrivals: {{ poisson: 50/s }} }}\n"
    );
    let all = [
        ("functions.api", "rate_times_duration", 23.15, 1e-3),
        ("functions.api", "mg_infinity", 0.0, 0.0),
        ("functions.api", "little", 0.0, 0.0),
    ];
    assert_agreement(&scenario, &all);
}

#[test]
fn who_waits_for_ten_connections_waits_as_erlang_c_says() {
    // Eight erlangs on ten connections: 40.92 % wait, on average C / (10 / 200 ms − 40/s) = 40.9 ms.
    let scenario = format!(
        "{PLAIN}duration: 10 min\nfunctions:\n  api: {{ memory_size: 512, init: 0 s, timeout: 1 min, duration: {{ exponential: 200 ms \
         }}, uses: {{ db: 1 }} }}\nbudgets: {{ db: {{ connections: 10, beyond: queue }} }}\ntraffic:\n  users: {{ to: api, \
         arrivals: {{ poisson: 40/s }} }}\n"
    );
    let all = [
        ("budgets.db", "erlang_c", 0.4092, 5e-4),
        ("budgets.db", "erlang_c_wait", 40.92, 5e-4),
        ("functions.api", "little", 0.0, 0.0),
    ];
    assert_agreement(&scenario, &all);
}

#[test]
fn sqs_8_messages_wait_for_a_fixed_number_of_pollers_as_erlang_c_says() {
    // Three erlangs on five: the recursion of B gives 0.1101, so C = B / (1 − 0.6 (1 − B)) = 0.2362 and 1.5 C = 0.3542 wait.
    let scenario = format!(
        "{PLAIN}duration: 20 min\nfunctions:\n  worker: {{ memory_size: 512, init: 0 s, timeout: 30 s, duration: {{ exponential: 300 \
         ms }} }}\nqueues: {{ jobs: {{ visibility_timeout: 30 s }} }}\nevent_source_mappings:\n  m: {{ event_source: sqs:jobs, \
         function: worker, batch_size: 1, maximum_concurrency: 5 }}\ntraffic:\n  orders: {{ to: sqs:jobs, arrivals: {{ poisson: \
         10/s }} }}\n"
    );
    let all = [
        ("queues.jobs", "erlang_c_queue", 0.3542, 1e-3),
        ("functions.worker", "little", 0.0, 0.0),
    ];
    assert_agreement(&scenario, &all);
}

#[test]
fn a_formula_that_does_not_apply_is_not_shown() {
    let scenario = |function: &str, traffic: &str| {
        format!(
            "{PLAIN}duration: 3 min\nfunctions:\n  api: {{ memory_size: 512, init: 0 s, timeout: 1 min, duration: 250 ms, {function} \
             }}\ntraffic:\n  users: {{ to: api, {traffic} }}\n"
        )
    };
    let steady = "arrivals: { poisson: 40/s }, retry: { mode: none }";
    let reserved = "reserved_concurrent_executions: 10";
    let cases: [(&str, &str, &[&str]); 6] = [
        (reserved, steady, &["erlang_b", "little"]),
        // Callers that repeat come again in a state that is not that of the long run.
        (
            reserved,
            "arrivals: { poisson: 40/s }, retry: { mode: standard }",
            &["little"],
        ),
        (
            reserved,
            "arrivals: { poisson: 40/s }, invocation_type: Event",
            &["little"],
        ),
        (
            reserved,
            "arrivals: { constant: 60/s }, retry: { mode: none }",
            &["little"],
        ),
        // A rate that changes has a mean, but no long run.
        (
            "",
            "arrivals: { poisson: [[0 s, 10/s], [3 min, 40/s]] }",
            &["rate_times_duration", "little"],
        ),
        (
            "",
            "arrivals: { bursts: { burst: 5 s, pause: 5 s, rate: 40/s } }",
            &["little"],
        ),
    ];
    for (function, traffic, expected) in cases {
        let text = scenario(function, traffic);
        let found: Vec<String> = checks(&text, 1).into_iter().map(|check| check.1).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_difference_beyond_chance_is_told_with_its_reason() {
    // Every invocation is a cold start of four times its own duration: environments end at once.
    let scenario = "parameters: { placement: 0 s, overhead: 0 s, idle: 0 s }\nwarm_up: 1 min\nduration: 5 min\nfunctions:\n  api: { \
                    memory_size: 512, init: 400 ms, timeout: 1 min, duration: 100 ms }\ntraffic:\n  users: { to: api, arrivals: { poisson: \
                    20/s } }\n";
    let all = checks(scenario, 3);
    let check = &all
        .iter()
        .find(|check| check.1 == "rate_times_duration")
        .expect("it applies")
        .2;
    // 20 a second × 100 ms, and × 500 ms with INIT.
    assert!(
        (number(check, "theory") - 2.0).abs() < 1e-9 && number(check, "simulated") > 8.0,
        "{check}"
    );
    assert_eq!(check["agrees"], false);
    let remark = check["remark"].as_str().unwrap_or_default();
    assert!(
        remark.contains("cold starts hold their slots too, 400 % longer on average"),
        "{remark}"
    );
    let little = &all
        .iter()
        .find(|check| check.1 == "little")
        .expect("it always applies")
        .2;
    assert_eq!(little["agrees"], true, "{little}");
}
