//! What a planner asks of a bill: what its parts cost, what was saved, and what it would be otherwise.

use super::allot::scale;
use super::bill::{Bill, BillingConfig, FreeTier, Line};
use super::charge::{bill, monthly_estimate};
use super::item::Item;
use super::usage::{Amounts, Measure, Usage};
use crate::facts::Architecture;
use crate::units::{Money, Span, Timestamp};

const ARCHITECTURES: [Architecture; 2] = [Architecture::X86_64, Architecture::Arm64];

/// Answers about the bill of a run. Parts of a line are priced at what the line costs on average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostAnswers {
    /// Billed INIT of cold starts.
    pub cold_starts: Money,
    /// Attempts after the first.
    pub retries: Money,
    /// Attempts that ended in a function error.
    pub errors: Money,
    /// Refused attempts: always nothing (PRICE-1).
    pub throttles: Money,
    /// Provisioned concurrency while it served nothing.
    pub idle_provisioned: Money,
    /// What the free tier saves, or would if it is off.
    pub free_tier: Money,
    /// What the tiers above the first save.
    pub tiers: Money,
    /// What a savings plan saves, its commitment paid; negative where it costs more than it covers.
    pub savings_plan: Money,
    /// What a custom discount takes off.
    pub custom_discount: Money,
    /// The month's estimate with all functions on x86_64 and on arm64, durations unchanged.
    pub by_architecture: [Money; 2],
}

/// Answers about the bill of a run that took `simulated` from `start` on.
pub fn answers(usage: &Usage, config: &BillingConfig, paid: &Bill, simulated: Span, start: Timestamp) -> CostAnswers {
    let all = usage.together();
    let used = ARCHITECTURES.map(|architecture| {
        let entries = all.entries().filter(|(key, _)| key.architecture == architecture);
        entries.map(|(_, amounts)| amounts).sum()
    });
    let sums = Sums { used, paid };
    let free_tier = |free_tier| {
        let config = BillingConfig {
            free_tier,
            ..config.clone()
        };
        bill(&all, &config).total
    };
    let with_free_tier = match config.free_tier {
        FreeTier::Off => FreeTier::On,
        other => other,
    };
    let total_of = |item| -> Money {
        let of_item = paid.lines.iter().filter(|line| line.item == item);
        of_item.map(|line| line.amount).sum()
    };
    CostAnswers {
        cold_starts: sums.part(Item::Duration, Measure::Duration, Measure::Init),
        retries: sums.attempts([
            Measure::RetriedRequests,
            Measure::RetriedDuration,
            Measure::RetriedProvisionedDuration,
        ]),
        errors: sums.attempts([
            Measure::FailedRequests,
            Measure::FailedDuration,
            Measure::FailedProvisionedDuration,
        ]),
        throttles: Money::ZERO,
        idle_provisioned: sums.idle_provisioned(),
        free_tier: free_tier(FreeTier::Off) - free_tier(with_free_tier),
        tiers: saved_by_tiers(&paid.lines, config),
        savings_plan: -total_of(Item::SavingsPlanCovered) - total_of(Item::SavingsPlanCommitment),
        custom_discount: -total_of(Item::CustomDiscount),
        by_architecture: ARCHITECTURES
            .map(|architecture| monthly_estimate(&all.on(architecture), config, simulated, start).total),
    }
}

/// Utilisation above which provisioned concurrency is cheaper than on-demand environments, as provisioned concurrency's
/// price and the difference of the duration prices: it pays where busy × difference exceeds configured × price (§9.2).
pub fn break_even(config: &BillingConfig, architecture: Architecture) -> BreakEven {
    let price = |item| {
        let tiers = config.book.tiers(&config.region, item, architecture, config.priced_at);
        tiers.first().map_or(0, |tier| tier.price)
    };
    BreakEven {
        configured: price(Item::ProvisionedConcurrency),
        saved: price(Item::Duration) - price(Item::ProvisionedDuration),
    }
}

/// Prices of one GB-second in 10^-15 USD that decide whether provisioned concurrency pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakEven {
    /// Of configured provisioned concurrency.
    pub configured: i128,
    /// What duration on it is cheaper than on demand.
    pub saved: i128,
}

impl BreakEven {
    /// The utilisation, for display; above 1 where it never pays.
    pub fn utilization(self) -> f64 {
        if self.saved <= 0 {
            return f64::INFINITY;
        }
        self.configured as f64 / self.saved as f64
    }

    /// Whether so many busy environments of `amount` make it pay.
    pub const fn pays(self, busy: u32, amount: u32) -> bool {
        busy as i128 * self.saved > amount as i128 * self.configured
    }
}

struct Sums<'a> {
    /// By [`ARCHITECTURES`].
    used: [Amounts; 2],
    paid: &'a Bill,
}

impl Sums<'_> {
    /// What a part of a measure costs of all that an item costs.
    fn part(&self, item: Item, whole: Measure, part: Measure) -> Money {
        self.share_of(item, |used| (used.get(part), used.get(whole)))
    }

    fn attempts(&self, [requests, duration, provisioned]: [Measure; 3]) -> Money {
        let all_requests = |used: &Amounts| {
            (
                used.get(requests),
                used.get(Measure::Requests) + used.get(Measure::ProvisionedRequests),
            )
        };
        self.share_of(Item::Request, all_requests)
            + self.part(Item::Duration, Measure::Duration, duration)
            + self.part(Item::ProvisionedDuration, Measure::ProvisionedDuration, provisioned)
    }

    fn idle_provisioned(&self) -> Money {
        self.share_of(Item::ProvisionedConcurrency, |used| {
            let configured = used.get(Measure::ProvisionedConcurrency);
            let busy = used.get(Measure::ProvisionedDuration);
            (configured.saturating_sub(busy), configured)
        })
    }

    fn share_of(&self, item: Item, part_and_whole: impl Fn(&Amounts) -> (u128, u128)) -> Money {
        let share = |(architecture, used): (Architecture, &Amounts)| {
            let (part, whole) = part_and_whole(used);
            let lines = self.paid.lines.iter();
            let of_it = lines.filter(|line| line.item == item && line.architecture == Some(architecture));
            let paid: Money = of_it.map(|line| line.amount).sum();
            if whole == 0 {
                return Money::ZERO;
            }
            Money::from_atoms(scale(paid.atoms().unsigned_abs(), part.min(whole), whole) as i128)
        };
        ARCHITECTURES.into_iter().zip(&self.used).map(share).sum()
    }
}

/// What duration costs less than at the first tier's price.
fn saved_by_tiers(lines: &[Line], config: &BillingConfig) -> Money {
    let saved = |line: &Line| {
        let architecture = line.architecture?;
        let tiers = config
            .book
            .tiers(&config.region, line.item, architecture, config.priced_at);
        let difference = tiers.first()?.price - line.unit_price;
        // Duration is counted in atoms of GB-seconds, of which money has as many.
        Some(Money::from_atoms(line.quantity.atoms * difference))
    };
    lines
        .iter()
        .filter(|line| line.item == Item::Duration)
        .filter_map(saved)
        .sum()
}
