//! Traces named by a scenario: each is read once, however often the scenario is resolved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::trace::{self, AzureFunction, CsvTrace};
use crate::units::Timestamp;

/// What has been read so far; several threads may share it.
#[derive(Default)]
pub(super) struct DataFiles {
    recorded: Mutex<BTreeMap<PathBuf, Result<CsvTrace, String>>>,
    azure: Mutex<BTreeMap<PathBuf, Result<Vec<AzureFunction>, String>>>,
}

impl DataFiles {
    /// Recorded arrivals of a run that begins at `start`, the same for all calls.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn recorded(&self, path: &Path, start: Timestamp) -> Result<CsvTrace, String> {
        let read = || CsvTrace::check(path, start).map_err(|problem| problem.to_string());
        self.recorded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(path.to_path_buf())
            .or_insert_with(read)
            .clone()
    }

    /// The functions of an Azure trace, by name.
    ///
    /// # Errors
    /// What is wrong with its files.
    pub fn azure(&self, path: &Path) -> Result<Vec<AzureFunction>, String> {
        let read = || {
            let mut functions = trace::load_azure(path).map_err(|problem| problem.to_string())?;
            functions.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(functions)
        };
        self.azure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(path.to_path_buf())
            .or_insert_with(read)
            .clone()
    }
}
