//! Execution environments: reuse, INIT, idle life, CPU share (lambda-model §2).

use super::harness::{Record, Run, Stage, assert_close, instants, run, run_with_records, sync, together};

/// Environments by letter, in the order in which they first appear.
fn letters(records: &[Record]) -> String {
    let mut seen = Vec::new();
    let letter = |record: &Record| {
        let environment = record.count("environment");
        let known = seen.iter().position(|other| *other == environment);
        let place = known.unwrap_or_else(|| {
            seen.push(environment);
            seen.len() - 1
        });
        char::from(b'A' + place as u8)
    };
    records.iter().map(letter).collect()
}

#[test]
fn gvb_3_ten_overlapping_requests_need_six_environments_under_every_reuse_order() {
    // Arrival and duration; the last one outlives the others.
    let requests = [
        (0.0, 5.0),
        (1.0, 5.0),
        (2.0, 5.0),
        (3.0, 9.0),
        (4.0, 10.0),
        (5.5, 14.5),
        (6.5, 6.5),
        (7.5, 5.5),
        (8.0, 12.0),
        (12.5, 10.0),
    ];
    let rows = requests
        .map(|(arrive, seconds)| format!("{arrive},{}\n", seconds * 1e3))
        .concat();
    for env_pick in ["mru", "newest_created", "lru", "oldest", "random"] {
        let stage = Stage::new(&format!(
            "duration: 60 s
functions: {{ f: {{ duration: 1 s, parameters: {{ env_pick: {env_pick} }} }} }}
traffic:\n{}",
            sync("requests", "f", "trace: requests.csv")
        ));
        stage.write("requests.csv", &format!("time,duration_ms\n{rows}"));
        let run = stage.run(&["--records"]);
        assert_eq!(letters(&run.records()), "ABCDEABCFD", "{env_pick}");
        run.assert_counts("functions/f", &[("succeeded", 10), ("cold_starts", 6)]);
        run.assert_counts("functions/f/environments", &[("created", 6), ("used", 6), ("max", 6)]);
        run.assert_counts("functions/f/ConcurrentExecutions", &[("max", 6)]);
    }
}

/// One call of a function whose INIT needs 12 s, more than the 10 s it has; `keys` are further keys of the function.
fn slow_init(head: &str, keys: &str) -> (Run, Record) {
    let run = run_with_records(&format!(
        "duration: 60 s\n{head}functions: {{ f: {{ init: 12 s, duration: 1 s, {keys} }} }}\ntraffic:\n{}",
        sync("caller", "f", &together(1, 0))
    ));
    let mut records = run.records();
    assert_eq!(records.len(), 1);
    let record = records.remove(0);
    (run, record)
}

/// Ways to bill the abandoned INIT (PRICE-5): what goes above `functions`, keys of the function, billed ms of it.
const ABANDONED: [(&str, &str, i64); 3] = [
    ("", "", 10_000),
    ("", "parameters: { billing.failed_init: unbilled }, ", 0),
    ("switches: { SW-INITBILL: off }\n", "runtime: python3.13, ", 0),
];

#[test]
fn gvb_45_an_init_that_is_too_slow_is_run_again_inside_the_invocation_and_meets_its_timeout() {
    for (head, keys, abandoned_ms) in ABANDONED {
        let (run, record) = slow_init(head, &format!("{keys}timeout: 3 s"));
        assert_eq!(record.number("duration_ms"), 3_000.0);
        assert_eq!(record.number("latency_ms"), 13_000.0);
        assert_eq!(record.count("billed_ms"), 3_000 + abandoned_ms, "{head}{keys}");
        run.assert_counts("functions/f", &[("failed", 1), ("Errors", 1), ("Invocations", 1)]);
        run.assert_number("traffic/caller/latency_all/max", 13_000.0);
        run.assert_number("functions/f/Duration/max", 3_000.0);
    }
}

#[test]
fn gvb_46_an_init_that_is_too_slow_succeeds_inside_an_invocation_with_time_enough() {
    // From 1,769 MB on, INIT that is all CPU work takes no longer without the boost (COLD-4).
    let all_cpu = ("", "memory_size: 1769 MB, init_cpu_bound: 100 %, ", 10_000);
    for (head, keys, abandoned_ms) in ABANDONED.into_iter().chain([all_cpu]) {
        let (run, record) = slow_init(head, &format!("{keys}timeout: 30 s"));
        assert_eq!(record.number("duration_ms"), 13_000.0);
        assert_eq!(record.number("latency_ms"), 23_000.0);
        assert_eq!(record.count("billed_ms"), 13_000 + abandoned_ms, "{head}{keys}");
        run.assert_counts("functions/f", &[("succeeded", 1), ("Errors", 0), ("Invocations", 1)]);
        run.assert_number("functions/f/latency/max", 23_000.0);
        run.assert_number("functions/f/Duration/max", 13_000.0);
        assert_eq!(record.optional("init_ms").unwrap_or_default(), 0.0, "no Init Duration");
    }
}

#[test]
fn gvb_47_an_environment_whose_idle_life_ends_now_is_gone_for_an_arrival_now() {
    for (gap, cold) in [(299, 1), (300, 20), (301, 20)] {
        let run = run(&format!(
            "duration: 2 h
functions: {{ f: {{ duration: 0 s, parameters: {{ idle: 300 s }} }} }}
traffic:\n{}",
            sync("caller", "f", &instants((0..20).map(|k| k * gap)))
        ));
        run.assert_counts("functions/f", &[("Invocations", 20), ("cold_starts", cold)]);
        run.assert_counts("functions/f/environments", &[("created", cold), ("max", 1)]);
    }
}

#[test]
fn gvb_52_cpu_work_of_100_ms_takes_345_5_ms_at_512_mb() {
    let run = run_with_records(&format!(
        "duration: 10 s
functions:
  f: {{ memory_size: 512 MB, duration: 100 ms, memory_scaling: {{ cpu_bound: 100 %, measured_at: 1769 MB }} }}
traffic:\n{}",
        sync("caller", "f", &together(1, 0))
    ));
    let records = run.records();
    // 100 × 1769 / 512, to the microsecond.
    assert_close("Duration", records[0].number("duration_ms"), 345.507_812_5, 0.001);
    assert_eq!(records[0].count("billed_ms"), 346);
}
