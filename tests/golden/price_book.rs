//! `lambdasim prices` and `--prices FILE` (lambda-model §9.2, §9.3).

use std::fs;

use serde_json::Value;

use super::harness::{Stage, assert_code, sync, text};

fn stage() -> Stage {
    Stage::new(&format!(
        "duration: 1 s\nfunctions: {{ f: {{ duration: 100 ms }} }}\ntraffic:\n{}",
        sync("callers", "f", "at: { count: 1000, time: 0 s }")
    ))
}

fn printed(arguments: &[&str]) -> String {
    let output = stage().call(&[&["prices"], arguments].concat());
    assert_code(&output, 0);
    text(&output.stdout)
}

fn refused(stage: &Stage, code: i32, arguments: &[&str]) -> String {
    let output = stage.call(arguments);
    assert_code(&output, code);
    assert!(output.stdout.is_empty(), "nothing but the error is printed");
    text(&output.stderr)
}

#[test]
fn the_price_of_a_region_and_an_item_is_printed_with_its_source() {
    let table = printed(&["--region", "us-east-1", "--item", "duration"]);
    assert_eq!(
        table.lines().count(),
        7,
        "a head, three tiers on each architecture:\n{table}"
    );
    assert!(table.contains("0.0000166667") && table.contains("0.0000106667"));
    assert!(!table.contains("ESTIMATED"));
    let elsewhere = printed(&["--region", "eu-west-1", "--item", "response_streaming"]);
    assert!(elsewhere.contains("ESTIMATED: price of us-east-1"), "{elsewhere}");
}

#[test]
fn prices_are_printed_as_json_too() {
    let rows: Value =
        serde_json::from_str(&printed(&["--region", "af-south-1", "--item", "request", "--json"])).unwrap();
    let prices: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["price"]).collect();
    assert_eq!(prices, [0.00000027, 0.00000027]);
    assert_eq!(rows[0]["architecture"], "x86_64");
}

#[test]
fn unknown_regions_and_items_are_refused_with_those_that_exist() {
    let region = refused(&stage(), 2, &["prices", "--region", "eu-west-9"]);
    assert!(region.contains("eu-west-9") && region.contains("did you mean eu-west-1?") && region.contains("sa-east-1"));
    let item = refused(&stage(), 2, &["prices", "--item", "requests"]);
    assert!(
        item.contains("did you mean request?") && item.contains("ephemeral_storage"),
        "{item}"
    );
}

#[test]
fn the_printed_table_edited_is_the_price_file_of_a_run() {
    let stage = stage();
    let table = printed(&["--region", "us-east-1", "--csv"]).replace("0.0000166667", "0.00002");
    stage.write("mine.csv", &table);
    let run = stage.run(&["--prices", "mine.csv"]);
    // 1,000 × 100 ms × 1 GB = 100 GB-s at 0.00002, and 1,000 requests at 0.0000002.
    run.assert_number("cost/total", 0.0022);
    let warnings = run.summary["warnings"].to_string();
    assert!(warnings.contains("mine.csv (--prices)"), "{warnings}");
}

#[test]
fn a_price_file_is_checked_row_by_row_and_all_faults_are_told() {
    let table = printed(&["--region", "us-east-1", "--csv"]);
    let stage = stage();
    stage.write(
        "mine.csv",
        &table.replace("0.0000166667", "-1").replace("0.0000097222", "1e-5"),
    );
    let message = refused(&stage, 2, &["run", "golden.yaml", "--prices", "mine.csv"]);
    assert_eq!(message.matches("mine.csv: row ").count(), 2, "{message}");
    let without: String = table
        .lines()
        .filter(|line| !line.contains("ephemeral"))
        .map(|line| format!("{line}\n"))
        .collect();
    stage.write("mine.csv", &without);
    let message = refused(&stage, 2, &["prices", "--prices", "mine.csv"]);
    assert!(
        message.contains("region us-east-1 needs a first price of ephemeral_storage on x86_64"),
        "{message}"
    );
    let message = refused(&stage, 3, &["prices", "--prices", "absent.csv"]);
    assert!(message.contains("cannot read absent.csv"), "{message}");
    fs::create_dir(stage.path("folder")).unwrap();
    refused(&stage, 3, &["prices", "--prices", "folder"]);
}

#[test]
fn a_scenario_outside_the_price_file_is_refused() {
    let stage = stage();
    stage.write("mine.csv", &printed(&["--region", "eu-west-1", "--csv"]));
    let message = refused(&stage, 2, &["validate", "golden.yaml", "--prices", "mine.csv"]);
    assert!(
        message.contains("the default `region` is \"us-east-1\", which is no region of the price book"),
        "{message}"
    );
    let output = stage.call(&[
        "validate",
        "golden.yaml",
        "--prices",
        "mine.csv",
        "--set",
        "region=eu-west-1",
    ]);
    assert_code(&output, 0);
}
