//! `lambdasim explain`: stories that read like the rules, and equal what a run records.

use std::borrow::Cow;
use std::path::Path;

use lambdasim::explain::{Address, Found, Sought, Story, search, stories, story_json, story_text};
use lambdasim::facts::Cause;
use lambdasim::scenario::{LoadOptions, load};
use lambdasim::simulation::{Plan, emptied};
use serde_json::Value;

use super::golden::harness::{Stage, assert_code, text};

fn shipped(name: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    load(&path, &LoadOptions::default()).expect("a good scenario").plan
}

/// What §13 sets for vectors, where a body gives no parameters of its own.
const PARAMETERS: &str =
    "{ placement: 0 s, overhead: 0 s, idle: none, max_life: none, async.first_dispatch: 0 s, async.jitter: off }";

pub fn staged(body: &str) -> (Stage, Plan) {
    let stage = Stage::new("");
    let parameters = match body.contains("parameters:") {
        true => String::new(),
        false => format!("parameters: {PARAMETERS}\n"),
    };
    let defaults = "defaults: { init: 0 s, memory_size: 1024 MB, timeout: 900 s }";
    let text = format!("name: golden\nstart: 2026-11-20T00:00:00Z\n{defaults}\n{parameters}{body}");
    stage.write("golden.yaml", &text);
    let scenario = load(&stage.path("golden.yaml"), &LoadOptions::default());
    let plan = scenario.unwrap_or_else(|problems| panic!("{problems}")).plan;
    let plan = emptied(Cow::Owned(plan), &mut ()).expect("nothing stops it");
    (stage, plan.into_owned())
}

fn story(plan: &Plan, address: &str) -> Story {
    let address = Address::parse(plan, address).expect("an address");
    stories(plan, &[address], &mut ()).expect("it comes").remove(0)
}

/// The story on one line, so that a sentence can be looked for wherever it is broken.
fn told(story: &Story) -> String {
    story_text(story).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_tells(story: &Story, sentences: &[&str]) {
    let told = told(story);
    let mut from = 0;
    for sentence in sentences {
        let found = told[from..].find(sentence);
        from += found.unwrap_or_else(|| panic!("\"{sentence}\" does not follow in: {}", story_text(story)));
    }
}

/// The story of the first throttle of `every-429.yaml` by this cause, which must be this arrival.
fn first_throttle(cause: Cause, address: &str) -> Story {
    let plan = shipped("every-429.yaml");
    let Found::Some(found) = search(&plan, Sought::Throttle(None, Some(cause)), None, &mut ()) else {
        panic!("{cause:?} throttles something")
    };
    let told = stories(&plan, &found, &mut ()).expect("it comes").remove(0);
    assert_eq!(told.address, address);
    told
}

#[test]
fn a_full_account_is_told_as_conc_7_says() {
    // 3,000 less what is reserved: 5 + 0 + 1,500 + 2. At 60 a second call number 1,493 comes after 24.883333 s.
    let told = first_throttle(Cause::AccountConcurrency, "1-crowd/1493");
    assert_tells(
        &told,
        &[
            "00:00:24.883333",
            "10 concurrency 1,493 of 1,493 unreserved slots busy (3,000 in the account - 1,507 reserved - 0 provisioned): refused (CONC-7)",
            "429 TooManyRequestsException, Reason ConcurrentInvocationLimitExceeded (THR-1, THR-3, ADM-2)",
            "price: nothing, as none of it ran",
        ],
    );
}

#[test]
fn a_full_reservation_is_told_as_conc_6_says() {
    // 5 of 20 calls a second of one second each run; number 5 comes a quarter of a second after 2 min.
    let told = first_throttle(Cause::ReservedConcurrency, "2-tight/5");
    assert_tells(
        &told,
        &[
            "00:02:00.250000",
            "6 reserved 0 reserved concurrency is 5, not 0 (CONC-5)",
            "8 own rate 5 of the function's own 50 requests in this second (RPS-2, RPS-5)",
            "10 concurrency 5 of 5 reserved slots busy (5 reserved - 0 provisioned): refused (CONC-6)",
            "Reason ReservedFunctionConcurrentInvocationLimitExceeded (THR-1, THR-3, ADM-2)",
        ],
    );
}

#[test]
fn a_function_that_is_switched_off_is_told_as_conc_5_says() {
    let told = first_throttle(Cause::ReservedZero, "3-stopped/0");
    assert_tells(
        &told,
        &[
            "00:03:00.000000",
            "6 reserved 0 reserved concurrency is 0, so the function is switched off: refused (CONC-5)",
            "429 TooManyRequestsException, Reason ReservedFunctionConcurrentInvocationLimitExceeded",
        ],
    );
    assert!(
        !told.lines.iter().any(|line| line.text.contains("account rate")),
        "no later check is told"
    );
}

#[test]
fn a_burst_beyond_the_scaling_rate_is_told_as_scale_2_says() {
    // Of 1,500 at one instant the first 1,000 take all tokens; 100 a second come back.
    let told = first_throttle(Cause::ScalingRate, "4-flash/1000");
    assert_tells(
        &told,
        &[
            "10 concurrency 1,000 of 1,500 reserved slots busy",
            "11 warm pick $LATEST has no idle environment: all 1,000 are busy",
            "12 scaling rate 0 of 1,000 tokens for new environments of the function, 6,000 a minute come back: refused (SCALE-1, SCALE-2, ADM-5)",
            "Reason ConcurrentInvocationLimitExceeded (THR-1, THR-5, ADM-2)",
        ],
    );
}

#[test]
fn too_many_requests_of_an_account_are_told_as_rps_1_says() {
    // Ten times 3,000 a second; at 36,000 a second number 30,000 comes after 30/36 s.
    let told = first_throttle(Cause::AccountRate, "5-swarm/30000");
    assert_tells(
        &told,
        &[
            "00:05:00.833333",
            "7 account rate 30,000 of the account's 30,000 requests in this second: refused (RPS-1, RPS-5)",
            "Reason FunctionInvocationRateLimitExceeded (THR-1, THR-4, ADM-2)",
        ],
    );
}

#[test]
fn too_many_requests_of_a_reservation_are_told_as_rps_2_says() {
    // Ten times 2 a second; at 40 a second number 20 comes after half a second.
    let told = first_throttle(Cause::ReservedRate, "6-quick/20");
    assert_tells(
        &told,
        &[
            "00:05:10.500000",
            "8 own rate 20 of the function's own 20 requests in this second: refused (RPS-2, RPS-5)",
            "Reason ReservedFunctionInvocationRateLimitExceeded (THR-1, THR-4, ADM-2)",
        ],
    );
}

/// Everything at once that attempts differ in, in seconds of simulated time.
pub const MIXED: [&str; 3] = [
    "duration: 40 s
seed: 3
parameters: { placement: 100 ms, overhead: 8 ms, idle: 2 s, async.jitter: { uniform: [1, 1.2] }, async.first_dispatch: 30 ms }
functions:
  shop:
    init: { uniform: [100 ms, 300 ms] }
    duration: { exponential: 200 ms }
    error_rate: 10 %
    crash_rate: 5 %
    timeout: 1 s
    reserved_concurrent_executions: 6
    versions: { 1: {}, 2: { duration: 90 ms } }
    aliases: { live: { function_version: 1, additional_version_weights: { 2: 30 % }, provisioned_concurrent_executions: 2 } }
  mail: { init: 50 ms, duration: { exponential: 400 ms }, error_rate: 30 %, reserved_concurrent_executions: 2 }
traffic:
  buyers: { to: \"shop:live\", retry: { mode: standard, clients: 3 }, arrivals: { poisson: 20/s } }
  gate: { to: \"shop:live\", through: api-gateway, arrivals: { poisson: 5/s } }
  letters: { to: mail, invocation_type: Event, arrivals: { poisson: 5/s } }
",
    "duration: 60 s
seed: 4
functions:
  work: { init: 30 ms, timeout: 5 s, duration: { base: 20 ms, per_record: { exponential: 30 ms } }, record_error_rate: 10 %, reserved_concurrent_executions: 2, function_response_types: ReportBatchItemFailures }
  read: { init: 0 s, timeout: 5 s, duration: { exponential: 300 ms }, record_error_rate: 5 % }
queues: { jobs: { visibility_timeout: 6 s, redrive_policy: { max_receive_count: 2, dead_letter_target: sqs:lost } }, lost: {} }
streams: { clicks: { type: kinesis, shard_count: 2, partition_keys: 50 } }
event_source_mappings:
  jobs-to-work: { event_source: sqs:jobs, function: work, batch_size: 5 }
  clicks-to-read: { event_source: kinesis:clicks, function: read, batch_size: 4, maximum_retry_attempts: 2 }
traffic:
  people: { to: sqs:jobs, arrivals: { poisson: 12/s } }
  mice: { to: kinesis:clicks, arrivals: { poisson: 8/s } }
",
    "duration: 30 s
seed: 5
account: { concurrent_executions: 110 }
parameters: { rps.shape: token_bucket }
functions:
  busy: { init: 1 s, duration: 800 ms, invokes: [ { to: after, count: 2, share: 50 % } ] }
  after: { duration: 100 ms }
traffic:
  steady: { to: busy, retry: { mode: adaptive, clients: 2 }, arrivals: { poisson: 100/s } }
",
];

/// Numbers are compared as floats: records have whole numbers of another width.
fn same(found: &Value, recorded: &Value) -> bool {
    match (found.as_f64(), recorded.as_f64()) {
        (Some(found), Some(recorded)) => found == recorded,
        _ => found == recorded,
    }
}

#[test]
fn every_attempt_of_a_story_equals_its_record() {
    for (which, body) in MIXED.iter().enumerate() {
        let (stage, plan) = staged(body);
        let run = stage.run(&["--records"]);
        let records = run.records();
        assert!(records.len() > 250, "scenario {which} has {} attempts", records.len());
        let mut addresses: Vec<String> = Vec::new();
        for record in records.iter().filter(|record| record.count("ordinal") % 7 == 0) {
            addresses.push(format!("{}/{}", record.text("traffic"), record.count("ordinal")));
        }
        addresses.dedup();
        let wanted: Vec<Address> = addresses
            .iter()
            .map(|text| Address::parse(&plan, text).expect("an address"))
            .collect();
        let told = stories(&plan, &wanted, &mut ()).expect("all of them come");
        let mut compared = 0;
        for (address, told) in addresses.iter().zip(&told) {
            let json = story_json(told);
            let found: Vec<&Value> = json["attempts"].as_array().expect("a list").iter().collect();
            let of_it = |record: &&super::golden::harness::Record| {
                format!("{}/{}", record.text("traffic"), record.count("ordinal")) == *address
            };
            let recorded: Vec<_> = records.iter().filter(of_it).collect();
            assert_eq!(found.len(), recorded.len(), "attempts of {address} in scenario {which}");
            for (found, recorded) in found.iter().zip(&recorded) {
                for (column, cell) in recorded.cells() {
                    assert!(
                        same(&found[column], cell),
                        "{column} of {address}: {} and {cell}",
                        found[column]
                    );
                }
                compared += 1;
            }
        }
        assert!(compared > 40, "{compared} attempts in scenario {which}");
    }
}

#[test]
fn what_is_followed_changes_nothing_of_what_is_not() {
    let (_, plan) = staged(MIXED[0]);
    let alone = story(&plan, "buyers/300");
    let everybody: Vec<Address> = (0..=300)
        .map(|k| Address::parse(&plan, &format!("buyers/{k}")).unwrap())
        .collect();
    let among_others = stories(&plan, &everybody, &mut ()).expect("all of them come");
    assert_eq!(story_text(&alone), story_text(&among_others[300]));
}

#[test]
fn an_event_that_is_throttled_waits_as_async_4_says_and_ends_in_the_dead_letter_queue() {
    let (_, plan) = staged(
        "duration: 60 s
functions:
  f:
    duration: 55 s
    reserved_concurrent_executions: 1
    dead_letter_config: sqs:dead
    event_invoke_config: { maximum_event_age: 60 s, on_failure: sqs:failed }
queues: { dead: {}, failed: {} }
drain: 60 s
traffic:
  first: { to: f, invocation_type: Event, arrivals: { at: [0 s] } }
  other: { to: f, invocation_type: Event, arrivals: { at: [1 s] } }
  third: { to: f, invocation_type: Event, arrivals: { at: [2 s] } }
",
    );
    // Attempts of `other` at 1, 2, 4, 8, 16 and 32 s find the only slot taken; the next would come at 64 s, and its age
    // ends at 61 s. `third` is always one second later, and is gone at 62 s.
    let other = story(&plan, "other/0");
    assert_tells(
        &other,
        &[
            "it is stored and answered with 202 (ASYNC-1, INV-2)",
            "10 concurrency 1 of 1 reserved slots busy (1 reserved - 0 provisioned): refused (CONC-6)",
            "it goes back to its queue for 1 s: 1 s after the 1st throttle in a row (ASYNC-4)",
            "00:00:02.000000 it is handed to the function, 1 s old",
            "it goes back to its queue for 16 s: 16 s after the 5th throttle in a row (ASYNC-4)",
            "00:00:32.000000 it is handed to the function, 31 s old",
            "its next attempt would come too late: it reaches its maximum age in 29 s (ASYNC-8)",
            "00:01:01.000000 it has reached its maximum age of 60 s: dropped (ASYNC-8)",
            "its record goes to on_failure, sqs:failed (ASYNC-10)",
            "it goes to the dead-letter queue, sqs:dead (ASYNC-10)",
            "the event is gone after 60 s: dropped",
        ],
    );
    assert_eq!(other.attempts.len(), 6);
}

#[test]
fn a_message_is_followed_through_its_batches_to_the_dead_letter_queue() {
    let (_, plan) = staged(
        "duration: 60 s
functions:
  f: { duration: 1 s, timeout: 5 s, error_rate: 100 % }
queues: { jobs: { visibility_timeout: 10 s, redrive_policy: { max_receive_count: 2, dead_letter_target: sqs:dead } }, dead: {} }
event_source_mappings: { m: { event_source: sqs:jobs, function: f, batch_size: 10 } }
parameters: { placement: 0 s, overhead: 0 s, idle: none, max_life: none, sqs.latency: 0 s }
traffic: { people: { to: sqs:jobs, arrivals: { at: [0 s] } } }
",
    );
    let message = story(&plan, "people/0");
    assert_tells(
        &message,
        &[
            "message 0 from people to sqs:jobs",
            "a poller receives it from jobs for the 1st time (SQS-2, SQS-13)",
            "m invokes f with 1 record, batch 0 (ESM-1, ESM-2)",
            "00:00:01.000000 the handler fails: a function error",
            "00:00:10.000000 the visibility timeout is over: 1 message waits in jobs again (SQS-11, SQS-12)",
            "a poller receives it from jobs for the 2nd time",
            "00:00:20.000000 the visibility timeout is over",
            "received too often: 1 message of jobs goes to the dead-letter queue (SQS-13, SQS-15)",
            "1 message in queue dead",
        ],
    );
    let Found::Some(found) = search(&plan, Sought::DeadLetter, None, &mut ()) else {
        panic!("one message went there")
    };
    assert_eq!(
        story_text(&stories(&plan, &found, &mut ()).unwrap()[0]),
        story_text(&message)
    );
    assert_tells(
        &story(&plan, "m/1"),
        &["batch 1 of m", "00:00:20.000000 the visibility timeout is over"],
    );
}

#[test]
fn a_cold_start_is_told_phase_by_phase_with_its_price() {
    let (_, plan) = staged(
        "duration: 10 min
parameters: { placement: 100 ms, overhead: 8 ms, idle: 5 min, max_life: none }
functions: { f: { init: 200 ms, duration: 50 ms } }
traffic: { calls: { to: f, retry: none, arrivals: { at: [0 s, 1 s, 400 s] } } }
",
    );
    // 250 ms of 1,024 MB are a quarter of a GB-second at 0.0000166667 USD, and a request costs 0.0000002 USD.
    assert_tells(
        &story(&plan, "calls/0"),
        &[
            "11 warm pick $LATEST has no idle environment, and no busy one (LIFE-11)",
            "12 scaling rate 1,000 of 1,000 tokens for new environments of the function, 6,000 a minute come back (SCALE-1)",
            "13 creation a new environment, number 0 (ADM-1)",
            "attempt 0 starts cold in a new environment, environment 0",
            "placement takes 100 ms, waited for and not billed (COLD-1)",
            "00:00:00.100000 INIT takes 200 ms (LIFE-1, COLD-2)",
            "00:00:00.300000 the handler runs: Duration 50 ms (LIFE-7)",
            "00:00:00.350000 the handler returns; environment 0 is free again (INV-6)",
            "billed 250 ms: 200 ms of it for INIT, rounded up together (PRICE-2, PRICE-4)",
            "00:00:00.358000 the caller has its answer after 358 ms: succeeded (INV-1)",
            "price: 0.000004366675 USD",
        ],
    );
    let warm = "1 idle: takes environment 0, the only idle one, idle for 650 ms (LIFE-16)";
    assert_tells(&story(&plan, "calls/1"), &[warm, "starts warm"]);
    // Free at 1.05 s, gone 5 min later.
    let gone = "environment 0 ended 98.95 s ago of rest, idle for 5 min (LIFE-14, COLD-7)";
    let creation = "13 creation a new environment, number 1 (ADM-1)";
    assert_tells(&story(&plan, "calls/2"), &[gone, creation, "starts cold"]);
}

#[test]
fn a_client_s_back_off_is_told_with_its_bound_and_its_quota() {
    let (_, plan) = staged(
        "duration: 60 s
functions: { f: { duration: 1 s, reserved_concurrent_executions: 0 } }
traffic: { calls: { to: f, retry: { mode: standard, max_attempts: 3, clients: 1 }, arrivals: { at: [0 s] } } }
model_date: 2026-01-01
",
    );
    // SDK-3: at most 1 s, then at most 2 s, each for 5 of 500 tokens.
    assert_tells(
        &story(&plan, "calls/0"),
        &[
            "before attempt 1, drawn from 0 to 1 s; that takes 5 tokens of its quota, 495 are left (SDK-3)",
            "before attempt 2, drawn from 0 to 2 s; that takes 5 tokens of its quota, 490 are left (SDK-3)",
            "the client gives up after 3 attempts (SDK-3)",
            "is a throttle: throttled (ADM-4)",
        ],
    );
}

#[test]
fn a_front_end_answers_for_lambda() {
    let (_, plan) = staged(
        "duration: 60 s
functions: { f: { duration: 35 s }, off: { duration: 1 s, reserved_concurrent_executions: 0 } }
traffic:
  slow: { to: f, through: api-gateway, arrivals: { at: [0 s] } }
  stopped: { to: off, through: api-gateway, arrivals: { at: [1 s] } }
parameters: { placement: 0 s, overhead: 0 s, fe.latency: 10 ms }
",
    );
    // FE-1: its own limit of 29 s passes first: 504, and the function goes on.
    assert_tells(
        &story(&plan, "slow/0"),
        &[
            "00:00:29.000000 the front end answers 504, 29 s after it was asked (FE-1, FE-8)",
            "the caller has an error after 29 s: failed",
            "00:00:35.000000 the handler returns",
        ],
    );
    assert_tells(
        &story(&plan, "stopped/0"),
        &[
            "429 TooManyRequestsException",
            "the front end answers 500, 10 ms after it was asked (FE-1, FE-8)",
        ],
    );
}

#[test]
fn the_slowest_come_first() {
    let (_, plan) = staged(
        "duration: 60 s
functions: { f: { duration: { uniform: [1 s, 9 s] } }, g: { duration: 20 s } }
traffic:
  a: { to: f, retry: none, arrivals: { constant: 1/s } }
  b: { to: g, retry: none, arrivals: { at: [5 s] } }
",
    );
    let latency = |story: &Story| story.attempts[0].latency_ms.expect("an answer");
    let Found::Some(found) = search(&plan, Sought::Slowest(3), None, &mut ()) else {
        panic!("three of them")
    };
    let told = stories(&plan, &found, &mut ()).unwrap();
    assert_eq!((told.len(), told[0].address.as_str()), (3, "b/0"));
    assert!(latency(&told[1]) >= latency(&told[2]), "in order");
    let everybody: Vec<Address> = (0..50)
        .map(|k| Address::parse(&plan, &format!("a/{k}")).unwrap())
        .collect();
    let all = stories(&plan, &everybody, &mut ()).unwrap();
    let longest = all.iter().map(latency).fold(0.0, f64::max);
    assert_eq!(latency(&told[1]), longest);
}

// ---------------------------------------------------------------- the command

fn explain(body: &str, arguments: &[&str], code: i32) -> (String, String) {
    let stage = Stage::new(body);
    let output = stage.call(&[&["explain", "golden.yaml"], arguments].concat());
    assert_code(&output, code);
    (text(&output.stdout), text(&output.stderr))
}

pub const SMALL: &str = "duration: 10 s
functions: { checkout: { duration: 1 s } }
traffic: { shoppers: { to: checkout, retry: none, arrivals: { constant: 1/s } } }
";

#[test]
fn wrong_questions_are_answered_with_what_there_is() {
    let cases = [
        (&["--invocation", "shopers/1"][..], "did you mean shoppers?"),
        (
            &["--invocation", "shoppers/10"],
            "shoppers has 10 arrivals in this run, counted from 0: there is no 10",
        ),
        (
            &["--invocation", "shoppers"],
            "write it as TRAFFIC/ORDINAL, such as shoppers/0",
        ),
        (
            &["--first", "throttle", "--reason", "reserved_zer"],
            "did you mean reserved_zero?",
        ),
        (
            &["--first", "dead-letter", "--reason", "reserved_zero"],
            "--reason belongs to --first throttle",
        ),
        (&["--slowest", "1", "--function", "chekout"], "did you mean checkout?"),
        (&[], "--invocation"),
        (&["--slowest", "0"], "1..=1000"),
    ];
    for (arguments, expected) in cases {
        let (printed, said) = explain(SMALL, arguments, 2);
        assert!(said.contains(expected) && printed.is_empty(), "{arguments:?}: {said}");
    }
}

#[test]
fn a_run_without_what_is_looked_for_says_so_and_ends_with_1() {
    let (printed, said) = explain(SMALL, &["--first", "throttle"], 1);
    assert_eq!(
        (printed.as_str(), said.trim()),
        ("", "no attempt is throttled in this run")
    );
    let (_, said) = explain(SMALL, &["--first", "dead-letter"], 1);
    assert_eq!(said.trim(), "nothing goes to a dead-letter queue in this run");
}

#[test]
fn json_has_the_story_with_every_number_and_set_changes_the_run() {
    let arguments = [
        "--invocation",
        "shoppers/3",
        "--json",
        "--set",
        "functions.checkout.reserved_concurrent_executions=0",
    ];
    let (printed, _) = explain(SMALL, &arguments, 0);
    let json: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(json["invocation"], "shoppers/3");
    assert_eq!(json["attempts"][0]["outcome"], "throttled");
    let checks: Vec<&Value> = json["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "check")
        .collect();
    let steps: Vec<u64> = checks
        .iter()
        .filter_map(|check| check["numbers"]["step"].as_u64())
        .collect();
    assert_eq!(steps, [4, 5, 6]);
    assert_eq!(checks[2]["numbers"]["passed"], false);
    assert_eq!(checks[2]["rules"][0], "CONC-5");
}

#[test]
fn every_rule_that_a_story_names_exists() {
    let mut named = 0;
    for body in MIXED {
        let (_, plan) = staged(body);
        let senders = plan.traffic.iter().map(|sender| sender.name.clone());
        // Batches of streams are numbered lane by lane: the first of two shards are 2 and 3.
        let addresses: Vec<Address> = senders
            .flat_map(|sender| (4..20).map(move |k| format!("{sender}/{k}")))
            .filter_map(|text| Address::parse(&plan, &text).ok())
            .collect();
        for story in stories(&plan, &addresses, &mut ()).expect("all of them come") {
            for rule in story.lines.iter().flat_map(|line| &line.rules) {
                assert!(lambdasim::rules::find(rule).is_some(), "{rule}");
                named += 1;
            }
        }
    }
    assert!(named > 1_000);
}
