//! What acts on the platform during a run, at instants of its own.

mod act;

pub use act::Act;
