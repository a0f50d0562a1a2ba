use crate::kernel::Distribution;
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::{SimTime, Span};

const TWO_53: u128 = 1 << 53;

/// A schedule whose firings come late by chance.
#[derive(Clone, Debug)]
pub struct SpreadSchedule {
    /// When its firings are due.
    pub due: Firings,
    /// By how much they come late.
    pub by: Spread,
    /// Draws of that.
    pub key: StreamKey,
}

/// When firings are due.
#[derive(Clone, Debug)]
pub enum Firings {
    /// At these instants, ascending.
    At(Vec<SimTime>),
    /// At a fixed interval (> 0).
    Every {
        /// The first one.
        first: SimTime,
        /// Between them.
        interval: Span,
    },
}

/// By how much the firings of a schedule come late.
#[derive(Clone, Debug)]
pub enum Spread {
    /// All by the same time, drawn once (SCHED-4).
    Together(Distribution),
    /// Each firing of a list by a time of its own, up to this long (SCHED-3).
    Window(Span),
}

impl SpreadSchedule {
    /// When the firings come.
    pub(super) fn firings(&self) -> Firings {
        match (&self.due, &self.by) {
            (Firings::Every { first, interval }, by) => Firings::Every {
                first: first.saturating_add(self.delay(by, 0)),
                interval: *interval,
            },
            (Firings::At(due), by) => {
                let late = |(number, due): (u64, &SimTime)| due.saturating_add(self.delay(by, number));
                let mut times: Vec<SimTime> = (0..).zip(due).map(late).collect();
                times.sort_unstable();
                Firings::At(times)
            }
        }
    }

    fn delay(&self, by: &Spread, number: u64) -> Span {
        match by {
            Spread::Together(jitter) => jitter.sample(self.key.draw(0, 0, Purpose::Position).first),
            Spread::Window(window) => {
                let uniform = self.key.draw(number, 0, Purpose::Position).second;
                Span::from_micros((u128::from(uniform) * u128::from(window.as_micros()) / TWO_53) as u64)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_spreads_each_firing_by_itself_and_no_further_than_it_is_long() {
        let hour = |number: u64| SimTime::ZERO + Span::from_secs(3_600 * number);
        let schedule = SpreadSchedule {
            due: Firings::At((0..24).map(hour).collect()),
            by: Spread::Window(Span::from_secs(900)),
            key: StreamKey::derive(3, 0, "schedule", "x"),
        };
        let Firings::At(times) = schedule.firings() else {
            panic!("expected a list");
        };
        let inside: Vec<u64> = times.iter().map(|time| time.as_micros() % 3_600_000_000).collect();
        assert_eq!(times.len(), 24);
        assert!(inside.iter().all(|micros| *micros < 900_000_000) && inside.iter().any(|micros| *micros != inside[0]));
    }

    #[test]
    fn jitter_moves_all_firings_by_the_same_time() {
        let schedule = |due| SpreadSchedule {
            due,
            by: Spread::Together(Distribution::constant(Span::from_secs(7))),
            key: StreamKey::derive(3, 0, "schedule", "x"),
        };
        let at = |seconds: u64| SimTime::ZERO + Span::from_secs(seconds);
        let listed = schedule(Firings::At(vec![at(60), at(600)])).firings();
        assert!(matches!(listed, Firings::At(times) if times == [at(67), at(607)]));
        let every = Firings::Every {
            first: at(60),
            interval: Span::from_secs(60),
        };
        assert!(matches!(schedule(every).firings(), Firings::Every { first, .. } if first == at(67)));
    }
}
