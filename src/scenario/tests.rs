use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::facts::{InvocationType, LinkId, PackageType};
use crate::kernel::Distribution;
use crate::lambda::{ResponseMode, RetryMode, Runtime, ScalingRule};
use crate::pricing::FreeTier;
use crate::units::{Bytes, MemoryMb, Rate, Share, SimTime, Span, Timestamp};
use crate::workload::{Firings, Process, Spread, SpreadSchedule};

/// The smallest scenario; further top-level keys may follow it.
const SMALL: &str = "duration: 1 h\nfunctions:\n  api: { init: 0 s, duration: 80 ms }\n";
const TRAFFIC: &str = "traffic:\n  users: { to: api, arrivals: { poisson: 10/s } }\n";

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Folder {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self, options: &LoadOptions) -> Result<Scenario, Problems> {
        load(&self.path("a.yaml"), options)
    }
}

fn read(text: &str) -> Result<Scenario, Problems> {
    Folder::new().with("a.yaml", text).load(&LoadOptions::default())
}

fn plan(text: &str) -> Plan {
    read(text).unwrap_or_else(|problems| panic!("{problems}\n{text}")).plan
}

/// `line:column: message; remedy` of each problem.
fn problems(text: &str) -> Vec<String> {
    let found = read(text).err().unwrap_or_else(|| panic!("no problem in\n{text}"));
    assert_eq!(found.exit_code(), 2);
    let line = |problem: &Problem| {
        let place = &problem.place;
        format!(
            "{}:{}: {}; {}",
            place.line, place.column, problem.message, problem.remedy
        )
    };
    found.list.iter().map(line).collect()
}

/// The one problem of a text.
#[track_caller]
fn problem(text: &str) -> String {
    let mut found = problems(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[track_caller]
fn refuses(text: &str, start: &str, words: &[&str]) {
    let found = problem(text);
    assert!(found.starts_with(start), "{found} should start with {start}\n{text}");
    for word in words {
        assert!(found.contains(word), "{found} should contain {word}");
    }
}

/// [`SMALL`] with another function beside `api`, on line 4; the problem stands where `at` occurs last.
#[track_caller]
fn refuses_function(keys: &str, at: &str, words: &[&str]) {
    let line = format!("  f: {{ init: 0 s, duration: 1 s, {keys} }}");
    let column = line.rfind(at).unwrap() + 1;
    refuses(&format!("{SMALL}{line}\n"), &format!("4:{column}: "), words);
}

#[test]
fn the_starter_loads_and_asks_its_question() {
    for name in ["first", "odd: \"name\"", "7"] {
        let folder = Folder::new().with("a.yaml", starter(name));
        let options = LoadOptions {
            name: Some("x".to_owned()),
            ..LoadOptions::default()
        };
        let loaded = folder.load(&options);
        match (name, loaded) {
            ("odd: \"name\"", Err(problems)) => assert!(problems.to_string().contains("`name` is")),
            (_, Ok(scenario)) => {
                assert!(scenario.question.unwrap().ends_with("when traffic triples at noon?"));
                assert_eq!(scenario.expectations.len(), 2);
                assert_eq!((scenario.plan.functions.len(), scenario.plan.traffic.len()), (1, 1));
            }
            (_, Err(problems)) => panic!("{problems}"),
        }
    }
}

#[test]
fn defaults_are_those_of_the_contract() {
    let plan = plan(&format!("{SMALL}{TRAFFIC}"));
    assert_eq!((plan.name.as_str(), plan.seed, plan.replication), ("a", 0, 0));
    assert_eq!(
        (plan.duration, plan.warm_up, plan.drain),
        (Span::from_secs(3_600), Span::ZERO, Span::ZERO)
    );
    // 2026-11-20T00:00:00Z is 20,777 days after 1970-01-01.
    assert_eq!(plan.start, Timestamp(20_777 * 86_400 * 1_000_000));
    assert_eq!(plan.model_date, "2026-11-20");
    assert_eq!(plan.account.concurrent_executions, 1_000);
    assert_eq!(plan.account.scaling, ScalingRule::PerFunction);
    assert_eq!(plan.account.billing_granularity, Span::from_millis(1));
    assert_eq!(
        (plan.billing.region.as_str(), plan.billing.free_tier),
        ("us-east-1", FreeTier::Off)
    );
    let function = &plan.functions[0];
    let version = &function.versions[0];
    assert_eq!((version.memory, version.timeout), (MemoryMb(128), Span::from_secs(3)));
    assert_eq!(version.ephemeral_storage, MemoryMb(512));
    assert_eq!(version.placement, Distribution::constant(Span::from_millis(100)));
    assert_eq!((version.duration_factor, version.error_rate), (1.0, Share::NONE));
    assert_eq!(function.overhead, Distribution::constant(Span::from_millis(8)));
    assert_eq!(function.events.jitter, Some((1_000, 1_200)));
    let event = &function.qualifiers[0].event_invoke;
    assert_eq!(
        (event.maximum_event_age, event.maximum_retry_attempts),
        (Span::from_secs(21_600), 2)
    );
    let retry = plan.traffic[0].retry;
    assert_eq!(
        (retry.mode, retry.max_attempts, retry.clients),
        (RetryMode::Standard2026, 3, 1)
    );
    assert_eq!(plan.flows[0].invocation_type, InvocationType::RequestResponse);
    assert_eq!(plan.sources[0].until, SimTime::from_micros(3_600_000_000));
}

/// The example of the contract, shortened to what it holds.
const BIG: &str = r#"# Does a canary stay inside reserved concurrency on Black Friday?
name: black-friday
seed: 7
start: 2026-11-27T00:00:00Z          # anchors cron
duration: 24 h
warm_up: 0 s
drain: 0 s
region: us-east-1
model_date: 2026-11-20
switches: { SW-SDK26: off }
account:
  concurrent_executions: 1000
  free_tier: false
  month_to_date: { requests: 0, gb_seconds: { x86_64: 0, arm64: 0 }, streamed_gb: 0 }
parameters: { idle: 600 s, async.jitter: off }
defaults: { runtime: python3.13, architectures: arm64, tags: { team: web } }
functions:
  checkout:
    tags: { team: payments }
    package_type: Zip
    memory_size: 1024 MB
    timeout: 10 s
    ephemeral_storage: 512 MB
    reserved_concurrent_executions: 300
    init: { lognormal: { median: 310 ms, p99: 900 ms } }
    duration: { lognormal: { median: 85 ms, p99: 700 ms } }
    memory_scaling: { cpu_bound: 80 %, measured_at: 1024 MB }
    error_rate: 0.2 %
    snap_start: false
    vpc_config: { subnets: { a: 250, b: 250 } }
    file_system_configs: { mount: 300 ms }
    dead_letter_config: sqs:dead
    versions: { 1: {}, 2: { duration: { lognormal: { median: 70 ms, p99: 500 ms } } } }
    aliases:
      live:
        function_version: 1
        additional_version_weights: { 2: 10 % }
        provisioned_concurrent_executions: 50
        scaling_policies:
          min_capacity: 20
          max_capacity: 200
          target_value: 70 %
          scheduled_actions: [ { schedule: "cron(0 8 * * ? *)", min_capacity: 100 } ]
    event_invoke_config: { maximum_event_age: 6 h, maximum_retry_attempts: 2, on_failure: sqs:failed, on_success: fulfil }
    invokes: [ { to: sqs:orders, count: 1, share: 90 % } ]
    uses: { orders-db: 1 }
  fulfil:
    duration: { base: 20 ms, per_record: 4 ms }
    record_error_rate: 0.1 %
    function_response_types: ReportBatchItemFailures
queues:  { orders: { visibility_timeout: 6 min, redrive_policy: { max_receive_count: 3, dead_letter_target: sqs:orders-dlq } }, orders-dlq: {} }
streams: { clicks: { type: kinesis, shard_count: 4, partition_keys: 1000 } }
topics:  { alerts: { subscriptions: [ fulfil, sqs:orders ] } }
budgets: { orders-db: { connections: 100, beyond: { duration_factor: 3 } } }
event_source_mappings:
  orders-to-fulfil: { event_source: sqs:orders, function: fulfil, batch_size: 10 }
traffic:
  shoppers:
    to: "checkout:live"
    invocation_type: RequestResponse
    through: api-gateway
    retry: { mode: standard, max_attempts: 3, clients: 50 }
    arrivals: { poisson: [[0 h, 20/s], [9 h, 400/s], [21 h, 650/s], [24 h, 60/s]] }
    payload: 12 KB
  nightly: { to: fulfil, through: scheduler, arrivals: { schedule: "rate(12 hours)" } }
changes:
  reserve-less: { at: 2 h, set: { functions.checkout.reserved_concurrent_executions: 50 } }
deployments:
  new-checkout: { at: 3 h, alias: "checkout:live", to_version: 2, deployment_preference: Canary10Percent5Minutes, alarms: [ too-many-errors ] }
alarms:
  too-many-errors: { when: "functions.checkout.Errors > 10", period: 1 min, evaluation_periods: 2 }
expect:
  - functions.checkout.Throttles == 0
  - functions.checkout.latency.p99 <= 1.5 s
  - cost.monthly_estimate <= 900 USD
"#;

#[test]
fn the_contract_s_example_is_understood() {
    assert!(read(BIG).is_ok(), "{:#?}", problems(BIG));
}

#[test]
fn the_supported_part_of_the_contract_s_example_becomes_a_plan() {
    let unsupported = [
        "uses",
        "budgets",
        "through: api-gateway",
        "payload",
        "changes",
        "reserve-less",
    ];
    let kept = BIG.lines().filter(|line| {
        !unsupported
            .iter()
            .any(|word| line.trim_start().starts_with(word.trim_start()))
    });
    let text = kept.collect::<Vec<_>>().join("\n");
    let text = text
        .replace("{ base: 20 ms, per_record: 4 ms }", "20 ms")
        .replace(" through: scheduler,", "");
    let scenario = read(&text).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(
        scenario.question.as_deref(),
        Some("Does a canary stay inside reserved concurrency on Black Friday?")
    );
    let changed = [("async.jitter", "off"), ("idle", "600 s")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(scenario.changed_parameters, changed);
    assert_eq!(scenario.expectations[1].value, 1_500.0);
    let plan = scenario.plan;
    let names: Vec<&str> = plan.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["checkout", "fulfil"]);
    assert_eq!(
        plan.tags,
        [vec!["team=payments".to_owned()], vec!["team=web".to_owned()]]
    );
    let checkout = &plan.functions[0];
    assert_eq!(checkout.reserved, Some(300));
    let versions: Vec<&str> = checkout.versions.iter().map(|version| version.name.as_str()).collect();
    assert_eq!(versions, ["$LATEST", "1", "2"]);
    assert_eq!(
        checkout.versions[2].duration,
        Distribution::lognormal_from_quantile(70.0, 0.99, 500.0)
    );
    let address = |link: Option<LinkId>| link.map(|link| plan.links[link.index()].address.as_str());
    assert_eq!(address(checkout.versions[1].dead_letter), Some("sqs:dead"));
    assert_eq!(
        checkout.versions[0].idle,
        Some(Distribution::constant(Span::from_secs(600)))
    );
    let live = &checkout.qualifiers[3];
    assert_eq!(
        (live.name.as_deref(), live.version.index(), live.provisioned),
        (Some("live"), 1, 50)
    );
    assert_eq!(
        live.additional.map(|(version, share)| (version.index(), share)),
        Some((2, Share::from_fraction(0.1)))
    );
    assert_eq!(address(live.event_invoke.on_success), Some("fulfil"));
    let fulfil = &plan.functions[1].versions[0];
    let runtime = Runtime::find("python3.13").unwrap();
    assert_eq!(fulfil.init, runtime.init(PackageType::Zip, fulfil.architecture));
    assert_eq!(fulfil.first_invoke, runtime.first_invoke(MemoryMb(128)));
    let queues: Vec<&str> = plan.queues.iter().map(|queue| queue.name.as_str()).collect();
    assert_eq!(queues, ["dead", "failed", "orders", "orders-dlq"]);
    let traffic: Vec<&str> = plan.traffic.iter().map(|traffic| traffic.name.as_str()).collect();
    assert_eq!(
        traffic,
        [
            "nightly",
            "shoppers",
            "sns:alerts fulfil",
            "checkout on_success fulfil",
            "orders-to-fulfil"
        ]
    );
    assert_eq!(plan.traffic[1].retry.mode, RetryMode::Standard);
    assert_eq!(
        (plan.flows[1].function.index(), plan.flows[1].qualifier.index()),
        (0, 3)
    );
}

#[test]
fn the_order_of_keys_changes_nothing() {
    let one = "duration: 1 h\nseed: 3\nfunctions:\n  b: { duration: 2 s, init: 0 s, aliases: { y: { function_version: 1 }, x: { function_version: 2 } }, versions: { 2: {}, 1: {} } }\n  a: { init: 0 s, duration: 1 s, tags: { k: v, j: w } }\ntraffic:\n  z: { to: a, arrivals: { poisson: 1/s } }\n  y: { to: \"b:x\", arrivals: { schedule: rate(5 minutes) } }\n";
    let two = "traffic:\n  y: { arrivals: { schedule: rate(5 minutes) }, to: \"b:x\" }\n  z: { arrivals: { poisson: 1/s }, to: a }\nfunctions:\n  a: { tags: { j: w, k: v }, duration: 1 s, init: 0 s }\n  b: { versions: { 1: {}, 2: {} }, aliases: { x: { function_version: 2 }, y: { function_version: 1 } }, init: 0 s, duration: 2 s }\nseed: 3\nduration: 1 h\n";
    assert_eq!(format!("{:?}", plan(one)), format!("{:?}", plan(two)));
}

#[test]
fn json_is_yaml() {
    let json = r#"{ "duration": "1 h", "functions": { "api": { "init": "0 s", "duration": 0.08, "memory_size": 512 } },
        "traffic": { "users": { "to": "api", "arrivals": { "poisson": [[0, "10/s"], [60, "20/s"]] } } } }"#;
    let plan = plan(json);
    assert_eq!(
        plan.functions[0].versions[0].duration,
        Distribution::constant(Span::from_millis(80))
    );
    assert_eq!(plan.functions[0].versions[0].memory, MemoryMb(512));
}

#[test]
fn byte_order_marks_and_windows_line_ends_are_accepted() {
    let text = format!("\u{feff}# Does it load?\r\n{}", SMALL.replace('\n', "\r\n"));
    let scenario = read(&text).unwrap();
    assert_eq!(scenario.question.as_deref(), Some("Does it load?"));
    assert_eq!(scenario.text, text);
    refuses(
        &format!("\u{feff}{}tiemout: 3\r\n", SMALL.replace('\n', "\r\n")),
        "4:1: ",
        &["`tiemout`"],
    );
}

#[test]
fn keys_are_known_and_unique() {
    refuses(
        &format!("{SMALL}warmup: 3 s\n"),
        "4:1: ",
        &["`warmup` is no key of the scenario", "did you mean `warm_up`?"],
    );
    refuses_function("MemorySize: 512", "MemorySize", &["did you mean `memory_size`?"]);
    refuses_function(
        "colour: red",
        "colour",
        &["`colour` is no key of functions.NAME", "allowed: "],
    );
    refuses(
        &format!("{SMALL}duration: 2 h\n"),
        "4:1: ",
        &["`duration` is given twice"],
    );
    refuses(
        &format!("{SMALL}parameters: {{ iddle: 5 min }}\n"),
        "4:15: ",
        &["did you mean `idle`?"],
    );
    refuses(
        &format!("{SMALL}switches: {{ SW-SCAEL: off }}\n"),
        "4:13: ",
        &["did you mean SW-SCALE?"],
    );
    refuses(
        &format!("{SMALL}account: 3\n"),
        "4:10: ",
        &["`account` is \"3\"", "map"],
    );
}

#[test]
fn all_problems_of_a_file_are_told_at_once_and_in_its_order() {
    let found = problems("seed: -1\nduration: 5 parsecs\nfunctions:\n  f: { memory_size: 64 MB, typo: 1 }\n");
    let places: Vec<&str> = found
        .iter()
        .map(|problem| problem.split(": ").next().unwrap())
        .collect();
    assert_eq!(places, ["1:7", "2:11", "4:3", "4:3", "4:21", "4:28"], "{found:#?}");
}

#[test]
fn a_problem_shows_its_line_with_a_caret() {
    let folder = Folder::new().with(
        "a.yaml",
        format!("{SMALL}  f: {{ init: 0 s, duration: 1 s, timeout: 901 s }}\n"),
    );
    let shown = folder.load(&LoadOptions::default()).unwrap_err().to_string();
    let path = folder.path("a.yaml");
    let mut lines = shown.lines();
    let first = format!(
        "{}:4:43: `timeout` is 901 s; whole seconds from 1 s to 900 s are allowed (LIM-2)",
        path.display()
    );
    assert_eq!(lines.next(), Some(first.as_str()));
    assert!(shown.contains("timeout: 901 s }"), "{shown}");
    let caret = shown.lines().last().unwrap();
    let source = shown.lines().find(|line| line.contains("901 s }")).unwrap();
    assert_eq!(caret.find("^^^^^"), source.find("901 s"), "{shown}");
}

#[test]
fn sizes_and_times_keep_to_the_quotas_of_the_model_date() {
    refuses_function(
        "memory_size: 64 MB",
        "64 MB",
        &["`memory_size` is 64 MB", "128 MB to 10240 MB"],
    );
    refuses_function("memory_size: 10241", "10241", &["128 MB to 10240 MB"]);
    refuses_function("timeout: 0.5 s", "0.5 s", &["whole seconds from 1 s to 900 s"]);
    refuses_function(
        "timeout: 3 parsecs",
        "3 parsecs",
        &["`timeout` is \"3 parsecs\"", "250 ms"],
    );
    refuses_function("timeout: -3 s", "-3 s", &["negative"]);
    refuses_function("timeout: .inf", ".inf", &["not a finite number"]);
    refuses_function("duration_factor: .nan", ".nan", &["not a finite number"]);
    refuses_function("ephemeral_storage: 256 MB", "256 MB", &["512 MB to 10240 MB"]);
    refuses_function("error_rate: 60 %, crash_rate: 60 %", "60 % }", &["above 100 %"]);
    let old =
        |date: &str, key: &str| format!("{SMALL}  f: {{ init: 0 s, duration: 1 s, {key} }}\nmodel_date: {date}\n");
    for (date, key, word) in [
        ("2020-11-30", "memory_size: 3009 MB", "3008 MB"),
        ("2020-11-30", "memory_size: 200 MB", "64 MB"),
        ("2018-09-30", "timeout: 301 s", "300 s"),
        ("2022-02-28", "ephemeral_storage: 1024 MB", "SW-TMP"),
        ("2021-09-28", "architectures: arm64", "SW-ARM"),
        ("2020-11-30", "package_type: Image", "SW-IMG"),
        (
            "2019-11-24",
            "event_invoke_config: { maximum_retry_attempts: 0 }",
            "SW-ASYNCCFG",
        ),
        (
            "2019-12-02",
            "versions: { 1: { provisioned_concurrent_executions: 1 } }",
            "SW-PC",
        ),
    ] {
        refuses(&old(date, key), "4:", &[word]);
    }
    plan(&old("2020-11-30", "memory_size: 3008 MB"));
    plan(&format!(
        "{}parameters: {{ lim.allow_extended: on }}\n",
        old("2026-11-20", "memory_size: 32 GB, timeout: 90 min")
    ));
}

#[test]
fn the_scenario_s_own_times_keep_to_their_ranges() {
    let with = |line: &str| format!("functions: {{ f: {{ init: 0 s, duration: 1 s }} }}\n{line}\n");
    refuses(&with("seed: 3"), "1:1: ", &["the scenario has no `duration`"]);
    refuses(&with("duration: 732 d"), "2:11: ", &["731 d"]);
    refuses(&with("duration: 0 s"), "2:11: ", &["is allowed"]);
    refuses(&with("duration: 99999999999999999999 h"), "2:11: ", &["`duration` is"]);
    refuses(
        &with("duration: 1 h\nseed: 18446744073709551616"),
        "3:7: ",
        &["0 to 18446744073709551615"],
    );
    refuses(&with("duration: 1 h\ndrain: 31 d"), "3:8: ", &["30 d"]);
    let until_empty = plan(&with("duration: 1 h\ndrain: until_empty"));
    assert!(until_empty.until_empty && until_empty.drain == Span::from_secs(30 * 86_400));
    refuses(&with("duration: 1 h\nwarm_up: 2 h"), "3:10: ", &["less than duration"]);
    refuses(&with("duration: 1 h\nstart: noon"), "3:8: ", &["2026-11-27T00:00:00Z"]);
    refuses(&with("duration: 1 h\nregion: Virginia"), "3:9: ", &["us-east-1"]);
    refuses(&with("duration: 1 h\nname: ../x"), "3:7: ", &["run folder"]);
}

#[test]
fn aliases_point_to_published_versions() {
    let alias = |name: &str, keys: &str| {
        format!(
            "versions: {{ 1: {{}}, 2: {{ dead_letter_config: sqs:d }}, 3: {{}} }}, aliases: {{ {name}: {{ {keys} }} }}"
        )
    };
    refuses_function(
        &alias("live", "function_version: $LATEST"),
        "$LATEST",
        &["never $LATEST"],
    );
    refuses_function(
        &alias("live", "function_version: 7"),
        "7 }",
        &["is 7, which does not exist", "1, 2, 3"],
    );
    refuses_function(&alias("live", ""), "live", &["has no `function_version`"]);
    refuses_function(&alias("123", "function_version: 1"), "123", &["not digits alone"]);
    refuses_function(&alias("li.ve", "function_version: 1"), "li.ve", &["letters, digits"]);
    let weighted = |weights: &str| {
        alias(
            "live",
            &format!("function_version: 1, additional_version_weights: {{ {weights} }}"),
        )
    };
    refuses_function(&weighted("3: 110 %"), "110 %", &["above 100 %"]);
    refuses_function(&weighted("1: 10 %"), "1: 10 %", &["two different versions"]);
    refuses_function(&weighted("9: 10 %"), "9: 10 %", &["does not exist"]);
    refuses_function(&weighted("2: 10 %"), "2: 10 %", &["ALIAS-2"]);
    refuses_function(&weighted("3: 10 %, 2: 10 %"), "2: 10 %", &["at most two versions"]);
    refuses_function("versions: { one: {} }", "one", &["whole numbers"]);
}

#[test]
fn provisioned_concurrency_has_one_home_per_version_and_fits_its_pool() {
    refuses_function(
        "provisioned_concurrent_executions: 5",
        "provisioned_",
        &["$LATEST", "PC-1"],
    );
    let twice = "versions: { 1: { provisioned_concurrent_executions: 5 } }, aliases: { live: { function_version: 1, provisioned_concurrent_executions: 5 } }";
    refuses_function(
        twice,
        "provisioned_concurrent_executions: 5 } } }",
        &["through 1 and through live"],
    );
    let aliases = "versions: { 1: {} }, aliases: { a: { function_version: 1, provisioned_concurrent_executions: 5 }, b: { function_version: 1, provisioned_concurrent_executions: 5 } }";
    refuses_function(
        aliases,
        "provisioned_concurrent_executions: 5 } } }",
        &["through a and through b"],
    );
    let above = "reserved_concurrent_executions: 4, versions: { 1: { provisioned_concurrent_executions: 5 } }";
    refuses_function(above, "5 } } }", &["5 provisioned and 4 reserved", "CONC-9"]);
    let pool = |amount: u32| format!("versions: {{ 1: {{ provisioned_concurrent_executions: {amount} }} }}");
    refuses_function(&pool(901), "901 } } }", &["CONC-8"]);
    plan(&format!("{SMALL}  f: {{ init: 0 s, duration: 1 s, {} }}\n", pool(900)));
}

#[test]
fn a_hundred_stay_unreserved() {
    refuses_function(
        "reserved_concurrent_executions: 901",
        "901 }",
        &["leaves 99 unreserved", "CONC-4"],
    );
    let small_account = |reserved: u32| {
        format!(
            "{SMALL}  f: {{ init: 0 s, duration: 1 s, reserved_concurrent_executions: {reserved} }}\naccount: {{ concurrent_executions: 10 }}\n"
        )
    };
    refuses(&small_account(1), "4:66: ", &["CONC-4"]);
    assert_eq!(plan(&small_account(0)).functions[1].reserved, Some(0));
}

#[test]
fn asynchronous_settings_keep_to_their_quotas() {
    let config = |keys: &str| format!("event_invoke_config: {{ {keys} }}");
    refuses_function(
        &config("maximum_event_age: 59 s"),
        "59 s",
        &["1 min to 6 h".replace("1 min", "60 s").as_str()],
    );
    refuses_function(&config("maximum_event_age: 21601"), "21601", &["6 h"]);
    refuses_function(&config("maximum_retry_attempts: 3"), "3 } }", &["0 to 2"]);
    refuses_function(&config("on_success: s3:x"), "s3:x", &["ASYNC-10"]);
    refuses_function(&config("on_failure: sqs:x.fifo"), "sqs:x.fifo", &["FIFO"]);
    refuses_function(&config("on_failure: apy"), "apy", &["did you mean api?"]);
    refuses_function("dead_letter_config: s3:x", "s3:x", &["sqs:NAME"]);
    let plan = plan(&format!(
        "{SMALL}  f: {{ init: 0 s, duration: 1 s, {} }}\n",
        config("on_failure: s3:x, on_success: eventbridge:b")
    ));
    let addresses: Vec<&str> = plan.links.iter().map(|link| link.address.as_str()).collect();
    assert_eq!(addresses, ["eventbridge:b", "s3:x"]);
}

#[test]
fn a_qualifier_s_asynchronous_settings_win_over_the_function_s() {
    let text = format!(
        "{SMALL}  f: {{ init: 0 s, duration: 1 s, event_invoke_config: {{ maximum_retry_attempts: 1, maximum_event_age: 1 h }}, versions: {{ 1: {{ event_invoke_config: {{ maximum_retry_attempts: 0 }} }} }} }}\n"
    );
    let plan = plan(&text);
    let events: Vec<_> = plan.functions[1]
        .qualifiers
        .iter()
        .map(|qualifier| &qualifier.event_invoke)
        .collect();
    assert_eq!(
        (events[0].maximum_retry_attempts, events[1].maximum_retry_attempts),
        (1, 0)
    );
    assert_eq!(events[1].maximum_event_age, Span::from_secs(3_600));
}

#[test]
fn traffic_names_what_exists_and_says_what_arrives() {
    let to = |keys: &str| format!("{SMALL}traffic:\n  t: {{ {keys} }}\n");
    refuses(
        &to("to: apy, arrivals: { poisson: 1/s }"),
        "5:12: ",
        &["did you mean api?"],
    );
    refuses(
        &to("to: api:live, arrivals: { poisson: 1/s }"),
        "5:12: ",
        &["no such version or alias"],
    );
    refuses(
        &to("to: sqs:q, arrivals: { poisson: 1/s }"),
        "5:12: ",
        &["sqs:q", "declare it under `queues`"],
    );
    refuses(&to("arrivals: { poisson: 1/s }"), "5:3: ", &["has no `to`"]);
    refuses(&to("to: api"), "5:3: ", &["has no `arrivals`"]);
    refuses(&to("to: api, arrivals: {}"), "5:27: ", &["does not say what arrives"]);
    refuses(
        &to("to: api, arrivals: { poisson: 1/s, constant: 1/s }"),
        "5:43: ",
        &["2 processes"],
    );
    refuses(&to("to: api, arrivals: { poisson: 12 }"), "5:38: ", &["120/s"]);
    refuses(
        &to("to: api, arrivals: { poisson: [[0 h, 1/s], [2 h, 2/s], [1 h, 1/s]] }"),
        "5:64: ",
        &["sort the points"],
    );
    refuses(
        &to("to: api, arrivals: { poisson: [[0 h, 1/s], [2 h, 2/s]], repeat: 1 h }"),
        "5:72: ",
        &["before the last point"],
    );
    refuses(
        &to("to: api, arrivals: { constant: 1/s, repeat: 1 h }"),
        "5:44: ",
        &["belongs to `poisson`"],
    );
    refuses(
        &to("to: api, from: 2 h, until: 1 h, arrivals: { poisson: 1/s }"),
        "5:35: ",
        &["not after `from`"],
    );
    refuses(
        &to("to: api, invocation_type: Async, arrivals: { poisson: 1/s }"),
        "5:34: ",
        &["RequestResponse, Event, DryRun"],
    );
    refuses(
        &to("to: api, through: cloudfront, arrivals: { poisson: 1/s }"),
        "5:26: ",
        &["CloudFront calls api without", "EDGE-1"],
    );
    refuses(
        &to("to: api, scale: -1, arrivals: { poisson: 1/s }"),
        "5:24: ",
        &["negative"],
    );
    refuses(
        &to("to: api, retry: { mode: sometimes }, arrivals: { poisson: 1/s }"),
        "5:32: ",
        &["legacy"],
    );
    refuses(
        &to("to: api, arrivals: { mmpp: { rates: [1/s], mean_stay: [1 s] } }"),
        "5:35: ",
        &["at least two"],
    );
    refuses(
        &to("to: api, arrivals: { bursts: { burst: 0 s, pause: 0 s, rate: 1/s } }"),
        "5:37: ",
        &["both 0 s"],
    );
    refuses(
        &to("to: api, arrivals: { schedule: rate(5 minute) }"),
        "5:39: ",
        &["SCHED-1"],
    );
    refuses(
        &to("to: api, arrivals: { schedule: rate(5 minutes), time_zone: Europe/Berlln }"),
        "5:67: ",
        &["Europe/Berlin"],
    );
}

#[test]
fn every_kind_of_arrival_is_read() {
    let of = |arrivals: &str| {
        let mut plan = plan(&format!(
            "{SMALL}traffic: {{ t: {{ to: api, arrivals: {{ {arrivals} }} }} }}\n"
        ));
        plan.sources.remove(0).process
    };
    let micros = |seconds: u64| SimTime::from_micros(seconds * 1_000_000);
    let per_second = |events| Rate::events(events, Span::from_secs(1));
    match of("poisson: [[0 h, 20/s], [1 d, 60/s]], repeat: 1 d") {
        Process::Poisson(profile) => {
            let end = SimTime::from_micros(86_400_000_000 - 1);
            assert_eq!(profile.points, [(SimTime::ZERO, per_second(20)), (end, per_second(60))]);
            assert_eq!(profile.repeat, Some(Span::from_secs(86_400)));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(of("constant: 10/s"), Process::Constant(rate) if rate == per_second(10)));
    assert!(matches!(
        of("bursts: { burst: 30 s, pause: { exponential: 5 min }, rate: 200/s }"),
        Process::Bursts { .. }
    ));
    assert!(
        matches!(of("mmpp: { rates: [5/s, 300/s], mean_stay: [10 min, 30 s] }"), Process::Modulated { rates, .. } if rates.len() == 2)
    );
    assert!(matches!(of("at: [5 min, 0 s, 0 s]"), Process::At(times) if times == [micros(0), micros(0), micros(300)]));
    assert!(
        matches!(of("at: { count: 1000, time: 2 s }"), Process::Together { count: 1_000, time } if time == micros(2))
    );
    match of("schedule: rate(5 minutes)") {
        // SCHED-4: all firings come late by the same time, less than a minute.
        Process::Spread(SpreadSchedule { due, by, .. }) => {
            let five = Span::from_secs(300);
            assert!(matches!(due, Firings::Every { first, interval } if (first, interval) == (micros(300), five)));
            assert!(matches!(by, Spread::Together(jitter) if jitter.sample(0) < jitter.sample(1 << 52)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_distribution_is_read() {
    let of = |text: &str| {
        plan(&format!(
            "duration: 1 h\nfunctions: {{ f: {{ init: 0 s, duration: {text} }} }}\n"
        ))
        .functions[0]
            .versions[0]
            .duration
            .clone()
    };
    assert_eq!(of("250 ms"), Distribution::constant(Span::from_millis(250)));
    assert_eq!(of("{ uniform: [10 ms, 20 ms] }"), Distribution::uniform(10.0, 20.0));
    assert_eq!(of("{ exponential: 50 ms }"), Distribution::exponential(50.0));
    assert_eq!(
        of("{ normal: { mean: 1 s, sd: 10 ms } }"),
        Distribution::normal(1_000.0, 10.0)
    );
    assert_eq!(
        of("{ lognormal: { median: 85 ms, p95: 700 ms } }"),
        Distribution::lognormal_from_quantile(85.0, 0.95, 700.0)
    );
    assert_eq!(
        of("{ lognormal: { mu: 4.5, sigma: 0.5 } }"),
        Distribution::lognormal(4.5, 0.5)
    );
    assert_eq!(
        of("{ gamma: { mean: 80 ms, cv: 0.7 } }"),
        Distribution::gamma(80.0, 0.7)
    );
    assert_eq!(
        of("{ weibull: { scale: 80 ms, shape: 2 } }"),
        Distribution::weibull(80.0, 2.0)
    );
    assert_eq!(
        of("{ pareto: { minimum: 10 ms, shape: 3 } }"),
        Distribution::pareto(10.0, 3.0)
    );
    assert_eq!(
        of("{ quantiles: { p99: 90 ms, p1: 10 ms, p50: 20 ms } }"),
        Distribution::quantiles(&[(0.01, 10.0), (0.5, 20.0), (0.99, 90.0)])
    );
    let parts = vec![
        (0.7, Distribution::constant(Span::from_millis(20))),
        (0.3, Distribution::exponential(1_000.0)),
    ];
    assert_eq!(
        of("{ mixture: [[70 %, 20 ms], [30 %, { exponential: 1 s }]] }"),
        Distribution::mixture(parts)
    );
}

#[test]
fn distributions_out_of_range_are_refused() {
    for (text, word) in [
        ("{ uniform: [20 ms, 10 ms] }", "below the lowest"),
        ("{ lognormal: { median: 0 s, p99: 1 s } }", "above 0"),
        ("{ lognormal: { median: 2 s, p99: 1 s } }", "below the median"),
        ("{ lognormal: { median: 2 s } }", "median, p99"),
        ("{ gamma: { mean: 1 s, cv: 0 } }", "above 0"),
        ("{ quantiles: { p50: 10 ms, p99: 5 ms } }", "do not rise"),
        ("{ mixture: [[70 %, 1 s]] }", "sum to 70"),
        ("{ exponetial: 3 s }", "no distribution"),
        ("[1 s]", "a list"),
        ("{ base: 20 ms, per_records: 4 ms }", "remove it"),
    ] {
        let found = problem(&format!(
            "duration: 1 h\nfunctions: {{ f: {{ init: 0 s, duration: {text} }} }}\n"
        ));
        assert!(found.contains(word), "{found}");
    }
}

#[test]
fn functions_have_a_duration_and_an_init() {
    refuses(
        "duration: 1 h\nfunctions:\n  f: { init: 0 s }\n",
        "3:3: ",
        &["has no `duration`", "80 ms"],
    );
    refuses(
        "duration: 1 h\nfunctions:\n  f: { duration: 1 s }\n",
        "3:3: ",
        &["neither `runtime` nor `init`"],
    );
    refuses(
        "duration: 1 h\nfunctions:\n  f: { duration: 1 s, runtime: pyton3.13 }\n",
        "3:32: ",
        &["did you mean python3.13?"],
    );
    refuses(
        "duration: 1 h\nfunctions:\n  sqs: { init: 0 s, duration: 1 s }\n",
        "3:3: ",
        &["rename it"],
    );
}

#[test]
fn duration_follows_memory_as_measured_or_by_its_cpu_bound_part() {
    let factor = |keys: &str| {
        plan(&format!("duration: 1 h\nfunctions: {{ f: {{ init: 0 s, {keys} }} }}\n")).functions[0]
            .versions
            .clone()
    };
    let bound = factor(
        "duration: 1 s, memory_size: 1024, memory_scaling: { cpu_bound: 80 % }, versions: { 1: { memory_size: 512 } }",
    );
    assert_eq!(bound[0].duration_factor, 1.0);
    // s(512) / s(1024) = 2: 1 − 0.8 + 0.8 × 2.
    assert!((bound[1].duration_factor - 1.8).abs() < 1e-12);
    let measured = factor("memory_size: 768, memory_scaling: { measured: { 512 MB: 400 ms, 1 GB: 200 ms } }");
    assert_eq!(measured[0].duration, Distribution::constant(Span::from_millis(300)));
    let scaled = factor(
        "duration: 1 s, duration_factor: 3, memory_size: 1024, memory_scaling: { measured: { 512: 0.4, 1024: 0.2 }, measured_at: 512 MB }",
    );
    assert!((scaled[0].duration_factor - 1.5).abs() < 1e-12);
}

#[test]
fn dated_behaviour_follows_the_model_date_and_forced_switches() {
    let old = plan(&format!(
        "{SMALL}{TRAFFIC}model_date: 2020-06-01\nregion: eu-central-1\n"
    ));
    assert_eq!(old.account.scaling, ScalingRule::AccountWide { burst: 1_000 });
    assert_eq!(old.account.billing_granularity, Span::from_millis(100));
    assert_eq!(old.traffic[0].retry.mode, RetryMode::Legacy);
    assert_eq!(old.traffic[0].retry.max_attempts, 5);
    assert!(!old.functions[0].versions[0].init_billed);
    assert!(old.billing.priced_at < old.start);
    let forced = plan(&format!(
        "{SMALL}{TRAFFIC}switches: {{ SW-INITBILL: off, SW-SDK26: off }}\n"
    ));
    assert!(!forced.functions[0].versions[0].init_billed && !forced.functions[0].versions[0].failed_init_billed);
    assert_eq!(forced.traffic[0].retry.mode, RetryMode::Legacy);
    assert_eq!(forced.billing.priced_at, forced.start);
}

#[test]
fn events_have_no_client_retry_unless_their_acceptance_is_limited() {
    let with = |keys: &str, extra: &str| {
        let text = format!("{SMALL}traffic: {{ t: {{ to: api, {keys} arrivals: {{ poisson: 1/s }} }} }}\n{extra}");
        plan(&text).traffic.remove(0).retry
    };
    assert_eq!(with("invocation_type: Event,", "").mode, RetryMode::None);
    let limited = with("invocation_type: Event,", "parameters: { async.rps_nonaws: on }\n");
    assert_eq!((limited.mode, limited.max_attempts), (RetryMode::Standard2026, 3));
    assert_eq!(with("retry: none,", "").max_attempts, 1);
    assert_eq!(
        with("retry: { mode: adaptive, clients: 9 },", "").mode,
        RetryMode::Adaptive2026
    );
}

#[test]
fn parameters_of_a_function_win_over_the_scenario_s() {
    let text = "duration: 1 h\nparameters: { overhead: 1 ms, idle: none, max_life: off, pc.rate: 100/s, env_pick: lru }\nfunctions:\n  a: { init: 0 s, duration: 1 s }\n  b: { init: 0 s, duration: 1 s, parameters: { overhead: 2 ms, idle: 5 min } }\n";
    let scenario = read(text).unwrap();
    let [a, b] = scenario.plan.functions.as_slice() else {
        panic!("two functions");
    };
    assert_eq!(a.overhead, Distribution::constant(Span::from_millis(1)));
    assert_eq!(b.overhead, Distribution::constant(Span::from_millis(2)));
    assert_eq!(
        (a.versions[0].idle.clone(), a.versions[0].max_life.clone()),
        (None, None)
    );
    assert_eq!(b.versions[0].idle, Some(Distribution::constant(Span::from_secs(300))));
    assert_eq!(a.allocation.per_minute, 6_000);
    let changed: Vec<&str> = scenario
        .changed_parameters
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        changed,
        [
            "env_pick",
            "functions.b.parameters.idle",
            "functions.b.parameters.overhead",
            "idle",
            "max_life",
            "overhead"
        ]
    );
}

#[test]
fn every_parameter_of_the_contract_is_accepted_and_checked_in_form() {
    let names = "placement, overhead, idle, idle.noise, max_life, env_pick, env.turnaround, proactive_init, init.cpu_boost, init.ms_per_mb, restore, efs.mount, vpc.pending, rps.shape, rps.refund, scale.rps_twin, throttle_reason.scaling_rate, throttle_reason.account_rate, pc.delay, pc.rate, aas.points_high, aas.points_low, aas.scale_in_floor, async.first_dispatch, async.jitter, async.duplicates, async.backlog_slowdown, async.rps_nonaws, esm.activation, sqs.latency, sqs.ramp, sqs.scale_in, sqs.backoff, stream.retry, kafka.step, fe.latency, fe.httpapi_throttle_status, edge.viewer_timeout, edge.viewer_memory, sched.jitter, sched.first_firing, s3.latency, alias.redraw_on_retry, rollback_lag, client.read_timeout, billing.rounding, billing.failed_init, billing.month, lim.allow_extended";
    for name in names.split(", ") {
        let key = keys::PARAMETERS
            .find(name)
            .unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(key.support, keys::Support::Now);
        let refused = problem(&format!("{SMALL}parameters: {{ {name}: perhaps }}\n"));
        assert!(refused.starts_with("4:") && refused.contains(name), "{refused}");
    }
}

#[test]
fn the_default_of_every_parameter_is_a_value_it_takes() {
    for key in keys::PARAMETERS
        .keys()
        .filter(|key| !matches!(key.name, "placement" | "idle" | "fe.latency"))
    {
        let text = format!("{SMALL}parameters: {{ {}: {} }}\n", key.name, key.default);
        let scenario = read(&text).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(scenario.changed_parameters, [], "{}", key.name);
    }
}

#[test]
fn includes_lie_below_the_file_that_names_them() {
    let folder = Folder::new()
        .with("a.yaml", "include: [parts/base.yaml]\nduration: 2 h\nfunctions: { f: { timeout: 9 s, duration: { exponential: 1 s } } }\n")
        .with("parts/base.yaml", "duration: 1 h\nseed: 5\nfunctions:\n  f: { init: 0 s, timeout: 5 s, duration: { uniform: [1 s, 2 s] } }\n  g: { init: 0 s, duration: 1 s }\n");
    let plan = folder
        .load(&LoadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}"))
        .plan;
    assert_eq!(
        (plan.duration, plan.seed, plan.functions.len()),
        (Span::from_secs(7_200), 5, 2)
    );
    let version = &plan.functions[0].versions[0];
    assert_eq!(
        (version.timeout, version.duration.clone()),
        (Span::from_secs(9), Distribution::exponential(1_000.0))
    );
}

#[test]
fn includes_in_a_circle_outside_or_missing_are_refused() {
    let refused = |folder: &Folder, options: &LoadOptions| folder.load(options).unwrap_err().list.remove(0);
    let circle = Folder::new()
        .with("a.yaml", format!("include: b.yaml\n{SMALL}"))
        .with("b.yaml", "include: [a.yaml]\n");
    let problem = refused(&circle, &LoadOptions::default());
    assert!(
        problem.message.contains("circle") && problem.place.file.ends_with("b.yaml"),
        "{problem}"
    );
    let missing = Folder::new().with("a.yaml", format!("include: b.yaml\n{SMALL}"));
    assert!(
        refused(&missing, &LoadOptions::default())
            .message
            .contains("does not exist")
    );
    let outside = Folder::new()
        .with("in/a.yaml", format!("include: ../b.yaml\n{SMALL}"))
        .with("b.yaml", "seed: 9\n");
    let path = outside.path("in/a.yaml");
    let refused = load(&path, &LoadOptions::default()).unwrap_err().list.remove(0);
    assert!(refused.remedy.contains("--allow-outside"), "{refused}");
    let allowed = LoadOptions {
        allow_outside: true,
        ..LoadOptions::default()
    };
    assert_eq!(load(&path, &allowed).unwrap().plan.seed, 9);
}

#[test]
fn overrides_replace_what_stands_at_their_path() {
    let folder = Folder::new().with("a.yaml", format!("{SMALL}{TRAFFIC}"));
    let set = |pairs: &[(&str, &str)]| LoadOptions {
        set: pairs
            .iter()
            .map(|(path, value)| ((*path).to_owned(), (*value).to_owned()))
            .collect(),
        seed: Some(11),
        ..LoadOptions::default()
    };
    let options = set(&[
        ("functions.api.duration", "{ exponential: 1 s }"),
        ("parameters.async.jitter", "off"),
        ("traffic.users.arrivals.poisson", "5/s"),
        ("account.concurrent_executions", "200"),
        ("seed", "3"),
    ]);
    let plan = folder
        .load(&options)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .plan;
    assert_eq!((plan.seed, plan.account.concurrent_executions), (11, 200));
    assert_eq!(
        plan.functions[0].versions[0].duration,
        Distribution::exponential(1_000.0)
    );
    assert_eq!(plan.functions[0].events.jitter, None);
    let wrong = folder
        .load(&set(&[("functions.api.timeout", "1000 s")]))
        .unwrap_err()
        .list
        .remove(0);
    assert_eq!(
        (wrong.place.file.as_str(), wrong.place.column),
        ("--set", 23),
        "{wrong}"
    );
    let typo = folder
        .load(&set(&[("functions.api.tiemout", "1 s")]))
        .unwrap_err()
        .list
        .remove(0);
    assert!(typo.remedy.contains("`timeout`"), "{typo}");
    let deep = folder.load(&set(&[("duration.x", "1 s")])).unwrap_err().list.remove(0);
    assert!(deep.message.contains("no map"), "{deep}");
}

#[test]
fn files_that_are_no_scenario_are_refused_with_a_word() {
    refuses("", "1:1: ", &["empty"]);
    refuses("# only a comment\n", "1:1: ", &["empty"]);
    refuses("- a\n- b\n", "1:1: ", &["a list"]);
    refuses("duration: 1 h\n---\nduration: 2 h\n", "2:", &["second document"]);
    refuses("duration: 1 h\nfunctions:\n\tf: {}\n", "3:", &["tab", "spaces"]);
    refuses("duration: [1 h\n", "", &["not YAML"]);
    refuses("duration: !Ref x\n", "1:", &["tag"]);
    refuses(
        &format!("x: {}1{}\n", "[".repeat(65), "]".repeat(65)),
        "1:",
        &["nested more than 64"],
    );
    refuses(
        &format!("x: \"{}\"\n", "y".repeat(1 << 20)),
        "1:1: ",
        &["longer than 1 MB"],
    );
    refuses(&"# padding\n".repeat(1_700_000), "0:0: ", &["larger than 16 MB"]);
    let latin = Folder::new()
        .with("a.yaml", [b'n', 0xff, b'\n'])
        .load(&LoadOptions::default())
        .unwrap_err();
    assert!(latin.to_string().contains("UTF-8") && latin.exit_code() == 2);
    let missing = Folder::new().load(&LoadOptions::default()).unwrap_err();
    assert_eq!(missing.exit_code(), 3);
}

#[test]
fn anchors_are_followed_but_may_not_explode() {
    let shared = "duration: 1 h\nfunctions:\n  a: &base { init: 0 s, duration: 1 s }\n  b: *base\n";
    assert_eq!(plan(shared).functions.len(), 2);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let found = problems(&bomb);
    assert!(found.last().unwrap().contains("250,000"), "{found:#?}");
}

const INVOCATIONS: &str = "HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,bbb,http,2,0\no,a,aaa,http,0,1\n";
const MEMORY: &str = "HashFunction,HashOwner,HashApp,SampleCount,AverageAllocatedMb\naaa,o,a,9,90.5\nbbb,o,a,9,200.2\n";
const DURATIONS: &str = "HashOwner,HashApp,HashFunction,percentile_Average_0,percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,percentile_Average_99,percentile_Average_100\no,a,bbb,1,2,3,4,5,6,7\no,a,aaa,1,2,3,4,5,6,7\n";

fn traces() -> Folder {
    Folder::new()
        .with("data/one.csv", "time\n0\n1\n")
        .with("data/many.csv", "time,function\n0,api\n1,aaa\n")
        .with("data/bad.csv", "time\n0\n1\n2x\n")
        .with("data/azure/invocations.csv", INVOCATIONS)
        .with("data/azure/durations.csv", DURATIONS)
        .with("data/azure/memory.csv", MEMORY)
}

#[test]
fn traces_give_streams_and_azure_traces_give_functions() {
    let folder = traces().with("a.yaml", format!("{SMALL}  aaa: {{ timeout: 7 s }}\ntraffic:\n  t: {{ to: api, arrivals: {{ trace: data/one.csv }} }}\n  n: {{ arrivals: {{ trace: data/many.csv }} }}\n  z: {{ arrivals: {{ azure: data/azure }} }}\n"));
    let scenario = folder
        .load(&LoadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(scenario.warnings.len(), 1, "{:?}", scenario.warnings);
    let plan = scenario.plan;
    let versions: Vec<_> = plan
        .functions
        .iter()
        .map(|f| (f.name.as_str(), f.versions[0].memory.0, f.versions[0].timeout))
        .collect();
    let seconds = Span::from_secs;
    assert_eq!(
        versions,
        [
            ("aaa", 128, seconds(7)),
            ("api", 128, seconds(3)),
            ("bbb", 201, seconds(900))
        ]
    );
    let flows: Vec<_> = plan
        .flows
        .iter()
        .map(|flow| (flow.traffic.index(), flow.function.index()))
        .collect();
    // Entries n, t, z; the trace of n names aaa and api.
    assert_eq!(flows, [(0, 0), (0, 1), (1, 1), (2, 0), (2, 2)]);
    let sources: Vec<usize> = plan.sources.iter().map(|source| source.flow.index()).collect();
    assert_eq!(sources, [0, 2, 3, 4]);
    assert!(matches!(&plan.sources[3].process, Process::Minutes(minutes) if *minutes == [(0, 2)]));
    assert_ne!(plan.sources[2].key, plan.sources[3].key);
}

#[test]
fn traces_that_do_not_fit_are_refused_at_their_place() {
    let refused = |line: &str, words: &[&str]| {
        let folder = traces().with("a.yaml", format!("{SMALL}traffic:\n  t: {line}\n"));
        let problem = folder
            .load(&LoadOptions::default())
            .unwrap_err()
            .list
            .remove(0)
            .to_string();
        assert!(
            problem.contains(":5:") && words.iter().all(|word| problem.contains(word)),
            "{problem}"
        );
    };
    refused("{ arrivals: { trace: data/one.csv } }", &["has no `to`"]);
    refused("{ arrivals: { trace: data/many.csv } }", &["aaa, which does not exist"]);
    refused("{ to: api, arrivals: { azure: data/azure } }", &["remove `to`"]);
    refused(
        "{ to: api, arrivals: { trace: data/bad.csv } }",
        &["bad.csv:4:", "`2x`"],
    );
    refused("{ arrivals: { azure: data } }", &["invocations.csv"]);
}

#[test]
fn data_that_a_scenario_names_is_refused_at_its_place() {
    let missing = format!("{SMALL}traffic:\n  t: {{ to: api, arrivals: {{ trace: gone.csv }} }}\n");
    refuses(&missing, "5:36: ", &["gone.csv does not exist"]);
    let outside = missing.replace("gone.csv", "/etc/passwd");
    refuses(&outside, "5:36: ", &["--allow-outside"]);
}

#[test]
fn expectations_keep_their_place_for_those_who_check_them() {
    let scenario = read(&format!("{SMALL}expect:\n  - functions.api.Throttles == 0\n")).unwrap();
    let expectation = &scenario.expectations[0];
    assert_eq!((expectation.place.line, expectation.place.column), (5, 5));
    let problem = scenario.problem(&expectation.place, 23, "no such path", "name one of summary.json");
    assert!(
        problem.to_string().contains("- functions.api.Throttles == 0"),
        "{problem}"
    );
    refuses(
        &format!("{SMALL}expect:\n  - functions.api.Throttles\n"),
        "5:5: ",
        &["PATH OPERATOR VALUE"],
    );
}

/// Every name of contract §2.4, with a value that is not its default.
const PARAMETER_VALUES: &[(&str, &str)] = &[
    ("placement", "1 s"),
    ("overhead", "{ uniform: [1 ms, 2 ms] }"),
    ("idle", "none"),
    ("idle.noise", "1 %"),
    ("max_life", "1 h"),
    ("env_pick", "lru"),
    ("env.turnaround", "5 ms"),
    ("proactive_init", "10 %"),
    ("init.cpu_boost", "off"),
    ("init.ms_per_mb", "1 ms"),
    ("restore", "300 ms"),
    ("efs.mount", "200 ms"),
    ("vpc.pending", "60 s"),
    ("rps.shape", "token_bucket"),
    ("rps.refund", "off"),
    ("scale.rps_twin", "on"),
    ("throttle_reason.scaling_rate", "CallerRateLimitExceeded"),
    ("throttle_reason.account_rate", "CallerRateLimitExceeded"),
    ("pc.delay", "60 s"),
    ("pc.rate", "500/min"),
    ("aas.points_high", "1"),
    ("aas.points_low", "5"),
    ("aas.scale_in_floor", "0.5"),
    ("async.first_dispatch", "0 s"),
    ("async.jitter", "off"),
    ("async.duplicates", "1 %"),
    ("async.backlog_slowdown", "2"),
    ("async.rps_nonaws", "on"),
    ("esm.activation", "0 s"),
    ("sqs.latency", "0 s"),
    ("sqs.ramp", "minute_steps"),
    ("sqs.scale_in", "100/min"),
    ("sqs.backoff", "[2 s, 30 s]"),
    ("stream.retry", "[2 s, 60 s]"),
    ("kafka.step", "3"),
    ("fe.latency", "1 ms"),
    ("fe.httpapi_throttle_status", "503"),
    ("edge.viewer_timeout", "30 s"),
    ("edge.viewer_memory", "256 MB"),
    ("sched.jitter", "off"),
    ("sched.first_firing", "at_once"),
    ("s3.latency", "1 s"),
    ("alias.redraw_on_retry", "true"),
    ("rollback_lag", "1 s"),
    ("client.read_timeout", "60 s"),
    ("billing.rounding", "page"),
    ("billing.failed_init", "unbilled"),
    ("billing.month", "calendar"),
    ("lim.allow_extended", "true"),
];

#[test]
fn every_parameter_of_the_contract_can_be_set_and_is_listed_when_it_differs() {
    let lines: Vec<String> = PARAMETER_VALUES
        .iter()
        .map(|(name, value)| format!("  {name}: {value}\n"))
        .collect();
    let scenario =
        read(&format!("{SMALL}parameters:\n{}", lines.concat())).unwrap_or_else(|problems| panic!("{problems}"));
    let mut expected: Vec<&str> = PARAMETER_VALUES.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    let listed: Vec<&str> = scenario
        .changed_parameters
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn sizes_of_a_traffic_entry_are_distributions_and_streams_say_so() {
    let traffic =
        |keys: &str| format!("{SMALL}traffic:\n  users: {{ to: api, arrivals: {{ poisson: 10/s }}, {keys} }}\n");
    let transfer = |keys: &str| plan(&traffic(keys)).traffic[0].transfer.clone().expect("sizes");
    assert_eq!(plan(&traffic("until: 1 h")).traffic[0].transfer, None);
    let sizes = transfer("payload: 12 KB, response: { uniform: [1 KB, 3 KB] }");
    assert_eq!(sizes.payload.sample(0), Bytes(12_288));
    assert_eq!(sizes.response.sample(1 << 52), Bytes(2_048));
    assert_eq!(
        (sizes.payload_limit, sizes.response_limit),
        (Bytes::from_mb(6), Bytes::from_mb(6))
    );
    // ln 1000 of ln bytes: the median has a thousand bytes.
    let lognormal = transfer("payload: { lognormal: { mu: 6.907755278982137, sigma: 1 } }");
    assert!(lognormal.payload.sample(1 << 52).0.abs_diff(1_000) <= 1);
    assert_eq!(
        transfer("payload: 1 KB, invocation_type: Event").payload_limit,
        Bytes::from_mb(1)
    );
    assert_eq!(
        transfer("time_to_first_byte: 10 ms").response_limit,
        Bytes::from_mb(200)
    );
    assert!(matches!(
        transfer("invoke_mode: RESPONSE_STREAM").mode,
        ResponseMode::Streamed { first_byte: None }
    ));
    for (keys, at, word) in [
        ("payload: 12 KBs", "12 KBs", "a size"),
        ("payload: { uniform: [1 KB, 2 s] }", "2 s", "a size"),
        ("response: { triangle: 3 }", "triangle", "no distribution"),
        (
            "invoke_mode: BUFFERED, time_to_first_byte: 1 s",
            "time_to_first_byte",
            "not streamed",
        ),
        (
            "invocation_type: Event, time_to_first_byte: 1 s",
            "time_to_first_byte",
            "INV-5",
        ),
    ] {
        let text = traffic(keys);
        let line = text.lines().nth(4).expect("five lines");
        refuses(
            &text,
            &format!("5:{}: ", line.rfind(at).expect("it stands there") + 1),
            &[word],
        );
    }
}
