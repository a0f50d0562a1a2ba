//! Steps of the timeline and periods of datapoints while functions are told one after another: each function goes through all of
//! them.

use super::period::Period;
use super::timeline::{Tallied, Timeline};
use crate::facts::FunctionId;
use crate::units::{SimTime, Span};

/// What is counted in the steps and periods of a window.
#[derive(Debug)]
pub(super) struct Apart {
    pub from: SimTime,
    pub until: SimTime,
    /// The function that is told.
    pub function: FunctionId,
    /// Number of the window's first step.
    first: usize,
    /// By step, as far as something is counted there, without that which is counted in now.
    tallies: Vec<Option<Tallied>>,
    /// Empty ones to use again.
    pub spare: Vec<Tallied>,
    /// Place of that one, and its end.
    place: usize,
    ends: SimTime,
    period: Span,
    /// Where the first period ends that runs in the window.
    first_period_ends: SimTime,
    /// How many of the periods that end inside the window are over for the function that is told.
    passed: usize,
    /// By period that ends inside the window: what functions and qualifiers have to tell of it.
    over: Vec<Over>,
    /// By function, whether it has been told; empty where no period ends inside the window.
    told: Vec<bool>,
}

/// A period that is over: what functions and qualifiers have to tell of it, in any order.
pub(super) type Over = Vec<Period>;

impl Apart {
    /// A window in the run of so many `functions`; `period_end` is where the period ends that runs when it begins.
    pub fn new(
        (from, until): (SimTime, SimTime),
        timeline: &Timeline,
        (period, period_end): (Span, SimTime),
        functions: usize,
    ) -> Apart {
        let first = timeline.step_of(from);
        let ends = until.since(period_end).as_micros().div_ceil(period.as_micros()) as usize;
        Apart {
            from,
            until,
            function: FunctionId(0),
            first,
            tallies: vec![None],
            spare: Vec::new(),
            place: 0,
            ends: timeline.end_of(first),
            period,
            first_period_ends: period_end,
            passed: 0,
            over: (0..ends).map(|_| Vec::with_capacity(functions)).collect(),
            told: vec![false; if ends > 0 { functions } else { 0 }],
        }
    }

    /// Only inside the window: at its end everybody is told of the cut together.
    pub fn next_cut(&self) -> SimTime {
        let ends = self.ends.min(self.period_ends());
        if ends < self.until { ends } else { SimTime::MAX }
    }

    /// Where the step ends that is counted in.
    pub fn step_ends(&self) -> SimTime {
        self.ends
    }

    /// What follows is of this function, from the beginning of the window.
    pub fn begin(&mut self, function: FunctionId) {
        self.function = function;
        if let Some(told) = self.told.get_mut(function.index()) {
            *told = true;
        }
        self.passed = 0;
    }

    /// Whether a function has been told; nobody asks where no period ends inside the window.
    pub fn has_told(&self, function: FunctionId) -> bool {
        self.told[function.index()]
    }

    /// Whether periods end inside the window.
    pub fn has_periods(&self) -> bool {
        !self.over.is_empty()
    }

    /// Where the period ends that runs for the function that is told.
    pub fn period_ends(&self) -> SimTime {
        let passed = Span::from_micros(self.passed as u64 * self.period.as_micros());
        self.first_period_ends.saturating_add(passed)
    }

    /// The period is over that runs for the function that is told.
    pub fn end_period(&mut self, told: impl Iterator<Item = Period>) {
        self.over[self.passed].extend(told);
        self.passed += 1;
    }

    /// All of them are over for a function that has not been told.
    pub fn end_all_periods(&mut self, period: &mut Period) {
        self.over.iter_mut().for_each(|over| over.extend(period.end()));
    }

    /// All functions have been told: the periods that have ended, in order.
    pub fn end_periods(&mut self) -> Vec<Over> {
        std::mem::take(&mut self.over)
    }

    /// Puts `tally` away and takes out that of the step that holds `time`.
    pub fn turn(&mut self, timeline: &Timeline, time: SimTime, tally: &mut Tallied) {
        let step = timeline.step_of(time);
        let place = step - self.first;
        if place == self.place {
            return;
        }
        if place >= self.tallies.len() {
            self.tallies.resize_with(place + 1, || None);
        }
        let begun = self.tallies[place].take().or_else(|| self.spare.pop());
        self.tallies[self.place] = Some(std::mem::replace(tally, begun.unwrap_or_default()));
        (self.place, self.ends) = (place, timeline.end_of(step));
    }

    /// What was counted in each step from the first on; `tally` is that which was counted in last.
    pub fn finish(mut self, tally: Tallied) -> impl Iterator<Item = Tallied> {
        self.tallies[self.place] = Some(tally);
        self.tallies.into_iter().map(Option::unwrap_or_default)
    }
}
