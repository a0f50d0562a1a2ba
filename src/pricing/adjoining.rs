//! Services beside Lambda, on lines of their own (lambda-model §9.5).

use super::adjoining_config::AdjoiningConfig;
use super::allot::scale;
use super::bill::{Bill, BillingConfig, FreeTier, Line, Quantity};
use super::billable::Scale;
use super::charge::cut;
use super::item::{Item, usage_prefix};
use super::month::Month;
use crate::facts::Architecture;
use crate::units::{Money, Span, Timestamp};
use std::collections::BTreeMap;

const GIBIBYTE: u128 = 1 << 30;
const MICROS_PER_HOUR: u128 = 3_600_000_000;
const DAY: Span = Span::from_secs(86_400);
const LONGEST_MONTH: Span = Span::from_secs(31 * 86_400);

/// What was used of services beside Lambda.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdjoiningUsage {
    start: Timestamp,
    lasted: Span,
    /// By month and item: requests, bytes, or hours in µs. A billed item without use is there with 0.
    entries: BTreeMap<(Month, Item), u128>,
}

impl AdjoiningUsage {
    /// Nothing yet of what `config` bills, from `start` on.
    pub(super) fn starting(start: Timestamp, config: &AdjoiningConfig) -> AdjoiningUsage {
        let items = config.services.iter().flat_map(|service| service.items());
        AdjoiningUsage {
            start,
            lasted: Span::ZERO,
            entries: items.map(|item| ((Month::of(start), *item), 0)).collect(),
        }
    }

    /// That of a whole month from `start` on: requests, bytes, or hours in µs.
    pub fn of_month(start: Timestamp, used: &[(Item, u128)]) -> AdjoiningUsage {
        let month = Month::of(start);
        let mut usage = AdjoiningUsage {
            start: month.start(),
            lasted: LONGEST_MONTH,
            entries: BTreeMap::new(),
        };
        used.iter().for_each(|(item, amount)| usage.add(month, *item, *amount));
        usage
    }

    /// That of the month of `start` in which runs go on for so many days each.
    pub fn of_days(start: Timestamp, runs: &[(&AdjoiningUsage, u32)]) -> AdjoiningUsage {
        let used = runs
            .iter()
            .filter(|(run, _)| !run.lasted.is_zero())
            .flat_map(|(run, days)| {
                let length = Span::from_micros(DAY.as_micros() * u64::from(*days));
                run.projected(length).entries
            });
        let used: Vec<(Item, u128)> = used.map(|((_, item), amount)| (item, amount)).collect();
        AdjoiningUsage::of_month(start, &used)
    }

    pub(super) fn add(&mut self, month: Month, item: Item, amount: u128) {
        *self.entries.entry((month, item)).or_default() += amount;
    }

    #[cfg(test)]
    pub(super) fn used(&self, item: Item) -> u128 {
        let of_item = self.entries.iter().filter(|((_, known), _)| *known == item);
        of_item.map(|(_, used)| *used).sum()
    }

    pub(super) fn set_length(&mut self, lasted: Span) {
        self.lasted = lasted;
    }

    /// The µs of the run that lie in a month.
    fn time_in(&self, month: Month) -> u128 {
        let end = self.start.0.saturating_add_unsigned(self.lasted.as_micros());
        let (from, until) = (self.start.0.max(month.start().0), end.min(month.end().0));
        u128::try_from(until.saturating_sub(from)).unwrap_or(0)
    }

    /// A month that goes on for `length` as the run did for its own time, rounded half up.
    fn projected(&self, length: Span) -> AdjoiningUsage {
        let month = Month::of(self.start);
        let mut sums = AdjoiningUsage {
            start: month.start(),
            lasted: length,
            entries: BTreeMap::new(),
        };
        for ((_, item), amount) in &self.entries {
            sums.add(month, *item, *amount);
        }
        let (to, from) = (length.as_micros().into(), self.lasted.as_micros().into());
        sums.entries
            .values_mut()
            .for_each(|amount| *amount = scale(*amount, to, from));
        sums
    }
}

/// What services beside Lambda cost; apart from [`super::bill`], which knows nothing of it. The free tiers of SQS,
/// Scheduler and transfer hold where Lambda's does.
///
/// # Panics
/// Where `config.book` has no price of something that is billed.
pub fn adjoining_bill(usage: &AdjoiningUsage, config: &BillingConfig) -> Bill {
    let lines = usage.entries.iter().flat_map(|((month, item), used)| {
        let part = match config.free_tier {
            FreeTier::Off => (0, 1),
            FreeTier::On => (1, 1),
            FreeTier::Prorated => {
                let length = config.length_of(*month).as_micros().into();
                (usage.time_in(*month).min(length), length)
            }
        };
        lines(
            *month,
            *item,
            used.saturating_sub(free(*item) * part.0 / part.1),
            config,
        )
    });
    Bill::of(lines.collect(), config.rounding)
}

/// The same of a whole month that goes on as the run did (§9.4, step 9). Nothing if no time was simulated.
///
/// # Panics
/// As [`adjoining_bill`].
pub fn adjoining_estimate(usage: &AdjoiningUsage, config: &BillingConfig) -> Bill {
    if usage.lasted.is_zero() {
        return Bill::default();
    }
    let length = config.length_of(Month::of(usage.start));
    let config = BillingConfig {
        free_tier: config.free_tier.of_whole_month(),
        ..config.clone()
    };
    adjoining_bill(&usage.projected(length), &config)
}

fn lines(month: Month, item: Item, billed: u128, config: &BillingConfig) -> Vec<Line> {
    let date = match item {
        Item::CloudWatchLogs => config.adjoining.logs_priced_at,
        _ => config.priced_at,
    };
    let tiers = config.book.tiers(&config.region, item, Architecture::X86_64, date);
    assert!(!tiers.is_empty(), "the price book has no price of {}", item.name());
    let scale = scale_of(item);
    let quantities = cut(&tiers, 0, scale.atoms(billed), scale.per_unit as u128);
    let line = |(tier, atoms): (&super::tariff::Tier, u128)| Line {
        item,
        architecture: None,
        tier: tier.tier,
        month: month.to_string(),
        usage_type: format!("{}{}", usage_prefix(&config.region), usage_type(item)),
        quantity: Quantity {
            atoms: atoms as i128,
            per_unit: scale.per_unit,
        },
        unit: item.unit(),
        unit_price: tier.price,
        amount: Money::from_atoms(atoms as i128 * scale.money_atoms(tier.price)),
        estimated: tier.estimated,
        source: tier.source.clone(),
        shares: Vec::new(),
    };
    quantities.into_iter().map(line).collect()
}

fn scale_of(item: Item) -> Scale {
    match item {
        Item::KinesisShard | Item::NatGateway => Scale::fine(MICROS_PER_HOUR),
        Item::CloudWatchLogs | Item::NatGatewayData | Item::InternetEgress => Scale::fine(GIBIBYTE),
        _ => Scale::exact(1),
    }
}

/// What is free of an item in a month, as it is counted.
fn free(item: Item) -> u128 {
    match item {
        Item::SqsRequest => 1_000_000,
        Item::SchedulerInvocation => 14_000_000,
        Item::InternetEgress => 100 * GIBIBYTE,
        _ => 0,
    }
}

/// AWS's name of an item in us-east-1.
fn usage_type(item: Item) -> &'static str {
    match item {
        Item::ApiGatewayRequest => "ApiGatewayRequest",
        Item::HttpApiRequest => "ApiGatewayHttpRequest",
        Item::SqsFifoRequest => "Requests-FIFO-Tier1",
        Item::EventBridgeEvent => "Event-64K-Chunks",
        Item::SchedulerInvocation => "ScheduledInvocation",
        Item::KinesisShard => "Storage-ShardHour",
        Item::KinesisPutUnit => "PutRequestPayloadUnits",
        Item::CloudWatchLogs => "VendedLog-Bytes",
        Item::NatGateway => "NatGateway-Hours",
        Item::NatGatewayData => "NatGateway-Bytes",
        Item::InternetEgress => "DataTransfer-Out-Bytes",
        _ => "Requests-Tier1",
    }
}
