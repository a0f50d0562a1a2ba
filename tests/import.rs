//! Importers through the binary: what they write is checked, run and read as a user would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");

/// A file of `tests/import`.
fn sample(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "import", name].iter().collect();
    path.display().to_string()
}

fn call(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(BINARY).current_dir(folder).args(arguments).output();
    output.expect("the binary runs")
}

/// What an import wrote and said, and what a run of it counted.
struct Imported {
    scenario: String,
    said: String,
    summary: Value,
    _folder: TempDir,
}

/// Imports, validates and runs what was written, unedited.
#[track_caller]
fn import(arguments: &[&str]) -> Imported {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let all: Vec<&str> = ["import"]
        .iter()
        .chain(arguments)
        .chain(&["--out", "imported.yaml"])
        .copied()
        .collect();
    let output = call(at, &all);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    let scenario = fs::read_to_string(at.join("imported.yaml")).expect("it was written");
    let validated = call(at, &["validate", "imported.yaml", "--allow-outside"]);
    let complaints = String::from_utf8_lossy(&validated.stderr).into_owned();
    assert_eq!(validated.status.code(), Some(0), "{complaints}\n{scenario}");
    let run = call(
        at,
        &[
            "run",
            "imported.yaml",
            "--allow-outside",
            "--no-plots",
            "--json",
            "--progress",
            "never",
        ],
    );
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let summary = serde_json::from_slice(&run.stdout).expect("a summary");
    Imported {
        scenario,
        said,
        summary,
        _folder: folder,
    }
}

impl Imported {
    /// The number at a path of the summary.
    #[track_caller]
    fn number(&self, path: &str) -> f64 {
        let found = self.summary.pointer(path).and_then(Value::as_f64);
        found.unwrap_or_else(|| panic!("no number at {path}"))
    }
}

/// Imports and expects a refusal that says these words.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str], code: i32, words: &[&str]) {
    let all: Vec<&str> = ["import"].iter().chain(arguments).copied().collect();
    let output = call(folder, &all);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed results");
    for word in words {
        assert!(told.contains(word), "{arguments:?} should say {word:?}:\n{told}");
    }
}

#[test]
fn power_tuning_gives_duration_by_memory() {
    let tuned = import(&["power-tuning", &sample("power-tuning.json"), "--function", "resize"]);
    assert_eq!(tuned.said, "");
    assert!(tuned.scenario.contains("FILL IN: your rate"));
    // 1,024 MB was chosen, where the average is 200.5 ms.
    assert_eq!(tuned.number("/functions/resize/Duration/max"), 200.5);
}

#[test]
fn what_power_tuning_did_not_write_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("bad.json"), "{\n\"power\": 512,\n").expect("a file");
    refused(at, &["power-tuning", "bad.json"], 2, &["bad.json:", "is not JSON"]);
    refused(at, &["power-tuning", "none.json"], 3, &["cannot read none.json"]);
    refused(
        at,
        &["power-tuning", "bad.json", "--function", "a b"],
        2,
        &["letters, digits"],
    );
    fs::write(at.join("there.yaml"), "mine").expect("a file");
    refused(
        at,
        &["power-tuning", &sample("power-tuning.json"), "--out", "there.yaml"],
        3,
        &["left as it is"],
    );
    assert_eq!(fs::read_to_string(at.join("there.yaml")).expect("it is there"), "mine");
}
