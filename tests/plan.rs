//! Planners through the binary: numbers that follow from arithmetic, and lines to apply them.

use std::fs;
use std::process::{Command, Output};

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");
/// Ten calls a second of half a second each: five at once, without luck.
const STEADY: &str = "duration: 1 min\nparameters: { placement: 0 s, overhead: 0 s }\nfunctions:\n  api: { memory_size: 512, init: 0 s, \
                      duration: 500 ms, memory_scaling: { cpu_bound: 100 %, measured_at: 512 MB } }\ntraffic:\n  users: { to: api, \
                      arrivals: { constant: 10/s } }\n";

fn plan(scenario: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shop.yaml"), scenario).unwrap();
    let mut command = Command::new(BINARY);
    let (what, rest) = arguments.split_first().unwrap();
    command
        .current_dir(folder.path())
        .args(["plan", what, "shop.yaml", "--replications", "2"])
        .args(rest);
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (status.code(), said)
}

#[test]
fn the_smallest_limit_is_what_runs_at_once() {
    let scenario = format!("{STEADY}expect: [ totals.Throttles == 0 ]\n");
    let (code, said) = plan(&scenario, &["limit"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("account.concurrent_executions: 5 keeps all") && said.contains("with 4\n"),
        "{said}"
    );
    assert!(said.contains("--quota-code L-B99A9384 --desired-value 5\n"), "{said}");
    let reserved = ["limit", "--path", "functions.api.reserved_concurrent_executions"];
    let (_, said) = plan(&scenario, &reserved);
    assert!(
        said.contains("put-function-concurrency --function-name api --reserved-concurrent-executions 5\n"),
        "{said}"
    );
    let (code, said) = plan(&scenario, &["limit", "--to", "3"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no value from 1 to 3"), "{said}");
}

#[test]
fn a_goal_of_the_command_line_counts_beside_what_the_scenario_expects() {
    let scenario = format!("{STEADY}expect: [ totals.Throttles == 0 ]\n");
    let reserved = ["limit", "--path", "functions.api.reserved_concurrent_executions"];
    // Three at once serve 6 of 10 calls a second: 240 of 600 are refused, or a few fewer at the start.
    let share = ["--goal", "totals.throttled_share <= 45 %"];
    let (code, said) = plan(STEADY, &[&reserved[..], &share].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("reserved_concurrent_executions: 3 keeps all"), "{said}");
    assert!(
        said.contains("totals.throttled_share <= 45 %: "),
        "what breaks with 2 is told: {said}"
    );
    let (_, said) = plan(&scenario, &[&reserved[..], &share].concat());
    assert!(said.contains("reserved_concurrent_executions: 5 keeps all"), "{said}");
    let (code, said) = plan(
        STEADY,
        &["limit", "--goal", "totals.Throtles == 0", "--goal", "cost.total"],
    );
    assert!(
        code == Some(2) && said.contains("did you mean totals.Throttles?"),
        "{said}"
    );
    assert!(said.contains("PATH OPERATOR VALUE"), "all of them are told: {said}");
}

#[test]
fn headroom_is_the_multiple_at_which_an_expectation_breaks() {
    // Eight at once are allowed: 16 calls a second of half a second each, 1.6 times the traffic.
    let scenario = format!("{STEADY}account: {{ concurrent_executions: 8 }}\nexpect: [ totals.Throttles == 0 ]\n");
    let (code, said) = plan(&scenario, &["headroom"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.starts_with(
            "1.6 times the traffic keeps all that is expected; 1.61 times it breaks\n  totals.Throttles == 0: "
        ),
        "{said}"
    );
    assert!(said.contains("traffic:\n    users:\n      scale: 1.6\n"), "{said}");
}

#[test]
fn memory_costs_the_same_below_one_cpu_and_more_beyond() {
    // 512 MB take 500 ms; 1,769 MB, one whole CPU, take 500 × 512 / 1769 = 145 ms, and 3,538 MB no less.
    let scenario = format!("{STEADY}expect: [ functions.api.Duration.max <= 200 ms ]\n");
    let (code, said) = plan(
        &scenario,
        &["memory", "--function", "api", "--memory-size", "512,1769,3538"],
    );
    assert_eq!(code, Some(0), "{said}");
    let rows: Vec<Vec<&str>> = said
        .lines()
        .skip(2)
        .take(6)
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0][..2], ["512", "x86_64"]);
    assert!(
        rows[0].ends_with(&["not", "kept"]) && rows[1].ends_with(&["kept"]),
        "{said}"
    );
    // Python: 0.8 of the price a GB-second on arm64.
    assert!(
        rows[4][..2] == ["1769", "arm64"] && rows[4].contains(&"cheapest"),
        "{said}"
    );
    assert!(
        said.contains("update-function-configuration --function-name api --memory-size 1769\n"),
        "{said}"
    );
}

#[test]
fn provisioned_concurrency_follows_the_clock() {
    // Two calls at once in the first hour, eight in the second, two in the third.
    let scenario = "start: 2026-11-20T08:00:00Z\nduration: 3 h\nparameters: { placement: 0 s, overhead: 0 s, pc.delay: 0 s }\nfunctions:\n  \
                    api:\n    init: 0 s\n    duration: 1 s\n    versions: { 1: {} }\n    aliases: { live: { function_version: 1 } \
                    }\ntraffic:\n  a: { to: \"api:live\", arrivals: { constant: 2/s } }\n  b: { to: \"api:live\", from: 1 h, until: 2 h, \
                    arrivals: { constant: 6/s } }\n";
    let (code, said) = plan(scenario, &["provisioned", "--alias", "api:live", "--spillover", "0.5"]);
    assert_eq!(code, Some(0), "{said}");
    let amounts: Vec<Vec<&str>> = said
        .lines()
        .skip(1)
        .take(3)
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(amounts, [["08:00", "2"], ["09:00", "8"], ["10:00", "2"]], "{said}");
    assert!(
        said.contains("--schedule \"cron(55 8 * * ? *)\" --scalable-target-action MinCapacity=8,MaxCapacity=8"),
        "{said}"
    );
    assert!(
        said.contains("--schedule \"cron(0 10 * * ? *)\" --scalable-target-action MinCapacity=2,MaxCapacity=2"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_planned_is_told() {
    let (code, said) = plan(STEADY, &["limit"]);
    assert!(code == Some(2) && said.contains("has no `expect`"), "{said}");
    let scenario = format!("{STEADY}expect: [ totals.Throttles == 0 ]\n");
    let (code, said) = plan(&scenario, &["limit", "--path", "functions.apj.timeout"]);
    assert!(code == Some(2) && said.contains("did you mean `api`?"), "{said}");
    let (code, said) = plan(&scenario, &["provisioned", "--alias", "api"]);
    assert!(code == Some(2) && said.contains("FUNCTION:ALIAS"), "{said}");
}
