use crate::facts::ErrorCode;
use crate::units::{SimTime, Span};

/// Time without invocation after which a version cannot serve at once (VPC-4, SNAP-7).
const DORMANT_AFTER: Span = Span::from_secs(14 * 86_400);

/// When a version was last invoked, and until when it is Pending (STATE-1). It is Active at the start, unless it is
/// published later.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wakefulness {
    published: SimTime,
    invoked: SimTime,
    pending_until: SimTime,
}

impl Wakefulness {
    /// Active at `now`, as if just invoked.
    pub fn since(now: SimTime) -> Wakefulness {
        Wakefulness {
            invoked: now,
            ..Wakefulness::default()
        }
    }

    /// Published at `time`, and Pending for `pending` from then on (SNAP-3, VPC-3).
    pub fn published(time: SimTime, pending: Span) -> Wakefulness {
        Wakefulness {
            published: time,
            invoked: time,
            pending_until: time.saturating_add(pending),
        }
    }

    /// Whether the version can be invoked at `now` at all.
    ///
    /// # Errors
    /// Where it has not been published, or is Pending.
    pub fn check(&self, now: SimTime) -> Result<(), ErrorCode> {
        if now < self.published {
            Err(ErrorCode::ResourceNotFound)
        } else if now < self.pending_until {
            Err(ErrorCode::ResourceConflict)
        } else {
            Ok(())
        }
    }

    /// An invocation at `now`: whether the version is still Active, or has to recover first.
    pub fn invoke(&mut self, now: SimTime) -> bool {
        let active = now.since(self.invoked.max(self.pending_until)) < DORMANT_AFTER;
        if active {
            self.invoked = now;
        }
        active
    }

    /// It is Pending until `time`.
    pub fn recover(&mut self, time: SimTime) {
        self.pending_until = time;
    }
}
