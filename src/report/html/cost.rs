//! The bill, what it is made of, and whose it is.

use maud::{Markup, html};

use super::bars::{Bar, Part, bars};
use super::chart::chart;
use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, Head, section, text};
use crate::facts::Architecture;
use crate::metrics::Bucket;
use crate::pricing::{Bill, FreeTier, Item, Line, MonthLength, Rounding, break_even};
use crate::report::ReportInput;
use crate::report::cost::{by_function, by_item, item_title};
use crate::report::headline::Unit;
use crate::report::numbers::{decimal, dollars, grouped, percent};
use crate::report::plot::{Domain, Ink, Series, SeriesChart, Stroke};
use crate::units::Money;

/// The cost of the run as a bill, over time and by function.
pub(super) fn cost_section(facts: &Facts) -> Section {
    let input = facts.input;
    let body = html! {
        p { (cost(facts)) }
        (chart(facts, &over_time(input)))
        (functions(input))
        (bill(input))
        (month(input))
        (adjoining(input))
        (questions(input))
        (tags(input))
    };
    Section::new("cost", "Cost", body)
}

/// The bill’s items, each spread over the run by what drives it; a bill itself only knows months.
fn over_time(input: &ReportInput) -> SeriesChart {
    let buckets = &input.result.timeline.buckets;
    let items = by_item(&input.result.bill).into_iter().enumerate();
    let series = items.map(|(number, (item, amount))| {
        let weights: Vec<f64> = buckets.iter().map(|bucket| driver(item, bucket)).collect();
        let all: f64 = weights.iter().sum();
        let mut so_far = 0.0;
        let grown = weights.iter().map(|weight| {
            so_far += if all > 0.0 {
                weight / all
            } else {
                1.0 / weights.len() as f64
            };
            amount.as_f64() * so_far
        });
        Series::whole(
            item_title(item),
            Ink::Data(number),
            Stroke::Area,
            grown.collect::<Vec<_>>(),
        )
    });
    SeriesChart {
        id: "cost-over-time",
        title: "Cost so far",
        note: "Each item of the bill spread over the run by what drives it: requests, duration, or time.".to_owned(),
        series: series.filter(|series| series.highest() > 0.0).collect(),
        domain: Domain::Time,
        unit: Unit::Dollars,
        quantity: "cost so far",
    }
}

fn driver(item: Item, bucket: &Bucket) -> f64 {
    match item {
        Item::Request | Item::EdgeRequest => bucket.invocations as f64,
        Item::Duration | Item::ProvisionedDuration | Item::EphemeralStorage | Item::EdgeDuration => {
            bucket.billed_mb_ms as f64
        }
        // What is kept ready costs the same all the time.
        _ => 1.0,
    }
}

/// What each function costs, dearest first.
fn functions(input: &ReportInput) -> Markup {
    let costs = by_function(input.plan, &input.result.bill);
    let named = input.plan.functions.iter().zip(costs);
    let mut all: Vec<Bar> = named
        .map(|(function, cost)| Bar {
            name: function.name.clone(),
            parts: vec![cost.as_f64()],
        })
        .filter(|bar| bar.parts[0] > 0.0)
        .collect();
    all.sort_by(|one, other| other.parts[0].total_cmp(&one.parts[0]));
    let part = Part {
        name: "cost",
        ink: 0,
        meaning: "of this run, by its part of each line of the bill (PRICE-22)",
    };
    if all.len() < 2 {
        return html! {};
    }
    bars(
        "Cost by function",
        "Whose bill it is, for this run.",
        Unit::Dollars,
        &[part],
        &all,
    )
}

fn cost(facts: &Facts) -> Markup {
    let input = facts.input;
    let result = input.result;
    let free_tier = match input.plan.billing.free_tier {
        FreeTier::Off => "without",
        FreeTier::On | FreeTier::Prorated => "with",
    };
    let estimated = result.bill.lines.iter().any(|line| line.estimated);
    let mut items = by_item(&result.bill);
    items.retain(|(_, amount)| *amount > Money::ZERO);
    items.sort_by_key(|(_, amount)| std::cmp::Reverse(*amount));
    let items: Vec<String> = items
        .into_iter()
        .map(|(item, amount)| format!("{} for {}", dollars(amount), item_title(item)))
        .collect();
    html! {
        "The run costs " b { (facts.show_as(&["cost", "total"], dollars(result.bill.total))) }
        @if items.len() > 1 { " (" (items.join(", ")) ")" }
        ", a month like it " b { (facts.show_as(&["cost", "monthly_estimate"], dollars(result.monthly_estimate.total))) } ", " (free_tier) " AWS’s monthly free tier"
        @if estimated { "; some prices are estimated, see the bill" }
        "."
    }
}

fn bill_rows(bill: &Bill) -> Vec<Cells> {
    let row = |line: &Line| {
        vec![
            html! { (item_title(line.item)) @if line.estimated { " " span.soft { "(estimated price)" } } },
            text(line.architecture.map_or("", Architecture::name)),
            text(&line.month),
            text(format!("{} {}s", quantity(line), line.unit)),
            text(format!("${}", decimal(line.unit_price, 1_000_000_000_000_000, 15))),
            text(dollars(line.amount)),
        ]
    };
    let mut rows: Vec<Cells> = bill.lines.iter().map(row).collect();
    if !rows.is_empty() {
        let blank = || text("");
        rows.push(vec![
            html! { b { "Total" } },
            blank(),
            blank(),
            blank(),
            blank(),
            html! { b { (dollars(bill.total)) } },
        ]);
    }
    rows
}

/// Large quantities in whole units, small ones with the digits they have.
fn quantity(line: &Line) -> String {
    let (atoms, unit) = (line.quantity.atoms, line.quantity.per_unit);
    if atoms >= unit * 1_000 {
        grouped(u64::try_from((atoms + unit / 2) / unit).unwrap_or(u64::MAX))
    } else {
        decimal(atoms, unit, 3)
    }
}

const BILL_HEADS: [Head; 6] = [
    ("Item", ""),
    ("Architecture", ""),
    ("Month", ""),
    ("Quantity", ""),
    ("Unit price", ""),
    ("Amount", ""),
];

fn bill(input: &ReportInput) -> Markup {
    let note = match input.plan.billing.rounding {
        Rounding::Exact => "Exact lines, rounded once when shown.",
        Rounding::Page => "Each line is rounded to cents before they are summed, as on AWS’s pricing page.",
    };
    section(
        "The bill of this run",
        note,
        &BILL_HEADS,
        3,
        &bill_rows(&input.result.bill),
    )
}

fn month(input: &ReportInput) -> Markup {
    let length = match input.plan.billing.month {
        MonthLength::Hours730 => "730 hours",
        MonthLength::Calendar => "the calendar month in which the run starts",
    };
    let tier = match input.plan.billing.free_tier {
        FreeTier::Off => "without free tier",
        FreeTier::On | FreeTier::Prorated => "with free tier",
    };
    let note = format!("The run’s usage, scaled to {length}, then priced with the tiers of a whole month, {tier}.");
    let rows = bill_rows(&input.result.monthly_estimate);
    section("What a month like it costs", &note, &BILL_HEADS, 3, &rows)
}

/// Services beside Lambda, where some are billed.
fn adjoining(input: &ReportInput) -> Markup {
    let cost = &input.result.adjoining;
    if cost.bill.lines.is_empty() {
        return html! {};
    }
    let note = format!(
        "Not part of Lambda’s bill. Together {} for this run, {} in a month like it.",
        dollars(cost.bill.total),
        dollars(cost.monthly_estimate.total)
    );
    section("Beside Lambda", &note, &BILL_HEADS, 3, &bill_rows(&cost.bill))
}

/// What a planner asks of the bill.
fn questions(input: &ReportInput) -> Markup {
    let result = input.result;
    let answers = &result.cost_answers;
    let times = &result.provisioned_times;
    let mut rows = vec![
        ("billed INIT of cold starts", answers.cold_starts),
        ("attempts after the first", answers.retries),
        ("attempts that ended in an error", answers.errors),
        ("refused attempts (never billed)", answers.throttles),
        ("provisioned concurrency while idle", answers.idle_provisioned),
        ("saved by the free tier, or what it would save", answers.free_tier),
        ("saved by the price tiers", answers.tiers),
        ("saved by the savings plan", answers.savings_plan),
        ("taken off by the discount", answers.custom_discount),
        ("a month with all functions on x86_64", answers.by_architecture[0]),
        ("a month with all functions on arm64", answers.by_architecture[1]),
    ];
    rows.retain(|(_, amount)| *amount != Money::ZERO);
    let mut rows: Vec<Cells> = rows
        .into_iter()
        .map(|(what, amount)| vec![text(what), text(dollars(amount))])
        .collect();
    if times.enabled.as_micros() > 0 {
        let even = break_even(&input.plan.billing, Architecture::X86_64).utilization();
        let above = times.above.as_micros() as f64 / times.enabled.as_micros() as f64;
        let what = format!(
            "time in which provisioned concurrency was busy enough to pay (above {} on x86_64)",
            percent(even)
        );
        rows.push(vec![text(what), text(percent(above))]);
    }
    let note = "Parts of a line at what the line costs on average; other architectures with the same durations.";
    section(
        "What the bill is made of",
        note,
        &[("Part", ""), ("Cost", "")],
        1,
        &rows,
    )
}

fn tags(input: &ReportInput) -> Markup {
    let costs = by_function(input.plan, &input.result.bill);
    let mut sums = std::collections::BTreeMap::new();
    for (tags, cost) in input.plan.tags.iter().zip(costs) {
        for tag in tags {
            *sums.entry(tag).or_insert(Money::ZERO) += cost;
        }
    }
    let rows: Vec<Cells> = sums
        .into_iter()
        .map(|(tag, cost)| vec![text(tag), text(dollars(cost))])
        .collect();
    section("Cost by tag", "", &[("Tag", ""), ("Cost", "")], 1, &rows)
}
