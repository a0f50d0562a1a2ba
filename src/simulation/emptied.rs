use std::borrow::Cow;

use super::pace::Pace;
use super::plan::Plan;
use super::run::simulate;
use crate::facts::{Attempt, Ended, Message, MessageStep, Observer, QueueId, Refusal};
use crate::units::{SimTime, Span};

/// Ends are whole seconds.
const SECOND: u64 = 1_000_000;

/// The plan whose drain lasts until its backlogs are gone: until nothing runs, waits for a retry or is read any more, rounded up
/// to a whole second, and for the plan's drain at most. A plan that does not ask for that stays as it is; `None` where `pace`
/// stopped the run that finds out.
pub fn emptied<'a>(mut plan: Cow<'a, Plan>, pace: &mut dyn Pace) -> Option<Cow<'a, Plan>> {
    if plan.until_empty {
        let plan = plan.to_mut();
        plan.until_empty = false;
        let mut last = LastStep(SimTime::ZERO);
        // An ordinary run, though nobody wants its numbers: another kind of run would be a second copy of the core loop.
        simulate(plan, &mut (), Some(&mut last), pace)?;
        let end = Span::from_micros((last.0.as_micros() / SECOND + 1) * SECOND);
        plan.drain = end.saturating_sub(plan.duration).min(plan.drain);
    }
    Some(plan)
}

/// When something was last done.
struct LastStep(SimTime);

impl LastStep {
    fn done(&mut self, time: SimTime) {
        self.0 = self.0.max(time);
    }
}

impl Observer for LastStep {
    fn ran(&mut self, attempt: &Attempt) {
        if attempt.completes {
            self.done(attempt.end);
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.done(refusal.time);
    }

    fn ended(&mut self, ended: &Ended) {
        self.done(ended.time);
    }

    fn message(&mut self, time: SimTime, _queue: QueueId, _message: &Message, step: MessageStep) {
        // What nobody reads is no backlog: it waits until it expires.
        if step != MessageStep::Expired {
            self.done(time);
        }
    }
}
