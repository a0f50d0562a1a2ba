//! The one test binary; each module is a way to be wrong.

mod bad_input;
mod cases;
mod cross_checks;
mod determinism;
mod edges;
mod equipment;
mod fit;
mod golden;
mod headroom;
mod import;
mod laws;
mod layering;
mod logs;
mod optimize;
mod outputs;
mod plan;
mod queues;
mod reference;
mod replications;
mod rules;
mod streams;
mod support;
mod sweep;
mod theory;
mod validated;
mod validation;
