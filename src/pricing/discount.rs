//! What is taken off a month's lines last: a savings plan, then a custom discount (§9.4, step 8).

use super::allot::{allot, scale};
use super::bill::{BillingConfig, Line, LineShare, Quantity, SavingsPlan, SavingsTerm};
use super::item::Item;
use super::month::Month;
use super::usage::{Hour, Measure, Usage};
use crate::facts::{Architecture, FunctionId, QualifierId};
use crate::units::{MB_MILLIS_PER_GB_SECOND, Money, Span};
use std::collections::BTreeMap;

const MICROS_PER_HOUR: u128 = 3_600_000_000;
/// Hours are billed to the ten-thousand-millionth.
const FINE: i128 = 10_000_000_000;
/// Units of 10^-15 USD in a ten-thousandth of a dollar.
const PRICE_PER_BASIS_POINT: i128 = 100_000_000_000;

/// Adds the lines of the account's savings plan and custom discount to those of a month, of which `time` was used.
pub(super) fn take_off(lines: &mut Vec<Line>, usage: &Usage, month: Month, time: Span, config: &BillingConfig) {
    if let Some(plan) = &config.savings_plan {
        let savings = Savings::of(lines, plan, config);
        let covered = savings.covered(lines, usage.hours_of(month), time);
        let commitment = commitment(lines, &covered, plan, month, time);
        lines.extend(covered);
        lines.push(commitment);
    }
    lines.extend(custom_discount(lines, config));
}

/// The lines that a savings plan may cover, those that it makes cheapest first (AWS applies it in this order).
struct Savings<'a> {
    plan: &'a SavingsPlan,
    /// Place of the line, its rate under the plan in 10^-15 USD a GB-second, and whether that is estimated.
    rates: Vec<(usize, i128, bool)>,
}

impl<'a> Savings<'a> {
    fn of(lines: &[Line], plan: &'a SavingsPlan, config: &BillingConfig) -> Savings<'a> {
        let rate = |(place, line): (usize, &Line)| {
            let item = covered_as(line.item, plan.term)?;
            let architecture = line.architecture?;
            let tiers = config.book.tiers(&config.region, item, architecture, config.priced_at);
            let (rate, estimated) = (tiers.first()?.price, tiers.first()?.estimated);
            // A higher tier may be cheaper than the plan, which then leaves it alone.
            (rate > 0 && rate < line.unit_price).then_some((place, rate, estimated))
        };
        let mut rates: Vec<(usize, i128, bool)> = lines.iter().enumerate().filter_map(rate).collect();
        rates.sort_by(|(a, rate_a, _), (b, rate_b, _)| {
            (rate_a * lines[*b].unit_price).cmp(&(rate_b * lines[*a].unit_price))
        });
        Savings { plan, rates }
    }

    /// What the commitment of each hour buys, as negative lines at the prices of the lines themselves. The free tier has
    /// been taken off before; it and the tiers count for all hours alike.
    fn covered(&self, lines: &[Line], (hours, measured): (Vec<&Hour>, Span), time: Span) -> Vec<Line> {
        let hourly = self.plan.commitment as u128 * MB_MILLIS_PER_GB_SECOND as u128;
        let paid = scale(hourly, time.as_micros() as u128, MICROS_PER_HOUR);
        let mut budgets = vec![paid];
        if !hours.is_empty() {
            let part = |hour: &&Hour| scale(paid, hour.length.as_micros() as u128, measured.as_micros() as u128);
            budgets = hours.iter().map(part).collect();
        }
        let cover = |(place, rate, estimated): &(usize, i128, bool)| {
            let line = &lines[*place];
            let mut weights: Vec<u128> = hours.iter().map(|hour| hour.of(line)).collect();
            if hours.is_empty() {
                weights = vec![1];
            }
            let parts = allot(line.quantity.atoms as u128, &weights);
            let mut covered = 0;
            for (budget, part) in budgets.iter_mut().zip(parts) {
                let bought = part.min(*budget / *rate as u128);
                *budget -= bought * *rate as u128;
                covered += bought;
            }
            Line {
                estimated: line.estimated || *estimated,
                ..negative(line, covered)
            }
        };
        let covered = self.rates.iter().map(cover);
        covered.filter(|line| line.quantity.atoms > 0).collect()
    }
}

impl Hour {
    /// What this hour has used of what a line bills.
    fn of(&self, line: &Line) -> u128 {
        let measure = match line.item {
            Item::ProvisionedConcurrency => Measure::ProvisionedConcurrency,
            Item::ProvisionedDuration => Measure::ProvisionedDuration,
            _ => Measure::Duration,
        };
        let place = Hour::MEASURES.iter().position(|one| *one == measure).unwrap_or(0);
        self.used[line.architecture.unwrap_or(Architecture::X86_64) as usize][place]
    }
}

const fn covered_as(item: Item, term: SavingsTerm) -> Option<Item> {
    match (item, term) {
        (Item::Duration, SavingsTerm::OneYearNoUpfront) => Some(Item::SavingsPlan1yDuration),
        (Item::Duration, SavingsTerm::ThreeYearsAllUpfront) => Some(Item::SavingsPlan3yDuration),
        (Item::ProvisionedConcurrency, SavingsTerm::OneYearNoUpfront) => {
            Some(Item::SavingsPlan1yProvisionedConcurrency)
        }
        (Item::ProvisionedConcurrency, SavingsTerm::ThreeYearsAllUpfront) => {
            Some(Item::SavingsPlan3yProvisionedConcurrency)
        }
        (Item::ProvisionedDuration, SavingsTerm::OneYearNoUpfront) => Some(Item::SavingsPlan1yProvisionedDuration),
        (Item::ProvisionedDuration, SavingsTerm::ThreeYearsAllUpfront) => Some(Item::SavingsPlan3yProvisionedDuration),
        _ => None,
    }
}

/// A part of a line, taken off at its own price.
fn negative(line: &Line, atoms: u128) -> Line {
    let unit_price = -line.unit_price;
    // What a plan covers is counted in atoms of GB-seconds, of which money has as many.
    let amount = |atoms: i128| Money::from_atoms(atoms * unit_price);
    let weights: Vec<u128> = line.shares.iter().map(|share| share.quantity.atoms as u128).collect();
    let parts = line.shares.iter().zip(allot(atoms, &weights));
    Line {
        item: Item::SavingsPlanCovered,
        quantity: Quantity {
            atoms: atoms as i128,
            per_unit: line.quantity.per_unit,
        },
        unit_price,
        amount: amount(atoms as i128),
        shares: parts
            .map(|(share, part)| LineShare {
                quantity: Quantity {
                    atoms: part as i128,
                    per_unit: line.quantity.per_unit,
                },
                amount: amount(part as i128),
                ..*share
            })
            .collect(),
        ..line.clone()
    }
}

/// What the savings plan costs, used or not: borne by what it covers, or else by what it could cover.
fn commitment(lines: &[Line], covered: &[Line], plan: &SavingsPlan, month: Month, time: Span) -> Line {
    let hours = scale(time.as_micros() as u128, FINE as u128, MICROS_PER_HOUR);
    let per_atom = plan.commitment * MB_MILLIS_PER_GB_SECOND / FINE;
    let quantity = |atoms: u128| Quantity {
        atoms: atoms as i128,
        per_unit: FINE,
    };
    let bearers = if covered.is_empty() {
        amounts_by_user(lines)
    } else {
        amounts_by_user(covered)
    };
    let weights: Vec<u128> = bearers.values().map(|amount| amount.atoms().unsigned_abs()).collect();
    let parts = bearers.keys().zip(allot(hours, &weights));
    let some = weights.iter().any(|weight| *weight > 0);
    Line {
        item: Item::SavingsPlanCommitment,
        architecture: None,
        tier: 1,
        month: month.to_string(),
        usage_type: "ComputeSP".to_owned(),
        quantity: quantity(hours),
        unit: Item::SavingsPlanCommitment.unit(),
        unit_price: plan.commitment,
        amount: Money::from_atoms(hours as i128 * per_atom),
        estimated: false,
        source: "given".to_owned(),
        shares: parts
            .filter(|_| some)
            .map(|((function, qualifier), part)| LineShare {
                function: *function,
                qualifier: *qualifier,
                quantity: quantity(part),
                amount: Money::from_atoms(part as i128 * per_atom),
            })
            .collect(),
    }
}

/// A share of everything but the commitment, of which AWS takes nothing off.
fn custom_discount(lines: &[Line], config: &BillingConfig) -> Option<Line> {
    let points = config.custom_discount.basis_points();
    let eligible: Vec<Line> = lines
        .iter()
        .filter(|line| line.item != Item::SavingsPlanCommitment)
        .cloned()
        .collect();
    let base: Money = eligible.iter().map(|line| line.amount).sum();
    if points == 0 || base <= Money::ZERO {
        return None;
    }
    let bearers = amounts_by_user(&eligible);
    let weights: Vec<u128> = bearers
        .values()
        .map(|amount| u128::try_from(amount.atoms()).unwrap_or(0))
        .collect();
    let off = scale(base.atoms() as u128, points as u128, 10_000);
    let quantity = |amount: Money| Quantity {
        atoms: amount.atoms(),
        per_unit: Money::ATOMS_PER_USD,
    };
    let parts = bearers.iter().zip(allot(off, &weights));
    Some(Line {
        item: Item::CustomDiscount,
        architecture: None,
        tier: 1,
        month: lines[0].month.clone(),
        usage_type: "Discount".to_owned(),
        quantity: quantity(base),
        unit: Item::CustomDiscount.unit(),
        unit_price: -(points as i128 * PRICE_PER_BASIS_POINT),
        amount: Money::from_atoms(-(off as i128)),
        estimated: false,
        source: "given".to_owned(),
        shares: parts
            .map(|(((function, qualifier), amount), part)| LineShare {
                function: *function,
                qualifier: *qualifier,
                quantity: quantity(*amount),
                amount: Money::from_atoms(-(part as i128)),
            })
            .collect(),
    })
}

fn amounts_by_user(lines: &[Line]) -> BTreeMap<(FunctionId, QualifierId), Money> {
    let mut sums = BTreeMap::new();
    for share in lines.iter().flat_map(|line| &line.shares) {
        *sums.entry((share.function, share.qualifier)).or_insert(Money::ZERO) += share.amount;
    }
    sums
}
