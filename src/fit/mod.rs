//! From measured values to a distribution: candidate families, compared by how well they tell values that they have not seen.

mod comparison;
mod estimate;
mod family;
mod mixture;
mod samples;
mod stepwise;
mod text;

pub use comparison::{Candidate, Comparison, compare};
pub use family::Fitted;
pub use samples::{FitError, Samples, read_samples};
