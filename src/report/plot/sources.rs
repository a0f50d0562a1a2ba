//! Charts of event sources: what waits in queues, and how old it is when it is handled.

use super::axis::Axis;
use super::figure::{Figure, Layer, Mark};
use super::steps::{pieces, places, staircase, time_axis};
use crate::metrics::{SourceId, SourceSteps};
use crate::report::ReportInput;
use crate::report::numbers::short_name;

/// Lines that can be told apart.
const DRAWN: usize = 6;
/// Units of ages, from the largest age at which each is used, in ms.
const UNITS: [(f64, f64, &str); 5] = [
    (3.0 * 86_400e3, 86_400e3, "days"),
    (3.0 * 3_600e3, 3_600e3, "hours"),
    (3.0 * 60e3, 60e3, "minutes"),
    (2e3, 1e3, "seconds"),
    (0.0, 1.0, "ms"),
];

/// The most messages that waited in each queue at once, step by step.
pub(super) fn backlog(input: &ReportInput) -> Figure {
    let height = |source: &SourceSteps| source.waiting.iter().copied().max().unwrap_or(0) as f64;
    let drawn = highest(input, height);
    let most = drawn.iter().map(|(_, height)| *height).fold(0.0, f64::max);
    let time = time_axis(input);
    let y = Axis::linear("messages waiting, maximum", most, true);
    let mut figure = Figure::blank(time.axis.clone(), y);
    if drawn.is_empty() {
        figure.empty = Some("no message waited");
        return figure;
    }
    let places = places(input, &time);
    figure.layers = layers(input, &drawn, |source| {
        staircase(&places, source.waiting.iter().map(|count| *count as f64))
    });
    figure
}

/// The oldest message or record that was handled in each step.
pub(super) fn ages(input: &ReportInput) -> Figure {
    let drawn = highest(input, |source| {
        source.age_ms.iter().flatten().copied().fold(0.0, f64::max)
    });
    let oldest = drawn.iter().map(|(_, age)| *age).fold(0.0, f64::max);
    let known = UNITS.into_iter().find(|(from, ..)| oldest >= *from);
    let (_, unit, name) = known.unwrap_or(UNITS[UNITS.len() - 1]);
    let time = time_axis(input);
    let y = Axis::linear(format!("age of the oldest, {name}"), oldest / unit, false);
    let mut figure = Figure::blank(time.axis.clone(), y);
    if drawn.is_empty() {
        figure.empty = Some("no message and no record was handled late");
        return figure;
    }
    let places = places(input, &time);
    figure.layers = layers(input, &drawn, |source| {
        let points = places.iter().zip(&source.age_ms);
        Mark::Lines(pieces(
            points.map(|((_, middle, _), age)| age.map(|ms| (*middle, ms / unit))),
        ))
    });
    figure
}

/// The sources that rise highest, in the order of the plan, with their heights.
fn highest<'a>(input: &ReportInput<'a>, height: impl Fn(&SourceSteps) -> f64) -> Vec<(&'a SourceSteps, f64)> {
    let all = input
        .result
        .timeline
        .sources
        .iter()
        .map(|source| (source, height(source)));
    let mut drawn: Vec<_> = all.enumerate().filter(|(_, (_, height))| *height > 0.0).collect();
    drawn.sort_by(|(_, (_, one)), (_, (_, other))| other.total_cmp(one));
    drawn.truncate(DRAWN);
    drawn.sort_by_key(|(place, _)| *place);
    drawn.into_iter().map(|(_, source)| source).collect()
}

fn layers(input: &ReportInput, drawn: &[(&SourceSteps, f64)], mark: impl Fn(&SourceSteps) -> Mark) -> Vec<Layer> {
    let layer = |(number, (source, _)): (usize, &(&SourceSteps, f64))| Layer {
        label: name(input, source.source),
        color: Figure::color(number),
        mark: mark(source),
    };
    drawn.iter().enumerate().map(layer).collect()
}

fn name(input: &ReportInput, source: SourceId) -> String {
    match source {
        SourceId::Queue(queue) => format!("sqs:{}", short_name(&input.plan.queues[queue.index()].name)),
        SourceId::Stream(stream) => {
            let config = &input.plan.streams[stream.index()];
            format!("{}:{}", config.kind.name(), short_name(&config.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn ages_are_told_in_the_unit_of_the_oldest() {
        let mut sample = Sample::busy();
        for (age_ms, wanted) in [
            (1_999.0, "ms"),
            (2_000.0, "seconds"),
            (180e3, "minutes"),
            (10_800e3, "hours"),
            (259_200e3, "days"),
        ] {
            sample.result.timeline.sources[0].age_ms[1] = Some(age_ms);
            let figure = ages(&sample.input());
            assert!(figure.y.label.ends_with(wanted), "{}", figure.y.label);
            assert!(figure.y.high < 240.0 || wanted == "ms", "{}", figure.y.high);
        }
    }

    #[test]
    fn a_step_without_a_message_breaks_the_line_of_ages_but_not_that_of_what_waits() {
        let sample = Sample::busy();
        let input = sample.input();
        let pieces = |figure: Figure| match &figure.layers[0].mark {
            Mark::Lines(pieces) => pieces.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!((pieces(backlog(&input)), pieces(ages(&input))), (1, 2));
    }
}
