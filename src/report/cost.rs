//! Whose bill it is.

use crate::pricing::{Bill, Item};
use crate::simulation::Plan;
use crate::units::Money;

/// What a person calls the item.
pub(super) fn item_title(item: Item) -> String {
    match item {
        Item::Request => "requests".to_owned(),
        Item::ProvisionedDuration => "duration on provisioned concurrency".to_owned(),
        other => other.name().replace('_', " "),
    }
}

/// What each function of the plan costs by its shares (PRICE-22).
pub(super) fn by_function(plan: &Plan, bill: &Bill) -> Vec<Money> {
    let mut costs = vec![Money::ZERO; plan.functions.len()];
    for share in bill.lines.iter().flat_map(|line| &line.shares) {
        costs[share.function.index()] += share.amount;
    }
    costs
}

/// Cost by item in the order of the price list, items without usage left out.
pub(super) fn by_item(bill: &Bill) -> Vec<(Item, Money)> {
    let mut costs: Vec<(Item, Money)> = Vec::new();
    for line in &bill.lines {
        match costs.iter_mut().find(|(item, _)| *item == line.item) {
            Some((_, amount)) => *amount += line.amount,
            None => costs.push((line.item, line.amount)),
        }
    }
    costs.sort_by_key(|(item, _)| *item);
    costs
}
