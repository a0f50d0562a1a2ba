use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::decimal::parse_scaled;
use super::problem::{TraceProblem, quoted};
use super::source::Format;
use super::table::Table;
use crate::units::{SimTime, Span};

/// The columns of the format.
const COLUMNS: [&str; 4] = ["app", "func", "end_timestamp", "duration"];

/// One invocation of an Azure Functions 2021 trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AzureInvocation {
    /// When it began, from the start of the trace.
    pub start: SimTime,
    /// How long it took.
    pub duration: Span,
    /// Its function, by place in [`AzureInvocations::functions`].
    pub function: u32,
}

/// An Azure Functions 2021 trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureInvocations {
    /// Hashes of app and function, in the order of first appearance.
    pub functions: Vec<[String; 2]>,
    /// By start.
    pub invocations: Vec<AzureInvocation>,
    /// Invocations that began before the trace, at −1 µs or earlier; they begin with it.
    pub early: u64,
}

/// The file in the 2021 format: `path` itself, or the only such file in the folder; `None` where there is none.
///
/// # Errors
/// A folder or file that cannot be read, or two such files.
pub fn find_azure_invocations(path: &Path) -> Result<Option<PathBuf>, TraceProblem> {
    if !path.is_dir() {
        return Ok(Some(path.to_owned()));
    }
    let unreadable = |error: std::io::Error| TraceProblem::of_file(path, format!("cannot be read: {error}"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.sort();
    let mut found = None;
    for file in files {
        let is_table = matches!(Format::of(&file), Ok(format) if format != Format::Parquet) && file.is_file();
        let header = if is_table { Table::open(&file).ok() } else { None };
        let fits = header.is_some_and(|table| COLUMNS.iter().all(|name| matches!(table.column(name), Ok(Some(_)))));
        if fits && found.replace(file.clone()).is_some() {
            return Err(TraceProblem::of_file(
                &file,
                "is a second file of invocations; name the file to be read",
            ));
        }
    }
    Ok(found)
}

/// Reads a file in the format of the Azure Functions 2021 trace: one invocation a row, with the columns `app`, `func` (hashes),
/// `end_timestamp` and `duration` (seconds). It is kept in memory, 24 bytes a row.
///
/// # Errors
/// The first problem, with its row: a missing column, a bad number, no rows at all.
pub fn load_azure_invocations(path: &Path) -> Result<AzureInvocations, TraceProblem> {
    let mut table = Table::open(path)?;
    let [app, func, end, duration] = [
        table.required_column(COLUMNS[0])?,
        table.required_column(COLUMNS[1])?,
        table.required_column(COLUMNS[2])?,
        table.required_column(COLUMNS[3])?,
    ];
    let mut places: BTreeMap<[String; 2], u32> = BTreeMap::new();
    let mut read = AzureInvocations {
        functions: Vec::new(),
        invocations: Vec::new(),
        early: 0,
    };
    while table.advance()? {
        let identity = [hash(&table, app)?, hash(&table, func)?];
        let function = *places.entry(identity).or_insert_with_key(|identity| {
            read.functions.push(identity.clone());
            read.functions.len() as u32 - 1
        });
        let (end, duration) = (seconds(&table, end)?, seconds(&table, duration)?);
        read.early += u64::from(end < duration);
        read.invocations.push(AzureInvocation {
            start: SimTime::from_micros(end.saturating_sub(duration)),
            duration: Span::from_micros(duration),
            function,
        });
    }
    if read.invocations.is_empty() {
        return Err(table.problem_of_file("has a header but no rows"));
    }
    // Stable: invocations of one instant stay in the order of the file.
    read.invocations.sort_by_key(|invocation| invocation.start);
    Ok(read)
}

fn hash(table: &Table, column: usize) -> Result<String, TraceProblem> {
    let text = table.field(column);
    match std::str::from_utf8(text) {
        Ok(text) if !text.is_empty() && text.len() <= 256 => Ok(text.to_owned()),
        _ => Err(table.problem(format!(
            "{} is no hash; allowed are 1 to 256 bytes of UTF-8",
            quoted(text)
        ))),
    }
}

/// Microseconds.
fn seconds(table: &Table, column: usize) -> Result<u64, TraceProblem> {
    let text = table.field(column);
    parse_scaled(text, 6).map_err(|fault| {
        let name = quoted(&table.header()[column]);
        table.problem(format!(
            "{name} is {}: {fault}; allowed are seconds from 0",
            quoted(text)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        std::fs::write(&path, text).expect("a file");
        (folder, path)
    }

    #[test]
    fn an_invocation_begins_its_duration_before_its_end() {
        let (_folder, path) =
            file("app,func,end_timestamp,duration\na,f,5.5,0.25\na,g,1,2\nb,f,3.0000004,1e-3\na,f,6,0\n");
        let read = load_azure_invocations(&path).expect("a trace");
        let rows: Vec<_> = read
            .invocations
            .iter()
            .map(|row| (row.start.as_micros(), row.duration.as_micros(), row.function))
            .collect();
        assert_eq!(
            rows,
            [
                (0, 2_000_000, 1),
                (2_999_000, 1_000, 2),
                (5_250_000, 250_000, 0),
                (6_000_000, 0, 0)
            ]
        );
        assert_eq!(read.functions.len(), 3);
        assert_eq!(read.early, 1);
    }

    #[test]
    fn bad_rows_are_told() {
        for (text, row) in [
            ("app,func,end_timestamp\n", Some(1)),
            ("app,func,end_timestamp,duration\na,f,1,-1\n", Some(2)),
            ("app,func,end_timestamp,duration\na,f,1,0\n,f,1,0\n", Some(3)),
            ("app,func,end_timestamp,duration\n", None),
        ] {
            let (_folder, path) = file(text);
            assert_eq!(load_azure_invocations(&path).expect_err(text).row, row, "{text}");
        }
    }

    #[test]
    fn the_file_of_a_folder_is_found_by_its_columns() {
        let (folder, path) = file("app,func,end_timestamp,duration\na,f,1,0\n");
        std::fs::write(folder.path().join("other.csv"), "x,y\n").expect("a file");
        assert_eq!(find_azure_invocations(folder.path()), Ok(Some(path)));
        std::fs::write(folder.path().join("z.csv"), "app,func,end_timestamp,duration\n").expect("a file");
        assert!(find_azure_invocations(folder.path()).is_err());
    }
}
