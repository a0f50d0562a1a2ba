//! One run: a plan in, numbers out. Cannot fail.

mod adjoining;
mod plan;
mod run;

pub use plan::Plan;
pub use run::{AdjoiningCost, Pace, RunResult, simulate};
