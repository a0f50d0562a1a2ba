use std::ops::Index;

use slab::Slab;

use super::environment::{Environment, Finished};
use super::execution::Readiness;
use super::task::Task;
use crate::facts::{Arrival, FlowId, Recorded, StartKind, Verdict};
use crate::kernel::prefetch_at;
use crate::units::SimTime;

/// What trains look up of so many environments is in the processor's caches anyway.
const NEAR: usize = 4_096;

/// The environments of one function, by index.
///
/// What trains look up and leave behind for each invocation stands apart from the records, one line of the processor's caches for
/// each of them, which is asked for ahead where there are many. A record hears of it when it is next changed; what it runs, and
/// since when, is asked of all together.
#[derive(Clone, Debug, Default)]
pub(super) struct Environments {
    records: Slab<Environment>,
    /// By index, as far as trains have come.
    in_trains: Vec<InTrain>,
}

/// What trains know of an environment.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct InTrain {
    ready: Ready,
    flight: Flight,
}

impl InTrain {
    const NOTHING: InTrain = InTrain {
        ready: Ready::UNKNOWN,
        flight: Flight::NONE,
    };
}

/// What a train must know of an idle environment.
#[derive(Clone, Copy, Debug)]
struct Ready {
    /// Up to when it serves plain invocations; [`SimTime::ZERO`] where its record has to be asked.
    until: SimTime,
    number: u64,
}

impl Ready {
    const UNKNOWN: Ready = Ready {
        until: SimTime::ZERO,
        number: 0,
    };
}

/// The invocation of a train that an environment serves or has served last.
#[derive(Clone, Copy, Debug)]
struct Flight {
    /// Its place in the order of what was begun; 0 where its record has heard of it, or no train has come.
    order: u64,
    ordinal: u64,
    arrived: SimTime,
    uniform: u64,
    flow: FlowId,
}

impl Flight {
    const NONE: Flight = Flight {
        order: 0,
        ordinal: 0,
        arrived: SimTime::ZERO,
        uniform: 0,
        flow: FlowId(0),
    };

    fn task(&self) -> Task {
        Task::new(&Arrival {
            time: self.arrived,
            flow: self.flow,
            ordinal: self.ordinal,
            uniform: self.uniform,
            recorded: Recorded::default(),
            sampled: None,
        })
    }
}

impl Environments {
    pub fn insert(&mut self, environment: Environment) -> u32 {
        let index = self.records.insert(environment);
        self.forget(index);
        index as u32
    }

    pub fn remove(&mut self, index: u32) -> Environment {
        self.forget(index as usize);
        self.records.remove(index as usize)
    }

    /// Nothing is known of what stood there before.
    fn forget(&mut self, index: usize) {
        if let Some(in_train) = self.in_trains.get_mut(index) {
            *in_train = InTrain::NOTHING;
        }
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// One of them, to be changed.
    #[inline]
    pub fn get_mut(&mut self, index: u32) -> &mut Environment {
        let record = &mut self.records[index as usize];
        if let Some(in_train) = self.in_trains.get_mut(index as usize) {
            in_train.ready = Ready::UNKNOWN;
            write_down(record, &mut in_train.flight);
        }
        record
    }

    /// All of them. What they run is told by [`Environments::running`].
    pub fn iter(&self) -> impl Iterator<Item = &Environment> {
        self.records.iter().map(|(_, record)| record)
    }

    /// All of them, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Environment> {
        for (index, record) in &mut self.records {
            if let Some(in_train) = self.in_trains.get_mut(index) {
                in_train.ready = Ready::UNKNOWN;
                write_down(record, &mut in_train.flight);
            }
        }
        self.records.iter_mut().map(|(_, record)| record)
    }

    /// What those run that are busy.
    pub fn running(&self) -> impl Iterator<Item = Task> {
        let busy = |(index, record): &(usize, &Environment)| record.busy || self.flight(*index as u32).is_some();
        self.records
            .iter()
            .filter(busy)
            .map(|(index, _)| self.task(index as u32))
    }

    /// What one runs, or ran last.
    pub fn task(&self, index: u32) -> Task {
        match self.flight(index) {
            Some(flight) => flight.task(),
            None => self.records[index as usize].task,
        }
    }

    /// The place of what one runs in the order of what was begun.
    #[inline]
    pub fn order(&self, index: u32) -> u64 {
        self.flight(index)
            .map_or_else(|| self.records[index as usize].order, |flight| flight.order)
    }

    /// What one has just finished.
    pub fn finished(&mut self, index: u32) -> Finished {
        self.get_mut(index).finished()
    }

    /// The invocation of a train that its record has not heard of.
    #[inline]
    fn flight(&self, index: u32) -> Option<&Flight> {
        let flight = self.in_trains.get(index as usize).map(|in_train| &in_train.flight);
        flight.filter(|flight| flight.order > 0)
    }

    /// Whether one that is idle serves a plain invocation at `now` as any before it.
    #[inline]
    pub fn serves_plainly(&self, index: u32, now: SimTime) -> bool {
        plain_until(&self.records[index as usize]) > now
    }

    /// The same, remembered for the next time.
    #[inline(always)]
    pub fn serves_in_train(&mut self, index: u32, now: SimTime) -> bool {
        let in_train = self.in_trains.get(index as usize);
        let known = in_train.is_some_and(|in_train| in_train.ready.until > now);
        known || self.look_up(index, now)
    }

    #[inline(never)]
    fn look_up(&mut self, index: u32, now: SimTime) -> bool {
        let (record, index) = (&self.records[index as usize], index as usize);
        if self.in_trains.len() <= index {
            let length = self.records.capacity().max(index + 1);
            self.in_trains.resize(length, InTrain::NOTHING);
        }
        let until = plain_until(record);
        self.in_trains[index].ready = Ready {
            until,
            number: record.number,
        };
        until > now
    }

    /// Whether there are so many that what trains look up of them is far from the processor.
    #[inline]
    pub fn are_far(&self) -> bool {
        self.in_trains.len() > NEAR
    }

    /// One serves a train soon.
    #[inline(always)]
    pub fn prefetch(&self, index: u32) {
        prefetch_at(&self.in_trains, index as usize);
    }

    /// One of which [`Environments::serves_in_train`] serves an arrival of a train; returns its number.
    #[inline(always)]
    pub fn begin_in_train(&mut self, index: u32, arrival: &Arrival, order: u64) -> u64 {
        let in_train = &mut self.in_trains[index as usize];
        in_train.flight = Flight {
            order,
            ordinal: arrival.ordinal,
            arrived: arrival.time,
            uniform: arrival.uniform,
            flow: arrival.flow,
        };
        in_train.ready.number
    }
}

impl Index<u32> for Environments {
    type Output = Environment;

    #[inline]
    fn index(&self, index: u32) -> &Environment {
        &self.records[index as usize]
    }
}

/// A record hears of the invocation of a train that was the last.
#[inline]
fn write_down(record: &mut Environment, flight: &mut Flight) {
    if flight.order > 0 {
        record.task = flight.task();
        record.order = std::mem::take(&mut flight.order);
        (record.busy, record.start_kind, record.verdict) = (true, StartKind::Warm, Verdict::Ok);
    }
}

/// Up to when an idle environment serves as any that has served before.
#[inline]
fn plain_until(record: &Environment) -> SimTime {
    if record.readiness() == Readiness::Warm && record.used {
        record.death
    } else {
        SimTime::ZERO
    }
}
