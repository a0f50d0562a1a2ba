//! Many runs at once, and how sure they are; several threads for one run. The only room that knows threads.

mod axis;
mod batch;
mod decision;
mod difference;
mod estimate;
mod grid;
mod identity;
mod interval;
mod journal;
mod nature;
mod precision;
mod replications;
mod search;
mod smallest;
mod sweep;
mod threads;
mod warm_up;

pub use axis::Axis;
pub use batch::{in_order, in_order_until};
pub use decision::{GoalPrice, goal_prices, pareto_front};
pub use difference::Difference;
pub use estimate::{Estimate, Method};
pub use grid::Grid;
pub use identity::{Identity, columns};
pub use interval::{Interval, Sample, probability_interval, quantile_ranks};
pub use journal::{Journal, JournalError, Outcome, Row, identity_of, write_durably};
pub use nature::Nature;
pub use precision::Precision;
pub use replications::Replications;
pub use search::{Candidate, Found, Measured, Search, meets, missed};
pub use smallest::{Trial, smallest};
pub use sweep::{Shard, Stopped, Sweep};
pub use threads::Threads;
pub use warm_up::warm_up_length;
