//! What is kept ready, how busy it was, and whether that paid.

use maud::{Markup, html};

use super::chart::chart;
use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, FUNCTIONS_SHOWN, busiest, count, name_cell, section, text};
use crate::facts::Architecture;
use crate::lambda::FunctionConfig;
use crate::metrics::FunctionSummary;
use crate::pricing::break_even;
use crate::report::ReportInput;
use crate::report::headline::Unit;
use crate::report::numbers::{counted, grouped, percent, share, short_name};
use crate::report::plot::{Domain, Ink, SeriesChart, Stroke};

/// Utilisation, spill-over and break-even of provisioned concurrency.
pub(super) fn provisioned_section(facts: &Facts) -> Section {
    let input = facts.input;
    let table = provisioned_table(facts);
    if table.0.is_empty() {
        return Section::absent();
    }
    let body = html! {
        @if let Some(line) = provisioned(input) { p { (line) } }
        @if let Some(line) = paid_off(facts) { p { (line) } }
        (chart(facts, &over_time(facts)))
        (chart(facts, &spill(facts)))
        (table)
    };
    Section::new("provisioned", "Provisioned concurrency", body)
}

fn over_time(facts: &Facts) -> SeriesChart {
    SeriesChart {
        id: "provisioned-over-time",
        title: "Provisioned environments, ready and busy",
        note: "What lies between busy and ready is paid for without being used.".to_owned(),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "environments",
        series: vec![
            facts.by_step("busy, mean", Ink::Data(4), Stroke::Area, |bucket| {
                bucket.provisioned_busy_mean
            }),
            facts.by_step("busy, maximum", Ink::Data(0), Stroke::Steps, |bucket| {
                bucket.provisioned_busy_max as f64
            }),
            facts.by_step("ready", Ink::Ready, Stroke::Dashes, |bucket| {
                bucket.provisioned_ready as f64
            }),
        ],
    }
}

fn spill(facts: &Facts) -> SeriesChart {
    let spilled = facts.by_step("spilled over", Ink::Data(1), Stroke::Area, |bucket| {
        bucket.spilled as f64
    });
    SeriesChart {
        id: "spill-over",
        title: "Invocations that spilled over",
        note: "They found all provisioned environments busy and ran on demand (ADM-3).".to_owned(),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "invocations",
        series: vec![spilled],
    }
}

/// How much of the time provisioned concurrency was cheaper than on-demand environments.
fn paid_off(facts: &Facts) -> Option<Markup> {
    let times = &facts.input.result.provisioned_times;
    let even = break_even(&facts.input.plan.billing, Architecture::X86_64).utilization();
    (times.enabled.as_micros() > 0).then(|| {
        let above = times.above.as_micros() as f64 / times.enabled.as_micros() as f64;
        html! {
            "It pays where it is busy enough: above " b { (percent(even)) } " of what is ready on x86_64, it costs less than the same "
            "invocations on demand (PRICE-8, PRICE-9). It was that busy in " b { (percent(above)) } " of the time."
        }
    })
}

/// What provisioned concurrency took and what it could not take (ADM-3).
fn provisioned(input: &ReportInput) -> Option<String> {
    let asked: Vec<_> = input
        .functions()
        .filter(|(_, function)| function.provisioned_invocations + function.provisioned_spillover > 0)
        .collect();
    let sum = |count: fn(&FunctionSummary) -> u64| asked.iter().map(|(_, function)| count(function)).sum::<u64>();
    let served = sum(|function| function.provisioned_invocations);
    let spilled = sum(|function| function.provisioned_spillover);
    // Where all of a function's invocations asked for provisioned ones, its cold starts are those of its spill-overs.
    let all_asked = asked.iter().all(|(_, function)| {
        function.provisioned_spillover == 0
            || function.provisioned_invocations + function.provisioned_spillover == function.counts.invocations
    });
    let whose = match asked.as_slice() {
        [] => return None,
        [(name, _)] => format!("{}’s ", short_name(name)),
        _ => String::new(),
    };
    let mut text = format!(
        "Provisioned environments, which are kept ready, served {} of {whose}{} that asked for one",
        percent(share(served, served + spilled)),
        counted(served + spilled, "invocation"),
    );
    if spilled > 0 {
        text += &format!(
            "; {} found all of them busy and spilled over to on-demand environments",
            grouped(spilled)
        );
    }
    if spilled > 0 && all_asked {
        let cold = asked
            .iter()
            .filter(|(_, function)| function.provisioned_spillover > 0)
            .map(|(_, function)| function.counts.cold_starts)
            .sum();
        text += &format!(", {} of these with a cold start", grouped(cold));
    }
    Some(text + ".")
}

fn provisioned_table(facts: &Facts) -> Markup {
    let input = facts.input;
    let configured = |function: &FunctionConfig| {
        function
            .qualifiers
            .iter()
            .map(|q| u64::from(q.provisioned))
            .sum::<u64>()
    };
    let all = busiest(input, FUNCTIONS_SHOWN).into_iter();
    let row = |(place, name, function): (usize, &str, &FunctionSummary)| {
        let amount = configured(&input.plan.functions[place]);
        let (served, spilled) = (function.provisioned_invocations, function.provisioned_spillover);
        (amount > 0 || served + spilled > 0).then(|| {
            vec![
                name_cell(name),
                count(amount),
                facts.show(&["functions", name, "provisioned", "ProvisionedConcurrencyInvocations"]),
                facts.show(&[
                    "functions",
                    name,
                    "provisioned",
                    "ProvisionedConcurrencySpilloverInvocations",
                ]),
                text(percent(share(spilled, served + spilled))),
                facts.show(&["functions", name, "provisioned", "utilization_max"]),
                facts.show(&["functions", name, "provisioned", "advised"]),
            ]
        })
    };
    let rows: Vec<Cells> = all.filter_map(row).collect();
    let heads = [
        ("Function", ""),
        ("Ready", "provisioned environments at the start"),
        ("Invocations", "served by provisioned environments"),
        (
            "Spilled over",
            "ran on demand because all provisioned environments were busy",
        ),
        ("Share spilled", ""),
        (
            "Utilization, max",
            "largest share of the provisioned environments that was busy",
        ),
        ("Advised", "peak concurrency and ten percent more (PC-10)"),
    ];
    let note = "What provisioned environments cannot take runs on demand, with a cold start where none is idle.";
    section("By function", note, &heads, 1, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn provisioned_concurrency_is_answered_with_share_spill_over_and_its_cold_starts() {
        let mut sample = Sample::busy();
        // 1,000,000 of 1,020,000 is 98.04 %; other invocations of the function hide which cold starts are spill-overs.
        let text = provisioned(&sample.input()).unwrap();
        assert!(
            text.contains("served 98 % of checkout’s 1,020,000 invocations"),
            "{text}"
        );
        assert!(
            text.contains("20,000 found all of them busy") && !text.contains("cold"),
            "{text}"
        );
        sample.result.summary.functions[0].counts.invocations = 1_020_000;
        let text = provisioned(&sample.input()).unwrap();
        assert!(text.ends_with(", 2,210 of these with a cold start."), "{text}");
        assert_eq!(provisioned(&Sample::blank().input()), None);
    }
}
