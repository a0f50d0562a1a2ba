//! What arrives when, resolved: built by the scenario room, turned into arrivals by [`super::Arrivals`].

use std::fmt;
use std::sync::Arc;

use super::spread::{Firings, SpreadSchedule};
use crate::facts::{FlowId, Recorded};
use crate::kernel::Distribution;
use crate::kernel::draws::StreamKey;
use crate::units::{Rate, Share, SimTime, Span};

/// One source of arrivals: a traffic entry, or one function of a trace.
#[derive(Clone, Debug)]
pub struct SourceConfig {
    /// The flow of its arrivals; a trace with a `function` column adds the row's flow number to it.
    pub flow: FlowId,
    /// Draws of its arrivals.
    pub key: StreamKey,
    /// First instant that counts.
    pub from: SimTime,
    /// First instant that no longer counts.
    pub until: SimTime,
    /// Factor on rates; on recorded arrivals the mean number of copies.
    pub scale: f64,
    /// Share of it that arrives at all: the rest is filtered out, or answered by a cache.
    pub pass: Share,
    /// What arrives when.
    pub process: Process,
    /// What becomes of it during the run, by rising time.
    pub changes: Vec<SourceChange>,
}

impl SourceConfig {
    /// About how many arrivals it has, where nothing changes: to divide work, not to count.
    pub fn roughly(&self) -> u64 {
        let micros = self.until.since(self.from).as_micros() as f64;
        let mean = |rates: &mut dyn ExactSizeIterator<Item = Rate>| {
            let count = rates.len().max(1) as f64;
            rates.map(Rate::per_micro).sum::<f64>() / count * micros
        };
        let arrivals = match &self.process {
            Process::Poisson(profile) => mean(&mut profile.points.iter().map(|(_, rate)| *rate)),
            Process::Constant(rate) | Process::Bursts { rate, .. } => rate.per_micro() * micros,
            Process::Modulated { rates, .. } => mean(&mut rates.iter().copied()),
            Process::At(times) => times.len() as f64,
            Process::Together { count, .. } => *count as f64,
            Process::Every { interval, .. } => micros / interval.as_micros().max(1) as f64,
            Process::Minutes(counts) => counts.iter().map(|(_, count)| f64::from(*count)).sum(),
            Process::Spread(_) | Process::Trace(_) => 0.0,
        };
        (arrivals * self.scale) as u64
    }

    /// About how many arrivals it has in a second of its window.
    pub(super) fn per_second(&self) -> f64 {
        let seconds = self.until.since(self.from).as_micros().max(1) as f64 / 1e6;
        self.roughly() as f64 / seconds
    }

    /// Whether its arrivals are listed one by one, so that any number of them may come at once.
    pub(super) fn is_listed(&self) -> bool {
        let listed =
            |process: &Process| matches!(process, Process::At(_) | Process::Together { .. } | Process::Trace(_));
        let changes = self.changes.iter().filter_map(|change| change.process.as_ref());
        std::iter::once(&self.process).chain(changes).any(listed)
    }
}

/// From an instant on a source goes on differently. Arrivals keep counting, and draws stay those of the source.
#[derive(Clone, Debug)]
pub struct SourceChange {
    /// The instant: what arrives then follows the change.
    pub at: SimTime,
    /// First instant that counts from now on.
    pub from: SimTime,
    /// First instant that no longer counts.
    pub until: SimTime,
    /// Factor on rates and recorded arrivals.
    pub scale: f64,
    /// Share of it that arrives at all from now on.
    pub pass: Share,
    /// The flow of its arrivals from now on.
    pub flow: FlowId,
    /// Another process that begins now; `None`: the one there was goes on.
    pub process: Option<Process>,
}

/// The arrival processes of contract §2.2.
#[derive(Clone, Debug)]
pub enum Process {
    /// Poisson with a rate that is linear between points.
    Poisson(RateProfile),
    /// Evenly spaced from the window's start.
    Constant(Rate),
    /// Poisson bursts between pauses, the first burst at the window's start.
    Bursts {
        /// Length of a burst.
        burst: Distribution,
        /// Length of a pause.
        pause: Distribution,
        /// Rate inside a burst.
        rate: Rate,
    },
    /// Markov-modulated Poisson: exponential stays, the next state uniform among the others, starting in the first.
    Modulated {
        /// Rate in each state (at least two states).
        rates: Vec<Rate>,
        /// Mean stay in each state.
        mean_stay: Vec<Span>,
    },
    /// Exactly at these instants, ascending.
    At(Vec<SimTime>),
    /// Several at one instant.
    Together {
        /// How many.
        count: u64,
        /// When.
        time: SimTime,
    },
    /// At a fixed interval (> 0).
    Every {
        /// The first firing.
        first: SimTime,
        /// Between firings.
        interval: Span,
    },
    /// Firings of a schedule that do not come when they are due.
    Spread(SpreadSchedule),
    /// Exact counts per minute since t = 0, ascending by minute, uniform inside the minute.
    Minutes(Vec<(u32, u32)>),
    /// Recorded arrivals, read as they come.
    Trace(Arc<dyn TraceFile>),
}

impl From<Firings> for Process {
    fn from(firings: Firings) -> Process {
        match firings {
            Firings::At(times) => Process::At(times),
            Firings::Every { first, interval } => Process::Every { first, interval },
        }
    }
}

/// A rate over time (the intensity of a Poisson process).
#[derive(Clone, Debug, PartialEq)]
pub struct RateProfile {
    /// Instant and rate, instants strictly rising, at least one. Constant before the first and after the last.
    pub points: Vec<(SimTime, Rate)>,
    /// Period after which the profile begins again (longer than the last point); `None` never.
    pub repeat: Option<Span>,
}

/// One row of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// When.
    pub time: SimTime,
    /// Added to the source's flow number: which function of the trace.
    pub flow: u32,
    /// What was recorded of it.
    pub recorded: Recorded,
}

/// A trace that can be read from its beginning as often as needed. It was checked when the scenario was loaded.
pub trait TraceFile: fmt::Debug + Send + Sync {
    /// Its rows, ascending by time. Should reading fail after all, the rows end and [`TraceFile::failure`] says why.
    fn rows(&self) -> Box<dyn Iterator<Item = TraceRow> + Send>;

    /// Why rows ended before the file did, if they did.
    fn failure(&self) -> Option<String>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draws::StreamKey;

    #[test]
    fn about_so_many_arrivals_come_as_rates_and_counts_say() {
        let seconds = |seconds| SimTime::ZERO + Span::from_secs(seconds);
        let ten = Rate::events(10, Span::from_secs(1));
        let points = vec![(seconds(0), ten), (seconds(100), Rate::ZERO)];
        for (process, expected) in [
            (Process::Poisson(RateProfile { points, repeat: None }), 500),
            (Process::Constant(ten), 1_000),
            (
                Process::Every {
                    first: seconds(0),
                    interval: Span::from_secs(5),
                },
                20,
            ),
            (Process::Minutes(vec![(0, 7), (1, 35)]), 42),
            (Process::At(vec![seconds(1); 3]), 3),
        ] {
            let mut source = SourceConfig {
                flow: FlowId(0),
                key: StreamKey::derive(1, 0, "traffic", "t"),
                from: seconds(20),
                until: seconds(120),
                scale: 1.0,
                pass: Share::ALL,
                process,
                changes: Vec::new(),
            };
            assert_eq!(source.roughly(), expected, "{:?}", source.process);
            source.scale = 2.0;
            assert_eq!(source.roughly(), 2 * expected);
        }
    }
}
