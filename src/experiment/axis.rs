use serde::{Deserialize, Serialize};

use crate::scenario::expand_values;

/// One or several paths of a scenario and the values that they take together, one row for each step of the axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Paths, such as `functions.checkout.memory_size`.
    pub paths: Vec<String>,
    /// For each step a YAML value for each path.
    pub values: Vec<Vec<String>>,
}

impl Axis {
    /// An axis of one path with values as [`expand_values`] reads them.
    ///
    /// # Errors
    /// What is wrong with the values and what is allowed.
    pub fn of_values(path: &str, values: &str) -> Result<Axis, String> {
        let values = expand_values(values).map_err(|wrong| format!("{path}: {wrong}"))?;
        Ok(Axis {
            paths: vec![path.to_owned()],
            values: values.into_iter().map(|value| vec![value]).collect(),
        })
    }

    /// `PATH=VALUES`, as `--vary` takes it.
    ///
    /// # Errors
    /// As [`Axis::of_values`].
    pub fn parse(text: &str) -> Result<Axis, String> {
        match text.split_once('=') {
            Some((path, values)) if !path.trim().is_empty() => Axis::of_values(path.trim(), values),
            _ => Err(format!(
                "\"{text}\" is no variable; write PATH=VALUES, such as functions.checkout.memory_size=512,1024"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_a_path_and_its_values_or_is_refused_with_the_path() {
        let axis = Axis::parse("functions.a.timeout = 1..3:1").unwrap();
        assert_eq!(axis.paths, ["functions.a.timeout"]);
        assert_eq!(axis.values, [["1"], ["2"], ["3"]]);
        assert!(Axis::parse("functions.a.timeout").unwrap_err().contains("PATH=VALUES"));
        assert!(Axis::parse("a=1..5").unwrap_err().starts_with("a: "));
    }
}
