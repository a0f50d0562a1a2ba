use std::error::Error;

use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::finding::Chart;

const SIZE: (u32, u32) = (800, 360);
const FONT: &str = "DejaVu Sans";
const COLORS: [RGBColor; 3] = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(90, 90, 90)];

/// The chart as SVG.
pub fn draw(chart: &Chart) -> Result<String, Box<dyn Error>> {
    register_font(
        FONT,
        FontStyle::Normal,
        include_bytes!("../../assets/DejaVuSans-subset.ttf"),
    )
    .map_err(|_| "the font is damaged")?;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let points = || chart.lines.iter().flat_map(|line| &line.points);
        let right = points().map(|point| point.0).fold(0.0, f64::max);
        let top = points().map(|point| point.1).fold(0.0, f64::max) * 1.05;
        let mut plane = ChartBuilder::on(&area)
            .caption(chart.title, (FONT, 18))
            .margin(14)
            .x_label_area_size(42)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..right, 0.0..top)?;
        plane
            .configure_mesh()
            .label_style((FONT, 13))
            .axis_desc_style((FONT, 13))
            .x_desc(chart.x)
            .y_desc(chart.y)
            .light_line_style(TRANSPARENT)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .draw()?;
        for (line, color) in chart.lines.iter().zip(COLORS) {
            let points = line.points.iter().copied();
            let drawn = if line.dots {
                plane.draw_series(points.map(|point| Circle::new(point, 3, color.filled())))?
            } else {
                plane.draw_series(LineSeries::new(points, color.stroke_width(2)))?
            };
            drawn
                .label(line.name)
                .legend(move |(x, y)| Rectangle::new([(x, y - 2), (x + 16, y + 2)], color.filled()));
        }
        plane
            .configure_series_labels()
            .label_font((FONT, 13))
            .background_style(WHITE.mix(0.85))
            .position(SeriesLabelPosition::UpperRight)
            .draw()?;
        area.present()?;
    }
    Ok(svg)
}
