use super::FlowId;
use crate::units::{SimTime, Span};

/// How a caller invokes (INV-1…3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum InvocationType {
    /// The caller waits for the answer.
    #[default]
    RequestResponse,
    /// The event is queued and answered with 202.
    Event,
    /// Only permission and parameters are checked; nothing runs.
    DryRun,
}

impl InvocationType {
    /// AWS's name.
    pub const fn name(self) -> &'static str {
        match self {
            InvocationType::RequestResponse => "RequestResponse",
            InvocationType::Event => "Event",
            InvocationType::DryRun => "DryRun",
        }
    }
}

/// One thing that traffic asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it arrives.
    pub time: SimTime,
    /// From which flow of arrivals.
    pub flow: FlowId,
    /// Which of its flow's draws are its own: arrival k of its traffic entry, from 0.
    pub ordinal: u64,
    /// The 53-bit uniform that decides the handler duration of the first attempt.
    pub uniform: u64,
    /// What a trace recorded of it.
    pub recorded: Recorded,
    /// The handler duration at `uniform`, where it has been sampled ahead.
    pub sampled: Option<Span>,
}

/// What a trace says of an arrival; where it is silent the function's own distributions decide. One word, since tasks that wait
/// carry it, sometimes a million of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded(u64);

impl Recorded {
    /// Bits of what is known of an error; what is known of the duration stands above them, one more than its microseconds.
    const ERROR_BITS: u32 = 2;
    const ERROR: u64 = (1 << Recorded::ERROR_BITS) - 1;

    /// A handler duration, up to 2^62 − 2 microseconds, and whether the handler fails.
    pub fn new(duration: Option<Span>, error: Option<bool>) -> Recorded {
        let silent = Recorded::default();
        let timed = duration.map_or(silent, |duration| silent.lasting(duration));
        error.map_or(timed, |fails| timed.failing(fails))
    }

    /// The same with this handler duration.
    #[must_use]
    pub fn lasting(self, duration: Span) -> Recorded {
        let known = duration.as_micros().min((1 << 62) - 2) + 1;
        Recorded(self.0 & Recorded::ERROR | known << Recorded::ERROR_BITS)
    }

    /// The same for a handler that fails, or does not.
    #[must_use]
    pub fn failing(self, fails: bool) -> Recorded {
        Recorded(self.0 & !Recorded::ERROR | if fails { 2 } else { 1 })
    }

    /// Handler duration, instead of a draw.
    #[inline]
    pub fn duration(self) -> Option<Span> {
        (self.0 >> Recorded::ERROR_BITS).checked_sub(1).map(Span::from_micros)
    }

    /// Whether the handler fails, instead of a draw.
    #[inline]
    pub fn error(self) -> Option<bool> {
        match self.0 & Recorded::ERROR {
            0 => None,
            known => Some(known == 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trace_says_comes_back_and_what_it_does_not_say_stays_unknown() {
        let longest = Span::from_micros((1 << 62) - 2);
        for duration in [None, Some(Span::ZERO), Some(Span::from_millis(333)), Some(longest)] {
            for error in [None, Some(false), Some(true)] {
                let recorded = Recorded::new(duration, error);
                assert_eq!((recorded.duration(), recorded.error()), (duration, error));
                assert_eq!(recorded.lasting(Span::ZERO), Recorded::new(Some(Span::ZERO), error));
                assert_eq!(recorded.failing(true), Recorded::new(duration, Some(true)));
            }
        }
        assert_eq!(Recorded::new(Some(Span::MAX), None).duration(), Some(longest));
    }
}
