//! Bills (lambda-model §9, §12). Where a vector speaks of a month, a part of it is run and the rest is proportion.

use super::harness::{Run, assert_close, instants, run, run_with_records, sync, together};

/// Quantity and amount of an item on the bill of one function.
fn billed(run: &Run, function: &str, item: &str) -> (f64, f64) {
    let rows = run.csv("cost.csv");
    let of_item = rows
        .iter()
        .filter(|row| row["function"] == function && row["item"] == item);
    let number = |text: &str| text.parse::<f64>().expect("a decimal number");
    let lines = of_item.map(|row| (number(&row["quantity"]), number(&row["amount_usd"])));
    lines.fold((0.0, 0.0), |sum, line| (sum.0 + line.0, sum.1 + line.1))
}

fn assert_billed(run: &Run, item: &str, quantity: f64, amount: f64) {
    let found = billed(run, "f", item);
    assert_close(&format!("quantity of {item}"), found.0, quantity, 1e-6);
    assert_close(&format!("amount of {item}"), found.1, amount, 1e-9);
}

fn amount(run: &Run, item: &str) -> f64 {
    billed(run, "f", item).1
}

/// Fails unless an amount in USD rounds to these cents.
fn assert_cents(what: &str, amount: f64, cents: u32) {
    assert_eq!((amount * 100.0).round(), cents as f64, "{what} is {amount} USD");
}

/// A thousandth of a month of 730 h.
const THOUSANDTH: &str = "duration: 2628 s\n";

#[test]
fn gvp_1_three_million_requests_a_month_with_the_free_tier() {
    let waves = [0, 10, 20].map(|second| sync(&format!("wave-{second}"), "f", &together(1_000, second)));
    let run = run(&format!(
        "{THOUSANDTH}account: {{ free_tier: true }}
functions: {{ f: {{ memory_size: 1536 MB, duration: 120 ms }} }}\ntraffic:\n{}",
        waves.concat()
    ));
    // All of the run itself is free.
    run.assert_number("cost/total", 0.0);
    assert_cents("a month", run.number("cost/monthly_estimate"), 273);
}

#[test]
fn gvp_2_seven_million_long_requests_a_month() {
    let wave = |k: u32| {
        sync(
            &format!("wave-{k}"),
            "f",
            &together(if k < 7 { 1_000 } else { 440 }, 10 * k),
        )
    };
    let run = run(&format!(
        "{THOUSANDTH}functions: {{ f: {{ memory_size: 1024 MB, duration: 2 s }} }}\ntraffic:\n{}",
        (0..8).map(wave).collect::<String>()
    ));
    run.assert_counts("totals", &[("succeeded", 7_440)]);
    assert_billed(&run, "duration", 14_880.0, 0.248_000_496);
    assert_close("amount of requests", amount(&run, "request"), 0.001_488, 1e-9);
    assert_cents("a month", run.number("cost/monthly_estimate"), 24_949);
}

#[test]
fn gvp_4_a_hundredth_of_a_month_with_provisioned_concurrency_and_what_is_left_of_the_free_tier() {
    let run = run("duration: 8 h
account: { free_tier: true, month_to_date: { requests: 990000, gb_seconds: { x86_64: 396000 } } }
functions:
  f:
    memory_size: 1536 MB
    duration: 120 ms
    versions: { 1: { duration: 100 ms, provisioned_concurrent_executions: 1 } }
traffic:
  on-demand: { to: f, retry: { mode: none }, arrivals: { constant: 1/s }, until: 25000 s }
  provisioned: { to: \"f:1\", retry: { mode: none }, arrivals: { constant: 1/s }, until: 5000 s }
");
    run.assert_counts(
        "functions/f/provisioned",
        &[("ProvisionedConcurrencyInvocations", 5_000)],
    );
    run.assert_counts("functions/f", &[("Invocations", 30_000), ("succeeded", 30_000)]);
    assert_billed(&run, "provisioned_concurrency", 43_200.0, 0.180_001_44);
    assert_billed(&run, "provisioned_duration", 750.0, 0.007_291_65);
    assert_close("on demand", amount(&run, "duration"), 0.008_333_35, 1e-9);
    assert_close("requests", amount(&run, "request"), 0.004, 1e-9);
    let items = ["provisioned_concurrency", "provisioned_duration", "duration", "request"];
    let total: f64 = items.map(|item| amount(&run, item)).iter().sum();
    assert_close("a hundredth of 19.962644", total, 0.199_626_44, 1e-8);
}

#[test]
fn gvp_5_a_day_with_seven_provisioned_environments() {
    // A hundredth of the vector's requests; the provisioned environments are all of them.
    let run = run("duration: 24 h
functions: { f: { memory_size: 4096 MB, duration: 280 ms, versions: { 1: { provisioned_concurrent_executions: 7 } } } }
traffic:
  callers: { to: \"f:1\", retry: { mode: none }, arrivals: { constant: 1/s }, until: 20000 s }
");
    run.assert_counts(
        "functions/f/provisioned",
        &[("ProvisionedConcurrencyInvocations", 20_000)],
    );
    assert_billed(&run, "provisioned_concurrency", 2_419_200.0, 10.080_080_64);
    assert_billed(&run, "provisioned_duration", 22_400.0, 0.217_777_28);
    let whole = amount(&run, "provisioned_concurrency")
        + 100.0 * (amount(&run, "provisioned_duration") + amount(&run, "request"));
    assert_close("the vector's total", whole, 32.257_809, 1e-6);
}

/// Eight environments of 1,024 MB, busy for an hour: 28,800 GB-s.
fn eight_gb_hours(head: &str, function: &str) -> Run {
    let every_ten_minutes = (0..6).flat_map(|k| [600 * k; 8]);
    run(&format!(
        "duration: 3601 s\n{head}functions: {{ f: {{ memory_size: 1024 MB, duration: 600 s{function} }} }}\ntraffic:\n{}",
        sync("callers", "f", &instants(every_ten_minutes))
    ))
}

#[test]
fn gvp_26_eight_gb_hours_on_both_architectures() {
    assert_billed(&eight_gb_hours("", ""), "duration", 28_800.0, 0.480_000_96);
    let arm = eight_gb_hours("", ", architectures: arm64");
    assert_billed(&arm, "duration", 28_800.0, 0.384_001_92);
}

#[test]
fn gvp_16_price_tiers_go_by_what_the_month_has_used_so_far() {
    let after = |gb_seconds: u64| {
        let head = format!("account: {{ month_to_date: {{ gb_seconds: {{ x86_64: {gb_seconds} }} }} }}\n");
        amount(&eight_gb_hours(&head, ""), "duration")
    };
    let (first, second, third) = (0.000_016_666_7, 0.000_015, 0.000_013_333_4);
    assert_close("below 6 billion", after(6_000_000_000 - 28_800), 28_800.0 * first, 1e-9);
    assert_close(
        "across 6 billion",
        after(6_000_000_000 - 14_400),
        14_400.0 * (first + second),
        1e-9,
    );
    assert_close("above 6 billion", after(6_000_000_000), 28_800.0 * second, 1e-9);
    assert_close(
        "across 15 billion",
        after(15_000_000_000 - 14_400),
        14_400.0 * (second + third),
        1e-9,
    );
    assert_close("above 15 billion", after(15_000_000_000), 28_800.0 * third, 1e-9);
}

/// Billed milliseconds of the last call of each function, one per duration and INIT in ms; functions in this order.
fn billed_ms(head: &str, calls: &str, lines: &[(&str, &str)]) -> Vec<i64> {
    let name = |index: usize| format!("f{index}");
    let function = |(index, (duration, init)): (usize, &(&str, &str))| {
        format!(
            "  {}: {{ runtime: python3.13, duration: {duration} ms, init: {init} ms }}\n",
            name(index)
        )
    };
    let functions: String = lines.iter().enumerate().map(function).collect();
    let traffic: String = (0..lines.len())
        .map(|index| sync(&name(index), &name(index), calls))
        .collect();
    let run = run_with_records(&format!(
        "duration: 60 s\n{head}functions:\n{functions}traffic:\n{traffic}"
    ));
    let records = run.records();
    let last = |index: usize| {
        let mut own = records.iter().filter(|record| record.text("function") == name(index));
        own.next_back().expect("each function is called").count("billed_ms")
    };
    (0..lines.len()).map(last).collect()
}

#[test]
fn gvp_17_init_and_duration_are_rounded_up_together_since_august_2025() {
    let lines = [
        ("250.06", "100.77"),
        ("133.61", "80.00"),
        ("3016.78", "84.00"),
        ("3004.92", "111.23"),
    ];
    let once = together(1, 0);
    assert_eq!(billed_ms("", &once, &lines), [351, 214, 3_101, 3_117]);
    assert_eq!(
        billed_ms("model_date: 2025-07-31\n", &once, &lines),
        [251, 134, 3_017, 3_005]
    );
}

#[test]
fn gvp_18_warm_invocations_are_rounded_up_to_a_millisecond_and_before_december_2020_to_a_hundred() {
    let lines = [("79.67", "0"), ("26.73", "0"), ("693.92", "0")];
    let twice = instants([0, 10]);
    assert_eq!(billed_ms("", &twice, &lines), [80, 27, 694]);
    assert_eq!(
        billed_ms("switches: { SW-1MS: off }\n", &twice, &lines),
        [100, 100, 700]
    );
}

#[test]
fn gvp_19_billing_init_adds_seven_and_a_half_percent_where_one_in_a_hundred_starts_cold() {
    // A thousandth of the vector: 100 waves of 10 on the same 10 environments.
    let waves = instants((0..100).flat_map(|second| [second; 10]));
    for (switch, gb_seconds, amount) in [("off", 10.0, 0.000_166_667), ("on", 10.75, 0.000_179_167)] {
        let run = run(&format!(
            "duration: 200 s
switches: {{ SW-INITBILL: {switch} }}
functions: {{ f: {{ runtime: python3.13, memory_size: 512 MB, duration: 20 ms, init: 150 ms }} }}
traffic:\n{}",
            sync("callers", "f", &waves)
        ));
        run.assert_counts("functions/f", &[("Invocations", 1_000), ("cold_starts", 10)]);
        assert_billed(&run, "duration", gb_seconds, amount);
    }
}

#[test]
fn gvp_20_provisioned_concurrency_is_billed_by_five_minutes() {
    for (length, memory, gb_seconds, amount) in [
        ("61 s", "512 MB", 1_500.0, 0.006_250_05),
        ("30 d", "1024 MB", 25_920_000.0, 108.000_864),
    ] {
        let run = run(&format!(
            "duration: {length}
functions:
  f: {{ memory_size: {memory}, duration: 1 s, versions: {{ 1: {{ provisioned_concurrent_executions: 10 }} }} }}
traffic:\n{}",
            sync("caller", "f:1", &together(1, 0))
        ));
        assert_billed(&run, "provisioned_concurrency", gb_seconds, amount);
    }
}

#[test]
fn gvp_22_ephemeral_storage_beyond_512_mb_is_billed_while_an_environment_is_busy() {
    let run = run(&format!(
        "duration: 3601 s
functions: {{ f: {{ duration: 600 s, ephemeral_storage: 10240 MB }} }}
traffic:\n{}",
        sync("caller", "f", &instants((0..6).map(|k| 600 * k)))
    ));
    run.assert_counts("functions/f/environments", &[("created", 1)]);
    // 9.5 GB for 3,600 s at 0.0000000309.
    assert_billed(&run, "ephemeral_storage", 34_200.0, 0.001_056_78);
}

#[test]
fn gvp_27_cpu_work_costs_the_same_up_to_one_vcpu_and_double_at_two() {
    let sizes = [
        (128, 13_821, 1.727_625),
        (1_769, 1_000, 1.727_539),
        (3_538, 1_000, 3.455_078),
    ];
    let function = |(memory, _, _): &(u32, i64, f64)| {
        let scaling = "memory_scaling: { cpu_bound: 100 %, measured_at: 1769 MB }";
        format!("  f{memory}: {{ memory_size: {memory} MB, duration: 1000 ms, {scaling} }}\n")
    };
    let functions: String = sizes.iter().map(function).collect();
    let caller = |(memory, _, _): &(u32, i64, f64)| sync(&format!("t{memory}"), &format!("f{memory}"), &together(1, 0));
    let traffic: String = sizes.iter().map(caller).collect();
    let run = run_with_records(&format!("duration: 60 s\nfunctions:\n{functions}traffic:\n{traffic}"));
    let records = run.records();
    for (memory, milliseconds, gb_seconds) in sizes {
        let function = format!("f{memory}");
        let record = records.iter().find(|record| record.text("function") == function);
        assert_eq!(record.expect("it ran").count("billed_ms"), milliseconds, "{function}");
        assert_close(&function, billed(&run, &function, "duration").0, gb_seconds, 1e-6);
    }
}
