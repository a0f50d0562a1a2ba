//! How sure the numbers are, where a run was repeated.

use maud::html;

use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, FUNCTIONS_SHOWN, section, text};
use crate::report::estimates;
use crate::report::numbers::counted;
use crate::report::offered::keeps_one_level;
use crate::report::{Replicated, ReportInput};
use crate::units::SimTime;

/// What replications say of the headlines, and whether the run has a warm-up that is still counted.
pub(super) fn replications(facts: &Facts) -> Section {
    let input = facts.input;
    let Some(replicated) = input.replications else {
        return Section::absent();
    };
    let rows = estimates::rows(input, replicated, FUNCTIONS_SHOWN);
    let rows: Vec<Cells> = rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let count = facts.show_as(
        &["replications", "count"],
        counted(replicated.count(), "independent replication"),
    );
    let note = "Each replication is the same scenario with other luck. The interval holds the expected value in 95 of 100 such \
                experiments; of a maximum, which has none, the smallest and the largest are told. The answer above, the tables \
                below and all other files show the first replication, as do charts that do not say otherwise.";
    let [first, mean, interval, width] = estimates::HEADS;
    let meaning = "half the interval, as a share of the mean";
    let heads = [(first, ""), (mean, ""), (interval, ""), (width, meaning)];
    Section::new(
        "replications",
        "How sure",
        html! {
            p { "What " (count) " of the scenario say." }
            (section("Means and intervals", note, &heads, 1, &rows))
            @if let Some(steady) = steady(input, replicated) { p.soft { (steady) } }
        },
    )
}

/// From when on a run keeps its level, where its traffic does.
fn steady(input: &ReportInput, replicated: &Replicated) -> Option<String> {
    if !keeps_one_level(input.plan) {
        return None;
    }
    let Some(from) = replicated.steady_from().map(|from| from - SimTime::ZERO) else {
        let text =
            "Mean concurrency does not come to rest within the run (MSER-5); a longer `duration` may show a level.";
        return Some(text.to_owned());
    };
    let advice = match from > input.plan.warm_up {
        true => format!("; with `warm_up: {from}` the numbers speak of that level alone"),
        false => String::new(),
    };
    Some(format!(
        "Mean concurrency keeps its level from {from} on (MSER-5){advice}."
    ))
}
