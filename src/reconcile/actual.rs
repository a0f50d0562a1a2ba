use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::predicted::usage_of;
use crate::import::ImportError;
use crate::import::logs::{FunctionLog, LogOptions, read_logs};
use crate::import::metrics::{Series, read_metrics};
use crate::metrics::Histogram;

/// Bytes by which a file shows what it is.
const START: u64 = 1 << 16;
/// Columns of usage type and amount in bills: cost and usage reports of both forms, and `cost.csv` of a run.
const BILLS: [(&str, &str); 3] = [
    ("lineItem/UsageType", "lineItem/UsageAmount"),
    ("line_item_usage_type", "line_item_usage_amount"),
    ("usage_type", "quantity"),
];
/// Usage types of Lambda hold one of these words.
const OF_LAMBDA: [&str; 2] = ["Lambda", "Request"];

/// Function, quantity and value.
pub(super) type Quantity = (String, String, f64);

/// What a file tells, and what of it could not be used.
///
/// # Errors
/// A file that cannot be read, or tells nothing.
pub(super) fn read_actual(path: &Path) -> Result<(Vec<Quantity>, Vec<String>), ImportError> {
    let unreadable = |cause| ImportError::Read {
        path: path.to_owned(),
        cause,
    };
    let mut start = Vec::new();
    File::open(path)
        .map_err(unreadable)?
        .take(START)
        .read_to_end(&mut start)
        .map_err(unreadable)?;
    let start = String::from_utf8_lossy(&start);
    let header = start.lines().next().unwrap_or_default();
    let files = [path.to_owned()];
    if let Some(columns) = BILLS
        .iter()
        .find(|(key, amount)| header.contains(key) && header.contains(amount))
    {
        return bill(path, columns);
    }
    let is_json_of_metrics = start.contains("\"MetricDataResults\"") || start.contains("\"Datapoints\"");
    let is_table_of_metrics = !start.contains("REPORT") && !start.contains('@') && header.contains(',');
    if is_json_of_metrics || is_table_of_metrics {
        let metrics = read_metrics(&files, None)?;
        return Ok((of_metrics(&metrics.series), metrics.remarks));
    }
    of_logs(&files)
}

fn bill(path: &Path, (key, amount): &(&str, &str)) -> Result<(Vec<Quantity>, Vec<String>), ImportError> {
    let text = File::open(path).map_err(|cause| ImportError::Read {
        path: path.to_owned(),
        cause,
    })?;
    let sums =
        usage_of(text, key, amount).map_err(|error| ImportError::Wrong(format!("{}: {error}", path.display())))?;
    let mut quantities: BTreeMap<String, f64> = BTreeMap::new();
    for (usage, amount) in sums
        .iter()
        .filter(|(usage, _)| OF_LAMBDA.iter().any(|word| usage.contains(word)))
    {
        *quantities.entry(without_region(usage).to_owned()).or_insert(0.0) += amount;
    }
    if quantities.is_empty() {
        let message = format!("{}: no usage type of Lambda in its column {key}", path.display());
        return Err(ImportError::Wrong(message));
    }
    let quantities = quantities
        .into_iter()
        .map(|(usage, amount)| (String::new(), usage, amount));
    Ok((quantities.collect(), Vec::new()))
}

/// `USE1-Lambda-GB-Second` is `Lambda-GB-Second` in one region.
fn without_region(usage: &str) -> &str {
    let is_region = |start: &str| {
        start.ends_with(|c: char| c.is_ascii_digit())
            && start.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    match usage.split_once('-') {
        Some((start, rest)) if is_region(start) => rest,
        _ => usage,
    }
}

/// Sums of what is counted, means by invocations, largest gauges.
fn of_metrics(series: &[Series]) -> Vec<Quantity> {
    let mut found = Vec::new();
    for one in series {
        let values = || one.points.iter().map(|(_, value)| *value);
        let invocations = series
            .iter()
            .find(|other| other.function == one.function && other.metric == "Invocations");
        let quantity = match (one.metric, one.statistic.to_ascii_lowercase().as_str()) {
            ("Invocations" | "Errors" | "Throttles", "" | "sum") => (one.metric.to_owned(), values().sum()),
            ("ConcurrentExecutions", "" | "maximum") => {
                ("ConcurrentExecutions.max".to_owned(), values().fold(0.0, f64::max))
            }
            ("Duration", "maximum") => ("Duration.max".to_owned(), values().fold(0.0, f64::max)),
            ("Duration", "" | "average") => ("Duration.mean".to_owned(), weighted(one, invocations)),
            _ => continue,
        };
        found.push((one.function.clone(), quantity.0, quantity.1));
    }
    found
}

fn weighted(series: &Series, invocations: Option<&Series>) -> f64 {
    let weights: BTreeMap<i64, f64> = invocations
        .into_iter()
        .flat_map(|series| series.points.iter().copied())
        .collect();
    let weight = |time: &i64| {
        if weights.is_empty() {
            1.0
        } else {
            weights.get(time).copied().unwrap_or(0.0)
        }
    };
    let total: f64 = series.points.iter().map(|(time, _)| weight(time)).sum();
    let sum: f64 = series.points.iter().map(|(time, value)| value * weight(time)).sum();
    if total > 0.0 { sum / total } else { 0.0 }
}

fn of_logs(files: &[PathBuf]) -> Result<(Vec<Quantity>, Vec<String>), ImportError> {
    let logs = read_logs(files, &LogOptions::default())?;
    let mut functions: BTreeMap<&str, Vec<&FunctionLog>> = BTreeMap::new();
    for log in &logs.functions {
        functions.entry(&log.name).or_default().push(log);
    }
    let mut found = Vec::new();
    for (name, versions) in functions {
        let sum = |count: &dyn Fn(&FunctionLog) -> u64| versions.iter().map(|log| count(log)).sum::<u64>() as f64;
        let mut push = |quantity: &str, value: f64| found.push((name.to_owned(), quantity.to_owned(), value));
        push("Invocations", sum(&|log| log.invocations));
        push("Errors", sum(&|log| log.errors + log.crashes + log.timeouts));
        push("cold_starts", sum(&|log| log.inits.count() + log.restores.count()));
        if sum(&|log| log.environments() as u64) > 0.0 {
            push("environments.used", sum(&|log| log.environments() as u64));
        }
        let merged = |of: &dyn Fn(&FunctionLog) -> &Histogram| {
            versions.iter().fold(Histogram::default(), |mut all, log| {
                all.merge(of(log));
                all
            })
        };
        let (durations, inits) = (merged(&|log| &log.durations), merged(&|log| &log.inits));
        if sum(&|log| log.timeouts) == 0.0 {
            for (quantity, value) in summary("Duration", &durations) {
                push(&quantity, value);
            }
        }
        if inits.count() > 0 && sum(&|log| log.restores.count()) == 0.0 {
            for (quantity, value) in summary("init", &inits) {
                push(&quantity, value);
            }
        }
    }
    Ok((found, logs.remarks))
}

/// Mean, median and p99 in milliseconds.
fn summary(name: &str, values: &Histogram) -> [(String, f64); 3] {
    let summary = values.summary();
    [("mean", summary.mean), ("p50", summary.p50), ("p99", summary.p99)]
        .map(|(part, value)| (format!("{name}.{part}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_types_lose_the_region_of_a_bill() {
        assert_eq!(without_region("USE1-Lambda-GB-Second"), "Lambda-GB-Second");
        assert_eq!(without_region("EUC1-Request"), "Request");
        assert_eq!(without_region("Lambda-GB-Second-ARM"), "Lambda-GB-Second-ARM");
    }
}
