//! Many runs at once. The only room that knows threads.

mod axis;
mod batch;
mod grid;
mod identity;
mod journal;
mod sweep;

pub use axis::Axis;
pub use batch::in_order;
pub use grid::Grid;
pub use identity::Identity;
pub use journal::{Journal, JournalError, Outcome, Row, identity_of, write_durably};
pub use sweep::{Shard, Stopped, Sweep};
