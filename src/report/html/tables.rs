//! The numbers behind the answer.

use maud::{Markup, html};

use super::answer::{busiest, causes};
use crate::control::PlannedChange;
use crate::facts::Architecture;
use crate::lambda::{BudgetLimit, FunctionConfig};
use crate::metrics::{BudgetCounts, FunctionSummary, LatencySummary};
use crate::pricing::{Bill, FreeTier, Line, MonthLength, Rounding, break_even};
use crate::report::causes::title;
use crate::report::changes::{reason, refusals};
use crate::report::cost::{by_function, item_title};
use crate::report::csv::qualifier_name;
use crate::report::estimates;
use crate::report::happenings::{Happening, happenings};
use crate::report::numbers::{counted, decimal, dollars, grouped, milliseconds, percent, precise, share, short_name};
use crate::report::offered::keeps_one_level;
use crate::report::{Replicated, ReportInput};
use crate::units::SimTime;

const FUNCTIONS_SHOWN: usize = 50;
const HAPPENINGS_SHOWN: usize = 100;
const LATENCY_ROWS_SHOWN: usize = 60;

/// All tables, each where it has something to say.
pub(super) fn all(input: &ReportInput) -> Markup {
    html! {
        (traffic(input))
        (functions(input))
        (throttles(input))
        (latency_by_start(input))
        (asynchronous(input))
        (provisioned(input))
        (equipped(input))
        (downstream_budgets(input))
        (changes(input))
        (control(input))
        (bill(input))
        (month(input))
        (adjoining(input))
        (questions(input))
        (tags(input))
        (assumptions(input))
    }
}

/// What replications say of the headlines, and whether the run has a warm-up that is still counted.
pub(super) fn replications(input: &ReportInput) -> Markup {
    let Some(replicated) = input.replications else {
        return html! {};
    };
    let rows = estimates::rows(input, replicated, FUNCTIONS_SHOWN);
    let rows: Vec<Cells> = rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let count = counted(replicated.count(), "independent replication");
    let note = "Each replication is the same scenario with other luck. The interval holds the expected value in 95 of 100 such \
                experiments; of a maximum, which has none, the smallest and the largest are told. The answer above, the tables \
                below and all other files show the first replication; lines in charts are means of all, with the interval as a \
                band.";
    let [first, mean, interval, width] = estimates::HEADS;
    let meaning = "half the interval, as a share of the mean";
    let heads = [(first, ""), (mean, ""), (interval, ""), (width, meaning)];
    html! {
        (section(&format!("How sure: {count}"), note, &heads, 1, &rows))
        @if let Some(steady) = steady(input, replicated) { p.soft { (steady) } }
    }
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

pub(super) type Cells = Vec<Markup>;

/// What stands above a column, and what that means where it is an abbreviation.
pub(super) type Head = (&'static str, &'static str);

/// A table under a heading; the first `texts` columns hold words, the others numbers.
pub(super) fn section(heading: &str, note: &str, heads: &[Head], texts: usize, rows: &[Cells]) -> Markup {
    let class = |place: usize| if place < texts { "words" } else { "number" };
    html! {
        @if !rows.is_empty() {
            h2 { (heading) }
            @if !note.is_empty() { p.soft { (note) } }
            div.scroll {
                table {
                    thead { tr { @for (place, head) in heads.iter().enumerate() { th class=(class(place)) { (head_cell(*head)) } } } }
                    tbody {
                        @for row in rows {
                            tr { @for (place, cell) in row.iter().enumerate() { td class=(class(place)) { (cell) } } }
                        }
                    }
                }
            }
        }
    }
}

fn head_cell((head, meaning): Head) -> Markup {
    html! {
        @if meaning.is_empty() { (head) } @else { abbr title=(meaning) { (head) } }
    }
}

/// A name, whole in its title where it had to be shortened.
pub(super) fn name_cell(name: &str) -> Markup {
    let short = short_name(name);
    html! {
        @if short == name { span.name { (name) } } @else { span.name title=(name) { (short) } }
    }
}

pub(super) fn text(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

pub(super) fn count(count: u64) -> Markup {
    text(grouped(count))
}

pub(super) fn time(times: &LatencySummary, ms: f64) -> Markup {
    text(if times.count == 0 {
        "–".to_owned()
    } else {
        milliseconds(ms)
    })
}

fn traffic(input: &ReportInput) -> Markup {
    let names = input.plan.entries().map(|entry| &entry.name);
    let rows: Vec<Cells> = names
        .zip(&input.result.summary.traffic)
        .map(|(name, entry)| {
            let (counts, times) = (&entry.counts, &entry.latency);
            vec![
                name_cell(name),
                count(counts.arrivals),
                count(counts.succeeded),
                count(counts.failed),
                count(counts.throttled),
                count(counts.dropped),
                count(counts.in_flight_at_end),
                count(counts.requests),
                time(times, times.p50),
                time(times, times.p99),
            ]
        })
        .collect();
    let heads = [
        ("Traffic", ""),
        ("Arrivals", "calls and events that it asked for"),
        ("Succeeded", ""),
        ("Failed", ""),
        ("Throttled", "refused to the end with status 429"),
        (
            "Dropped",
            "events that were never run: too old, or reserved concurrency 0",
        ),
        ("In flight", "still running or waiting at the end"),
        ("Requests", "attempts, retries included"),
        ("p50", "half of the latencies are at most this"),
        ("p99", "99 % of the latencies are at most this"),
    ];
    section(
        "Traffic",
        "Latency: synchronous calls that succeeded, first attempt to final answer.",
        &heads,
        1,
        &rows,
    )
}

fn functions(input: &ReportInput) -> Markup {
    let costs = by_function(input.plan, &input.result.bill);
    let rows: Vec<Cells> = busiest(input, FUNCTIONS_SHOWN)
        .into_iter()
        .map(|(place, name, function)| {
            let (counts, times) = (&function.counts, &function.latency);
            vec![
                name_cell(name),
                count(counts.invocations),
                count(counts.errors),
                count(counts.throttles),
                text(percent(share(counts.cold_starts, counts.invocations))),
                time(&function.duration, function.duration.p50),
                time(times, times.p50),
                time(times, times.p99),
                count(function.concurrent_executions.max),
                text(precise(function.concurrent_executions.mean)),
                count(function.environments_created),
                text(precise(function.environments_idle_mean)),
                text(dollars(costs[place])),
            ]
        })
        .collect();
    let heads = [
        ("Function", ""),
        ("Inv.", "Invocations: attempts that ran"),
        ("Errors", "invocations that failed"),
        ("Throttles", "requests refused with status 429"),
        ("Cold", "share of invocations that waited for a new environment"),
        (
            "Dur. p50",
            "Duration of the handler: half of the invocations take at most this",
        ),
        (
            "Lat. p50",
            "latency as callers saw it: half of the answers took at most this",
        ),
        (
            "Lat. p99",
            "latency as callers saw it: 99 % of the answers took at most this",
        ),
        ("Conc. max", "concurrent executions, maximum"),
        ("Conc. mean", "concurrent executions, mean over time"),
        ("Envs", "execution environments created"),
        ("Idle", "idle environments, mean over time"),
        ("Cost", ""),
    ];
    let all = input.plan.functions.len();
    let note = match all.checked_sub(FUNCTIONS_SHOWN) {
        Some(hidden) if hidden > 0 => {
            format!("The {FUNCTIONS_SHOWN} with the most requests; {hidden} more in summary.json.")
        }
        _ => String::new(),
    };
    section("Functions", &note, &heads, 1, &rows)
}

fn throttles(input: &ReportInput) -> Markup {
    let all = input.result.summary.totals.throttles;
    let row = |(cause, number): (crate::facts::Cause, u64)| {
        vec![
            text(title(cause)),
            text(cause.rule()),
            count(number),
            text(percent(share(number, all))),
        ]
    };
    let rows: Vec<Cells> = causes(input).into_iter().map(row).collect();
    let heads = [("Cause", ""), ("Rule", ""), ("Throttles", ""), ("Share", "")];
    section("Throttles by cause", "", &heads, 2, &rows)
}

fn latency_by_start(input: &ReportInput) -> Markup {
    let plan = input.plan;
    let mut shown: Vec<_> = input.result.summary.latency.iter().collect();
    if shown.len() > LATENCY_ROWS_SHOWN {
        shown.sort_by_key(|row| std::cmp::Reverse(row.latency.count));
        shown.truncate(LATENCY_ROWS_SHOWN);
    }
    let row = |row: &&crate::metrics::LatencyRow| {
        let times = &row.latency;
        let function = &plan.functions[row.function.index()].name;
        let qualifier = qualifier_name(plan, row.function, row.qualifier);
        vec![
            name_cell(&plan.traffic[row.traffic.index()].name),
            html! { (name_cell(function)) @if let Some(qualifier) = qualifier { ":" (qualifier) } },
            text(row.invocation_type.name()),
            text(row.start.name()),
            count(times.count),
            time(times, times.mean),
            time(times, times.p50),
            time(times, times.p90),
            time(times, times.p99),
            time(times, times.max),
        ]
    };
    let rows: Vec<Cells> = shown.iter().map(row).collect();
    let heads = [
        ("Traffic", ""),
        ("To", ""),
        ("Type", ""),
        ("Start", "what served the last attempt"),
        ("Answers", ""),
        ("Mean", ""),
        ("p50", "half are at most this"),
        ("p90", "90 % are at most this"),
        ("p99", "99 % are at most this"),
        ("Max", ""),
    ];
    let note = "Every final answer by what served its last attempt; none: nothing ran. All rows are in latency.csv.";
    section("Latency by kind of start", note, &heads, 4, &rows)
}

fn asynchronous(input: &ReportInput) -> Markup {
    let heads = [
        ("Function", ""),
        ("Received", "events that Lambda queued"),
        (
            "Retries, throttled",
            "attempts made because the one before was throttled",
        ),
        ("Retries, error", "attempts made because the one before failed"),
        ("Expired", "events that grew too old in the queue"),
        ("Exhausted", "events that failed with no retry left"),
        ("DLQ", "sent to the dead-letter queue"),
        ("Success dest.", "sent to the on-success destination"),
        ("Failure dest.", "sent to the on-failure destination"),
        ("Age p99", "age at an attempt: 99 % are at most this"),
        ("p50", "event to final outcome: half take at most this"),
        ("p99", "event to final outcome: 99 % take at most this"),
        ("Max", "event to final outcome: the slowest"),
    ];
    let row = |name: &str, function: &FunctionSummary| {
        let events = &function.asynchronous;
        vec![
            name_cell(name),
            count(events.received),
            count(events.retries_throttled),
            count(events.retries_error),
            count(events.expired),
            count(events.exhausted),
            count(events.dead_lettered),
            count(events.destination_success),
            count(events.destination_failure),
            time(&events.event_age, events.event_age.p99),
            time(&events.latency, events.latency.p50),
            time(&events.latency, events.latency.p99),
            time(&events.latency, events.latency.max),
        ]
    };
    let all = busiest(input, FUNCTIONS_SHOWN);
    let asked = all.iter().filter(|(_, _, function)| function.asynchronous.received > 0);
    let rows: Vec<Cells> = asked.map(|(_, name, function)| row(name, function)).collect();
    let note =
        "Events wait in the function’s queue; age is counted at each attempt, outcome from event to final outcome.";
    section("Asynchronous events", note, &heads, 1, &rows)
}

fn provisioned(input: &ReportInput) -> Markup {
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
                count(served),
                count(spilled),
                text(percent(share(spilled, served + spilled))),
                text(percent(function.provisioned_utilization_max)),
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
    ];
    let note = "What provisioned environments cannot take runs on demand, with a cold start where none is idle.";
    section("Provisioned concurrency", note, &heads, 1, &rows)
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

fn downstream_budgets(input: &ReportInput) -> Markup {
    let mut rows: Vec<Cells> = Vec::new();
    for (config, budget) in input.plan.account.budgets.iter().zip(&input.result.summary.budgets) {
        let whole = match config.limit {
            BudgetLimit::Connections(count) => format!("{} connections", grouped(u64::from(count))),
            BudgetLimit::Rate { calls, per } => format!("{} calls in {per}", grouped(calls)),
        };
        let row = |user: Markup, most: Markup, counts: &BudgetCounts, mean: f64| {
            let part = if budget.mean > 0.0 { mean / budget.mean } else { 0.0 };
            vec![
                name_cell(&config.name),
                text(&whole),
                user,
                most,
                text(precise(mean)),
                text(percent(part)),
                count(counts.calls),
                count(counts.slowed + counts.queued + counts.failed),
            ]
        };
        rows.push(row(text("all"), count(budget.max), &budget.counts, budget.mean));
        for (function, counts, mean) in &budget.functions {
            let name = &input.plan.functions[function.index()].name;
            rows.push(row(name_cell(name), text(""), counts, *mean));
        }
    }
    let heads = [
        ("Budget", ""),
        ("Limit at the start", ""),
        ("Function", ""),
        ("Max.", "most in use at once, or most calls in one period"),
        ("Mean", "mean in use, or mean number of calls in a period"),
        ("Part", "who used it up"),
        ("Calls", "invocations that met the budget"),
        ("Beyond", "slowed, queued or failed, as there was no room"),
    ];
    let note =
        "What functions use together downstream. Beyond it invocations slow down, wait inside their duration, or fail.";
    section("Downstream budgets", note, &heads, 3, &rows)
}

fn changes(input: &ReportInput) -> Markup {
    let when = |time: SimTime| text((time - SimTime::ZERO).to_string());
    let row = |change: &PlannedChange| {
        let refused = refusals(input, change).map(|refusal| {
            let function = short_name(&input.plan.functions[refusal.function.index()].name);
            format!(
                "at {}, {function}: {}",
                refusal.at - SimTime::ZERO,
                reason(refusal.reason)
            )
        });
        let refused: Vec<String> = refused.collect();
        vec![
            name_cell(&change.name),
            html! { @for (path, value) in &change.set { div { code { (path) } " = " (value) } } },
            html! { @for line in &refused { div { (line) } } },
            when(change.from),
            change.until.map_or_else(|| text("the end"), when),
        ]
    };
    let rows: Vec<Cells> = input.plan.changes.iter().map(row).collect();
    let heads = [
        ("Change", ""),
        ("What it sets", ""),
        ("Refused", "what Lambda would not have done as the account stood then"),
        ("From", ""),
        ("Until", ""),
    ];
    let note = "Dotted lines in the charts. Lowered limits never end what runs; new code or configuration uses new environments.";
    section("Changes during the run", note, &heads, 3, &rows)
}

fn control(input: &ReportInput) -> Markup {
    let all = happenings(input);
    let row = |happening: &Happening| {
        vec![
            text(happening.at.to_string()),
            text(&happening.subject),
            text(&happening.what),
        ]
    };
    let rows: Vec<Cells> = all.iter().take(HAPPENINGS_SHOWN).map(row).collect();
    let more = (all.len() - rows.len()) as u64 + input.result.control.omitted;
    let note = match more {
        0 => String::new(),
        more => format!("The first of them; {} followed.", counted(more, "thing")),
    };
    let heads = [("Time", "from the start of the run"), ("What", ""), ("Happened", "")];
    section("Deployments and alarms", &note, &heads, 3, &rows)
}

fn bill_rows(bill: &Bill) -> Vec<Cells> {
    let row = |line: &Line| {
        vec![
            html! { (item_title(line.item)) @if line.estimated { " " span.soft { "(estimated price)" } } },
            text(line.architecture.map_or("", crate::facts::Architecture::name)),
            text(&line.month),
            text(format!("{} {}s", quantity(line), line.unit)),
            text(format!("${}", decimal(line.unit_price, 1_000_000_000_000_000, 15))),
            text(dollars(line.amount)),
        ]
    };
    let mut rows: Vec<Cells> = bill.lines.iter().map(row).collect();
    if !rows.is_empty() {
        let blank = || text("");
        rows.push(vec![
            html! { b { "Total" } },
            blank(),
            blank(),
            blank(),
            blank(),
            html! { b { (dollars(bill.total)) } },
        ]);
    }
    rows
}

/// Large quantities in whole units, small ones with the digits they have.
fn quantity(line: &Line) -> String {
    let (atoms, unit) = (line.quantity.atoms, line.quantity.per_unit);
    if atoms >= unit * 1_000 {
        grouped(u64::try_from((atoms + unit / 2) / unit).unwrap_or(u64::MAX))
    } else {
        decimal(atoms, unit, 3)
    }
}

const BILL_HEADS: [Head; 6] = [
    ("Item", ""),
    ("Architecture", ""),
    ("Month", ""),
    ("Quantity", ""),
    ("Unit price", ""),
    ("Amount", ""),
];

fn bill(input: &ReportInput) -> Markup {
    let note = match input.plan.billing.rounding {
        Rounding::Exact => "Exact lines, rounded once when shown.",
        Rounding::Page => "Each line is rounded to cents before they are summed, as on AWS’s pricing page.",
    };
    section(
        "The bill of this run",
        note,
        &BILL_HEADS,
        3,
        &bill_rows(&input.result.bill),
    )
}

fn month(input: &ReportInput) -> Markup {
    let length = match input.plan.billing.month {
        MonthLength::Hours730 => "730 hours",
        MonthLength::Calendar => "the calendar month in which the run starts",
    };
    let tier = match input.plan.billing.free_tier {
        FreeTier::Off => "without free tier",
        FreeTier::On | FreeTier::Prorated => "with free tier",
    };
    let note = format!("The run’s usage, scaled to {length}, then priced with the tiers of a whole month, {tier}.");
    let rows = bill_rows(&input.result.monthly_estimate);
    section("What a month like it costs", &note, &BILL_HEADS, 3, &rows)
}

/// Services beside Lambda, where some are billed.
fn adjoining(input: &ReportInput) -> Markup {
    let cost = &input.result.adjoining;
    if cost.bill.lines.is_empty() {
        return html! {};
    }
    let note = format!(
        "Not part of Lambda’s bill. Together {} for this run, {} in a month like it.",
        dollars(cost.bill.total),
        dollars(cost.monthly_estimate.total)
    );
    section("Beside Lambda", &note, &BILL_HEADS, 3, &bill_rows(&cost.bill))
}

/// What a planner asks of the bill.
fn questions(input: &ReportInput) -> Markup {
    let result = input.result;
    let answers = &result.cost_answers;
    let times = &result.provisioned_times;
    let mut rows = vec![
        ("billed INIT of cold starts", answers.cold_starts),
        ("attempts after the first", answers.retries),
        ("attempts that ended in an error", answers.errors),
        ("refused attempts (never billed)", answers.throttles),
        ("provisioned concurrency while idle", answers.idle_provisioned),
        ("saved by the free tier, or what it would save", answers.free_tier),
        ("saved by the price tiers", answers.tiers),
        ("saved by the savings plan", answers.savings_plan),
        ("taken off by the discount", answers.custom_discount),
        ("a month with all functions on x86_64", answers.by_architecture[0]),
        ("a month with all functions on arm64", answers.by_architecture[1]),
    ];
    rows.retain(|(_, amount)| *amount != crate::units::Money::ZERO);
    let mut rows: Vec<Cells> = rows
        .into_iter()
        .map(|(what, amount)| vec![text(what), text(dollars(amount))])
        .collect();
    if times.enabled.as_micros() > 0 {
        let even = break_even(&input.plan.billing, Architecture::X86_64).utilization();
        let above = times.above.as_micros() as f64 / times.enabled.as_micros() as f64;
        let what = format!(
            "time in which provisioned concurrency was busy enough to pay (above {} on x86_64)",
            percent(even)
        );
        rows.push(vec![text(what), text(percent(above))]);
    }
    let note = "Parts of a line at what the line costs on average; other architectures with the same durations.";
    section(
        "What the bill is made of",
        note,
        &[("Part", ""), ("Cost", "")],
        1,
        &rows,
    )
}

fn tags(input: &ReportInput) -> Markup {
    let costs = by_function(input.plan, &input.result.bill);
    let mut sums = std::collections::BTreeMap::new();
    for (tags, cost) in input.plan.tags.iter().zip(costs) {
        for tag in tags {
            *sums.entry(tag).or_insert(crate::units::Money::ZERO) += cost;
        }
    }
    let rows: Vec<Cells> = sums
        .into_iter()
        .map(|(tag, cost)| vec![text(tag), text(dollars(cost))])
        .collect();
    section("Cost by tag", "", &[("Tag", ""), ("Cost", "")], 1, &rows)
}

fn assumptions(input: &ReportInput) -> Markup {
    let plan = input.plan;
    let mut rows: Vec<Cells> = vec![
        vec![
            text("account concurrency"),
            count(u64::from(plan.account.concurrent_executions)),
        ],
        vec![text("behaviour of Lambda as of"), text(&plan.model_date)],
        vec![text("prices of"), text(&plan.billing.region)],
    ];
    for (name, span) in [
        ("warm-up, not counted", plan.warm_up),
        ("draining after the traffic", plan.drain),
    ] {
        if !span.is_zero() {
            rows.push(vec![text(name), text(span.to_string())]);
        }
    }
    let changed = input.changed_parameters.iter();
    rows.extend(changed.map(|(name, value)| vec![html! { "parameter " code { (name) } ", changed" }, text(value)]));
    let note = match input.changed_parameters {
        [] => "What AWS does not document follows the default parameters; none was changed.",
        _ => "What AWS does not document follows parameters; those changed from their default are listed.",
    };
    section(
        "What this rests on",
        note,
        &[("Assumption", ""), ("Value", "")],
        1,
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn a_long_name_is_shortened_and_whole_in_its_title() {
        let page = functions(&Sample::crowded(3).input()).into_string();
        let cell = "title=\"function-with-a-rather-long-name-0002\">function-w…ame-0002<";
        assert!(page.contains(cell), "{page}");
    }

    #[test]
    fn functions_in_a_vpc_tell_their_interfaces_by_both_formulas() {
        let mut sample = Sample::busy();
        assert!(equipped(&sample.input()).into_string().is_empty());
        sample.plan.functions[0].versions[0].equipment = Some(Box::new(crate::lambda::Equipment {
            network: Some(crate::lambda::Network::Shared(2)),
            ..Default::default()
        }));
        let page = equipped(&sample.input()).into_string();
        // 300 environments of 1 GB at once: one interface in each of 2 subnets, or 300 / 3.
        assert!(page.contains(">2<") && page.contains(">100<"), "{page}");
    }

    #[test]
    fn abbreviated_heads_say_what_they_mean() {
        let page = functions(&Sample::busy().input()).into_string();
        assert!(
            page.contains("<abbr title=\"concurrent executions, maximum\">Conc. max</abbr>"),
            "{page}"
        );
    }
}
