use std::collections::BTreeMap;

use crate::facts::{FunctionId, QualifierId};

/// `ClaimedAccountConcurrency` as it moves (CONC-11).
#[derive(Debug, Default)]
pub(super) struct Claims {
    reserved: Vec<Option<u32>>,
    provisioned: BTreeMap<(FunctionId, QualifierId), u32>,
    on_demand: u64,
    /// All but what runs on demand.
    standing: u64,
}

impl Claims {
    /// With the reserved concurrency of each function.
    pub fn new(reserved: Vec<Option<u32>>) -> Claims {
        let mut claims = Claims {
            reserved,
            ..Claims::default()
        };
        claims.sum();
        claims
    }

    pub fn total(&self) -> u64 {
        self.standing + self.on_demand
    }

    /// One more environment of the unreserved pool is busy, or one less.
    pub fn step(&mut self, up: bool) {
        if up {
            self.on_demand += 1;
        } else {
            self.on_demand -= 1;
        }
    }

    pub fn provision(&mut self, function: FunctionId, qualifier: QualifierId, amount: u32) {
        self.provisioned.insert((function, qualifier), amount);
        self.sum();
    }

    /// A function's reservation changes while `on_demand` of its environments are busy; by how much the unreserved pool's
    /// concurrency changes with it.
    pub fn reserve(&mut self, function: FunctionId, reserved: Option<u32>, on_demand: u32) -> i64 {
        let before = std::mem::replace(&mut self.reserved[function.index()], reserved);
        let change = match (before, reserved) {
            (Some(_), None) => i64::from(on_demand),
            (None, Some(_)) => -i64::from(on_demand),
            _ => 0,
        };
        self.on_demand = self.on_demand.saturating_add_signed(change);
        self.sum();
        change
    }

    fn sum(&mut self) {
        let reserved: u64 = self.reserved.iter().flatten().map(|amount| u64::from(*amount)).sum();
        let unreserved = self
            .provisioned
            .iter()
            .filter(|((function, _), _)| self.reserved[function.index()].is_none());
        self.standing = reserved + unreserved.map(|(_, amount)| u64::from(*amount)).sum::<u64>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conc_11_a_reservation_takes_in_what_its_function_has() {
        let (first, alias) = (FunctionId(0), QualifierId(1));
        let mut claims = Claims::new(vec![None, Some(7)]);
        claims.provision(first, alias, 3);
        (0..4).for_each(|_| claims.step(true));
        // 7 reserved, 3 provisioned, 4 running.
        assert_eq!(claims.total(), 14);
        // Of the 4, 2 are the function's own: with 10 reserved for it, 10 + 7 + 2.
        assert_eq!(claims.reserve(first, Some(10), 2), -2);
        assert_eq!(claims.total(), 19);
        assert_eq!(claims.reserve(first, None, 2), 2);
        assert_eq!(claims.total(), 14);
    }
}
