use std::collections::{BTreeMap, BTreeSet};

use crate::messaging::Resharding;

/// Which shards of a stream wait until those are drained whose keys they have taken over (STRM-15). Empty for a stream
/// whose shards stay.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineage {
    /// By closed shard: the first and last that have its keys.
    heirs: BTreeMap<u32, (u32, u32)>,
    /// By shard that waits: how many lanes of its parents still hold records.
    waits_for: BTreeMap<u32, u32>,
    /// Lanes of closed shards that still hold records, or wait themselves.
    undrained: BTreeSet<u32>,
}

impl Lineage {
    /// Whether no shard waits for another.
    pub fn is_empty(&self) -> bool {
        self.undrained.is_empty()
    }

    /// Whether a shard has to wait for its parents.
    pub fn waits(&self, shard: u32) -> bool {
        self.waits_for.contains_key(&shard)
    }

    /// Shards are closed, each with `factor` lanes, and others take their keys over. `is_drained` tells of a lane whether
    /// it holds no record.
    pub fn reshard(&mut self, resharding: &Resharding, factor: u32, is_drained: impl Fn(u32) -> bool) {
        for parent in resharding.first_parent..resharding.first_parent + resharding.parents {
            let (first, last) = resharding.heirs(parent);
            self.heirs.insert(parent, (first, last));
            for lane in parent * factor..(parent + 1) * factor {
                if is_drained(lane) && !self.waits(parent) {
                    continue;
                }
                self.undrained.insert(lane);
                for heir in first..=last {
                    *self.waits_for.entry(heir).or_insert(0) += 1;
                }
            }
        }
    }

    /// A lane holds no record any more: the shards that need not wait any longer.
    pub fn drained(&mut self, lane: u32, factor: u32) -> Vec<u32> {
        let shard = lane / factor;
        if self.waits(shard) || !self.undrained.remove(&lane) {
            return Vec::new();
        }
        let (first, last) = self.heirs.get(&shard).copied().unwrap_or((1, 0));
        let mut free = Vec::new();
        for heir in first..=last {
            if let Some(count) = self.waits_for.get_mut(&heir) {
                *count -= 1;
                if *count == 0 {
                    self.waits_for.remove(&heir);
                    free.push(heir);
                }
            }
        }
        free
    }
}
