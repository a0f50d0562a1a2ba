//! The golden vectors of lambda-model §12 and §13, by id. Expected values are those of the vectors; nearly all are asked of
//! the binary, as a user would: a scenario file in, a run folder out.

mod callers;
mod command;
mod concurrency;
mod environments;
mod estimates;
mod events;
pub mod harness;
mod price_book;
mod prices;
mod provisioned;
mod replicated;
mod scaling;
