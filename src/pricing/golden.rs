//! Published worked examples and laws of the bill, through the door of the room.

use super::usage::Hour;
use super::*;
use crate::facts::{Architecture, FunctionId, QualifierId, QueueId};
use crate::units::{MemoryMb, Money, SimTime, Span, Timestamp};
use Architecture::{Arm64, X86_64};
use proptest::prelude::*;

/// 2026-11-20T00:00:00Z.
const START: Timestamp = Timestamp(1_795_132_800_000_000);
const SMALL_TMP: MemoryMb = MemoryMb(512);
const MB_MS: u128 = 1_024_000;

/// A version that is there from the beginning, in a region; sizes in MB.
pub(super) fn version(architecture: Architecture, memory: u32, ephemeral_storage: u32) -> MeteredVersion {
    MeteredVersion {
        architecture,
        memory: MemoryMb(memory),
        ephemeral_storage: MemoryMb(ephemeral_storage),
        snapshot: false,
        published: SimTime::ZERO,
        edge: false,
    }
}

/// A bill of us-east-1 with nothing but list prices.
pub(super) fn config(free_tier: FreeTier) -> BillingConfig {
    BillingConfig {
        region: "us-east-1".to_owned(),
        priced_at: START,
        book: PriceBook::built_in(),
        free_tier,
        month_to_date: MonthToDate::default(),
        rounding: Rounding::Exact,
        month: MonthLength::Hours730,
        savings_plan: None,
        custom_discount: Discount::NONE,
        budgets: Vec::new(),
        adjoining: AdjoiningConfig::default(),
    }
}

fn key(architecture: Architecture) -> UsageKey {
    UsageKey {
        month: Month::of(START),
        architecture,
        function: FunctionId(0),
        qualifier: QualifierId(0),
    }
}

fn on_demand(architecture: Architecture, requests: u64, billed_ms: u64, memory: u32) -> Usage {
    let mut usage = Usage::starting(START);
    usage.add_on_demand(key(architecture), requests, billed_ms, MemoryMb(memory), SMALL_TMP);
    usage
}

/// Duration alone, without requests.
fn duration(architecture: Architecture, gb_seconds: u64) -> Usage {
    let mut amounts = Amounts::default();
    amounts.add(Measure::Duration, gb_seconds as u128 * MB_MS);
    let mut usage = Usage::starting(START);
    usage.add(key(architecture), &amounts);
    usage
}

fn provisioned_concurrency(amount: u32, memory: u32, enabled: Span) -> Usage {
    let mut usage = Usage::starting(START);
    usage.add_provisioned_concurrency(key(X86_64), amount, MemoryMb(memory), enabled);
    usage
}

/// The exact total, the same in cents, and the total of rounded lines.
fn totals(usage: &Usage, free_tier: FreeTier) -> (String, String, String) {
    let exact = bill(usage, &config(free_tier)).total;
    let page = BillingConfig {
        rounding: Rounding::Page,
        ..config(free_tier)
    };
    (exact.exact(), exact.to_string(), bill(usage, &page).total.to_string())
}

fn expect_totals(usage: &Usage, free_tier: FreeTier, exact: &str, cents: &str, page: &str) {
    assert_eq!(
        totals(usage, free_tier),
        (exact.to_owned(), cents.to_owned(), page.to_owned())
    );
}

fn amounts_in_cents(usage: &Usage, free_tier: FreeTier) -> Vec<String> {
    let lines = bill(usage, &config(free_tier)).lines;
    lines.iter().map(|line| line.amount.to_string()).collect()
}

fn gb_seconds(mb_ms: u128) -> u128 {
    assert_eq!(mb_ms % MB_MS, 0);
    mb_ms / MB_MS
}

#[test]
fn gvp_1_three_million_requests_with_free_tier() {
    let usage = on_demand(X86_64, 3_000_000, 120, 1_536);
    expect_totals(&usage, FreeTier::On, "2.733338", "2.73", "2.73");
    let lines = bill(&usage, &config(FreeTier::On)).lines;
    let quantities: Vec<String> = lines.iter().map(|line| line.quantity.exact()).collect();
    assert_eq!(quantities, ["2000000", "140000"]);
    assert_eq!(amounts_in_cents(&usage, FreeTier::On), ["0.40", "2.33"]);
}

#[test]
fn gvp_2_two_seconds_at_one_gigabyte() {
    let usage = on_demand(X86_64, 7_440_000, 2_000, 1_024);
    expect_totals(&usage, FreeTier::Off, "249.488496", "249.49", "249.49");
}

#[test]
fn gvp_3_ephemeral_storage_has_a_line_of_its_own() {
    let mut usage = Usage::starting(START);
    usage.add_on_demand(key(X86_64), 6_000_000, 280, MemoryMb(4_096), MemoryMb(2_048));
    let (exact, cents, page) = totals(&usage, FreeTier::On);
    assert_eq!((cents.as_str(), page.as_str()), ("106.41", "106.41"));
    // 6,320,000 × 0.0000166667 + 5 × 0.20 + 2,520,000 × 0.0000000309.
    assert_eq!(exact, "106.411412");
    assert_eq!(amounts_in_cents(&usage, FreeTier::On), ["1.00", "105.33", "0.08"]);
}

#[test]
fn gvp_4_provisioned_concurrency_with_spill_over_and_free_tier() {
    let mut usage = provisioned_concurrency(100, 1_536, Span::from_secs(8 * 3_600));
    usage.add_on_provisioned(key(X86_64), 500_000, 100, MemoryMb(1_536), SMALL_TMP);
    usage.add_on_demand(key(X86_64), 2_500_000, 120, MemoryMb(1_536), SMALL_TMP);
    // 4,320,000 × 0.0000041667 + 75,000 × 0.0000097222 + 50,000 × 0.0000166667 + 2 × 0.20.
    expect_totals(&usage, FreeTier::On, "19.962644", "19.96", "19.96");
    assert_eq!(
        amounts_in_cents(&usage, FreeTier::On),
        ["0.40", "0.83", "18.00", "0.73"]
    );
}

#[test]
fn gvp_5_all_requests_on_provisioned_concurrency() {
    let mut usage = provisioned_concurrency(7, 4_096, Span::from_secs(24 * 3_600));
    usage.add_on_provisioned(key(X86_64), 2_000_000, 280, MemoryMb(4_096), SMALL_TMP);
    // 2,419,200 × 0.0000041667 + 2,240,000 × 0.0000097222 + 2 × 0.20.
    expect_totals(&usage, FreeTier::Off, "32.25780864", "32.26", "32.26");
    assert_eq!(amounts_in_cents(&usage, FreeTier::Off), ["0.40", "10.08", "21.78"]);
}

#[test]
fn gvp_16_tiers_of_one_month() {
    let total = |architecture, billions: u64| {
        let usage = duration(architecture, billions * 1_000_000_000);
        bill(&usage, &config(FreeTier::Off)).total.to_string()
    };
    assert_eq!(total(X86_64, 6), "100000.20");
    assert_eq!(total(X86_64, 10), "160000.20");
    assert_eq!(total(X86_64, 20), "301667.20");
    assert_eq!(total(Arm64, 20), "248335.00");
}

#[test]
fn gvp_19_billing_init_raises_the_bill_by_seven_and_a_half_per_cent() {
    let warm = on_demand(X86_64, 1_000_000, 20, 512);
    let mut with_init = on_demand(X86_64, 990_000, 20, 512);
    with_init.add_on_demand(key(X86_64), 10_000, 170, MemoryMb(512), SMALL_TMP);
    for (usage, quantity, amount) in [(warm, "10000", "0.166667"), (with_init, "10750", "0.179167025")] {
        let lines = bill(&usage, &config(FreeTier::Off)).lines;
        assert_eq!(
            (lines[1].quantity.exact().as_str(), lines[1].amount.exact().as_str()),
            (quantity, amount)
        );
    }
}

#[test]
fn gvp_20_provisioned_concurrency_is_enabled_for_whole_five_minutes() {
    let short = provisioned_concurrency(10, 512, Span::from_secs(61));
    assert_eq!(gb_seconds(short.total().get(Measure::ProvisionedConcurrency)), 1_500);
    assert_eq!(totals(&short, FreeTier::On).0, "0.00625005");
    let month = provisioned_concurrency(10, 1_024, Span::from_secs(30 * 86_400));
    assert_eq!(
        gb_seconds(month.total().get(Measure::ProvisionedConcurrency)),
        25_920_000
    );
    assert_eq!(totals(&month, FreeTier::On).1, "108.00");
}

#[test]
fn gvp_21_another_region_has_its_own_prices() {
    let usage = on_demand(X86_64, 1_000_000, 100, 1_024);
    let capetown = BillingConfig {
        region: "af-south-1".to_owned(),
        ..config(FreeTier::Off)
    };
    let bill = bill(&usage, &capetown);
    assert_eq!(bill.total.exact(), "2.48");
    let lines: Vec<_> = bill
        .lines
        .iter()
        .map(|line| (line.usage_type.as_str(), line.amount.exact()))
        .collect();
    assert_eq!(
        lines,
        [
            ("AFS1-Request", "0.27".to_owned()),
            ("AFS1-Lambda-GB-Second", "2.21".to_owned())
        ]
    );
}

#[test]
fn gvp_22_ten_gigabytes_of_ephemeral_storage_for_an_hour() {
    let mut usage = Usage::starting(START);
    usage.add_on_demand(key(X86_64), 1, 3_600_000, MemoryMb(128), MemoryMb(10_240));
    let lines = bill(&usage, &config(FreeTier::Off)).lines;
    let storage = lines.iter().find(|line| line.item == Item::EphemeralStorage).unwrap();
    assert_eq!(
        (storage.quantity.exact().as_str(), storage.amount.exact().as_str()),
        ("34200", "0.00105678")
    );
}

#[test]
fn gvp_24_prices_can_be_replaced() {
    let usage = on_demand(X86_64, 3_000_000, 1_000, 512);
    expect_totals(&usage, FreeTier::On, "18.73337", "18.73", "18.73");
    let older = include_str!("prices.csv").replace(
        "us-east-1,duration,x86_64,1,0,,GB-second,0.0000166667",
        "us-east-1,duration,x86_64,1,0,,GB-second,0.00001667",
    );
    let config = BillingConfig {
        book: PriceBook::from_csv(&older).unwrap(),
        rounding: Rounding::Page,
        ..config(FreeTier::On)
    };
    assert_eq!(bill(&usage, &config).total.to_string(), "18.74");
}

#[test]
fn gvp_26_eight_gigabyte_hours() {
    let exact = |architecture| totals(&duration(architecture, 28_800), FreeTier::Off);
    let text = |a: &str, b: &str| (a.to_owned(), b.to_owned(), b.to_owned());
    assert_eq!(exact(X86_64), text("0.48000096", "0.48"));
    assert_eq!(exact(Arm64), text("0.38400192", "0.38"));
}

#[test]
fn gvp_s1_the_free_tier_is_four_hundred_thousand_seconds_at_one_gigabyte() {
    for (memory, seconds) in [(1_024, 400_000), (128, 3_200_000)] {
        let free = on_demand(X86_64, 1, seconds * 1_000, memory);
        assert_eq!(totals(&free, FreeTier::On).0, "0");
        let beyond = on_demand(X86_64, 1, seconds * 1_000 + 1, memory);
        assert!(bill(&beyond, &config(FreeTier::On)).total > Money::ZERO);
    }
}

#[test]
fn gvp_s2_six_hundred_thousand_gigabyte_seconds_after_the_free_tier() {
    expect_totals(&duration(X86_64, 1_000_000), FreeTier::On, "10.00002", "10.00", "10.00");
}

#[test]
fn gvp_s3_requests_around_the_free_million() {
    let exact = |requests| totals(&on_demand(X86_64, requests, 0, 128), FreeTier::On).0;
    assert_eq!(
        [exact(1_000_000), exact(1_000_001), exact(2_000_000)],
        ["0", "0.0000002", "0.2"]
    );
}

#[test]
fn gvp_s4_exactly_the_free_tier_costs_nothing() {
    let usage = on_demand(X86_64, 1_000_000, 400, 1_024);
    expect_totals(&usage, FreeTier::On, "0", "0.00", "0.00");
    let lines = bill(&usage, &config(FreeTier::On)).lines;
    let shown: Vec<_> = lines
        .iter()
        .map(|line| (line.item, line.tier, line.quantity.atoms))
        .collect();
    assert_eq!(shown, [(Item::Request, 1, 0), (Item::Duration, 1, 0)]);
}

#[test]
fn gvp_s5_no_executions_cost_nothing_but_provisioned_concurrency_does() {
    let nothing = bill(&Usage::starting(START), &config(FreeTier::Off));
    assert_eq!(nothing, Bill::default());
    let provisioned = provisioned_concurrency(1, 128, Span::from_secs(30 * 86_400));
    expect_totals(&provisioned, FreeTier::Off, "1.3500108", "1.35", "1.35");
}

/// Expected monthly costs without free tier, in cents: requests, then duration by tier. The figures are those that
/// infracost (Apache-2.0) gives for us-east-1.
#[test]
fn costs_agree_with_an_independent_tool() {
    #[rustfmt::skip]
    let cases: [(Architecture, u32, u64, u64, &[&str]); 8] = [
        (X86_64, 512, 6_000_000_000, 1_024, &["1200.00", "51200.10"]),
        (Arm64, 512, 7_500_000_000, 1_024, &["1500.00", "51200.26"]),
        (X86_64, 1_024, 9_000_000_000, 1_024, &["1800.00", "100000.20", "48240.00"]),
        (Arm64, 1_024, 11_250_000_000, 1_024, &["2250.00", "100000.50", "48240.40"]),
        (X86_64, 128, 100_000, 350, &["0.02", "0.07"]),
        (Arm64, 128, 100_000, 350, &["0.02", "0.06"]),
        (X86_64, 512, 100_000, 350, &["0.02", "0.29"]),
        (Arm64, 512, 100_000, 350, &["0.02", "0.23"]),
    ];
    for (architecture, memory, requests, billed_ms, expected) in cases {
        let usage = on_demand(architecture, requests, billed_ms, memory);
        assert_eq!(amounts_in_cents(&usage, FreeTier::Off), expected);
    }
}

#[test]
fn the_free_tier_goes_to_the_dearest_architecture_first() {
    let mut usage = on_demand(Arm64, 10, 30_000_000, 1_024);
    usage.add_on_demand(key(X86_64), 10, 30_000_000, MemoryMb(1_024), SMALL_TMP);
    let lines = bill(&usage, &config(FreeTier::On)).lines;
    let billed: Vec<_> = lines
        .iter()
        .filter(|line| line.item == Item::Duration)
        .map(|line| (line.usage_type.as_str(), line.quantity.exact()))
        .collect();
    assert_eq!(
        billed,
        [
            ("Lambda-GB-Second", "0".to_owned()),
            ("Lambda-GB-Second-ARM", "200000".to_owned())
        ]
    );
}

#[test]
fn requests_on_provisioned_concurrency_are_never_free() {
    let mut usage = on_demand(X86_64, 3, 1, 128);
    let provisioned = UsageKey {
        function: FunctionId(1),
        ..key(X86_64)
    };
    usage.add_on_provisioned(provisioned, 5, 1, MemoryMb(128), SMALL_TMP);
    let lines = bill(&usage, &config(FreeTier::On)).lines;
    let shares: Vec<_> = lines[0]
        .shares
        .iter()
        .map(|share| (share.function.0, share.quantity.atoms))
        .collect();
    assert_eq!(shares, [(0, 0), (1, 5)]);
}

#[test]
fn before_sw_tier_all_duration_has_the_first_price() {
    let config = BillingConfig {
        // 2022-07-31T00:00:00Z.
        priced_at: Timestamp(1_659_225_600_000_000),
        ..config(FreeTier::Off)
    };
    let total = bill(&duration(X86_64, 20_000_000_000), &config).total;
    assert_eq!(total.to_string(), "333334.00");
}

#[test]
fn usage_to_date_belongs_to_the_first_month_alone() {
    let mut usage = duration(X86_64, 1_000_000);
    let december = UsageKey {
        month: Month::of(Month::of(START).end()),
        ..key(X86_64)
    };
    let amounts = usage.total();
    usage.add(december, &amounts);
    let config = BillingConfig {
        month_to_date: MonthToDate {
            x86_64_mb_ms: 5_999_500_000 * MB_MS,
            ..MonthToDate::default()
        },
        ..config(FreeTier::Off)
    };
    let lines: Vec<_> = bill(&usage, &config)
        .lines
        .iter()
        .map(|line| (line.month.clone(), line.tier, line.quantity.exact()))
        .collect();
    let line = |month: &str, tier, quantity: &str| (month.to_owned(), tier, quantity.to_owned());
    assert_eq!(
        lines,
        [
            line("2026-11", 1, "500000"),
            line("2026-11", 2, "500000"),
            line("2026-12", 1, "1000000")
        ]
    );
    let projected = monthly_estimate(&usage, &config, Span::from_secs(2 * 730 * 3_600), START);
    assert_eq!(projected.total.exact(), "16.6667");
}

#[test]
fn the_projection_scales_usage_and_then_applies_free_tier_and_tiers() {
    let usage = on_demand(X86_64, 100_000, 200, 1_024);
    let day = Span::from_secs(86_400);
    let usual = monthly_estimate(&usage, &config(FreeTier::On), day, START);
    let quantities: Vec<String> = usual.lines.iter().map(|line| line.quantity.exact()).collect();
    // 730 / 24 × 100,000 = 3,041,666.67 requests; × 20,000 GB-s = 608,333.3333 of 1,024,000 parts.
    assert_eq!(quantities[0], "2041667");
    assert_eq!(usual.lines[1].quantity.atoms, 622_933_333_333 - 409_600_000_000);
    let calendar = BillingConfig {
        month: MonthLength::Calendar,
        ..config(FreeTier::Off)
    };
    let november = monthly_estimate(&usage, &calendar, day, START);
    let quantities: Vec<String> = november.lines.iter().map(|line| line.quantity.exact()).collect();
    assert_eq!(quantities, ["3000000", "600000"]);
    assert_eq!(monthly_estimate(&usage, &calendar, Span::ZERO, START), Bill::default());
}

#[test]
fn lines_carry_source_estimate_and_regional_usage_type() {
    let frankfurt = BillingConfig {
        region: "eu-central-1".to_owned(),
        ..config(FreeTier::Off)
    };
    let mut usage = Usage::starting(START);
    usage.add_provisioned_concurrency(key(Arm64), 1, MemoryMb(1_024), Span::from_secs(300));
    let lines = bill(&usage, &frankfurt).lines;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].usage_type, "EUC1-Lambda-Provisioned-Concurrency-ARM");
    assert!(lines[0].estimated);
    assert_eq!(lines[0].source, "estimate: 0.8 x x86_64");
    assert_eq!(lines[0].unit, "GB-second");
}

/// The covered lines and their quantities, in the order of the bill.
fn covered(bill: &Bill) -> Vec<(Option<Architecture>, i128, String)> {
    let lines = bill.lines.iter().filter(|line| line.item == Item::SavingsPlanCovered);
    lines
        .map(|line| (line.architecture, line.unit_price, line.quantity.exact()))
        .collect()
}

fn with_plan(commitment: i128) -> BillingConfig {
    BillingConfig {
        savings_plan: Some(SavingsPlan {
            commitment,
            term: SavingsTerm::OneYearNoUpfront,
        }),
        ..config(FreeTier::Off)
    }
}

#[test]
fn price_19_a_savings_plan_covers_first_what_it_makes_cheapest() {
    let mut usage = duration(X86_64, 730_000);
    let mut amounts = Amounts::default();
    amounts.add(Measure::ProvisionedConcurrency, 730_000 * MB_MS);
    usage.add(key(X86_64), &amounts);
    for (key, amounts) in duration(Arm64, 730_000).entries() {
        usage.add(*key, amounts);
    }
    // The plan's share of the price: 0.8820 for duration on x86_64, 0.8775 on arm64, 0.8808 for provisioned concurrency.
    // Each hour pays for 1,000 GB-s of the second at 0.0000117 and for 500 of the third at 0.00000367.
    let bill = bill(&usage, &with_plan(13_535_000_000_000));
    assert_eq!(
        covered(&bill),
        [
            (Some(Arm64), -13_333_400_000, "730000".to_owned()),
            (Some(X86_64), -4_166_700_000, "365000".to_owned())
        ]
    );
}

#[test]
fn price_19_each_hour_pays_for_what_was_used_of_each_item_in_it() {
    let hour = |measure: Measure, gb_seconds: u128| {
        let mut hour = Hour {
            month: Month::of(START),
            length: Span::from_secs(3_600),
            ..Hour::default()
        };
        let place = Hour::MEASURES.iter().position(|one| *one == measure).unwrap();
        hour.used[X86_64 as usize][place] = gb_seconds * MB_MS * 1_000;
        hour
    };
    let used = [
        (Measure::ProvisionedConcurrency, 3_600),
        (Measure::Duration, 3_600),
        (Measure::ProvisionedDuration, 1_000),
    ];
    let mut amounts = Amounts::default();
    used.iter()
        .for_each(|(measure, used)| amounts.add(*measure, used * MB_MS));
    let mut usage = Usage::starting(START).lasting(Span::from_secs(3 * 3_600));
    usage.add(key(X86_64), &amounts);
    usage.set_hours(used.map(|(measure, used)| hour(measure, used)).into());
    // 0.0147 USD are more than 3,600 GB-s at 0.00000367 and 1,000 at 0.00000856 cost; of duration they buy 1,000.
    let bill = bill(&usage, &with_plan(14_700_000_000_000));
    assert_eq!(
        covered(&bill),
        [
            (Some(X86_64), -9_722_200_000, "1000".to_owned()),
            (Some(X86_64), -4_166_700_000, "3600".to_owned()),
            (Some(X86_64), -16_666_700_000, "1000".to_owned())
        ]
    );
}

#[test]
fn price_19_a_plan_covers_nothing_that_it_does_not_make_cheaper() {
    let covered_at = |rate: &str| {
        let listed = "savings_plan_1y_duration,x86_64,1,0,,GB-second,0.0000147,";
        let row = format!("us-east-1,{listed}");
        let changed = row.replace("0.0000147", rate);
        let config = BillingConfig {
            book: PriceBook::from_csv(&include_str!("prices.csv").replace(&row, &changed)).unwrap(),
            ..with_plan(1_470_000_000_000)
        };
        covered(&bill(&duration(X86_64, 730_000), &config)).len()
    };
    // Less than the price on demand, the same, and no price at all.
    assert_eq!(["0.0000166666", "0.0000166667", "0"].map(covered_at), [1, 0, 0]);
}

#[test]
fn price_19_what_an_estimated_rate_covers_is_an_estimate() {
    let estimated = |measure| {
        let mut amounts = Amounts::default();
        amounts.add(measure, 730_000 * MB_MS);
        let mut usage = Usage::starting(START);
        usage.add(key(Arm64), &amounts);
        let lines = bill(&usage, &with_plan(1_470_000_000_000)).lines;
        [Item::SavingsPlanCovered, lines[0].item]
            .map(|item| lines.iter().find(|line| line.item == item).unwrap().estimated)
    };
    // On arm64 the rate of duration is published, that of provisioned concurrency is not; both prices on demand are.
    assert_eq!(estimated(Measure::Duration), [false, false]);
    assert_eq!(estimated(Measure::ProvisionedConcurrency), [true, false]);
}

#[test]
fn price_19_time_without_an_hour_of_its_own_is_covered_as_a_whole() {
    // Ten hours pay for 100 GB-s each at 0.0000147.
    let usage = duration(X86_64, 730_000).lasting(Span::from_secs(10 * 3_600));
    let bill = bill(&usage, &with_plan(1_470_000_000_000));
    assert_eq!(covered(&bill), [(Some(X86_64), -16_666_700_000, "1000".to_owned())]);
}

#[test]
fn price_22_what_plan_and_discount_save_is_told_beside_the_bill() {
    let usage = duration(X86_64, 730_000);
    let config = BillingConfig {
        custom_discount: Discount::from_basis_points(1_000).unwrap(),
        // 100 GB-s an hour at 0.0000147.
        ..with_plan(1_470_000_000_000)
    };
    let paid = bill(&usage, &config);
    let answers = answers(&usage, &config, &paid, Span::from_secs(730 * 3_600), START);
    // 73,000 × 0.0000166667 less 730 × 0.00147; a tenth of 657,000 × 0.0000166667.
    assert_eq!(
        [answers.savings_plan, answers.custom_discount].map(Money::exact),
        ["0.1435691".to_owned(), "1.09500219".to_owned()]
    );
    let discount = paid
        .lines
        .iter()
        .find(|line| line.item == Item::CustomDiscount)
        .unwrap();
    // 0.10 USD less for each USD.
    assert_eq!(discount.unit_price, -100_000_000_000_000);
    for line in &paid.lines {
        let shared: i128 = line.shares.iter().map(|share| share.quantity.atoms).sum();
        assert_eq!(shared, line.quantity.atoms, "{}", line.usage_type);
    }
}

#[test]
fn what_the_free_tier_saves_is_told_beside_the_bill_whether_it_is_taken_or_not() {
    let usage = duration(X86_64, 730_000);
    for taken in [FreeTier::On, FreeTier::Off] {
        let config = config(taken);
        let paid = bill(&usage, &config);
        let answers = answers(&usage, &config, &paid, Span::from_secs(730 * 3_600), START);
        // 400,000 × 0.0000166667.
        assert_eq!(answers.free_tier.exact(), "6.66668");
    }
}

#[test]
fn the_free_tier_goes_to_x86_64_first_where_both_cost_the_same() {
    let mut usage = on_demand(Arm64, 800_000, 0, 128);
    usage.add_on_demand(key(X86_64), 800_000, 0, MemoryMb(128), SMALL_TMP);
    let lines = bill(&usage, &config(FreeTier::On)).lines;
    let requests = lines.iter().filter(|line| line.item == Item::Request);
    let billed: Vec<_> = requests
        .map(|line| (line.usage_type.as_str(), line.quantity.exact()))
        .collect();
    assert_eq!(
        billed,
        [("Request", "0".to_owned()), ("Request-ARM", "600000".to_owned())]
    );
}

#[test]
fn price_22_plan_and_discount_are_borne_by_those_whose_cost_they_change() {
    let other = UsageKey {
        function: FunctionId(1),
        ..key(X86_64)
    };
    let shares = |usage: &Usage, item| -> Vec<(u32, String)> {
        let config = BillingConfig {
            custom_discount: Discount::from_basis_points(1_000).unwrap(),
            // 100 GB-s an hour at 0.0000147.
            ..with_plan(1_470_000_000_000)
        };
        let bill = bill(usage, &config);
        let line = bill.lines.iter().find(|line| line.item == item).unwrap();
        let shares = line.shares.iter();
        shares.map(|share| (share.function.0, share.amount.exact())).collect()
    };
    let share = |function, amount: &str| (function, amount.to_owned());
    let mut usage = duration(X86_64, 730_000);
    usage.add_on_demand(other, 1_000_000, 0, MemoryMb(128), SMALL_TMP);
    // 730 × 0.00147; requests are not covered.
    assert_eq!(shares(&usage, Item::SavingsPlanCommitment), [share(0, "1.0731")]);
    // A tenth of 657,000 × 0.0000166667 and of 0.20.
    assert_eq!(
        shares(&usage, Item::CustomDiscount),
        [share(0, "-1.09500219"), share(1, "-0.02")]
    );
    // Nothing to cover: whoever has cost anything; without cost nobody.
    let mut requests = Usage::starting(START);
    requests.add_on_demand(other, 1_000_000, 0, MemoryMb(128), SMALL_TMP);
    assert_eq!(shares(&requests, Item::SavingsPlanCommitment), [share(1, "1.0731")]);
    let mut nothing = Usage::starting(START);
    nothing.open(other);
    assert_eq!(shares(&nothing, Item::SavingsPlanCommitment), []);
}

#[test]
fn price_14_a_prorated_free_tier_is_the_part_of_the_month_that_was_run_and_never_more_than_all() {
    let quantities = |start, hours: u64, requests| {
        let mut usage = Usage::starting(start).lasting(Span::from_secs(hours * 3_600));
        let key = UsageKey {
            month: Month::of(start),
            ..key(X86_64)
        };
        usage.add_on_demand(key, requests, 1_000, MemoryMb(1_024), SMALL_TMP);
        let lines = bill(&usage, &config(FreeTier::Prorated)).lines;
        lines.iter().map(|line| line.quantity.exact()).collect::<Vec<_>>()
    };
    // 73 of 730 hours: 100,000 requests and 40,000 GB-s.
    assert_eq!(quantities(START, 73, 200_000), ["100000", "160000"]);
    // December has 744 hours.
    let december = Month::of(START).end();
    assert_eq!(quantities(december, 744, 2_000_000), ["1000000", "1600000"]);
}

#[test]
fn what_the_tiers_save_is_told_beside_the_bill() {
    let usage = duration(X86_64, 20_000_000_000);
    let config = config(FreeTier::Off);
    let paid = bill(&usage, &config);
    let answers = answers(&usage, &config, &paid, Span::from_secs(730 * 3_600), START);
    // GVP-16: 301,667.20 instead of 20,000,000,000 × 0.0000166667.
    assert_eq!(answers.tiers.exact(), "31666.8");
}

#[test]
fn services_beside_lambda_have_the_names_of_the_cost_and_usage_report() {
    let names = [
        (Item::ApiGatewayRequest, "EUC1-ApiGatewayRequest"),
        (Item::HttpApiRequest, "EUC1-ApiGatewayHttpRequest"),
        (Item::SqsRequest, "EUC1-Requests-Tier1"),
        (Item::SqsFifoRequest, "EUC1-Requests-FIFO-Tier1"),
        (Item::SnsPublish, "EUC1-Requests-Tier1"),
        (Item::EventBridgeEvent, "EUC1-Event-64K-Chunks"),
        (Item::SchedulerInvocation, "EUC1-ScheduledInvocation"),
        (Item::KinesisShard, "EUC1-Storage-ShardHour"),
        (Item::KinesisPutUnit, "EUC1-PutRequestPayloadUnits"),
        (Item::CloudWatchLogs, "EUC1-VendedLog-Bytes"),
        (Item::NatGateway, "EUC1-NatGateway-Hours"),
        (Item::NatGatewayData, "EUC1-NatGateway-Bytes"),
        (Item::InternetEgress, "EUC1-DataTransfer-Out-Bytes"),
    ];
    let frankfurt = BillingConfig {
        region: "eu-central-1".to_owned(),
        ..config(FreeTier::Off)
    };
    let bill = adjoining_bill(
        &AdjoiningUsage::of_month(START, &names.map(|(item, _)| (item, 1))),
        &frankfurt,
    );
    let lines = bill.lines.iter();
    let found: Vec<_> = lines.map(|line| (line.item, line.usage_type.as_str())).collect();
    assert_eq!(found, names);
}

#[test]
fn price_20_a_month_of_other_services_is_free_up_to_the_tier_of_each() {
    let used = [
        (Item::SqsRequest, 1_000_003),
        (Item::SqsFifoRequest, 7),
        (Item::SchedulerInvocation, 14_000_005),
        (Item::InternetEgress, 101 << 30),
    ];
    let bill = adjoining_bill(&AdjoiningUsage::of_month(START, &used), &config(FreeTier::On));
    let billed: Vec<_> = bill.lines.iter().map(|line| line.quantity.exact()).collect();
    assert_eq!(billed, ["3", "7", "5", "1"]);
}

#[test]
fn price_20_a_prorated_free_tier_of_other_services_counts_the_part_of_each_month() {
    let sqs = AdjoiningConfig {
        services: vec![AdjoiningService::Sqs],
        ..AdjoiningConfig::default()
    };
    // An hour before December.
    let start = Timestamp(Month::of(START).end().0 - 3_600_000_000);
    let mut usage = AdjoiningUsage::starting(start, &sqs);
    for month in [Month::of(start), Month::of(Month::of(start).end())] {
        usage.add(month, Item::SqsRequest, 200_000);
    }
    usage.set_length(Span::from_secs(74 * 3_600));
    let lines = adjoining_bill(&usage, &config(FreeTier::Prorated)).lines;
    let requests = lines.iter().filter(|line| line.item == Item::SqsRequest);
    let billed: Vec<String> = requests.map(|line| line.quantity.exact()).collect();
    // Of a million 1 of 730 hours is 1,369 whole ones, 73 are 100,000.
    assert_eq!(billed, ["198631", "100000"]);
}

#[test]
fn price_20_time_of_other_services_is_booked_month_by_month() {
    let services = vec![
        AdjoiningService::Sqs,
        AdjoiningService::Kinesis,
        AdjoiningService::NatGateway,
    ];
    let with_time = AdjoiningConfig {
        services,
        ..AdjoiningConfig::default()
    };
    let hour = Span::from_secs(3_600);
    // Two shards, four from half an hour on; five pollers of a FIFO queue wait 20 s each; an hour before December.
    let sources = AdjoiningSources {
        fifo: vec![false, true],
        pollers: vec![(QueueId(1), 5)],
        shards: vec![(SimTime::ZERO, 2), (SimTime::ZERO + Span::from_secs(1_800), 4)],
        ..AdjoiningSources::default()
    };
    let start = Timestamp(Month::of(START).end().0 - hour.as_micros() as i64);
    let meter = AdjoiningMeter::new(start, &with_time, sources);
    let usage = meter.finish(SimTime::ZERO + Span::from_secs(74 * 3_600));
    let lines = adjoining_bill(&usage, &config(FreeTier::Off)).lines;
    let used: Vec<_> = lines
        .iter()
        .filter(|line| line.quantity.atoms > 0)
        .map(|line| (line.month.as_str(), line.item, line.quantity.exact()))
        .collect();
    let line = |month, item, quantity: &str| (month, item, quantity.to_owned());
    assert_eq!(
        used,
        [
            line("2026-11", Item::SqsFifoRequest, "900"),
            line("2026-11", Item::KinesisShard, "3"),
            line("2026-11", Item::NatGateway, "1"),
            line("2026-12", Item::SqsFifoRequest, "65700"),
            line("2026-12", Item::KinesisShard, "292"),
            line("2026-12", Item::NatGateway, "73"),
        ]
    );
}

#[test]
fn price_20_a_month_of_other_services_goes_on_as_the_run_did_with_one_free_tier() {
    let sqs = AdjoiningConfig {
        services: vec![AdjoiningService::Sqs],
        ..AdjoiningConfig::default()
    };
    let mut usage = AdjoiningUsage::starting(START, &sqs);
    usage.add(Month::of(START), Item::SqsRequest, 200_000);
    assert_eq!(adjoining_estimate(&usage, &config(FreeTier::Off)), Bill::default());
    usage.set_length(Span::from_secs(73 * 3_600));
    for free_tier in [FreeTier::On, FreeTier::Prorated] {
        let requests = &adjoining_estimate(&usage, &config(free_tier)).lines[0];
        // Ten times 200,000, less a million.
        assert_eq!((requests.item, requests.quantity.atoms), (Item::SqsRequest, 1_000_000));
        // 30 days of 24 hours, where 73 hours have 200,000: 1,972,602.7…, less a million.
        let month = AdjoiningUsage::of_days(START, &[(&usage, 30)]);
        let requests = &adjoining_bill(&month, &of_whole_month(&config(free_tier))).lines[0];
        assert_eq!(requests.quantity.atoms, 972_603);
    }
}

#[test]
fn a_month_on_the_other_architecture_keeps_durations_and_hours() {
    let mut usage = duration(X86_64, 500);
    for (key, amounts) in duration(Arm64, 500).entries() {
        usage.add(*key, amounts);
    }
    let usage = usage.lasting(Span::from_secs(3_600));
    let config = config(FreeTier::Off);
    let paid = bill(&usage, &config);
    let answers = answers(&usage, &config, &paid, Span::from_secs(3_600), START);
    // 730,000 GB-s at 0.0000166667, or at 0.0000133334.
    assert_eq!(
        answers.by_architecture.map(Money::exact),
        ["12.166691".to_owned(), "9.733382".to_owned()]
    );
}

#[test]
fn price_19_a_month_in_which_nothing_is_used_costs_the_commitment_on_each_architecture() {
    let mut usage = Usage::starting(START).lasting(Span::from_secs(3_600));
    usage.open(key(X86_64));
    let config = with_plan(1_000_000_000_000_000);
    let paid = bill(&usage, &config);
    let answers = answers(&usage, &config, &paid, Span::from_secs(3_600), START);
    // 1 USD for each of 730 hours.
    assert_eq!(answers.by_architecture.map(Money::exact), ["730", "730"]);
}

fn any_entry() -> impl Strategy<Value = (UsageKey, u64, u64, u32, bool)> {
    let place = (any::<bool>(), 0_u32..4, 0_u16..3, 0_u8..2);
    (place, 0_u64..2_000_000, 1_u64..900_000, 128_u32..10_240, any::<bool>()).prop_map(
        |((arm, function, qualifier, later), requests, billed_ms, memory, provisioned)| {
            let key = UsageKey {
                month: if later == 0 {
                    Month::of(START)
                } else {
                    Month::of(Month::of(START).end())
                },
                architecture: if arm { Arm64 } else { X86_64 },
                function: FunctionId(function),
                qualifier: QualifierId(qualifier),
            };
            (key, requests, billed_ms, memory, provisioned)
        },
    )
}

fn usage_of(entries: &[(UsageKey, u64, u64, u32, bool)]) -> Usage {
    let mut usage = Usage::starting(START);
    for (key, requests, billed_ms, memory, provisioned) in entries {
        let add = if *provisioned {
            Usage::add_on_provisioned
        } else {
            Usage::add_on_demand
        };
        add(
            &mut usage,
            *key,
            *requests,
            *billed_ms,
            MemoryMb(*memory),
            MemoryMb(2_048),
        );
    }
    usage
}

fn free_tier(on: bool) -> FreeTier {
    if on { FreeTier::On } else { FreeTier::Off }
}

proptest! {
    #[test]
    fn shares_sum_exactly_to_their_line_and_lines_to_the_total(
        entries in prop::collection::vec(any_entry(), 0..30),
        free in any::<bool>(),
    ) {
        let bill = bill(&usage_of(&entries), &config(free_tier(free)));
        for line in &bill.lines {
            prop_assert_eq!(line.shares.iter().map(|share| share.quantity.atoms).sum::<i128>(), line.quantity.atoms);
            prop_assert_eq!(line.shares.iter().map(|share| share.amount).sum::<Money>(), line.amount);
        }
        prop_assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<Money>(), bill.total);
    }

    #[test]
    fn who_has_used_it_does_not_change_what_it_costs(
        entries in prop::collection::vec(any_entry(), 0..30),
        free in any::<bool>(),
        commitment in 0_i128..100,
        discount in 0_u32..=10_000,
    ) {
        let config = BillingConfig {
            free_tier: free_tier(free),
            custom_discount: Discount::from_basis_points(discount).unwrap_or_default(),
            ..with_plan(commitment * 1_000_000_000_000_000)
        };
        let usage = usage_of(&entries);
        let together = usage.together();
        prop_assert_eq!(bill(&together, &config).total, bill(&usage, &config).total);
        let month = |usage: &Usage| monthly_estimate(usage, &config, Span::from_secs(7_777), START).total;
        prop_assert_eq!(month(&together), month(&usage));
        for architecture in [X86_64, Arm64] {
            prop_assert_eq!(month(&together.on(architecture)), month(&usage.on(architecture)));
        }
    }

    #[test]
    fn more_usage_never_costs_less(
        entries in prop::collection::vec(any_entry(), 0..10),
        more in any_entry(),
        free in any::<bool>(),
        rounding in prop::sample::select(vec![Rounding::Exact, Rounding::Page]),
    ) {
        let config = BillingConfig { rounding, ..config(free_tier(free)) };
        let before = bill(&usage_of(&entries), &config).total;
        let after = bill(&usage_of(&[entries, vec![more]].concat()), &config).total;
        prop_assert!(after >= before, "{after} < {before}");
    }

    #[test]
    fn a_month_in_two_parts_costs_as_much_as_in_one(
        arm in any::<bool>(),
        free in any::<bool>(),
        first in (0_u64..3_000_000, 1_u64..20_000_000_000),
        second in (0_u64..3_000_000, 1_u64..20_000_000_000),
    ) {
        let architecture = if arm { Arm64 } else { X86_64 };
        let part = |(requests, gb_seconds): (u64, u64)| {
            let mut usage = on_demand(architecture, requests, 0, 128);
            for (key, amounts) in duration(architecture, gb_seconds).entries() {
                usage.add(*key, amounts);
            }
            usage
        };
        let config = config(free_tier(free));
        let mut whole = part(first);
        for (key, amounts) in part(second).entries() {
            whole.add(*key, amounts);
        }
        let earlier = first.1 as u128 * MB_MS;
        let later = BillingConfig {
            month_to_date: MonthToDate {
                requests: first.0,
                x86_64_mb_ms: if arm { 0 } else { earlier },
                arm64_mb_ms: if arm { earlier } else { 0 },
                ..MonthToDate::default()
            },
            ..config.clone()
        };
        let parts = bill(&part(first), &config).total + bill(&part(second), &later).total;
        prop_assert_eq!(parts, bill(&whole, &config).total);
    }

    #[test]
    fn a_thousand_million_million_requests_do_not_overflow(functions in 1_u32..50, free in any::<bool>()) {
        let mut usage = Usage::starting(START);
        for function in 0..functions {
            let key = UsageKey { function: FunctionId(function), ..key(X86_64) };
            let requests = 1_000_000_000_000_000 / functions as u64;
            usage.add_on_demand(key, requests, 900_000, MemoryMb(10_240), MemoryMb(10_240));
        }
        let config = config(free_tier(free));
        let spent = bill(&usage, &config);
        prop_assert!(spent.lines.iter().all(|line| line.amount > Money::ZERO));
        let tenfold = monthly_estimate(&usage, &config, Span::from_secs(73 * 3_600), START);
        prop_assert!(tenfold.total > spent.total);
    }
}
