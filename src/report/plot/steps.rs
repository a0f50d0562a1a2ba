//! Values of the steps of a run as marks on an axis of time.

use super::axis::TimeAxis;
use super::figure::Mark;
use crate::report::ReportInput;
use crate::report::csv::instant;
use crate::units::SimTime;

/// The run from its start to its horizon.
pub(super) fn time_axis(input: &ReportInput) -> TimeAxis {
    let start = instant(input.plan, SimTime::ZERO).replace('T', " ");
    let minute = start.strip_suffix(":00Z").or(start.strip_suffix('Z'));
    let since = format!("{} UTC", minute.unwrap_or(&start));
    TimeAxis::new(input.plan.horizon() - SimTime::ZERO, &since)
}

/// Where a step of the timeline begins, lies and ends on the axis.
pub(super) fn places(input: &ReportInput, time: &TimeAxis) -> Vec<(f64, f64, f64)> {
    let (step, end) = (input.result.timeline.step, time.axis.high);
    let buckets = input.result.timeline.buckets.iter();
    buckets
        .map(|bucket| {
            let left = time.place(bucket.start.as_micros());
            let right = time.place(bucket.start.saturating_add(step).as_micros()).min(end);
            (left, f64::midpoint(left, right), right)
        })
        .collect()
}

/// A level that holds over each step.
pub(super) fn staircase(places: &[(f64, f64, f64)], values: impl Iterator<Item = f64>) -> Mark {
    let corners = places.iter().zip(values);
    Mark::Lines(vec![
        corners
            .flat_map(|((left, _, right), value)| [(*left, value), (*right, value)])
            .collect(),
    ])
}

/// Runs of points without a gap.
pub(super) fn pieces(points: impl Iterator<Item = Option<(f64, f64)>>) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for point in points {
        match (point, pieces.last_mut()) {
            (Some(point), Some(piece)) => piece.push(point),
            (None, Some(piece)) if !piece.is_empty() => pieces.push(Vec::new()),
            _ => {}
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_where_a_step_has_no_value() {
        let points = [Some((0.0, 1.0)), None, None, Some((3.0, 1.0)), Some((4.0, 1.0))];
        let lengths: Vec<usize> = pieces(points.into_iter()).iter().map(Vec::len).collect();
        assert_eq!(lengths, [1, 2]);
    }
}
