//! What sections are made from: the run, and its numbers as `summary.json` has them.

use maud::{Markup, Render, html};
use serde_json::Value;

use crate::metrics::Bucket;
use crate::report::ReportInput;
use crate::report::headline::Unit;
use crate::report::plot::{Ink, Series, Stroke};

/// A run about to be shown.
pub(super) struct Facts<'a> {
    /// The run.
    pub input: &'a ReportInput<'a>,
    /// What `summary.json` says of it.
    pub summary: &'a Value,
    /// Whether charts are drawn for readers without a script, and for paper.
    pub drawn: bool,
}

impl Facts<'_> {
    /// The number of `summary.json` at a path, key by key; a place in a list is a key like any other.
    pub(super) fn value(&self, path: &[&str]) -> Option<&Value> {
        value_at(self.summary, path).filter(|value| value.is_number())
    }

    /// That number in the words of its unit; a dash where there is none.
    pub(super) fn show(&self, path: &[&str]) -> Markup {
        let unit = Unit::of(&path.join("."));
        let text = self.value(path).and_then(Value::as_f64).map(|value| unit.show(value));
        self.show_as(path, text.as_deref().unwrap_or("–"))
    }

    /// That number, or a text or flag there, in other words.
    pub(super) fn show_as(&self, path: &[&str], words: impl Render) -> Markup {
        figure(self.summary, path, words)
    }

    /// A value of each step of the timeline.
    pub(super) fn by_step(
        &self,
        name: impl Into<String>,
        ink: Ink,
        stroke: Stroke,
        value: impl Fn(&Bucket) -> f64,
    ) -> Series {
        Series::whole(name, ink, stroke, self.input.result.timeline.buckets.iter().map(value))
    }
}

fn value_at<'a>(file: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(file, |value, key| match value {
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}

/// What a JSON file of the run folder has at a path, in words that bear path and exact value; the words alone where it has
/// nothing there. Below an element with `data-file` that file is meant, elsewhere `summary.json`.
pub(super) fn figure(file: &Value, path: &[&str], words: impl Render) -> Markup {
    let exact = value_at(file, path).and_then(|value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    html! {
        @if let Some(exact) = exact {
            span data-path=(path.join(".")) data-value=(exact) { (words) }
        } @else { (words) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;
    use crate::report::summary_json;

    #[test]
    fn a_figure_bears_its_path_and_the_exact_number_of_the_summary() {
        let sample = Sample::busy();
        let (input, summary) = (sample.input(), summary_json(&sample.input()));
        let facts = Facts {
            input: &input,
            summary: &summary,
            drawn: false,
        };
        // 86 ms (1 + 7), see the sample.
        assert_eq!(
            facts.show(&["functions", "checkout", "latency", "p99"]).into_string(),
            "<span data-path=\"functions.checkout.latency.p99\" data-value=\"688.0\">688 ms</span>"
        );
        assert_eq!(facts.show(&["functions", "nobody", "latency"]).into_string(), "–");
    }
}
