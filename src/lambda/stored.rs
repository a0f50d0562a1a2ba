//! Events that Lambda has stored and has not tried yet (ASYNC-1), as a function keeps them; what is done with them stands in
//! `event_trains`.

use std::collections::VecDeque;

use super::task::Task;
use crate::facts::{Arrival, FlowId, Recorded, TRAIN, Train};
use crate::kernel::{Agenda, Class, Moment};
use crate::units::{SimTime, Span};

/// One event.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// When it is tried for the first time.
    due: SimTime,
    /// Its place among what is due at that instant, once it has one.
    order: u64,
    ordinal: u64,
    uniform: u64,
    /// The handler duration at `uniform`.
    sampled: Span,
    flow: FlowId,
}

/// Those of one function, first come first.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// From storage to the first attempt.
    wait: Span,
    waiting: VecDeque<Waiting>,
    /// How many of them, from the first on, have their places in the order of one instant.
    placed: usize,
}

impl Stored {
    pub fn new(wait: Span) -> Stored {
        Stored {
            wait,
            waiting: VecDeque::new(),
            placed: 0,
        }
    }

    /// The first events of a train, so many, are stored.
    pub fn add(&mut self, train: &Train, count: usize) {
        let events = train.times[..count].iter().zip(train.uniforms).zip(train.sampled);
        for (ordinal, ((time, uniform), sampled)) in (train.ordinal..).zip(events) {
            self.waiting.push_back(Waiting {
                due: time.saturating_add(self.wait),
                order: 0,
                ordinal,
                uniform: *uniform,
                sampled: *sampled,
                flow: train.flow,
            });
        }
    }

    /// Those that arrived before `now` get the places that they would have had as events of the agenda, before anything is scheduled at
    /// `now`.
    #[inline]
    pub fn place_before(&mut self, now: SimTime, agenda: &mut Agenda) {
        while let Some(event) = self.waiting.get_mut(self.placed) {
            if event.due >= now.saturating_add(self.wait) {
                break;
            }
            event.order = agenda.next_order(Class::Timer);
            self.placed += 1;
        }
    }

    /// Up to where all that is due comes before the first one, whatever is scheduled until then. One that is tried at the instant at which it
    /// arrived comes after all that was due by then.
    pub fn reached(&self) -> Option<Moment> {
        let first = self.waiting.front()?;
        Some(match (self.placed, self.wait.is_zero()) {
            (0, false) => Moment::before(first.due, Class::Timer),
            (0, true) => Moment::after(first.due),
            _ => Moment::at(first.due, first.order),
        })
    }

    /// The place of the first one, once all has happened that comes before [`Stored::reached`]: whatever is due with it and has been
    /// scheduled after it arrived would have given it its place.
    pub fn place_first(&mut self, agenda: &mut Agenda) -> Option<Moment> {
        let first = self.waiting.front_mut()?;
        if self.placed == 0 {
            first.order = agenda.next_order(Class::Timer);
            self.placed = 1;
        }
        Some(Moment::at(first.due, first.order))
    }

    /// The first ones, so many, wait no longer.
    pub fn remove(&mut self, count: usize) {
        self.waiting.drain(..count);
        self.placed = self.placed.saturating_sub(count);
    }

    /// The first one waits no longer: when it is tried, and its arrival.
    pub fn remove_first(&mut self) -> Option<(SimTime, Arrival)> {
        let first = self.waiting.pop_front()?;
        self.placed = self.placed.saturating_sub(1);
        Some((first.due, self.arrival(&first)))
    }

    /// When the next one is tried; [`SimTime::MAX`] without any.
    pub fn next_due(&self) -> SimTime {
        self.waiting.front().map_or(SimTime::MAX, |first| first.due)
    }

    /// All of them.
    pub fn tasks(&self) -> impl Iterator<Item = Task> {
        self.waiting.iter().map(|event| Task::new(&self.arrival(event)))
    }

    fn arrival(&self, event: &Waiting) -> Arrival {
        Arrival {
            time: event.due.saturating_sub(self.wait),
            flow: event.flow,
            ordinal: event.ordinal,
            uniform: event.uniform,
            recorded: Recorded::default(),
            sampled: Some(event.sampled),
        }
    }

    /// The first events, those due before `until` that follow each other in one flow, are copied to `coming`; returns the flow, the
    /// ordinal of the first, and how many they are.
    pub fn copy_to(&self, coming: &mut Coming, until: SimTime) -> (FlowId, u64, usize) {
        let Some(first) = self.waiting.front() else {
            return (FlowId(0), 0, 0);
        };
        let mut count = 0;
        for event in self.waiting.iter().take(TRAIN) {
            let follows = event.flow == first.flow && event.ordinal == first.ordinal + count as u64;
            if !follows || event.due >= until {
                break;
            }
            coming.times[count] = event.due;
            coming.uniforms[count] = event.uniform;
            coming.sampled[count] = event.sampled;
            count += 1;
        }
        (first.flow, first.ordinal, count)
    }
}

/// What has waited, one after another in lists, as a train.
#[derive(Debug)]
pub(super) struct Coming {
    pub times: [SimTime; TRAIN],
    pub uniforms: [u64; TRAIN],
    pub sampled: [Span; TRAIN],
}

impl Default for Coming {
    fn default() -> Coming {
        Coming {
            times: [SimTime::ZERO; TRAIN],
            uniforms: [0; TRAIN],
            sampled: [Span::ZERO; TRAIN],
        }
    }
}

impl Coming {
    /// So many of them.
    pub fn train(&self, flow: FlowId, ordinal: u64, count: usize) -> Train<'_> {
        Train {
            flow,
            ordinal,
            times: &self.times[..count],
            uniforms: &self.uniforms[..count],
            sampled: &self.sampled[..count],
            until: SimTime::MAX,
        }
    }
}
