//! Downstream budgets and who uses them.

use std::collections::BTreeMap;

use super::keys::nearest;
use super::problem::Fault;
use super::reader::{Layers, Reader};
use super::tree::{Entry, Kind, shortened};
use super::values;
use crate::facts::BudgetId;
use crate::lambda::{Beyond, BudgetConfig, BudgetLimit, BudgetUse};

/// Connections that one invocation may hold.
const MOST_USED: u64 = 1_000;
const MOST_CONNECTIONS: u64 = 1_000_000;
const SLOWEST: f64 = 1_000.0;

/// Budgets, in the order of `entries`, which are sorted by name; defaults stand in place of what is wrong.
pub(super) fn budgets(reader: &Reader, entries: &[&Entry]) -> Vec<BudgetConfig> {
    entries.iter().map(|entry| budget(reader, entry)).collect()
}

fn budget(reader: &Reader, entry: &Entry) -> BudgetConfig {
    let get = |key: &str| entry.value.entry(key);
    let limit = match (get("connections"), get("rate")) {
        (Some(connections), None) => reader
            .count(connections, 1, MOST_CONNECTIONS)
            .map(|count| BudgetLimit::Connections(count as u32)),
        (None, Some(rate)) => reader.value(rate, |text| {
            let fault = || {
                Fault::new(
                    format!("is {text}"),
                    "a whole number above 0 of calls in a period is allowed, such as 500/s",
                )
            };
            let (calls, per) = values::rate(text)?.whole_events().ok_or_else(fault)?;
            Ok(BudgetLimit::Rate { calls, per })
        }),
        _ => {
            let found = format!(
                "the budget {} has not exactly one of `connections` and `rate`",
                entry.key
            );
            reader.problem(
                entry.mark,
                found,
                "give one, such as `connections: 100` or `rate: 500/s`",
            );
            None
        }
    };
    BudgetConfig {
        name: entry.key.clone(),
        limit: limit.unwrap_or(BudgetLimit::Connections(1)),
        beyond: get("beyond")
            .and_then(|entry| beyond(reader, entry))
            .unwrap_or(Beyond::Fail),
    }
}

fn beyond(reader: &Reader, entry: &Entry) -> Option<Beyond> {
    if let Kind::Map(_) = entry.value.kind {
        let factor = reader.required(&entry.value, "duration_factor", "`beyond`", entry.mark, "3")?;
        return reader.value(factor, |text| match values::factor(text)? {
            factor if (1.0..=SLOWEST).contains(&factor) => Ok(Beyond::Slow(factor)),
            _ => Err(Fault::new(format!("is {text}"), "a factor of 1 to 1000 is allowed")),
        });
    }
    reader
        .choice(entry, &["fail", "queue"])
        .map(|choice| if choice == 0 { Beyond::Fail } else { Beyond::Queue })
}

/// What a function uses of which budget, the nearest layer first.
pub(super) fn uses(reader: &Reader, all: &Layers<'_>, budgets: &[BudgetConfig]) -> Vec<BudgetUse> {
    let mut found = BTreeMap::new();
    for entry in all.inner("uses").0.into_iter().flat_map(|layer| layer.entries()) {
        if found.contains_key(&entry.key) {
            continue;
        }
        let Ok(position) = budgets.binary_search_by(|budget| budget.name.as_str().cmp(&entry.key)) else {
            let allowed = match nearest(&entry.key, budgets.iter().map(|budget| budget.name.as_str())) {
                Some(close) => format!("did you mean {close}?"),
                None => "define it under `budgets`".to_owned(),
            };
            let found = format!(
                "`uses` names the budget {}, which does not exist",
                shortened(&entry.key)
            );
            reader.problem(entry.mark, found, allowed);
            continue;
        };
        let whole = match budgets[position].limit {
            BudgetLimit::Connections(count) => u64::from(count),
            BudgetLimit::Rate { calls, .. } => calls,
        };
        let amount = reader.value(entry, |text| {
            let amount = values::count(text, 0, MOST_USED)?;
            if amount > whole {
                let allowed = format!("at most the whole budget ({whole}) is allowed");
                return Err(Fault::new(format!("is {text}"), allowed));
            }
            Ok(amount as u32)
        });
        found.insert(entry.key.clone(), (BudgetId(position as u32), amount.unwrap_or(0)));
    }
    let uses = found.into_values().filter(|(_, amount)| *amount > 0);
    uses.map(|(budget, amount)| BudgetUse { budget, amount }).collect()
}
