//! What arrives when.

mod arrivals;
mod config;
mod intensity;
mod source;
mod spread;
mod stretch;

pub use arrivals::Arrivals;
pub use config::{Process, RateProfile, SourceChange, SourceConfig, TraceFile, TraceRow};
pub use spread::{Firings, Spread, SpreadSchedule};
