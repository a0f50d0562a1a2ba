//! Recorded arrivals: traces as tables, Azure Functions 2019 traces, and measured values for empirical distributions.
//!
//! Everything here reads files in one pass and in constant memory, and answers a bad one with a [`TraceProblem`].

mod azure;
mod azure_invocations;
mod csv_trace;
mod decimal;
mod empirical;
mod field;
mod guarded;
mod parquet_rows;
mod problem;
mod row;
mod rows;
mod source;
mod table;
mod zstd;

pub use azure::{AzureFunction, load_azure};
pub use azure_invocations::{AzureInvocation, AzureInvocations, find_azure_invocations, load_azure_invocations};
pub use csv_trace::CsvTrace;
pub use empirical::load_empirical;
pub use guarded::GuardedText;
pub use parquet_rows::decodes_parquet;
pub use problem::TraceProblem;
pub use source::open_plain_or_gzip;
