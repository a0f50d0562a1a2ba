//! A deterministic discrete-event simulator of AWS Lambda: from a scenario file to a cost and latency report.
//!
//! The rooms, from the ground up; each imports only from rooms above it in this list, and `lambda`, `workload`,
//! `pricing` and `metrics` never import each other (`ARCHITECTURE.md` draws it, `tests/layering.rs` keeps it).

pub mod units;

pub mod facts;
pub mod kernel;
pub mod rules;

pub mod messaging;

pub mod lambda;
pub mod metrics;
pub mod pricing;
pub mod workload;

pub mod control;

pub mod simulation;
pub mod trace;

pub mod scenario;

pub mod experiment;
pub mod explain;
pub mod fit;
pub mod import;

pub mod reconcile;
pub mod report;

pub mod cli;
