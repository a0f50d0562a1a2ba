use std::collections::BTreeMap;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::engine::{folder, run};
use super::finding::{Chart, Finding, Line, grouped, markdown, percent};
use super::table::Table;

const MINUTE: f64 = 60e6;
const MINUTES: usize = 480;
/// Columns of the trace with quantiles of the duration, and their probabilities.
const QUANTILES: [(&str, f64); 7] = [
    ("0", 0.0),
    ("1", 0.01),
    ("25", 0.25),
    ("50", 0.5),
    ("75", 0.75),
    ("99", 0.99),
    ("100", 1.0),
];

/// Start and end in microseconds of everything that ran.
type Busy = Vec<(u64, u64)>;

/// Concurrency of 500 functions over eight hours, beside a count that knows nothing of Lambda.
pub fn azure(data: &Path) -> Option<Finding> {
    let trace = data.join("azure2019_500fn_8h");
    if !trace.is_dir() {
        return None;
    }
    let (counted, thumb) = counted(&trace);
    let mut simulated = Busy::new();
    let scenario = format!(
        "name: azure\nduration: 8 h\naccount: {{ concurrent_executions: 100000 }}\ndefaults: {{ runtime: nodejs24.x }}\n\
         traffic: {{ trace: {{ arrivals: {{ azure: {:?} }} }} }}\n",
        trace.canonicalize().expect("the folder is there")
    );
    let (_, result) = run(folder().path(), &scenario, |attempt| {
        simulated.push((attempt.start.as_micros(), attempt.end.as_micros()));
    });
    let engine_mean = result.summary.account.concurrent_executions.mean;
    let engine_max = result.summary.account.concurrent_executions.max as f64;
    let (ours, theirs) = (per_minute(&simulated), per_minute(&counted));
    let mean = |minutes: &[f64]| minutes.iter().sum::<f64>() / MINUTES as f64;
    let apart = |minutes: &[f64]| {
        let errors: f64 = minutes.iter().zip(&theirs).map(|(a, b)| (a / b - 1.0).abs()).sum();
        errors / MINUTES as f64
    };
    let (peak, count) = (highest(&counted), counted.len());
    let row =
        |name: &str, a: f64, b: f64, c: f64| [name.to_owned(), format!("{a:.1}"), format!("{b:.1}"), format!("{c:.1}")];
    let busiest = thumb.iter().copied().fold(0.0, f64::max);
    let line = |name, minutes: &[f64]| Line {
        name,
        points: minutes
            .iter()
            .enumerate()
            .map(|(minute, value)| (minute as f64 / 60.0, *value))
            .collect(),
        dots: false,
    };
    Some(Finding {
        put_in: "counts per minute and quantiles of duration of 500 functions, Azure 2019, 8 h".to_owned(),
        measured: format!(
            "a direct count over {} calls: {:.1} at once in the mean, {peak:.0} at most",
            grouped(count),
            mean(&theirs)
        ),
        predicted: format!("{engine_mean:.1} and {engine_max:.0}"),
        error: format!(
            "mean {:+.1} %, highest {:+.1} %",
            100.0 * (engine_mean / mean(&theirs) - 1.0),
            100.0 * (engine_max / peak - 1.0)
        ),
        rule_of_thumb: format!(
            "mean {:+.1} %, highest {:+.1} %",
            100.0 * (mean(&thumb) / mean(&theirs) - 1.0),
            100.0 * (busiest / peak - 1.0)
        ),
        details: format!(
            "The count places each call anywhere in its minute, with another generator, gives it a duration between the trace's quantiles, and \
             counts how many overlap: no environment, no cold start, no limit. The engine runs the trace with AWS's defaults. Rate × duration takes the \
             recorded mean duration and the count of each minute.\n\n{}\nMinute by minute the engine is {} from the count, rate × duration {}. The quantiles of \
             the trace are of averages over 30 s, so neither is what Azure saw; the trace does not tell that. The engine's surplus is cold \
             starts, which hold their slot (CONC-1).\n",
            markdown(
                ["", "direct count", "engine", "rate × duration"],
                [
                    row("mean", mean(&theirs), engine_mean, mean(&thumb)),
                    row("highest", peak, engine_max, busiest)
                ]
            ),
            percent(apart(&ours)),
            percent(apart(&thumb))
        ),
        chart: Some(Chart {
            title: "Invocations at once, mean of each minute",
            x: "hours",
            y: "at once",
            lines: vec![line("direct count", &theirs), line("engine", &ours)],
        }),
        holds: (engine_mean / mean(&theirs) - 1.0).abs() < 0.05,
    })
}

/// Every call of the trace, and the mean concurrency of each minute by rate × duration.
fn counted(trace: &Path) -> (Busy, Vec<f64>) {
    let durations = Table::read(&trace.join("durations.csv.gz"));
    let durations: BTreeMap<&str, (f64, [f64; 7])> = durations
        .rows()
        .map(|row| {
            let points = QUANTILES.map(|(name, _)| row.value(&format!("percentile_Average_{name}")));
            (row.text("HashFunction"), (row.value("Average"), points))
        })
        .collect();
    let mut generator = ChaCha8Rng::seed_from_u64(1);
    let (mut busy, mut thumb) = (Busy::new(), vec![0.0; MINUTES]);
    for row in Table::read(&trace.join("invocations.csv.gz")).rows() {
        let (average, points) = durations[row.text("HashFunction")];
        for (minute, thumb) in thumb.iter_mut().enumerate() {
            let count = row.value(&(480 + minute).to_string());
            *thumb += count * average * 1e3 / MINUTE;
            for _ in 0..count as u64 {
                let start = ((minute as f64 + generator.random::<f64>()) * MINUTE) as u64;
                busy.push((start, start + (between(&points, generator.random()) * 1e3) as u64));
            }
        }
    }
    (busy, thumb)
}

/// The value below which a share lies, linear between the trace's quantiles.
fn between(points: &[f64; 7], share: f64) -> f64 {
    let above = QUANTILES.iter().position(|(_, p)| *p > share).unwrap_or(6);
    let (p0, p1) = (QUANTILES[above - 1].1, QUANTILES[above].1);
    points[above - 1] + (points[above] - points[above - 1]) * (share - p0) / (p1 - p0)
}

/// Mean concurrency of each minute.
fn per_minute(busy: &Busy) -> Vec<f64> {
    let mut minutes = vec![0.0; MINUTES];
    for &(start, end) in busy {
        let (mut from, end) = (start as f64, end as f64);
        while from < end {
            let minute = (from / MINUTE) as usize;
            let upto = end.min((minute + 1) as f64 * MINUTE);
            match minutes.get_mut(minute) {
                Some(sum) => *sum += (upto - from) / MINUTE,
                None => break,
            }
            from = upto;
        }
    }
    minutes
}

/// The highest number at one instant.
fn highest(busy: &Busy) -> f64 {
    let mut events: Vec<(u64, i64)> = busy.iter().flat_map(|&(start, end)| [(start, 1), (end, -1)]).collect();
    events.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, step) in events {
        now += step;
        most = most.max(now);
    }
    most as f64
}
