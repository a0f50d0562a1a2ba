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
