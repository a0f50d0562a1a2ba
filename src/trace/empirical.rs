use std::path::Path;

use crate::units::Span;

use super::decimal::parse_scaled;
use super::problem::{TraceProblem, quoted};
use super::table::Table;

/// The most values one file may hold.
const MOST_VALUES: usize = 10_000_000;

/// Reads one column of a CSV file, plain, .gz or .zst, in the order of the file, for an empirical distribution (contract
/// §2.3): `ms` (milliseconds, 0 or more), or `bytes` (0 or more), a byte in the place of a microsecond.
///
/// # Errors
/// The first problem: a file that cannot be read, has no such column or no rows, a value that is none, more than ten
/// million values.
pub fn load_empirical(path: &Path, column: &str) -> Result<Vec<Span>, TraceProblem> {
    let mut table = Table::open(path)?;
    let (name, scale, unit) = match column {
        "bytes" => ("bytes", 0, "bytes"),
        _ => ("ms", 3, "milliseconds"),
    };
    let column = table.required_column(name)?;
    let mut values = Vec::new();
    while table.advance()? {
        if values.len() == MOST_VALUES {
            return Err(table.problem(format!("more than {MOST_VALUES} values; thin them out")));
        }
        let text = table.field(column);
        let micros = parse_scaled(text, scale).map_err(|fault| {
            table.problem(format!(
                "`{name}` is {}: {fault}; allowed are {unit}, 0 or more",
                quoted(text)
            ))
        })?;
        values.push(Span::from_micros(micros));
    }
    if values.is_empty() {
        return Err(table.problem_of_file("has a header but no rows"));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Vec<Span>, TraceProblem> {
        let directory = tempfile::tempdir().expect("a folder");
        let path = directory.path().join("values.csv");
        std::fs::write(&path, text).expect("a file");
        load_empirical(&path, "ms")
    }

    #[test]
    fn milliseconds_keep_their_order_and_their_microseconds() {
        let values = load("run,ms\n1,12.5\n2,0\n3, 0.001\n").expect("good values");
        assert_eq!(values, [12_500, 0, 1].map(Span::from_micros));
    }

    #[test]
    fn bad_values_tell_their_line_and_empty_files_are_refused() {
        for bad in ["-1", "x", "", "NaN", "1e300"] {
            let problem = load(&format!("ms,n\n1,1\n{bad},2\n")).expect_err(bad);
            assert_eq!(problem.row, Some(3), "{bad:?}: {problem}");
        }
        assert!(load("").is_err() && load("ms\n").is_err() && load("seconds\n1\n").is_err());
    }
}
