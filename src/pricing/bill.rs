use super::adjoining_config::AdjoiningConfig;
use super::item::Item;
use super::month::Month;
use super::tariff::PriceBook;
use crate::facts::{Architecture, FunctionId, QualifierId};
use crate::units::{Money, Span, Timestamp, exact_decimal};

/// 730 hours.
const USUAL_MONTH: Span = Span::from_secs(730 * 3_600);

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
    /// A Compute Savings Plan, if there is one (PRICE-19).
    pub savings_plan: Option<SavingsPlan>,
    /// What is taken off the whole bill last (§9.4, step 8).
    pub custom_discount: Discount,
    /// Cost budgets (BUD-1).
    pub budgets: Vec<BudgetConfig>,
    /// Services beside Lambda that are billed, apart from its own lines (§9.5).
    pub adjoining: AdjoiningConfig,
}

impl BillingConfig {
    /// Length of a month of bills (`billing.month`).
    pub(super) fn length_of(&self, month: Month) -> Span {
        match self.month {
            MonthLength::Hours730 => USUAL_MONTH,
            MonthLength::Calendar => month.length(),
        }
    }
}

/// A budget of the account's Lambda cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetConfig {
    /// Its name.
    pub name: String,
    /// What may be spent in a period, in whole cents.
    pub amount: Money,
    /// How long a period is, in UTC.
    pub period: BudgetPeriod,
    /// Whether the forecast of the whole period is compared instead of what has been spent.
    pub forecast: bool,
    /// Ten-thousandths of the amount at which an alert is sent.
    pub thresholds: Vec<u32>,
}

/// Period of a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BudgetPeriod {
    /// A day.
    Daily,
    /// A calendar month.
    #[default]
    Monthly,
}

/// A Compute Savings Plan: so many USD an hour are paid, used or not, and buy duration, provisioned concurrency and
/// duration on it at lower rates (PRICE-19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavingsPlan {
    /// USD per hour in units of 10^-15 USD, with at most eight decimals.
    pub commitment: i128,
    /// Which of the published rates apply.
    pub term: SavingsTerm,
}

/// Term and payment of a savings plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SavingsTerm {
    /// One year, nothing paid upfront.
    #[default]
    OneYearNoUpfront,
    /// Three years, all paid upfront.
    ThreeYearsAllUpfront,
}

/// A share of a bill in ten-thousandths, at most all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Discount(u32);

impl Discount {
    /// Nothing is taken off.
    pub const NONE: Discount = Discount(0);

    /// So many ten-thousandths; `None` above 10,000.
    pub const fn from_basis_points(points: u32) -> Option<Discount> {
        if points <= 10_000 { Some(Discount(points)) } else { None }
    }

    /// In ten-thousandths.
    pub const fn basis_points(self) -> u32 {
        self.0
    }
}

/// Whether the free tier applies (parameter `free_tier`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FreeTier {
    /// No.
    #[default]
    Off,
    /// 1,000,000 requests, 400,000 GB-seconds and 100 streamed GB a month (PRICE-12, PRICE-14).
    On,
    /// The part of it that the run is of the month; all of it for the estimate of a month.
    Prorated,
}

impl FreeTier {
    /// That of a whole month.
    pub(super) const fn of_whole_month(self) -> FreeTier {
        match self {
            FreeTier::Off => FreeTier::Off,
            FreeTier::On | FreeTier::Prorated => FreeTier::On,
        }
    }
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
    /// Bytes streamed beyond the first 6 MB of each response.
    pub streamed_bytes: u128,
}

impl MonthToDate {
    /// What was used of an item, on x86_64 and on arm64. Where nobody tells the architecture, nothing depends on it.
    pub(super) const fn of(self, item: Item) -> [u128; 2] {
        match item {
            Item::Request => [self.requests as u128, 0],
            Item::Duration => [self.x86_64_mb_ms, self.arm64_mb_ms],
            Item::ResponseStreaming => [self.streamed_bytes, 0],
            _ => [0, 0],
        }
    }
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
    /// Dollars per unit in units of 10^-15 USD; negative where something is taken off.
    pub unit_price: i128,
    /// Quantity × unit price, exact.
    pub amount: Money,
    /// Whether the price is estimated rather than sourced.
    pub estimated: bool,
    /// Where the price comes from.
    pub source: String,
    /// Who caused it; nobody where nothing was used that a savings plan could cover. Otherwise it sums to `quantity` and `amount` exactly (PRICE-22, largest remainder).
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

impl Bill {
    /// The same bill with lines of other price lists at its end.
    pub fn with(self, lines: impl IntoIterator<Item = Line>, rounding: Rounding) -> Bill {
        let all = self.lines.into_iter().chain(lines);
        Bill::of(all.collect(), rounding)
    }
}

impl Quantity {
    /// All digits, without trailing zeros, in the line's unit.
    pub fn exact(self) -> String {
        exact_decimal(self.atoms, self.per_unit)
    }
}
