//! `lambdasim fit` as a user calls it: every line it prints can be pasted.

use std::fs;

use crate::golden::harness::{Stage, text};

/// 300 values from 10 to 309 ms, the last tenth ten times as long.
fn stage() -> Stage {
    let stage = Stage::new("");
    let values = (0..300).map(|number| {
        if number % 10 == 9 {
            (10 + number) * 10
        } else {
            10 + number
        }
    });
    let rows: String = values.map(|value| format!("x,{value}.25\n")).collect();
    stage.write("values.csv", &format!("who,duration_ms\n{rows}"));
    stage
}

#[test]
fn every_line_that_is_printed_is_one_of_a_scenario() {
    let stage = stage();
    let output = stage.call(&["fit", "values.csv", "--column", "duration_ms", "--plot", "fit.svg"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("  duration: "))
        .collect();
    assert_eq!(lines.len(), 7, "{printed}");
    let functions = lines
        .iter()
        .enumerate()
        .map(|(number, line)| format!("  f{number}:\n    init: 0 s\n  {line}\n"));
    stage.write(
        "pasted.yaml",
        &format!("duration: 1 min\nfunctions:\n{}", functions.collect::<String>()),
    );
    let output = stage.call(&["validate", "pasted.yaml"]);
    assert!(output.status.success(), "{}\n{printed}", text(&output.stderr));
    let plot = fs::read_to_string(stage.path("fit.svg")).expect("a plot");
    assert!(plot.contains("300 values") && plot.contains("duration_ms of values.csv"));
}

#[test]
fn a_constant_column_needs_no_family_and_a_plot_is_not_replaced() {
    let stage = stage();
    stage.write("same.csv", &"250\n".repeat(40));
    let output = stage.call(&["fit", "same.csv"]);
    assert!(
        text(&output.stdout).contains("All 40 values are the same"),
        "{}",
        text(&output.stdout)
    );
    stage.write("mine.svg", "mine");
    let output = stage.call(&["fit", "values.csv", "--column", "2", "--plot", "mine.svg"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(fs::read_to_string(stage.path("mine.svg")).expect("the file"), "mine");
    let output = stage.call(&["fit", "values.csv", "--column", "latency"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("values.csv:1: there is no column `latency`; found: who, duration_ms"));
}
