//! What a reader should know before trusting a number.

use super::ReportInput;
use super::numbers::counted;
use crate::simulation::{Plan, RunResult};

/// A 99 % quantile of fewer samples rests on less than ten of them.
const ENOUGH_SAMPLES: u64 = 1_000;

/// Warnings that follow from the numbers of a run: quantiles that rest on too few samples.
pub fn warnings(result: &RunResult, plan: &Plan) -> Vec<String> {
    let mut warnings = Vec::new();
    for (config, function) in plan.functions.iter().zip(&result.summary.functions) {
        let name = &config.name;
        let mut check = |what: String, samples: u64| {
            if (1..ENOUGH_SAMPLES).contains(&samples) {
                warnings.push(format!("{what} rests on {}", counted(samples, "sample")));
            }
        };
        check(format!("p99 of {name}"), function.latency.count);
        check(
            format!("asynchronous p99 of {name}"),
            function.asynchronous.latency.count,
        );
    }
    warnings
}

/// What the scenario room warned of, then what [`warnings`] adds.
pub(super) fn all_warnings(input: &ReportInput) -> Vec<String> {
    let mut all = input.warnings.to_vec();
    for warning in warnings(input.result, input.plan) {
        if !all.contains(&warning) {
            all.push(warning);
        }
    }
    all
}
