//! CloudWatch metrics of functions: rates over time, durations, errors, throttles.

mod scenario;
mod series;

use std::path::{Path, PathBuf};

pub use series::Series;

use super::input::read_text;
use super::{ImportError, Imported, Remarks, written};

/// What metrics tell.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// In the order of the files.
    pub series: Vec<Series>,
    /// What was not used, a line each.
    pub remarks: Vec<String>,
}

/// Reads metrics; where a series names no function it is `function`, or the file's name.
///
/// # Errors
/// A file that cannot be read, or that holds no datapoint of a metric that is used.
pub fn read_metrics(files: &[PathBuf], function: Option<&str>) -> Result<Metrics, ImportError> {
    let mut metrics = Metrics::default();
    for path in files {
        let mut remarks = Remarks::default();
        let text = read_text(path, &mut remarks)?;
        let mut found = series::read_series(path, &text, &mut remarks)?;
        for series in found.iter_mut().filter(|series| series.function.is_empty()) {
            series.function = function.map_or_else(|| file_stem(path), str::to_owned);
        }
        metrics.series.extend(found);
        metrics.remarks.extend(remarks.lines(&path.display().to_string()));
    }
    Ok(metrics)
}

/// A scenario with the rates, durations and errors that metrics tell.
pub fn import_metrics(files: &[PathBuf], metrics: &Metrics) -> Imported {
    Imported {
        scenario: scenario::draft(files, &metrics.series).text(),
        remarks: metrics.remarks.clone(),
    }
}

fn file_stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    written::function_name(name.split('.').next().unwrap_or_default())
}
