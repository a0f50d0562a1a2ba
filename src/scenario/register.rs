use super::keys::{FUNCTION_PARAMETERS, PARAMETERS, Takes};
use crate::rules::cited;

/// A parameter: something that AWS does not publish and a scenario may set (contract §2.4).
#[derive(Clone, Debug)]
pub struct Parameter {
    /// As written under `parameters`.
    pub name: &'static str,
    /// What it takes, in words.
    pub takes: String,
    /// What holds where it is absent.
    pub default: &'static str,
    /// One line for people.
    pub meaning: &'static str,
    /// The rules that it belongs to.
    pub rules: Vec<&'static str>,
    /// Whether a function may hold its own.
    pub of_functions: bool,
}

/// All parameters, in the order of the reference.
pub fn parameters() -> Vec<Parameter> {
    let parameter = |key: &'static super::keys::Key| Parameter {
        name: key.name,
        takes: in_words(key.takes),
        default: key.default,
        meaning: key.doc,
        rules: cited(key.doc),
        of_functions: FUNCTION_PARAMETERS.find(key.name).is_some_and(|own| own.doc == key.doc),
    };
    PARAMETERS.keys().map(parameter).collect()
}

fn in_words(takes: Takes) -> String {
    match takes {
        Takes::Count => "whole number",
        Takes::Number => "number",
        Takes::Flag => "flag",
        Takes::Duration => "duration",
        Takes::Memory => "memory size",
        Takes::Share => "share",
        Takes::Rate => "rate",
        Takes::Distribution => "distribution",
        Takes::Form(form) => form,
        Takes::Choice(words) => return words.join(", "),
        _ => "text",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_but_those_of_the_bill_s_form_belongs_to_a_rule() {
        let without: Vec<&str> = parameters()
            .iter()
            .filter(|parameter| parameter.rules.is_empty())
            .map(|parameter| parameter.name)
            .collect();
        assert_eq!(without, ["billing.rounding", "billing.month"]);
    }

    #[test]
    fn the_reference_tells_what_each_parameter_takes_its_default_and_its_meaning() {
        let reference = include_str!("../../docs/scenario.md");
        for parameter in parameters() {
            let row = format!(
                "| `{}` | {} | {} | {} |",
                parameter.name, parameter.takes, parameter.default, parameter.meaning
            );
            assert!(reference.contains(&row), "not in docs/scenario.md: {row}");
        }
    }
}
