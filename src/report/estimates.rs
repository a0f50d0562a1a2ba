//! What replications say, in rows for people.

use super::headline::{Unit, headlines};
use super::numbers::{counted, grouped, percent, precise_percent};
use super::{CONFIDENCE, ExpectationResult, Replicated, ReportInput};
use crate::experiment::{Estimate, Interval, Nature, probability_interval};

/// What stands above the cells of a row.
pub(super) const HEADS: [&str; 4] = ["Over all replications", "Mean", "95 % interval", "±"];

/// A row for each headline that is not 0 in all replications; of functions only the `most` with the most requests.
pub(super) fn rows(input: &ReportInput, replicated: &Replicated, most: usize) -> Vec<[String; 4]> {
    let hidden = quiet_functions(input, most);
    let shown = headlines(input.plan).into_iter().filter(|headline| {
        let below = headline.path.strip_prefix("functions.");
        below.is_none_or(|below| hidden.iter().all(|name| !below.starts_with(name.as_str())))
    });
    shown
        .filter_map(|headline| {
            let estimate = replicated.estimate(&headline.path)?;
            (estimate.sample.highest() > 0.0).then(|| row(headline.title(), Unit::of(&headline.path), &estimate))
        })
        .collect()
}

/// All but the busiest functions, each with the dot that ends its name in a path.
fn quiet_functions(input: &ReportInput, most: usize) -> Vec<String> {
    let mut functions: Vec<_> = input.functions().collect();
    functions.sort_by_key(|(_, function)| std::cmp::Reverse(function.counts.requests));
    let quiet = functions.into_iter().skip(most);
    quiet.map(|(name, _)| format!("{name}.")).collect()
}

fn row(title: String, unit: Unit, estimate: &Estimate) -> [String; 4] {
    let sample = &estimate.sample;
    if estimate.nature == Nature::Extreme {
        let (low, high) = (unit.show(sample.lowest()), unit.show(sample.highest()));
        let range = if low == high {
            high
        } else {
            format!("{low} to {high} seen")
        };
        return [title, String::new(), range, String::new()];
    }
    let interval = match estimate.interval {
        Some((Interval { low, high }, _)) if low < high => {
            // Nothing that is counted or measured here lies below 0, though a symmetric interval may.
            let (low, high) = (unit.show(low.max(0.0)), unit.show(high));
            if low == high { high } else { format!("{low} to {high}") }
        }
        _ => "always the same".to_owned(),
    };
    let width = estimate
        .relative_half_width()
        .filter(|width| *width > 0.0 && width.is_finite());
    [
        title,
        unit.show(sample.mean()),
        interval,
        width.map_or(String::new(), precise_percent),
    ]
}

/// How often an expectation held, and with what probability it does.
pub(super) fn held(result: &ExpectationResult) -> Option<String> {
    let (held, count) = result.held?;
    let Interval { low, high } = probability_interval(held, count, CONFIDENCE);
    let of = counted(count, "replication");
    Some(match held == count {
        true => format!("in {} of {of}: in {} of all runs or more", grouped(held), percent(low)),
        false => format!(
            "in {} of {of}: in {} to {} of all runs",
            grouped(held),
            percent(low),
            percent(high)
        ),
    })
}
