//! From what people have to a scenario file: every importer reads one kind of source and writes a [`Draft`].
//!
//! What an importer cannot use it tells as a remark, never silently; what no source can know (traffic behind a template,
//! INIT behind a trace) becomes a marked blank with a safe value, so that the written scenario runs as it is.

mod azure;
mod cloudformation;
mod draft;
mod input;
pub mod logs;
pub mod metrics;
mod power_tuning;
mod problem;
mod remarks;
mod stack;
mod written;

pub use azure::{AzureImport, import_azure};
pub use cloudformation::import_template;
pub use draft::{Block, Draft, Line, Value};
pub use power_tuning::import_power_tuning;
pub use problem::ImportError;
pub use remarks::Remarks;

/// Starts the comment beside every value that the source does not tell.
pub const BLANK: &str = "FILL IN:";

/// What an importer made of its source.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The text of a scenario file.
    pub scenario: String,
    /// What was not understood or not used, a line each, in the order of the source.
    pub remarks: Vec<String>,
}
