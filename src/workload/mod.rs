//! What arrives when.

mod arrivals;
mod config;
mod intensity;
mod source;

pub use arrivals::Arrivals;
pub use config::{Process, RateProfile, SourceChange, SourceConfig, TraceFile, TraceRow};
