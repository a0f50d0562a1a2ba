//! Arrivals of many sources for a stretch of time, read one source after another and put in order then: to find each next one
//! among ten thousand sources takes as many looks at memory far from the processor as that number has bits.

use super::config::SourceConfig;
use super::source::Source;
use crate::facts::Arrival;
use crate::kernel::prefetch_at;
use crate::units::{SimTime, Span};

/// Fewer sources a heap puts in order as fast.
const MANY: usize = 256;
/// With more sources for each arrival of a second most looks at them are in vain.
const SOURCES_PER_ARRIVAL: f64 = 32.0;
/// Arrivals that a stretch should have for each source, within bounds. Fewer, and to look through the sources costs more than
/// it spares; more, and they do not fit into the processor's caches.
const FEWEST: usize = 1 << 10;
const MOST: usize = 1 << 14;
/// Length of the first stretch, and of the longest: however suddenly traffic rises, no more than a second of it is held.
const FIRST_SPAN: Span = Span::from_millis(1);
const LONGEST: Span = Span::from_secs(1);
/// Sources, and arrivals, that are asked for ahead: so many before their turn.
const AHEAD: usize = 4;

/// What has been read ahead.
pub(super) struct Stretch {
    /// By source: its next arrival that has not been read.
    heads: Vec<SimTime>,
    span: Span,
    /// Source by source.
    arrivals: Vec<Arrival>,
    /// Microseconds from the beginning of the stretch, and place in `arrivals`: by time, then by place.
    order: Vec<(u32, u32)>,
    /// Place in `order` of the next arrival.
    next: usize,
    /// Sources that have an arrival in the stretch.
    due: Vec<u32>,
}

impl Stretch {
    /// Whether there are so many sources, and so busy, that it pays to read them in stretches. A stretch would hold all arrivals that
    /// are listed at one instant.
    pub fn pays<'a>(sources: impl Iterator<Item = &'a SourceConfig> + Clone) -> bool {
        let count = sources.clone().count();
        let per_second = || sources.clone().map(SourceConfig::per_second).sum::<f64>();
        count >= MANY
            && per_second() * SOURCES_PER_ARRIVAL >= count as f64
            && !sources.clone().any(SourceConfig::is_listed)
    }

    /// Nothing has been read of sources whose next arrivals come then.
    pub fn of(heads: Vec<SimTime>) -> Stretch {
        Stretch {
            heads,
            span: FIRST_SPAN,
            arrivals: Vec::new(),
            order: Vec::new(),
            next: 0,
            due: Vec::new(),
        }
    }

    /// The next arrival of all sources.
    #[inline]
    pub fn peek(&mut self, sources: &mut [Source]) -> Option<&Arrival> {
        if self.next == self.order.len() {
            self.read(sources);
        }
        let (_, place) = self.order.get(self.next)?;
        Some(&self.arrivals[*place as usize])
    }

    /// Goes on to the arrival after the next one.
    #[inline]
    pub fn advance(&mut self) {
        self.next += 1;
    }

    /// Reads the next stretch that has an arrival.
    #[inline(never)]
    fn read(&mut self, sources: &mut [Source]) {
        self.arrivals.clear();
        self.order.clear();
        self.due.clear();
        self.next = 0;
        let Some(from) = self.heads.iter().copied().min().filter(|head| *head < SimTime::MAX) else {
            return;
        };
        let until = from.saturating_add(self.span);
        let heads = (0..).zip(&self.heads);
        self.due
            .extend(heads.filter(|(_, head)| **head < until).map(|(source, _)| source));
        for (number, index) in self.due.iter().enumerate() {
            if let Some(coming) = self.due.get(number + 2 * AHEAD) {
                sources[*coming as usize].prefetch();
            }
            if let Some(coming) = self.due.get(number + AHEAD) {
                sources[*coming as usize].prefetch_draws();
            }
            let source = &mut sources[*index as usize];
            let head = &mut self.heads[*index as usize];
            while *head < until {
                let since = head.since(from).as_micros() as u32;
                self.order.push((since, self.arrivals.len() as u32));
                self.arrivals.push(source.head);
                *head = if source.advance() {
                    source.head.time
                } else {
                    SimTime::MAX
                };
            }
        }
        // What comes at one instant stays in the order of the sources, and then of each source (contract §2.5).
        radsort::sort_by_key(&mut self.order, |(since, _)| *since);
        self.follow_load();
    }

    /// The next stretch is longer or shorter, so that it has as many arrivals as it should.
    fn follow_load(&mut self) {
        let wanted = self.heads.len().clamp(FEWEST, MOST);
        if self.order.len() > wanted * 2 {
            self.span = Span::from_micros((self.span.as_micros() / 2).max(1));
        } else if self.order.len() < wanted / 2 {
            self.span = Span::from_micros(self.span.as_micros() * 2).min(LONGEST);
        }
    }

    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.arrivals.len()
    }

    /// What has been read, and the order of what comes after the next one.
    #[inline]
    pub fn coming(&self) -> (&[Arrival], &[(u32, u32)]) {
        if let Some((_, place)) = self.order.get(self.next + 2 * AHEAD) {
            prefetch_at(&self.arrivals, *place as usize);
        }
        (&self.arrivals, self.order.get(self.next + 1..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arrivals, Process, RateProfile, SourceChange};
    use super::*;
    use crate::facts::{FlowId, Turn};
    use crate::kernel::Distribution;
    use crate::kernel::draws::StreamKey;
    use crate::units::{Rate, Share};

    const SECOND: u64 = 1_000_000;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * SECOND)
    }

    fn rate(events: u64) -> Rate {
        Rate::events(events, Span::from_secs(10))
    }

    fn poisson(points: &[(u64, u64)]) -> Process {
        Process::Poisson(RateProfile {
            points: points
                .iter()
                .map(|(seconds, events)| (at(*seconds), rate(*events)))
                .collect(),
            repeat: None,
        })
    }

    fn source(number: u32, process: Process) -> SourceConfig {
        SourceConfig {
            flow: FlowId(number),
            key: StreamKey::derive(7, 0, "traffic", &format!("t{number}")),
            from: SimTime::ZERO,
            until: at(60),
            scale: 1.0,
            pass: Share::ALL,
            process,
            changes: Vec::new(),
        }
    }

    /// Sources of all kinds that are not listed: steady, far apart, at the same instants, silent for half a minute, suddenly busy,
    /// changing.
    fn all_kinds(number: u32) -> SourceConfig {
        let busy = u64::from(number % 7);
        let mut source = source(
            number,
            match number % 6 {
                0 => poisson(&[(0, 1 + 40 * busy)]),
                1 => Process::Constant(rate(5)),
                2 => Process::Every {
                    first: at(busy),
                    interval: Span::from_millis(500),
                },
                3 => Process::Minutes(vec![(0, 20 * number)]),
                4 => poisson(&[(0, 0), (30, 0), (31, 900 * busy), (33, 0)]),
                _ => Process::Modulated {
                    rates: vec![rate(2), rate(400)],
                    mean_stay: vec![Span::from_secs(5); 2],
                },
            },
        );
        if number % 4 == 3 {
            source.changes.push(SourceChange {
                at: at(20),
                from: SimTime::ZERO,
                until: at(50),
                scale: 3.0,
                pass: Share::from_fraction(0.7),
                flow: FlowId(1_000 + number),
                process: number.is_multiple_of(3).then(|| poisson(&[(0, 50)])),
            });
        }
        source
    }

    /// By time, at one instant in the order of the sources: what each brings by itself, put in order by a plain sort.
    fn one_by_one(sources: &[SourceConfig], durations: Option<&Distribution>) -> Vec<Arrival> {
        let mut all: Vec<Arrival> = sources
            .iter()
            .flat_map(|source| {
                let mut arrivals = Arrivals::new([source]);
                arrivals.sample_ahead(|_| durations);
                arrivals
            })
            .collect();
        all.sort_by_key(|arrival| arrival.time);
        all
    }

    #[test]
    fn time_2_arrivals_read_in_stretches_come_as_those_of_each_source_put_in_order() {
        let durations = Distribution::lognormal(3.0, 0.6);
        for (count, durations) in [
            (256, None),
            (256, Some(&durations)),
            (500, None),
            (500, Some(&durations)),
        ] {
            let sources: Vec<SourceConfig> = (0..count).map(all_kinds).collect();
            let mut together = Arrivals::new(&sources);
            together.sample_ahead(|_| durations);
            assert!(together.is_read_in_stretches());
            let (together, expected) = (together.collect::<Vec<_>>(), one_by_one(&sources, durations));
            let ties = expected.windows(2).filter(|pair| pair[0].time == pair[1].time).count();
            assert!(
                ties > 1_000 && together.len() == expected.len(),
                "{ties} of {}",
                together.len()
            );
            assert_eq!(together.iter().zip(&expected).find(|(one, other)| one != other), None);
        }
    }

    #[test]
    fn what_is_announced_comes_next() {
        let sources: Vec<SourceConfig> = (0..300).map(all_kinds).collect();
        let expected = one_by_one(&sources, None);
        let (mut arrivals, mut announced) = (Arrivals::new(&sources), 0);
        for next in 0..expected.len() {
            assert_eq!(arrivals.peek(), Some(&expected[next]));
            for (place, (turn, coming)) in (1..).zip(arrivals.coming()) {
                assert_eq!((turn, *coming), (Turn::ALL[place - 1], expected[next + place]));
                announced += 1;
            }
            arrivals.advance();
        }
        // Three each, but at the end of a stretch.
        assert!(announced > expected.len() * 2, "{announced} of {}", expected.len());
        assert_eq!(arrivals.peek(), None);
    }

    #[test]
    fn sources_that_are_few_or_idle_or_listed_are_not_read_in_stretches() {
        let stretched = |sources: &[SourceConfig]| Arrivals::new(sources).is_read_in_stretches();
        let busy: Vec<SourceConfig> = (0..256).map(|number| source(number, poisson(&[(0, 1)]))).collect();
        assert!(stretched(&busy) && !stretched(&busy[1..]));
        let mut idle = busy.clone();
        idle.iter_mut().for_each(|source| source.scale = 0.1);
        assert!(!stretched(&idle));
        let mut listed = busy.clone();
        listed[9].process = Process::At(vec![at(1); 1_000_000]);
        assert!(!stretched(&listed));
        let mut listed_later = busy;
        listed_later.push(all_kinds(3));
        listed_later[256].changes[0].process = Some(Process::Together {
            count: 1_000_000,
            time: at(30),
        });
        assert!(!stretched(&listed_later));
    }

    #[test]
    fn however_suddenly_traffic_rises_no_more_than_a_second_of_it_is_held() {
        // An arrival in ten seconds each, then thirty thousand a second together.
        let jump = |number| source(number, poisson(&[(0, 1), (40, 1), (40, 1_000)]));
        let sources: Vec<SourceConfig> = (0..300).map(jump).collect();
        let mut arrivals = Arrivals::new(&sources);
        let mut most = 0;
        while arrivals.peek().is_some() {
            most = most.max(arrivals.held());
            arrivals.advance();
        }
        assert!((1_000..31_000).contains(&most), "{most}");
    }
}
