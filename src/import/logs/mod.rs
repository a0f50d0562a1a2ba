//! CloudWatch logs of functions: lines of the platform in any form they are exported in (LOG-1 to LOG-14), to what they tell of
//! each function and version.

mod arrivals;
mod billing;
mod book;
mod document;
mod function_log;
mod instant;
mod line;
mod line_reader;
mod lines;
mod number;
mod oddities;
mod origin;
mod platform;
mod recent;
mod report;
mod row;
mod scenario;
mod source;
mod table;
mod trace;

use std::path::{Path, PathBuf};

pub(super) use arrivals::joined;
pub use arrivals::{Arrivals, Stretch};
pub use billing::BillingRule;
pub use book::{Logs, Recorded};
pub use function_log::FunctionLog;
pub(super) use instant::instant;
pub(super) use scenario::poisson;
pub use trace::write_trace;

use book::LogBook;
use line_reader::LineReader;

use super::{ImportError, Imported};

/// What to do beside reading.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// Name of the function whose lines name none; otherwise the file's name stands for it.
    pub function: Option<String>,
    /// Whether every arrival is kept, for [`write_trace`]: 24 bytes each.
    pub keeps_arrivals: bool,
}

/// Reads logs, one file after another, plain or gzip, in any form that CloudWatch gives them out in. Memory does not grow with
/// their length.
///
/// # Errors
/// A file that cannot be opened, or no invocation in any of them.
pub fn read_logs(files: &[PathBuf], options: &LogOptions) -> Result<Logs, ImportError> {
    let mut book = LogBook::new(options.keeps_arrivals);
    let reader = LineReader::default();
    for path in files {
        let function = options.function.clone().unwrap_or_else(|| function_of_file(path));
        source::read_file(&mut book, &reader, path, &function)?;
    }
    let logs = book.finish();
    if logs.functions.is_empty() {
        let told = logs.remarks.join("\n");
        return Err(ImportError::Wrong(format!(
            "{told}\nno invocation in these files: none of their lines is a REPORT, in text, as platform.report or as columns of Logs \
             Insights"
        )));
    }
    Ok(logs)
}

/// A scenario that repeats what logs tell; `trace` is a file with the recorded arrivals, as the scenario is to name it.
pub fn import_logs(files: &[PathBuf], logs: &mut Logs, trace: Option<&str>) -> Imported {
    Imported {
        scenario: scenario::draft(files, logs, trace).text(),
        remarks: logs.remarks.clone(),
    }
}

/// The name of a file without endings, in letters that a function's name may have.
fn function_of_file(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.split('.').next().unwrap_or_default();
    scenario::function_name(stem)
}
