use std::path::PathBuf;
use std::process::ExitCode;

use crate::experiment::JournalError;
use crate::fit::FitError;
use crate::import::ImportError;
use crate::pricing::PriceProblems;
use crate::report::{FinishedRunError, ReportError};
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
    /// A price file is wrong.
    #[error("{}", .problems.0.iter().map(|problem| format!("{}: {problem}", path.display())).collect::<Vec<_>>().join("\n"))]
    Prices {
        /// The file.
        path: PathBuf,
        /// What is wrong, by row.
        problems: PriceProblems,
    },
    /// An input file could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A trace could not be read a second time.
    #[error("{0}")]
    Trace(String),
    /// No distribution could be fitted.
    #[error("{0}")]
    Fit(#[from] FitError),
    /// Nothing could be imported.
    #[error("{0}")]
    Import(#[from] ImportError),
    /// A run folder cannot be compared.
    #[error("{0}")]
    Finished(#[from] FinishedRunError),
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
    /// The list of a sweep's points cannot be used.
    #[error("{0}")]
    Journal(#[from] JournalError),
    /// Ctrl-C.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// Ctrl-C during a sweep.
    #[error("interrupted; {done} of {points} points are kept: give the same command again to go on")]
    SweepInterrupted {
        /// Finished points.
        done: usize,
        /// All points.
        points: u64,
    },
}

impl Failure {
    /// 2 usage or scenario, 3 input or output, 130 interrupted.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Scenarios(problems) => ExitCode::from(problems.iter().map(Problems::exit_code).max().unwrap_or(2)),
            Failure::Usage(_)
            | Failure::Finished(FinishedRunError::NoRun { .. } | FinishedRunError::Damaged { .. })
            | Failure::Prices { .. }
            | Failure::Import(ImportError::Wrong(_))
            | Failure::Fit(FitError::Wrong(_)) => ExitCode::from(2),
            Failure::Read { .. }
            | Failure::Finished(FinishedRunError::Read { .. })
            | Failure::Import(ImportError::Read { .. })
            | Failure::Fit(FitError::Read { .. })
            | Failure::Trace(_)
            | Failure::Report(_)
            | Failure::Journal(_)
            | Failure::Write { .. }
            | Failure::Exists { .. } => ExitCode::from(3),
            Failure::Interrupted | Failure::SweepInterrupted { .. } => ExitCode::from(130),
        }
    }
}
