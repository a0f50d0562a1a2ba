//! Bills without a simulation (`lambdasim price`): the worked examples of lambda-model §12 by id, in both rounding modes where
//! both are given. Those that one line of options can say stand in `tests/cases` too.

use serde_json::Value;

use super::harness::{Stage, assert_code, run, text};

/// The bill as JSON.
fn price(stage: &Stage, arguments: &[&str]) -> Value {
    let output = stage.call(&[&["price", "--json"], arguments].concat());
    assert_code(&output, 0);
    serde_json::from_slice(&output.stdout).expect("standard output is JSON alone")
}

fn total(bill: &Value) -> String {
    bill["total_in_cents"].as_str().expect("a text").to_owned()
}

/// Totals in cents: exact, and with each line rounded.
fn totals(stage: &Stage, arguments: &[&str]) -> (String, String) {
    let page = [arguments, &["--rounding", "page"]].concat();
    (total(&price(stage, arguments)), total(&price(stage, &page)))
}

/// Totals of one function given by options.
fn of_options(options: &str) -> (String, String) {
    totals(&Stage::new(""), &options.split(' ').collect::<Vec<_>>())
}

/// Totals of a workload file.
fn of_file(file: &str) -> (String, String) {
    let stage = Stage::new("");
    stage.write("month.yaml", file);
    totals(&stage, &["month.yaml"])
}

fn both(cents: &str) -> (String, String) {
    (cents.to_owned(), cents.to_owned())
}

fn split(exact: &str, page: &str) -> (String, String) {
    (exact.to_owned(), page.to_owned())
}

/// Amounts of a bill by item, as printed.
fn amounts(bill: &Value) -> Vec<(String, f64)> {
    let lines = bill["lines"].as_array().expect("lines");
    let amount = |line: &Value| {
        let item = line["item"].as_str().unwrap_or_default();
        (item.to_owned(), line["amount"].as_f64().unwrap_or(f64::NAN))
    };
    lines.iter().map(amount).collect()
}

#[test]
fn gvp_1_to_3_in_both_rounding_modes() {
    let gvp_1 = "--requests 3000000 --duration 120ms --memory-size 1536MB --free-tier";
    assert_eq!(of_options(gvp_1), both("2.73"));
    let gvp_2 = "--requests 7440000 --duration 2s --memory-size 1024MB";
    assert_eq!(of_options(gvp_2), both("249.49"));
    let gvp_3 = "--requests 6000000 --duration 280ms --memory-size 4096MB --ephemeral-storage 2048MB --free-tier";
    assert_eq!(of_options(gvp_3), both("106.41"));
}

#[test]
fn gvp_4_provisioned_concurrency_beside_requests_on_demand() {
    let file = "free_tier: true
functions:
  provisioned: { requests: 500000, duration: 100 ms, memory_size: 1536 MB, provisioned_concurrent_executions: 100, provisioned_for: 8 h }
  on-demand: { requests: 2500000, duration: 120 ms, memory_size: 1536 MB }
";
    assert_eq!(of_file(file), both("19.96"));
}

#[test]
fn gvp_5_and_6_in_both_rounding_modes() {
    let gvp_5 = "--requests 2000000 --duration 280ms --memory-size 4096MB --provisioned 7 --provisioned-for 24h";
    assert_eq!(of_options(gvp_5), both("32.26"));
    let gvp_6 = "--requests 7440000 --duration 2s --memory-size 1024MB --snap-start-versions 1 --snap-start-for 31d --restores 74400";
    assert_eq!(of_options(gvp_6), both("263.92"));
}

#[test]
fn gvp_7_streamed_responses_after_the_free_hundred_gigabytes() {
    // The page adds rounded lines: 30.83 + 0.40 + 7.81 = 39.04; exactly it is 39.045895.
    let file = "free_tier: true
month_to_date: { streamed_gb: 100 }
functions:
  small: { requests: 2000000, duration: 500 ms, memory_size: 1536 MB, streamed_response: 100 KB }
  large: { requests: 1000000, duration: 500 ms, memory_size: 1536 MB, streamed_response: 7 MB }
";
    assert_eq!(of_file(file), split("39.05", "39.04"));
}

#[test]
fn gvp_8_kafka_pollers_with_and_without_the_free_requests() {
    let file = |requests: u64| {
        format!(
            "free_tier: true
month_to_date: {{ requests: {requests} }}
functions:
  consumer: {{ requests: 30000000, duration: 2 s, memory_size: 1 GB, kafka_pollers: 20, pollers_for: 400 h }}
"
        )
    };
    assert_eq!(of_file(&file(1_000_000)), both("1147.34"));
    assert_eq!(of_file(&file(0)), both("1147.14"));
}

#[test]
fn gvp_9_pollers_of_a_queue() {
    let gvp_9 = "--requests 30000000 --duration 1s --memory-size 1024MB --sqs-pollers 100 --pollers-for 80h";
    assert_eq!(of_options(gvp_9), both("580.00"));
}

#[test]
fn gvp_10_and_11_ten_mappings_in_one_group_and_in_ten() {
    let consumer = |pollers: u32| {
        format!(
            "{{ requests: 30000000, duration: 200 ms, memory_size: 1 GB, kafka_pollers: {pollers}, pollers_for: 720 h }}"
        )
    };
    let others = |pollers: u32| {
        (2..=10)
            .map(|k| format!("  c{k}: {}\n", consumer(pollers)))
            .collect::<String>()
    };
    let grouped = format!("functions:\n  c1: {}\n{}", consumer(10), others(0));
    assert_eq!(of_file(&grouped), both("1193.20"));
    let alone = format!("functions:\n  c1: {}\n{}", consumer(1), others(1));
    let stage = Stage::new("");
    stage.write("month.yaml", &alone);
    let pollers: Vec<f64> = amounts(&price(&stage, &["month.yaml"]))
        .into_iter()
        .filter(|(item, _)| item == "event_poller_unit")
        .map(|(_, amount)| amount)
        .collect();
    assert_eq!(pollers, [1_332.0]);
}

#[test]
fn gvp_12_to_15_in_both_rounding_modes() {
    let gvp_12 = "--requests 10000000 --duration 10ms --memory-size 128MB --edge";
    assert_eq!(of_options(gvp_12), both("6.63"));
    let gvp_13 = "--requests 2000000 --duration 16s --memory-size 1024MB --architectures arm64 --free-tier \
                  --durable-operations 4000000 --durable-written 104GB --durable-retention 21d";
    assert_eq!(of_options(gvp_13), both("490.46"));
    // Lines of 2.00, 333.33 and 33.33; AWS's page rounds two of them up by mistake.
    let gvp_14 = "--requests 10000000 --duration 2s --memory-size 1024MB --tenant-environments 200000";
    assert_eq!(of_options(gvp_14), split("368.67", "368.66"));
    // Lines of 20.00, 91.39 and 48.96.
    let gvp_15 =
        "--requests 100000000 --duration 1s --instance-price 0.1632 --instance-for 2000h --instance-discount 72%";
    assert_eq!(of_options(gvp_15), both("160.35"));
}

#[test]
fn gvp_16_tiers_of_each_architecture() {
    let duration = |requests: &str, architecture: &str| -> f64 {
        let options = [
            "--requests",
            requests,
            "--duration",
            "1s",
            "--memory-size",
            "1GB",
            "--architectures",
            architecture,
        ];
        let lines = amounts(&price(&Stage::new(""), &options));
        let cents = lines
            .iter()
            .filter(|(item, _)| item == "duration")
            .map(|(_, usd)| usd * 100.0);
        (cents.sum::<f64>()).round() / 100.0
    };
    assert_eq!(duration("6000000000", "x86_64"), 100_000.20);
    assert_eq!(duration("10000000000", "x86_64"), 160_000.20);
    assert_eq!(duration("20000000000", "x86_64"), 301_667.20);
    assert_eq!(duration("20000000000", "arm64"), 248_335.00);
}

#[test]
fn gvp_24_an_older_price_is_put_in_by_a_price_file() {
    let stage = Stage::new("");
    let book = stage.call(&["prices", "--region", "us-east-1", "--csv"]);
    stage.write("old.csv", &text(&book.stdout).replace("0.0000166667", "0.00001667"));
    let options = [
        "--requests",
        "3000000",
        "--duration",
        "1s",
        "--memory-size",
        "512MB",
        "--free-tier",
    ];
    assert_eq!(totals(&stage, &options), both("18.73"));
    let old = [&options[..], &["--prices", "old.csv"]].concat();
    assert_eq!(
        total(&price(&stage, &[&old[..], &["--rounding", "page"]].concat())),
        "18.74"
    );
}

#[test]
fn gvp_26_eight_gigabyte_hours_on_both_architectures() {
    let duration = |architecture: &str| {
        let options = [
            "--requests",
            "32",
            "--duration",
            "900s",
            "--memory-size",
            "1GB",
            "--architectures",
            architecture,
        ];
        amounts(&price(&Stage::new(""), &options))[1].1
    };
    assert_eq!((duration("x86_64"), duration("arm64")), (0.48000096, 0.38400192));
}

#[test]
fn gvp_27_pure_cpu_work_at_three_memory_sizes() {
    // 1,000 ms at one vCPU take 1,000 × 1,769 / memory below 1,769 MB.
    let quantity = |duration: &str, memory: &str| {
        let bill = price(
            &Stage::new(""),
            &["--requests", "1", "--duration", duration, "--memory-size", memory],
        );
        bill["lines"][1]["quantity"].as_f64().unwrap()
    };
    assert_eq!(quantity("13820.3125ms", "128MB"), 1.727625);
    assert_eq!(quantity("1s", "1769MB"), 1.7275390625);
    assert_eq!(quantity("1s", "3538MB"), 3.455078125);
}

#[test]
fn gvp_s1_to_s5_the_free_tier_and_nothing_at_all() {
    let duration = |options: &str| {
        let options: Vec<&str> = options.split(' ').collect();
        amounts(&price(&Stage::new(""), &options))[1].1
    };
    assert_eq!(
        duration("--requests 400000 --duration 1s --memory-size 1GB --free-tier"),
        0.0
    );
    assert_eq!(
        duration("--requests 3200000 --duration 1s --memory-size 128MB --free-tier"),
        0.0
    );
    assert_eq!(
        duration("--requests 1000000 --duration 1s --memory-size 1GB --free-tier"),
        10.00002
    );
    let requests = |count: &str| {
        let options = ["--requests", count, "--duration", "1ms", "--free-tier"];
        amounts(&price(&Stage::new(""), &options))[0].1
    };
    assert_eq!(
        [requests("1000000"), requests("1000001"), requests("2000000")],
        [0.0, 0.0000002, 0.2]
    );
    assert_eq!(
        of_options("--requests 1000000 --duration 400ms --memory-size 1GB --free-tier"),
        both("0.00")
    );
    assert_eq!(of_options("--requests 0"), both("0.00"));
    assert_eq!(
        of_options("--requests 0 --provisioned 1 --provisioned-for 30d"),
        both("1.35")
    );
}

#[test]
fn a_bill_of_nothing_still_has_its_lines() {
    let bill = price(&Stage::new(""), &["--requests", "0"]);
    assert_eq!(
        amounts(&bill),
        [("request".to_owned(), 0.0), ("duration".to_owned(), 0.0)]
    );
}

#[test]
fn of_several_functions_each_has_its_share_of_a_line() {
    let stage = Stage::new("");
    stage.write(
        "month.yaml",
        "functions: { a: { requests: 3000000, duration: 1 s }, b: { requests: 1000000, duration: 1 s } }\n",
    );
    let bill = price(&stage, &["month.yaml"]);
    let shares = bill["lines"][0]["shares"].as_array().unwrap();
    let shares: Vec<_> = shares
        .iter()
        .map(|share| (share["function"].as_str().unwrap(), share["amount"].as_f64().unwrap()))
        .collect();
    assert_eq!(shares, [("a", 0.6), ("b", 0.2)]);
}

#[test]
fn a_savings_plan_and_a_discount_come_last() {
    // Tenfold the free hours aside: 1,000,000 GB-s, 16.6667 USD. A plan of 0.01 USD/h pays 7.30 USD for 730 h, which buys
    // 7.30 / 0.0000147 = 496,598.6394… GB-s worth 8.276660… USD; 10 % of the rest and of the requests are taken off.
    let stage = Stage::new("");
    stage.write(
        "month.yaml",
        "savings_plan: { commitment: 0.01 USD/h }
custom_discount: 10 %
functions: { f: { requests: 1000000, duration: 1 s, memory_size: 1 GB } }
",
    );
    let bill = price(&stage, &["month.yaml"]);
    let lines = amounts(&bill);
    let items: Vec<&str> = lines.iter().map(|(item, _)| item.as_str()).collect();
    assert_eq!(
        items,
        [
            "request",
            "duration",
            "savings_plan_covered",
            "savings_plan_commitment",
            "custom_discount"
        ]
    );
    let covered = 7.30 / 0.000_014_7 * 0.000_016_666_7;
    let expected = [0.2, 16.6667, -covered, 7.3, -(0.2 + 16.6667 - covered) / 10.0];
    for ((item, amount), expected) in lines.iter().zip(expected) {
        assert!((amount - expected).abs() < 1e-9, "{item} is {amount}, not {expected}");
    }
}

#[test]
fn wrong_workloads_are_refused_all_at_once_and_nothing_is_billed() {
    let refused = |arguments: &[&str], says: &[&str]| {
        let output = Stage::new("").call(&[&["price"], arguments].concat());
        assert_code(&output, 2);
        assert!(output.stdout.is_empty(), "nothing is billed");
        let message = text(&output.stderr);
        for part in says {
            assert!(message.contains(part), "{part} is missing in: {message}");
        }
    };
    refused(
        &["--requests", "3e6", "--duration", "1s"],
        &["`requests` is \"3e6\"", "whole number"],
    );
    refused(
        &["--requests", "1,000", "--duration", "1s"],
        &["write it without commas: 1000"],
    );
    refused(
        &["--requests", "10000000000000000000", "--duration", "1s"],
        &["from 0 to 1000000000000000"],
    );
    refused(
        &["--requests", "1", "--duration", "0ms", "--memory-size", "0MB"],
        &[
            "`duration` is 0ms",
            "`memory_size` is 0 MB; 128 MB to 10240 MB is allowed (LIM-1)",
        ],
    );
    refused(&["--requests", "1"], &["there are `requests` but no `duration`"]);
    refused(
        &["--requests", "1", "--duration", "1s", "--region", "mars-1"],
        &["\"mars-1\"", "us-east-1"],
    );
    let stage = Stage::new("");
    stage.write("month.yaml", "functions: { f: { request: 5, duration: 1 s } }\n");
    let output = stage.call(&["price", "month.yaml"]);
    assert_code(&output, 2);
    assert!(
        text(&output.stderr)
            .contains("month.yaml:1:19: `request` is no key of functions.NAME; did you mean `requests`?")
    );
    let output = stage.call(&["price", "month.yaml", "--requests", "5"]);
    assert_code(&output, 2);
    assert!(text(&output.stderr).contains("--requests describes one function"));
}

#[test]
fn a_thousand_million_million_requests_of_the_largest_kind_have_a_bill() {
    // 10^15 requests; 9 × 10^18 GB-s less 15 × 10^9 in tiers 1 and 2.
    let options = "--requests 1000000000000000 --duration 900s --memory-size 10240MB";
    assert_eq!(of_options(options), both("120000800034999.20"));
}

#[test]
fn days_of_several_kinds_make_one_month() {
    let stage = Stage::new("");
    let day = |duration: &str, count: u32| {
        format!(
            "duration: {duration}
parameters: {{ placement: 0 s, overhead: 0 s, idle: none, max_life: none }}
functions: {{ f: {{ init: 0 s, duration: 100 ms, memory_size: 1 GB }} }}
traffic: {{ t: {{ to: f, retry: none, arrivals: {{ at: {{ count: {count}, time: 0 s }} }} }} }}
"
        )
    };
    stage.write("weekday.yaml", &day("24 h", 1_000));
    stage.write("weekend.yaml", &day("12 h", 100));
    let output = stage.call(&["month", "weekday.yaml=21", "weekend.yaml=8", "--json"]);
    assert_code(&output, 0);
    let month: Value = serde_json::from_slice(&output.stdout).unwrap();
    // 21 × 1,000 + 8 × 2 × 100 requests of 0.1 GB-s.
    assert_eq!(month["lines"][0]["quantity"].as_f64(), Some(22_600.0));
    assert_eq!(month["lines"][1]["quantity"].as_f64(), Some(2_260.0));
    assert_eq!(month["functions"]["f"], month["total"]);
    for wrong in [
        &["weekday.yaml"][..],
        &["weekday.yaml=0"],
        &["weekday.yaml=31", "weekend.yaml=1"],
        &["weekday.yaml=2,5"],
    ] {
        assert_code(&stage.call(&[&["month"], wrong].concat()), 2);
    }
    stage.write("elsewhere.yaml", &format!("region: eu-west-1\n{}", day("24 h", 1)));
    let output = stage.call(&["month", "weekday.yaml=1", "elsewhere.yaml=1"]);
    assert_code(&output, 2);
    assert!(text(&output.stderr).contains("weekday and elsewhere differ in `region`"));
}

#[test]
fn the_summary_says_what_cold_starts_and_errors_cost() {
    let run = run("duration: 1 min
functions: { f: { memory_size: 1 GB, init: 100 ms, duration: 100 ms, error_rate: 100 % } }
traffic: { t: { to: f, retry: none, arrivals: { at: { count: 1000, time: 0 s } } } }
");
    // 1,000 × 200 ms at 1 GB: 200 GB-s, 0.00333334 USD; half of it is INIT. Requests: 0.0002 USD.
    run.assert_number("cost/of/cold_starts", 0.001_666_67);
    run.assert_number("cost/of/errors", 0.003_533_34);
    run.assert_number("cost/of/retries", 0.0);
    run.assert_number("cost/per_million_requests", 3.533_34);
    run.assert_number("cost/provisioned/break_even_utilization/x86_64", 0.6);
    // The free tier would take all of it.
    run.assert_number("cost/saved_by/free_tier", 0.003_533_34);
}

#[test]
fn the_summary_says_when_provisioned_concurrency_pays() {
    let seven = |second: u32| {
        format!("  at-{second}: {{ to: \"f:1\", retry: none, arrivals: {{ at: {{ count: 7, time: {second} s }} }} }}\n")
    };
    let run = run(&format!(
        "duration: 1 h
functions: {{ f: {{ memory_size: 1 GB, duration: 900 s, versions: {{ 1: {{ provisioned_concurrent_executions: 10 }} }} }} }}
traffic:\n{}{}",
        seven(0),
        seven(900)
    ));
    // Seven of ten are busy for half the hour: 0.7 is above 0.6. 36,000 GB-s are configured, 12,600 used.
    run.assert_number("cost/provisioned/utilization", 0.35);
    run.assert_number("cost/provisioned/time_above_break_even", 0.5);
    run.assert_number("cost/of/idle_provisioned", 0.097_500_78);
}

/// Digits and decimals of a printed number.
fn decimal(text: &str) -> (i128, usize) {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}").parse().expect("a decimal number");
    (digits, fraction.len())
}

#[test]
fn every_amount_of_cost_csv_is_quantity_times_price_multiplied_again() {
    let run = run("duration: 1 h
account: { free_tier: prorated }
billing: { savings_plan: { commitment: 0.001 USD/h }, custom_discount: 7.5 % }
functions:
  f: { memory_size: 1769 MB, ephemeral_storage: 1000 MB, duration: { exponential: 30 ms } }
  g: { architectures: arm64, duration: 1 s, timeout: 60 s, versions: { 1: { provisioned_concurrent_executions: 3 } } }
traffic:
  some: { to: f, retry: none, arrivals: { poisson: 3/s } }
  streams: { to: \"g:1\", retry: none, response: 7 MB, invoke_mode: RESPONSE_STREAM, arrivals: { poisson: 1/s } }
");
    let rows = run.csv("cost.csv");
    let items: std::collections::BTreeSet<&str> = rows.iter().map(|row| row["item"].as_str()).collect();
    assert!(items.len() >= 8, "many kinds of lines: {items:?}");
    // A discount is divided by largest remainder; all other rows are products.
    for row in rows.iter().filter(|row| row["item"] != "custom_discount") {
        let ((quantity, a), (price, b)) = (decimal(&row["quantity"]), decimal(&row["unit_price_usd"]));
        let (amount, c) = decimal(&row["amount_usd"]);
        let (mut left, mut right) = ((quantity * price).to_string(), amount.to_string());
        left.push_str(&"0".repeat(c.saturating_sub(a + b)));
        right.push_str(&"0".repeat((a + b).saturating_sub(c)));
        let bare = |text: &str| text.trim_start_matches('0').to_owned();
        assert_eq!(bare(&left), bare(&right), "{row:?}");
    }
}

#[test]
fn a_workload_file_bills_services_beside_lambda_apart() {
    let stage = Stage::new("");
    stage.write(
        "month.yaml",
        "functions: { f: { requests: 1000000, duration: 1 ms } }
adjoining: { api_gateway: 2000000, kinesis_shards: 2, cloudwatch_logs: 10 }
",
    );
    let bill = price(&stage, &["month.yaml"]);
    // 2 million at 3.50 USD, two shards for 730 h at 0.015 USD, 10 GB at 0.50 USD.
    assert_eq!(
        amounts(&bill["adjoining"]),
        [
            ("api_gateway_request".to_owned(), 7.0),
            ("kinesis_shard".to_owned(), 21.9),
            ("cloudwatch_logs".to_owned(), 5.0)
        ]
    );
    assert!(amounts(&bill).iter().all(|(item, _)| item != "kinesis_shard"));
    stage.write(
        "wrong.yaml",
        "functions: { f: {} }\nadjoining: { sqs: -1, kinesis: 2 }\n",
    );
    let output = stage.call(&["price", "wrong.yaml"]);
    assert_code(&output, 2);
    let told = text(&output.stderr);
    assert!(
        told.contains("wrong.yaml:2:19") && told.contains("`kinesis` is no key of adjoining"),
        "{told}"
    );
}

#[test]
fn a_month_of_days_bills_services_beside_lambda_as_often_as_the_days() {
    let stage = Stage::new("");
    let day = |adjoining: &str| {
        format!(
            "duration: 1 h\nfunctions: {{ f: {{ init: 0 s, duration: 1 ms }} }}\nbilling: {{ adjoining: {{ {adjoining} }} }}\ntraffic: {{ users: {{ to: f, through: api-gateway, arrivals: {{ constant: 1/s }} }} }}\n"
        )
    };
    stage.write("weekday.yaml", &day("api_gateway: true"));
    let output = stage.call(&["month", "weekday.yaml=2", "--json"]);
    assert_code(&output, 0);
    let bill: Value = serde_json::from_slice(&output.stdout).unwrap();
    // An hour has 3,600 requests, two days have 172,800, at 3.50 USD a million.
    let amounts = amounts(&bill["adjoining"]);
    assert_eq!(amounts[0], ("api_gateway_request".to_owned(), 0.6048));
    assert_eq!(amounts[1], ("http_api_request".to_owned(), 0.0));
    stage.write("weekend.yaml", &day("sqs: true"));
    assert_code(&stage.call(&["month", "weekday.yaml=2", "weekend.yaml=1"]), 2);
}
