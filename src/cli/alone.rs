//! Runs that write nothing.

use std::borrow::Cow;

use super::failure::Failure;
use super::files::trace_failure;
use super::progress::UntilInterrupted;
use crate::report::Measure;
use crate::simulation::{Plan, RunResult, emptied, simulate};

/// One run, and what `measure` reads off it.
pub(super) fn run_plan(plan: &Plan, measure: &Measure) -> Result<Vec<Option<f64>>, Failure> {
    let (plan, result) = run_alone(plan)?;
    Ok(measure.of(&plan, &result))
}

/// One run that writes nothing, with the plan that it followed.
pub(super) fn run_alone(plan: &Plan) -> Result<(Cow<'_, Plan>, RunResult), Failure> {
    let plan = emptied(Cow::Borrowed(plan), &mut UntilInterrupted).ok_or(Failure::Interrupted)?;
    let result = simulate(&plan, &mut (), None, &mut UntilInterrupted).ok_or(Failure::Interrupted)?;
    match trace_failure(&plan) {
        Some(failure) => Err(Failure::Trace(failure)),
        None => Ok((plan, result)),
    }
}
