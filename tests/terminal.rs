//! What a person sees on a terminal, and what a program that reads along does not.

use std::fs;
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");

/// One expectation that is kept and one that is not.
const SCENARIO: &str = "duration: 1 min
functions:
  api: { init: 0 s, duration: 100 ms }
traffic:
  users: { to: api, arrivals: { constant: 1/s } }
expect:
  - totals.arrivals == 60
  - totals.arrivals == 61
";

const RUN: [&str; 5] = ["run", "a.yaml", "--no-plots", "--no-advice", "--out"];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.yaml"), SCENARIO).expect("a scenario");
    folder
}

#[test]
fn what_is_piped_has_no_colours_and_no_progress() {
    let folder = folder();
    let output = Command::new(BINARY)
        .current_dir(folder.path())
        .args(RUN)
        .arg("piped")
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(1), "an expectation is missed");
    assert!(!output.stdout.is_empty());
    assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a terminal gets, from util-linux's `script`; `None` where there is none.
fn on_a_terminal(no_color: Option<&str>) -> Option<String> {
    let folder = folder();
    let line = format!("'{BINARY}' {} shown", RUN.join(" "));
    let mut command = Command::new("script");
    command
        .current_dir(folder.path())
        .args(["-qec", &line, "/dev/null"])
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null());
    if let Some(value) = no_color {
        command.env("NO_COLOR", value);
    }
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Another program of that name knows other options.
    text.contains("totals.arrivals").then_some(text)
}

#[test]
fn a_terminal_has_verdicts_in_colours_unless_no_color_is_set() {
    let Some(shown) = on_a_terminal(None) else {
        eprintln!("SKIPPED: util-linux's `script` is not here");
        return;
    };
    assert!(shown.contains("\u{1b}[32mok\u{1b}[0m"), "{shown}");
    assert!(shown.contains("\u{1b}[1;31mFAILED\u{1b}[0m"), "{shown}");
    let plain = on_a_terminal(Some("1")).expect("it was there before");
    assert!(!plain.contains('\u{1b}'), "{plain}");
}
