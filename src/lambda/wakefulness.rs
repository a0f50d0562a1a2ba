use crate::facts::ErrorCode;
use crate::units::{SimTime, Span};

/// Time without invocation after which a version cannot serve at once (VPC-4, SNAP-7).
const DORMANT_AFTER: Span = Span::from_secs(14 * 86_400);

/// When a version was last invoked, and until when it is Pending (STATE-1). It is Active at the start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wakefulness {
    invoked: SimTime,
    pending_until: SimTime,
}

impl Wakefulness {
    /// Active at `now`, as if just invoked.
    pub fn since(now: SimTime) -> Wakefulness {
        Wakefulness {
            invoked: now,
            pending_until: SimTime::ZERO,
        }
    }

    /// An invocation at `now`: whether the version is Active, or has to recover first. A Pending one is an error.
    pub fn invoke(&mut self, now: SimTime) -> Result<bool, ErrorCode> {
        if now < self.pending_until {
            return Err(ErrorCode::ResourceConflict);
        }
        let active = now.since(self.invoked.max(self.pending_until)) < DORMANT_AFTER;
        if active {
            self.invoked = now;
        }
        Ok(active)
    }

    /// It is Pending until `time`.
    pub fn recover(&mut self, time: SimTime) {
        self.pending_until = time;
    }
}
