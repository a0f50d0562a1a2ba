//! The charts: what is shown ([`figure`]), how its axes are divided ([`axis`]), how it is drawn ([`canvas`]).

mod axis;
mod canvas;
mod chart;
mod figure;

pub(super) use canvas::{draw_png, draw_svg};
pub(super) use chart::Chart;
