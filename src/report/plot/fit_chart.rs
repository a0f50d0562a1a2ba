//! Measured values against the families fitted to them.

use super::axis::Axis;
use super::figure::{Figure, LIMIT, Layer, Mark};
use crate::fit::{Candidate, Comparison};
use crate::report::numbers::grouped;

/// Families shown; more would hide each other.
const SHOWN: usize = 3;
const POINTS: usize = 400;
/// Quantiles at which the axis begins and ends.
const ENDS: [f64; 2] = [0.001, 0.999];

/// The share of values up to each length of time, as measured and as the best families have it.
pub(in crate::report) fn fit_figure(comparison: &Comparison, caption: &str) -> Figure {
    let sorted = &comparison.sorted;
    let last = sorted.len() - 1;
    let [low, high] = ENDS.map(|share| sorted[(share * last as f64).round() as usize]);
    let x = Axis::log_milliseconds("length of time, logarithmic", low, high.max(low * 1.1));
    let places: Vec<f64> = (0..=POINTS)
        .map(|step| x.low + (x.high - x.low) * step as f64 / POINTS as f64)
        .collect();
    let values: Vec<f64> = places.iter().map(|place| milliseconds(*place)).collect();
    let line = |share: &dyn Fn(f64) -> f64| {
        let shares = places
            .iter()
            .zip(&values)
            .map(|(place, value)| (*place, 100.0 * share(*value)));
        Mark::Lines(vec![shares.collect()])
    };
    let measured = Layer {
        label: format!("{} values", grouped(sorted.len() as u64)),
        color: LIMIT,
        mark: line(&|value| sorted.partition_point(|other| *other <= value) as f64 / sorted.len() as f64),
    };
    let family = |(number, candidate): (usize, &Candidate)| Layer {
        label: candidate.fitted.name().to_owned(),
        color: Figure::color(number),
        mark: line(&|value| candidate.fitted.cdf(value)),
    };
    let families = comparison.candidates.iter().take(SHOWN).enumerate().map(family);
    Figure {
        title: "How many values lie below what".to_owned(),
        caption: caption.to_owned(),
        y: Axis::percent("share of the values"),
        layers: std::iter::once(measured).chain(families).collect(),
        x,
        empty: None,
    }
}

/// Ten to the power of a place on the axis.
fn milliseconds(place: f64) -> f64 {
    crate::kernel::math::exp(place * std::f64::consts::LN_10)
}
