//! The behaviour rules by id: what each says, and what it is founded on.

mod list;
mod rule;

pub use list::{all, cited, find, nearest};
pub use rule::{Foundation, Rule};
