use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A point on the simulated clock: whole microseconds since the run began (TIME-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A length of simulated time in whole microseconds. Never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// An instant of the calendar (UTC): whole microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl SimTime {
    /// The start of every run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than anything that can be scheduled.
    pub const MAX: SimTime = SimTime(u64::MAX);

    /// The point `micros` microseconds after the start.
    pub const fn from_micros(micros: u64) -> SimTime {
        SimTime(micros)
    }

    /// Microseconds since the start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Milliseconds since the start, for printing only.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// Time passed since `earlier`; zero if `earlier` lies ahead.
    pub const fn since(self, earlier: SimTime) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// `self + span`, or [`SimTime::MAX`] where that would overflow.
    pub const fn saturating_add(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }

    /// `self - span`, or the start where that would lie before it.
    pub const fn saturating_sub(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_sub(span.0))
    }

    /// The last instant before it; nothing comes before the start.
    pub const fn just_before(self) -> SimTime {
        SimTime(self.0.saturating_sub(1))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest length.
    pub const MAX: Span = Span(u64::MAX);

    /// A length of `micros` microseconds.
    pub const fn from_micros(micros: u64) -> Span {
        Span(micros)
    }

    /// A length of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Span {
        Span(millis * 1_000)
    }

    /// A length of `secs` seconds.
    pub const fn from_secs(secs: u64) -> Span {
        Span(secs * 1_000_000)
    }

    /// Microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Milliseconds, for printing only.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// Seconds, for printing only.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Whether the length is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self − other`, or zero where that would be negative.
    pub const fn saturating_sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }

    /// `self + other`, or [`Span::MAX`] where that would overflow.
    pub const fn saturating_add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        SimTime(self.0 + span.0)
    }
}

impl Sub<SimTime> for SimTime {
    type Output = Span;
    fn sub(self, earlier: SimTime) -> Span {
        Span(self.0 - earlier.0)
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0 + other.0)
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        self.0 += other.0;
    }
}

impl fmt::Display for Span {
    /// The largest unit that gives a short number: `250 ms`, `1.5 s`, `10 min`, `6 h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0;
        let (unit, name): (u64, &str) = match micros {
            0..1_000 => (1, "µs"),
            1_000..1_000_000 => (1_000, "ms"),
            1_000_000..120_000_000 => (1_000_000, "s"),
            120_000_000..7_200_000_000 => (60_000_000, "min"),
            7_200_000_000..172_800_000_000 => (3_600_000_000, "h"),
            _ => (86_400_000_000, "d"),
        };
        let value = micros as f64 / unit as f64;
        let rounded = (value * 100.0).round() / 100.0;
        write!(f, "{rounded} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_in_the_unit_a_person_would_use() {
        let shown: Vec<String> = [0, 250, 250_000, 1_500_000, 600_000_000, 21_600_000_000]
            .map(|us| Span::from_micros(us).to_string())
            .into();
        assert_eq!(shown, ["0 µs", "250 µs", "250 ms", "1.5 s", "10 min", "6 h"]);
    }
}
