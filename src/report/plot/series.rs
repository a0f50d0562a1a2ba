//! Charts of the page: named lines over one axis, drawn by a script where one runs, and as a figure elsewhere.

use std::io;

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::figure_svg;
use super::chart::source;
use super::figure::{Figure, LIMIT, Layer, Mark, PALETTE, READY};
use super::steps::{pieces, places, time_axis};
use crate::kernel::math::log10;
use crate::report::ReportInput;
use crate::report::headline::Unit;
use crate::report::numbers::short_name;

/// Areas that can be told apart where nothing can be pointed at; the rest is drawn as one.
const AREAS: usize = 7;
/// Values that differ by more than this are shown on a logarithmic scale.
const WIDE_RANGE: f64 = 12.0;

/// A chart of the page.
#[derive(Clone, Debug)]
pub(in crate::report) struct SeriesChart {
    /// Unique in the page.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What is to be seen, in a sentence.
    pub note: String,
    /// What lies along the bottom.
    pub domain: Domain,
    /// What values are measured in.
    pub unit: Unit,
    /// What values are.
    pub quantity: &'static str,
    /// From bottom to top, areas first.
    pub series: Vec<Series>,
}

/// What lies along the bottom.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) enum Domain {
    /// The steps of the timeline.
    Time,
    /// Times in ms, rising.
    Milliseconds(Vec<f64>),
}

/// One line or area.
#[derive(Clone, Debug)]
pub(in crate::report) struct Series {
    /// What it is.
    pub name: String,
    /// Its colour.
    pub ink: Ink,
    /// How it is drawn.
    pub stroke: Stroke,
    /// One for each place of the domain.
    pub values: Vec<Option<f64>>,
    /// Whether it is drawn before somebody asks for it.
    pub shown: bool,
}

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Ink {
    /// One of the colours of data, from 0: three times the palette, as it is, lighter and darker.
    Data(usize),
    /// A limit.
    Limit,
    /// What is kept ready.
    Ready,
    /// What is not told apart.
    Rest,
}

/// How a series is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) enum Stroke {
    /// Stacked on the areas before it, level over each step.
    Area,
    /// Level over each step.
    Steps,
    /// From value to value.
    Line,
    /// Level over each step and dashed.
    Dashes,
    /// From its values up to these.
    Band(Vec<Option<f64>>),
}

impl Series {
    /// A series that is shown.
    pub(in crate::report) fn new(
        name: impl Into<String>,
        ink: Ink,
        stroke: Stroke,
        values: impl IntoIterator<Item = Option<f64>>,
    ) -> Series {
        Series {
            name: name.into(),
            ink,
            stroke,
            values: values.into_iter().collect(),
            shown: true,
        }
    }

    /// One whose values are all there.
    pub(in crate::report) fn whole(
        name: impl Into<String>,
        ink: Ink,
        stroke: Stroke,
        values: impl IntoIterator<Item = f64>,
    ) -> Series {
        Series::new(name, ink, stroke, values.into_iter().map(Some))
    }

    /// The largest value, or 0.
    pub(in crate::report) fn highest(&self) -> f64 {
        let above = match &self.stroke {
            Stroke::Band(above) => above.as_slice(),
            _ => &[],
        };
        self.values.iter().chain(above).flatten().copied().fold(0.0, f64::max)
    }

    fn lowest(&self) -> f64 {
        self.values.iter().flatten().copied().fold(f64::INFINITY, f64::min)
    }
}

impl Ink {
    pub(in crate::report) fn color(self) -> RGBColor {
        match self {
            Ink::Limit => LIMIT,
            Ink::Ready => READY,
            Ink::Rest => RGBColor(0x8C, 0x95, 0x9F),
            Ink::Data(number) => {
                let RGBColor(red, green, blue) = PALETTE[number % PALETTE.len()];
                let shade = |part: u8| match number / PALETTE.len() {
                    0 => part,
                    1 => 255 - (255 - part) / 2,
                    _ => part / 2,
                };
                RGBColor(shade(red), shade(green), shade(blue))
            }
        }
    }

    /// As CSS has it.
    pub(in crate::report) fn css(self) -> String {
        let RGBColor(red, green, blue) = self.color();
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

impl SeriesChart {
    /// Whether values are so far apart that a linear scale would hide the small ones; stacked values are always linear.
    pub(in crate::report) fn is_logarithmic(&self) -> bool {
        let stacked = self.series.iter().any(|series| series.stroke == Stroke::Area);
        let low = self.series.iter().map(Series::lowest).fold(f64::INFINITY, f64::min);
        !stacked && self.unit == Unit::Milliseconds && low > 0.0 && self.highest() > low * WIDE_RANGE
    }

    fn highest(&self) -> f64 {
        self.series.iter().map(Series::highest).fold(0.0, f64::max)
    }

    /// The chart as an SVG document.
    pub(in crate::report) fn svg(&self, input: &ReportInput) -> io::Result<String> {
        figure_svg(&self.figure(input))
    }

    fn figure(&self, input: &ReportInput) -> Figure {
        let shown: Vec<&Series> = self.series.iter().filter(|series| series.shown).collect();
        let scale = Scale::of(self, &shown);
        let (x, spots) = self.spots(input);
        let mut figure = Figure::blank(x, scale.axis.clone());
        figure.title = self.title.to_owned();
        figure.caption = source(input);
        let (areas, others): (Vec<&Series>, Vec<&Series>) =
            shown.into_iter().partition(|series| series.stroke == Stroke::Area);
        figure.layers = stacked(&areas, &spots, &scale);
        figure
            .layers
            .extend(others.into_iter().map(|series| single(series, &spots, &scale)));
        figure
    }

    /// The axis below, and where on it each value begins, lies and ends.
    fn spots(&self, input: &ReportInput) -> (Axis, Vec<(f64, f64, f64)>) {
        match &self.domain {
            Domain::Time => {
                let time = time_axis(input);
                let spots = places(input, &time);
                (time.axis, spots)
            }
            Domain::Milliseconds(values) => {
                let (low, high) = (values.first().copied(), values.last().copied());
                let low = low.unwrap_or(1.0).max(0.001);
                let axis = Axis::log_milliseconds("latency (logarithmic)", low, high.unwrap_or(1.0).max(low));
                let spot = |ms: &f64| log10(ms.max(low));
                let spots = values.iter().map(spot).map(|spot| (spot, spot, spot));
                (axis, spots.collect())
            }
        }
    }
}

/// How values are placed on the axis at the side.
struct Scale {
    axis: Axis,
    logarithmic: bool,
    unit: f64,
}

impl Scale {
    fn of(chart: &SeriesChart, shown: &[&Series]) -> Scale {
        let areas = shown.iter().filter(|series| series.stroke == Stroke::Area);
        let heights = areas.fold(Vec::new(), |mut sums: Vec<f64>, series| {
            sums.resize(series.values.len().max(sums.len()), 0.0);
            sums.iter_mut()
                .zip(&series.values)
                .for_each(|(sum, value)| *sum += value.unwrap_or(0.0));
            sums
        });
        let highest = shown.iter().map(|series| series.highest());
        let highest = highest.chain(heights).fold(0.0, f64::max);
        if chart.is_logarithmic() {
            let low = shown.iter().map(|series| series.lowest()).fold(f64::INFINITY, f64::min);
            return Scale {
                axis: Axis::log_milliseconds(format!("{} (logarithmic)", chart.quantity), low, highest),
                logarithmic: true,
                unit: 1.0,
            };
        }
        let (unit, name) = match chart.unit {
            Unit::Share => (0.01, ", %"),
            Unit::Dollars => (1.0, ", US dollars"),
            Unit::Count => (1.0, ""),
            Unit::Milliseconds => milliseconds_unit(highest),
        };
        let label = format!("{}{name}", chart.quantity);
        Scale {
            axis: Axis::linear(label, highest / unit, chart.unit == Unit::Count && highest > 1.0),
            logarithmic: false,
            unit,
        }
    }

    fn place(&self, value: f64) -> f64 {
        match self.logarithmic {
            true => log10(value.max(f64::MIN_POSITIVE)).max(self.axis.low),
            false => value / self.unit,
        }
    }
}

fn milliseconds_unit(highest: f64) -> (f64, &'static str) {
    match highest {
        ms if ms < 2e3 => (1.0, ", ms"),
        ms if ms < 180e3 => (1e3, ", s"),
        ms if ms < 3.0 * 3_600e3 => (60e3, ", min"),
        _ => (3_600e3, ", h"),
    }
}

/// Areas on each other, the last of many as one.
fn stacked(areas: &[&Series], spots: &[(f64, f64, f64)], scale: &Scale) -> Vec<Layer> {
    let alone = if areas.len() > AREAS { AREAS - 1 } else { areas.len() };
    let (alone, together) = areas.split_at(alone);
    let mut floor = vec![0.0; spots.len()];
    let mut layers: Vec<Layer> = alone
        .iter()
        .map(|series| {
            let mark = on_top(&mut floor, &[series], spots, scale);
            layer(&series.name, series.ink, mark)
        })
        .collect();
    if !together.is_empty() {
        let mark = on_top(&mut floor, together, spots, scale);
        layers.push(layer(&format!("{} others", together.len()), Ink::Rest, mark));
    }
    layers
}

/// The area between `floor` and `floor` with these values on it, which is the floor of the next one.
fn on_top(floor: &mut [f64], series: &[&Series], spots: &[(f64, f64, f64)], scale: &Scale) -> Mark {
    let mut edges = Vec::with_capacity(2 * spots.len());
    for (place, (left, _, right)) in spots.iter().enumerate() {
        let low = floor[place];
        let values = series
            .iter()
            .filter_map(|series| series.values.get(place).copied().flatten());
        floor[place] = low + values.sum::<f64>();
        let (low, high) = (scale.place(low), scale.place(floor[place]));
        edges.extend([(*left, low, high), (*right, low, high)]);
    }
    Mark::Band(edges)
}

fn single(series: &Series, spots: &[(f64, f64, f64)], scale: &Scale) -> Layer {
    let placed = series.values.iter().map(|value| value.map(|value| scale.place(value)));
    let mark = match &series.stroke {
        Stroke::Dashes if series.values.windows(2).all(|pair| pair[0] == pair[1]) => {
            let level = series.values.first().copied().flatten().unwrap_or(0.0);
            Mark::Level(scale.place(level))
        }
        Stroke::Steps | Stroke::Dashes | Stroke::Area => {
            let corners = spots.iter().zip(placed).flat_map(|((left, _, right), value)| {
                [value.map(|value| (*left, value)), value.map(|value| (*right, value))]
            });
            Mark::Lines(pieces(corners))
        }
        Stroke::Line => {
            let points = spots.iter().zip(placed);
            Mark::Lines(pieces(
                points.map(|((_, middle, _), value)| value.map(|value| (*middle, value))),
            ))
        }
        Stroke::Band(above) => {
            let ends = spots.iter().zip(placed).zip(above);
            let boxes =
                ends.filter_map(|(((left, _, right), low), high)| Some([*left, *right, low?, scale.place((*high)?)]));
            Mark::Boxes(boxes.collect())
        }
    };
    layer(&series.name, series.ink, mark)
}

fn layer(name: &str, ink: Ink, mark: Mark) -> Layer {
    Layer {
        label: short_name(name),
        color: ink.color(),
        mark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    fn chart(series: Vec<Series>, unit: Unit) -> SeriesChart {
        SeriesChart {
            id: "test",
            title: "Test",
            note: String::new(),
            domain: Domain::Time,
            unit,
            quantity: "things",
            series,
        }
    }

    fn steps(value: f64) -> Vec<f64> {
        vec![value; Sample::busy().result.timeline.buckets.len()]
    }

    #[test]
    fn areas_stand_on_each_other_and_the_axis_holds_their_sum() {
        let areas = [3.0, 4.0].map(|value| Series::whole("a", Ink::Data(0), Stroke::Area, steps(value)));
        let figure = chart(areas.into(), Unit::Count).figure(&Sample::busy().input());
        let edges: Vec<(f64, f64)> = figure
            .layers
            .iter()
            .map(|layer| match &layer.mark {
                Mark::Band(edges) => (edges[0].1, edges[0].2),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(edges, [(0.0, 3.0), (3.0, 7.0)]);
        assert!(figure.y.high >= 7.0);
    }

    #[test]
    fn areas_beyond_those_that_can_be_told_apart_are_drawn_as_one() {
        let areas = (0..21).map(|number| Series::whole("a", Ink::Data(number), Stroke::Area, steps(1.0)));
        let figure = chart(areas.collect(), Unit::Count).figure(&Sample::busy().input());
        assert_eq!(figure.layers.len(), AREAS);
        assert_eq!(figure.layers[AREAS - 1].label, "15 others");
    }

    #[test]
    fn twenty_one_colours_of_data_differ() {
        let all: std::collections::BTreeSet<String> = (0..21).map(|number| Ink::Data(number).css()).collect();
        assert_eq!(all.len(), 21);
    }

    #[test]
    fn times_that_lie_far_apart_have_a_logarithmic_scale_unless_they_are_stacked() {
        let far = |stroke| {
            let series = Series::whole("a", Ink::Data(0), stroke, [vec![1.0], steps(500.0)].concat());
            chart(vec![series], Unit::Milliseconds).is_logarithmic()
        };
        assert!(far(Stroke::Line) && !far(Stroke::Area));
    }
}
