//! From what metrics tell to a scenario.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::series::Series;
use crate::import::draft::{Block, Draft, Value};
use crate::import::input::short_name;
use crate::import::logs::{Stretch, joined, poisson};
use crate::import::{BLANK, written};

/// CloudWatch's period where there are too few datapoints to tell another.
const DEFAULT_PERIOD: i64 = 60;
/// Periods that are looked at one by one: some months of minutes.
const MOST_PERIODS: i64 = 200_000;
/// Part of an account's concurrency that reservations must leave (CONC-4).
const UNRESERVED: u64 = 100;
const DEFAULT_CONCURRENCY: u64 = 1_000;

/// The series of one function.
struct Function<'a> {
    series: Vec<&'a Series>,
    period: i64,
}

pub(super) fn draft(files: &[PathBuf], series: &[Series]) -> Draft {
    let mut functions: BTreeMap<String, Vec<&Series>> = BTreeMap::new();
    for series in series {
        functions
            .entry(written::function_name(&series.function))
            .or_default()
            .push(series);
    }
    let times = || series.iter().flat_map(|series| &series.points).map(|(time, _)| *time);
    let from = times().min().unwrap_or(0);
    let functions: BTreeMap<String, Function> = functions
        .into_iter()
        .map(|(name, series)| {
            (
                name,
                Function {
                    period: period(&series),
                    series,
                },
            )
        })
        .collect();
    let longest = functions
        .values()
        .map(|function| function.period)
        .max()
        .unwrap_or(DEFAULT_PERIOD);
    let until = (times().max().unwrap_or(0) + longest).min(from + written::MOST_SECONDS);
    let mut draft = Draft::new("What would the traffic that these metrics show have met, and what does it cost?");
    let root = &mut draft.root;
    let read: Vec<String> = files.iter().map(|file| short_name(file)).collect();
    root.set("name", "from-metrics")
        .above(format!("read from {}", read.join(", ")));
    root.set("start", written::second(from));
    root.set("duration", format!("{} s", until - from));
    let reserved: u64 = functions.values().filter_map(Function::reservation).sum();
    if reserved + UNRESERVED > DEFAULT_CONCURRENCY {
        let note = format!("{BLANK} your limit");
        root.block("account")
            .set("concurrent_executions", reserved + UNRESERVED)
            .note(note);
    }
    for (name, function) in &functions {
        function.describe(root.block("functions").line(name).block(), from);
    }
    for (name, function) in &functions {
        function.send(name, root.block("traffic").line(name).block(), from, until);
    }
    draft
}

/// The smallest distance of two datapoints, in seconds.
fn period(series: &[&Series]) -> i64 {
    let gaps = series
        .iter()
        .flat_map(|series| series.points.windows(2).map(|pair| pair[1].0 - pair[0].0));
    gaps.filter(|gap| *gap > 0).min().unwrap_or(DEFAULT_PERIOD)
}

impl Function<'_> {
    fn of<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = &'a Series> {
        self.series
            .iter()
            .copied()
            .filter(move |series| series.metric == metric)
    }

    /// The sum of a metric that is counted.
    fn sum(&self, metric: &str) -> f64 {
        let summed = self
            .of(metric)
            .filter(|series| matches!(series.statistic.as_str(), "" | "Sum" | "sum"));
        summed.flat_map(|series| &series.points).map(|(_, value)| value).sum()
    }

    fn most(&self, metric: &str) -> f64 {
        self.of(metric)
            .flat_map(|series| &series.points)
            .map(|(_, value)| *value)
            .fold(0.0, f64::max)
    }

    /// The concurrency at which throttles were seen.
    fn reservation(&self) -> Option<u64> {
        let concurrency = self.most("ConcurrentExecutions").ceil() as u64;
        (self.sum("Throttles") > 0.0 && concurrency > 0).then_some(concurrency)
    }

    fn describe(&self, block: &mut Block, from: i64) {
        let concurrency = self.most("ConcurrentExecutions");
        block
            .set("memory_size", "128 MB")
            .note(format!("{BLANK} metrics do not tell it"));
        block
            .set("timeout", format!("{} s", written::longest_timeout(from)))
            .note(format!("{BLANK} metrics do not tell it"));
        if let Some(limit) = self.reservation() {
            let note = format!(
                "{BLANK} the limit behind {} throttles; this is the most that ran at once",
                self.sum("Throttles")
            );
            block.set("reserved_concurrent_executions", limit).note(note);
        }
        block
            .set("init", "0 s")
            .note(format!("{BLANK} metrics do not tell it; or give `runtime`"));
        let (duration, note) = self.duration();
        let note = match concurrency > 0.0 {
            true => format!("{note}; at most {concurrency} ran at once"),
            false => note,
        };
        block.set("duration", duration).note(note);
        let (errors, invocations) = (self.sum("Errors"), self.sum("Invocations"));
        if errors > 0.0 && invocations > 0.0 {
            block.set("error_rate", written::share((errors / invocations).min(1.0)));
        }
    }

    /// Quantiles where there are some, else the mean.
    fn duration(&self) -> (Value, String) {
        let mut points: BTreeMap<u64, f64> = BTreeMap::new();
        for series in self.of("Duration") {
            let values = || series.points.iter().map(|(_, value)| *value);
            let (percent, value) = match series.statistic.to_ascii_lowercase().as_str() {
                "minimum" => (0.0, values().fold(f64::INFINITY, f64::min)),
                "maximum" => (100.0, values().fold(0.0, f64::max)),
                other => match other.strip_prefix('p').and_then(|text| text.parse::<f64>().ok()) {
                    Some(percent) if percent <= 100.0 => (percent, self.weighted(series)),
                    _ => continue,
                },
            };
            points.insert((percent * 1e3) as u64, value);
        }
        let has_quantile = points.keys().any(|percent| (1..100_000).contains(percent));
        if has_quantile {
            let mut highest = 0;
            let rising = points.into_iter().map(|(percent, value)| {
                highest = highest.max(micros(value));
                (percent as f64 / 1e3, highest)
            });
            let value = written::quantiles(rising);
            return (value, "quantiles of the periods, weighted by invocations".to_owned());
        }
        let mean = self
            .of("Duration")
            .find(|series| matches!(series.statistic.as_str(), "" | "Average" | "average"));
        match mean {
            Some(series) => {
                let note = format!("{BLANK} the mean; give quantiles, such as p50 and p99");
                (written::milliseconds(micros(self.weighted(series))).into(), note)
            }
            None => ("100 ms".into(), format!("{BLANK} no Duration in the metrics")),
        }
    }

    /// The mean of a statistic over periods, each counted by its invocations.
    fn weighted(&self, series: &Series) -> f64 {
        let invocations: BTreeMap<i64, f64> = self
            .of("Invocations")
            .flat_map(|series| series.points.iter().copied())
            .collect();
        let weight = |time: &i64| {
            if invocations.is_empty() {
                1.0
            } else {
                invocations.get(time).copied().unwrap_or(0.0)
            }
        };
        let (sum, total) = series.points.iter().fold((0.0, 0.0), |(sum, total), (time, value)| {
            (sum + value * weight(time), total + weight(time))
        });
        if total > 0.0 { sum / total } else { 0.0 }
    }

    fn send(&self, name: &str, entry: &mut Block, from: i64, until: i64) {
        entry.set("to", name);
        entry
            .set("invocation_type", "RequestResponse")
            .note(format!("{BLANK} Event, if nobody waits for the answer"));
        entry
            .set("retry", "none")
            .note("each retry of a caller is a request in the metrics");
        let arrivals = entry.block("arrivals");
        let stretches = joined(self.stretches(from, until), written::MOST_STRETCHES);
        let total: u64 = stretches.iter().map(|stretch| stretch.count).sum();
        if total == 0 {
            arrivals
                .set("poisson", "1/s")
                .note(format!("{BLANK} no Invocations in the metrics"));
        } else {
            arrivals
                .set("poisson", poisson(&stretches, from))
                .note(format!("{total} invocations and throttles"));
        }
    }

    /// Requests of each period, or of several where there are very many, those that were throttled too; no datapoint is no
    /// request.
    fn stretches(&self, from: i64, until: i64) -> Vec<Stretch> {
        let periods = (until - from) / self.period;
        let step = self.period * (1 + periods / MOST_PERIODS);
        let starts = (0..)
            .map(|number| from + number * step)
            .take_while(|start| *start < until);
        let mut stretches: Vec<Stretch> = starts
            .map(|start| Stretch {
                from: start,
                until: (start + step).min(until),
                count: 0,
            })
            .collect();
        for (time, value) in ["Invocations", "Throttles"]
            .iter()
            .flat_map(|metric| self.of(metric))
            .flat_map(|series| &series.points)
        {
            let place = (time - from) / step;
            if let Some(stretch) = stretches.get_mut(place as usize) {
                stretch.count += value.max(0.0).round() as u64;
            }
        }
        stretches
    }
}

fn micros(milliseconds: f64) -> u64 {
    (milliseconds.max(0.0) * 1e3).round() as u64
}
