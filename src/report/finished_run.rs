//! Run folders, read back.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::expect::value_at;
use super::folder::{SCENARIO, SUMMARY};
use super::replication_rows;
use crate::scenario::Written;

/// No run has more.
const MOST_REPLICATIONS: u64 = 1_000_000;

/// What a run folder says.
#[derive(Clone, Debug)]
pub struct FinishedRun {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// Version of the program that ran it.
    pub version: String,
    /// How many replications were run.
    pub replications: u64,
    /// Its `summary.json`.
    pub summary: Value,
    /// What was run, where the folder tells.
    pub written: Option<Written>,
    /// By path the replications that have a value, and their values.
    values: BTreeMap<String, Vec<(u64, f64)>>,
}

/// Why a run folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FinishedRunError {
    /// The operating system refuses.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// It holds no run.
    #[error("{} is no run folder: it has no summary.json; `lambdasim run` writes one", path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A file is not as a run writes it.
    #[error("{}: {found}; run the scenario again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
}

impl FinishedRun {
    /// Reads a folder.
    ///
    /// # Errors
    /// What [`FinishedRunError`] lists.
    pub fn open(folder: &Path) -> Result<FinishedRun, FinishedRunError> {
        let file = folder.join(SUMMARY);
        let damaged = |found: &str| FinishedRunError::Damaged {
            path: file.clone(),
            found: found.to_owned(),
        };
        let text = read(&file)?.ok_or_else(|| FinishedRunError::NoRun {
            path: folder.to_owned(),
        })?;
        let summary: Value = serde_json::from_str(&text).map_err(|error| damaged(&error.to_string()))?;
        let text = |key: &str| summary[key].as_str().map(str::to_owned);
        let (Some(scenario), Some(version), Some(seed)) = (text("scenario"), text("version"), summary["seed"].as_u64())
        else {
            return Err(damaged("has no scenario, seed and version of a run"));
        };
        let replications = summary["replications"]["count"].as_u64().unwrap_or(1);
        if !(1..=MOST_REPLICATIONS).contains(&replications) {
            return Err(damaged("tells of a number of replications that no run has"));
        }
        let rows = folder.join(replication_rows::FILE);
        let values = match read(&rows)? {
            Some(text) => {
                rows_by_path(&text, replications).map_err(|found| FinishedRunError::Damaged { path: rows, found })?
            }
            None => BTreeMap::new(),
        };
        let written = read(&folder.join(SCENARIO))?.as_deref().and_then(Written::parse);
        Ok(FinishedRun {
            scenario,
            seed,
            version,
            replications,
            summary,
            written,
            values,
        })
    }

    /// The value at a path of the summary in each replication, where they were kept; else in the first alone. `None` in
    /// replications without such a value.
    pub fn values(&self, path: &str) -> Vec<Option<f64>> {
        match self.values.get(path) {
            Some(kept) => {
                let last = kept.iter().map(|(number, _)| *number).max().unwrap_or(0);
                let mut values = vec![None; usize::try_from(last + 1).unwrap_or(0)];
                kept.iter()
                    .for_each(|(number, value)| values[*number as usize] = Some(*value));
                values
            }
            None => vec![value_at(&self.summary, path)],
        }
    }
}

/// The text of a file, if there is one.
fn read(path: &Path) -> Result<Option<String>, FinishedRunError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) if cause.kind() == ErrorKind::InvalidData => Err(FinishedRunError::Damaged {
            path: path.to_owned(),
            found: "is no UTF-8 text".to_owned(),
        }),
        Err(cause) => Err(FinishedRunError::Read {
            path: path.to_owned(),
            cause,
        }),
    }
}

/// Columns `replication,metric,value` as a list for each metric.
fn rows_by_path(text: &str, replications: u64) -> Result<BTreeMap<String, Vec<(u64, f64)>>, String> {
    let (_, rows) = super::csv_rows(text).map_err(|(line, what)| format!("line {line}: {what}"))?;
    let mut values: BTreeMap<String, Vec<(u64, f64)>> = BTreeMap::new();
    for (place, row) in rows.into_iter().enumerate() {
        let read = |row: Vec<String>| {
            let [number, path, value] = <[String; 3]>::try_from(row).ok()?;
            Some((number.parse::<u64>().ok()?, path, value.parse::<f64>().ok()?))
        };
        let row = read(row).filter(|(number, _, value)| *number < replications && value.is_finite());
        let Some((number, path, value)) = row else {
            return Err(format!(
                "line {}: is no value of one of {replications} replications",
                place + 2
            ));
        };
        values.entry(path).or_default().push((number, value));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_a_list_for_each_metric() {
        let text = "replication,metric,value\n0,a,1.5\n0,b,7\n2,a,3\n";
        let values = rows_by_path(text, 3).unwrap();
        assert_eq!(values["a"], [(0, 1.5), (2, 3.0)]);
        assert_eq!(values["b"], [(0, 7.0)]);
    }

    #[test]
    fn rows_that_no_run_writes_are_told_with_their_line() {
        for (row, what) in [("3,a,1", "line 2"), ("0,a,x", "line 2"), ("0,a", "line 2")] {
            let text = format!("replication,metric,value\n{row}\n");
            let wrong = rows_by_path(&text, 3).unwrap_err();
            assert!(wrong.contains(what), "{row}: {wrong}");
        }
    }

    #[test]
    fn a_folder_without_a_run_and_a_damaged_one_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = || FinishedRun::open(folder.path());
        assert!(matches!(open(), Err(FinishedRunError::NoRun { .. })));
        for text in ["{", "{}", "{\"scenario\": \"s\", \"seed\": -1, \"version\": \"1\"}"] {
            fs::write(folder.path().join(SUMMARY), text).unwrap();
            assert!(matches!(open(), Err(FinishedRunError::Damaged { .. })), "{text}");
        }
        fs::write(
            folder.path().join(SUMMARY),
            "{\"scenario\": \"s\", \"seed\": 3, \"version\": \"1\", \"totals\": {\"arrivals\": 9}}",
        )
        .unwrap();
        let run = open().unwrap();
        assert_eq!((run.seed, run.replications), (3, 1));
        assert_eq!(run.values("totals.arrivals"), [Some(9.0)]);
        assert!(run.written.is_none());
    }
}
