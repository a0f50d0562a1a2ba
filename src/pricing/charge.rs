//! Usage × prices, in the order of lambda-model §9.4.

use super::allot::allot;
use super::bill::{Bill, BillingConfig, FreeTier, Line, LineShare, MonthLength, MonthToDate, Quantity};
use super::item::{Item, usage_prefix};
use super::month::Month;
use super::tariff::Tier;
use super::usage::{Amounts, Measure, Usage, UsageKey};
use crate::facts::Architecture;
use crate::units::{MB_MILLIS_PER_GB_SECOND, Money, Span, Timestamp};

/// Requests a month that cost nothing (PRICE-14).
const FREE_REQUESTS: u128 = 1_000_000;
/// On-demand MB·ms a month that cost nothing: 400,000 GB-seconds (PRICE-14).
const FREE_MB_MILLIS: u128 = 400_000 * MB_MILLIS_PER_GB_SECOND as u128;
/// 730 hours.
const USUAL_MONTH: Span = Span::from_secs(730 * 3_600);
const ARCHITECTURES: [Architecture; 2] = [Architecture::X86_64, Architecture::Arm64];

/// MB in one GB of memory.
const MB_PER_GB: i128 = 1_024;

/// How an item is billed.
struct Billable {
    item: Item,
    /// AWS's name of it on x86_64 in us-east-1.
    usage_type: &'static str,
    /// What it bills, after the free tier if it has one.
    measure: Measure,
    /// What it bills besides, never free (PRICE-9).
    never_free: Option<Measure>,
    /// Atoms of a measure in one unit.
    per_unit: i128,
}

const BILLABLES: [Billable; 7] = [
    Billable {
        item: Item::Request,
        usage_type: "Request",
        measure: Measure::Requests,
        never_free: Some(Measure::ProvisionedRequests),
        per_unit: 1,
    },
    Billable {
        item: Item::Duration,
        usage_type: "Lambda-GB-Second",
        measure: Measure::Duration,
        never_free: None,
        per_unit: MB_MILLIS_PER_GB_SECOND,
    },
    Billable {
        item: Item::ProvisionedConcurrency,
        usage_type: "Lambda-Provisioned-Concurrency",
        measure: Measure::ProvisionedConcurrency,
        never_free: None,
        per_unit: MB_MILLIS_PER_GB_SECOND,
    },
    Billable {
        item: Item::ProvisionedDuration,
        usage_type: "Lambda-Provisioned-GB-Second",
        measure: Measure::ProvisionedDuration,
        never_free: None,
        per_unit: MB_MILLIS_PER_GB_SECOND,
    },
    Billable {
        item: Item::EphemeralStorage,
        usage_type: "Lambda-Storage-GB-Second",
        measure: Measure::EphemeralStorage,
        never_free: None,
        per_unit: MB_MILLIS_PER_GB_SECOND,
    },
    Billable {
        item: Item::SnapStartCache,
        usage_type: "Lambda-SnapStart-Cached-GB-Second",
        measure: Measure::SnapStartCache,
        never_free: None,
        per_unit: MB_MILLIS_PER_GB_SECOND,
    },
    Billable {
        item: Item::SnapStartRestore,
        usage_type: "Lambda-SnapStart-Restored-GB",
        measure: Measure::SnapStartRestore,
        never_free: None,
        per_unit: MB_PER_GB,
    },
];

impl Billable {
    fn used(&self, amounts: &Amounts) -> u128 {
        amounts.get(self.measure) + self.never_free.map_or(0, |measure| amounts.get(measure))
    }
}

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
    let length = match config.month {
        MonthLength::Hours730 => USUAL_MONTH,
        MonthLength::Calendar => month.length(),
    };
    bill_after(
        &usage.projected(month, length, simulated),
        config,
        MonthToDate::default(),
    )
}

fn bill_after(usage: &Usage, config: &BillingConfig, to_date: MonthToDate) -> Bill {
    let entries: Vec<(&UsageKey, &Amounts)> = usage.entries().collect();
    let months = entries.chunk_by(|(a, _), (b, _)| a.month == b.month);
    let lines = months.flat_map(|entries| {
        let month = entries[0].0.month;
        let to_date = if month == usage.first_month() {
            to_date
        } else {
            MonthToDate::default()
        };
        MonthBill { month, entries, config }.lines(to_date)
    });
    Bill::of(lines.collect(), config.rounding)
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
    config: &'a BillingConfig,
}

impl MonthBill<'_> {
    fn lines(&self, to_date: MonthToDate) -> Vec<Line> {
        let mut lines = Vec::new();
        for billable in &BILLABLES {
            let allowances = match billable.item {
                // Nobody tells the architecture of earlier requests, and nothing depends on it: their price is flat.
                Item::Request => self.allowances(billable, FREE_REQUESTS, [to_date.requests as u128, 0]),
                Item::Duration => {
                    self.allowances(billable, FREE_MB_MILLIS, [to_date.x86_64_mb_ms, to_date.arm64_mb_ms])
                }
                _ => [Allowance::default(); 2],
            };
            for (architecture, allowance) in ARCHITECTURES.into_iter().zip(allowances) {
                self.add_lines(&mut lines, billable, architecture, allowance);
            }
        }
        lines
    }

    /// Steps 4 and 5: the free tier goes to what came earlier in the month, then to this usage; each time to the
    /// architecture with the largest unit price first.
    fn allowances(&self, billable: &Billable, free: u128, to_date: [u128; 2]) -> [Allowance; 2] {
        let mut free = match self.config.free_tier {
            FreeTier::Off => 0,
            FreeTier::On => free,
        };
        let [x86_64, arm64] = ARCHITECTURES.map(|architecture| self.tiers(billable.item, architecture)[0].price);
        let dearest_first = if arm64 > x86_64 { [1, 0] } else { [0, 1] };
        let used = ARCHITECTURES.map(|architecture| -> u128 {
            let of_it = self.entries.iter().filter(|(key, _)| key.architecture == architecture);
            of_it.map(|(_, amounts)| amounts.get(billable.measure)).sum()
        });
        let mut allowances = [Allowance::default(); 2];
        for place in dearest_first {
            let taken = free.min(to_date[place]);
            free -= taken;
            allowances[place].billed_before = to_date[place] - taken;
        }
        for place in dearest_first {
            allowances[place].free = free.min(used[place]);
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
        let users: Vec<_> = of_it.filter(|(_, amounts)| billable.used(amounts) > 0).collect();
        if users.is_empty() {
            return;
        }
        let weights: Vec<u128> = users.iter().map(|(_, amounts)| amounts.get(billable.measure)).collect();
        let mut billed = allot(weights.iter().sum::<u128>() - allowance.free, &weights);
        for (part, (_, amounts)) in billed.iter_mut().zip(&users) {
            *part += billable.never_free.map_or(0, |measure| amounts.get(measure));
        }
        let tiers = self.tiers(billable.item, architecture);
        let end = allowance.billed_before + billed.iter().sum::<u128>();
        for (tier, quantity) in cut(&tiers, allowance.billed_before, end, billable.per_unit as u128) {
            let price = Price {
                per_unit: billable.per_unit,
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
            Architecture::X86_64 => "",
            Architecture::Arm64 => "-ARM",
        };
        format!("{}{}{suffix}", usage_prefix(&self.config.region), billable.usage_type)
    }
}

/// The part of [start, end) that each tier covers, in atoms; tiers without any are left out, but never all of them.
fn cut(tiers: &[Tier], start: u128, end: u128, per_unit: u128) -> Vec<(&Tier, u128)> {
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
    per_unit: i128,
    unit_price: i128,
}

impl Price {
    fn quantity(&self, atoms: u128) -> Quantity {
        Quantity {
            atoms: atoms as i128,
            per_unit: self.per_unit,
        }
    }

    fn amount(&self, atoms: u128) -> Money {
        let money_atoms_per_atom = MB_MILLIS_PER_GB_SECOND / self.per_unit * self.unit_price;
        Money::from_atoms(atoms as i128 * money_atoms_per_atom)
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
