use std::borrow::Cow;
use std::cell::LazyCell;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use super::args::{PrecisionGoal, RunCommand};
use super::failure::Failure;
use super::files::{Files, trace_failure};
use super::progress::{Bars, UntilInterrupted};
use super::validate::check_metric;
use crate::experiment::{Nature, Precision, in_order_until};
use crate::report::{
    Inspection, Observation, Replicated, ReplicationRows, ReportInput, RunFolder, blank_summary, headlines,
};
use crate::scenario::Scenario;
use crate::simulation::{Plan, RunResult, emptied, simulate};

/// As many replications as a goal of precision may take where `--replications` sets no other bound.
const MOST_FOR_PRECISION: u64 = 1_000;

/// How many replications of each scenario a command asks for at most; 1: the run alone.
pub(super) fn most_replications(command: &RunCommand) -> u64 {
    match command.replications {
        Some(most) => most,
        None if command.precision.is_empty() => 1,
        None => MOST_FOR_PRECISION,
    }
}

/// The goals of a command for a scenario.
///
/// # Errors
/// Where a path is no number of its summary, or has no interval.
pub(super) fn goals(asked: &[PrecisionGoal], plan: &Plan) -> Result<Vec<Precision>, Failure> {
    let mut goals = Vec::new();
    let blank = LazyCell::new(|| blank_summary(plan));
    for goal in asked {
        let at_most = goal.at_most;
        match &goal.path {
            Some(path) => {
                check_metric(&blank, path).map_err(|wrong| Failure::Usage(format!("--precision: {wrong}")))?;
                if Nature::of(path) == Nature::Extreme {
                    return Err(Failure::Usage(format!(
                        "--precision {path}: a maximum has no interval, as it grows with what is looked at; \
                         take a mean, a share, a quantile or a cost"
                    )));
                }
                let path = path.clone();
                goals.push(Precision { path, at_most });
            }
            None => goals.extend(shown_paths(plan).map(|path| Precision { path, at_most })),
        }
    }
    Ok(goals)
}

/// What a goal without a path speaks of: the cost of a month, and the quantiles of latency of every function.
fn shown_paths(plan: &Plan) -> impl Iterator<Item = String> {
    let of_function = |name: &str| ["p50", "p99"].map(|quantile| format!("functions.{name}.latency.{quantile}"));
    let functions = plan
        .functions
        .iter()
        .flat_map(move |function| of_function(&function.name));
    std::iter::once("cost.monthly_estimate".to_owned()).chain(functions)
}

/// Replications of one scenario.
pub(super) struct Replicating<'a> {
    pub scenario: &'a Scenario,
    /// The plan of replication 0, whose run fills the files.
    pub plan: &'a Plan,
    pub folder: &'a RunFolder,
    pub command: &'a RunCommand,
    pub bars: &'a Bars,
}

/// One finished replication; the first has the run's result and files with it.
struct Finished<'p> {
    observation: Observation,
    first: Option<(RunResult, Files<'p>)>,
}

impl<'a> Replicating<'a> {
    /// Runs them all; returns the result of replication 0, its files, and what all of them say.
    pub fn carry_out(&self, files: Files<'a>) -> Result<(RunResult, Files<'a>, Replicated), Failure> {
        let most = most_replications(self.command);
        let goals = goals(&self.command.precision, self.plan)?;
        let inspection = Inspection::new(self.plan, &self.scenario.expectations);
        let mut rows = self.folder.replication_rows(&headlines(self.plan))?;
        let mut replicated = Replicated::new(goals);
        let mut first = None;
        let mut outcome = Ok(());
        let files = Mutex::new(Some(files));
        let run = |number| self.replication(number, &inspection, &files);
        let bar = self.bars.count(&self.plan.name, most, 0);
        in_order_until(0..most, self.command.threads, run, |number, finished| {
            bar.add();
            let taken = finished.and_then(|finished| {
                first = first.take().or(finished.first);
                rows.write(number, &finished.observation)?;
                replicated.add(&finished.observation);
                Ok(())
            });
            match taken {
                Ok(()) if replicated.is_precise() => ControlFlow::Break(()),
                Ok(()) => ControlFlow::Continue(()),
                Err(failure) => {
                    outcome = Err(failure);
                    ControlFlow::Break(())
                }
            }
        });
        outcome?;
        ReplicationRows::close(rows)?;
        let (result, files) = first.ok_or(Failure::Interrupted)?;
        Ok((result, files, replicated))
    }

    fn replication(
        &self,
        number: u64,
        inspection: &Inspection,
        files: &Mutex<Option<Files<'a>>>,
    ) -> Result<Finished<'a>, Failure> {
        let mut first = match number {
            // Nobody else takes them: a thread that panicked has not held them long.
            0 => files.lock().unwrap_or_else(PoisonError::into_inner).take(),
            _ => None,
        };
        let other;
        let plan = match number {
            0 => self.plan,
            _ => {
                let replication = Cow::Owned(self.scenario.plan.replicated(number));
                other = emptied(replication, &mut UntilInterrupted).ok_or(Failure::Interrupted)?;
                &other
            }
        };
        let result = match &mut first {
            Some(files) => files.run(plan, &mut UntilInterrupted, &()),
            None => simulate(plan, &mut (), None, &mut UntilInterrupted),
        };
        let result = result.ok_or(Failure::Interrupted)?;
        if let Some(failure) = trace_failure(plan) {
            return Err(Failure::Trace(failure));
        }
        let observation = inspection.look(&ReportInput::bare(plan, &result));
        Ok(Finished {
            observation,
            first: first.map(|files| (result, files)),
        })
    }
}
