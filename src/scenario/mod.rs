//! Scenario files: text to a [`Plan`], or every problem at its place.

mod address;
mod adjoining;
mod alarms;
mod api_rate;
mod attachments;
mod behaviour;
mod billing;
mod budgets;
mod change_path;
mod changes;
mod check;
mod control;
mod data_files;
mod dated;
mod deployments;
mod difference;
mod distribution;
mod document;
mod equipment;
mod expand;
mod expectation;
mod functions;
mod init;
mod keys;
mod known;
mod lesson;
mod links;
mod load;
mod loops;
mod mappings;
mod memory_scaling;
mod optimization;
mod package;
mod parameters;
mod place;
mod problem;
mod queues;
mod reader;
mod register;
mod resolve;
mod rewrite;
mod scaling;
mod schedule;
mod schema;
mod source;
mod starter;
mod stream_mappings;
mod streams;
mod template;
#[cfg(test)]
mod tests;
mod through;
mod traffic;
mod transfer;
mod tree;
mod values;
mod work;
mod workload;
mod workload_keys;
mod written;

use std::path::Path;
use std::sync::Arc;

pub use deployments::DEPLOYMENT_PREFERENCES;
pub(crate) use document::Document;
pub use expand::expand_values;
pub use expectation::{Expectation, Operator};
pub use keys::nearest;
pub use lesson::Lesson;
pub use optimization::{Optimization, Term, Variable};
pub use place::Place;
pub use problem::{Problem, ProblemKind, Problems};
pub use register::{Parameter, parameters};
pub use schema::json_schema;
pub use starter::starter;
pub use template::Template;
pub(crate) use tree::{Entry, Kind, Node};
pub use workload::{Estimate, EstimateOptions, NamedWorkload, load_estimate};
pub use written::{Written, WrittenDifference};

use crate::pricing::PriceBook;
use crate::simulation::Plan;
use crate::units::Span;
use problem::Fault;
use source::Source;

/// The longest `duration`.
pub const LONGEST_DURATION: Span = Span::from_secs(731 * 86_400);

/// What the command line adds to a scenario file.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Wins over the file's `seed`.
    pub seed: Option<u64>,
    /// Paths of the file with the YAML values that replace what stands there, in order.
    pub set: Vec<(String, String)>,
    /// Whether included files and data files may lie outside the folder of the file that names them.
    pub allow_outside: bool,
    /// Prices in place of the built-in ones.
    pub prices: Option<PriceBook>,
    /// Wins over the file's `name`.
    pub name: Option<String>,
}

/// A scenario without problems.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What to simulate.
    pub plan: Plan,
    /// The question that the file's first comment lines ask.
    pub question: Option<String>,
    /// Claims about the result, in file order.
    pub expectations: Vec<Expectation>,
    /// What does not stop a run but should be known.
    pub warnings: Vec<String>,
    /// Parameters that differ from their defaults, with their values as written.
    pub changed_parameters: Vec<(String, String)>,
    /// What to look for, where the file has an `optimize` section.
    pub optimization: Option<Optimization>,
    /// What it teaches, where the file has a `lesson`.
    pub lesson: Option<Lesson>,
    /// The file as read.
    pub text: String,
    /// What all files and the command line say together.
    pub written: Written,
    sources: Vec<Arc<Source>>,
}

impl Scenario {
    /// A problem at a place of this scenario, `length` characters wide: for claims that only the result can check.
    pub fn problem(&self, place: &Place, length: usize, message: &str, remedy: &str) -> Problem {
        let fault = Fault::new(message, remedy);
        match self.sources.iter().find(|source| source.name == place.file) {
            Some(source) => Problem::at(source, place, length.max(1), fault),
            None => Problem::without_source(&place.file, 0, fault),
        }
    }
}

/// Reads a scenario file, what it includes and the data it names.
///
/// # Errors
/// Every problem found, each with its place and remedy; [`Problems::exit_code`] tells a wrong scenario from a file that
/// cannot be read.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Scenario, Problems> {
    Template::read(path, options)?.resolve(&[], "--set")
}

/// A length of time as scenarios write it: `250 ms`, `5 s`, `1h30m`; a bare number is seconds.
///
/// # Errors
/// What is wrong with it, and what is allowed.
pub fn duration(text: &str) -> Result<Span, String> {
    values::duration(text).map_err(|fault| format!("{}; {}", fault.found, fault.allowed))
}

/// Whether a function can have this name; names of services, such as `sqs`, are none.
pub fn is_function_name(name: &str) -> bool {
    address::check_function_name(name).is_ok()
}

/// The comment lines that open the file, up to the first empty one.
fn question(text: &str) -> Option<String> {
    let lines = text.trim_start_matches('\u{feff}').lines();
    let comments = lines
        .map_while(|line| line.strip_prefix('#'))
        .map(str::trim)
        .take_while(|line| !line.is_empty());
    let question = comments.collect::<Vec<_>>().join(" ");
    (!question.is_empty()).then_some(question)
}
