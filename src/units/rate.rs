use super::Span;

/// Events per length of time, exact to a billionth of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    nano_events: u128,
    per_micros: u64,
}

impl Rate {
    /// No events at all.
    pub const ZERO: Rate = Rate {
        nano_events: 0,
        per_micros: 1_000_000,
    };

    /// `nano_events` billionths of an event in every `per` (which must not be zero).
    pub const fn new(nano_events: u128, per: Span) -> Rate {
        Rate {
            nano_events,
            per_micros: per.as_micros(),
        }
    }

    /// `events` whole events in every `per` (which must not be zero).
    pub const fn events(events: u64, per: Span) -> Rate {
        Rate::new(events as u128 * 1_000_000_000, per)
    }

    /// Events per microsecond.
    pub fn per_micro(self) -> f64 {
        self.nano_events as f64 / 1e9 / self.per_micros as f64
    }

    /// Events per second, for printing only.
    pub fn per_second(self) -> f64 {
        self.per_micro() * 1e6
    }

    /// Whole events above 0 and the length of time in which they come; `None` where they are no whole number.
    pub fn whole_events(self) -> Option<(u64, Span)> {
        let events = u64::try_from(self.nano_events / 1_000_000_000).ok()?;
        let whole = events > 0 && events as u128 * 1_000_000_000 == self.nano_events;
        whole.then_some((events, Span::from_micros(self.per_micros)))
    }

    /// Whether nothing ever comes.
    pub const fn is_zero(self) -> bool {
        self.nano_events == 0
    }

    /// The rate `factor` times as high, `factor` rounded to a billionth.
    pub fn scaled(self, factor: f64) -> Rate {
        let factor_nano = (factor.max(0.0) * 1e9).round() as u128;
        Rate {
            nano_events: self.nano_events.saturating_mul(factor_nano) / 1_000_000_000,
            per_micros: self.per_micros,
        }
    }

    /// The instant of the `ordinal`-th (from 0) of evenly spaced events: floor(ordinal / rate), never accumulated.
    /// `None` where the rate is zero or the instant is beyond any run.
    pub fn spaced(self, ordinal: u64) -> Option<Span> {
        if self.nano_events == 0 {
            return None;
        }
        let scaled = (ordinal as u128)
            .checked_mul(self.per_micros as u128)?
            .checked_mul(1_000_000_000)?;
        u64::try_from(scaled / self.nano_events).ok().map(Span::from_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evenly_spaced_events_never_accumulate_an_error() {
        let three_a_second = Rate::events(3, Span::from_secs(1));
        let at = |k| three_a_second.spaced(k).unwrap().as_micros();
        assert_eq!(
            [at(0), at(1), at(2), at(3), at(3_000_000)],
            [0, 333_333, 666_666, 1_000_000, 1_000_000_000_000]
        );
    }
}
