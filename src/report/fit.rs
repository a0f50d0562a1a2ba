//! Families fitted to measured values: the table on the terminal and the plot.

use std::fs;
use std::io;
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};

use super::plot::{figure_png, figure_svg, fit_figure};
use crate::fit::Comparison;

/// The families with how well they tell values held out, and the line to paste for each, the best first.
pub fn fit_text(comparison: &Comparison, key: &str) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["Family", "ln likelihood", "KS distance"]);
    for candidate in &comparison.candidates {
        table.add_row([
            candidate.fitted.name().to_owned(),
            format!("{:.4}", candidate.held_out),
            format!("{:.4}", candidate.distance),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = comparison.candidates.iter().map(|candidate| {
        let (name, text) = (candidate.fitted.name(), candidate.fitted.scenario());
        format!("  # {name}\n  {key}: {text}\n")
    });
    let lines: Vec<String> = lines.collect();
    let [best, others @ ..] = lines.as_slice() else {
        return String::new();
    };
    format!(
        "{table}\n\n{} values; each family was fitted to three quarters and held against the last quarter:\nthe mean of ln density (more \
         is better), the largest distance of the distribution functions (less is better).\n\nThe line of the best:\n\n{best}\nThe \
         others:\n\n{}",
        comparison.sorted.len(),
        others.concat()
    )
}

/// Draws measured values against the best families, as SVG or PNG by the ending of the name.
///
/// # Errors
/// What the operating system or the encoder says.
pub fn draw_fit(comparison: &Comparison, caption: &str, file: &Path) -> io::Result<()> {
    let figure = fit_figure(comparison, caption);
    match file.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("png") => figure_png(&figure, file),
        _ => fs::write(file, figure_svg(&figure)?),
    }
}
