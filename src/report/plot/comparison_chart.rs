//! By how much scenarios differ from a base: an interval for each metric.

use super::axis::Axis;
use super::figure::{Figure, Layer, Mark};

/// Metrics that are drawn; more would be too small to read.
const MOST_ROWS: usize = 12;
/// Part of a row that its intervals fill.
const FILLED: f64 = 0.6;

/// The relative difference of one metric, in per cent.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct ComparedRow {
    /// What is compared.
    pub title: String,
    /// The difference of the means.
    pub mean: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A chart of several sides, by label and name, against one base. The first row is at the top.
pub(in crate::report) fn comparison_figure(
    title: String,
    caption: String,
    sides: Vec<((String, String), Vec<ComparedRow>)>,
) -> Figure {
    let mut titles: Vec<String> = Vec::new();
    for row in sides.iter().flat_map(|(_, rows)| rows) {
        if titles.len() < MOST_ROWS && !titles.contains(&row.title) {
            titles.push(row.title.clone());
        }
    }
    let upwards: Vec<String> = titles.iter().rev().cloned().collect();
    let place = |row: &ComparedRow| upwards.iter().position(|title| *title == row.title);
    let shown = sides
        .iter()
        .flat_map(|(_, rows)| rows)
        .filter(|row| place(row).is_some());
    let ends: Vec<f64> = shown.flat_map(|row| [row.low, row.high]).collect();
    let mut figure = Figure::blank(
        Axis::differences("difference in % of the base", &ends),
        Axis::places("", &upwards),
    );
    (figure.title, figure.caption) = (title, caption);
    if titles.is_empty() {
        figure.empty = Some("no metric with an interval differs");
    }
    figure.layers.push(Layer {
        label: "no difference".to_owned(),
        color: super::figure::LIMIT,
        mark: Mark::Moments(vec![0.0]),
    });
    let height = FILLED / sides.len() as f64;
    for (number, ((label, name), rows)) in sides.iter().enumerate() {
        // The first side stands at the top of its row.
        let shift = FILLED / 2.0 - (number as f64 + 0.5) * height;
        let placed = |row: &ComparedRow| Some((place(row)? as f64 + shift, row.clone()));
        let placed: Vec<(f64, ComparedRow)> = rows.iter().filter_map(placed).collect();
        let boxes = placed
            .iter()
            .map(|(y, row)| [row.low, row.high, y - height * 0.3, y + height * 0.3]);
        let means = placed
            .iter()
            .map(|(y, row)| vec![(row.mean, y - height * 0.45), (row.mean, y + height * 0.45)]);
        figure.layers.push(Layer {
            label: format!("95 % interval of {label}"),
            color: Figure::pale(number),
            mark: Mark::Boxes(boxes.collect()),
        });
        figure.layers.push(Layer {
            label: format!("{label}: {name}"),
            color: Figure::color(number),
            mark: Mark::Lines(means.collect()),
        });
    }
    figure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(title: &str, low: f64, high: f64) -> ComparedRow {
        let mean = (low + high) / 2.0;
        let title = title.to_owned();
        ComparedRow { title, mean, low, high }
    }

    fn named(label: &str) -> (String, String) {
        (label.to_owned(), format!("{label}.yaml"))
    }

    #[test]
    fn rows_run_downwards_and_sides_share_them() {
        let sides = vec![
            (named("B"), vec![row("cost", -12.0, -8.0), row("p99", -1.0, 3.0)]),
            (named("C"), vec![row("p99", 5.0, 9.0)]),
        ];
        let figure = comparison_figure("t".into(), "c".into(), sides);
        assert_eq!(figure.y.texts, ["p99", "cost"]);
        let boxes = |layer: usize| match &figure.layers[layer].mark {
            Mark::Boxes(boxes) => boxes.clone(),
            other => panic!("{other:?}"),
        };
        let (b, c) = (boxes(1), boxes(3));
        assert_eq!((b.len(), c.len()), (2, 1));
        assert!(b[0][2] > 0.5 && b[1][3] < 0.5, "cost stands above p99");
        assert!(c[0][3] < b[1][2], "C stands below B in the row of p99");
        assert!(figure.x.low < -12.0 && figure.x.high > 9.0);
        assert_eq!(
            comparison_figure(String::new(), String::new(), vec![(named("B"), Vec::new())])
                .layers
                .len(),
            3
        );
    }
}
