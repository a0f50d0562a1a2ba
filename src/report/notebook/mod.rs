//! `notebook.ipynb`: the run folder in pandas.

use serde_json::{Value, json};

use super::ReportInput;

/// The cells as a Python file in the percent format: each begins with `# %% NAME`, prose with `# %% [markdown] NAME`.
const CELLS: &str = include_str!("cells.py");

/// The notebook: nbformat 4.5, without outputs.
pub(super) fn notebook_json(input: &ReportInput) -> Value {
    let question = input.question.unwrap_or("What came out of this run?");
    let cells = CELLS.split("# %% ").skip(1).map(|text| {
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        match head.strip_prefix("[markdown] ") {
            Some(name) => {
                let body = prose(body)
                    .replace("{question}", &plain(question))
                    .replace("{name}", &plain(&input.plan.name));
                json!({ "cell_type": "markdown", "id": name, "metadata": {}, "source": lines(&body) })
            }
            None => json!({
                "cell_type": "code", "execution_count": null, "id": head, "metadata": {}, "outputs": [],
                "source": lines(body.trim_end()),
            }),
        }
    });
    json!({
        "cells": cells.collect::<Vec<_>>(),
        "metadata": {
            "kernelspec": { "display_name": "Python 3", "language": "python", "name": "python3" },
            "language_info": { "name": "python" },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    })
}

/// A comment without its signs.
fn prose(body: &str) -> String {
    let lines = body.trim_end().lines();
    let bare = lines.map(|line| line.strip_prefix("# ").unwrap_or_else(|| line.trim_start_matches('#')));
    bare.collect::<Vec<_>>().join("\n")
}

/// One line in which nothing is Markdown, HTML or a formula.
fn plain(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        if letter.is_ascii_punctuation() && !",.:;?!'-()%/\"=".contains(letter) {
            safe.push('\\');
        }
        safe.push(if letter.is_control() { ' ' } else { letter });
    }
    safe
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn cells_have_ids_of_their_own_and_no_output() {
        let notebook = notebook_json(&Sample::busy().input());
        assert_eq!(
            (&notebook["nbformat"], &notebook["nbformat_minor"]),
            (&json!(4), &json!(5))
        );
        let cells = notebook["cells"].as_array().unwrap();
        let mut ids: Vec<&str> = cells.iter().map(|cell| cell["id"].as_str().unwrap()).collect();
        assert!(
            ids.iter()
                .all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')),
            "{ids:?}"
        );
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), cells.len());
        let code = || cells.iter().filter(|cell| cell["cell_type"] == "code");
        assert!(code().count() >= 8);
        assert!(code().all(|cell| cell["outputs"].as_array().is_some_and(Vec::is_empty)));
    }

    #[test]
    fn every_file_that_a_run_writes_is_opened() {
        let notebook = notebook_json(&Sample::busy().input()).to_string();
        for file in [
            "summary.json",
            "metrics.csv",
            "throttles.csv",
            "latency.csv",
            "cost.csv",
            "records.parquet",
        ] {
            assert!(notebook.contains(file), "{file}");
        }
    }

    #[test]
    fn a_question_is_no_markup_and_stays_on_its_line() {
        let mut sample = Sample::busy();
        sample.plan.name = "a\n# b <script>alert(1)</script> $x$ `c` [d](e)".to_owned();
        let notebook = notebook_json(&sample.input());
        let title = notebook["cells"][0]["source"][0].as_str().unwrap();
        assert_eq!(
            title,
            "# a \\# b \\<script\\>alert(1)\\</script\\> \\$x\\$ \\`c\\` \\[d\\](e)\n"
        );
    }
}
