//! Stacked bars of many things, each with its numbers beside it: a chart that is its own table.

use maud::{Markup, html};

use super::tables::{FUNCTIONS_SHOWN, name_cell};
use crate::report::headline::Unit;
use crate::report::plot::Ink;

/// A part that bars have in common.
pub(super) struct Part {
    /// What it is.
    pub name: &'static str,
    /// Its colour.
    pub ink: usize,
    /// What that means.
    pub meaning: &'static str,
}

/// One bar.
pub(super) struct Bar {
    /// Of what.
    pub name: String,
    /// How much of each part.
    pub parts: Vec<f64>,
}

/// A table of bars, the longest as wide as there is room; nothing without bars. Parts that no bar has are left out, and
/// bars beyond the first twenty.
pub(super) fn bars(title: &'static str, note: &str, unit: Unit, parts: &[Part], all: &[Bar]) -> Markup {
    let used: Vec<usize> = (0..parts.len())
        .filter(|part| all.iter().any(|bar| bar.parts[*part] > 0.0))
        .collect();
    let longest = all.iter().map(|bar| bar.parts.iter().sum::<f64>()).fold(0.0, f64::max);
    let more = all.len().saturating_sub(FUNCTIONS_SHOWN);
    html! {
        @if !all.is_empty() && longest > 0.0 {
            h3 { (title) }
            p.soft { (note) @if more > 0 { " The first " (FUNCTIONS_SHOWN) ", with " (more) " more in the table of all." } }
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table.bars {
                    thead { tr {
                        th { "Function" }
                        th { span.hidden { "Bar" } }
                        th.number { "Mean" }
                        @for part in &used {
                            th.number {
                                i.swatch style={ "background:" (Ink::Data(parts[*part].ink).css()) } {}
                                abbr title=(parts[*part].meaning) { (parts[*part].name) }
                            }
                        }
                    } }
                    tbody { @for bar in all.iter().take(FUNCTIONS_SHOWN) { (row(bar, longest, unit, parts, &used)) } }
                }
            }
        }
    }
}

fn row(bar: &Bar, longest: f64, unit: Unit, parts: &[Part], used: &[usize]) -> Markup {
    let share = |value: f64| format!("{:.2}%", value / longest * 100.0);
    html! {
        tr {
            th scope="row" { (name_cell(&bar.name)) }
            td.bar aria-hidden="true" {
                @for part in used {
                    @if bar.parts[*part] > 0.0 {
                        i style={ "width:" (share(bar.parts[*part])) ";background:" (Ink::Data(parts[*part].ink).css()) } {}
                    }
                }
            }
            td.number { (unit.show(bar.parts.iter().sum())) }
            @for part in used { td.number { (unit.show(bar.parts[*part])) } }
        }
    }
}
