//! What replications say of each step: means as lines, their intervals as bands.

use super::figure::{Figure, Layer, Mark};
use super::steps::pieces;
use crate::experiment::Sample;
use crate::report::replicated::StepSample;
use crate::report::{CONFIDENCE, Replicated, ReportInput};

/// A line with its band below; `place` puts a value on the axis.
pub(super) fn banded(
    (label, color): (&str, usize),
    replicated: &Replicated,
    places: &[(f64, f64, f64)],
    sample: impl Fn(&StepSample) -> Sample,
    place: impl Fn(f64) -> f64,
) -> [Layer; 2] {
    let steps: Vec<Sample> = replicated.steps().iter().map(sample).collect();
    let middle = |((_, middle, _), sample): (&(f64, f64, f64), &Sample)| {
        (sample.count() > 0).then(|| (*middle, place(sample.mean())))
    };
    let ends = |((left, _, right), sample): (&(f64, f64, f64), &Sample)| {
        let interval = sample.interval(CONFIDENCE)?;
        Some([*left, *right, place(interval.low.max(0.0)), place(interval.high)])
    };
    let band = Layer {
        label: format!("{label}: 95 % interval"),
        color: Figure::pale(color),
        mark: Mark::Boxes(places.iter().zip(&steps).filter_map(ends).collect()),
    };
    let line = Layer {
        label: label.to_owned(),
        color: Figure::color(color),
        mark: Mark::Lines(pieces(places.iter().zip(&steps).map(middle))),
    };
    [band, line]
}

/// Upper ends of the intervals, which have to fit on the axis.
pub(super) fn upper_ends<'a>(
    input: &ReportInput<'a>,
    sample: impl Fn(&StepSample) -> Sample + 'a,
) -> impl Iterator<Item = f64> + 'a {
    let steps = input.replications.map_or(&[][..], Replicated::steps);
    let intervals = steps.iter().filter_map(move |step| sample(step).interval(CONFIDENCE));
    intervals.map(|interval| interval.high)
}
