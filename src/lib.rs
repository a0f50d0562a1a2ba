//! A deterministic discrete-event simulator of AWS Lambda: from a scenario file to a cost and latency report.
//!
//! The rooms, from the ground up; each imports only from rooms above it in this list, and `lambda`, `workload`,
//! `pricing` and `metrics` never import each other (`ARCHITECTURE.md` draws it, `tests/layering.rs` keeps it).

// Rooms that will also be built for the browser use nothing newer than the compiler for it.
#[clippy::msrv = "1.85"]
pub mod units;

#[clippy::msrv = "1.85"]
pub mod facts;
#[clippy::msrv = "1.85"]
pub mod kernel;
#[clippy::msrv = "1.85"]
pub mod rules;

#[clippy::msrv = "1.85"]
pub mod messaging;

#[clippy::msrv = "1.85"]
pub mod lambda;
#[clippy::msrv = "1.85"]
pub mod metrics;
#[clippy::msrv = "1.85"]
pub mod pricing;
#[clippy::msrv = "1.85"]
pub mod workload;

#[clippy::msrv = "1.85"]
pub mod control;

#[clippy::msrv = "1.85"]
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
