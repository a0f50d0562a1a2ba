use std::path::PathBuf;
use std::process::ExitCode;

use crate::report::ReportError;
use crate::scenario::Problems;

/// Why a command ended without doing its job (contract §3).
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Scenarios are wrong, or could not be read.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
    Scenarios(Vec<Problems>),
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// A trace could not be read a second time.
    #[error("{0}")]
    Trace(String),
    /// A run folder could not be written.
    #[error("{0}")]
    Report(#[from] ReportError),
    /// A file could not be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file, or a word for standard output.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file that would be written is there already.
    #[error("{} exists and is left as it is; take another name, or remove the file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Ctrl-C.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

impl Failure {
    /// 2 usage or scenario, 3 input or output, 130 interrupted.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Scenarios(problems) => ExitCode::from(problems.iter().map(Problems::exit_code).max().unwrap_or(2)),
            Failure::Usage(_) => ExitCode::from(2),
            Failure::Trace(_) | Failure::Report(_) | Failure::Write { .. } | Failure::Exists { .. } => {
                ExitCode::from(3)
            }
            Failure::Interrupted => ExitCode::from(130),
        }
    }
}
