use std::collections::BTreeMap;

use super::histogram::Histogram;
use super::summary::{BudgetCounts, BudgetSummary};
use crate::facts::{BudgetCall, BudgetOutcome, FunctionId};

/// What is counted of one downstream budget.
#[derive(Clone, Debug, Default)]
pub(super) struct BudgetState {
    max: u64,
    counts: BudgetCounts,
    used: u128,
    wait: Histogram,
    functions: BTreeMap<FunctionId, (BudgetCounts, u128)>,
}

impl BudgetState {
    /// Notes a call, which `counts` in the summary, with the microseconds of use that fall into the window.
    pub fn note(&mut self, call: &BudgetCall, counts: bool, micros: u64) {
        let function = self.functions.entry(call.function).or_default();
        let used = micros as u128 * call.amount as u128;
        self.used += used;
        function.1 += used;
        if !counts {
            return;
        }
        self.max = self.max.max(call.in_use);
        for counts in [&mut self.counts, &mut function.0] {
            counts.calls += 1;
            match call.outcome {
                BudgetOutcome::Free => {}
                BudgetOutcome::Slowed => counts.slowed += 1,
                BudgetOutcome::Queued(_) => counts.queued += 1,
                BudgetOutcome::Failed => counts.failed += 1,
            }
        }
        if let BudgetOutcome::Queued(wait) = call.outcome {
            self.wait.record(wait.as_micros());
        }
    }

    /// The numbers of a window that is `micros` long.
    pub fn summary(&self, micros: u64) -> BudgetSummary {
        let mean = |used: u128| if micros == 0 { 0.0 } else { used as f64 / micros as f64 };
        let functions = self.functions.iter();
        BudgetSummary {
            max: self.max,
            mean: mean(self.used),
            counts: self.counts,
            wait: self.wait.summary(),
            functions: functions
                .map(|(function, (counts, used))| (*function, *counts, mean(*used)))
                .collect(),
        }
    }
}
