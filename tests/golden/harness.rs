//! Runs the binary on a scenario in a folder of its own and reads what it wrote.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value};
use tempfile::TempDir;

/// What lambda-model §13 sets for every vector unless it says otherwise. What is asked of a caller (`retry`) stands in
/// [`sync`].
const PRELUDE: &str = "\
name: golden
start: 2026-11-20T00:00:00Z
parameters: { placement: 0 s, overhead: 0 s, idle: none, max_life: none, async.first_dispatch: 0 s, async.jitter: off }
defaults: { init: 0 s, memory_size: 1024 MB, timeout: 900 s }
";

/// A traffic entry of synchronous callers that never retry.
pub fn sync(name: &str, to: &str, arrivals: &str) -> String {
    format!("  {name}: {{ to: \"{to}\", retry: {{ mode: none }}, arrivals: {{ {arrivals} }} }}\n")
}

/// A traffic entry of asynchronous events.
pub fn events(name: &str, to: &str, arrivals: &str) -> String {
    format!("  {name}: {{ to: \"{to}\", invocation_type: Event, arrivals: {{ {arrivals} }} }}\n")
}

/// `count` arrivals at one instant, in seconds.
pub fn together(count: u32, seconds: u32) -> String {
    format!("at: {{ count: {count}, time: {seconds} s }}")
}

/// Arrivals at these instants, in seconds.
pub fn instants(seconds: impl IntoIterator<Item = u32>) -> String {
    let times: Vec<String> = seconds.into_iter().map(|second| format!("{second} s")).collect();
    format!("at: [{}]", times.join(", "))
}

/// Runs a vector's scenario, which must end well.
pub fn run(body: &str) -> Run {
    Stage::new(body).run(&[])
}

/// The same with one row per attempt.
pub fn run_with_records(body: &str) -> Run {
    Stage::new(body).run(&["--records"])
}

/// A folder with a scenario in it.
pub struct Stage {
    folder: TempDir,
}

impl Stage {
    /// The vector's own part of a scenario, below what all vectors share.
    pub fn new(body: &str) -> Stage {
        let folder = tempfile::tempdir().expect("a folder for the scenario");
        let stage = Stage { folder };
        stage.write("golden.yaml", &format!("{PRELUDE}{body}"));
        stage
    }

    /// A file beside the scenario.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the folder takes the file");
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Calls the program inside the folder.
    pub fn call(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_lambdasim"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("the program starts")
    }

    /// `run` into the folder `out`.
    pub fn call_run(&self, arguments: &[&str]) -> Output {
        let fixed = ["run", "golden.yaml", "--out", "out", "--no-plots"];
        self.call(&[&fixed, arguments].concat())
    }

    /// Runs the scenario, which must end well.
    pub fn run(self, arguments: &[&str]) -> Run {
        self.run_to(0, arguments)
    }

    /// Runs the scenario, which must end with this code and a run folder.
    pub fn run_to(self, code: i32, arguments: &[&str]) -> Run {
        let output = self.call_run(&[&["--quiet"], arguments].concat());
        assert_code(&output, code);
        let summary = fs::read_to_string(self.path("out/summary.json")).expect("summary.json");
        let summary = serde_json::from_str(&summary).expect("summary.json is JSON");
        assert_identities(&summary);
        Run { stage: self, summary }
    }

    /// Runs a scenario that must be refused, with a place in the file; nothing may be written.
    pub fn refused(self) -> String {
        let output = self.call_run(&["--quiet"]);
        assert_code(&output, 2);
        assert!(!self.path("out").exists(), "a refused scenario leaves no run folder");
        let message = text(&output.stderr);
        assert!(message.contains("golden.yaml:"), "no place in: {message}");
        message
    }
}

/// What the program printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Fails with what the program said where it ended otherwise.
pub fn assert_code(output: &Output, code: i32) {
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "exit code; the program said: {said}");
}

/// A finished run.
pub struct Run {
    stage: Stage,
    /// `summary.json`.
    pub summary: Value,
}

impl Run {
    /// The value at a path such as `functions/f/Throttles`.
    pub fn value(&self, path: &str) -> &Value {
        let found = self.summary.pointer(&format!("/{path}"));
        found.unwrap_or_else(|| panic!("summary.json has no {path}"))
    }

    /// A path in the folder that it was run in.
    pub fn path(&self, name: &str) -> PathBuf {
        self.stage.path(name)
    }

    /// The number at a path.
    pub fn number(&self, path: &str) -> f64 {
        let value = self.value(path);
        value.as_f64().unwrap_or_else(|| panic!("{path} is {value}"))
    }

    /// Fails unless these counts stand under `path`.
    pub fn assert_counts(&self, path: &str, expected: &[(&str, u64)]) {
        let found: Vec<(&str, Option<u64>)> = expected
            .iter()
            .map(|(name, _)| (*name, self.value(&format!("{path}/{name}")).as_u64()))
            .collect();
        let expected: Vec<(&str, Option<u64>)> = expected.iter().map(|(name, count)| (*name, Some(*count))).collect();
        assert_eq!(found, expected, "under {path}");
    }

    /// Fails unless this number stands at `path`, within 10⁻⁹.
    pub fn assert_number(&self, path: &str, expected: f64) {
        assert_close(path, self.number(path), expected, 1e-9);
    }

    /// The rows of `records.parquet`, by traffic, ordinal and attempt.
    pub fn records(&self) -> Vec<Record> {
        let file = File::open(self.stage.path("out/records.parquet")).expect("records.parquet");
        let reader = SerializedFileReader::new(file).expect("records.parquet is Parquet");
        let rows = reader.get_row_iter(None).expect("rows");
        let mut records: Vec<Record> = rows
            .map(|row| {
                let row = row.expect("a row");
                let cells = row.get_column_iter();
                Record(cells.map(|(name, field)| (name.clone(), cell(field))).collect())
            })
            .collect();
        records.sort_by_key(|record| (record.text("traffic"), record.count("ordinal"), record.count("attempt")));
        records
    }

    /// The rows of a CSV file, by column name.
    pub fn csv(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.stage.path("out").join(name)).expect("the file is there");
        reader.deserialize().map(|row| row.expect("a row")).collect()
    }
}

/// One attempt.
pub struct Record(Map<String, Value>);

impl Record {
    /// All its cells.
    pub fn cells(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A number that must be there.
    pub fn number(&self, column: &str) -> f64 {
        self.optional(column)
            .unwrap_or_else(|| panic!("{column} is {:?}", self.0.get(column)))
    }

    /// A number, or none.
    pub fn optional(&self, column: &str) -> Option<f64> {
        self.0.get(column).and_then(Value::as_f64)
    }

    /// A whole number that must be there.
    pub fn count(&self, column: &str) -> i64 {
        let value = self.0.get(column).and_then(Value::as_i64);
        value.unwrap_or_else(|| panic!("{column} is {:?}", self.0.get(column)))
    }

    /// A text; empty where there is none.
    pub fn text(&self, column: &str) -> String {
        let value = self.0.get(column).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    }

    /// Whether the attempt ran.
    pub fn ran(&self) -> bool {
        self.text("start") != "none"
    }
}

fn cell(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Int(number) => Value::from(*number),
        Field::Long(number) => Value::from(*number),
        Field::UInt(number) => Value::from(*number),
        Field::ULong(number) => Value::from(*number),
        Field::Float(number) => Value::from(*number),
        Field::Double(number) => Value::from(*number),
        Field::Str(text) => Value::from(text.as_str()),
        other => panic!("no column of records.parquet holds {other:?}"),
    }
}

/// Fails unless two numbers are as close as `tolerance`.
pub fn assert_close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what} is {found}, expected {expected} ± {tolerance}"
    );
}

const ENDS: [&str; 6] = [
    "succeeded",
    "failed",
    "throttled",
    "dropped",
    "dry_run",
    "in_flight_at_end",
];
const ATTEMPTS: [&str; 3] = ["Invocations", "Throttles", "rejected"];

/// The identities of contract §4, which hold for every run.
fn assert_identities(summary: &Value) {
    let (functions, traffic) = (entries(summary, "functions"), entries(summary, "traffic"));
    let totals = ("totals".to_owned(), &summary["totals"]);
    for (name, counts) in functions.iter().chain(&traffic).chain([&totals]) {
        assert_eq!(sum(counts, &ENDS), count(counts, "arrivals"), "arrivals of {name}");
    }
    for (name, counts) in functions.iter().chain([&totals]) {
        assert_eq!(sum(counts, &ATTEMPTS), count(counts, "requests"), "requests of {name}");
    }
    for (name, function) in &functions {
        for breakdown in ["throttles_by_cause", "throttles_by_reason"] {
            let parts: u64 = entries(function, breakdown)
                .iter()
                .filter_map(|(_, part)| part.as_u64())
                .sum();
            assert_eq!(parts, count(function, "Throttles"), "{breakdown} of {name}");
        }
    }
    for term in ENDS
        .iter()
        .chain(&ATTEMPTS)
        .chain(&["arrivals", "requests", "Errors", "cold_starts"])
    {
        let all: u64 = functions.iter().map(|(_, counts)| count(counts, term)).sum();
        assert_eq!(all, count(&summary["totals"], term), "{term} of all functions");
    }
}

fn entries<'a>(value: &'a Value, section: &str) -> Vec<(String, &'a Value)> {
    let entries = value[section].as_object().into_iter().flatten();
    entries
        .map(|(name, entry)| (format!("{section}.{name}"), entry))
        .collect()
}

fn sum(counts: &Value, terms: &[&str]) -> u64 {
    terms.iter().map(|term| count(counts, term)).sum()
}

fn count(counts: &Value, term: &str) -> u64 {
    let value = &counts[term];
    value.as_u64().unwrap_or_else(|| panic!("{term} is {value}"))
}
