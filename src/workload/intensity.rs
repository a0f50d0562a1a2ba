use pulp::{Arch, Simd, WithSimd};

use super::config::RateProfile;
use crate::kernel::Distribution;
use crate::kernel::draws::{BLOCK, Purpose, StreamKey};
use crate::kernel::math;
use crate::units::{SimTime, Span};

const TWO_52: f64 = 4_503_599_627_370_496.0;
const TWO_53: f64 = 9_007_199_254_740_992.0;

/// Unit-rate exponential gap at a 53-bit uniform.
#[inline(always)]
pub(super) fn unit_gap(uniform: u64) -> f64 {
    -math::ln(1.0 - (uniform | 1) as f64 / TWO_53)
}

/// [`unit_gap`] of a whole block.
pub(super) fn unit_gaps(uniforms: &[u64; BLOCK], gaps: &mut [f64; BLOCK]) {
    Arch::new().dispatch(UnitGaps { uniforms, gaps });
}

/// [`unit_gaps`], compiled once for each width of vector registers.
struct UnitGaps<'a> {
    uniforms: &'a [u64; BLOCK],
    gaps: &'a mut [f64; BLOCK],
}

impl WithSimd for UnitGaps<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for place in 0..BLOCK {
            self.gaps[place] = unit_gap(self.uniforms[place]);
        }
    }
}

/// Gaps at an even rate, in 65,536ths of a microsecond, and the longest of them in microseconds; compiled once for each width
/// of vector registers.
struct EvenSteps<'a> {
    gaps: &'a [f64; BLOCK],
    rate: f64,
    steps: &'a mut [u64; BLOCK],
}

impl WithSimd for EvenSteps<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let mut longest = [0.0_f64; 8];
        for from in (0..BLOCK).step_by(8) {
            for (lane, longest) in longest.iter_mut().enumerate() {
                let micros = self.gaps[from + lane] / self.rate;
                *longest = if micros > *longest { micros } else { *longest };
                self.steps[from + lane] = short_steps(micros);
            }
        }
        longest
            .iter()
            .fold(0.0, |longest, micros| if *micros > longest { *micros } else { longest })
    }
}

/// [`steps_of`] up to [`LONGEST_SHORT`] microseconds, without the conversion that vector registers cannot do everywhere:
/// a number at 2^52 has no digits behind the point, and its whole ones are the low bits.
#[inline(always)]
fn short_steps(micros: f64) -> u64 {
    let steps = micros * 65_536.0 + 0.5;
    let nearest = steps + TWO_52;
    let above = u64::from(nearest - TWO_52 > steps);
    (nearest.to_bits() & 0x000f_ffff_ffff_ffff).wrapping_sub(above)
}

/// Whole 65,536ths of a microsecond nearest to `micros`.
#[inline]
fn steps_of(micros: f64) -> u64 {
    (micros * 65_536.0 + 0.5) as u64
}

/// Gaps up to here, in microseconds, are short enough for [`short_steps`].
const LONGEST_SHORT: f64 = (1u64 << 34) as f64;

/// An event that lies so many microseconds before the end of a segment lies in it whatever rounding loses, which is less than one.
const CLEAR: u64 = 1_000;

/// A stretch of time in which the rate of a Poisson process is linear.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// First instant.
    pub start: SimTime,
    /// First instant after it; [`SimTime::MAX`] where it never ends.
    pub end: SimTime,
    /// Events per microsecond at `start`.
    pub rate: f64,
    /// Change of the rate per microsecond.
    pub slope: f64,
}

/// The rate of a Poisson process over time, segment by segment.
#[derive(Clone, Debug)]
pub(super) enum Intensity {
    Profile {
        profile: RateProfile,
        scale: f64,
    },
    Bursts {
        /// Of a burst and of a pause.
        lengths: Box<[Distribution; 2]>,
        rate: f64,
        scale: f64,
        phase: u64,
    },
    Modulated {
        /// Rate and stay in each state.
        states: Box<[(f64, Distribution)]>,
        scale: f64,
        /// State of the segment given last.
        current: usize,
        /// State of the next one.
        state: usize,
        phase: u64,
    },
}

impl Intensity {
    /// The segment that begins at `start`; called with rising instants, each the end of the segment before.
    pub fn segment(&mut self, start: SimTime, key: StreamKey) -> Segment {
        match self {
            Intensity::Profile { profile, scale } => profile_segment(profile, *scale, start),
            Intensity::Bursts {
                lengths,
                rate,
                scale,
                phase,
            } => {
                let draws = key.draw(*phase / 2, 0, Purpose::Phase);
                let bursting = *phase % 2 == 0;
                let [burst, pause] = &**lengths;
                let length = if bursting {
                    burst.sample(draws.first)
                } else {
                    pause.sample(draws.second)
                };
                *phase += 1;
                constant(start, length, if bursting { *rate * *scale } else { 0.0 })
            }
            Intensity::Modulated {
                states,
                scale,
                current,
                state,
                phase,
            } => {
                let draw = key.draw(*phase, 0, Purpose::Phase);
                let (rate, stay) = &states[*state];
                let segment = constant(start, stay.sample(draw.first), rate * *scale);
                *current = *state;
                let others = states.len() as u128 - 1;
                let skip = ((draw.second as u128 * others) >> 53) as usize;
                *state = if skip < *state { skip } else { skip + 1 };
                *phase += 1;
                segment
            }
        }
    }

    /// Sets the factor on all rates and returns `segment`, the one given last, from `at` on with its new rate.
    fn rescale(&mut self, new_scale: f64, segment: Segment, at: SimTime, key: StreamKey) -> Segment {
        let rate = match self {
            Intensity::Profile { scale, .. } => {
                *scale = new_scale;
                return self.segment(at, key);
            }
            Intensity::Bursts { rate, scale, phase, .. } => {
                *scale = new_scale;
                let bursting = *phase % 2 == 1;
                if bursting { *rate * new_scale } else { 0.0 }
            }
            Intensity::Modulated {
                states, scale, current, ..
            } => {
                *scale = new_scale;
                states[*current].0 * new_scale
            }
        };
        Segment { rate, ..segment }
    }

    /// Whether no event can come after `time`.
    pub fn is_over(&self, segment: &Segment) -> bool {
        segment.end == SimTime::MAX && segment.rate <= 0.0 && segment.slope == 0.0
    }
}

/// Phases of length zero would never let time pass: they last a microsecond.
fn constant(start: SimTime, length: Span, rate: f64) -> Segment {
    let end = start.saturating_add(length.max(Span::from_micros(1)));
    Segment {
        start,
        end,
        rate,
        slope: 0.0,
    }
}

fn profile_segment(profile: &RateProfile, scale: f64, start: SimTime) -> Segment {
    let points = &profile.points;
    let rate = |index: usize| points[index].1.per_micro() * scale;
    let period = profile.repeat.map_or(u64::MAX, Span::as_micros);
    let offset = start.as_micros() % period;
    let base = start.as_micros() - offset;
    let absolute = |micros: u64| SimTime::from_micros(base.saturating_add(micros));
    let after = points.partition_point(|point| point.0.as_micros() <= offset);
    if after == 0 {
        return Segment {
            start,
            end: absolute(points[0].0.as_micros()),
            rate: rate(0),
            slope: 0.0,
        };
    }
    if after == points.len() {
        return Segment {
            start,
            end: absolute(period),
            rate: rate(after - 1),
            slope: 0.0,
        };
    }
    let (from, to) = (points[after - 1].0.as_micros(), points[after].0.as_micros());
    let slope = (rate(after) - rate(after - 1)) / (to - from) as f64;
    Segment {
        start,
        end: absolute(to),
        rate: rate(after - 1) + slope * (offset - from) as f64,
        slope,
    }
}

/// A Poisson process with a rate that varies, by exact inversion: unit-rate exponential gaps in the integrated rate.
#[derive(Clone, Debug)]
pub(super) struct Poisson {
    intensity: Intensity,
    segment: Segment,
    /// Last event: whole microseconds and 1/65,536ths, so that short gaps are not biased by rounding.
    micros: u64,
    fraction: u64,
    /// What was left of the gap at the end of the window; the next window begins with it.
    pub left_over: f64,
}

impl Poisson {
    pub fn new(mut intensity: Intensity, from: SimTime, key: StreamKey) -> Poisson {
        let segment = intensity.segment(from, key);
        Poisson {
            intensity,
            segment,
            micros: from.as_micros(),
            fraction: 0,
            left_over: 0.0,
        }
    }

    /// The process goes on in a window that begins at `at`, with its rates `scale` times as high.
    pub fn resume(&mut self, at: SimTime, scale: f64, key: StreamKey) {
        while self.segment.end <= at {
            self.segment = self.intensity.segment(self.segment.end, key);
        }
        self.segment = self.intensity.rescale(scale, self.segment, at, key);
        (self.micros, self.fraction) = (at.as_micros(), 0);
    }

    /// The next event after a gap in units of the mean; `None` where it is at `until` or later.
    pub fn next(&mut self, mut gap: f64, until: SimTime, key: StreamKey) -> Option<SimTime> {
        loop {
            let (expected, moved) = self.ahead(gap, self.segment.end);
            if gap < expected {
                let (micros, fraction) = self.stepped_by(steps_of(moved));
                if micros >= until.as_micros() {
                    self.stop(gap, until);
                    return None;
                }
                (self.micros, self.fraction) = (micros, fraction);
                return Some(SimTime::from_micros(micros));
            }
            if self.segment.end >= until || self.intensity.is_over(&self.segment) {
                self.stop(gap, until);
                return None;
            }
            gap -= expected;
            self.micros = self.segment.end.as_micros();
            self.fraction = 0;
            self.segment = self.intensity.segment(self.segment.end, key);
        }
    }

    /// The next events after these gaps, as [`Poisson::next`] finds them one by one; [`SimTime::MAX`] after the last.
    pub fn next_block(&mut self, gaps: &[f64; BLOCK], until: SimTime, key: StreamKey, times: &mut [SimTime; BLOCK]) {
        let mut known = 0;
        if self.segment.slope == 0.0 && self.segment.rate > 0.0 {
            let (rate, mut steps) = (self.segment.rate, [0; BLOCK]);
            let longest = Arch::new().dispatch(EvenSteps {
                gaps,
                rate,
                steps: &mut steps,
            });
            if longest < LONGEST_SHORT {
                known = self.well_inside(&steps, self.segment.end.min(until));
            }
            for (time, step) in times[..known].iter_mut().zip(steps) {
                (self.micros, self.fraction) = self.stepped_by(step);
                *time = SimTime::from_micros(self.micros);
            }
        }
        let mut rest = times[known..].iter_mut().zip(&gaps[known..]);
        for (time, gap) in rest.by_ref() {
            let next = self.next(*gap, until, key);
            *time = next.unwrap_or(SimTime::MAX);
            if next.is_none() {
                break;
            }
        }
        rest.for_each(|(time, _)| *time = SimTime::MAX);
    }

    /// How many of these steps end well before `end`: those gaps end there whatever is rounded, which nobody has to look at one by one.
    fn well_inside(&self, steps: &[u64; BLOCK], end: SimTime) -> usize {
        let clear = |steps: u64| self.stepped_by(steps).0.saturating_add(CLEAR) < end.as_micros();
        if clear(steps.iter().sum()) {
            return BLOCK;
        }
        let mut sum = 0;
        let inside = steps.iter().take_while(|step| {
            sum += **step;
            clear(sum)
        });
        inside.count()
    }

    /// Expected events from the last one up to `end` in this segment, and how far `gap` of them reaches in microseconds.
    fn ahead(&self, gap: f64, end: SimTime) -> (f64, f64) {
        let left = end.as_micros().saturating_sub(self.micros) as f64 - self.fraction as f64 / 65_536.0;
        if self.segment.slope == 0.0 {
            (self.segment.rate * left, gap / self.segment.rate)
        } else {
            self.along_slope(gap, left)
        }
    }

    /// The window ends before the gap does.
    #[cold]
    fn stop(&mut self, gap: f64, until: SimTime) {
        let (expected, _) = self.ahead(gap, until.min(self.segment.end));
        self.left_over = (gap - expected.max(0.0)).max(0.0);
    }

    /// Expected events in the `left` microseconds of a sloped segment, and how far into them `gap` of them reaches.
    fn along_slope(&self, gap: f64, left: f64) -> (f64, f64) {
        let slope = self.segment.slope;
        let into = (self.micros - self.segment.start.as_micros()) as f64 + self.fraction as f64 / 65_536.0;
        let rate = (self.segment.rate + slope * into).max(0.0);
        let rate_at_end = (rate + slope * left).max(0.0);
        let discriminant = (rate * rate + 2.0 * slope * gap).max(0.0);
        (
            0.5 * (rate + rate_at_end) * left,
            2.0 * gap / (rate + discriminant.sqrt()),
        )
    }

    /// The instant so many 65,536ths of a microsecond after the last event: whole microseconds and fraction.
    #[inline]
    fn stepped_by(&self, steps: u64) -> (u64, u64) {
        let total = self.fraction + steps;
        (self.micros + (total >> 16), total & 0xffff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draws::PairBlock;
    use crate::units::Rate;

    fn gaps(key: StreamKey, first: u64) -> [f64; BLOCK] {
        let (mut drawn, mut gaps) = (PairBlock::default(), [0.0; BLOCK]);
        key.draw_block(first, Purpose::Work, &mut drawn);
        unit_gaps(&drawn.first, &mut gaps);
        assert_eq!(gaps, drawn.first.map(unit_gap));
        gaps
    }

    #[test]
    fn a_block_of_times_is_that_of_its_gaps_one_by_one() {
        let key = StreamKey::derive(1, 0, "test", "block");
        let until = SimTime::ZERO + Span::from_secs(1_000);
        for per_hour in [0, 1, 40, 3_600, 360_000, 3_600_000_000] {
            let point = |secs, events| {
                (
                    SimTime::ZERO + Span::from_secs(secs),
                    Rate::events(events, Span::from_secs(3_600)),
                )
            };
            let profile = RateProfile {
                points: vec![point(0, 7_200), point(100, per_hour), point(300, per_hour)],
                repeat: Some(Span::from_secs(400)),
            };
            let intensity = Intensity::Profile { profile, scale: 1.0 };
            let mut one_by_one = Poisson::new(intensity, SimTime::ZERO, key);
            let mut in_blocks = one_by_one.clone();
            for first in (0..6_400).step_by(BLOCK) {
                let gaps = gaps(key, first);
                let mut left = gaps.iter().map_while(|gap| one_by_one.next(*gap, until, key)).fuse();
                let expected = [(); BLOCK].map(|()| left.next().unwrap_or(SimTime::MAX));
                let mut times = [SimTime::ZERO; BLOCK];
                in_blocks.next_block(&gaps, until, key, &mut times);
                assert_eq!(times, expected);
                if times[BLOCK - 1] == SimTime::MAX {
                    break;
                }
            }
        }
    }

    #[test]
    fn short_gaps_become_the_same_steps_without_a_conversion() {
        let key = StreamKey::derive(1, 0, "test", "steps");
        for ordinal in 0..100_000 {
            let drawn = key.draw(ordinal, 0, Purpose::Work);
            let micros = LONGEST_SHORT / (1u64 << (drawn.second % 52)) as f64 * (drawn.first as f64 / TWO_53);
            let half = (drawn.first >> 20) as f64 / 131_072.0;
            for micros in [micros, half.min(LONGEST_SHORT)] {
                assert_eq!(short_steps(micros), steps_of(micros));
            }
        }
    }
}
