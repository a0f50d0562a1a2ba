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

/// Two act: at one instant the first does so before the second.
impl<O, A: Act<O>, B: Act<O>> Act<O> for (&mut A, &mut B) {
    fn next_due(&self) -> Option<SimTime> {
        let dues = [self.0.next_due(), self.1.next_due()];
        dues.into_iter().flatten().min()
    }

    fn act(&mut self, now: SimTime, platform: &mut Platform, observer: &mut O) {
        if self.0.next_due() == Some(now) {
            self.0.act(now, platform, observer);
        }
        if self.1.next_due() == Some(now) {
            self.1.act(now, platform, observer);
        }
    }
}

/// Nobody acts.
impl<O: Observer> Act<O> for () {
    fn next_due(&self) -> Option<SimTime> {
        None
    }

    fn act(&mut self, _now: SimTime, _platform: &mut Platform, _observer: &mut O) {}
}
