//! What ran at once, against every limit, and who pushed whom out.

use maud::{Markup, html};

use super::bands::over_replications;
use super::chart::{chart, step};
use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, FUNCTIONS_SHOWN, count, hidden, name_cell, section, text};
use crate::control::{Change, FunctionChange};
use crate::facts::{Cause, FunctionId};
use crate::report::Replicated;
use crate::report::ReportInput;
use crate::report::headline::Unit;
use crate::report::numbers::{grouped, percent, share, short_name};
use crate::report::plot::{Domain, Ink, Series, SeriesChart, Stroke};
use crate::units::SimTime;

/// A limit beyond so many times the largest value would press the data flat: it waits in the legend.
const WITHIN_REACH: f64 = 3.0;
/// Limits of functions that have a line in the chart.
const RESERVATIONS_DRAWN: usize = 5;

/// Functions stacked against the account limit, and what held the pool while others were refused.
pub(super) fn concurrency(facts: &Facts) -> Section {
    if facts.input.result.summary.account.concurrent_executions.max == 0 {
        return Section::absent();
    }
    let body = html! {
        (in_words(facts))
        (chart(facts, &stacked(facts)))
        @if let Some(replicated) = facts.input.replications { (chart(facts, &of_replications(replicated))) }
        (pushed_out(facts))
        (limits(facts))
    };
    Section::new("concurrency", "Concurrency", body)
}

fn in_words(facts: &Facts) -> Markup {
    let plan = facts.input.plan;
    let limit = u64::from(plan.account.concurrent_executions);
    let peak = facts.input.result.summary.account.concurrent_executions.max;
    html! {
        p {
            "At most " b { (facts.show(&["account", "ConcurrentExecutions", "max"])) } " invocations ran at once, on average "
            (facts.show(&["account", "ConcurrentExecutions", "mean"])) ". That is " (percent(share(peak, limit)))
            " of the account limit of " (grouped(limit)) " (CONC-2)."
            @if changes_of_account_limit(facts.input) { " The limit changes during the run." }
        }
    }
}

fn changes_of_account_limit(input: &ReportInput) -> bool {
    let mut changes = input.plan.change_steps.iter().flat_map(|step| &step.changes);
    changes.any(|change| matches!(change, Change::AccountLimit(_)))
}

fn stacked(facts: &Facts) -> SeriesChart {
    let input = facts.input;
    let timeline = &input.result.timeline;
    let mut rest: Vec<f64> = timeline.buckets.iter().map(|bucket| bucket.concurrency_mean).collect();
    let mut drawn: Vec<_> = timeline.functions.iter().collect();
    drawn.sort_by(|one, other| {
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        sum(&other.concurrency_mean).total_cmp(&sum(&one.concurrency_mean))
    });
    let mut series = Vec::new();
    for (number, steps) in drawn.iter().enumerate() {
        rest.iter_mut()
            .zip(&steps.concurrency_mean)
            .for_each(|(rest, mean)| *rest = (*rest - mean).max(0.0));
        let name = short_name(&input.plan.functions[steps.function.index()].name);
        series.push(Series::whole(
            name,
            Ink::Data(number),
            Stroke::Area,
            steps.concurrency_mean.iter().copied(),
        ));
    }
    series.retain(|series| series.highest() > 0.0);
    if input.plan.functions.len() > drawn.len() {
        series.push(Series::whole("all others", Ink::Rest, Stroke::Area, rest));
    }
    series.push(
        facts.by_step("account, maximum", Ink::Data(14), Stroke::Steps, |bucket| {
            bucket.concurrency_max as f64
        }),
    );
    series.extend(levels(
        input,
        &drawn.iter().map(|steps| steps.function).collect::<Vec<_>>(),
    ));
    SeriesChart {
        id: "concurrency-over-time",
        title: "Concurrent executions",
        note: format!(
            "Areas are the mean of each {} by function, on each other; the line is the most that ran at once in it.",
            step(facts)
        ),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "concurrent executions",
        series,
    }
}

/// The account limit, reservations of `functions`, and what is kept ready, as they were over time.
fn levels(input: &ReportInput, functions: &[FunctionId]) -> Vec<Series> {
    let most = input
        .result
        .timeline
        .buckets
        .iter()
        .map(|bucket| bucket.concurrency_max)
        .max();
    let reach = most.unwrap_or(0) as f64 * WITHIN_REACH;
    let plan = input.plan;
    let mut found = Vec::new();
    let limit = over_time(
        input,
        f64::from(plan.account.concurrent_executions),
        |change| match change {
            Change::AccountLimit(limit) => Some(f64::from(*limit)),
            _ => None,
        },
    );
    found.push(Series::whole(
        format!(
            "account limit: {}",
            grouped(u64::from(plan.account.concurrent_executions))
        ),
        Ink::Limit,
        Stroke::Dashes,
        limit,
    ));
    let reserved = functions
        .iter()
        .filter_map(|id| Some((*id, plan.functions[id.index()].reserved?)));
    for (id, amount) in reserved.take(RESERVATIONS_DRAWN) {
        let values = over_time(input, f64::from(amount), |change| match change {
            Change::Function(function, FunctionChange::Reserved(amount)) if *function == id => {
                Some(f64::from(amount.unwrap_or(0)))
            }
            _ => None,
        });
        let name = short_name(&plan.functions[id.index()].name);
        let name = format!("reserved for {name}: {}", grouped(u64::from(amount)));
        let ink = functions.iter().position(|other| *other == id).unwrap_or(0);
        found.push(Series::whole(name, Ink::Data(ink), Stroke::Dashes, values));
    }
    let ready = input
        .result
        .timeline
        .buckets
        .iter()
        .map(|bucket| bucket.provisioned_ready as f64);
    found.push(Series::whole("provisioned, ready", Ink::Ready, Stroke::Dashes, ready));
    found.retain(|series| series.highest() > 0.0);
    for series in &mut found {
        series.shown = series.highest() <= reach;
    }
    found
}

/// A number that changes of the scenario set, at the end of each step.
fn over_time(input: &ReportInput, first: f64, set: impl Fn(&Change) -> Option<f64>) -> Vec<f64> {
    let steps = &input.plan.change_steps;
    let length = input.result.timeline.step;
    let at = |time: SimTime| {
        let past = steps
            .iter()
            .filter(|step| step.at < time)
            .flat_map(|step| &step.changes);
        past.filter_map(&set).last().unwrap_or(first)
    };
    let buckets = input.result.timeline.buckets.iter();
    buckets.map(|bucket| at(bucket.start.saturating_add(length))).collect()
}

/// Mean and maximum over all replications.
fn of_replications(replicated: &Replicated) -> SeriesChart {
    over_replications(
        replicated,
        (
            "concurrency-over-replications",
            "Concurrent executions over all replications",
        ),
        (Unit::Count, "concurrent executions"),
        &[
            ("account, mean", 0, |step| step.concurrency_mean),
            ("account, maximum", 1, |step| step.concurrency_max),
        ],
    )
}

/// Who held the unreserved pool while it refused others.
fn pushed_out(facts: &Facts) -> Markup {
    let input = facts.input;
    let name = |function: FunctionId| input.plan.functions[function.index()].name.as_str();
    let cause = Cause::AccountConcurrency as usize;
    let mut refused: Vec<_> = input
        .functions()
        .filter(|(_, function)| function.throttles_by_cause[cause] > 0)
        .collect();
    refused.sort_by_key(|(_, function)| std::cmp::Reverse(function.throttles_by_cause[cause]));
    let all: u64 = refused
        .iter()
        .map(|(_, function)| function.throttles_by_cause[cause])
        .sum();
    let holders = &input.result.timeline.holders;
    let (Some((holder, part)), Some((victim, _))) = (holders.first(), refused.first()) else {
        return html! {};
    };
    let rows: Vec<Cells> = (0..holders.len().max(refused.len()).min(FUNCTIONS_SHOWN))
        .map(|row| {
            let holder = holders.get(row);
            let victim = refused.get(row);
            vec![
                holder.map_or_else(|| text(""), |(function, _)| name_cell(name(*function))),
                holder.map_or_else(|| text(""), |(_, part)| text(percent(*part))),
                victim.map_or_else(|| text(""), |(name, _)| name_cell(name)),
                victim.map_or_else(
                    || text(""),
                    |(name, _)| {
                        facts.show(&[
                            "functions",
                            name,
                            "throttles_by_cause",
                            Cause::AccountConcurrency.name(),
                        ])
                    },
                ),
                victim.map_or_else(
                    || text(""),
                    |(_, function)| text(percent(share(function.throttles_by_cause[cause], all))),
                ),
            ]
        })
        .collect();
    let heads = [
        ("Held the pool", "functions without reservation share it (CONC-7)"),
        (
            "Part",
            "of the busy time, steps weighted by how many requests were refused in them",
        ),
        ("Was refused", ""),
        ("Throttles", "by account concurrency"),
        ("Part", "of these throttles"),
    ];
    let note = format!(
        "While requests were refused for account concurrency, {} held {} of what functions without reservation share; {} was \
         refused most. A reservation for one of them would keep them apart (CONC-6).",
        short_name(name(*holder)),
        percent(*part),
        short_name(victim),
    );
    section("Who pushed whom out", &note, &heads, 1, &rows)
}

/// Peak and mean of each function beside its own limits.
fn limits(facts: &Facts) -> Markup {
    let input = facts.input;
    let mut busiest: Vec<_> = input.functions().enumerate().collect();
    busiest.sort_by(|(_, (_, one)), (_, (_, other))| {
        other
            .concurrent_executions
            .mean
            .total_cmp(&one.concurrent_executions.mean)
    });
    let rows: Vec<Cells> = busiest
        .into_iter()
        .take(FUNCTIONS_SHOWN)
        .filter(|(_, (_, function))| function.concurrent_executions.max > 0)
        .map(|(place, (name, function))| {
            let config = &input.plan.functions[place];
            let ready: u64 = config
                .qualifiers
                .iter()
                .map(|qualifier| u64::from(qualifier.provisioned))
                .sum();
            let peak = function.concurrent_executions.max;
            let none = || text("–");
            vec![
                name_cell(name),
                facts.show(&["functions", name, "ConcurrentExecutions", "max"]),
                facts.show(&["functions", name, "ConcurrentExecutions", "mean"]),
                config.reserved.map_or_else(none, |reserved| count(u64::from(reserved))),
                config
                    .reserved
                    .map_or_else(none, |reserved| text(percent(share(peak, u64::from(reserved))))),
                if ready > 0 { count(ready) } else { none() },
            ]
        })
        .collect();
    let heads = [
        ("Function", ""),
        ("Maximum", "most that ran at once"),
        ("Mean", "over time"),
        ("Reserved", "reserved concurrency at the start (CONC-4)"),
        ("Peak of it", "the maximum as a share of the reservation"),
        ("Provisioned", "ready at the start (PC-1)"),
    ];
    let note = format!("Those with the most in progress first.{}", hidden(input));
    section("Concurrency by function", &note, &heads, 1, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn limits_out_of_reach_wait_in_the_legend() {
        let mut sample = Sample::busy();
        let shown = |sample: &Sample| -> Vec<(String, bool)> {
            let levels = levels(&sample.input(), &[FunctionId(0)]);
            levels.into_iter().map(|series| (series.name, series.shown)).collect()
        };
        // At most 304 run at once: three times that is 912.
        sample.plan.account.concurrent_executions = 913;
        let expected = [
            ("account limit: 913".to_owned(), false),
            ("reserved for checkout: 300".to_owned(), true),
        ];
        assert_eq!(shown(&sample), expected);
        sample.plan.account.concurrent_executions = 912;
        assert!(shown(&sample)[0].1);
    }

    #[test]
    fn limits_follow_the_changes_of_the_scenario() {
        let mut sample = Sample::busy();
        let at = SimTime::ZERO + crate::units::Span::from_secs(600);
        sample.plan.change_steps = vec![crate::control::ChangeStep {
            at,
            changes: vec![Change::AccountLimit(2_000)],
        }];
        let levels = levels(&sample.input(), &[]);
        // Steps of five minutes: what holds at the end of the first two, and from then on.
        assert_eq!(levels[0].values[..3], [Some(1_000.0), Some(1_000.0), Some(2_000.0)]);
    }
}
