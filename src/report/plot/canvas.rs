//! A figure on a backend.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::axis::Axis;
use super::chart::Chart;
use super::figure::{Figure, Layer, Mark};
use crate::report::ReportInput;
use crate::report::numbers::legible;

const SIZE: (u32, u32) = (1280, 720);
const MARGIN: i32 = 28;
/// The label of the last tick hangs over the end of its axis by half its width.
const RIGHT_MARGIN: i32 = 60;
const TITLE_SIZE: i32 = 34;
const TEXT_SIZE: i32 = 24;
const LINE_HEIGHT: i32 = 32;
const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);
const GRID: RGBColor = RGBColor(0xE1, 0xE4, 0xE8);

/// An SVG names this list, of which a browser takes the first it has; a bitmap uses the embedded font.
const FONT: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";
static FONT_FILE: &[u8] = include_bytes!("../../../assets/DejaVuSans-subset.ttf");

type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;
type Area<B> = DrawingArea<B, Shift>;
type Plane = Cartesian2d<Ruler, Ruler>;

/// The chart as an SVG document.
pub(in crate::report) fn draw_svg(chart: Chart, input: &ReportInput) -> io::Result<String> {
    figure_svg(&chart.figure(input))
}

/// The chart as a PNG file. A file that could not be written whole is left to the caller to remove.
pub(in crate::report) fn draw_png(chart: Chart, input: &ReportInput, file: &Path) -> io::Result<()> {
    figure_png(&chart.figure(input), file)
}

/// A figure as an SVG document.
pub(in crate::report) fn figure_svg(figure: &Figure) -> io::Result<String> {
    use_font()?;
    let mut svg = String::new();
    draw(figure, &SVGBackend::with_string(&mut svg, SIZE).into_drawing_area()).map_err(io::Error::other)?;
    // Without this, bars that touch show a seam of background where they meet between two pixels.
    Ok(legible(&svg).replace("<rect ", "<rect shape-rendering=\"crispEdges\" "))
}

/// A figure as a PNG file. A file that could not be written whole is left to the caller to remove.
pub(in crate::report) fn figure_png(figure: &Figure, file: &Path) -> io::Result<()> {
    use_font()?;
    draw(figure, &BitMapBackend::new(file, SIZE).into_drawing_area()).map_err(io::Error::other)
}

fn use_font() -> io::Result<()> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered = REGISTERED.get_or_init(|| register_font(FONT, FontStyle::Normal, FONT_FILE).is_ok());
    if *registered {
        Ok(())
    } else {
        Err(io::Error::other("the embedded font is damaged"))
    }
}

fn font(size: i32) -> TextStyle<'static> {
    (FONT, size).into_font().color(&INK)
}

/// A text without the control characters that names may hold: no XML may.
fn drawable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

fn draw<B: DrawingBackend>(figure: &Figure, root: &Area<B>) -> Drawn<B> {
    root.fill(&WHITE)?;
    let mut top = MARGIN;
    root.draw(&Text::new(drawable(&figure.title), (MARGIN, top), font(TITLE_SIZE)))?;
    let (width, _) = root.estimate_text_size(&figure.caption, &font(TEXT_SIZE))?;
    let right = SIZE.0 as i32 - MARGIN - width as i32;
    root.draw(&Text::new(drawable(&figure.caption), (right, top + 8), font(TEXT_SIZE)))?;
    top += LINE_HEIGHT + 14;
    if let Some(reason) = figure.empty {
        draw_reason(reason, root)?;
    } else {
        top += draw_legend(figure, root, top)?;
        let (_, below) = root.split_vertically(top);
        draw_plane(figure, &below)?;
    }
    root.present()
}

/// In place of axes, which would measure nothing.
fn draw_reason<B: DrawingBackend>(reason: &str, root: &Area<B>) -> Drawn<B> {
    let text = format!("Nothing to show: {reason}.");
    let (width, height) = root.estimate_text_size(&text, &font(TITLE_SIZE))?;
    let place = ((SIZE.0 as i32 - width as i32) / 2, (SIZE.1 as i32 - height as i32) / 2);
    root.draw(&Text::new(text, place, font(TITLE_SIZE)))
}

/// Entries side by side, in as many lines as they need; returns the height.
fn draw_legend<B: DrawingBackend>(
    figure: &Figure,
    root: &Area<B>,
    top: i32,
) -> Result<i32, DrawingAreaErrorKind<B::ErrorType>> {
    const SWATCH: i32 = 26;
    const GAP: i32 = 36;
    let (mut left, mut line) = (MARGIN, 0);
    for layer in &figure.layers {
        let (width, _) = root.estimate_text_size(&layer.label, &font(TEXT_SIZE))?;
        let width = SWATCH + 10 + width as i32;
        if left > MARGIN && left + width > SIZE.0 as i32 - MARGIN {
            (left, line) = (MARGIN, line + 1);
        }
        let middle = top + line * LINE_HEIGHT + LINE_HEIGHT / 2;
        let dash = [(0, 10), (SWATCH - 10, SWATCH)];
        let (half, parts) = match layer.mark {
            Mark::Level(_) => (2, &dash[..]),
            Mark::Moments(_) => (1, &dash[..]),
            Mark::Lines(_) => (2, &[(0, SWATCH)][..]),
            Mark::Boxes(_) | Mark::Band(_) => (8, &[(0, SWATCH)][..]),
        };
        for (from, to) in parts {
            let swatch = [(left + from, middle - half), (left + to, middle + half)];
            root.draw(&Rectangle::new(swatch, layer.color.filled()))?;
        }
        let place = (left + SWATCH + 10, middle - 9);
        root.draw(&Text::new(drawable(&layer.label), place, font(TEXT_SIZE)))?;
        left += width + GAP;
    }
    Ok(if figure.layers.is_empty() {
        0
    } else {
        (line + 1) * LINE_HEIGHT + 6
    })
}

fn draw_plane<B: DrawingBackend>(figure: &Figure, area: &Area<B>) -> Drawn<B> {
    let widest = figure
        .y
        .texts
        .iter()
        .map(|text| area.estimate_text_size(text, &font(TEXT_SIZE)));
    let widest = widest
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .map(|(width, _)| width)
        .max();
    let mut chart = ChartBuilder::on(area)
        .margin(MARGIN)
        .margin_top(10)
        .margin_right(RIGHT_MARGIN)
        .x_label_area_size(74)
        .y_label_area_size(widest.unwrap_or(0) + 62)
        .build_cartesian_2d(Ruler(figure.x.clone()), Ruler(figure.y.clone()))?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(font(TEXT_SIZE))
        .axis_desc_style(font(TEXT_SIZE))
        .x_labels(figure.x.ticks.len())
        .y_labels(figure.y.ticks.len())
        .x_desc(figure.x.label.as_str())
        .y_desc(figure.y.label.as_str())
        .draw()?;
    for layer in &figure.layers {
        draw_layer(layer, figure, &mut chart)?;
    }
    Ok(())
}

/// An axis as the library wants it: with ticks of our own instead of those it would choose.
struct Ruler(Axis);

impl Ranged for Ruler {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let place = (value - self.0.low) / (self.0.high - self.0.low);
        limit.0 + (place * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.0.ticks.clone()
        }
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.0.low..self.0.high
    }
}

impl ValueFormatter<f64> for Ruler {
    fn format_ext(&self, tick: &f64) -> String {
        self.0.text(*tick)
    }
}

fn draw_layer<B: DrawingBackend>(layer: &Layer, figure: &Figure, chart: &mut ChartContext<'_, B, Plane>) -> Drawn<B> {
    const STROKE: u32 = 3;
    let color = layer.color;
    match &layer.mark {
        Mark::Lines(pieces) => {
            for piece in pieces {
                if let [dot] = piece.as_slice() {
                    chart.draw_series([Circle::new(*dot, 3, color.filled())])?;
                } else {
                    let corners = corners(piece, |point| chart.backend_coord(point));
                    chart.draw_series(LineSeries::new(corners, color.stroke_width(STROKE)))?;
                }
            }
        }
        Mark::Boxes(boxes) => {
            let boxes = boxes
                .iter()
                .map(|[left, right, low, high]| [(*left, *low), (*right, *high)]);
            chart.draw_series(boxes.map(|corners| Rectangle::new(corners, color.filled())))?;
        }
        Mark::Band(edges) => {
            let upper = edges.iter().map(|(x, _, high)| (*x, *high));
            let lower = edges.iter().rev().map(|(x, low, _)| (*x, *low));
            let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
            chart.draw_series([Polygon::new(outline, color.filled())])?;
        }
        Mark::Level(level) => {
            let ends = [(figure.x.low, *level), (figure.x.high, *level)];
            chart.draw_series(DashedLineSeries::new(ends, 12, 8, color.stroke_width(STROKE)))?;
        }
        Mark::Moments(places) => {
            for place in places {
                let ends = [(*place, figure.y.low), (*place, figure.y.high)];
                chart.draw_series(DashedLineSeries::new(ends, 2, 6, color.stroke_width(1)))?;
            }
        }
    }
    Ok(())
}

/// The points at which a line turns. A thick line bulges where a point lies within a level or upright straight, as it
/// is drawn in whole pixels.
fn corners(points: &[(f64, f64)], pixel: impl Fn(&(f64, f64)) -> (i32, i32)) -> Vec<(f64, f64)> {
    let mut kept: Vec<((f64, f64), (i32, i32))> = Vec::new();
    for point in points {
        let place = pixel(point);
        if let [.., (_, before), (_, last)] = kept.as_slice()
            && is_within(*before, *last, place)
        {
            kept.pop();
        }
        if kept.last().is_none_or(|(_, last)| *last != place) {
            kept.push((*point, place));
        }
    }
    kept.into_iter().map(|(point, _)| point).collect()
}

/// Whether `middle` lies on the level or upright straight between `from` and `to`.
fn is_within(from: (i32, i32), middle: (i32, i32), to: (i32, i32)) -> bool {
    let between = |low: i32, value: i32, high: i32| (low.min(high)..=low.max(high)).contains(&value);
    let level = from.1 == middle.1 && middle.1 == to.1 && between(from.0, middle.0, to.0);
    let upright = from.0 == middle.0 && middle.0 == to.0 && between(from.1, middle.1, to.1);
    level || upright
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn every_chart_draws_with_and_without_data_and_the_same_each_time() {
        for sample in [Sample::busy(), Sample::blank()] {
            for chart in Chart::ALL {
                let svg = draw_svg(chart, &sample.input()).unwrap();
                assert!(
                    svg.contains(chart.title()) && svg.ends_with("</svg>\n"),
                    "{}",
                    chart.name()
                );
                assert_eq!(svg, draw_svg(chart, &sample.input()).unwrap());
            }
        }
    }

    #[test]
    fn lines_keep_their_corners_and_spikes_but_no_points_within_a_straight() {
        let whole = |point: &(f64, f64)| (point.0.round() as i32, point.1.round() as i32);
        let steps = [(0.0, 5.0), (1.0, 5.0), (1.0, 5.2), (2.0, 5.2), (2.0, 1.0), (3.0, 1.0)];
        assert_eq!(corners(&steps, whole), [(0.0, 5.0), (2.0, 5.2), (2.0, 1.0), (3.0, 1.0)]);
        let spike = [(0.0, 1.0), (1.0, 1.0), (1.0, 9.0), (1.0, 2.0)];
        assert_eq!(corners(&spike, whole), spike);
    }

    #[test]
    fn a_chart_without_data_says_why_and_has_no_axes() {
        let svg = draw_svg(Chart::Latency, &Sample::blank().input()).unwrap();
        assert!(svg.contains("Nothing to show: no synchronous call succeeded."));
        assert!(!svg.contains("<line") && !svg.contains("<polyline"), "{svg}");
    }

    #[test]
    fn a_bitmap_has_text_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (with, without) = (folder.path().join("with.png"), folder.path().join("without.png"));
        draw_png(Chart::Throttles, &Sample::blank().input(), &with).unwrap();
        BitMapBackend::new(&without, SIZE)
            .into_drawing_area()
            .fill(&WHITE)
            .unwrap();
        assert!(std::fs::metadata(&with).unwrap().len() > std::fs::metadata(&without).unwrap().len() + 2_000);
    }
}
