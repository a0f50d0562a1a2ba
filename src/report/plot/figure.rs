//! One chart as plain data, ready to be drawn on any backend.

use plotters::style::RGBColor;

use super::axis::Axis;

/// Okabe and Ito's palette, which colour-blind readers can tell apart; yellow, too pale for lines, comes last.
pub(super) const PALETTE: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0xF0, 0xE4, 0x42),
];

/// Limits, which are not data.
pub(super) const LIMIT: RGBColor = RGBColor(0x55, 0x55, 0x55);

/// What is kept ready, which is not data either.
pub(super) const READY: RGBColor = RGBColor(0x6F, 0x42, 0xC1);

/// A chart, whatever it will be drawn on.
#[derive(Clone, Debug)]
pub(in crate::report) struct Figure {
    pub(super) title: String,
    pub(super) caption: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// From back to front.
    pub(super) layers: Vec<Layer>,
    /// Why there is no data, where there is none.
    pub(super) empty: Option<&'static str>,
}

/// What one legend entry stands for.
#[derive(Clone, Debug)]
pub(in crate::report) struct Layer {
    pub(super) label: String,
    pub(super) color: RGBColor,
    pub(super) mark: Mark,
}

/// How it is drawn.
#[derive(Clone, Debug)]
pub(in crate::report) enum Mark {
    /// Connected points; a piece of one point is a dot.
    Lines(Vec<Vec<(f64, f64)>>),
    /// Boxes by left, right, bottom and top.
    Boxes(Vec<[f64; 4]>),
    /// Between a lower and an upper line, as x, lower, upper.
    Band(Vec<(f64, f64, f64)>),
    /// A dashed level line.
    Level(f64),
    /// Thin dotted lines from bottom to top at these places.
    Moments(Vec<f64>),
}

impl Figure {
    /// Without title and layers.
    pub(super) fn blank(x: Axis, y: Axis) -> Figure {
        Figure {
            title: String::new(),
            caption: String::new(),
            x,
            y,
            layers: Vec::new(),
            empty: None,
        }
    }

    /// Colours are handed out in the palette's order.
    pub(super) fn color(number: usize) -> RGBColor {
        PALETTE[number % PALETTE.len()]
    }

    /// A colour of the palette as that of an area behind its line.
    pub(super) fn pale(number: usize) -> RGBColor {
        let RGBColor(red, green, blue) = Figure::color(number);
        let pale = |part: u8| 255 - (255 - part) / 4;
        RGBColor(pale(red), pale(green), pale(blue))
    }
}
