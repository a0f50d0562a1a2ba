//! What the account writes down instead of deciding, while functions run one after another (ARCHITECTURE.md, "Two drivers, one
//! result"). Afterwards it is asked whether it would have refused anything.

use super::rate::RequestRate;
use crate::facts::SlotSteps;

/// Slots of one window, told function by function.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// Taken slots of the unreserved pool when the window began.
    pub taken_before: u32,
    pub slots: SlotSteps,
    /// Whether arrivals of one instant are told in their order.
    pub in_order: bool,
    /// Whether something happened that functions would have felt of each other beside the account's limits.
    pub met: bool,
    /// What decides about requests outside of windows.
    pub requests: RequestRate,
}

impl Ledger {
    /// Whether the unreserved pool would have had a slot for each that was taken, in a `room` of so many (CONC-7).
    pub fn held(&mut self, room: u32) -> bool {
        let clear = self.slots.sort(self.in_order);
        let (_, unreserved) = self.slots.swings(0..self.slots.len());
        i64::from(self.taken_before) + unreserved.rise <= i64::from(room) && clear && !self.met
    }
}
