//! Event poller units of provisioned Kafka mappings (KAF-3).

use super::mapping::Mapping;
use crate::facts::{ActivePollers, MappingId, Observer, PollerKind};
use crate::lambda::platform::Platform;
use crate::units::SimTime;

/// Pollers in one unit.
const POLLERS_PER_UNIT: u32 = 10;

impl Platform {
    /// Tells the units of a mapping, and of those that share a group with it, where they have changed. In the order of the
    /// mappings, a unit belongs to the one whose poller begins it.
    pub(super) fn tell_units<O: Observer>(&mut self, now: SimTime, mapping: MappingId, observer: &mut O) {
        let Some(group) = self.provisioned_group(mapping) else {
            return;
        };
        let mut pollers = 0;
        for member in (0..self.mappings.len() as u32).map(MappingId) {
            let shares = group.is_some() && self.provisioned_group(member).as_ref() == Some(&group);
            let Mapping::Stream(poller) = &mut self.mappings[member.index()] else {
                continue;
            };
            if member != mapping && !shares {
                continue;
            }
            let active = poller.pool.as_ref().filter(|_| poller.enabled);
            let own = active.map_or(0, |pool| pool.pollers());
            let units = (pollers + own).div_ceil(POLLERS_PER_UNIT) - pollers.div_ceil(POLLERS_PER_UNIT);
            pollers += own;
            if std::mem::replace(&mut poller.told, (own, units)) != (own, units) {
                let flow = &self.flows[poller.flow.index()];
                observer.pollers(&ActivePollers {
                    time: now,
                    mapping: member,
                    function: flow.function,
                    qualifier: flow.qualifier,
                    kind: PollerKind::Kafka,
                    pollers: own,
                    units,
                });
            }
        }
    }

    /// The group of a mapping with provisioned pollers of Kafka, if it has one.
    fn provisioned_group(&self, mapping: MappingId) -> Option<Option<String>> {
        match &self.mappings[mapping.index()] {
            Mapping::Stream(poller) if poller.pool.as_ref().is_some_and(|pool| pool.is_provisioned()) => {
                Some(poller.config.poller_group.clone())
            }
            _ => None,
        }
    }
}
