//! A run against what was measured: each quantity side by side, and which assumption could explain the largest difference.

mod actual;
mod assumption;
mod predicted;

use std::path::{Path, PathBuf};

use actual::read_actual;
use predicted::Run;

use crate::import::ImportError;

/// One quantity of a function, or of the account's bill, as predicted and as measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The function; empty for usage types of a bill.
    pub function: String,
    /// A path of the function in `summary.json`, or a usage type.
    pub quantity: String,
    /// What the run says.
    pub predicted: f64,
    /// What was measured.
    pub actual: f64,
}

impl Pair {
    /// Predicted against measured, as a part of what was measured; infinite where nothing was.
    pub fn difference(&self) -> f64 {
        if self.predicted == self.actual {
            return 0.0;
        }
        match self.actual.abs() {
            0.0 => f64::INFINITY,
            actual => (self.predicted - self.actual) / actual,
        }
    }
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Reconciliation {
    /// By function and quantity.
    pub pairs: Vec<Pair>,
    /// What could not be compared, a line each.
    pub remarks: Vec<String>,
}

impl Reconciliation {
    /// The quantity that differs most, and which assumptions could cause it.
    pub fn largest(&self) -> Option<(&Pair, &'static str)> {
        let pairs = self.pairs.iter().filter(|pair| pair.difference() != 0.0);
        let largest = pairs.max_by(|a, b| a.difference().abs().total_cmp(&b.difference().abs()))?;
        Some((largest, assumption::behind(&largest.quantity)))
    }
}

/// Holds the run folder against files of measurements: CloudWatch metrics, logs, or the usage lines of a bill.
///
/// # Errors
/// A file that cannot be read or is none of these, a folder without `summary.json`.
pub fn reconcile(run: &Path, files: &[PathBuf]) -> Result<Reconciliation, ImportError> {
    let run = Run::open(run)?;
    let mut result = Reconciliation::default();
    for path in files {
        let (quantities, remarks) = read_actual(path)?;
        result.remarks.extend(remarks);
        for (function, quantity, actual) in quantities {
            match run.value(&function, &quantity) {
                Some(predicted) => result.pairs.push(Pair {
                    function,
                    quantity,
                    predicted,
                    actual,
                }),
                None => {
                    let of = if function.is_empty() {
                        String::new()
                    } else {
                        format!(" of {function}")
                    };
                    result
                        .remarks
                        .push(format!("{}: the run has no {quantity}{of}", path.display()));
                }
            }
        }
    }
    result
        .pairs
        .sort_by(|a, b| (&a.function, &a.quantity).cmp(&(&b.function, &b.quantity)));
    Ok(result)
}
