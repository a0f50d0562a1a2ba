//! How a scenario is billed: region, prices, free tier, usage of the month so far.

use super::adjoining::{Prices, adjoining};
use super::dated::Dated;
use super::keys::{BUDGET_PERIODS, BUDGETED, SAVINGS_TERMS, nearest};
use super::parameters::AccountParameters;
use super::problem::Fault;
use super::reader::Reader;
use super::source::Mark;
use super::tree::{Entry, Node, shortened};
use super::values;
use crate::lambda::switches;
use crate::pricing::{
    AdjoiningConfig, BillingConfig, BudgetConfig, BudgetPeriod, Discount, FreeTier, MonthLength, MonthToDate,
    PriceBook, Rounding, SavingsPlan, SavingsTerm,
};
use crate::units::Timestamp;

const DEFAULT_REGION: &str = "us-east-1";
/// Requests of a month that a scenario may have seen before it starts.
const MOST_REQUESTS: u64 = 1_000_000_000_000_000;

/// All of a budget, in ten-thousandths.
const WHOLE: u32 = 10_000;

/// Where and when a run is billed.
pub(super) struct Billed<'a> {
    /// AWS region.
    pub region: &'a str,
    /// Calendar instant of t = 0.
    pub start: Timestamp,
    /// Selects dated prices.
    pub dated: &'a Dated,
}

/// How the runs of a scenario are billed.
pub(super) fn billing(
    reader: &Reader,
    root: &Node,
    book: PriceBook,
    billed: &Billed,
    parameters: &AccountParameters,
) -> BillingConfig {
    let account = root.inner("account");
    let get = |key: &str| account.and_then(|node| node.entry(key));
    let bills = root.inner("billing");
    let own = |key: &str| bills.and_then(|node| node.entry(key));
    let prices = Prices {
        book: &book,
        region: billed.region,
        at: &|switch| priced_at(billed, switch),
    };
    let adjoining = adjoining(reader, root, own("adjoining"), &prices);
    BillingConfig {
        region: billed.region.to_owned(),
        priced_at: priced_at(billed, "SW-TIER"),
        book,
        free_tier: free_tier_or_none(reader, get("free_tier")),
        month_to_date: month_to_date(reader, get("month_to_date")),
        rounding: parameters.rounding,
        month: parameters.month,
        savings_plan: own("savings_plan").and_then(|entry| savings_plan(reader, entry)),
        custom_discount: own("custom_discount")
            .and_then(|entry| reader.value(entry, values::discount))
            .unwrap_or_default(),
        budgets: budgets(reader, root.entry("cost_budgets")),
        adjoining,
    }
}

/// How the month of a workload file is billed.
pub(super) fn of_month(reader: &Reader, root: &Node, book: PriceBook, billed: &Billed) -> BillingConfig {
    let get = |key: &str| root.entry(key);
    let page = get("rounding").and_then(|entry| reader.choice(entry, &["exact", "page"]));
    BillingConfig {
        region: billed.region.to_owned(),
        priced_at: priced_at(billed, "SW-TIER"),
        book,
        free_tier: free_tier_or_none(reader, get("free_tier")),
        month_to_date: month_to_date(reader, get("month_to_date")),
        rounding: match page {
            Some(1) => Rounding::Page,
            _ => Rounding::Exact,
        },
        month: MonthLength::Hours730,
        savings_plan: get("savings_plan").and_then(|entry| savings_plan(reader, entry)),
        custom_discount: get("custom_discount")
            .and_then(|entry| reader.value(entry, values::discount))
            .unwrap_or_default(),
        budgets: Vec::new(),
        adjoining: AdjoiningConfig {
            logs_priced_at: priced_at(billed, "SW-LOGTIER"),
            ..AdjoiningConfig::default()
        },
    }
}

/// The region of a scenario; one without prices is a problem.
pub(super) fn region(reader: &Reader, entry: Option<&Entry>, book: &PriceBook) -> String {
    let written = entry.map(|entry| reader.value(entry, |text| priced_region(text, book)));
    match written {
        Some(region) => region.unwrap_or_else(|| DEFAULT_REGION.to_owned()),
        None => {
            if let Err(fault) = priced_region(DEFAULT_REGION, book) {
                reader.fault(Mark::new(0, 0, 0), fault.of("the default `region`"));
            }
            DEFAULT_REGION.to_owned()
        }
    }
}

fn priced_region(text: &str, book: &PriceBook) -> Result<String, Fault> {
    let known = book.regions();
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    let all = format!("allowed: {}", known.join(", "));
    let allowed = match nearest(text, known.iter().copied()) {
        Some(close) => format!("did you mean {close}? {all}"),
        None => all,
    };
    Err(Fault::new(
        format!("is \"{}\", which is no region of the price book", shortened(text)),
        allowed,
    ))
}

fn free_tier_or_none(reader: &Reader, entry: Option<&Entry>) -> FreeTier {
    entry.and_then(|entry| free_tier(reader, entry)).unwrap_or_default()
}

fn free_tier(reader: &Reader, entry: &Entry) -> Option<FreeTier> {
    if entry.value.text() == Some("prorated") {
        return Some(FreeTier::Prorated);
    }
    Some(if reader.flag(entry)? {
        FreeTier::On
    } else {
        FreeTier::Off
    })
}

/// `billing.savings_plan` (PRICE-19).
fn savings_plan(reader: &Reader, entry: &Entry) -> Option<SavingsPlan> {
    let node = &entry.value;
    let commitment = reader.required(node, "commitment", "the savings plan", entry.mark, "1.50 USD/h")?;
    let term = node
        .entry("term")
        .and_then(|entry| reader.choice(entry, &SAVINGS_TERMS));
    Some(SavingsPlan {
        commitment: reader.value(commitment, values::usd_per_hour)?,
        term: match term {
            Some(1) => SavingsTerm::ThreeYearsAllUpfront,
            _ => SavingsTerm::OneYearNoUpfront,
        },
    })
}

/// `cost_budgets` (BUD-1), by name.
fn budgets(reader: &Reader, entry: Option<&Entry>) -> Vec<BudgetConfig> {
    let named = entry.map_or(&[][..], |entry| entry.value.entries());
    let mut budgets: Vec<BudgetConfig> = named.iter().filter_map(|entry| budget(reader, entry)).collect();
    budgets.sort_by(|a, b| a.name.cmp(&b.name));
    budgets
}

fn budget(reader: &Reader, entry: &Entry) -> Option<BudgetConfig> {
    let node = &entry.value;
    let amount = reader.required(node, "amount", "the budget", entry.mark, "100 USD")?;
    let amount = reader.value(amount, values::usd)?;
    let period = node
        .entry("period")
        .and_then(|entry| reader.choice(entry, &BUDGET_PERIODS));
    let of = node.entry("of").and_then(|entry| reader.choice(entry, &BUDGETED));
    let allowed = "a list of shares such as [80 %, 100 %] is allowed";
    let thresholds = node.entry("thresholds").and_then(|entry| reader.list(entry, allowed));
    let read = |node: &Node| {
        reader
            .scalar(node, "thresholds", values::discount)
            .map(Discount::basis_points)
    };
    let thresholds = thresholds.map_or_else(|| vec![WHOLE], |nodes| nodes.iter().filter_map(read).collect());
    Some(BudgetConfig {
        name: entry.key.clone(),
        amount,
        period: if period == Some(1) {
            BudgetPeriod::Daily
        } else {
            BudgetPeriod::Monthly
        },
        forecast: of == Some(1),
        thresholds,
    })
}

fn month_to_date(reader: &Reader, entry: Option<&Entry>) -> MonthToDate {
    let node = entry.map(|entry| &entry.value);
    let streamed = node.and_then(|node| node.entry("streamed_gb"));
    let requests = node.and_then(|node| node.entry("requests"));
    let seconds = node.and_then(|node| node.inner("gb_seconds"));
    let used = |key: &str| {
        let entry = seconds.and_then(|node| node.entry(key));
        entry
            .and_then(|entry| reader.value(entry, values::gb_seconds))
            .unwrap_or(0)
    };
    MonthToDate {
        requests: requests
            .and_then(|entry| reader.count(entry, 0, MOST_REQUESTS))
            .unwrap_or(0),
        x86_64_mb_ms: used("x86_64"),
        arm64_mb_ms: used("arm64"),
        streamed_bytes: streamed
            .and_then(|entry| reader.value(entry, values::gibibytes))
            .unwrap_or(0),
    }
}

/// The instant whose prices hold: the start, unless the switch of the prices says otherwise (forced, or another model
/// date).
fn priced_at(billed: &Billed, switch: &str) -> Timestamp {
    let tiers_from = switches::find(switch).map_or("", |switch| switch.from);
    let Ok(turn) = values::instant(tiers_from) else {
        return billed.start;
    };
    match billed.dated.on(switch) {
        true => billed.start.max(turn),
        false => billed.start.min(Timestamp(turn.0 - 1)),
    }
}
