use super::*;
use crate::control::{Change, FunctionChange};
use crate::facts::{FlowId, FunctionId, VersionId};
use crate::scenario::{Problems, Scenario, load};
use crate::units::Span;

const BASE: &str = "duration: 1 h\nfunctions:\n  api:\n    init: 0 s\n    duration: 80 ms\n    versions: { 1: {}, 2: { duration: 5 ms } }\n    aliases: { live: { function_version: 1 } }\n  bulk: { init: 0 s, duration: 1 s }\ntraffic:\n  users: { to: api, arrivals: { poisson: 10/s } }\nchanges:\n";

fn read(changes: &str) -> Result<Scenario, Problems> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    std::fs::write(&path, format!("{BASE}{changes}")).unwrap();
    load(&path, &LoadOptions::default())
}

fn steps(changes: &str) -> Vec<ChangeStep> {
    read(changes)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .plan
        .change_steps
}

/// The only problem of a change on line 12, with its column.
#[track_caller]
fn refuses(change: &str, at: &str, words: &[&str]) {
    let line = format!("  c: {change}");
    let problems = read(&line).err().unwrap_or_else(|| panic!("no problem in {line}"));
    let [problem] = problems.list.as_slice() else {
        panic!("{problems}")
    };
    let text = problem.to_string();
    let column = line.rfind(at).unwrap() as u32 + 1;
    assert_eq!((problem.place.line, problem.place.column), (12, column), "{text}");
    for word in words {
        assert!(text.contains(word), "{text} should contain {word}");
    }
}

#[test]
fn a_path_that_is_none_is_told_with_a_suggestion() {
    let refused = |path: &str, words: &[&str]| {
        refuses(&format!("{{ at: 1 min, set: {{ {path}: 1 }} }}"), path, words);
    };
    refused(
        "functions.apy.timeout",
        &["no `apy` under functions", "did you mean `api`?"],
    );
    refused("functions.api.timout", &["did you mean `timeout`?"]);
    refused("function.api.timeout", &["did you mean `functions`?"]);
    refused(
        "functions.api.aliases.alive.function_version",
        &["did you mean `live`?"],
    );
    refused(
        "functions.api.versions.33.error_rate",
        &["no `33` under functions.NAME.versions", "there are: 1, 2"],
    );
    refused(
        "functions.api.timeout.seconds",
        &["`timeout` has no keys", "end the path at"],
    );
    refused("functions.api", &["map of several things"]);
    refused("functions.api.versions", &["map of several things"]);
    refused("functions", &["map of several things"]);
    refused("traffic.users.retry.mod", &["did you mean `mode`?"]);
}

#[test]
fn what_holds_for_the_whole_run_cannot_change() {
    for path in [
        "seed",
        "duration",
        "start",
        "name",
        "region",
        "switches.SW-1MS",
        "changes.c.at",
        "expect",
    ] {
        refuses(
            &format!("{{ at: 1 min, set: {{ {path}: 1 }} }}"),
            path,
            &["holds for the whole run"],
        );
    }
    for path in [
        "account.free_tier",
        "parameters.rps.shape",
        "functions.api.tags.team",
        "traffic.users.through",
    ] {
        refuses(
            &format!("{{ at: 1 min, set: {{ {path}: x }} }}"),
            path,
            &["holds for the whole run"],
        );
    }
    refuses(
        "{ at: 1 min, set: { functions.api.versions.1.timeout: 5 s } }",
        "functions.api",
        &["VER-1", "functions.api.timeout"],
    );
}

#[test]
fn the_window_must_make_sense() {
    let set = "set: { functions.api.error_rate: 1 % }";
    refuses(
        &format!("{{ from: 5 min, until: 5 min, {set} }}"),
        "5 min",
        &["not after `from`"],
    );
    refuses(
        &format!("{{ at: 5 min, until: 6 min, {set} }}"),
        "until",
        &["`at` and `until`"],
    );
    refuses(
        &format!("{{ at: 5 min, from: 6 min, {set} }}"),
        "from",
        &["`at` and `from`"],
    );
    refuses(&format!("{{ {set} }}"), "c:", &["does not say from when on"]);
    refuses(
        &format!("{{ until: 1 min, {set} }}"),
        "until",
        &["does not say from when on"],
    );
    refuses("{ at: 1 min }", "c:", &["has no `set`"]);
    refuses("{ at: 1 min, set: {} }", "set", &["sets nothing"]);
    let late = read(&format!("  late: {{ at: 1 h, {set} }}")).unwrap();
    assert!(late.plan.change_steps.is_empty());
    assert!(
        late.warnings
            .iter()
            .any(|warning| warning.contains("it changes nothing")),
        "{:?}",
        late.warnings
    );
}

#[test]
fn a_wrong_value_is_told_at_the_value_and_a_wrong_state_at_the_change() {
    refuses(
        "{ at: 1 min, set: { functions.api.timeout: 1000 s } }",
        "1000 s",
        &["from 60 s on", "LIM-2"],
    );
    refuses(
        "{ at: 1 min, set: { functions.api.reserved_concurrent_executions: 901 } }",
        "901",
        &["from 60 s on", "leaves 99 unreserved", "CONC-4"],
    );
    refuses(
        "{ at: 1 min, set: { functions.bulk.duration: fast } }",
        "fast",
        &["from 60 s on"],
    );
    // What overflows stands elsewhere in the file.
    let problems = read(
        "  a: { at: 1 min, set: { functions.bulk.reserved_concurrent_executions: 500 } }\n  b: { at: 2 min, set: { account.concurrent_executions: 550 } }\n",
    );
    let problems = problems.unwrap_err();
    assert_eq!(problems.list.len(), 1, "{problems}");
    assert_eq!(
        (problems.list[0].place.line, problems.list[0].place.column),
        (13, 3),
        "{problems}"
    );
}

#[test]
fn memory_changes_latest_only_and_durations_stay_measured_where_they_were() {
    let found = steps(
        "  a: { at: 1 min, set: { functions.api.memory_scaling: { cpu_bound: 100 % } } }\n  b: { at: 2 min, set: { functions.api.memory_size: 256 MB } }\n",
    );
    let [change] = found[0].changes.as_slice() else {
        panic!("{found:?}")
    };
    let Change::Function(
        FunctionId(0),
        FunctionChange::Version {
            version: VersionId(0),
            config,
            renewed: true,
        },
    ) = change
    else {
        panic!("{change:?}")
    };
    assert_eq!((config.memory.0, config.duration_factor), (256, 0.5));
}

#[test]
fn behaviour_is_set_for_every_version_and_restored() {
    let found = steps("  a: { from: 1 min, until: 2 min, set: { functions.api.duration: 1 s } }\n");
    let durations = |step: &ChangeStep| -> Vec<(u16, Option<Span>)> {
        let version = |change: &Change| match change {
            Change::Function(
                _,
                FunctionChange::Version {
                    version,
                    config,
                    renewed: false,
                },
            ) => (version.0, config.duration.as_constant()),
            other => panic!("{other:?}"),
        };
        step.changes.iter().map(version).collect()
    };
    let ms = |ms| Some(Span::from_millis(ms));
    assert_eq!(durations(&found[0]), [(0, ms(1_000)), (1, ms(1_000)), (2, ms(1_000))]);
    assert_eq!(durations(&found[1]), [(0, ms(80)), (1, ms(80)), (2, ms(5))]);
}

#[test]
fn the_later_of_two_changes_wins_until_it_ends() {
    let found = steps(
        "  long: { from: 1 min, until: 9 min, set: { account.concurrent_executions: 500 } }\n  short: { from: 2 min, until: 3 min, set: { account.concurrent_executions: 200 } }\n",
    );
    let limits: Vec<_> = found
        .iter()
        .map(|step| (step.at.as_micros() / 60_000_000, &step.changes[0]))
        .collect();
    let limit = Change::AccountLimit;
    assert_eq!(
        limits,
        [(1, &limit(500)), (2, &limit(200)), (3, &limit(500)), (9, &limit(1_000))]
    );
}

#[test]
fn traffic_changes_stand_with_its_sources() {
    let plan = read(
        "  a: { from: 1 min, until: 2 min, set: { traffic.users.scale: 3 } }\n  b: { at: 5 min, set: { traffic.users.arrivals: { constant: 1/s } } }\n  c: { at: 6 min, set: { traffic.users.retry: none } }\n",
    );
    let plan = plan.unwrap().plan;
    let changes = &plan.sources[0].changes;
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                change.at.as_micros() / 60_000_000,
                change.scale,
                change.process.is_some(),
            )
        })
        .collect();
    assert_eq!(told, [(1, 3.0, false), (2, 1.0, false), (5, 1.0, true)]);
    assert!(matches!(plan.change_steps[0].changes[0], Change::Retry { .. }));
}

#[test]
fn budgets_and_what_is_used_of_them_can_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    let text = "duration: 1 h\nbudgets: { db: { connections: 10 } }\nfunctions:\n  api: { init: 0 s, duration: 80 ms, uses: { db: 1 } }\nchanges:\n  less: { at: 1 min, set: { budgets.db.connections: 5 } }\n  more: { at: 2 min, set: { functions.api.uses.db: 2 } }\n";
    std::fs::write(&path, text).unwrap();
    let steps = load(&path, &LoadOptions::default()).unwrap().plan.change_steps;
    assert!(matches!(&steps[0].changes[..], [Change::Budget { .. }]));
    let [Change::Function(_, FunctionChange::Parameters(config))] = &steps[1].changes[..] else {
        panic!("{:?}", steps[1])
    };
    assert_eq!(config.uses[0].amount, 2);
    std::fs::write(
        &path,
        text.replace("uses.db: 2", "uses.bd: 2")
            .replace("connections: 5", "connections: 0"),
    )
    .unwrap();
    let problems = load(&path, &LoadOptions::default()).unwrap_err().to_string();
    assert!(
        problems.contains("did you mean db?") && problems.contains("a.yaml:6:"),
        "{problems}"
    );
}

#[test]
fn esm_8_changes_of_mappings_wait_and_those_of_queues_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    let text = "duration: 1 h\nfunctions: { work: { init: 0 s, duration: 80 ms } }\nqueues: { orders: {} }\nevent_source_mappings: { m: { event_source: sqs:orders, function: work } }\nchanges:\n  a: { at: 1 min, set: { event_source_mappings.m.batch_size: 5 } }\n  b: { at: 2 min, set: { queues.orders.visibility_timeout: 60 s } }\n  c: { at: 3 min, set: { queues.orders.message_retention_period: 1 h } }\n";
    std::fs::write(&path, text).unwrap();
    let steps = load(&path, &LoadOptions::default()).unwrap().plan.change_steps;
    let changes: Vec<&[Change]> = steps.iter().map(|step| &step.changes[..]).collect();
    let minute = Span::from_secs(60);
    assert!(
        matches!(
            changes[..],
            [
                [Change::Mapping { .. }],
                [Change::Visibility { timeout, .. }],
                [Change::Queue { .. }]
            ] if *timeout == minute
        ),
        "{changes:?}"
    );
    let refused = |from: &str, to: &str| {
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let problems = load(&path, &LoadOptions::default()).unwrap_err().to_string();
        assert!(
            problems.contains("holds for the whole run") && problems.contains("a.yaml:6:"),
            "{problems}"
        );
    };
    refused(
        "event_source_mappings.m.batch_size: 5",
        "event_source_mappings.m.function: work",
    );
    refused(
        "event_source_mappings.m.batch_size: 5",
        "queues.orders.delay_seconds: 5 s",
    );
}

#[test]
fn traffic_that_moves_has_a_flow_for_every_function_and_a_link_for_every_payload() {
    let text = "duration: 1 h\nfunctions: { a: { init: 0 s, duration: 1 s }, b: { init: 0 s, duration: 1 s } }\nqueues: { q: {} }\ntraffic: { users: { to: a, arrivals: { constant: 1/s } } }\nchanges:\n  b: { at: 1 min, set: { traffic.users.to: b } }\n  q: { at: 2 min, set: { traffic.users.to: sqs:q } }\n  large: { at: 3 min, set: { traffic.users.payload: 2 KB } }\n  back: { at: 4 min, set: { traffic.users.to: a } }\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    std::fs::write(&path, text).unwrap();
    let plan = load(&path, &LoadOptions::default()).unwrap().plan;
    let function = |flow: FlowId| plan.flows[flow.index()].function;
    let [b, q, large, back] = plan.sources[0].changes.as_slice() else {
        panic!("{:?}", plan.sources[0].changes)
    };
    assert_eq!(function(plan.sources[0].flow), FunctionId(0));
    assert_eq!((function(b.flow), function(back.flow)), (FunctionId(1), FunctionId(0)));
    let links = [q, large].map(|change| &plan.links[change.flow.link().unwrap().index()]);
    assert!(links.iter().all(|link| link.address == "sqs:q"));
    assert!(links[0].key != links[1].key && links[0].payload.is_none() && links[1].payload.is_some());
}

#[test]
fn clients_services_and_refusals_change_with_the_parameters_of_the_account() {
    let found = steps(
        "  a: { at: 1 min, set: { parameters.client.read_timeout: 5 s } }\n  b: { at: 2 min, set: { parameters.rps.refund: off } }\n  c: { at: 3 min, set: { parameters.throttle_reason.account_rate: FunctionInvocationRateLimitExceeded } }\n",
    );
    let changes: Vec<&[Change]> = found.iter().map(|step| &step.changes[..]).collect();
    let [[Change::Retry { retry, .. }], [Change::Account(account)], ..] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(
        (retry.read_timeout, account.rate_refund),
        (Some(Span::from_secs(5)), false)
    );
}

#[test]
fn an_alarm_cannot_watch_something_else_from_a_change_on() {
    let alarm = "alarms: { busy: { when: functions.api.Errors > 10 } }\n";
    let base = BASE.replace("changes:\n", &format!("{alarm}changes:\n"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    std::fs::write(
        &path,
        format!("{base}  c: {{ at: 1 min, set: {{ alarms.busy.when: functions.api.Throttles > 10 }} }}\n"),
    )
    .unwrap();
    let problems = load(&path, &LoadOptions::default()).unwrap_err().to_string();
    assert!(
        problems.contains("a.yaml:13:3") && problems.contains("watch something else at 60 s"),
        "{problems}"
    );
}
