//! Paths into `summary.json`, as `expect` uses them.

use serde_json::Value;

use super::ExpectationResult;
use super::numbers::{dollars_of, milliseconds, precise, precise_percent, rounded};

/// The number (or truth, as 1 or 0) at a dotted path such as `functions.checkout.latency.p99`. Names may hold dots
/// themselves: at every level the longest key that leads to a value wins.
pub fn value_at(summary: &Value, path: &str) -> Option<f64> {
    match summary {
        Value::Object(map) => {
            let mut steps: Vec<(&str, &Value, &str)> = map
                .iter()
                .filter_map(|(key, value)| Some((key.as_str(), value, remainder(path, key)?)))
                .collect();
            steps.sort_by_key(|(key, _, _)| std::cmp::Reverse(key.len()));
            steps.into_iter().find_map(|(_, value, rest)| value_at(value, rest))
        }
        _ if !path.is_empty() => None,
        Value::Number(number) => number.as_f64(),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        _ => None,
    }
}

/// Whether a path leads to a number, or to where there would be one: `null` is the time of what has not happened.
pub fn exists(summary: &Value, path: &str) -> bool {
    match summary {
        Value::Object(map) => {
            let below = |(key, value): (&String, &Value)| remainder(path, key).is_some_and(|rest| exists(value, rest));
            map.iter().any(below)
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => path.is_empty(),
        Value::String(_) | Value::Array(_) => false,
    }
}

/// The value of an expectation in the unit in which its limit is written: a share as percent, a time with its unit.
pub(super) fn shown_value(result: &ExpectationResult) -> Option<String> {
    let value = result.value?;
    let shown = match unit(&result.text) {
        "%" => precise_percent(value),
        "USD" => dollars_of(value),
        "ms" | "s" | "min" | "h" => milliseconds(value),
        _ => precise(value),
    };
    // A limit missed by less than the rounding would read as one that is met.
    let misread = !result.ok && result.text.ends_with(&shown);
    Some(if misread { rounded(value).to_string() } else { shown })
}

/// What follows the last digit of an expectation.
fn unit(text: &str) -> &str {
    text.rsplit(|letter: char| letter.is_ascii_digit())
        .next()
        .unwrap_or("")
        .trim()
}

/// What is left of `path` below `key`.
fn remainder<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(key)?;
    if rest.is_empty() {
        Some(rest)
    } else {
        rest.strip_prefix('.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_with_dots_and_dashes_are_matched_by_the_longest_key() {
        let summary = json!({ "functions": {
            "a": { "b": { "latency": { "p99": 1.0 } } },
            "a.b": { "latency": { "p99": 2.0 } },
            "check-out": { "throttles_by_cause": { "account_concurrency": 7 } },
        } });
        assert_eq!(value_at(&summary, "functions.a.b.latency.p99"), Some(2.0));
        assert_eq!(
            value_at(&summary, "functions.check-out.throttles_by_cause.account_concurrency"),
            Some(7.0)
        );
    }

    #[test]
    fn a_shorter_key_is_taken_where_the_longer_one_leads_nowhere() {
        let summary = json!({ "a": { "b": { "x": 1 } }, "a.b": { "y": 2 } });
        assert_eq!(value_at(&summary, "a.b.x"), Some(1.0));
        assert_eq!(value_at(&summary, "a.b.y"), Some(2.0));
    }

    #[test]
    fn a_value_is_shown_in_the_unit_of_its_limit() {
        let shown = |text: &str, value: f64, ok: bool| {
            let (text, value) = (text.to_owned(), Some(value));
            shown_value(&ExpectationResult {
                text,
                value,
                ok,
                held: None,
            })
            .unwrap()
        };
        assert_eq!(
            shown("functions.api.cold_start_share <= 1 %", 0.000_094_6, true),
            "0.0095 %"
        );
        assert_eq!(
            shown("functions.api.cold_start_share <= 0.01", 0.000_094_6, true),
            "0.000095"
        );
        assert_eq!(
            shown("functions.api.async.AsyncEventAge.max <= 6 h", 21_540_000.0, true),
            "5.98 h"
        );
        assert_eq!(shown("cost.monthly_estimate <= 150 USD", 87.9876, true), "$87.99");
        assert_eq!(shown("totals.Throttles == 0", 41_250.0, false), "41,250");
        assert_eq!(shown("functions.api.latency.p99 <= 800 ms", 800.3, false), "800.3");
    }

    #[test]
    fn objects_texts_and_unknown_names_are_no_values() {
        let summary = json!({ "scenario": "s", "totals": { "arrivals": 3 } });
        for path in [
            "scenario",
            "totals",
            "totals.",
            "totals.arrival",
            "totals.arrivals.x",
            "",
        ] {
            assert!(!exists(&summary, path), "{path}");
        }
        assert!(exists(&summary, "totals.arrivals"));
    }
}
