//! One run: a plan in, numbers out. Cannot fail.

mod adjoining;
mod cell_major;
mod continued;
mod emptied;
mod pace;
mod plan;
mod replication;
mod run;
mod serve;

pub use emptied::emptied;
pub use pace::Pace;
pub use plan::Plan;
pub use run::{AdjoiningCost, RunResult, meter_of, replay, simulate, simulate_cell_major};
