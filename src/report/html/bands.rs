//! Charts of all replications together: means as lines, their intervals as bands.

use crate::experiment::Sample;
use crate::report::headline::Unit;
use crate::report::plot::{Domain, Ink, Series, SeriesChart, Stroke};
use crate::report::replicated::StepSample;
use crate::report::{CONFIDENCE, Replicated};

/// Of which number of each step, its name and the number of its colour.
pub(super) type Line = (&'static str, usize, fn(&StepSample) -> Sample);

/// A chart over time of numbers whose replications say how sure they are.
pub(super) fn over_replications(
    replicated: &Replicated,
    (id, title): (&'static str, &'static str),
    (unit, quantity): (Unit, &'static str),
    lines: &[Line],
) -> SeriesChart {
    SeriesChart {
        id,
        title,
        note:
            "Means of all replications, with the interval that holds the expected value in 95 of 100 such experiments."
                .to_owned(),
        domain: Domain::Time,
        unit,
        quantity,
        series: lines.iter().flat_map(|line| banded(replicated, *line)).collect(),
    }
}

fn banded(replicated: &Replicated, (name, ink, value): Line) -> [Series; 2] {
    let samples: Vec<Sample> = replicated.steps().iter().map(value).collect();
    let middle = samples.iter().map(|sample| (sample.count() > 0).then(|| sample.mean()));
    let ends = || samples.iter().map(|sample| sample.interval(CONFIDENCE));
    let above = ends().map(|ends| ends.map(|ends| ends.high)).collect();
    let below = ends().map(|ends| ends.map(|ends| ends.low.max(0.0)));
    [
        Series::new(
            format!("{name}: 95 % interval"),
            Ink::Data(ink + 7),
            Stroke::Band(above),
            below,
        ),
        Series::new(name, Ink::Data(ink), Stroke::Line, middle),
    ]
}
