use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

use super::batch::in_order_until;
use crate::simulation::{Pace, Plan, RunResult, emptied, simulate};
use crate::units::SimTime;

/// Independent runs of one plan: replication k is the run under replication number k (RNG-1), and number 0 is the run that
/// the plan describes itself.
#[derive(Clone, Copy)]
pub struct Replications<'a> {
    /// What is run; its own replication number is 0.
    pub plan: &'a Plan,
    /// Threads that run them; 0: one per core. No result depends on it.
    pub threads: usize,
    /// Asked now and then whether to give up.
    pub stopped: &'a (dyn Fn() -> bool + Sync),
}

impl Replications<'_> {
    /// Runs the replications of `numbers` at most. What `measure` makes of each goes to `take` by rising number while the
    /// runs come, until that breaks off: memory does not grow with their number. `None` where they were stopped.
    pub fn each<M: Send>(
        &self,
        numbers: Range<u64>,
        measure: impl Fn(&Plan, &RunResult) -> M + Sync,
        mut take: impl FnMut(u64, M) -> ControlFlow<()>,
    ) -> Option<()> {
        let mut whole = Some(());
        let run = |number| {
            let plan = emptied(Cow::Owned(self.plan.replicated(number)), &mut Until(self.stopped))?;
            let result = simulate(&plan, &mut (), None, &mut Until(self.stopped))?;
            Some(measure(&plan, &result))
        };
        in_order_until(numbers, self.threads, run, |number, measured| match measured {
            Some(measured) => take(number, measured),
            None => {
                whole = None;
                ControlFlow::Break(())
            }
        });
        whole
    }
}

/// Stops a run once it is asked to.
struct Until<'a>(&'a (dyn Fn() -> bool + Sync));

impl Pace for Until<'_> {
    fn reached(&mut self, _now: SimTime) -> bool {
        !(self.0)()
    }
}
