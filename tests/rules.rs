//! `lambdasim rules`: what it prints, and what it refuses.

use std::process::{Command, Output};

use serde_json::Value;

use crate::golden::harness::{assert_code, text};

fn rules(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lambdasim"))
        .arg("rules")
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn printed(arguments: &[&str]) -> String {
    let output = rules(arguments);
    assert_code(&output, 0);
    text(&output.stdout)
}

fn json(arguments: &[&str]) -> Vec<Value> {
    let printed = printed(&[arguments, &["--json"]].concat());
    serde_json::from_str(&printed).expect("standard output is a JSON list")
}

fn ids(rules: &[Value]) -> Vec<&str> {
    rules.iter().filter_map(|rule| rule["id"].as_str()).collect()
}

#[test]
fn a_rule_is_printed_with_its_numbers_its_source_and_whether_it_is_documented_or_assumed() {
    let rule = printed(&["SCALE-1"]);
    assert!(rule.contains("1,000 environments at once") && rule.contains("documented: AWS Lambda Developer Guide"));
    assert!(printed(&["ADM-5"]).contains("assumed"));
    assert!(printed(&["ASYNC-5"]).contains("async.jitter"), "its parameter is named");
    assert!(printed(&[]).lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn rules_are_chosen_by_id_family_or_topic_whatever_the_capitals() {
    assert_eq!(ids(&json(&["conc-3", "THR-5"])), ["CONC-3", "THR-5"]);
    assert_eq!(ids(&json(&["STATE"])), ["STATE-1"]);
    let queues = json(&["--topic", "queues"]);
    assert_eq!(queues.len(), 18 + 5, "SQS-1 to SQS-18 and SQSP-1 to SQSP-5");
    assert_eq!(ids(&json(&["SQSP", "--topic", "queues"])).len(), 5);
}

#[test]
fn an_unknown_rule_or_topic_ends_with_2_and_a_suggestion() {
    for (arguments, hint) in [
        (&["CONC3"][..], "did you mean CONC-3"),
        (&["banana"], "lists them all"),
        (&["--topic", "quotes"], "did you mean quotas"),
    ] {
        let output = rules(arguments);
        assert_code(&output, 2);
        assert!(text(&output.stderr).contains(hint), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn parameters_are_listed_with_defaults_and_rules() {
    let all = json(&["--parameters"]);
    let jitter = all.iter().find(|parameter| parameter["name"] == "async.jitter");
    let jitter = jitter.expect("it is one of contract §2.4");
    assert_eq!(jitter["rules"][0], "ASYNC-5");
    assert_eq!(jitter["default"], "{ uniform: [1.0, 1.2] }");
    let of_one_rule = json(&["--parameters", "PC-4"]);
    let names: Vec<&str> = of_one_rule
        .iter()
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    assert_eq!(names, ["pc.delay", "pc.rate"]);
    assert!(printed(&["--parameters"]).contains("default: 90 s"));
}
