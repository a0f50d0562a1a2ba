//! One run: a plan in, numbers out. Cannot fail.

mod adjoining;
mod cell_major;
mod continued;
mod divide;
mod emptied;
mod listeners;
mod pace;
mod parts;
mod plan;
mod replication;
mod result;
mod run;
mod serve;

pub use crate::kernel::{Crew, Job};
pub use emptied::emptied;
pub use listeners::meter_of;
pub use pace::Pace;
pub use plan::Plan;
pub use result::{AdjoiningCost, RunResult};
pub use run::{replay, simulate, simulate_by, simulate_cell_major};
