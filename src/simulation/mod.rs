//! One run: a plan in, numbers out. Cannot fail.

mod adjoining;
mod emptied;
mod plan;
mod replication;
mod run;

pub use emptied::emptied;
pub use plan::Plan;
pub use run::{AdjoiningCost, Pace, RunResult, meter_of, replay, simulate};
