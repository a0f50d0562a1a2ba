//! The steps of the timeline while functions are told one after another: each function goes through all of them.

use super::timeline::{Tally, Timeline};
use crate::facts::FunctionId;
use crate::units::SimTime;

/// What is counted in the steps of a window.
#[derive(Debug)]
pub(super) struct Apart {
    pub from: SimTime,
    pub until: SimTime,
    /// The function that is told.
    pub function: FunctionId,
    /// Number of the window's first step.
    first: usize,
    /// By step, without that which is counted in now.
    tallies: Vec<Tally>,
    /// Place of that one, and its end.
    place: usize,
    ends: SimTime,
}

impl Apart {
    pub fn new(from: SimTime, until: SimTime, timeline: &Timeline) -> Apart {
        let first = timeline.step_of(from);
        Apart {
            from,
            until,
            function: FunctionId(0),
            first,
            tallies: vec![Tally::default()],
            place: 0,
            ends: timeline.end_of(first),
        }
    }

    /// Only inside the window: at its end everybody is told of the cut together.
    pub fn next_cut(&self) -> SimTime {
        if self.ends < self.until {
            self.ends
        } else {
            SimTime::MAX
        }
    }

    /// Puts `tally` away and takes out that of the step that holds `time`.
    pub fn turn(&mut self, timeline: &Timeline, time: SimTime, tally: &mut Tally) {
        let step = timeline.step_of(time);
        let place = step - self.first;
        if place == self.place {
            return;
        }
        if place >= self.tallies.len() {
            self.tallies.resize_with(place + 1, Tally::default);
        }
        self.tallies[self.place] = std::mem::replace(tally, std::mem::take(&mut self.tallies[place]));
        (self.place, self.ends) = (place, timeline.end_of(step));
    }

    /// What was counted in each step from the first on; `tally` is that which was counted in last.
    pub fn finish(mut self, tally: Tally) -> impl Iterator<Item = Tally> {
        self.tallies[self.place] = tally;
        self.tallies.into_iter()
    }
}
