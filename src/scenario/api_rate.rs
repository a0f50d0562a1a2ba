//! Calls of AWS's control plane that a scenario makes, held against their quota (LIM-17).

use std::collections::BTreeMap;

use super::reader::Reader;
use super::tree::{Entry, Node};
use super::values;
use crate::units::Span;

/// Calls of the control plane in one second, for all but a few that only read.
const CALLS_PER_SECOND: usize = 15;
/// What can change by itself, without anybody calling AWS.
const BEHAVIOUR: [&str; 6] = [
    "init",
    "duration",
    "duration_factor",
    "error_rate",
    "crash_rate",
    "init_error_rate",
];

/// Warns of the first second with more calls than AWS takes: they would be throttled and come late.
pub(super) fn warn_of_many_calls(reader: &Reader, root: &Node) {
    let mut calls: BTreeMap<u64, usize> = BTreeMap::new();
    let mut add = |entry: &Entry, key: &str, count: usize| {
        let at = entry.value.entry(key).and_then(|at| at.value.text());
        if let Some(at) = at.and_then(|text| values::duration(text).ok()) {
            *calls.entry(at.as_micros() / 1_000_000).or_default() += count;
        }
    };
    for deployment in root.named("deployments") {
        add(deployment, "at", 1);
    }
    for change in root.named("changes") {
        let paths = change.value.entry("set").map_or(&[][..], |set| set.value.entries());
        let count = paths.iter().filter(|path| is_a_call(&path.key)).count();
        ["at", "from", "until"].iter().for_each(|key| add(change, key, count));
    }
    if let Some((second, count)) = calls.into_iter().find(|(_, count)| *count > CALLS_PER_SECOND) {
        let at = Span::from_secs(second);
        reader.warn(format!(
            "{count} calls of the control plane at {at}: AWS takes {CALLS_PER_SECOND} a second; all of them take effect at once here (LIM-17)"
        ));
    }
}

/// Whether setting a path means that somebody calls AWS.
fn is_a_call(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    let of_the_world = ["traffic.", "budgets."].iter().any(|section| path.starts_with(section));
    !of_the_world && !BEHAVIOUR.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::scenario::tree;

    fn warnings(text: &str) -> Vec<String> {
        let parsed = tree::parse(text, 0, 0, &mut 1_000).unwrap_or_else(|findings| panic!("{findings:?}"));
        let reader = Reader::new(Vec::new(), false, Arc::default());
        warn_of_many_calls(&reader, &parsed.root.expect("a map"));
        reader.finish().2
    }

    #[test]
    fn lim_17_sixteen_calls_in_one_second_are_too_many() {
        let deployments = |count: u64| -> String {
            let lines = (0..count).map(|k| format!("  d{k}: {{ at: {} ms }}\n", 10_000 + 60 * k));
            std::iter::once("deployments:\n".to_owned()).chain(lines).collect()
        };
        assert_eq!(warnings(&deployments(15)), [""; 0]);
        let told = warnings(&deployments(16));
        assert!(
            told.len() == 1 && told[0].starts_with("16 calls of the control plane at 10 s: AWS takes 15"),
            "{told:?}"
        );
        let both = format!(
            "{}changes:\n  c: {{ from: 10 s, until: 1 h, set: {{ functions.f.timeout: 9 s }} }}\n",
            deployments(15)
        );
        assert_eq!(warnings(&both).len(), 1);
    }

    #[test]
    fn behaviour_and_traffic_change_without_a_call() {
        assert!(is_a_call("functions.f.reserved_concurrent_executions") && is_a_call("functions.f.memory_size"));
        assert!(!is_a_call("functions.f.error_rate") && !is_a_call("traffic.users.scale"));
    }
}
