//! Whether the account would have refused anything of what it wrote down (ARCHITECTURE.md, "Two drivers, one result").

use super::account::Account;
use super::ledger::Ledger;
use super::platform::Parts;
use super::rate::Peak;
use crate::facts::SlotSteps;
use crate::units::SimTime;

/// The account's limits, held against what was granted without asking them.
#[derive(Debug)]
pub(crate) struct Certificate {
    account: Account,
    /// Taken slots of the unreserved pool.
    taken: i64,
    slots: SlotSteps,
    /// Whether functions of one instant are told in the order of their arrivals.
    in_order: bool,
    /// Peaks begin there.
    warm_up: SimTime,
}

impl Certificate {
    /// For an account that consists of `parts`, whose peaks count from `warm_up` on. `in_order` says that functions of one instant are
    /// told in the order of their arrivals.
    pub fn new(parts: &Parts, warm_up: SimTime, in_order: bool) -> Certificate {
        Certificate {
            account: Account::new(parts.account, parts.functions),
            taken: 0,
            slots: SlotSteps::default(),
            in_order,
            warm_up,
        }
    }

    /// All slots of the next window, if there would have been one for each (CONC-7) and the request rate would have granted
    /// all requests (RPS-1).
    pub fn grants(&mut self, ledger: &mut Ledger) -> Option<&mut SlotSteps> {
        let requested = self.account.requests.add(&ledger.requests);
        // The memory goes back and forth.
        std::mem::swap(&mut self.slots, &mut ledger.slots);
        let clear = self.slots.end(self.in_order);
        let (held, change) = self.slots.unreserved(i64::from(self.account.room()) - self.taken);
        self.taken += change;
        (requested && held && clear && !ledger.met).then_some(&mut self.slots)
    }

    /// What comes begins at `now`.
    pub fn reach(&mut self, now: SimTime) {
        if now == self.warm_up {
            self.account.begin_peaks(now);
        }
    }

    /// The busiest second of the account's request rate since its peaks count.
    pub fn requests(&self) -> Peak {
        self.account.requests.peak()
    }
}
