//! Usage × prices, in the order of lambda-model §9.4.

use super::allot::allot;
use super::bill::{Bill, BillingConfig, FreeTier, Line, LineShare, MonthToDate, Quantity};
use super::billable::{BILLABLES, Billable, Scale};
use super::discount::take_off;
use super::item::{Item, usage_prefix};
use super::month::Month;
use super::tariff::Tier;
use super::usage::{Amounts, Usage, UsageKey};
use crate::facts::Architecture;
use crate::units::{Money, Span, Timestamp};

const ARCHITECTURES: [Architecture; 2] = [Architecture::X86_64, Architecture::Arm64];

/// The bill of some usage: free tier, tiers, exact amounts, rounding, attribution (§9.4).
///
/// # Panics
/// Where `config.book` has no prices of `config.region`.
pub fn bill(usage: &Usage, config: &BillingConfig) -> Bill {
    bill_after(usage, config, config.month_to_date)
}

/// The bill of a whole month that goes on as the `simulated` time did: usage is scaled, never dollars (§9.4, step 9).
/// Nothing if no time was simulated. `start` says which calendar month it is.
///
/// # Panics
/// As [`bill`].
pub fn monthly_estimate(usage: &Usage, config: &BillingConfig, simulated: Span, start: Timestamp) -> Bill {
    if simulated.is_zero() {
        return Bill::default();
    }
    let month = Month::of(start);
    let projected = usage.projected(month, config.length_of(month), simulated);
    bill_after(&projected, config, MonthToDate::default())
}

fn bill_after(usage: &Usage, config: &BillingConfig, to_date: MonthToDate) -> Bill {
    let entries: Vec<(&UsageKey, &Amounts)> = usage.entries().collect();
    let months = entries.chunk_by(|(a, _), (b, _)| a.month == b.month);
    let lines = months.flat_map(|entries| {
        let month = entries[0].0.month;
        let length = config.length_of(month);
        let time = (usage.time_in(month).unwrap_or(length), length);
        let to_date = if month == usage.first_month() {
            to_date
        } else {
            MonthToDate::default()
        };
        let of_month = MonthBill {
            month,
            used: ARCHITECTURES.map(|architecture| used(entries, architecture)),
            entries,
            time,
            config,
        };
        let mut lines = of_month.lines(to_date);
        take_off(&mut lines, usage, month, time.0, config);
        lines
    });
    Bill::of(lines.collect(), config.rounding)
}

fn used(entries: &[(&UsageKey, &Amounts)], architecture: Architecture) -> Amounts {
    let of_it = entries.iter().filter(|(key, _)| key.architecture == architecture);
    of_it.map(|(_, amounts)| *amounts).sum()
}

/// What the free tier leaves of one item and architecture in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Allowance {
    /// Atoms billed earlier in the month: where in the tiers this usage begins.
    billed_before: u128,
    /// Atoms of this usage that cost nothing.
    free: u128,
}

/// One calendar month of usage.
struct MonthBill<'a> {
    month: Month,
    /// By architecture, function and qualifier.
    entries: &'a [(&'a UsageKey, &'a Amounts)],
    /// Their sums by [`ARCHITECTURES`]: most of what can be billed is used by nobody.
    used: [Amounts; 2],
    /// Time that the usage took of the month, and the length of the month.
    time: (Span, Span),
    config: &'a BillingConfig,
}

impl MonthBill<'_> {
    fn lines(&self, to_date: MonthToDate) -> Vec<Line> {
        let mut lines = Vec::new();
        for billable in &BILLABLES {
            let allowances = self.allowances(billable, to_date.of(billable.item));
            for (place, allowance) in allowances.into_iter().enumerate() {
                if billable.is_basic() || billable.used(&self.used[place]) > 0 {
                    self.add_lines(&mut lines, billable, ARCHITECTURES[place], allowance);
                }
            }
        }
        lines
    }

    /// Steps 4 and 5: the free tier goes to what came earlier in the month, then to this usage; each time to the
    /// architecture with the largest unit price first.
    fn allowances(&self, billable: &Billable, to_date: [u128; 2]) -> [Allowance; 2] {
        let mut free = match self.config.free_tier {
            FreeTier::Off => 0,
            FreeTier::On => billable.free,
            FreeTier::Prorated => {
                let (time, month) = (self.time.0.as_micros() as u128, self.time.1.as_micros() as u128);
                billable.free * time.min(month) / month
            }
        };
        let [x86_64, arm64] = ARCHITECTURES.map(|architecture| self.tiers(billable.item, architecture)[0].price);
        let dearest_first = if arm64 > x86_64 { [1, 0] } else { [0, 1] };
        let mut allowances = [Allowance::default(); 2];
        for place in dearest_first {
            let taken = free.min(to_date[place]);
            free -= taken;
            allowances[place].billed_before = to_date[place] - taken;
        }
        for place in dearest_first {
            allowances[place].free = free.min(self.used[place].get(billable.measure));
            free -= allowances[place].free;
        }
        allowances
    }

    fn tiers(&self, item: Item, architecture: Architecture) -> Vec<Tier> {
        let BillingConfig {
            region,
            book,
            priced_at,
            ..
        } = self.config;
        let tiers = book.tiers(region, item, architecture, *priced_at);
        assert!(!tiers.is_empty(), "the price book has no region {region}");
        tiers
    }

    /// Steps 5 and 6 for one item and architecture, with their attribution (PRICE-22).
    fn add_lines(&self, lines: &mut Vec<Line>, billable: &Billable, architecture: Architecture, allowance: Allowance) {
        let of_it = self.entries.iter().filter(|(key, _)| key.architecture == architecture);
        let of_it: Vec<_> = of_it.collect();
        // Where nothing at all was used, what every bill has is shown at 0.
        let nothing = billable.is_basic() && of_it.iter().all(|(_, amounts)| amounts.is_zero());
        let users: Vec<_> = of_it
            .into_iter()
            .filter(|(_, amounts)| nothing || billable.used(amounts) > 0)
            .collect();
        if users.is_empty() {
            return;
        }
        let weights: Vec<u128> = users.iter().map(|(_, amounts)| amounts.get(billable.measure)).collect();
        let mut billed = allot(weights.iter().sum::<u128>() - allowance.free, &weights);
        for (part, (_, amounts)) in billed.iter_mut().zip(&users) {
            *part += billable.never_free.map_or(0, |measure| amounts.get(measure));
        }
        let tiers = self.tiers(billable.item, architecture);
        let start = billable.scale.atoms(allowance.billed_before);
        let end = billable
            .scale
            .atoms(allowance.billed_before + billed.iter().sum::<u128>());
        for (tier, quantity) in cut(&tiers, start, end, billable.scale.per_unit as u128) {
            let price = Price {
                scale: billable.scale,
                unit_price: tier.price,
            };
            let parts = users.iter().zip(allot(quantity, &billed));
            lines.push(Line {
                item: billable.item,
                architecture: Some(architecture),
                tier: tier.tier,
                month: self.month.to_string(),
                usage_type: self.usage_type(billable, architecture),
                quantity: price.quantity(quantity),
                unit: billable.item.unit(),
                unit_price: tier.price,
                amount: price.amount(quantity),
                estimated: tier.estimated,
                source: tier.source.clone(),
                shares: parts.map(|((key, _), part)| price.share(key, part)).collect(),
            });
        }
    }

    fn usage_type(&self, billable: &Billable, architecture: Architecture) -> String {
        let suffix = match architecture {
            Architecture::Arm64 if billable.by_architecture => "-ARM",
            _ => "",
        };
        format!("{}{}{suffix}", usage_prefix(&self.config.region), billable.usage_type)
    }
}

/// The part of [start, end) that each tier covers, in atoms; tiers without any are left out, but never all of them.
pub(super) fn cut(tiers: &[Tier], start: u128, end: u128, per_unit: u128) -> Vec<(&Tier, u128)> {
    let floors = tiers.iter().map(|tier| tier.from_units as u128 * per_unit);
    let ceilings = floors.clone().skip(1).chain([u128::MAX]);
    let covered = tiers
        .iter()
        .zip(floors.zip(ceilings))
        .filter_map(|(tier, (floor, ceiling))| {
            let quantity = end.min(ceiling).saturating_sub(start.max(floor));
            let holds_an_empty_range = start == end && (floor..ceiling).contains(&start);
            (quantity > 0 || holds_an_empty_range).then_some((tier, quantity))
        });
    covered.collect()
}

/// The price of one line.
struct Price {
    scale: Scale,
    unit_price: i128,
}

impl Price {
    fn quantity(&self, atoms: u128) -> Quantity {
        Quantity {
            atoms: atoms as i128,
            per_unit: self.scale.per_unit,
        }
    }

    fn amount(&self, atoms: u128) -> Money {
        Money::from_atoms(atoms as i128 * self.scale.money_atoms(self.unit_price))
    }

    fn share(&self, key: &UsageKey, atoms: u128) -> LineShare {
        LineShare {
            function: key.function,
            qualifier: key.qualifier,
            quantity: self.quantity(atoms),
            amount: self.amount(atoms),
        }
    }
}
