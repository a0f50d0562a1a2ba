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

/// Of a picture: what a slide has at 96 pixels an inch, so that text of 18 points is 24 pixels high.
const SIZE: (u32, u32) = (1280, 720);
/// A bitmap is drawn so many times larger and then reduced: the library draws hard edges, and steep lines too thin.
const SMOOTHING: i32 = 2;
pub(super) const MARGIN: i32 = 28;
/// The label of the last tick hangs over the end of its axis by half its width.
pub(super) const RIGHT_MARGIN: i32 = 60;
const TITLE_SIZE: i32 = 38;
const TEXT_SIZE: i32 = 28;
const CAPTION_SIZE: i32 = 24;
pub(super) const LINE_HEIGHT: i32 = 36;
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);
pub(super) const SOFT: RGBColor = RGBColor(0x57, 0x60, 0x6A);
const GRID: RGBColor = RGBColor(0xE1, 0xE4, 0xE8);

/// An SVG names this list, of which a browser takes the first it has; a bitmap uses the embedded font.
const FONT: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";
static FONT_FILE: &[u8] = include_bytes!("../../../assets/DejaVuSans-subset.ttf");

pub(super) type Drawn<B> = Result<(), Failed<B>>;
pub(super) type Failed<B> = DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>;
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
    svg(SIZE, |sheet| draw(figure, sheet))
}

/// A figure as a PNG file. A file that could not be written whole is left to the caller to remove.
pub(in crate::report) fn figure_png(figure: &Figure, file: &Path) -> io::Result<()> {
    png(SIZE, file, |sheet| draw(figure, sheet))
}

/// An SVG document of what `draw` draws.
pub(super) fn svg(
    size: (u32, u32),
    draw: impl for<'a> FnOnce(&Sheet<SVGBackend<'a>>) -> Drawn<SVGBackend<'a>>,
) -> io::Result<String> {
    use_font()?;
    let mut svg = String::new();
    {
        let sheet = Sheet {
            area: SVGBackend::with_string(&mut svg, size).into_drawing_area(),
            zoom: 1,
        };
        draw(&sheet)
            .and_then(|()| sheet.area.present())
            .map_err(io::Error::other)?;
    }
    // Without this, bars that touch show a seam of background where they meet between two pixels.
    Ok(legible(&svg).replace("<rect ", "<rect shape-rendering=\"crispEdges\" "))
}

/// A PNG file of what `draw` draws.
pub(super) fn png(
    size: (u32, u32),
    file: &Path,
    draw: impl for<'a> FnOnce(&Sheet<BitMapBackend<'a>>) -> Drawn<BitMapBackend<'a>>,
) -> io::Result<()> {
    use_font()?;
    let large = (size.0 * SMOOTHING as u32, size.1 * SMOOTHING as u32);
    let mut pixels = vec![0; 3 * large.0 as usize * large.1 as usize];
    {
        let sheet = Sheet {
            area: BitMapBackend::with_buffer(&mut pixels, large).into_drawing_area(),
            zoom: SMOOTHING,
        };
        draw(&sheet)
            .and_then(|()| sheet.area.present())
            .map_err(io::Error::other)?;
    }
    let mut smaller = BitMapBackend::new(file, size);
    smaller
        .blit_bitmap((0, 0), size, &reduced(&pixels, large.0 as usize))
        .and_then(|()| smaller.present())
        .map_err(io::Error::other)
}

/// A bitmap of three bytes a pixel, each square of [`SMOOTHING`] = 2 by 2 pixels as one of their mean colour.
fn reduced(pixels: &[u8], width: usize) -> Vec<u8> {
    let mut small = Vec::with_capacity(pixels.len() / 4);
    for rows in pixels.chunks_exact(2 * 3 * width) {
        let (upper, lower) = rows.split_at(3 * width);
        for (above, below) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for part in 0..3 {
                let all = [above[part], above[part + 3], below[part], below[part + 3]];
                small.push((all.map(u16::from).iter().sum::<u16>() / 4) as u8);
            }
        }
    }
    small
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

/// What is drawn on. Lengths are those of the picture; on the area they are `zoom` times as long.
pub(super) struct Sheet<B: DrawingBackend> {
    pub(super) area: DrawingArea<B, Shift>,
    zoom: i32,
}

impl<B: DrawingBackend> Sheet<B> {
    /// Width and height.
    pub(super) fn size(&self) -> (i32, i32) {
        let (width, height) = self.area.dim_in_pixel();
        (width as i32 / self.zoom, height as i32 / self.zoom)
    }

    /// What lies between two heights.
    pub(super) fn slice(&self, top: i32, bottom: i32) -> Sheet<B> {
        let (width, _) = self.size();
        let (top, bottom) = (top * self.zoom, bottom * self.zoom);
        Sheet {
            area: self
                .area
                .clone()
                .shrink((0, top), (width * self.zoom, (bottom - top).max(1))),
            zoom: self.zoom,
        }
    }

    fn font(&self, size: i32, color: RGBColor) -> TextStyle<'static> {
        (FONT, size * self.zoom).into_font().color(&color)
    }

    /// How wide a text is.
    pub(super) fn width_of(&self, text: &str, size: i32) -> Result<i32, Failed<B>> {
        let (width, _) = self.area.estimate_text_size(text, &self.font(size, INK))?;
        Ok((width as i32 + self.zoom - 1) / self.zoom)
    }

    /// Writes a line whose upper left corner is at `place`.
    pub(super) fn write(&self, text: &str, place: (i32, i32), size: i32, color: RGBColor) -> Drawn<B> {
        let place = (place.0 * self.zoom, place.1 * self.zoom);
        self.area
            .draw(&Text::new(drawable(text), place, self.font(size, color)))
    }

    /// Fills the box between two corners.
    pub(super) fn fill_box(&self, from: (i32, i32), to: (i32, i32), color: RGBColor) -> Drawn<B> {
        let corner = |(x, y): (i32, i32)| (x * self.zoom, y * self.zoom);
        self.area
            .draw(&Rectangle::new([corner(from), corner(to)], color.filled()))
    }

    /// As much of the beginning of a text as is not wider than `width`, ending in … where something is left out.
    pub(super) fn clamped(&self, text: &str, size: i32, width: i32) -> Result<String, Failed<B>> {
        if self.width_of(text, size)? <= width {
            return Ok(text.to_owned());
        }
        let letters: Vec<char> = text.chars().collect();
        let (mut fits, mut beyond) = (0, letters.len());
        while fits + 1 < beyond {
            let middle = usize::midpoint(fits, beyond);
            let part: String = letters[..middle].iter().chain(&['…']).collect();
            match self.width_of(&part, size)? <= width {
                true => fits = middle,
                false => beyond = middle,
            }
        }
        let kept: String = letters[..fits].iter().collect();
        Ok(format!("{}…", kept.trim_end()))
    }
}

/// A text without the control characters that names may hold: no XML may.
fn drawable(text: &str) -> String {
    legible(&text.replace(char::is_control, "\u{fffd}"))
}

fn draw<B: DrawingBackend>(figure: &Figure, sheet: &Sheet<B>) -> Drawn<B> {
    sheet.area.fill(&WHITE)?;
    let (width, height) = sheet.size();
    let room = width - 2 * MARGIN;
    let title = sheet.clamped(&figure.title, TITLE_SIZE, room)?;
    sheet.write(&title, (MARGIN, MARGIN - 6), TITLE_SIZE, INK)?;
    let caption = sheet.clamped(&figure.caption, CAPTION_SIZE, room)?;
    let left = width - MARGIN - sheet.width_of(&caption, CAPTION_SIZE)?;
    let bottom = height - MARGIN - CAPTION_SIZE + 12;
    sheet.write(&caption, (left, bottom), CAPTION_SIZE, SOFT)?;
    if let Some(reason) = figure.empty {
        return draw_reason(reason, sheet);
    }
    let top = MARGIN + LINE_HEIGHT + 10;
    let top = top + draw_legend(&figure.layers, sheet, top)?;
    let below = sheet.slice(top, bottom - 2);
    let margin = MARGIN + sheet.width_of(" ", TEXT_SIZE)? + LINE_HEIGHT;
    draw_plane(
        figure,
        &below,
        widest_label(figure, sheet)? + margin,
        Below::Description,
    )
}

/// In place of axes, which would measure nothing.
fn draw_reason<B: DrawingBackend>(reason: &str, sheet: &Sheet<B>) -> Drawn<B> {
    let text = format!("Nothing to show: {reason}.");
    let (width, height) = sheet.size();
    let left = (width - sheet.width_of(&text, TITLE_SIZE)?) / 2;
    sheet.write(&text, (left, (height - TITLE_SIZE) / 2), TITLE_SIZE, INK)
}

/// Entries side by side, in as many lines as they need; returns the height.
pub(super) fn draw_legend<B: DrawingBackend>(layers: &[Layer], sheet: &Sheet<B>, top: i32) -> Result<i32, Failed<B>> {
    const SWATCH: i32 = 30;
    const GAP: i32 = 36;
    let (right, _) = sheet.size();
    let (mut left, mut line) = (MARGIN, 0);
    for layer in layers {
        let width = SWATCH + 10 + sheet.width_of(&layer.label, TEXT_SIZE)?;
        if left > MARGIN && left + width > right - MARGIN {
            (left, line) = (MARGIN, line + 1);
        }
        let middle = top + line * LINE_HEIGHT + LINE_HEIGHT / 2;
        let dash = [(0, 12), (SWATCH - 12, SWATCH)];
        let (half, parts) = match layer.mark {
            Mark::Level(_) => (2, &dash[..]),
            Mark::Moments(_) => (1, &dash[..]),
            Mark::Lines(_) => (2, &[(0, SWATCH)][..]),
            Mark::Boxes(_) | Mark::Band(_) => (9, &[(0, SWATCH)][..]),
        };
        for (from, to) in parts {
            sheet.fill_box((left + from, middle - half), (left + to, middle + half), layer.color)?;
        }
        sheet.write(&layer.label, (left + SWATCH + 10, middle - 8), TEXT_SIZE, INK)?;
        left += width + GAP;
    }
    Ok(if layers.is_empty() {
        0
    } else {
        (line + 1) * LINE_HEIGHT + 6
    })
}

/// How wide the widest label of a tick of the upright axis is.
pub(super) fn widest_label<B: DrawingBackend>(figure: &Figure, sheet: &Sheet<B>) -> Result<i32, Failed<B>> {
    let texts = figure.y.texts.iter();
    let widths: Result<Vec<i32>, _> = texts.map(|text| sheet.width_of(text, TEXT_SIZE)).collect();
    Ok(widths?.into_iter().max().unwrap_or(0))
}

/// What stands below a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// Labels of ticks and what the axis measures; the upright axis says that too.
    Description,
    /// Labels of ticks.
    Ticks,
    /// Nothing: another plane with the same axis follows.
    Nothing,
}

/// Axes and layers. `left` is the room for the upright axis.
pub(super) fn draw_plane<B: DrawingBackend>(figure: &Figure, sheet: &Sheet<B>, left: i32, under: Below) -> Drawn<B> {
    const TICK: i32 = 6;
    let zoom = sheet.zoom;
    let below = match under {
        Below::Description => 2 * LINE_HEIGHT + 8,
        Below::Ticks => LINE_HEIGHT,
        Below::Nothing => 0,
    };
    let mut chart = ChartBuilder::on(&sheet.area)
        .margin(MARGIN * zoom)
        .margin_top(12 * zoom)
        .margin_bottom(6 * zoom)
        .margin_right(RIGHT_MARGIN * zoom)
        .x_label_area_size(below * zoom)
        .y_label_area_size(left * zoom - MARGIN * zoom)
        .build_cartesian_2d(Ruler(figure.x.clone()), Ruler(figure.y.clone()))?;
    let mut mesh = chart.configure_mesh();
    mesh.bold_line_style(GRID.stroke_width(zoom as u32))
        .light_line_style(TRANSPARENT)
        .axis_style(INK.stroke_width(zoom as u32))
        .label_style(sheet.font(TEXT_SIZE, INK))
        .axis_desc_style(sheet.font(TEXT_SIZE, INK))
        .set_all_tick_mark_size(TICK * zoom)
        .x_labels(figure.x.ticks.len())
        .y_labels(figure.y.ticks.len());
    if under == Below::Description {
        mesh.x_desc(figure.x.label.as_str()).y_desc(figure.y.label.as_str());
    }
    mesh.draw()?;
    for layer in &figure.layers {
        draw_layer(layer, figure, zoom, &mut chart)?;
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

fn draw_layer<B: DrawingBackend>(
    layer: &Layer,
    figure: &Figure,
    zoom: i32,
    chart: &mut ChartContext<'_, B, Plane>,
) -> Drawn<B> {
    let stroke = 4 * zoom as u32;
    let color = layer.color;
    match &layer.mark {
        Mark::Lines(pieces) => {
            for piece in pieces {
                if let [dot] = piece.as_slice() {
                    chart.draw_series([Circle::new(*dot, 4 * zoom, color.filled())])?;
                } else {
                    let corners = corners(piece, |point| chart.backend_coord(point));
                    chart.draw_series(LineSeries::new(corners, color.stroke_width(stroke)))?;
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
            chart.draw_series(DashedLineSeries::new(
                ends,
                12 * zoom,
                8 * zoom,
                color.stroke_width(stroke),
            ))?;
        }
        Mark::Moments(places) => {
            for place in places {
                let ends = [(*place, figure.y.low), (*place, figure.y.high)];
                chart.draw_series(DashedLineSeries::new(
                    ends,
                    2 * zoom,
                    6 * zoom,
                    color.stroke_width(2 * zoom as u32),
                ))?;
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
