//! Pools and request rates (lambda-model §3.1, §3.2).

use super::harness::{Stage, assert_close, run, run_with_records, sync, together};

#[test]
fn gvb_1_concurrency_is_rate_times_duration() {
    for (rate, duration, expected) in [
        (100, "1 s", 100),
        (100, "0.5 s", 50),
        (200, "0.25 s", 50),
        (5_000, "0.2 s", 1_000),
    ] {
        let traffic = sync("callers", "f", &format!("constant: {rate}/s"));
        // From 1 s on the load is steady, so the mean is the maximum.
        let run = run(&format!(
            "duration: 4 s\nwarm_up: 1 s\nfunctions: {{ f: {{ duration: {duration} }} }}\ntraffic:\n{traffic}"
        ));
        run.assert_counts("functions/f/ConcurrentExecutions", &[("max", expected)]);
        run.assert_number("functions/f/ConcurrentExecutions/mean", expected as f64);
        run.assert_counts("totals", &[("Throttles", 0)]);
    }
}

fn steady(limit: u32, rate: u32, duration: &str) -> String {
    let traffic = sync("callers", "f", &format!("constant: {rate}/s"));
    format!(
        "duration: 2 s\naccount: {{ concurrent_executions: {limit} }}\nfunctions: {{ f: {{ duration: {duration} }} }}\n\
         traffic:\n{traffic}"
    )
}

#[test]
fn gvb_2_short_invocations_need_a_tenth_of_their_rate_as_concurrency() {
    for (rate, duration, needed) in [(20_000, "50 ms", 2_000), (30_000, "20 ms", 3_000)] {
        run(&steady(needed, rate, duration))
            .assert_counts("totals", &[("Throttles", 0), ("arrivals", 2 * rate as u64)]);
        // One unit less allows ten requests a second less.
        let throttled = [("Throttles", 2 * 10), ("Invocations", 2 * (rate as u64 - 10))];
        run(&steady(needed - 1, rate, duration)).assert_counts("totals", &throttled);
    }
}

#[test]
fn gvb_2_with_a_limit_of_1000_only_the_first_half_of_each_second_is_served() {
    let run = run_with_records(&steady(1_000, 20_000, "50 ms"));
    run.assert_counts("functions/f", &[("Invocations", 20_000), ("Throttles", 20_000)]);
    run.assert_counts("functions/f/throttles_by_cause", &[("account_rate", 20_000)]);
    let reason = [("FunctionInvocationRateLimitExceeded", 20_000)];
    run.assert_counts("functions/f/throttles_by_reason", &reason);
    for record in run.records() {
        let into_second = record.number("start_ms") % 1_000.0;
        assert_eq!(record.ran(), into_second < 500.0, "at {into_second} ms into a second");
    }
}

#[test]
fn gvb_4_reservations_are_ceilings_and_the_rest_share_what_is_left() {
    let traffic = [
        sync("to-f", "f", &together(401, 0)),
        sync("to-h", "h", &together(150, 1)),
        sync("to-i", "i", &together(60, 2)),
    ];
    let run = run(&format!(
        "duration: 10 s
functions:
  f: {{ duration: 60 s, reserved_concurrent_executions: 400 }}
  g: {{ duration: 60 s, reserved_concurrent_executions: 400 }}
  h: {{ duration: 60 s }}
  i: {{ duration: 60 s }}
traffic:\n{}",
        traffic.concat()
    ));
    run.assert_counts("functions/f", &[("Invocations", 400), ("Throttles", 1)]);
    let reserved = [("ReservedFunctionConcurrentInvocationLimitExceeded", 1)];
    run.assert_counts("functions/f/throttles_by_reason", &reserved);
    run.assert_counts("functions/f/throttles_by_cause", &[("reserved_concurrency", 1)]);
    run.assert_counts("functions/h", &[("Invocations", 150), ("Throttles", 0)]);
    run.assert_counts("functions/i", &[("Invocations", 50), ("Throttles", 10)]);
    let unreserved = [("ConcurrentInvocationLimitExceeded", 10)];
    run.assert_counts("functions/i/throttles_by_reason", &unreserved);
    run.assert_counts("functions/i/throttles_by_cause", &[("account_concurrency", 10)]);
    run.assert_counts("account/UnreservedConcurrentExecutions", &[("max", 200)]);
}

const PROVISIONED_400: &str = "duration: 10 s
functions:
  f: { duration: 60 s, versions: { 1: {} }, aliases: { live: { function_version: 1, provisioned_concurrent_executions: 400 } } }
  g: { duration: 60 s }
traffic:
";

#[test]
fn gvb_5_provisioned_concurrency_is_carved_out_and_its_spill_shares_the_rest() {
    let alone = run(&format!(
        "{PROVISIONED_400}{}",
        sync("to-f", "f:live", &together(1_100, 0))
    ));
    alone.assert_counts(
        "functions/f",
        &[("Invocations", 1_000), ("Throttles", 100), ("cold_starts", 600)],
    );
    let split = [
        ("ProvisionedConcurrencyInvocations", 400),
        ("ProvisionedConcurrencySpilloverInvocations", 600),
    ];
    alone.assert_counts("functions/f/provisioned", &split);
    alone.assert_counts("functions/f/throttles_by_cause", &[("account_concurrency", 100)]);

    let both = [
        sync("to-f", "f:live", &together(900, 0)),
        sync("to-g", "g", &together(150, 1)),
    ];
    let both = run(&format!("{PROVISIONED_400}{}", both.concat()));
    let split = [
        ("ProvisionedConcurrencyInvocations", 400),
        ("ProvisionedConcurrencySpilloverInvocations", 500),
    ];
    both.assert_counts("functions/f/provisioned", &split);
    both.assert_counts("functions/g", &[("Invocations", 100), ("Throttles", 50)]);

    // What is provisioned for f stays closed to g, used or not.
    let others = run(&format!("{PROVISIONED_400}{}", sync("to-g", "g", &together(700, 0))));
    others.assert_counts("functions/g", &[("Invocations", 600), ("Throttles", 100)]);
}

#[test]
fn gvb_6_provisioned_inside_a_reservation_leaves_the_difference_on_demand() {
    let traffic = [
        sync("to-f", "f:live", &together(401, 0)),
        sync("to-h", "h", &together(601, 1)),
    ];
    let run = run(&format!(
        "duration: 10 s
functions:
  f:
    duration: 60 s
    reserved_concurrent_executions: 400
    versions: {{ 1: {{}} }}
    aliases: {{ live: {{ function_version: 1, provisioned_concurrent_executions: 200 }} }}
  h: {{ duration: 60 s }}
traffic:\n{}",
        traffic.concat()
    ));
    run.assert_counts(
        "functions/f",
        &[("Invocations", 400), ("Throttles", 1), ("cold_starts", 200)],
    );
    let split = [
        ("ProvisionedConcurrencyInvocations", 200),
        ("ProvisionedConcurrencySpilloverInvocations", 200),
    ];
    run.assert_counts("functions/f/provisioned", &split);
    let reserved = [("ReservedFunctionConcurrentInvocationLimitExceeded", 1)];
    run.assert_counts("functions/f/throttles_by_reason", &reserved);
    run.assert_counts("functions/h", &[("Invocations", 600), ("Throttles", 1)]);
}

#[test]
fn gvb_7_a_reservation_that_is_all_provisioned_leaves_nothing_to_latest() {
    let traffic = [
        sync("alias", "f:live", &together(201, 0)),
        sync("latest-while-busy", "f", &together(5, 1)),
        sync("latest-while-idle", "f", &together(5, 30)),
    ];
    let run = run(&format!(
        "duration: 60 s
functions:
  f:
    duration: 10 s
    reserved_concurrent_executions: 200
    versions: {{ 1: {{}} }}
    aliases: {{ live: {{ function_version: 1, provisioned_concurrent_executions: 200 }} }}
traffic:\n{}",
        traffic.concat()
    ));
    run.assert_counts("traffic/alias", &[("succeeded", 200), ("throttled", 1)]);
    run.assert_counts("traffic/latest-while-busy", &[("throttled", 5)]);
    run.assert_counts("traffic/latest-while-idle", &[("throttled", 5)]);
    run.assert_counts("functions/f", &[("cold_starts", 0), ("Throttles", 11)]);
    let reserved = [("ReservedFunctionConcurrentInvocationLimitExceeded", 11)];
    run.assert_counts("functions/f/throttles_by_reason", &reserved);
}

#[test]
fn gvb_8_claimed_concurrency_is_reservations_provisioned_and_unreserved_on_demand() {
    for (on_demand, admitted, claimed) in [(0, 0, 800), (100, 100, 900), (201, 200, 1_000)] {
        // What runs on a reservation or on provisioned environments claims nothing more.
        let mut traffic = sync("to-f", "f", &together(30, 0)) + &sync("to-g", "g:1", &together(50, 0));
        if on_demand > 0 {
            traffic += &sync("to-h", "h", &together(on_demand, 1));
        }
        let run = run(&format!(
            "duration: 10 s
functions:
  f: {{ duration: 60 s, reserved_concurrent_executions: 600 }}
  g: {{ duration: 60 s, versions: {{ 1: {{ provisioned_concurrent_executions: 200 }} }} }}
  h: {{ duration: 60 s }}
traffic:\n{traffic}"
        ));
        run.assert_counts("account/ClaimedAccountConcurrency", &[("max", claimed)]);
        run.assert_counts("account/UnreservedConcurrentExecutions", &[("max", admitted)]);
        let refused = on_demand as u64 - admitted;
        run.assert_counts("functions/h", &[("Invocations", admitted), ("Throttles", refused)]);
        run.assert_counts("functions/h/throttles_by_cause", &[("account_concurrency", refused)]);
    }
}

fn reserving(limit: u32, amount: u32) -> Stage {
    let traffic = sync("callers", "f", &together(1, 0));
    Stage::new(&format!(
        "duration: 10 s\naccount: {{ concurrent_executions: {limit} }}\n\
         functions: {{ f: {{ duration: 1 s, reserved_concurrent_executions: {amount} }} }}\ntraffic:\n{traffic}"
    ))
}

fn provisioning(amount: u32) -> Stage {
    let traffic = sync("callers", "f:1", &together(1, 0));
    Stage::new(&format!(
        "duration: 10 s\n\
         functions: {{ f: {{ duration: 1 s, versions: {{ 1: {{ provisioned_concurrent_executions: {amount} }} }} }} }}\n\
         traffic:\n{traffic}"
    ))
}

#[test]
fn gvb_9_a_hundred_of_the_account_can_neither_be_reserved_nor_provisioned() {
    reserving(1_000, 900)
        .run(&[])
        .assert_counts("totals", &[("succeeded", 1)]);
    reserving(1_000, 901).refused();
    provisioning(900).run(&[]).assert_counts("totals", &[("succeeded", 1)]);
    provisioning(901).refused();
}

#[test]
fn gvb_10_a_new_account_of_10_can_reserve_nothing_but_zero() {
    let stopped = reserving(10, 0).run(&[]);
    stopped.assert_counts("functions/f", &[("throttled", 1), ("Throttles", 1), ("Invocations", 0)]);
    stopped.assert_counts("functions/f/throttles_by_cause", &[("reserved_zero", 1)]);
    reserving(10, 1).refused();
}

#[test]
fn gvb_23_a_reservation_of_100_serves_a_thousand_requests_a_second() {
    let traffic = sync("callers", "f", "constant: 1500/s");
    let run = run(&format!(
        "duration: 3 s\nfunctions: {{ f: {{ duration: 10 ms, reserved_concurrent_executions: 100 }} }}\ntraffic:\n{traffic}"
    ));
    run.assert_counts("functions/f", &[("Invocations", 3_000), ("Throttles", 1_500)]);
    run.assert_counts("functions/f/throttles_by_cause", &[("reserved_rate", 1_500)]);
    let reason = [("ReservedFunctionInvocationRateLimitExceeded", 1_500)];
    run.assert_counts("functions/f/throttles_by_reason", &reason);
    assert_close("mean latency", run.number("functions/f/latency/mean"), 10.0, 1e-9);
}
