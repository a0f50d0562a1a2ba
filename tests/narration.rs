//! `lambdasim explain --narrate`: the first events of a run, and lessons whose answers the runs keep to.

use std::path::Path;

use lambdasim::explain::{narrate, narration_text};
use lambdasim::scenario::{LoadOptions, load};
use serde_json::Value;

use super::explain::{SMALL, staged};
use super::golden::harness::{Stage, assert_code, text};

const TIGHT: &str = "duration: 3 s
functions: { f: { duration: 1 s, reserved_concurrent_executions: 1 } }
lesson: { question: \"Which of four calls run?\", answer: \"The first and the third.\" }
traffic: { calls: { to: f, retry: none, arrivals: { at: [0 s, 500 ms, 1 s, 1500 ms] } } }
";

#[test]
fn the_first_events_are_told_in_order_with_the_check_that_decided() {
    let (stage, plan) = staged(TIGHT);
    let told = narrate(&plan, 9, None, &mut ()).expect("nothing stops it");
    let said = narration_text(&told, false);
    let said: Vec<&str> = said.lines().collect();
    let flat = said.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = [
        "00:00:00.000000 calls/0: calls calls f and waits for the answer (RequestResponse) (INV-1)",
        "calls/0, attempt 0: 0 of 1 reserved slots busy (1 reserved - 0 provisioned); $LATEST has no idle environment, and no busy one; a new environment, number 0; Duration 1 s (CONC-6, LIFE-11, ADM-1)",
        "00:00:00.500000 calls/1: calls calls f",
        "calls/1, attempt 0: 1 of 1 reserved slots busy (1 reserved - 0 provisioned): refused, 429 ReservedFunctionConcurrentInvocationLimitExceeded (CONC-6)",
        "calls/1: a throttle: the client does not try again (SDK-1)",
        "calls/1: the caller's last answer, at once, is a throttle: throttled (ADM-4)",
        "00:00:01.000000 calls/0, attempt 0: ok in environment 0, which is free again; billed 1,000 ms",
        "calls/0: the caller has its answer after 1 s: succeeded (INV-1)",
        "calls/2: calls calls f",
    ];
    let mut from = 0;
    for sentence in expected {
        let found = flat[from..].find(sentence);
        from += found.unwrap_or_else(|| panic!("\"{sentence}\" does not follow in: {flat}"));
    }
    assert_eq!(told.lines.len(), expected.len());
    let all = narrate(&plan, 1_000, None, &mut ()).expect("nothing stops it");
    let first: Vec<&String> = all.lines.iter().take(9).map(|line| &line.text).collect();
    assert_eq!(
        first,
        told.lines.iter().map(|line| &line.text).collect::<Vec<_>>(),
        "more events begin with the same"
    );
    assert!(narration_text(&all, false).contains("There are no more."));
    drop(stage);
}

#[test]
fn a_lesson_asks_first_and_answers_only_when_it_is_told_to() {
    let (stage, _) = staged(TIGHT);
    let narrated = |arguments: &[&str]| {
        let output = stage.call(&[&["explain", "golden.yaml", "--narrate", "3"], arguments].concat());
        assert_code(&output, 0);
        text(&output.stdout)
    };
    let hidden = narrated(&[]);
    assert!(hidden.starts_with("Question: Which of four calls run?\n") && !hidden.contains("The first and the third"));
    assert!(narrated(&["--reveal"]).ends_with("\nAnswer: The first and the third.\n"));
    let json: Value = serde_json::from_str(&narrated(&["--json", "--reveal"])).expect("JSON");
    assert_eq!(
        (&json["answer"], json["events"].as_array().map(Vec::len)),
        (&Value::from("The first and the third."), Some(3))
    );
    let output = Stage::new(SMALL).call(&["explain", "golden.yaml", "--narrate", "3", "--reveal"]);
    assert_code(&output, 2);
    assert!(text(&output.stderr).contains("has no `lesson`"));
}

#[test]
fn a_lesson_without_an_answer_is_refused() {
    let message = Stage::new(&TIGHT.replace(", answer: \"The first and the third.\"", "")).refused();
    assert!(message.contains("`lesson` has no `answer`"), "{message}");
}

/// What a claim compares with, as an answer writes it: `12000` is `12,000` there.
fn number_of(claim: &str) -> String {
    let number = claim.rsplit(['=', '<', '>']).next().unwrap_or_default().trim();
    match number.parse::<u64>() {
        Ok(count) if count >= 1_000 => format!("{},{:03}", count / 1_000, count % 1_000),
        _ => number.to_owned(),
    }
}

#[test]
fn every_answer_of_a_lesson_states_what_its_scenario_expects_and_the_run_keeps_to_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut lessons = 0;
    for entry in std::fs::read_dir(&folder).expect("scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let scenario = load(&path, &LoadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"));
        let Some(lesson) = &scenario.lesson else { continue };
        lessons += 1;
        assert!(
            !scenario.expectations.is_empty(),
            "{}: nothing is checked",
            path.display()
        );
        for expectation in &scenario.expectations {
            let number = number_of(&expectation.text);
            let words: Vec<&str> = lesson
                .answer
                .split(|c: char| c.is_whitespace() || ".;:()".contains(c))
                .collect();
            let stated = words.join(" ");
            assert!(
                stated
                    .split(", ")
                    .any(|part| format!(" {part} ").contains(&format!(" {number} "))),
                "{}: the answer does not say {number}, which `{}` checks",
                path.display(),
                expectation.text
            );
        }
        for rule in cited(&lesson.answer) {
            assert!(lambdasim::rules::find(&rule).is_some(), "{}: {rule}", path.display());
        }
        let out = tempfile::tempdir().expect("a folder");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_lambdasim"))
            .args(["run", "--quiet", "--no-plots", "--out"])
            .arg(out.path().join("run"))
            .arg(&path)
            .output()
            .expect("the program starts");
        assert_code(&output, 0);
    }
    assert!(lessons >= 8, "{lessons} lessons");
}

/// Words that look like the id of a rule.
fn cited(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_id = |word: &&str| {
        word.split_once('-').is_some_and(|(family, number)| {
            !family.is_empty()
                && family.bytes().all(|b| b.is_ascii_uppercase())
                && number.bytes().all(|b| b.is_ascii_digit())
        })
    };
    words.filter(is_id).map(str::to_owned).collect()
}
