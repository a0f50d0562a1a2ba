use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use ::csv::Writer;

use super::{Headline, Observation, ReportError};

/// The headlines of each replication.
pub(super) const FILE: &str = "replications.csv";

/// Writes `replications.csv` while replications come: the headlines of each.
#[derive(Debug)]
pub struct ReplicationRows {
    target: PathBuf,
    paths: BTreeSet<String>,
    rows: Writer<File>,
}

impl ReplicationRows {
    /// The file with its header; `target` is named in errors only.
    pub(super) fn new(headlines: &[Headline], target: PathBuf, file: File) -> Result<ReplicationRows, ReportError> {
        let mut rows = ReplicationRows {
            target,
            paths: headlines.iter().map(|headline| headline.path.clone()).collect(),
            rows: Writer::from_writer(file),
        };
        let written = rows.rows.write_record(["replication", "metric", "value"]);
        rows.check(written.map_err(io::Error::from))?;
        Ok(rows)
    }

    /// The rows of one replication; none for times of what has not happened.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&mut self, number: u64, observation: &Observation) -> Result<(), ReportError> {
        let number = number.to_string();
        for (path, value) in &observation.values {
            let Some(value) = value.filter(|_| self.paths.contains(path)) else {
                continue;
            };
            let written = self.rows.write_record([&number, path, &value.to_string()]);
            self.check(written.map_err(io::Error::from))?;
        }
        Ok(())
    }

    /// Flushes the file.
    ///
    /// # Errors
    /// Where that fails.
    pub fn close(mut self) -> Result<(), ReportError> {
        let flushed = self.rows.flush();
        self.check(flushed)
    }

    fn check(&self, written: io::Result<()>) -> Result<(), ReportError> {
        written.map_err(|cause| ReportError::Write {
            file: FILE.to_owned(),
            target: self.target.clone(),
            cause,
        })
    }
}
