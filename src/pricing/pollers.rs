//! Time of provisioned event pollers (PRICE-15, SQSP-5, KAF-3).

use super::usage::Measure;
use crate::facts::{ActivePollers, MappingId, PollerKind};
use crate::units::{SimTime, Span};
use std::collections::BTreeMap;

/// Pollers are billed for so long at least (PRICE-15).
const LEAST: Span = Span::from_secs(60);

/// Who polls since when.
#[derive(Clone, Debug, Default)]
pub(super) struct Pollers(BTreeMap<MappingId, Active>);

/// The pollers of one mapping since their number changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Active {
    /// Place of the qualifier that they invoke.
    pub place: usize,
    /// What their units are booked as.
    pub measure: Measure,
    pub units: u32,
    pub from: SimTime,
}

impl Pollers {
    /// Other pollers of a mapping are active; returns what was until then.
    pub fn change(&mut self, active: &ActivePollers, place: usize) -> Option<Active> {
        let now = Active {
            place,
            measure: match active.kind {
                PollerKind::Sqs => Measure::SqsPollerSeconds,
                PollerKind::Kafka => Measure::KafkaPollerSeconds,
            },
            units: active.units,
            from: active.time,
        };
        self.0.insert(active.mapping, now)
    }

    /// What is active at `end`, each with how long it is billed in all from its last change on.
    pub fn finish(self, end: SimTime) -> impl Iterator<Item = (Active, SimTime)> {
        self.0.into_values().map(move |active| {
            let least = active.from.saturating_add(LEAST);
            (active, end.max(least))
        })
    }
}
