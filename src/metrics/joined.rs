//! Recorders of parts of an account, and the one that hears from them: functions of a part are told to its own recorder, maybe beside
//! others; what they have in common is joined window by window.

use super::apart::Over;
use super::function_state::FunctionState;
use super::recorder::Recorder;
use super::scope::Scope;
use super::summary::Summary;
use super::timeline::{Tallied, TimelineSummary};
use crate::facts::{FunctionId, SlotSteps};
use crate::kernel::Crew;
use crate::units::SimTime;

/// What functions of a part have done in a window.
#[derive(Debug, Default)]
pub struct Told {
    /// By step of the timeline, from that on in which the window begins.
    tallies: Vec<Tallied>,
    /// Periods that are over since the last window.
    over: Vec<Over>,
}

impl Told {
    /// Takes over what another part has done.
    fn add(&mut self, other: Told) {
        join(&mut self.tallies, other.tallies, |tally, other| tally.add(&other));
        join(&mut self.over, other.over, |told, others| told.extend(others));
    }
}

/// Adds what stands at the same place.
fn join<T>(all: &mut Vec<T>, others: Vec<T>, mut add: impl FnMut(&mut T, T)) {
    for (place, other) in others.into_iter().enumerate() {
        match all.get_mut(place) {
            Some(one) => add(one, other),
            None => all.push(other),
        }
    }
}

impl Recorder<'_> {
    /// All functions of this part have been told up to the end of the window: what they have done.
    pub fn end_part(&mut self) -> Told {
        let Some(apart) = self.apart.take() else {
            return Told::default();
        };
        let until = apart.until;
        let tallies = self.end_apart(*apart);
        self.pass_window(until);
        Told {
            tallies,
            over: self.take_over(),
        }
    }

    /// Takes in what the parts have done in the window that begins at `from`, in which these were the account's slots.
    pub fn join(
        &mut self,
        (from, until): (SimTime, SimTime),
        slots: &mut SlotSteps,
        parts: impl Iterator<Item = Told>,
    ) {
        let mut all = Told::default();
        parts.for_each(|told| all.add(told));
        self.over.extend(all.over);
        self.cut_until(from);
        if let Some(running) = all.tallies.first_mut() {
            running.add(&std::mem::take(&mut self.tally));
        }
        self.end_window((from, until), slots, all.tallies.into_iter());
    }

    /// Ends a run that was told to the recorders of its parts, which have been closed.
    pub fn finish_joined(mut self, mut parts: Vec<Recorder<'_>>, crew: &dyn Crew) -> (Summary, TimelineSummary) {
        let mut rest = Told::default();
        for part in &mut parts {
            rest.add(Told {
                over: part.take_over(),
                ..Told::default()
            });
        }
        self.over.extend(rest.over);
        self.close(&[]);
        parts.into_iter().for_each(|part| self.take_in(part));
        self.summarise(crew)
    }

    /// Periods that are over, of functions as the account knows them.
    fn take_over(&mut self) -> Vec<Over> {
        let over = std::mem::take(&mut self.over);
        let Scope::Part(members, _) = &self.config.scope else {
            return over.into();
        };
        let known_as = |function: FunctionId| members.functions[function.index()];
        let known = |mut told: Over| {
            told.iter_mut().for_each(|period| period.rename(known_as));
            told
        };
        over.into_iter().map(known).collect()
    }

    fn take_in(&mut self, mut part: Recorder<'_>) {
        let Scope::Part(members, _) = part.config.scope else {
            return;
        };
        self.fingerprint.0 = self.fingerprint.0.wrapping_add(part.fingerprint.0);
        self.timeline
            .take_in(part.timeline, &members.functions, self.functions.len());
        for (function, state) in members.functions.iter().zip(part.functions) {
            let own = &mut self.functions[function.index()];
            *own = FunctionState {
                first_period: own.first_period,
                ..state
            };
        }
        for (flow, state) in members.flows.iter().zip(part.flows) {
            let info = self.flows[flow.index()].info;
            self.flows[flow.index()] = state.of(info);
        }
        for (place, traffic) in members.traffic.iter().enumerate() {
            self.retries[traffic.index()].merge(&part.retries[place]);
            if let Some(times) = part.first_byte[place].take() {
                self.first_byte[traffic.index()].get_or_insert_default().merge(&times);
            }
        }
    }
}
