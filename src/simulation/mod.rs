//! One run: a plan in, numbers out. Cannot fail.

mod plan;
mod run;

pub use plan::Plan;
pub use run::{Pace, RunResult, simulate};
