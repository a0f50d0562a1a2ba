use super::item::Item;
use super::tariff::PriceBook;
use crate::facts::{Architecture, FunctionId, QualifierId};
use crate::units::{Money, Timestamp, exact_decimal};

/// How a bill is made (lambda-model §9.4).
#[derive(Clone, Debug, PartialEq)]
pub struct BillingConfig {
    /// AWS region of the account; one of [`PriceBook::regions`].
    pub region: String,
    /// Instant that selects dated prices of the whole run (SW-TIER …).
    pub priced_at: Timestamp,
    /// Prices; an argument of the library.
    pub book: PriceBook,
    /// Whether the free tier applies (PRICE-14, PRICE-21).
    pub free_tier: FreeTier,
    /// Usage of the month before this run.
    pub month_to_date: MonthToDate,
    /// How the total is rounded (§9.4, step 7).
    pub rounding: Rounding,
    /// Length of the month that the estimate projects to (§9.4, step 9).
    pub month: MonthLength,
}

/// Whether the free tier applies (parameter `free_tier`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FreeTier {
    /// No.
    #[default]
    Off,
    /// 1,000,000 requests and 400,000 GB-seconds a month.
    On,
}

/// On-demand usage before this run in the month in which it starts. It counts towards the free tier and the tiers of
/// that month's bill, and not towards the projection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthToDate {
    /// Requests.
    pub requests: u64,
    /// On-demand MB·ms on x86_64.
    pub x86_64_mb_ms: u128,
    /// On-demand MB·ms on arm64.
    pub arm64_mb_ms: u128,
}

/// How the total is rounded (`billing.rounding`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// Exact lines are summed and rounded once.
    #[default]
    Exact,
    /// Each line is rounded half up to cents, then summed, as AWS's pricing page does.
    Page,
}

/// Length of the month (`billing.month`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MonthLength {
    /// 730 hours.
    #[default]
    Hours730,
    /// The calendar month in which the run starts.
    Calendar,
}

/// A bill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bill {
    /// By month, item, architecture and tier. Items without usage have none; what the free tier covers has one of 0.
    pub lines: Vec<Line>,
    /// The sum, in the chosen rounding mode: exact in `Exact` mode, the sum of rounded lines in `Page` mode.
    pub total: Money,
}

/// One line: an item, architecture and tier.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What is billed.
    pub item: Item,
    /// On which architecture; `None` where the price does not depend on it.
    pub architecture: Option<Architecture>,
    /// Tier, from 1.
    pub tier: u32,
    /// Calendar month as `YYYY-MM`.
    pub month: String,
    /// AWS's usage type, such as `Lambda-GB-Second-ARM`.
    pub usage_type: String,
    /// Billed quantity, free tier already taken off.
    pub quantity: Quantity,
    /// `GB-second`, `request` …
    pub unit: &'static str,
    /// Dollars per unit in units of 10^-15 USD.
    pub unit_price: i128,
    /// Quantity × unit price, exact.
    pub amount: Money,
    /// Whether the price is estimated rather than sourced.
    pub estimated: bool,
    /// Where the price comes from.
    pub source: String,
    /// Who caused it: sums to `quantity` and `amount` exactly (PRICE-22, largest remainder).
    pub shares: Vec<LineShare>,
}

/// The part of a line that one function and qualifier caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineShare {
    /// The function.
    pub function: FunctionId,
    /// How it was addressed.
    pub qualifier: QualifierId,
    /// Its part of the quantity.
    pub quantity: Quantity,
    /// Its part of the amount.
    pub amount: Money,
}

/// An exact quantity: a whole number of `per_unit`-ths of the line's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantity {
    /// Whole number (MB·ms, requests).
    pub atoms: i128,
    /// Atoms in one unit: 1,024,000 for GB-seconds, 1 for requests.
    pub per_unit: i128,
}

impl Bill {
    /// A bill of these lines.
    pub(super) fn of(lines: Vec<Line>, rounding: Rounding) -> Bill {
        let amounts = lines.iter().map(|line| line.amount);
        let total = match rounding {
            Rounding::Exact => amounts.sum(),
            Rounding::Page => amounts.map(Money::rounded_to_cents).sum(),
        };
        Bill { lines, total }
    }
}

impl Quantity {
    /// All digits, without trailing zeros, in the line's unit.
    pub fn exact(self) -> String {
        exact_decimal(self.atoms, self.per_unit)
    }

    /// In the line's unit, for display and plots only.
    pub fn as_f64(self) -> f64 {
        self.atoms as f64 / self.per_unit as f64
    }
}
