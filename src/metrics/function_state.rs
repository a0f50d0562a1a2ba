use std::collections::BTreeMap;

use super::gauge::{Gauge, LateGauge};
use super::histogram::Histogram;
use super::summary::{AsyncSummary, GaugeSummary, VersionSummary};
use super::timeline::{FunctionStep, TimeSpent};
use crate::facts::{Cause, ErrorCode, Reason};
use crate::kernel::prefetch;
use crate::units::{MemoryMb, SimTime};

/// What is counted of one version.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersionState {
    pub memory: MemoryMb,
    pub counts: VersionSummary,
}

/// What is counted of one function. There may be a million, most of them idle: what only some have takes room once there is
/// some.
#[derive(Debug, Default)]
pub(super) struct FunctionState {
    /// Its first place in the list of periods, where 0 is the account.
    pub first_period: u32,
    pub qualifiers: u32,
    pub versions: Vec<VersionState>,
    pub duration: Histogram,
    pub environments: LateGauge,
    pub concurrency: GaugeSummary,
    pub created: u64,
    pub used: u64,
    /// Of the running step of the timeline.
    pub throttled_in_step: u64,
    pub special: Option<Box<Special>>,
    pub events: Option<Box<EventState>>,
}

/// What plain invocations do not have.
#[derive(Debug, Default)]
pub(super) struct Special {
    pub by_reason: [u64; Reason::ALL.len()],
    pub by_cause: [u64; Cause::ALL.len()],
    pub rejected: BTreeMap<ErrorCode, u64>,
    pub init: Histogram,
    /// Most functions have neither.
    pub restore: Option<Box<Histogram>>,
    pub extensions: Option<Box<Histogram>>,
    pub provisioned_invocations: u64,
    pub provisioned_spillover: u64,
    pub utilization_max: f64,
    /// Of answers to waiting callers, without plain ones, and without the handler: that is what is left of the whole.
    pub answers: TimeSpent,
}

/// Asynchronous events of one function.
#[derive(Debug, Default)]
pub(super) struct EventState {
    pub counts: AsyncSummary,
    /// Of events that succeeded.
    pub time: TimeSpent,
    pub age: Histogram,
    pub latency: Histogram,
}

impl EventState {
    pub fn summary(&self) -> AsyncSummary {
        AsyncSummary {
            event_age: self.age.summary(),
            latency: self.latency.summary(),
            ..self.counts
        }
    }
}

impl FunctionState {
    pub fn new(first_period: u32, qualifiers: usize, memory: &[MemoryMb]) -> FunctionState {
        let version = |memory: &MemoryMb| VersionState {
            memory: *memory,
            counts: VersionSummary::default(),
        };
        FunctionState {
            first_period,
            qualifiers: qualifiers as u32,
            versions: memory.iter().map(version).collect(),
            ..FunctionState::default()
        }
    }

    /// A step of the timeline is over at `end`; what it did in it.
    pub fn end_step(&mut self, busy: &mut Gauge, reserved: bool, end: SimTime) -> FunctionStep {
        FunctionStep {
            busy_integral: busy.integral_to(end),
            busy_max: busy.look(),
            throttles: std::mem::take(&mut self.throttled_in_step),
            reserved,
        }
    }

    pub fn prefetch(&self) {
        prefetch(&self.first_period);
        prefetch(&self.versions);
        prefetch(&self.environments);
        prefetch(&self.special);
        self.duration.prefetch();
    }

    pub fn special(&mut self) -> &mut Special {
        self.special.get_or_insert_default()
    }

    pub fn events(&mut self) -> &mut EventState {
        self.events.get_or_insert_default()
    }
}
