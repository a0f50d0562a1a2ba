use crate::units::SimTime;

/// Told now and then how far a run is; may stop it.
pub trait Pace {
    /// `now` has been reached; `false` stops the run, which then has no result.
    fn reached(&mut self, now: SimTime) -> bool;
}

impl Pace for () {
    fn reached(&mut self, _now: SimTime) -> bool {
        true
    }
}

/// Why a run has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// [`Pace`] has stopped it.
    Pace,
    /// Functions were run one after another, and the account would have refused something: their order matters.
    Uncertified,
}

/// A pace that never goes back.
pub(super) struct Onward<'a> {
    pace: &'a mut dyn Pace,
    furthest: SimTime,
}

impl<'a> Onward<'a> {
    pub fn of(pace: &'a mut dyn Pace) -> Onward<'a> {
        let furthest = SimTime::ZERO;
        Onward { pace, furthest }
    }
}

impl Pace for Onward<'_> {
    fn reached(&mut self, now: SimTime) -> bool {
        self.furthest = self.furthest.max(now);
        self.pace.reached(self.furthest)
    }
}
