use std::fmt;
use std::path::{Path, PathBuf};

/// What is wrong with a recorded file, where, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceProblem {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Line of the decompressed text (1 is the header); for Parquet the 1-based row. `None` where no row is to blame.
    pub row: Option<u64>,
    /// What was found and what is allowed, without a full stop.
    pub message: String,
}

impl TraceProblem {
    pub(super) fn of_file(path: &Path, message: impl Into<String>) -> TraceProblem {
        TraceProblem {
            path: path.to_owned(),
            row: None,
            message: message.into(),
        }
    }

    pub(super) fn at_row(path: &Path, row: u64, message: impl Into<String>) -> TraceProblem {
        TraceProblem {
            path: path.to_owned(),
            row: Some(row),
            message: message.into(),
        }
    }
}

impl fmt::Display for TraceProblem {
    /// `path:row: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some(row) = self.row {
            write!(f, "{row}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl std::error::Error for TraceProblem {}

/// The bytes of a file for a message: escaped, in backticks, at most 40 characters.
pub(super) fn quoted(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN)]);
    let escaped: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    let more = if text.chars().count() > SHOWN { "…" } else { "" };
    format!("`{escaped}{more}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_prints_its_place_first() {
        let path = Path::new("data/a.csv");
        assert_eq!(
            TraceProblem::at_row(path, 7, "is bad").to_string(),
            "data/a.csv:7: is bad"
        );
        assert_eq!(
            TraceProblem::of_file(path, "is empty").to_string(),
            "data/a.csv: is empty"
        );
    }

    #[test]
    fn what_a_file_holds_cannot_disturb_the_terminal_or_flood_it() {
        assert_eq!(quoted(b"a\x1b[2J"), "`a\\u{1b}[2J`");
        assert_eq!(quoted(&[b'x'; 1000]), format!("`{}…`", "x".repeat(40)));
    }
}
