//! Paths into `summary.json`, as `expect` uses them.

use serde_json::Value;

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

/// Whether a path leads to a number.
pub fn exists(summary: &Value, path: &str) -> bool {
    value_at(summary, path).is_some()
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
