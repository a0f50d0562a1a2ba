use std::io;
use std::path::{Path, PathBuf};

use crate::trace::TraceProblem;

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The source could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// The source is not what it was taken for: `file:line: what was found; what is allowed`.
    #[error("{0}")]
    Wrong(String),
}

impl From<TraceProblem> for ImportError {
    fn from(problem: TraceProblem) -> ImportError {
        ImportError::Wrong(problem.to_string())
    }
}

impl ImportError {
    /// What is wrong with a file as a whole.
    pub(super) fn of_file(path: &Path, message: &str) -> ImportError {
        ImportError::Wrong(format!("{}: {message}", path.display()))
    }

    /// What is wrong in a line, counted from 1.
    pub(super) fn at_line(path: &Path, line: usize, message: &str) -> ImportError {
        ImportError::Wrong(format!("{}:{line}: {message}", path.display()))
    }
}
