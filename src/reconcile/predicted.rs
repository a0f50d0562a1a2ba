use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

use crate::import::ImportError;
use crate::trace::GuardedText;

/// Largest summary, in bytes; what goes on behind is cut off.
const LARGEST_SUMMARY: u64 = 1 << 28;
/// Longest row of a bill, in MB.
const LONGEST_ROW: u64 = 1;

/// A run folder.
pub(super) struct Run {
    summary: Value,
    /// Quantity by usage type.
    usage: BTreeMap<String, f64>,
}

impl Run {
    /// # Errors
    /// A folder without a `summary.json` and `cost.csv` of a run.
    pub fn open(folder: &Path) -> Result<Run, ImportError> {
        let open = |name: &str| {
            let path = folder.join(name);
            File::open(&path).map_err(|cause| ImportError::Read { path, cause })
        };
        let wrong = |name: &str, error: String| ImportError::Wrong(format!("{}: {error}", folder.join(name).display()));
        let summary: Value = serde_json::from_reader(BufReader::new(open("summary.json")?.take(LARGEST_SUMMARY)))
            .map_err(|error| wrong("summary.json", error.to_string()))?;
        if !summary["functions"].is_object() {
            return Err(wrong(
                "summary.json",
                "has no functions; it is none of a run".to_owned(),
            ));
        }
        let usage = usage_of(open("cost.csv")?, "usage_type", "quantity").map_err(|error| wrong("cost.csv", error))?;
        Ok(Run { summary, usage })
    }

    /// What the run says of a quantity; usage that it does not have is 0.
    pub fn value(&self, function: &str, quantity: &str) -> Option<f64> {
        if function.is_empty() {
            return Some(self.usage.get(quantity).copied().unwrap_or(0.0));
        }
        let start = self.summary["functions"].get(function)?;
        quantity
            .split('.')
            .try_fold(start, |value, step| value.get(step))?
            .as_f64()
    }
}

/// Sums of a column by another, from a CSV text of any length.
///
/// # Errors
/// Columns that are missing, or rows that cannot be read.
pub(super) fn usage_of(text: impl Read, key: &str, amount: &str) -> Result<BTreeMap<String, f64>, String> {
    let mut table = ReaderBuilder::new().from_reader(GuardedText::new(text, LONGEST_ROW));
    let headers = table.headers().map_err(|error| error.to_string())?.clone();
    let place = |name: &str| {
        headers
            .iter()
            .position(|header| header == name)
            .ok_or(format!("has no column `{name}`"))
    };
    let (key, amount) = (place(key)?, place(amount)?);
    let mut sums = BTreeMap::new();
    let mut record = StringRecord::new();
    loop {
        let start = table.position().byte();
        table.get_mut().line_starts_at(start);
        if !table.read_record(&mut record).map_err(|error| error.to_string())? {
            return Ok(sums);
        }
        let value: f64 = record[amount]
            .trim()
            .parse()
            .map_err(|_| format!("`{}` is no amount", &record[amount]))?;
        *sums.entry(record[key].to_owned()).or_insert(0.0) += value;
    }
}
