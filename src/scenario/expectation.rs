//! Lines under `expect`: a path of summary.json, an operator, a value.

use super::place::Place;
use super::problem::Fault;
use super::reader::Reader;
use super::tree::{Entry, Kind, Node, shortened};
use super::values;

/// A claim about `summary.json`.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Where it stands.
    pub place: Place,
    /// As written.
    pub text: String,
    /// Path in `summary.json`, such as `functions.checkout.latency.p99`. Whether it exists is not checked yet.
    pub path: String,
    /// How the two are compared.
    pub operator: Operator,
    /// In the unit of `summary.json`: milliseconds, USD, fractions.
    pub value: f64,
}

impl Expectation {
    /// Reads a line that stands in no file but behind an option of the command line.
    ///
    /// # Errors
    /// What is wrong with it and what is allowed.
    pub fn parse(text: &str, option: &str) -> Result<Expectation, String> {
        let (path, operator, value) =
            split(text).map_err(|fault| format!("{option} {}; {}", fault.found, fault.allowed))?;
        Ok(Expectation {
            place: Place {
                file: option.to_owned(),
                line: 1,
                column: 1,
            },
            text: text.trim().to_owned(),
            path,
            operator,
            value,
        })
    }

    /// Whether it holds for the number at its path; it does not where there is none.
    pub fn holds(&self, value: Option<f64>) -> bool {
        value.is_some_and(|value| self.operator.holds(value, self.value))
    }
}

/// How a number of `summary.json` is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `>`
    Above,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

impl Operator {
    /// Two-character operators first, so that `<=` is not read as `<`.
    const ALL: [(&'static str, Operator); 6] = [
        ("<=", Operator::AtMost),
        (">=", Operator::AtLeast),
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
        ("<", Operator::Below),
        (">", Operator::Above),
    ];

    /// Whether `left OPERATOR right` is true.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Operator::AtMost => left <= right,
            Operator::AtLeast => left >= right,
            Operator::Below => left < right,
            Operator::Above => left > right,
            Operator::Equal => left == right,
            Operator::Unequal => left != right,
        }
    }
}

const FORM: &str =
    "write PATH OPERATOR VALUE with <=, >=, <, >, == or !=, such as `functions.checkout.latency.p99 <= 1.5 s`";

/// The lines of a list.
pub(super) fn lines(reader: &Reader, entry: &Entry) -> Vec<Expectation> {
    let allowed = "a list of lines such as `- functions.checkout.Throttles == 0` is allowed";
    let items = match &entry.value.kind {
        Kind::Empty => &[][..],
        _ => reader.list(entry, allowed).unwrap_or(&[]),
    };
    let line = |node: &Node| {
        let (path, operator, value) = reader.scalar(node, &entry.key, split)?;
        Some(Expectation {
            place: reader.sources[node.mark.source as usize].place(node.mark),
            text: node.text().unwrap_or_default().to_owned(),
            path,
            operator,
            value,
        })
    };
    items.iter().filter_map(line).collect()
}

/// Path, operator and value of a line.
pub(super) fn split(text: &str) -> Result<(String, Operator, f64), Fault> {
    let fault = || Fault::new(format!("is \"{}\"", shortened(text)), FORM);
    let first = Operator::ALL
        .iter()
        .filter_map(|(sign, operator)| Some((text.find(sign)?, sign, *operator)));
    let (at, sign, operator) = first
        .min_by_key(|(at, sign, _)| (*at, 2 - sign.len()))
        .ok_or_else(fault)?;
    let path = text[..at].trim();
    if path.is_empty() || path.contains(char::is_whitespace) {
        return Err(fault());
    }
    let value = value(text[at + sign.len()..].trim())?;
    Ok((path.to_owned(), operator, value))
}

fn value(text: &str) -> Result<f64, Fault> {
    let allowed = "a number, or one with ms, s, min, h, USD or % is allowed";
    let fault = || Fault::new(format!("compares with \"{}\"", shortened(text)), allowed);
    if let Some(dollars) = text.strip_suffix("USD") {
        return values::number(dollars.trim()).map_err(|_| fault());
    }
    if let Some(percent) = text.strip_suffix('%') {
        return values::number(&format!("{}e-2", percent.trim())).map_err(|_| fault());
    }
    if let Ok(number) = values::number(text) {
        return Ok(number);
    }
    values::duration(text)
        .map(|span| span.as_millis_f64())
        .map_err(|_| fault())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, Operator, f64) {
        split(text).unwrap()
    }

    #[test]
    fn a_line_is_a_path_an_operator_and_a_value_in_the_summary_s_unit() {
        let path = || "a.b".to_owned();
        assert_eq!(of("a.b <= 1.5 s"), (path(), Operator::AtMost, 1_500.0));
        assert_eq!(of("a.b>=2 min"), (path(), Operator::AtLeast, 120_000.0));
        assert_eq!(of("a.b < 900 USD"), (path(), Operator::Below, 900.0));
        assert_eq!(of("a.b > 5 %"), (path(), Operator::Above, 0.05));
        assert_eq!(of("a.b == 0"), (path(), Operator::Equal, 0.0));
        assert_eq!(of("a.b != -3.5"), (path(), Operator::Unequal, -3.5));
        assert_eq!(of("functions.checkout:live.x < 1 h").2, 3_600_000.0);
    }

    #[test]
    fn what_is_no_comparison_is_refused() {
        for wrong in ["a.b", "<= 3", "a b <= 3", "a <= ", "a <= many", "a = 3", "a <= inf"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn operators_compare() {
        let at_equal = Operator::ALL.map(|(_, operator)| operator.holds(1.0, 1.0));
        assert_eq!(at_equal, [true, true, true, false, false, false]);
        assert!(
            Operator::Below.holds(0.0, 1.0) && Operator::Above.holds(1.0, 0.0) && Operator::Unequal.holds(1.0, 0.0)
        );
    }
}
