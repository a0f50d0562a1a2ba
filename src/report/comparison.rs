//! Scenarios or finished runs held against each other: the numbers, and the files of a comparison.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::plot::{ComparedRow, comparison_figure, figure_png, figure_svg};
use super::replicated::shortened;
use super::verdict::{Judged, Verdict};
use super::{CONFIDENCE, Headline};
use crate::experiment::{Difference, Interval, Sample};
use crate::scenario::WrittenDifference;

/// One of the things compared.
#[derive(Clone, Debug)]
pub struct Side {
    /// How it is called here: A, B, …
    pub label: String,
    /// Its file or folder, as much of it as tells it from the others.
    pub name: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Whether it was run before.
    pub finished: bool,
    /// Seed of its runs.
    pub seed: u64,
    /// Its replications.
    pub replications: u64,
}

/// One metric of two sides.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Which.
    pub headline: Headline,
    /// By how much it differs.
    pub difference: Difference,
}

impl Compared {
    pub(super) fn judged(&self) -> Judged<'_> {
        Judged::of(&self.headline.path, &self.difference)
    }
}

/// One side against the base.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Which side, as a place in the list of sides; the base is the first.
    pub other: usize,
    /// Where its scenario differs from the base; `None` where one of the two does not tell.
    pub changes: Option<Vec<WrittenDifference>>,
    /// Whether replications are paired: both sides met the same luck.
    pub paired: bool,
    /// What to know of it, a sentence each.
    pub remarks: Vec<String>,
    /// The metrics that both have.
    pub metrics: Vec<Compared>,
}

/// A whole comparison.
#[derive(Clone, Debug)]
pub struct ComparisonReport {
    /// Version of the program.
    pub version: String,
    /// What is compared; the first is the base.
    pub sides: Vec<Side>,
    /// Each other side against the base.
    pub comparisons: Vec<Comparison>,
}

impl ComparisonReport {
    /// As JSON, with fixed keys.
    pub fn json(&self) -> Value {
        let side = |side: &Side| {
            json!({
                "label": side.label,
                "name": side.name,
                "scenario": side.scenario,
                "finished": side.finished,
                "seed": side.seed,
                "replications": side.replications,
            })
        };
        json!({
            "version": self.version,
            "confidence": CONFIDENCE,
            "sides": self.sides.iter().map(side).collect::<Vec<_>>(),
            "comparisons": self.comparisons.iter().map(|comparison| self.comparison_json(comparison)).collect::<Vec<_>>(),
        })
    }

    fn comparison_json(&self, comparison: &Comparison) -> Value {
        let change =
            |change: &WrittenDifference| json!({ "path": change.path, "base": change.before, "other": change.after });
        let changes = comparison.changes.as_ref();
        json!({
            "base": self.sides[0].label,
            "other": self.sides[comparison.other].label,
            "paired": comparison.paired,
            "verdict": self.sentence(comparison),
            "changes": changes.map(|changes| changes.iter().map(change).collect::<Vec<_>>()),
            "remarks": comparison.remarks,
            "metrics": comparison.metrics.iter().map(metric_json).collect::<Vec<_>>(),
        })
    }

    /// `compare.csv`: a row for each metric of each comparison.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        let mut rows = ::csv::Writer::from_writer(out);
        rows.write_record(CSV_HEADS)?;
        for comparison in &self.comparisons {
            for compared in &comparison.metrics {
                rows.write_record(self.csv_row(comparison, compared))?;
            }
        }
        rows.flush()
    }

    fn csv_row(&self, comparison: &Comparison, compared: &Compared) -> Vec<String> {
        let judged = compared.judged();
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| shortened(value).to_string());
        let difference = three(&judged);
        let relative = judged.relative();
        let texts = [
            &self.sides[0].label,
            &self.sides[comparison.other].label,
            &compared.headline.path,
        ];
        let means = [&compared.difference.base, &compared.difference.other].map(mean);
        let numbers = means.into_iter().chain(difference).chain(relative);
        let last = [
            number(compared.difference.variance_reduction()),
            replications(compared).to_string(),
            judged.verdict.name().to_owned(),
        ];
        let texts = texts.into_iter().cloned();
        texts.chain(numbers.map(number)).chain(last).collect()
    }

    /// Intervals of the relative differences as `compare.svg`.
    ///
    /// # Errors
    /// Where it cannot be drawn.
    pub fn svg(&self) -> io::Result<String> {
        figure_svg(&self.figure())
    }

    /// The same as a PNG file, which is left to the caller to remove where it could not be written whole.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn draw_png(&self, file: &Path) -> io::Result<()> {
        figure_png(&self.figure(), file)
    }

    fn figure(&self) -> super::plot::Figure {
        let base = &self.sides[0];
        let others = self.comparisons.iter().map(|comparison| {
            let side = &self.sides[comparison.other];
            ((side.label.clone(), side.name.clone()), drawn(comparison))
        });
        let caption = format!("{}, seed {}", base.scenario, base.seed);
        let title = format!("Differences from {}: {}", base.label, base.name);
        comparison_figure(title, caption, others.collect())
    }
}

/// Columns of `compare.csv`.
const CSV_HEADS: [&str; 14] = [
    "base",
    "other",
    "metric",
    "base_mean",
    "other_mean",
    "difference",
    "difference_low",
    "difference_high",
    "relative",
    "relative_low",
    "relative_high",
    "variance_reduction",
    "replications",
    "verdict",
];

/// Mean and ends of the interval of a difference.
fn three(judged: &Judged) -> [Option<f64>; 3] {
    let end = |end: fn(&Interval) -> f64| judged.interval.as_ref().map(end);
    let some = judged.difference.base.count() > 0 && judged.difference.other.count() > 0;
    [
        some.then(|| judged.difference.mean()),
        end(|interval| interval.low),
        end(|interval| interval.high),
    ]
}

fn mean(sample: &Sample) -> Option<f64> {
    (sample.count() > 0).then(|| sample.mean())
}

/// How many replications a difference rests on: of those that are not paired the fewer.
fn replications(compared: &Compared) -> u64 {
    compared.difference.base.count().min(compared.difference.other.count())
}

fn metric_json(compared: &Compared) -> Value {
    let judged = compared.judged();
    let difference = three(&judged);
    let relative = judged.relative();
    let interval = |[mean, low, high]: [Option<f64>; 3]| {
        let [mean, low, high] = [mean, low, high].map(|value| value.map(shortened));
        json!({ "mean": mean, "low": low, "high": high })
    };
    let apart = compared.difference.apart.filter(|apart| apart.count() > 0);
    let method = judged.interval.map(|_| match compared.difference.apart {
        Some(_) => "student_t",
        None => "welch",
    });
    json!({
        "metric": compared.headline.path,
        "base": mean(&compared.difference.base).map(shortened),
        "other": mean(&compared.difference.other).map(shortened),
        "difference": interval(difference),
        "relative": interval(relative),
        "method": method,
        "lowest": apart.map(|apart| shortened(apart.lowest())),
        "highest": apart.map(|apart| shortened(apart.highest())),
        "variance_reduction": compared.difference.variance_reduction().map(shortened),
        "replications": replications(compared),
        "verdict": judged.verdict.name(),
        "text": judged.words(),
    })
}

/// What the figure shows of a comparison, in per cent of the base: all that differs and has an interval.
fn drawn(comparison: &Comparison) -> Vec<ComparedRow> {
    let row = |compared: &Compared| {
        let judged = compared.judged();
        if judged.verdict == Verdict::Same {
            return None;
        }
        let [mean, low, high] = judged.relative().map(|value| Some(value? * 100.0));
        Some(ComparedRow {
            title: compared.headline.title(),
            mean: mean?,
            low: low?,
            high: high?,
        })
    };
    comparison.metrics.iter().filter_map(row).collect()
}
