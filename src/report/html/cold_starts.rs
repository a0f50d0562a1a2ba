//! Who waited for a new environment.

use maud::{Markup, html};

use super::chart::{chart, step};
use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, FUNCTIONS_SHOWN, busiest, count, hidden, name_cell, section, time};
use crate::experiment::{Interval, probability_interval};
use crate::metrics::FunctionSummary;
use crate::report::headline::Unit;
use crate::report::numbers::{counted, percent, share};
use crate::report::plot::{Domain, Ink, SeriesChart, Stroke};
use crate::report::{CONFIDENCE, ReportInput};

/// Cold starts over time and by function.
pub(super) fn cold_start_section(facts: &Facts) -> Section {
    if facts.input.result.summary.totals.cold_starts == 0 {
        return Section::absent();
    }
    let body = html! {
        p { (cold_starts(facts.input)) }
        (chart(facts, &over_time(facts)))
        (by_function(facts))
        (equipped(facts.input))
    };
    Section::new("cold-starts", "Cold starts", body)
}

fn over_time(facts: &Facts) -> SeriesChart {
    let cold = facts.by_step("cold starts", Ink::Data(0), Stroke::Area, |bucket| {
        bucket.cold_starts as f64
    });
    SeriesChart {
        id: "cold-starts-over-time",
        title: "Cold starts",
        note: format!(
            "Invocations that waited for a new environment, in each {}.",
            step(facts)
        ),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "cold starts",
        series: vec![cold],
    }
}

fn by_function(facts: &Facts) -> Markup {
    let rows: Vec<Cells> = busiest(facts.input, FUNCTIONS_SHOWN)
        .into_iter()
        .filter(|(_, _, function)| function.counts.cold_starts > 0)
        .map(|(_, name, _)| {
            let at = |path: &[&str]| facts.show(&[&["functions", name], path].concat());
            vec![
                name_cell(name),
                at(&["cold_starts"]),
                at(&["cold_start_share"]),
                at(&["init", "p50"]),
                at(&["init", "p99"]),
                at(&["environments", "created"]),
                at(&["environments", "max"]),
                at(&["environments", "idle_mean"]),
            ]
        })
        .collect();
    let heads = [
        ("Function", ""),
        ("Cold starts", ""),
        ("Share", "of its invocations"),
        ("INIT p50", "half of the INITs before an invocation took at most this"),
        ("INIT p99", "99 % of them"),
        ("Made", "environments created"),
        ("At once", "most environments that existed at once"),
        ("Idle", "mean number of environments that served nothing"),
    ];
    let note = format!(
        "A new environment is made where none is idle (LIFE-14).{}",
        hidden(facts.input)
    );
    section("Cold starts by function", &note, &heads, 1, &rows)
}

fn cold_starts(input: &ReportInput) -> Markup {
    let counts = &input.result.summary.totals;
    let Interval { low, high } = probability_interval(counts.cold_starts, counts.invocations, CONFIDENCE);
    html! {
        b { (percent(share(counts.cold_starts, counts.invocations))) } " of "
        (counted(counts.invocations, "invocation")) " had to wait for a new environment (a cold start)"
        @if percent(low) != percent(high) {
            "; with other luck " (percent(low)) " to " (percent(high))
            " (95 % interval, taking them as independent of each other)"
        }
        "."
    }
}

/// SnapStart, extensions and VPC, of functions that have any of it.
fn equipped(input: &ReportInput) -> Markup {
    let row = |(place, name, function): (usize, &str, &FunctionSummary)| {
        let config = &input.plan.functions[place];
        let peak = function.concurrent_executions.max;
        let (shared, legacy) = (config.shared_interfaces(peak), config.legacy_interfaces(peak));
        let equipped = config.versions.iter().any(|version| version.equipment.is_some());
        equipped.then(|| {
            vec![
                name_cell(name),
                count(function.restore.count),
                time(&function.restore, function.restore.mean),
                time(&function.restore, function.restore.p99),
                time(&function.extensions, function.extensions.mean),
                count(shared),
                count(legacy),
            ]
        })
    };
    let rows: Vec<Cells> = busiest(input, FUNCTIONS_SHOWN).into_iter().filter_map(row).collect();
    let heads = [
        ("Function", ""),
        ("Restores", "cold starts from a snapshot (SNAP-4)"),
        ("Restore, mean", ""),
        ("Restore, p99", ""),
        ("Extensions, mean", "how long they went on after the answer (LIFE-8)"),
        ("Interfaces", "network interfaces that all environments share (VPC-1)"),
        (
            "Interfaces before 2019",
            "peak concurrency × memory in GB / 3: what the same peak took before September 2019 (VPC-6)",
        ),
    ];
    section("SnapStart, extensions, VPC", "", &heads, 1, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn functions_in_a_vpc_tell_their_interfaces_by_both_formulas() {
        let mut sample = Sample::busy();
        assert!(equipped(&sample.input()).into_string().is_empty());
        sample.plan.function_mut(0).versions[0].equipment = Some(Box::new(crate::lambda::Equipment {
            network: Some(crate::lambda::Network::Shared(2)),
            ..Default::default()
        }));
        let page = equipped(&sample.input()).into_string();
        // 300 environments of 1 GB at once: one interface in each of 2 subnets, or 300 / 3.
        assert!(page.contains(">2<") && page.contains(">100<"), "{page}");
    }
}
