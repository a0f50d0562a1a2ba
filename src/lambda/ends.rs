//! What functions, account and platform keep for what is in flight and for trains; what is done with it stands in
//! `in_flight` and `train`.

use super::stored::{Coming, Stored};
use crate::facts::{ServedTrain, TrafficId};
use crate::kernel::{Calendar, Key};

/// What runs and will end plainly, by when it ends.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight {
    pub ends: Calendar,
    /// Who calls the function.
    pub callers: Vec<TrafficId>,
    /// Events that wait for their first attempt, where the function is called by events: then what is in flight has no callers.
    pub stored: Option<Stored>,
    /// What has ended and is being given back; empty in between.
    pub over: Vec<Key>,
    /// Whether callers call other functions as well, and remember failures of all together.
    pub together: bool,
}

/// What must be known of what is in flight in an account.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AccountInFlight {
    /// Some run for callers of several functions who remember failures together.
    pub together: bool,
    /// Arrivals of such callers whose ends are events of the agenda.
    pub shut: u64,
    /// A client lacks tokens for retries since the last look: from now on the order of good answers matters to it.
    pub clients_short: bool,
}

/// What trains need besides the platform.
#[derive(Debug, Default)]
pub(super) struct Trains {
    /// Filled anew by each train: it is too large to be made each time. Away while a train is on its way.
    pub served: Option<Box<ServedTrain>>,
    /// Likewise.
    pub coming: Option<Box<Coming>>,
    /// Arrivals that go by before the next try.
    pub pause: u32,
}
