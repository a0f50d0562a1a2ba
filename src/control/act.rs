use crate::facts::Observer;
use crate::lambda::Platform;
use crate::units::SimTime;

/// Somebody who acts on the platform at instants of its own: after what is under way at that instant, before its timers
/// and arrivals (TIME-2, class 4). `O` is who listens to the run.
pub trait Act<O> {
    /// When it acts next; always later than the instant at which it acted last.
    fn next_due(&self) -> Option<SimTime>;
    /// Acts at `now`, its next instant.
    fn act(&mut self, now: SimTime, platform: &mut Platform, observer: &mut O);
}

/// Nobody acts.
impl<O: Observer> Act<O> for () {
    fn next_due(&self) -> Option<SimTime> {
        None
    }

    fn act(&mut self, _now: SimTime, _platform: &mut Platform, _observer: &mut O) {}
}
