//! A comparison on the terminal, 80 columns wide.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::comparison::{Compared, Comparison, ComparisonReport};
use super::narrow::{WIDTH, wrapped};
use super::numbers::{counted, precise_percent, short_name};
use super::verdict::Verdict;
use crate::scenario::WrittenDifference;

/// Changes of the scenario that are listed.
const MOST_CHANGES: usize = 12;
/// Functions, queues and streams with rows of their own.
const MOST_GROUPS: usize = 6;
/// Letters of a value of a changed scenario.
const LONGEST_VALUE: usize = 48;

impl ComparisonReport {
    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for side in &self.sides {
            let runs = match side.finished {
                true => format!("{}, run before", counted(side.replications, "replication")),
                false => counted(side.replications, "replication"),
            };
            text.push_str(&wrapped(
                &format!("{}  {} ({runs}, seed {})", side.label, side.name, side.seed),
                "   ",
            ));
        }
        for comparison in &self.comparisons {
            self.tell(&mut text, comparison);
        }
        text
    }

    fn tell(&self, text: &mut String, comparison: &Comparison) {
        let (base, other) = (&self.sides[0].label, &self.sides[comparison.other].label);
        let _ = writeln!(text, "\n{other} against {base}");
        tell_changes(text, comparison.changes.as_deref());
        for remark in &comparison.remarks {
            text.push_str(&wrapped(&format!("  {remark}"), "  "));
        }
        text.push('\n');
        text.push_str(&wrapped(&format!("  {}", self.sentence(comparison)), "  "));
        let _ = writeln!(text, "\n{}", rows(comparison, base, other));
        if let Some(nothing) = nothing_in_both(comparison) {
            text.push_str(&wrapped(&format!("  0 in both: {nothing}"), "  "));
        }
        if let Some(words) = luck(comparison) {
            text.push_str(&wrapped(&format!("  {words}"), "  "));
        }
    }

    /// The verdict in one sentence: cost, the p99 that differs most, throttles.
    pub(super) fn sentence(&self, comparison: &Comparison) -> String {
        let other = &self.sides[comparison.other].label;
        let find = |path: &str| {
            comparison
                .metrics
                .iter()
                .find(|compared| compared.headline.path == path)
        };
        let mut parts = Vec::new();
        if let Some(cost) = find("cost.monthly_estimate") {
            let judged = cost.judged();
            parts.push(match judged.verdict {
                Verdict::Same => format!("{other} costs the same"),
                Verdict::Unclear => format!("the cost of {other}: {}", judged.words()),
                _ => format!("{other} costs {}", judged.words()),
            });
        }
        if let Some(slowest) = changed_most(comparison) {
            parts.push(told(slowest, &format!("p99 of {}", short_name(&slowest.headline.name))));
        }
        parts.extend(find("totals.Throttles").map(|throttles| told(throttles, "throttles")));
        if parts.is_empty() {
            // The metrics were chosen by hand.
            let chosen = comparison.metrics.iter().take(3);
            parts.extend(chosen.map(|compared| told(compared, &compared.headline.term)));
        }
        match parts.is_empty() {
            true => "nothing to compare".to_owned(),
            false => format!("{}.", parts.join("; ")),
        }
    }
}

fn told(compared: &Compared, title: &str) -> String {
    let judged = compared.judged();
    match judged.words() {
        words if words.starts_with("differs") => format!("{title} {words}"),
        words => format!("{title}: {words}"),
    }
}

/// The p99 of latency that differs most for its size, of functions that have one.
fn changed_most(comparison: &Comparison) -> Option<&Compared> {
    let quantiles = comparison.metrics.iter().filter(|compared| {
        let of_callers =
            compared.headline.path.ends_with(".latency.p99") && !compared.headline.path.ends_with(".async.latency.p99");
        of_callers && compared.headline.path.starts_with("functions.") && !is_nothing(compared)
    });
    let size = |compared: &Compared| {
        let judged = compared.judged();
        let sure = !matches!(judged.verdict, Verdict::Same | Verdict::Unclear);
        let relative = compared.difference.relative().unwrap_or(f64::INFINITY);
        (sure, relative.abs())
    };
    quantiles.max_by(|a, b| {
        let (one, other) = (size(a), size(b));
        // Of equals the first.
        one.0
            .cmp(&other.0)
            .then(one.1.total_cmp(&other.1))
            .then(b.headline.path.cmp(&a.headline.path))
    })
}

/// Where the scenarios differ, before anything that came of it.
fn tell_changes(text: &mut String, changes: Option<&[WrittenDifference]>) {
    let Some(changes) = changes else {
        text.push_str("  What differs in the scenarios is not known.\n");
        return;
    };
    if changes.is_empty() {
        text.push_str("  The scenarios do not differ.\n");
        return;
    }
    text.push_str("  Changed in the scenario\n");
    let value = |value: &Option<String>| match value {
        Some(value) => clipped(value),
        None => "(not given)".to_owned(),
    };
    for change in changes.iter().take(MOST_CHANGES) {
        let line = format!(
            "    {}: {} → {}",
            change.path,
            value(&change.before),
            value(&change.after)
        );
        text.push_str(&wrapped(&line, "      "));
    }
    if changes.len() > MOST_CHANGES {
        let _ = writeln!(text, "    … and {} more", changes.len() - MOST_CHANGES);
    }
}

fn clipped(value: &str) -> String {
    match value.char_indices().nth(LONGEST_VALUE) {
        Some((cut, _)) => format!("{}…", &value[..cut]),
        None => value.to_owned(),
    }
}

/// A row for each metric that is not 0 on both sides; of functions, queues and streams those in which most happens.
fn rows(comparison: &Comparison, base: &str, other: &str) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH as u16);
    table.set_header(["", base, other, "difference"]);
    let (shown, hidden) = busiest(comparison);
    let mut group = "";
    for compared in comparison.metrics.iter().filter(|compared| !is_nothing(compared)) {
        if !compared.headline.name.is_empty() && !shown.contains(&compared.headline.name.as_str()) {
            continue;
        }
        if compared.headline.name != group {
            group = &compared.headline.name;
            table.add_row([format!("  {}", short_name(group))]);
        }
        let indent = if group.is_empty() { "  " } else { "    " };
        let judged = compared.judged();
        let side = |mean: f64, count: u64| match count {
            0 => "–".to_owned(),
            _ => judged.shown(mean),
        };
        let (one, two) = (&compared.difference.base, &compared.difference.other);
        table.add_row([
            format!("{indent}{}", compared.headline.term),
            side(one.mean(), one.count()),
            side(two.mean(), two.count()),
            judged.words(),
        ]);
    }
    table.column_iter_mut().take(1).for_each(|column| {
        column.set_padding((0, 1));
    });
    table.column_iter_mut().skip(1).take(2).for_each(|column| {
        column.set_cell_alignment(CellAlignment::Right);
    });
    let mut text = table.trim_fmt();
    if hidden > 0 {
        let _ = write!(
            text,
            "\n  … and {} more functions, queues and streams (--json, --out)",
            hidden
        );
    }
    text
}

/// Names of functions, queues and streams by how much happens in them, and how many are left out.
fn busiest(comparison: &Comparison) -> (Vec<&str>, usize) {
    let mut groups: Vec<(&str, f64)> = Vec::new();
    for compared in &comparison.metrics {
        let known = groups.iter().any(|(name, _)| *name == compared.headline.name);
        if !compared.headline.name.is_empty() && !known {
            // The first number of each group counts what it did.
            groups.push((
                &compared.headline.name,
                compared.difference.base.mean().max(compared.difference.other.mean()),
            ));
        }
    }
    groups.retain(|(_, done)| *done > 0.0);
    groups.sort_by(|a, b| b.1.total_cmp(&a.1));
    let hidden = groups.len().saturating_sub(MOST_GROUPS);
    (
        groups.into_iter().take(MOST_GROUPS).map(|(name, _)| name).collect(),
        hidden,
    )
}

fn is_nothing(compared: &Compared) -> bool {
    let sides = [&compared.difference.base, &compared.difference.other];
    sides.iter().all(|side| side.lowest() == 0.0 && side.highest() == 0.0)
}

/// What did not happen on either side, of the account as a whole.
fn nothing_in_both(comparison: &Comparison) -> Option<String> {
    let nothing = comparison
        .metrics
        .iter()
        .filter(|compared| compared.headline.name.is_empty() && is_nothing(compared));
    let terms: Vec<&str> = nothing.map(|compared| &*compared.headline.term).collect();
    (!terms.is_empty()).then(|| terms.join("; "))
}

/// What common random numbers were worth.
fn luck(comparison: &Comparison) -> Option<String> {
    let mut reductions: Vec<f64> = comparison
        .metrics
        .iter()
        .filter_map(|compared| compared.difference.variance_reduction())
        .collect();
    reductions.sort_by(f64::total_cmp);
    let median = *reductions.get(reductions.len() / 2)?;
    let cost = comparison
        .metrics
        .iter()
        .find(|compared| compared.headline.path == "cost.monthly_estimate");
    let of_cost = cost.and_then(|cost| cost.difference.variance_reduction());
    let of_cost = of_cost.map_or_else(String::new, |cost| format!("; cost: {}", in_words(cost)));
    Some(format!(
        "Common random numbers: the variance of the differences is {} that of independent runs (median of {}{of_cost}). \
         Each interval holds the truth 95 times in 100 by itself.",
        in_words(median),
        counted(reductions.len() as u64, "metric"),
    ))
}

fn in_words(reduction: f64) -> String {
    match reduction {
        part if part >= 0.0 => format!("{} below", precise_percent(part)),
        more => format!("{} above", precise_percent(-more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Difference;
    use crate::report::comparison::Side;
    use crate::report::{Headline, headlines_of};

    fn difference(base: [f64; 3], other: [f64; 3]) -> Difference {
        Difference::paired(&base.map(Some), &other.map(Some))
    }

    fn side(label: &str, name: &str) -> Side {
        Side {
            label: label.to_owned(),
            name: name.to_owned(),
            scenario: "shop".to_owned(),
            finished: false,
            seed: 7,
            replications: 3,
        }
    }

    fn report(name: &str) -> ComparisonReport {
        let summary = serde_json::json!({ "functions": { name: {} } });
        let compared = |headline: Headline| {
            let numbers = match headline.path.as_str() {
                path if path.starts_with("cost.") => difference([100.0, 110.0, 90.0], [88.0, 97.0, 79.0]),
                path if path.ends_with("Invocations") => difference([600.0; 3], [600.0; 3]),
                path if path.contains("async") => difference([0.0; 3], [0.0; 3]),
                path if path.ends_with("latency.p99") => difference([400.0, 401.0, 399.0], [400.1, 400.9, 399.0]),
                _ => difference([0.0; 3], [0.0; 3]),
            };
            Compared {
                headline,
                difference: numbers,
            }
        };
        ComparisonReport {
            version: "0.1.0".to_owned(),
            sides: vec![
                side("A", "shop.yaml"),
                side("B", &format!("{}/arm.yaml", "deep/".repeat(30))),
            ],
            comparisons: vec![Comparison {
                other: 1,
                changes: Some(vec![WrittenDifference {
                    path: format!("functions.{name}.memory_size"),
                    before: None,
                    after: Some("512 MB".to_owned()),
                }]),
                paired: true,
                remarks: vec!["A remark.".to_owned()],
                metrics: headlines_of(&summary).into_iter().map(compared).collect(),
            }],
        }
    }

    #[test]
    fn what_changed_comes_first_and_then_the_verdict() {
        let text = report("checkout").text();
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}\n{text}"));
        let changed = place("functions.checkout.memory_size: (not given) → 512 MB");
        // -12, -13 and -11 of 100, 110 and 90: 12 % in the mean, of which 0, 0.2 and -0.2 are left; t = 4.303: 4.303 × 0.2 / √3.
        let verdict = place("B costs 12.0 ± 0.5 % less; p99 of checkout differs by less than");
        let row = place("cost of a month");
        assert!(changed < verdict && verdict < row, "{text}");
        assert!(text.contains("throttles: no difference seen."), "{text}");
        assert!(text.contains("0 in both: arrivals; failed"), "{text}");
    }

    #[test]
    fn no_line_is_longer_than_80_columns() {
        for name in ["f", &"a-very-long-name-of-a-function".repeat(4)] {
            let text = report(name).text();
            // A path of a file is one word, however long.
            let lines = text
                .lines()
                .filter(|line| !line.contains("deep/") && !line.contains("functions.a-very"));
            for line in lines {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }
}
