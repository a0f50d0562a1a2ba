use super::{Advice, Replicated, Sensitivity};
use crate::metrics::FunctionSummary;
use crate::simulation::{Plan, RunResult};

/// All that the writers of this room look at.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// What was run.
    pub plan: &'a Plan,
    /// What came out.
    pub result: &'a RunResult,
    /// Version of the program.
    pub version: &'a str,
    /// The question of the scenario's first line.
    pub question: Option<&'a str>,
    /// The scenario as written.
    pub source_text: &'a str,
    /// Parameters (lambda-model §17) that differ from their default: name and value.
    pub changed_parameters: &'a [(String, String)],
    /// What the scenario room warns of; [`super::warnings()`] is added by the writers themselves.
    pub warnings: &'a [String],
    /// Verdicts, in the order of the scenario's `expect`.
    pub expectations: &'a [ExpectationResult],
    /// What independent replications say together, the run being the first of them.
    pub replications: Option<&'a Replicated>,
    /// What runs with changes have shown.
    pub advice: Option<&'a Advice>,
    /// What other values of its assumptions have shown.
    pub sensitivity: Option<&'a Sensitivity>,
}

/// What became of one entry under `expect:`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectationResult {
    /// The entry as written.
    pub text: String,
    /// The value its path led to, in the unit of `summary.json`.
    pub value: Option<f64>,
    /// Whether the comparison holds: with replications, in all of them.
    pub ok: bool,
    /// In how many replications it holds, and how many there are.
    pub held: Option<(u64, u64)>,
}

impl<'a> ReportInput<'a> {
    /// A run and nothing around it.
    pub fn bare(plan: &'a Plan, result: &'a RunResult) -> ReportInput<'a> {
        ReportInput {
            plan,
            result,
            version: "",
            question: None,
            source_text: "",
            changed_parameters: &[],
            warnings: &[],
            expectations: &[],
            replications: None,
            advice: None,
            sensitivity: None,
        }
    }

    /// Functions with their name and numbers, in the plan's order.
    pub(super) fn functions(&self) -> impl Iterator<Item = (&'a str, &'a FunctionSummary)> {
        let names = self.plan.functions.iter().map(|function| function.name.as_str());
        names.zip(&self.result.summary.functions)
    }
}
