//! What a reader should know before trusting a number.

use std::collections::BTreeSet;

use super::ReportInput;
use super::numbers::{counted, grouped, short_name};
use crate::simulation::{Plan, RunResult};

/// A 99 % quantile of fewer samples rests on less than ten of them.
const ENOUGH_SAMPLES: u64 = 1_000;

/// As many functions as one line names.
const NAMED: usize = 5;

/// A 99 % quantile that rests on few samples.
struct FewSamples<'a> {
    /// Which quantile: `p99` or `asynchronous p99`.
    quantile: &'static str,
    function: &'a str,
    samples: u64,
}

impl FewSamples<'_> {
    fn text(&self) -> String {
        let samples = counted(self.samples, "sample");
        format!("{} of {} rests on {samples}", self.quantile, self.function)
    }
}

/// Warnings that follow from the numbers of a run, one for each quantile that rests on too few samples.
pub fn warnings(result: &RunResult, plan: &Plan) -> Vec<String> {
    few_samples(result, plan).iter().map(FewSamples::text).collect()
}

/// By function, callers' quantile first.
fn few_samples<'a>(result: &RunResult, plan: &'a Plan) -> Vec<FewSamples<'a>> {
    let functions = plan.functions.iter().zip(&result.summary.functions);
    let quantiles = functions.flat_map(|(config, function)| {
        [
            ("p99", function.latency.count),
            ("asynchronous p99", function.asynchronous.latency.count),
        ]
        .map(|(quantile, samples)| FewSamples {
            quantile,
            function: &config.name,
            samples,
        })
    });
    quantiles
        .filter(|found| (1..ENOUGH_SAMPLES).contains(&found.samples))
        .collect()
}

/// What the scenario room warned of, then what [`warnings`] adds: every single one.
pub(super) fn all_warnings(input: &ReportInput) -> Vec<String> {
    let given: BTreeSet<&String> = input.warnings.iter().collect();
    let found = warnings(input.result, input.plan).into_iter();
    let new = found.filter(|warning| !given.contains(warning));
    input.warnings.iter().cloned().chain(new).collect()
}

/// [`all_warnings`] for people: one line for all functions that share a quantile of few samples.
pub(super) fn warnings_in_short(input: &ReportInput) -> Vec<String> {
    let mut lines = input.warnings.to_vec();
    let found = few_samples(input.result, input.plan);
    let texts: BTreeSet<String> = found.iter().map(FewSamples::text).collect();
    lines.retain(|line| !texts.contains(line));
    for quantile in ["p99", "asynchronous p99"] {
        let alike: Vec<&FewSamples> = found.iter().filter(|few| few.quantile == quantile).collect();
        match alike.as_slice() {
            [] => {}
            [one] => lines.push(one.text()),
            several => lines.push(together(quantile, several)),
        }
    }
    lines
}

fn together(quantile: &str, functions: &[&FewSamples]) -> String {
    let named = functions.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|few| format!("{} ({})", short_name(few.function), grouped(few.samples)))
        .collect();
    let hidden = functions.len().saturating_sub(NAMED);
    let rest = match hidden {
        0 => String::new(),
        _ => format!(", … and {} more", grouped(hidden as u64)),
    };
    format!(
        "{quantile} of {} functions rests on fewer than {} samples: {}{rest}",
        grouped(functions.len() as u64),
        grouped(ENOUGH_SAMPLES),
        named.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn one_function_with_few_samples_has_a_line_of_its_own() {
        let sample = Sample::busy();
        let lines = warnings_in_short(&sample.input());
        assert_eq!(lines.last().unwrap(), "p99 of fulfil rests on 312 samples");
    }

    #[test]
    fn many_functions_with_few_samples_share_a_line_but_stay_apart_for_machines() {
        let mut sample = Sample::crowded(49);
        for (number, function) in sample.result.summary.functions.iter_mut().enumerate() {
            function.latency.count = 174 + number as u64;
            sample.plan.function_mut(number).name = format!("f{:02}", number + 1);
        }
        let line = "p99 of 49 functions rests on fewer than 1,000 samples: \
                    f01 (174), f02 (175), f03 (176), f04 (177), f05 (178), … and 44 more";
        let of_region = "prices of this region are estimated";
        assert_eq!(warnings_in_short(&sample.input()), [of_region, line]);
        assert_eq!(all_warnings(&sample.input()).len(), 1 + 49);
        assert_eq!(all_warnings(&sample.input())[49], "p99 of f49 rests on 222 samples");
    }
}
