//! What a variable takes: a list, a range or a geometric range.

use std::collections::BTreeSet;

use crate::kernel::math;

/// Values of a range: more make no plot and no table that anybody reads.
const MOST_VALUES: usize = 1_000_000;
/// Decimals of the numbers of a range.
const MOST_DECIMALS: u32 = 9;
const FORMS: &str = "write v1,v2,…, or from..to:step, or log from..to:count";

/// The values that a variable takes: a list `v1,v2,…`, a range `from..to:step` or a geometric one `log from..to:count`. A
/// range may carry a unit, the same on all its numbers: `100 ms..500 ms:100 ms`.
///
/// # Errors
/// What is wrong with the text and what is allowed.
pub fn expand_values(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    if let Some(range) = text.strip_prefix("log ") {
        return geometric(range.trim());
    }
    let pieces = pieces(text);
    if let ([only], Some((from, rest))) = (pieces.as_slice(), text.split_once(".."))
        && !only.starts_with(['{', '[', '"', '\''])
    {
        return linear(from.trim(), rest.trim());
    }
    if pieces.iter().any(|piece| piece.is_empty()) {
        return Err(format!("a value is empty; {FORMS}"));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = pieces.iter().find(|piece| !seen.insert(piece.as_str())) {
        return Err(format!("the value {twice} stands twice; name each once"));
    }
    Ok(pieces)
}

/// Parts between commas, but not those inside brackets or quotes.
fn pieces(text: &str) -> Vec<String> {
    let (mut pieces, mut piece, mut depth, mut quote) = (Vec::new(), String::new(), 0usize, None);
    for letter in text.chars() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            ('{' | '[', None) => depth += 1,
            ('}' | ']', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                pieces.push(std::mem::take(&mut piece).trim().to_owned());
                continue;
            }
            _ => {}
        }
        piece.push(letter);
    }
    pieces.push(piece.trim().to_owned());
    pieces
}

/// A decimal number with what follows it.
struct Quantity<'a> {
    /// Digits without the point.
    digits: i128,
    /// Digits behind the point.
    decimals: u32,
    /// Such as ` ms`, `/s` or nothing.
    unit: &'a str,
}

impl<'a> Quantity<'a> {
    fn parse(text: &'a str) -> Result<Quantity<'a>, String> {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let decimals = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
        let digits = format!("{whole}{fraction}")
            .parse::<i128>()
            .ok()
            .filter(|_| !whole.is_empty());
        match digits {
            Some(digits) if decimals <= MOST_DECIMALS && whole.len() <= 18 => Ok(Quantity { digits, decimals, unit }),
            _ => Err(format!("\"{text}\" is no number of a range; {FORMS}")),
        }
    }

    fn at(&self, decimals: u32) -> i128 {
        self.digits * 10i128.pow(decimals - self.decimals)
    }
}

/// The numbers of a range in one scale, and the unit that they share.
fn same_unit<'a>(quantities: &[&Quantity<'a>]) -> Result<(u32, &'a str), String> {
    let decimals = quantities.iter().map(|quantity| quantity.decimals).max().unwrap_or(0);
    let mut units = quantities
        .iter()
        .map(|quantity| quantity.unit)
        .filter(|unit| !unit.is_empty());
    let unit = units.next().unwrap_or("");
    match units.find(|other| other.trim() != unit.trim()) {
        Some(other) => Err(format!(
            "the range has the units{} and{}; write all its numbers in one",
            spaced(unit),
            spaced(other)
        )),
        None => Ok((decimals, unit)),
    }
}

fn spaced(unit: &str) -> String {
    format!(" {}", unit.trim())
}

fn linear(from: &str, rest: &str) -> Result<Vec<String>, String> {
    let Some((to, step)) = rest.split_once(':') else {
        return Err(format!("the range {from}..{rest} has no step; {FORMS}"));
    };
    let (from, to, step) = (
        Quantity::parse(from)?,
        Quantity::parse(to.trim())?,
        Quantity::parse(step.trim())?,
    );
    let (decimals, unit) = same_unit(&[&from, &to, &step])?;
    let (low, high, width) = (from.at(decimals), to.at(decimals), step.at(decimals));
    if width == 0 || high < low {
        return Err("a range goes up by steps above 0, such as 128..1024:128".to_owned());
    }
    let steps = (high - low) / width;
    if steps >= MOST_VALUES as i128 {
        return Err(format!(
            "the range has {} values; at most {MOST_VALUES} are allowed",
            steps + 1
        ));
    }
    let value = |number: i128| format!("{}{unit}", decimal(low + number * width, decimals));
    Ok((0..=steps).map(value).collect())
}

fn geometric(range: &str) -> Result<Vec<String>, String> {
    let form = || format!("\"log {range}\" is no range; write log from..to:count, such as log 10..1000:5");
    let (from, rest) = range.split_once("..").ok_or_else(form)?;
    let (to, count) = rest.split_once(':').ok_or_else(form)?;
    let (from, to) = (Quantity::parse(from.trim())?, Quantity::parse(to.trim())?);
    let (decimals, unit) = same_unit(&[&from, &to])?;
    let (low, high) = (from.at(decimals), to.at(decimals));
    let count: usize = count.trim().parse().map_err(|_| form())?;
    if low <= 0 || high <= low || !(2..=1_000).contains(&count) {
        return Err("a geometric range goes up from above 0 in 2 to 1000 values, such as log 10..1000:5".to_owned());
    }
    // Between whole numbers lie whole ones, between others at least three significant digits.
    let finer = if decimals == 0 { 0 } else { decimals.max(3) };
    let (low, high) = (from.at(finer.max(decimals)), to.at(finer.max(decimals)));
    let growth = math::ln(high as f64 / low as f64);
    let mut values: Vec<i128> = (0..count)
        .map(|number| {
            let share = number as f64 / (count - 1) as f64;
            (low as f64 * math::exp(growth * share)).round() as i128
        })
        .collect();
    (values[0], values[count - 1]) = (low, high);
    values.dedup();
    let value = |number: &i128| format!("{}{unit}", decimal(*number, finer.max(decimals)));
    Ok(values.iter().map(value).collect())
}

/// `digits` with a point before the last `decimals` of them, without trailing zeros.
fn decimal(digits: i128, decimals: u32) -> String {
    let scale = 10i128.pow(decimals);
    let (whole, fraction) = (digits / scale, digits % scale);
    if fraction == 0 {
        return whole.to_string();
    }
    let fraction = format!("{fraction:0width$}", width = decimals as usize);
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        expand_values(text).unwrap()
    }

    #[test]
    fn a_list_keeps_its_values_as_written_also_those_with_commas_inside() {
        assert_eq!(values("512, 1024 MB,x"), ["512", "1024 MB", "x"]);
        assert_eq!(
            values("{ uniform: [1, 2] }, { exponential: 5 ms }"),
            ["{ uniform: [1, 2] }", "{ exponential: 5 ms }"]
        );
        assert_eq!(values("\"a,b\",c"), ["\"a,b\"", "c"]);
    }

    #[test]
    fn a_range_is_exact_and_includes_its_end_where_a_step_meets_it() {
        assert_eq!(values("128..512:128"), ["128", "256", "384", "512"]);
        assert_eq!(values("0.1..0.35:0.1"), ["0.1", "0.2", "0.3"]);
        assert_eq!(values("10/s..30/s:10"), ["10/s", "20/s", "30/s"]);
        assert_eq!(values("100 ms..200 ms:50 ms"), ["100 ms", "150 ms", "200 ms"]);
        assert_eq!(values("5..5:1"), ["5"]);
    }

    #[test]
    fn a_geometric_range_multiplies_and_stays_whole_between_whole_ends() {
        assert_eq!(values("log 1..1000:4"), ["1", "10", "100", "1000"]);
        assert_eq!(values("log 1..4:5"), ["1", "2", "3", "4"]);
        assert_eq!(values("log 0.5..8.0:5"), ["0.5", "1", "2", "4", "8"]);
        assert_eq!(values("log 1/s..100/s:3"), ["1/s", "10/s", "100/s"]);
    }

    #[test]
    fn what_is_no_list_and_no_range_is_refused_with_the_forms_there_are() {
        for wrong in [
            "",
            "1,,2",
            "1..5",
            "5..1:1",
            "1..5:0",
            "a..b:1",
            "1 ms..2 s:1",
            "log 0..5:3",
            "log 1..5:1",
            "1,1",
            "0..99999999:1",
            "log 5",
            "1..2:0.0000000001",
        ] {
            assert!(expand_values(wrong).is_err(), "{wrong}");
        }
    }
}
