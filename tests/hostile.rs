//! Names and texts of a scenario that are markup, scripts, quotes, control characters, marks of direction or very long: files stay what
//! they are (`.ci/browser` opens the same scenario in a browser).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");
/// `LONG` stands for 10,000 characters, `KEY` for as many as a key of YAML can have.
const HOSTILE: &str = include_str!("hostile/names.yaml");
/// What the texts of the scenario would bring into a page that does not escape them.
const MARKUP: [&str; 9] = [
    "<script>window",
    "<script>document",
    "<img src=x",
    "<svg onload",
    "<b onclick",
    "<style>*",
    "</script><script>window",
    "]]>",
    "<!--<style",
];

/// Runs the scenario whole; gives its folder and what it printed.
fn run(scenario: &str) -> (TempDir, String) {
    let (folder, output) = run_with(scenario, &[]);
    let printed = [output.stdout, output.stderr].concat();
    (folder, String::from_utf8(printed).expect("UTF-8"))
}

fn run_with(scenario: &str, options: &[&str]) -> (TempDir, Output) {
    let folder = tempfile::tempdir().expect("a folder");
    let long = scenario
        .replace("LONG", &"long-name ".repeat(1_000))
        .replace("KEY", &"long-key ".repeat(100));
    fs::write(folder.path().join("hostile.yaml"), long).expect("a scenario");
    let output = Command::new(BINARY)
        .current_dir(folder.path())
        .args(["run", "hostile.yaml", "--out", "out"])
        .args(options)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (folder, output)
}

fn read(folder: &TempDir, file: &str) -> String {
    fs::read_to_string(folder.path().join("out").join(file)).expect("a file of the run folder")
}

/// Names of all tags that a browser would open, scripts and styles left out once they have begun.
fn tags(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let length = rest
            .find(|letter: char| !letter.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let name = &rest[..length];
        if length > 0 {
            found.push(name);
        }
        if matches!(name, "script" | "style") {
            let end = format!("</{name}");
            rest = &rest[rest.find(&end).expect("a script or style has an end")..];
        }
    }
    found
}

/// The same scenario with plain texts.
fn harmless() -> String {
    let plain = |letter: char| {
        if "<>&'*={}()!;/$|".contains(letter) {
            'x'
        } else {
            letter
        }
    };
    let names = HOSTILE
        .replace("\\u202E", "x")
        .replace("\\u0007", "x")
        .replace("\\u001b", "x")
        .replace("\\u2028", "x")
        .replace("\\\"", "x");
    let mut text = String::new();
    for line in names.lines() {
        let quoted = line.matches('"').count() >= 2 && !line.starts_with('#');
        let mut inside = line.starts_with('#');
        for letter in line.chars() {
            inside ^= quoted && letter == '"';
            text.push(if inside { plain(letter) } else { letter });
        }
        text.push('\n');
    }
    text
}

#[test]
fn a_page_has_the_same_elements_whatever_the_names_are() {
    let (hostile, plain) = (run(HOSTILE).0, run(&harmless()).0);
    let (hostile, plain) = (read(&hostile, "report.html"), read(&plain, "report.html"));
    for markup in MARKUP {
        assert!(!hostile.contains(markup), "{markup} stands in the page as it is");
    }
    let breaks_out = hostile
        .match_indices("\"onmouseover=")
        .filter(|(at, _)| !hostile[..*at].ends_with('\\'));
    assert_eq!(breaks_out.count(), 0, "a quote in a name ends an attribute");
    // Draws belong to names, so charts differ; the kinds of elements do not, nor what runs or looks.
    let kinds = |page| tags(page).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(kinds(&hostile), kinds(&plain));
    for kind in ["script", "style", "link", "img", "svg"] {
        let count = |page| tags(page).into_iter().filter(|tag| *tag == kind).count();
        assert_eq!(count(&hostile), count(&plain), "{kind}");
    }
    assert!(hostile.contains("window.hostile=6"), "the name itself is shown");
}

#[test]
fn drawings_are_xml_without_scripts_whatever_the_names_are() {
    let (folder, _) = run(HOSTILE);
    let plots = fs::read_dir(folder.path().join("out/plots")).expect("plots");
    let mut drawings = 0;
    for path in plots.map(|entry| entry.expect("an entry").path()) {
        if path.extension().is_some_and(|extension| extension == "svg") {
            let text = fs::read_to_string(&path).expect("a drawing");
            let parsed =
                roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for element in parsed.descendants().filter(roxmltree::Node::is_element) {
                let name = element.tag_name().name();
                assert!(
                    !["script", "img", "style", "foreignObject"].contains(&name),
                    "{}: {name}",
                    path.display()
                );
                let handlers = element
                    .attributes()
                    .filter(|attribute| attribute.name().starts_with("on"));
                assert_eq!(handlers.count(), 0, "{}", path.display());
            }
            drawings += 1;
        }
    }
    assert!(drawings >= 6, "{drawings}");
}

#[test]
fn tables_documents_and_the_notebook_can_be_read_whatever_the_names_are() {
    let (folder, _) = run(HOSTILE);
    let problems = crate::support::documents::problems(Path::new(&folder.path().join("out")));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let summary: Value = serde_json::from_str(&read(&folder, "summary.json")).expect("JSON");
    assert!(
        summary["traffic"]["<script>window.hostile=6</script>"].is_object(),
        "names stay as they are in JSON"
    );
    let notebook: Value = serde_json::from_str(&read(&folder, "notebook.ipynb")).expect("JSON");
    let title = notebook["cells"][0]["source"]
        .as_array()
        .expect("lines")
        .iter()
        .filter_map(Value::as_str);
    assert!(
        !title.collect::<String>().replace("\\<", "").contains('<'),
        "Markdown would take it for HTML"
    );
}

#[test]
fn what_is_printed_for_machines_is_json_with_the_same_names() {
    let (folder, output) = run_with(HOSTILE, &["--json", "--no-plots"]);
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let written: Value = serde_json::from_str(&read(&folder, "summary.json")).expect("JSON");
    assert_eq!(printed, written);
}

#[test]
fn the_terminal_gets_no_control_character_and_no_line_above_80_columns() {
    let (_, printed) = run(HOSTILE);
    let control = printed.chars().find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(control, None, "{printed:?}");
    let direction = printed
        .chars()
        .find(|letter| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    assert_eq!(direction, None, "text would run backwards");
    let wide = printed.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None);
}
