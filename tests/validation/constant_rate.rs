use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use super::engine::{attempts, folder};
use super::finding::{Finding, grouped, markdown, percent};
use super::table::{Table, quantile};

const RATES: [u32; 5] = [1, 2, 5, 10, 20];
/// Runs last 120 s; the first half is warm-up.
const WARM_UP_MS: f64 = 60_000.0;
/// Calls of a replay begin after as many environments are there as were measured.
const LEAD_MS: f64 = 10_000.0;
const ORDERS: [(&str, &str); 6] = [
    ("most recently used, the default", "env_pick: mru"),
    ("the same, reusable after 8 ms", "env_pick: mru, env.turnaround: 8 ms"),
    ("newest created", "env_pick: newest_created"),
    ("oldest created", "env_pick: oldest"),
    ("random", "env_pick: random"),
    ("least recently used", "env_pick: lru"),
];

/// One measured call: start and duration in ms, and what served it.
#[derive(Clone, Copy)]
struct Call {
    start: f64,
    duration: f64,
    environment: u64,
}

/// Environments in use under evenly spaced calls.
pub fn used_environments() -> Finding {
    let (mut rows, mut wrong, mut furthest) = (Vec::new(), 0, 0.0_f64);
    for rate in RATES {
        let calls = measured(rate);
        let late = calls.iter().filter(|call| call.start >= WARM_UP_MS);
        let used = late.map(|call| call.environment).collect::<BTreeSet<u64>>().len();
        let predicted = predicted_use(rate, &calls);
        let mean = calls.iter().map(|call| call.duration).sum::<f64>() / calls.len() as f64;
        let thumb = f64::from(rate) * mean / 1e3;
        wrong += usize::from(used != predicted);
        furthest = furthest.max((thumb - used as f64).abs());
        rows.push([
            format!("{rate}/s"),
            used.to_string(),
            predicted.to_string(),
            format!("{thumb:.2}"),
        ]);
    }
    Finding {
        put_in: "the rate, evenly spaced; quantiles of the duration".to_owned(),
        measured: "environments that served in the second minute at 1, 2, 5, 10, 20 requests/s".to_owned(),
        predicted: "the same".to_owned(),
        error: format!("{wrong} of {} rates differ", RATES.len()),
        rule_of_thumb: format!("off by up to {furthest:.2}; rounded up, right"),
        details: markdown(["rate", "measured", "predicted", "rate × duration"], rows),
        chart: None,
        holds: wrong == 0,
    }
}

/// Which environment of several idle ones serves (LIFE-16).
pub fn reuse_order() -> Finding {
    let runs: Vec<Vec<Call>> = RATES.iter().map(|&rate| measured(rate)).collect();
    let tallies = ORDERS.map(|(_, parameters)| {
        let mut sum = Agreement::default();
        for calls in &runs {
            sum.add(calls, &replayed(calls, parameters));
        }
        sum
    });
    let rows = ORDERS.iter().zip(&tallies).map(|((name, _), tally)| {
        [
            (*name).to_owned(),
            percent(tally.same as f64 / tally.calls as f64),
            percent(tally.same_choices as f64 / tally.choices as f64),
        ]
    });
    let missed = |place: usize| percent(1.0 - tallies[place].same_choices as f64 / tallies[place].choices as f64);
    let Agreement { calls, choices, .. } = tallies[0];
    Finding {
        put_in: "start and duration of every call".to_owned(),
        measured: format!(
            "which environment served each of {} calls, {choices} of which found several idle",
            grouped(calls)
        ),
        predicted: "the same environment".to_owned(),
        error: format!(
            "{} of all calls; of the {choices} {} with `env.turnaround: 8 ms`, {} without",
            percent(1.0 - tallies[0].same as f64 / calls as f64),
            missed(1),
            missed(0)
        ),
        rule_of_thumb: format!("says nothing; at random {} of the {choices}", missed(4)),
        details: format!(
            "The measured starts and durations are replayed, after as many environments have been created as were seen. A call counts as right \
             where its environment served the same call before as on Lambda.\n\n{}\n\
             **A limit of the default.** Several idle environments are rare here: nearly all cases are calls at 20 requests/s for which one \
             environment has been idle for some 50 ms, and another became free less than 8 ms ago. Lambda then takes the older one, as it does not \
             reuse an environment within 0 to 8 ms of the end of its invocation by the log's clock. LIFE-16 leaves that time at 0, so by default the \
             engine takes the newer. Numbers of environments do not depend on it, as the table above shows; where an end and the next start meet \
             within milliseconds, `env.turnaround: 8 ms` is closer to Lambda.\n",
            markdown(["order", "right of all calls", "right where several are idle"], rows)
        ),
        chart: None,
        holds: tallies[1].same_choices as f64 > 0.95 * choices as f64 && tallies[0].same as f64 > 0.85 * calls as f64,
    }
}

/// Calls of one rate in order of start; one without a logged duration has the median.
fn measured(rate: u32) -> Vec<Call> {
    let table = Table::carried("constant_rate.csv.gz");
    let rows: Vec<_> = table.rows().filter(|row| row.value("rps") == f64::from(rate)).collect();
    let mut durations: Vec<f64> = rows.iter().filter_map(|row| row.number("duration_ms")).collect();
    let median = quantile(&mut durations, 0.5);
    let mut calls: Vec<Call> = rows
        .iter()
        .map(|row| Call {
            start: row.value("start_ms"),
            duration: row.number("duration_ms").unwrap_or(median),
            environment: row.value("env_id") as u64,
        })
        .collect();
    calls.sort_by(|a, b| a.start.total_cmp(&b.start));
    calls
}

fn predicted_use(rate: u32, calls: &[Call]) -> usize {
    let mut durations: Vec<f64> = calls.iter().map(|call| call.duration).collect();
    let points: Vec<String> = [1, 5, 25, 50, 75, 95, 99]
        .map(|percent| {
            format!(
                "p{percent}: {:.2} ms",
                quantile(&mut durations, f64::from(percent) / 100.0)
            )
        })
        .to_vec();
    let scenario = format!(
        "name: constant\nduration: 2 min\nfunctions:\n  f: {{ runtime: python3.13, memory_size: 1769 MB, duration: {{ quantiles: {{ {} }} }} }}\n\
         traffic: {{ t: {{ to: f, arrivals: {{ constant: {rate}/s }} }} }}\n",
        points.join(", ")
    );
    let (_, _, all) = attempts(folder().path(), &scenario);
    let late = all
        .iter()
        .filter(|attempt| attempt.arrived.as_micros() as f64 >= WARM_UP_MS * 1e3);
    late.map(|attempt| attempt.environment).collect::<BTreeSet<u64>>().len()
}

/// The same calls with the environments that the engine chooses.
fn replayed(calls: &[Call], parameters: &str) -> Vec<Call> {
    let folder = folder();
    let mut trace = String::from("time,duration_ms\n");
    let environments = calls
        .iter()
        .map(|call| call.environment)
        .collect::<BTreeSet<u64>>()
        .len();
    for _ in 0..environments {
        trace.push_str("0,1\n");
    }
    for call in calls {
        writeln!(trace, "{:.3},{}", (call.start + LEAD_MS) / 1e3, call.duration).expect("text takes text");
    }
    fs::write(folder.path().join("calls.csv"), trace).expect("a temporary folder can be written");
    let scenario = format!(
        "name: replay\nduration: 3 min\nparameters: {{ {parameters} }}\nfunctions: {{ f: {{ init: 0 s, duration: 1 ms }} }}\n\
         traffic: {{ t: {{ to: f, arrivals: {{ trace: calls.csv }} }} }}\n"
    );
    let (_, _, all) = attempts(folder.path(), &scenario);
    let chosen: BTreeMap<u64, u64> = all
        .iter()
        .map(|attempt| (attempt.ordinal, attempt.environment))
        .collect();
    let chosen = chosen.into_values().skip(environments);
    calls
        .iter()
        .zip(chosen)
        .map(|(call, environment)| Call { environment, ..*call })
        .collect()
}

/// For each call, the one that its environment served before.
fn predecessors(calls: &[Call]) -> Vec<Option<usize>> {
    let mut last = BTreeMap::new();
    (0..calls.len())
        .map(|place| last.insert(calls[place].environment, place))
        .collect()
}

/// How many calls were served by the same environment as measured.
#[derive(Clone, Copy, Default)]
struct Agreement {
    /// Calls after the first of their environment, and those that agree.
    calls: usize,
    same: usize,
    /// Those that found several environments idle, and those that agree.
    choices: usize,
    same_choices: usize,
}

impl Agreement {
    fn add(&mut self, measured: &[Call], predicted: &[Call]) {
        let (ours, theirs) = (predecessors(predicted), predecessors(measured));
        let mut free_at: BTreeMap<u64, f64> = BTreeMap::new();
        for (place, call) in measured.iter().enumerate() {
            let idle = free_at.values().filter(|&&end| end <= call.start).count();
            free_at.insert(call.environment, call.start + call.duration);
            if theirs[place].is_some() {
                let same = usize::from(ours[place] == theirs[place]);
                let choice = usize::from(idle >= 2);
                (self.calls, self.same) = (self.calls + 1, self.same + same);
                (self.choices, self.same_choices) = (self.choices + choice, self.same_choices + same * choice);
            }
        }
    }
}
