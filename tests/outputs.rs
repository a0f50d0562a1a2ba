//! Files that commands write keep to their published schemas (docs/schemas), which are strict and described in
//! docs/outputs.md. All cases of `tests/cases` are held against them too, by `cases.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lambdasim::facts::{Cause, ErrorCode, Reason, StartKind};
use lambdasim::pricing::Item;
use lambdasim::report::blank_summary;
use lambdasim::scenario::{LoadOptions, load};
use serde_json::{Value, json};

use crate::support::documents::{PUBLISHED, Published, problems, published};

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");

/// A minute in which most of what a summary can tell happens.
const BUSY: &str = "duration: 1 min
parameters: { placement: 10 ms }
account: { concurrent_executions: 200 }
functions:
  api: { memory_size: 512, init: 200 ms, duration: 300 ms, reserved_concurrent_executions: 2, tags: { team: web } }
  mail: { init: 100 ms, duration: 50 ms, error_rate: 20 %, reserved_concurrent_executions: 1 }
traffic:
  events: { to: mail, invocation_type: Event, arrivals: { poisson: 5/s } }
  users: { to: api, arrivals: { poisson: 12/s } }
expect:
  - totals.Throttles > 0
";

/// Words in backticks of the pages that describe files.
fn documented() -> BTreeSet<&'static str> {
    let pages = [
        include_str!("../docs/outputs.md"),
        include_str!("../docs/experiments.md"),
    ];
    let quoted = pages.iter().flat_map(|page| page.split('`').skip(1).step_by(2));
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    quoted
        .flat_map(|quoted| quoted.split(move |letter| !plain(letter)))
        .collect()
}

/// Every schema below another, with itself.
fn below<'a>(schema: &'a Value, found: &mut Vec<&'a Value>) {
    match schema {
        Value::Object(map) => {
            found.push(schema);
            map.values().for_each(|value| below(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| below(value, found)),
        _ => {}
    }
}

fn all_below(schema: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    below(schema, &mut found);
    found
}

/// Runs the binary in a folder of its own.
fn folder_of(calls: &[&[&str]]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("busy.yaml"), BUSY).expect("a scenario");
    for arguments in calls {
        let output = Command::new(BINARY)
            .current_dir(folder.path())
            .args(*arguments)
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    folder
}

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = fs::read_dir(folder).expect("scenarios");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    paths
}

#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_object_of_a_schema_is_closed_and_every_key_says_what_it_means() {
    for Published { file, schema, .. } in PUBLISHED.iter() {
        for part in all_below(schema) {
            if part.get("type") == Some(&json!("object")) {
                let others = part.get("additionalProperties");
                assert!(
                    others.is_some_and(|others| *others == false || others.is_object()),
                    "{file}: an object takes any key: {part}"
                );
            }
            let Some(properties) = part.get("properties").and_then(Value::as_object) else {
                continue;
            };
            for (key, schema) in properties {
                let meaning = schema["description"].as_str().unwrap_or_default();
                assert!(meaning.ends_with('.'), "{file}: `{key}` does not say what it means");
            }
        }
    }
}

#[test]
fn every_key_of_a_schema_and_every_name_in_a_column_is_described_in_outputs_md() {
    let words = documented();
    let mut lacking = BTreeSet::new();
    for Published { file, schema, .. } in PUBLISHED.iter() {
        for part in all_below(schema) {
            let keys = part.get("properties").and_then(Value::as_object).into_iter().flatten();
            for (key, schema) in keys {
                let names = match key.as_str() {
                    "metric" | "reason" | "cause" | "start" | "statistic" => schema["enum"].as_array(),
                    _ => None,
                };
                let names = names.into_iter().flatten().filter_map(Value::as_str);
                let words_of_key = [key.as_str()].into_iter().chain(names);
                let missing = words_of_key.filter(|word| {
                    let is_word = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                    is_word && !words.contains(word)
                });
                lacking.extend(missing.map(|word| {
                    format!("docs/outputs.md does not tell `{word}` of {file}: say what it means and in which unit")
                }));
            }
        }
    }
    assert_none(&lacking.into_iter().collect::<Vec<_>>());
}

#[test]
fn the_tables_of_columns_in_outputs_md_are_those_of_the_schemas() {
    let text = include_str!("../docs/outputs.md");
    for file in [
        "metrics.csv",
        "latency.csv",
        "throttles.csv",
        "cost.csv",
        "replications.csv",
        "compare.csv",
        "records.parquet",
    ] {
        // A table begins after the section's heading, or after the sentence about a file that has no section.
        let at = text
            .find(&format!("\n## {file}\n"))
            .or_else(|| text.find(&format!("\n`{file}` has ")));
        let rest = &text[at.unwrap_or_else(|| panic!("docs/outputs.md does not speak of {file}"))..];
        let table = rest[rest.find("| column |").expect("a table of columns")..]
            .lines()
            .skip(2);
        let rows = table.take_while(|line| line.starts_with('|'));
        let mut columns = Vec::new();
        for row in rows {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            columns.extend(cells[0].split(", ").map(|cell| cell.trim_matches('`')));
            assert!(!cells[1].is_empty(), "{file}: {row}");
            assert!(
                file.ends_with("parquet") || (cells.len() == 5 && !cells[4].is_empty()),
                "{file}: {row}"
            );
        }
        assert_eq!(columns, published(file).columns(), "{file}");
    }
}

#[test]
fn names_in_schemas_are_those_of_the_program() {
    let listed = |values: &Value| -> Vec<String> {
        let values = values.as_array().expect("a list").iter();
        values.map(|value| value.as_str().expect("a name").to_owned()).collect()
    };
    let throttles = &published("throttles.csv").schema["properties"];
    assert_eq!(listed(&throttles["reason"]["enum"]), Reason::ALL.map(Reason::name));
    assert_eq!(listed(&throttles["cause"]["enum"]), Cause::ALL.map(Cause::name));
    let mut starts = listed(&published("latency.csv").schema["properties"]["start"]["enum"]);
    starts.sort();
    let mut known = StartKind::ALL.map(StartKind::name);
    known.sort_unstable();
    assert_eq!(starts, known);
    let function = &published("summary.json").schema["$defs"]["function"]["properties"];
    let errors = listed(&function["rejected_by_error"]["propertyNames"]["enum"]);
    assert_eq!(errors, ErrorCode::all().map(ErrorCode::name).collect::<Vec<_>>());
    let items = listed(&published("cost.csv").schema["properties"]["item"]["enum"]);
    let lacking = Item::ALL.iter().filter(|item| !items.contains(&item.name().to_owned()));
    assert_eq!(lacking.count(), 0, "an item of the bill is not in the schemas");
}

#[test]
fn the_summary_of_every_scenario_has_the_published_keys() {
    let schema = published("summary.json");
    for path in scenarios() {
        let scenario = load(&path, &LoadOptions::default()).expect("a scenario of this project is right");
        let mut summary = blank_summary(&scenario.plan);
        summary["version"] = json!(env!("CARGO_PKG_VERSION"));
        let problems = schema.problems(&summary);
        assert!(problems.is_empty(), "{}: {}", path.display(), problems.join("\n"));
    }
}

#[test]
fn what_run_sweep_and_optimize_write_keeps_to_the_schemas() {
    let memory = "functions.api.memory_size=512,1024";
    let folder = folder_of(&[
        &[
            "run",
            "busy.yaml",
            "--records",
            "--no-plots",
            "--replications",
            "3",
            "--precision",
            "totals.Throttles=1%",
            "--out",
            "run",
        ],
        &["sweep", "busy.yaml", "--vary", memory, "--out", "sweep", "--no-plots"],
    ]);
    for name in ["run", "sweep"] {
        assert_none(&problems(&folder.path().join(name)));
    }
    let summary = fs::read_to_string(folder.path().join("run/summary.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert!(
        summary["replications"]["metrics"]["totals.Throttles"].is_object(),
        "replications are a part of it"
    );
    assert!(summary["expect"][0]["held"].is_object());
    let wanted = format!(
        "{BUSY}optimize:\n  variables:\n    functions.api.memory_size: [512, 1024]\n  goals: [ totals.Errors >= 0 ]\n  \
         objective: cost.total\n  replications: 2\n"
    );
    fs::write(folder.path().join("busy.yaml"), wanted).expect("a scenario");
    let optimized = Command::new(BINARY)
        .current_dir(folder.path())
        .args(["optimize", "busy.yaml", "--out", "best", "--quiet"])
        .status();
    assert!(optimized.expect("the binary runs").success());
    assert_none(&problems(&folder.path().join("best")));
}

/// The places of all values below one, as JSON pointers.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                pointers(
                    value,
                    &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(list) => {
            for (number, value) in list.iter().enumerate() {
                pointers(value, &format!("{at}/{number}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_summary_with_one_wrong_value_or_one_unknown_key_anywhere_is_refused() {
    let folder = folder_of(&[&["run", "busy.yaml", "--no-plots", "--out", "run", "--quiet"]]);
    let text = fs::read_to_string(folder.path().join("run/summary.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    let schema = published("summary.json");
    assert!(schema.accepts(&summary));
    let mut places = Vec::new();
    pointers(&summary, "", &mut places);
    assert!(places.len() > 300, "{}", places.len());
    for place in places {
        let mut broken = summary.clone();
        let value = broken.pointer_mut(&place).expect("a place");
        match value {
            Value::Object(map) => drop(map.insert("unknown".to_owned(), json!({ "unknown": [] }))),
            other => *other = json!({ "wrong": true }),
        }
        assert!(!schema.accepts(&broken), "something wrong at {place} is accepted");
    }
}

#[test]
fn a_summary_that_lacks_a_key_has_a_negative_count_or_a_share_above_one_is_refused() {
    let folder = folder_of(&[&["run", "busy.yaml", "--no-plots", "--out", "run", "--quiet"]]);
    let text = fs::read_to_string(folder.path().join("run/summary.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    let schema = published("summary.json");
    for key in summary.as_object().expect("an object").keys() {
        let mut broken = summary.clone();
        broken.as_object_mut().expect("an object").remove(key);
        assert!(!schema.accepts(&broken), "a summary without `{key}` is accepted");
    }
    let without = |place: &str, key: &str| {
        let mut broken = summary.clone();
        broken
            .pointer_mut(place)
            .and_then(Value::as_object_mut)
            .expect("an object")
            .remove(key);
        schema.accepts(&broken)
    };
    for (place, key) in [
        ("/functions/api", "Duration"),
        ("/functions/api/latency", "p99"),
        ("/cost", "of"),
        ("/traffic/users", "status"),
    ] {
        assert!(!without(place, key), "{place} without {key} is accepted");
    }
    let with = |place: &str, value: Value| {
        let mut broken = summary.clone();
        *broken.pointer_mut(place).expect("a place") = value;
        schema.accepts(&broken)
    };
    assert!(!with("/totals/arrivals", json!(-1)));
    assert!(!with("/totals/arrivals", json!(1.5)));
    assert!(!with("/functions/api/cold_start_share", json!(1.01)));
    assert!(!with("/fingerprint", json!("none")));
    let problems = schema.problems(&json!({}));
    assert!(problems[0].contains("docs/schemas/summary.json.schema.json") && problems[0].contains("docs/outputs.md"));
}

#[test]
fn rows_with_another_column_an_unknown_name_or_no_number_are_refused() {
    let good = json!({
        "time": "2026-11-27T00:00:00Z", "function": "api", "qualifier": "", "reason": Reason::ALL[0].name(),
        "cause": Cause::ALL[0].name(), "count": 3,
    });
    let schema = published("throttles.csv");
    assert!(schema.accepts(&good));
    for (column, value) in [
        ("time", json!("27 November")),
        ("function", json!("")),
        ("reason", json!("Throttled")),
        ("cause", json!("bad luck")),
        ("count", json!(null)),
        ("count", json!(0)),
        ("more", json!("")),
    ] {
        let mut row = good.clone();
        row[column] = value;
        assert!(!schema.accepts(&row), "{row}");
    }
}

/// CI names a folder with the run folders of all scenarios, made by the release build.
#[test]
fn run_folders_that_ci_has_made_keep_to_the_schemas() {
    let Some(runs) = std::env::var_os("LAMBDASIM_RUNS") else {
        eprintln!("SKIPPED: LAMBDASIM_RUNS names no folder of run folders");
        return;
    };
    let entries = fs::read_dir(&runs).expect("the folder that LAMBDASIM_RUNS names");
    let folders: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let runs = folders.iter().filter(|folder| folder.join("summary.json").exists());
    let mut looked_at = 0;
    for folder in runs {
        let problems = problems(folder);
        assert!(problems.is_empty(), "{}:\n{}", folder.display(), problems.join("\n"));
        looked_at += 1;
    }
    assert!(
        looked_at >= scenarios().len(),
        "{looked_at} run folders, fewer than there are scenarios"
    );
}
