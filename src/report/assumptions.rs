//! Parameters that AWS does not document, as far as a run has used them, with the values that it has used.

use serde_json::{Value, json};

use super::ReportInput;
use super::sensitivity::parameters_in_play;
use crate::scenario::{Parameter, parameters};

/// A value of an undocumented parameter that a run has used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assumed {
    /// As under `parameters`, of a function's own one with its path.
    pub(super) parameter: String,
    /// As the scenario has it, else the default.
    pub(super) value: String,
    /// Whether the scenario sets it to something else than the default.
    pub(super) set: bool,
    /// What it stands for, with its rules.
    pub(super) meaning: &'static str,
    /// The rules that it belongs to.
    rules: Vec<&'static str>,
}

/// All of them in the order of the reference, each followed by the values that functions have of their own.
pub(super) fn assumed(input: &ReportInput) -> Vec<Assumed> {
    let known = parameters();
    let used = parameters_in_play(input.plan, input.result);
    let in_play = known.iter().filter(|parameter| used.contains(&parameter.name));
    in_play.flat_map(|parameter| values(input, parameter)).collect()
}

/// Parameters that the scenario sets and the run has not used, with their values.
pub(super) fn unused<'a>(input: &ReportInput<'a>) -> Vec<&'a (String, String)> {
    let used = parameters_in_play(input.plan, input.result);
    let changed = input.changed_parameters.iter();
    changed.filter(|(path, _)| !used.contains(&last(path))).collect()
}

fn values(input: &ReportInput, parameter: &Parameter) -> Vec<Assumed> {
    let entry = |path: &str, value: &str, set: bool| Assumed {
        parameter: path.to_owned(),
        value: value.to_owned(),
        set,
        meaning: parameter.meaning,
        rules: parameter.rules.clone(),
    };
    let changed = input.changed_parameters.iter();
    let (of_all, of_functions): (Vec<_>, Vec<_>) = changed
        .filter(|(path, _)| last(path) == parameter.name)
        .partition(|(path, _)| path == parameter.name);
    let of_all = match of_all.first() {
        Some((_, value)) => entry(parameter.name, value, true),
        None => entry(parameter.name, parameter.default, false),
    };
    let of_functions = of_functions.into_iter().map(|(path, value)| entry(path, value, true));
    [of_all].into_iter().chain(of_functions).collect()
}

/// The parameter's name at the end of a path.
fn last(path: &str) -> &str {
    path.rsplit_once(".parameters.").map_or(path, |(_, name)| name)
}

/// For `summary.json`.
pub(super) fn assumptions_json(input: &ReportInput) -> Value {
    let entry = |assumed: Assumed| {
        json!({
            "parameter": assumed.parameter,
            "value": assumed.value,
            "set": assumed.set,
            "rules": assumed.rules,
        })
    };
    Value::from_iter(assumed(input).into_iter().map(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn what_is_in_play_has_the_value_of_the_scenario_or_the_default() {
        let mut sample = Sample::busy();
        let changed = [
            ("functions.checkout.parameters.idle", "120 s"),
            ("idle", "600 s"),
            ("kafka.step", "3"),
        ];
        sample.changed = changed
            .map(|(path, value)| (path.to_owned(), value.to_owned()))
            .to_vec();
        let input = sample.input();
        let all = assumed(&input);
        let found = |name: &str| {
            let found = all.iter().filter(|assumed| last(&assumed.parameter) == name);
            let found = found.map(|assumed| (assumed.parameter.as_str(), assumed.value.as_str(), assumed.set));
            found.collect::<Vec<_>>()
        };
        assert_eq!(
            found("idle"),
            [
                ("idle", "600 s", true),
                ("functions.checkout.parameters.idle", "120 s", true)
            ]
        );
        assert_eq!(
            found("max_life"),
            [("max_life", "{ uniform: [110 min, 130 min] }", false)]
        );
        assert_eq!(found("kafka.step"), []);
        assert_eq!(unused(&input), [&("kafka.step".to_owned(), "3".to_owned())]);
    }
}
