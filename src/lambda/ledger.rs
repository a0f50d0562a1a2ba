//! What the account writes down instead of deciding, while functions run one after another (ARCHITECTURE.md, "Two drivers, one
//! result").

use super::rate::Seconds;
use crate::facts::SlotSteps;

/// Requests and slots of one window, told function by function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(super) slots: SlotSteps,
    pub(super) requests: Seconds,
    /// Whether something happened that functions would have felt of each other beside the account's limits.
    pub(super) met: bool,
}

impl Ledger {
    /// All that stands in these, of one window; what stood here is forgotten.
    pub fn gather<'a>(&mut self, parts: impl Iterator<Item = &'a Ledger>) {
        self.met = false;
        for (place, part) in parts.enumerate() {
            if place == 0 {
                self.slots.begin_as(&part.slots);
                self.requests = part.requests.clone();
            } else {
                self.requests.add(&part.requests);
            }
            self.slots.append(&part.slots);
            self.met |= part.met;
        }
    }
}
