//! The charts: what is shown ([`figure`], of event sources [`sources`]), how its axes are divided ([`axis`]), how it is drawn ([`canvas`]).
//! [`series`] are the charts of the page. [`card`] is a run on one picture, drawn by [`card_canvas`].

mod axis;
mod bands;
mod canvas;
mod card;
mod card_canvas;
mod chart;
mod comparison_chart;
mod figure;
mod fit_chart;
mod series;
mod sources;
mod steps;
mod sweep_chart;

pub(super) use canvas::{draw_png, draw_svg, figure_png, figure_svg};
pub(super) use card::Card;
pub(super) use card_canvas::card_png;
pub(super) use chart::Chart;
pub(super) use comparison_chart::{ComparedRow, comparison_figure};
pub(super) use figure::Figure;
pub(super) use fit_chart::fit_figure;
pub(super) use series::{Domain, Ink, Series, SeriesChart, Stroke};
pub(super) use sweep_chart::{SweptValues, shown, sweep_figure};
