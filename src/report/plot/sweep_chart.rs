//! What varies against what comes of it: a line for one variable, a map of colours for two.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::figure::{Figure, Layer, Mark};
use crate::report::numbers::{dollars_of, milliseconds, significant};

/// Dark to light, as in Viridis: rising brightness, for colour-blind readers and grey printers alike.
const SCALE: [RGBColor; 7] = [
    RGBColor(0x44, 0x01, 0x54),
    RGBColor(0x44, 0x39, 0x83),
    RGBColor(0x31, 0x68, 0x8E),
    RGBColor(0x21, 0x91, 0x8C),
    RGBColor(0x35, 0xB7, 0x79),
    RGBColor(0x90, 0xD7, 0x43),
    RGBColor(0xFD, 0xE7, 0x25),
];
/// Classes follow the logarithm of values that differ by more than this.
const WIDE_RANGE: f64 = 100.0;

/// One metric over the points of a sweep with one or two axes.
#[derive(Clone, Debug)]
pub(in crate::report) struct SweptValues<'a> {
    /// Path in `summary.json`.
    pub metric: &'a str,
    /// Name and seed of the scenario.
    pub caption: String,
    /// For each axis its label and the texts of its steps.
    pub axes: Vec<(String, Vec<String>)>,
    /// For each point, the last axis turning fastest, the metric's value.
    pub values: Vec<Option<f64>>,
    /// For each point the ends of the value's interval, where it has one.
    pub intervals: Vec<Option<(f64, f64)>>,
}

/// The chart of one metric; `None` where there are other than one or two axes.
pub(in crate::report) fn sweep_figure(swept: &SweptValues) -> Option<Figure> {
    let present: Vec<f64> = swept.values.iter().flatten().copied().collect();
    let mut figure = match swept.axes.as_slice() {
        [x] => lines(swept, x, &present),
        [y, x] => heat_map(swept, y, x, &present),
        _ => return None,
    };
    if present.is_empty() {
        figure.empty = Some("no point has this value");
    }
    Some(figure)
}

fn blank(swept: &SweptValues, x: Axis, y: Axis) -> Figure {
    Figure {
        title: swept.metric.to_owned(),
        caption: swept.caption.clone(),
        x,
        y,
        layers: Vec::new(),
        empty: None,
    }
}

fn lines(swept: &SweptValues, (label, texts): &(String, Vec<String>), present: &[f64]) -> Figure {
    let (x, places) = match numbers(texts) {
        Some((values, unit)) => Axis::of_values(with_unit(label, unit), &values),
        None => (
            Axis::places(label, texts),
            (0..texts.len()).map(|place| place as f64).collect(),
        ),
    };
    let ends = swept.intervals.iter().flatten().map(|(_, high)| *high);
    let highest = present.iter().copied().chain(ends).fold(0.0, f64::max);
    let y = Axis::linear(unit_of(swept.metric), highest, false);
    let mut pieces = vec![Vec::new()];
    for (place, value) in places.iter().zip(&swept.values) {
        match (value, pieces.last_mut()) {
            (Some(value), Some(piece)) => piece.push((*place, *value)),
            _ => pieces.push(Vec::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    // A dot at every point that was run.
    let dots: Vec<_> = pieces.iter().flatten().map(|point| vec![*point]).collect();
    pieces.extend(dots);
    let mut figure = blank(swept, x, y);
    figure.layers.extend(band(swept, &places));
    figure.layers.push(Layer {
        label: swept.metric.to_owned(),
        color: Figure::color(0),
        mark: Mark::Lines(pieces),
    });
    figure
}

/// The area of the intervals, where neighbouring points have some.
fn band(swept: &SweptValues, places: &[f64]) -> Option<Layer> {
    let edges = places.iter().zip(&swept.intervals);
    // Nothing that is measured lies below 0, though a symmetric interval may.
    let edges = edges.filter_map(|(place, ends)| ends.map(|(low, high)| (*place, low.max(0.0), high)));
    let edges: Vec<(f64, f64, f64)> = edges.collect();
    (edges.len() > 1).then(|| Layer {
        label: "95 % interval".to_owned(),
        color: Figure::pale(0),
        mark: Mark::Band(edges),
    })
}

fn heat_map(swept: &SweptValues, y: &(String, Vec<String>), x: &(String, Vec<String>), present: &[f64]) -> Figure {
    let mut figure = blank(swept, Axis::places(&x.0, &x.1), Axis::places(&y.0, &y.1));
    let boxes = |within: &dyn Fn(Option<f64>) -> bool| {
        let cells = swept.values.iter().enumerate().filter(|(_, value)| within(**value));
        let corner = |(point, _)| {
            let (column, row) = ((point % x.1.len()) as f64, (point / x.1.len()) as f64);
            [column - 0.5, column + 0.5, row - 0.5, row + 0.5]
        };
        cells.map(corner).collect::<Vec<[f64; 4]>>()
    };
    for (number, (low, high)) in classes(present).into_iter().enumerate() {
        let cells = boxes(&|value| value.is_some_and(|value| value <= high && (value > low || number == 0)));
        if !cells.is_empty() {
            figure.layers.push(Layer {
                label: between(swept.metric, low, high),
                color: SCALE[number],
                mark: Mark::Boxes(cells),
            });
        }
    }
    let without = boxes(&|value| value.is_none());
    if !without.is_empty() {
        figure.layers.push(Layer {
            label: "none".to_owned(),
            color: RGBColor(0xC8, 0xCC, 0xD0),
            mark: Mark::Boxes(without),
        });
    }
    figure
}

/// Up to seven ranges that hold all values, each with its upper end.
fn classes(values: &[f64]) -> Vec<(f64, f64)> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low >= high {
        return vec![(low, high)];
    }
    let logarithmic = low > 0.0 && high / low > WIDE_RANGE;
    let at = |number: usize| {
        let share = number as f64 / SCALE.len() as f64;
        match number {
            0 => low,
            n if n == SCALE.len() => high,
            _ if logarithmic => low * crate::kernel::math::exp(crate::kernel::math::ln(high / low) * share),
            _ => low + (high - low) * share,
        }
    };
    (0..SCALE.len()).map(|number| (at(number), at(number + 1))).collect()
}

fn between(metric: &str, low: f64, high: f64) -> String {
    if low == high {
        return shown(metric, low);
    }
    format!("{} to {}", shown(metric, low), shown(metric, high))
}

/// A value in the unit of its path.
pub(in crate::report) fn shown(metric: &str, value: f64) -> String {
    match unit_of(metric) {
        "USD" => dollars_of(value),
        "ms" => milliseconds(value),
        _ => significant(value),
    }
}

/// The unit of what a path of `summary.json` leads to.
fn unit_of(metric: &str) -> &'static str {
    let has = |part: &str| metric.split('.').any(|step| step.ends_with(part));
    if metric.starts_with("cost.") || metric.ends_with(".cost") {
        return "USD";
    }
    if has("latency") || has("latency_all") || has("Duration") || has("init") || has("Age") || has("age_max") {
        return "ms";
    }
    if has("_share") { "share" } else { "value" }
}

/// The steps as rising numbers and their common unit, where they are that.
fn numbers(texts: &[String]) -> Option<(Vec<f64>, &str)> {
    let parts = texts.iter().map(|text| {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        Some((number.parse::<f64>().ok()?, unit.trim()))
    });
    let parts: Vec<(f64, &str)> = parts.collect::<Option<_>>()?;
    let unit = parts.first()?.1;
    let rising = parts.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[1].1 == unit);
    rising.then(|| (parts.iter().map(|(number, _)| *number).collect(), unit))
}

fn with_unit(label: &str, unit: &str) -> String {
    if unit.is_empty() {
        label.to_owned()
    } else {
        format!("{label} ({unit})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swept(axes: Vec<(&str, Vec<&str>)>, values: Vec<Option<f64>>) -> SweptValues<'static> {
        let own =
            |(label, texts): (&str, Vec<&str>)| (label.to_owned(), texts.into_iter().map(str::to_owned).collect());
        SweptValues {
            metric: "cost.total",
            caption: String::new(),
            axes: axes.into_iter().map(own).collect(),
            intervals: vec![None; values.len()],
            values,
        }
    }

    #[test]
    fn one_variable_is_a_line_with_a_gap_where_a_point_has_no_value() {
        let swept = swept(
            vec![("m", vec!["128 MB", "256 MB", "512 MB"])],
            vec![Some(1.0), None, Some(3.0)],
        );
        let figure = sweep_figure(&swept).unwrap();
        assert_eq!(figure.x.label, "m (MB)");
        let Mark::Lines(pieces) = &figure.layers[0].mark else {
            panic!()
        };
        assert_eq!(pieces[..2], [vec![(128.0, 1.0)], vec![(512.0, 3.0)]]);
    }

    #[test]
    fn intervals_are_a_band_behind_the_line() {
        let mut swept = swept(vec![("m", vec!["1", "2"])], vec![Some(1.0), Some(3.0)]);
        swept.intervals = vec![Some((-0.5, 2.5)), Some((2.0, 4.0))];
        let figure = sweep_figure(&swept).unwrap();
        let Mark::Band(edges) = &figure.layers[0].mark else {
            panic!("the band comes first")
        };
        assert_eq!(*edges, [(1.0, 0.0, 2.5), (2.0, 2.0, 4.0)]);
        assert!(figure.y.high >= 4.0);
    }

    #[test]
    fn two_variables_are_a_map_in_which_every_cell_has_one_colour() {
        let values = vec![Some(1.0), Some(2.0), None, Some(15.0), Some(7.0), Some(1.0)];
        let swept = swept(vec![("y", vec!["a", "b"]), ("x", vec!["1", "2", "3"])], values);
        let figure = sweep_figure(&swept).unwrap();
        let boxes = figure.layers.iter().map(|layer| match &layer.mark {
            Mark::Boxes(boxes) => boxes.len(),
            _ => 0,
        });
        assert_eq!(boxes.sum::<usize>(), 6);
        let Mark::Boxes(highest) = &figure.layers[figure.layers.len() - 2].mark else {
            panic!()
        };
        assert_eq!(
            *highest,
            [[-0.5, 0.5, 0.5, 1.5]],
            "15 stands in the first column of the second row"
        );
    }

    #[test]
    fn values_of_a_metric_show_its_unit() {
        assert_eq!(shown("traffic.users.latency.p99", 1_500.0), "1.5 s");
        assert_eq!(shown("cost.monthly_estimate", 12.0), "$12.00");
        assert_eq!(shown("totals.Throttles", 1_200.0), "1,200");
    }
}
