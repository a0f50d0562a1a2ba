use std::iter::Peekable;

use super::config::{Process, SourceChange, SourceConfig, TraceRow};
use super::intensity::{Intensity, Poisson, unit_gap, unit_gaps};
use crate::facts::{Arrival, FlowId, Recorded, Train};
use crate::kernel::draws::{BLOCK, PairBlock, Purpose, StreamKey};
use crate::kernel::{Distribution, prefetch, prefetch_at};
use crate::units::{Rate, Share, SimTime, Span};

const MINUTE_MICROS: u64 = 60_000_000;

/// One source's arrivals, ascending by time.
pub(super) struct Source {
    /// The next arrival, once [`Source::advance`] has found one.
    pub head: Arrival,
    flow: FlowId,
    /// First instant that belongs no longer to the running window: its own end, or the next change.
    until: SimTime,
    /// Of the arrival after `head`.
    ordinal: u64,
    draws: WorkDraws,
    /// Share of what is generated that arrives.
    pass: Share,
    generator: Generator,
    changes: std::vec::IntoIter<SourceChange>,
    /// Whether nothing can change what has been found for a whole block.
    looks_ahead: bool,
}

enum Generator {
    Poisson(Poisson),
    /// `rate` is scaled, `unscaled` is not; `first` is the ordinal of the arrival at `from`.
    Constant {
        from: SimTime,
        first: u64,
        unscaled: Rate,
        rate: Rate,
    },
    Recorded(Box<Copies<Box<dyn Iterator<Item = TraceRow> + Send>>>),
    Minutes(Minutes),
}

impl Source {
    pub fn new(config: &SourceConfig) -> Source {
        Source {
            head: Arrival {
                time: SimTime::ZERO,
                flow: config.flow,
                ordinal: 0,
                uniform: 0,
                recorded: Recorded::default(),
                sampled: None,
            },
            flow: config.flow,
            until: config
                .changes
                .first()
                .map_or(config.until, |change| change.at.min(config.until)),
            ordinal: 0,
            draws: WorkDraws::new(config.key),
            pass: config.pass,
            generator: Generator::new(&config.process, config.from, config.scale, config.key, 0),
            changes: config.changes.clone().into_iter(),
            looks_ahead: false,
        }
    }

    /// From the next block on samples handler durations ahead, if they are not recorded.
    pub fn sample_ahead<'a>(&mut self, durations: impl FnOnce(FlowId) -> Option<&'a Distribution>) {
        if !matches!(self.generator, Generator::Recorded(_)) {
            self.draws.durations = durations(self.flow).cloned();
        }
        let simple = self.pass == Share::ALL && self.changes.as_slice().is_empty();
        let known_ahead = matches!(self.generator, Generator::Poisson(_) | Generator::Minutes(_));
        self.looks_ahead = simple && self.draws.durations.is_some() && known_ahead;
        self.draws.has_gaps = !self.looks_ahead || matches!(self.generator, Generator::Poisson(_));
    }

    pub fn prefetch(&self) {
        prefetch(&self.head);
        prefetch(&self.ordinal);
        prefetch(&self.draws);
        prefetch(&self.generator);
        prefetch(&self.looks_ahead);
    }

    /// What has been drawn for the next arrivals.
    pub fn prefetch_draws(&self) {
        if let Some(block) = &self.draws.block {
            let slot = slot(self.ordinal);
            for place in [slot, slot + 8] {
                prefetch_at(&block.times, place);
                prefetch_at(&block.uniforms, place);
                prefetch_at(&block.durations, place);
            }
        }
    }

    /// `head` and what follows it, as far as that is known ahead.
    #[inline]
    pub fn train(&self, until: SimTime) -> Option<Train<'_>> {
        let block = self.draws.block.as_ref().filter(|_| self.looks_ahead)?;
        let slot = slot(self.head.ordinal);
        Some(Train {
            flow: self.flow,
            ordinal: self.head.ordinal,
            times: &block.times[slot..],
            uniforms: &block.uniforms[slot..],
            sampled: &block.durations[slot..],
            until,
        })
    }

    /// Leaves out `head` and what follows it up to `count`, all of one train, and finds the next arrival; whether there is
    /// one.
    pub fn advance_by(&mut self, count: usize) -> bool {
        self.ordinal = self.head.ordinal + count as u64;
        self.advance()
    }

    /// Puts the next arrival into `head`; whether there is one.
    #[inline]
    pub fn advance(&mut self) -> bool {
        self.generate(None) && (self.pass == Share::ALL || self.skip_to_passing()) || self.advance_after_changes()
    }

    /// The first arrival in the windows that follow the running one.
    #[cold]
    fn advance_after_changes(&mut self) -> bool {
        while let Some(change) = self.changes.next() {
            let carried = match (&self.generator, &change.process) {
                (Generator::Poisson(poisson), _) => Some(poisson.left_over),
                _ => None,
            };
            let from = change.at.max(change.from);
            let next_change = self.changes.as_slice().first().map_or(SimTime::MAX, |change| change.at);
            self.until = change.until.min(next_change);
            (self.flow, self.head.flow, self.pass) = (change.flow, change.flow, change.pass);
            match &change.process {
                Some(process) => {
                    self.head.recorded = Recorded::default();
                    self.generator = Generator::new(process, from, change.scale, self.draws.key, self.ordinal);
                }
                None => self.generator.resume(from, change.scale, self.draws.key, self.ordinal),
            }
            if self.generate(carried) && (self.pass == Share::ALL || self.skip_to_passing()) {
                return true;
            }
        }
        false
    }

    /// Leaves `head`, or the first arrival after it inside the running window that passes; whether there is one.
    #[cold]
    fn skip_to_passing(&mut self) -> bool {
        let (key, pass) = (self.draws.key, self.pass);
        while !pass.covers(key.draw(self.head.ordinal, 0, Purpose::Pass).first) {
            if !self.generate(None) {
                return false;
            }
        }
        true
    }

    /// Puts what comes next inside the running window into `head`; whether there is something. `gap` replaces the drawn one.
    #[inline]
    fn generate(&mut self, gap: Option<f64>) -> bool {
        let slot = slot(self.ordinal);
        if slot == 0 && self.ordinal >= SINGLY {
            self.draw_block();
        }
        let (drawn_gap, uniform, sampled) = self.draws.get(self.ordinal);
        let time = match (&mut self.generator, &self.draws.block) {
            (_, Some(block)) if self.looks_ahead => Some(block.times[slot]),
            (Generator::Poisson(poisson), _) => poisson.next(gap.unwrap_or(drawn_gap), self.until, self.draws.key),
            _ => self.generate_otherwise(),
        };
        let Some(time) = time.filter(|time| *time < self.until) else {
            return false;
        };
        (self.head.time, self.head.ordinal) = (time, self.ordinal);
        (self.head.uniform, self.head.sampled) = (uniform, sampled);
        self.ordinal += 1;
        true
    }

    /// Draws for the next [`BLOCK`] arrivals, and where nothing can change them their times.
    #[inline(never)]
    fn draw_block(&mut self) {
        self.draws.draw_block(self.ordinal);
        let Some(block) = self.draws.block.as_deref_mut().filter(|_| self.looks_ahead) else {
            return;
        };
        match &mut self.generator {
            Generator::Poisson(poisson) => {
                poisson.next_block(&block.gaps, self.until, self.draws.key, &mut block.times);
            }
            Generator::Minutes(minutes) => {
                minutes.next_block(self.ordinal, self.until, &mut block.times);
            }
            Generator::Constant { .. } | Generator::Recorded(_) => {}
        }
    }

    /// The time of the next arrival of a process other than Poisson. What is recorded of it goes into `head`.
    #[inline(never)]
    fn generate_otherwise(&mut self) -> Option<SimTime> {
        match &mut self.generator {
            Generator::Poisson(_) => None,
            Generator::Constant { from, first, rate, .. } => Some(*from + rate.spaced(self.ordinal - *first)?),
            Generator::Recorded(rows) => {
                let row = rows.next(self.until)?;
                self.head.flow = FlowId(self.flow.0 + row.flow);
                self.head.recorded = row.recorded;
                Some(row.time)
            }
            Generator::Minutes(minutes) => minutes.next(self.ordinal, self.until),
        }
    }
}

impl Generator {
    /// `process` from `from` on; `ordinal` is that of its first arrival.
    fn new(process: &Process, from: SimTime, scale: f64, key: StreamKey, ordinal: u64) -> Generator {
        let poisson = |intensity| Generator::Poisson(Poisson::new(intensity, from, key));
        let row = |time| TraceRow {
            time,
            flow: 0,
            recorded: Recorded::default(),
        };
        let recorded = |rows: Box<dyn Iterator<Item = TraceRow> + Send>| {
            let rows: Box<dyn Iterator<Item = TraceRow> + Send> = Box::new(rows.skip_while(move |row| row.time < from));
            Generator::Recorded(Box::new(Copies::new(rows, key, scale)))
        };
        match process {
            Process::Poisson(profile) => poisson(Intensity::Profile {
                profile: profile.clone(),
                scale,
            }),
            Process::Constant(rate) => Generator::Constant {
                from,
                first: ordinal,
                unscaled: *rate,
                rate: rate.scaled(scale),
            },
            Process::Bursts { burst, pause, rate } => poisson(Intensity::Bursts {
                lengths: Box::new([burst.clone(), pause.clone()]),
                rate: rate.per_micro(),
                scale,
                phase: 0,
            }),
            Process::Modulated { rates, mean_stay } => poisson(Intensity::Modulated {
                states: rates
                    .iter()
                    .zip(mean_stay)
                    .map(|(rate, mean)| (rate.per_micro(), Distribution::exponential(mean.as_millis_f64())))
                    .collect(),
                scale,
                current: 0,
                state: 0,
                phase: 0,
            }),
            Process::At(times) => recorded(Box::new(times.clone().into_iter().map(row))),
            Process::Together { count, time } => {
                let time = *time;
                recorded(Box::new((0..*count).map(move |_| row(time))))
            }
            Process::Every { first, interval } => recorded(every(*first, *interval, from, row)),
            Process::Spread(schedule) => Generator::new(&schedule.firings().into(), from, scale, key, ordinal),
            Process::Trace(file) => recorded(file.rows()),
            Process::Minutes(counts) => Generator::Minutes(Minutes::new(counts.clone(), from, key, scale)),
        }
    }

    /// The process goes on in a window that begins at `at`, with the factor `scale`; `ordinal` is that of its first arrival.
    fn resume(&mut self, at: SimTime, scale: f64, key: StreamKey, ordinal: u64) {
        match self {
            Generator::Poisson(poisson) => poisson.resume(at, scale, key),
            Generator::Constant {
                from,
                first,
                unscaled,
                rate,
            } => (*from, *first, *rate) = (at, ordinal, unscaled.scaled(scale)),
            Generator::Recorded(rows) => rows.resume(at, scale),
            Generator::Minutes(minutes) => minutes.resume(at, scale),
        }
    }
}

fn every(
    first: SimTime,
    interval: Span,
    from: SimTime,
    row: impl Fn(SimTime) -> TraceRow + Send + 'static,
) -> Box<dyn Iterator<Item = TraceRow> + Send> {
    let interval = interval.max(Span::from_micros(1));
    let skipped = from.since(first).as_micros().div_ceil(interval.as_micros());
    let start = first.saturating_add(Span::from_micros(skipped * interval.as_micros()));
    Box::new(std::iter::successors(Some(start), move |time| Some(time.saturating_add(interval))).map(row))
}

/// So many arrivals of a source are drawn singly: where most sources have no more, a block for each would take much memory.
const SINGLY: u64 = 8;

/// Place of an arrival in its block.
#[inline]
fn slot(ordinal: u64) -> usize {
    (ordinal.wrapping_sub(SINGLY) % BLOCK as u64) as usize
}

/// The draws of a source's arrivals: one by one while it hardly has any, in blocks once it is busy, because then the
/// processor works on several at once.
struct WorkDraws {
    key: StreamKey,
    /// Whether anybody asks for gaps.
    has_gaps: bool,
    /// What handler durations are sampled from, where that is known ahead.
    durations: Option<Distribution>,
    block: Option<Box<WorkBlock>>,
}

/// What is drawn for [`BLOCK`] arrivals.
struct WorkBlock {
    /// To the arrival before, in units of the mean gap; zero where nobody asks.
    gaps: [f64; BLOCK],
    /// 53-bit uniforms of the handler durations.
    uniforms: [u64; BLOCK],
    durations: [Span; BLOCK],
    /// Where the source looks ahead; [`SimTime::MAX`] after its last arrival.
    times: [SimTime; BLOCK],
}

impl WorkDraws {
    fn new(key: StreamKey) -> WorkDraws {
        WorkDraws {
            key,
            has_gaps: true,
            durations: None,
            block: None,
        }
    }

    fn draw_block(&mut self, ordinal: u64) {
        let block = self.block.get_or_insert_with(Box::default);
        block.draw(self.key, ordinal, self.has_gaps, self.durations.as_ref());
    }

    /// Gap, uniform and sampled duration of an arrival; called with rising ordinals, the first of each block after
    /// [`WorkDraws::draw_block`].
    #[inline]
    fn get(&mut self, ordinal: u64) -> (f64, u64, Option<Span>) {
        let slot = slot(ordinal);
        match &self.block {
            Some(block) => {
                let sampled = self.durations.is_some().then(|| block.durations[slot]);
                (block.gaps[slot], block.uniforms[slot], sampled)
            }
            None => {
                let pair = self.key.draw(ordinal, 0, Purpose::Work);
                (unit_gap(pair.first), pair.second, None)
            }
        }
    }
}

impl WorkBlock {
    #[inline(never)]
    fn draw(&mut self, key: StreamKey, first_ordinal: u64, has_gaps: bool, durations: Option<&Distribution>) {
        let mut drawn = PairBlock::default();
        key.draw_block(first_ordinal, Purpose::Work, &mut drawn);
        if has_gaps {
            unit_gaps(&drawn.first, &mut self.gaps);
        }
        self.uniforms = drawn.second;
        if let Some(durations) = durations {
            durations.sample_block(&self.uniforms, &mut self.durations);
        }
    }
}

impl Default for WorkBlock {
    fn default() -> WorkBlock {
        WorkBlock {
            gaps: [0.0; BLOCK],
            uniforms: [0; BLOCK],
            durations: [Span::ZERO; BLOCK],
            times: [SimTime::MAX; BLOCK],
        }
    }
}

/// Each recorded arrival `scale` times on average: the whole part always, the fraction by a draw.
struct Copies<I: Iterator> {
    rows: Peekable<I>,
    key: StreamKey,
    whole: u64,
    fraction: Share,
    row_number: u64,
    current: Option<TraceRow>,
    left: u64,
}

impl<I: Iterator<Item = TraceRow>> Copies<I> {
    fn new(rows: I, key: StreamKey, scale: f64) -> Copies<I> {
        let mut copies = Copies {
            rows: rows.peekable(),
            key,
            whole: 1,
            fraction: Share::NONE,
            row_number: 0,
            current: None,
            left: 0,
        };
        copies.set_scale(scale);
        copies
    }

    fn set_scale(&mut self, scale: f64) {
        let scale = scale.max(0.0);
        (self.whole, self.fraction) = (scale as u64, Share::from_fraction(scale.fract()));
    }

    /// Goes on with the rows from `at` on.
    fn resume(&mut self, at: SimTime, scale: f64) {
        self.set_scale(scale);
        while self.rows.next_if(|row| row.time < at).is_some() {
            self.row_number += 1;
        }
    }

    /// The next one before `until`; a later row is left for the next window.
    fn next(&mut self, until: SimTime) -> Option<TraceRow> {
        while self.left == 0 {
            self.current = Some(self.rows.next_if(|row| row.time < until)?);
            self.left = self.whole;
            if !self.fraction.is_none() {
                let draw = self.key.draw(self.row_number, 0, Purpose::Copies);
                self.left += u64::from(self.fraction.covers(draw.second));
            }
            self.row_number += 1;
        }
        self.left -= 1;
        self.current
    }
}

/// So many arrivals of a minute are put in order by their digits: that takes longer with fewer.
const MANY: usize = 256;

/// So few draws are made singly: a block of them takes longer.
const FEW: u64 = 8;

/// Exact counts per minute, each minute's arrivals uniform inside it.
struct Minutes {
    counts: std::vec::IntoIter<(u32, u32)>,
    from: SimTime,
    key: StreamKey,
    scale: f64,
    /// The current minute's arrivals, latest first.
    pending: Vec<SimTime>,
}

impl Minutes {
    fn new(counts: Vec<(u32, u32)>, from: SimTime, key: StreamKey, scale: f64) -> Minutes {
        Minutes {
            counts: counts.into_iter(),
            from,
            key,
            scale,
            pending: Vec::new(),
        }
    }

    /// Goes on with the arrivals from `at` on. The rest of the running minute keeps its count.
    fn resume(&mut self, at: SimTime, scale: f64) {
        (self.from, self.scale) = (at, scale);
        self.pending.retain(|time| *time >= at);
    }

    /// The next one before `until`; a later one is left for the next window.
    fn next(&mut self, ordinal: u64, until: SimTime) -> Option<SimTime> {
        if !self.has_pending(ordinal, until) {
            return None;
        }
        let next = self.pending.last().copied().filter(|time| *time < until)?;
        self.pending.pop();
        Some(next)
    }

    /// The next [`BLOCK`] of them, those at `until` or later included; [`SimTime::MAX`] after the last.
    fn next_block(&mut self, ordinal: u64, until: SimTime, times: &mut [SimTime; BLOCK]) {
        let mut places = times.iter_mut();
        let left = |places: &std::slice::IterMut<SimTime>| places.as_slice().len();
        while left(&places) > 0 && self.has_pending(ordinal + (BLOCK - left(&places)) as u64, until) {
            let stay = self.pending.len().saturating_sub(left(&places));
            let next = self.pending.drain(stay..).rev();
            next.zip(places.by_ref()).for_each(|(time, place)| *place = time);
        }
        places.for_each(|place| *place = SimTime::MAX);
    }

    /// Whether there is one that waits, after going on to the next minute before `until` that has some, if need be; `ordinal` is
    /// that of the next arrival.
    fn has_pending(&mut self, ordinal: u64, until: SimTime) -> bool {
        while self.pending.is_empty() {
            let Some(&(minute, count)) = self.counts.as_slice().first() else {
                return false;
            };
            let start = minute as u64 * MINUTE_MICROS;
            if start >= until.as_micros() {
                return false;
            }
            self.counts.next();
            let count = self.scaled(minute, count);
            let position =
                |uniform: u64| SimTime::from_micros(start + ((uniform as u128 * MINUTE_MICROS as u128) >> 53) as u64);
            let mut drawn: Option<PairBlock> = None;
            for first in (0..count).step_by(BLOCK) {
                let wanted = (count - first).min(BLOCK as u64);
                if wanted < FEW {
                    let uniform = |k| self.key.draw(ordinal + k, 0, Purpose::Position).first;
                    self.pending.extend((first..count).map(|k| position(uniform(k))));
                } else {
                    let drawn = drawn.get_or_insert_default();
                    self.key.draw_block(ordinal + first, Purpose::Position, drawn);
                    self.pending
                        .extend(drawn.first[..wanted as usize].iter().map(|uniform| position(*uniform)));
                }
            }
            self.pending.retain(|time| *time >= self.from);
            if self.pending.len() < MANY {
                self.pending.sort_unstable_by(|a, b| b.cmp(a));
            } else {
                radsort::sort_by_key(&mut self.pending, |time| (time.as_micros() - start) as u32);
                self.pending.reverse();
            }
        }
        true
    }

    fn scaled(&self, minute: u32, count: u32) -> u64 {
        if self.scale == 1.0 {
            return count as u64;
        }
        let uniform = self.key.draw(minute as u64, 0, Purpose::Copies).second as f64 / (1u64 << 53) as f64;
        (count as f64 * self.scale + uniform) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::RateProfile;
    use super::*;

    fn source(process: Process, until_secs: u64, scale: f64) -> Source {
        Source::new(&SourceConfig {
            flow: FlowId(0),
            key: StreamKey::derive(3, 0, "traffic", "t"),
            from: SimTime::ZERO,
            until: SimTime::ZERO + Span::from_secs(until_secs),
            scale,
            pass: Share::ALL,
            process,
            changes: Vec::new(),
        })
    }

    fn times(mut source: Source) -> Vec<u64> {
        std::iter::from_fn(|| source.advance().then(|| source.head.time.as_micros())).collect()
    }

    fn profile(points: &[(u64, u64)], repeat: Option<u64>) -> Process {
        let points = points.iter().map(|&(secs, rate)| {
            (
                SimTime::ZERO + Span::from_secs(secs),
                Rate::events(rate, Span::from_secs(1)),
            )
        });
        Process::Poisson(RateProfile {
            points: points.collect(),
            repeat: repeat.map(Span::from_secs),
        })
    }

    /// Whether a Poisson count is within five standard deviations of what it should be.
    fn plausible(count: usize, expected: f64) -> bool {
        (count as f64 - expected).abs() < 5.0 * expected.sqrt()
    }

    #[test]
    fn a_ramp_brings_as_many_arrivals_as_the_area_under_it() {
        let times = times(source(profile(&[(0, 0), (100, 200), (200, 0)], None), 400, 1.0));
        assert!(plausible(times.len(), 20_000.0), "{}", times.len());
        let first_quarter = times.iter().filter(|t| **t < 50_000_000).count();
        assert!(plausible(first_quarter, 2_500.0), "{first_quarter}");
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]) && *times.last().unwrap() < 200_000_000);
    }

    #[test]
    fn a_repeated_profile_begins_again_after_each_period() {
        let times = times(source(profile(&[(0, 100), (10, 0)], Some(20)), 60, 2.0));
        let in_second_period = times.iter().filter(|t| (20_000_000..30_000_000).contains(*t)).count();
        assert!(plausible(in_second_period, 1_000.0), "{in_second_period}");
        assert!(!times.iter().any(|t| (10_000_001..20_000_000).contains(t)));
    }

    #[test]
    fn very_dense_poisson_arrivals_are_not_biased_by_whole_microseconds() {
        let times = times(source(profile(&[(0, 1_000_000)], None), 1, 1.0));
        assert!(plausible(times.len(), 1e6), "{}", times.len());
    }

    #[test]
    fn bursts_are_silent_in_their_pauses() {
        let constant = |secs| Distribution::constant(Span::from_secs(secs));
        let rate = Rate::events(50, Span::from_secs(1));
        let times = times(source(
            Process::Bursts {
                burst: constant(10),
                pause: constant(30),
                rate,
            },
            400,
            1.0,
        ));
        assert!(plausible(times.len(), 5_000.0), "{}", times.len());
        assert!(times.iter().all(|t| t % 40_000_000 < 10_000_000));
    }

    #[test]
    fn modulated_rates_spend_their_mean_stay_in_each_state() {
        let rates = [5, 300].map(|r| Rate::events(r, Span::from_secs(1))).to_vec();
        let mean_stay = [60, 20].map(Span::from_secs).to_vec();
        let count = times(source(Process::Modulated { rates, mean_stay }, 400_000, 1.0)).len() as f64;
        let expected = 400_000.0 * (5.0 * 60.0 + 300.0 * 20.0) / 80.0;
        assert!((count / expected - 1.0).abs() < 0.1, "{count}, expected {expected}");
    }

    #[test]
    fn counts_per_minute_are_exact_and_stay_inside_their_minute() {
        let times = times(source(Process::Minutes(vec![(0, 3), (2, 1_000)]), 600, 1.0));
        assert_eq!(times.iter().filter(|t| **t < 60_000_000).count(), 3);
        assert_eq!(
            times.iter().filter(|t| (120_000_000..180_000_000).contains(*t)).count(),
            1_000
        );
        assert_eq!(times.len(), 1_003);
    }

    #[test]
    fn scaling_a_recording_copies_its_arrivals() {
        let at = Process::At(vec![SimTime::from_micros(5); 10_000]);
        assert_eq!(times(source(at.clone(), 1, 3.0)).len(), 30_000);
        let half = times(source(at, 1, 0.5)).len();
        assert!((4_700..5_300).contains(&half), "{half}");
    }

    fn changing(process: Process, changes: &[(u64, f64, Option<Process>)]) -> Vec<u64> {
        let until = SimTime::ZERO + Span::from_secs(600);
        let change = |(at, scale, process): &(u64, f64, Option<Process>)| SourceChange {
            at: SimTime::ZERO + Span::from_secs(*at),
            from: SimTime::ZERO,
            until,
            scale: *scale,
            pass: Share::ALL,
            flow: FlowId(0),
            process: process.clone(),
        };
        times(Source::new(&SourceConfig {
            flow: FlowId(0),
            key: StreamKey::derive(3, 0, "traffic", "t"),
            from: SimTime::ZERO,
            until,
            scale: 1.0,
            pass: Share::ALL,
            process,
            changes: changes.iter().map(change).collect(),
        }))
    }

    #[test]
    fn a_change_that_changes_nothing_keeps_every_arrival() {
        let constant = |secs| Distribution::constant(Span::from_secs(secs));
        let rate = |rate| Rate::events(rate, Span::from_secs(1));
        let processes = [
            profile(&[(0, 5), (100, 20), (300, 0), (400, 10)], None),
            Process::Bursts {
                burst: constant(10),
                pause: constant(30),
                rate: rate(20),
            },
            Process::Modulated {
                rates: vec![rate(1), rate(30)],
                mean_stay: [20, 10].map(Span::from_secs).to_vec(),
            },
            Process::At((0..600).map(|k| SimTime::from_micros(k * 1_000_000)).collect()),
            Process::Minutes((0..10).map(|minute| (minute, 50)).collect()),
        ];
        for process in processes {
            let before = changing(process.clone(), &[]);
            let after = changing(process.clone(), &[(45, 1.0, None), (60, 1.0, None), (310, 1.0, None)]);
            // The exponential gap across a change is cut in two: its end may move by the rounding of one microsecond.
            assert_eq!(before.len(), after.len(), "{process:?}");
            let same = |(a, b): (&u64, &u64)| a.abs_diff(*b) <= 1;
            assert!(before.iter().zip(&after).all(same), "{process:?}");
        }
    }

    #[test]
    fn a_scale_changes_the_rate_from_its_instant_on_and_back() {
        let ten_a_second = changing(
            profile(&[(0, 10)], None),
            &[(200, 3.0, None), (400, 0.0, None), (500, 1.0, None)],
        );
        let between = |from: u64, to: u64| {
            let inside = |time: &&u64| (from * 1_000_000..to * 1_000_000).contains(*time);
            ten_a_second.iter().filter(inside).count()
        };
        assert!(plausible(between(0, 200), 2_000.0) && plausible(between(200, 400), 6_000.0));
        assert_eq!(between(400, 500), 0);
        assert!(plausible(between(500, 600), 1_000.0));
        assert_eq!(
            times(source(profile(&[(0, 10)], None), 200, 1.0)).len(),
            between(0, 200)
        );
    }

    #[test]
    fn an_evenly_spaced_source_goes_on_from_the_change_at_its_new_rate() {
        let rate = |rate| Process::Constant(Rate::events(rate, Span::from_secs(100)));
        let found = changing(rate(1), &[(250, 2.0, None), (400, 1.0, Some(rate(1)))]);
        assert_eq!(
            found.iter().map(|time| time / 1_000_000).collect::<Vec<_>>(),
            [0, 100, 200, 250, 300, 350, 400, 500]
        );
    }

    #[test]
    fn recorded_arrivals_are_copied_by_the_scale_in_force() {
        let every_100 = Process::At((0..6).map(|k| SimTime::from_micros(k * 100_000_000)).collect());
        let found = changing(every_100, &[(200, 2.0, None), (250, 0.0, None), (500, 1.0, None)]);
        let seconds: Vec<u64> = found.iter().map(|time| time / 1_000_000).collect();
        assert_eq!(seconds, [0, 100, 200, 200, 500]);
    }

    #[test]
    fn the_window_is_half_open() {
        let every = Process::Every {
            first: SimTime::ZERO,
            interval: Span::from_secs(10),
        };
        let mut config = SourceConfig {
            flow: FlowId(0),
            key: StreamKey::derive(3, 0, "traffic", "t"),
            from: SimTime::ZERO + Span::from_secs(10),
            until: SimTime::ZERO + Span::from_secs(30),
            scale: 1.0,
            pass: Share::ALL,
            process: every,
            changes: Vec::new(),
        };
        assert_eq!(times(Source::new(&config)), [10_000_000, 20_000_000]);
        config.process = Process::Constant(Rate::events(1, Span::from_secs(7)));
        assert_eq!(times(Source::new(&config)), [10_000_000, 17_000_000, 24_000_000]);
    }
}
