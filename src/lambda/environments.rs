use std::ops::Index;

use slab::Slab;

use super::environment::{Environment, Finished};
use super::execution::Readiness;
use super::task::Task;
use crate::facts::{Arrival, FlowId, Recorded, StartKind, Verdict};
use crate::units::SimTime;

/// The environments of one function, by index.
///
/// What trains look up and leave behind for each invocation stands apart from the records, 16 and 40 bytes for each of them: of a
/// hundred thousand busy environments the processor has at hand what it reads of the next, and does not wait for a record.
/// A record hears of it when it is next changed; what it runs, and since when, is asked of all together.
#[derive(Clone, Debug, Default)]
pub(super) struct Environments {
    records: Slab<Environment>,
    /// By index, as far as trains have come.
    readies: Vec<Ready>,
    flights: Vec<Flight>,
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
        if let Some(ready) = self.readies.get_mut(index) {
            *ready = Ready::UNKNOWN;
            self.flights[index] = Flight::NONE;
        }
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// One of them, to be changed.
    #[inline]
    pub fn get_mut(&mut self, index: u32) -> &mut Environment {
        let record = &mut self.records[index as usize];
        if let Some(ready) = self.readies.get_mut(index as usize) {
            *ready = Ready::UNKNOWN;
            write_down(record, &mut self.flights[index as usize]);
        }
        record
    }

    /// All of them. What they run is told by [`Environments::running`].
    pub fn iter(&self) -> impl Iterator<Item = &Environment> {
        self.records.iter().map(|(_, record)| record)
    }

    /// All of them, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Environment> {
        self.readies.fill(Ready::UNKNOWN);
        for (index, record) in &mut self.records {
            if let Some(flight) = self.flights.get_mut(index) {
                write_down(record, flight);
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
        self.flights.get(index as usize).filter(|flight| flight.order > 0)
    }

    /// Whether one that is idle serves a plain invocation at `now` as any before it.
    #[inline]
    pub fn serves_plainly(&self, index: u32, now: SimTime) -> bool {
        plain_until(&self.records[index as usize]) > now
    }

    /// The same, remembered for the next time.
    #[inline(always)]
    pub fn serves_in_train(&mut self, index: u32, now: SimTime) -> bool {
        let known = self.readies.get(index as usize).is_some_and(|ready| ready.until > now);
        known || self.look_up(index, now)
    }

    #[inline(never)]
    fn look_up(&mut self, index: u32, now: SimTime) -> bool {
        let (record, index) = (&self.records[index as usize], index as usize);
        if self.readies.len() <= index {
            let length = self.records.capacity().max(index + 1);
            self.readies.resize(length, Ready::UNKNOWN);
            self.flights.resize(length, Flight::NONE);
        }
        let until = plain_until(record);
        self.readies[index] = Ready {
            until,
            number: record.number,
        };
        until > now
    }

    /// One of which [`Environments::serves_in_train`] serves an arrival of a train; returns its number.
    #[inline(always)]
    pub fn begin_in_train(&mut self, index: u32, arrival: &Arrival, order: u64) -> u64 {
        self.flights[index as usize] = Flight {
            order,
            ordinal: arrival.ordinal,
            arrived: arrival.time,
            uniform: arrival.uniform,
            flow: arrival.flow,
        };
        self.readies[index as usize].number
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
