//! What both drivers do with the platform and arrivals.

use super::Plan;
use crate::facts::Observer;
use crate::lambda::Platform;
use crate::units::SimTime;
use crate::workload::Arrivals;

/// Takes in the next arrival, and those after it that come as a train before `end`; returns how many. There must be one.
#[inline(always)]
pub(super) fn serve_next<O: Observer>(
    platform: &mut Platform,
    arrivals: &mut Arrivals,
    end: SimTime,
    watchers: &mut O,
) -> usize {
    let train = if platform.serves_trains() {
        arrivals.train()
    } else {
        None
    };
    let served = match train {
        Some(train) => platform.serve_train(&train, end, watchers),
        None => 0,
    };
    if served > 0 {
        arrivals.advance_by(served);
    } else if let Some(arrival) = arrivals.peek() {
        platform.admit(arrival, watchers);
        arrivals.advance();
    }
    served.max(1)
}

/// The platform of a plan at its start.
pub(super) fn platform<O: Observer>(plan: &Plan, watchers: &mut O) -> Platform {
    let seed = (plan.seed, plan.replication);
    Platform::new(seed, &plan.parts(), plan.horizon(), watchers)
}
