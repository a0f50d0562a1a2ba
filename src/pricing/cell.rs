use super::usage::{Amounts, Measure};

/// What one qualifier used on one architecture in a month. Nearly all use requests, duration and INIT on demand and nothing else:
/// what else there is takes room only once it is used.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    requests: u64,
    duration: u128,
    init: u128,
    rest: Option<Box<Amounts>>,
}

impl Cell {
    /// Adds to one measure, in its unit.
    #[inline]
    pub fn add(&mut self, measure: Measure, amount: u128) {
        match measure {
            Measure::Requests => self.requests += amount as u64,
            Measure::Duration => self.duration += amount,
            Measure::Init => self.init += amount,
            _ => self.rest.get_or_insert_default().add(measure, amount),
        }
    }

    /// All of it; `None` where nothing was used.
    pub fn amounts(&self) -> Option<Amounts> {
        let mut amounts = self.rest.as_deref().copied().unwrap_or_default();
        amounts.add(Measure::Requests, u128::from(self.requests));
        amounts.add(Measure::Duration, self.duration);
        amounts.add(Measure::Init, self.init);
        (!amounts.is_zero()).then_some(amounts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_comes_back_with_what_was_added() {
        let mut cell = Cell::default();
        assert_eq!(cell.amounts(), None);
        for (amount, measure) in (1..).zip(Measure::ALL) {
            cell.add(measure, amount);
            cell.add(measure, 100);
        }
        let amounts = cell.amounts().unwrap_or_default();
        for (amount, measure) in (1..).zip(Measure::ALL) {
            assert_eq!(amounts.get(measure), amount + 100);
        }
    }
}
