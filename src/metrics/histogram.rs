use std::borrow::Cow;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::summary::LatencySummary;
use crate::facts::TRAIN;
use crate::kernel::{prefetch, prefetch_at};
use crate::units::Span;

/// Values kept as they are before buckets are used: small samples have exact quantiles.
const RAW: usize = 512;
/// Buckets per octave: neighbours differ by less than 0.1 %.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 10;
/// Buckets that are counted together on the way to a quantile.
const GROUP: usize = 64;

/// Counts of whole numbers (microseconds) in log-linear buckets. Count, sum and extremes are exact; quantiles are nearest
/// rank within 0.05 %, clamped to the extremes. Merging is independent of order.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
    zeros: u64,
    /// Values kept as they are, but for those in `rare`.
    raw: Vec<u32>,
    /// Counts of neighbouring buckets, whole octaves; empty while values are kept raw.
    counts: Vec<u32>,
    /// The bucket of `counts[0]`.
    first: usize,
    rare: Option<Box<Rare>>,
}

/// What does not fit into 32 bits.
#[derive(Clone, Debug, Default)]
struct Rare {
    /// Values kept as they are that take more.
    long: Vec<u64>,
    /// Buckets whose count has gone round, once for each time.
    carried: Vec<usize>,
}

impl Histogram {
    /// A value comes soon.
    pub fn prefetch(&self) {
        prefetch(&self.count);
        prefetch(&self.raw);
        prefetch(&self.rare);
    }

    /// Where it will stand, as long as values are kept as they are.
    pub fn prefetch_values(&self) {
        prefetch_at(&self.raw, self.raw.len());
    }

    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.record_in(bucket_of(value), value);
    }

    /// The same where `bucket`, which is [`bucket_of`] `value`, is known already.
    #[inline]
    pub(super) fn record_in(&mut self, bucket: usize, value: u64) {
        self.max = self.max.max(value);
        self.sum += value as u128;
        self.count += 1;
        if let Some(count) = self
            .counts
            .get_mut(bucket.wrapping_sub(self.first))
            .filter(|_| value > 0)
        {
            self.min = self.min.min(value);
            *count = count.wrapping_add(1);
            if *count == 0 {
                self.carry(bucket);
            }
        } else {
            self.record_rare(value);
        }
    }

    /// Counts several values.
    pub(super) fn record_all(&mut self, values: &Values) {
        let stay_raw = self.is_raw() && self.kept() + values.count <= RAW;
        if self.counts.is_empty() && !stay_raw {
            let each = values.buckets().iter().zip(&values.values);
            each.for_each(|(bucket, value)| self.record_in(*bucket as usize, *value));
            return;
        }
        let least = if self.count == 0 { u64::MAX } else { self.min };
        self.min = least.min(values.min);
        self.count += values.count as u64;
        self.sum += u128::from(values.sum);
        self.max = self.max.max(values.max);
        if stay_raw {
            return self.keep_all(values);
        }
        for (place, bucket) in values.buckets().iter().enumerate() {
            // No octave has the bucket of a zero.
            match self.counts.get_mut((*bucket as usize).wrapping_sub(self.first)) {
                Some(count) if *count < u32::MAX => *count += 1,
                _ => self.bump(values.values[place]),
            }
        }
    }

    /// Counts one value so many times.
    pub(super) fn record_often(&mut self, value: u64, times: u32) {
        if self.is_raw() || value == 0 || times == 0 {
            return (0..times).for_each(|_| self.record(value));
        }
        self.count += u64::from(times);
        self.sum += u128::from(value) * u128::from(times);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.add(bucket_of(value), times);
    }

    /// The first values, zeros, and values of an octave that has no buckets yet.
    #[cold]
    fn record_rare(&mut self, value: u64) {
        self.min = if self.count == 1 { value } else { self.min.min(value) };
        if self.is_raw() {
            self.keep(value);
            if self.kept() > RAW {
                self.spill();
            }
        } else {
            self.bump(value);
        }
    }

    /// Keeps a value as it is.
    fn keep(&mut self, value: u64) {
        match u32::try_from(value) {
            Ok(value) => self.raw.push(value),
            Err(_) => self.rare.get_or_insert_default().long.push(value),
        }
    }

    fn keep_all(&mut self, values: &Values) {
        let all = &values.values[..values.count];
        if values.max <= u64::from(u32::MAX) {
            self.raw.extend(all.iter().map(|value| *value as u32));
        } else {
            all.iter().for_each(|value| self.keep(*value));
        }
    }

    /// How many values are kept as they are.
    fn kept(&self) -> usize {
        self.raw.len() + self.long().len()
    }

    fn long(&self) -> &[u64] {
        self.rare.as_ref().map_or(&[], |rare| &rare.long)
    }

    /// Adds all of another's values.
    pub fn merge(&mut self, other: &Histogram) {
        if other.count == 0 {
            return;
        }
        self.min = if self.count == 0 {
            other.min
        } else {
            self.min.min(other.min)
        };
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
        if self.is_raw() && other.is_raw() && self.kept() + other.kept() <= RAW {
            self.raw.extend_from_slice(&other.raw);
            other.long().iter().for_each(|value| self.keep(*value));
            return;
        }
        self.spill();
        self.bump_all(&other.raw, other.long());
        self.zeros += other.zeros;
        if let Some(rare) = &other.rare {
            rare.carried.iter().for_each(|bucket| self.carry(*bucket));
        }
        for (first, counts) in (other.first..).step_by(GROUP).zip(other.counts.chunks(GROUP)) {
            self.add_group(first, counts);
        }
    }

    /// Adds counts of neighbouring buckets of one octave.
    fn add_group(&mut self, first: usize, counts: &[u32]) {
        self.reach(first);
        let from = first - self.first;
        let own = &mut self.counts[from..from + counts.len()];
        // No count looks at another, so that the compiler adds several up at once.
        let pairs = own.iter().zip(counts);
        let fit = pairs.fold(true, |fit, (own, count)| fit & own.checked_add(*count).is_some());
        if fit {
            own.iter_mut().zip(counts).for_each(|(own, count)| *own += count);
        } else {
            let each = (first..).zip(counts);
            each.for_each(|(bucket, count)| self.add(bucket, *count));
        }
    }

    /// Forgets all values, and keeps the memory of its buckets.
    pub fn clear(&mut self) {
        let mut counts = std::mem::take(&mut self.counts);
        counts.clear();
        *self = Histogram {
            counts,
            ..Histogram::default()
        };
    }

    /// Puts in order what is kept as it is, so that quantiles are found at once.
    pub fn settle(&mut self) {
        self.raw.sort_unstable();
        if let Some(rare) = &mut self.rare {
            rare.long.sort_unstable();
        }
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Exact mean; 0 without values.
    pub fn mean(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            self.sum as f64 / self.count as f64
        }
    }

    /// Exact sum.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// Exact maximum; 0 without values.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The values at several fractions (0..=1, ascending) by nearest rank; zeros without values.
    pub fn quantiles<const N: usize>(&self, fractions: [f64; N]) -> [u64; N] {
        let mut found = [0; N];
        if self.count == 0 {
            return found;
        }
        let ranks = fractions.map(|fraction| ((fraction * self.count as f64).ceil() as u64).clamp(1, self.count));
        if self.is_raw() {
            let (short, long) = (sorted(&self.raw), sorted(self.long()));
            return ranks.map(|rank| match rank as usize - 1 {
                place if place < short.len() => short[place].into(),
                place => long[place - short.len()],
            });
        }
        let (mut next, mut below) = (0, self.zeros);
        let mut come_to = |below: u64, value: u64| {
            while next < N && ranks[next] <= below {
                found[next] = value.clamp(self.min, self.max);
                next += 1;
            }
            ranks.get(next).copied()
        };
        let mut wanted = come_to(below, 0);
        for (group, counts) in self.counts.chunks(GROUP).enumerate() {
            let Some(rank) = wanted else { break };
            let first = self.first + group * GROUP;
            let all = counts.iter().map(|count| u64::from(*count)).sum::<u64>() + self.carried(first..first + GROUP);
            // Most groups lie between two quantiles.
            if below + all < rank {
                below += all;
                continue;
            }
            for (bucket, count) in (first..).zip(counts) {
                below += u64::from(*count) + self.carried(bucket..bucket + 1);
                wanted = come_to(below, representative(bucket));
            }
        }
        found
    }

    /// What the counts of these buckets lack.
    fn carried(&self, buckets: Range<usize>) -> u64 {
        let carried = self.rare.iter().flat_map(|rare| &rare.carried);
        (carried.filter(|bucket| buckets.contains(bucket)).count() as u64) << u32::BITS
    }

    /// The count of a bucket has gone round.
    #[cold]
    fn carry(&mut self, bucket: usize) {
        self.rare.get_or_insert_default().carried.push(bucket);
    }

    /// Mean, usual quantiles and maximum of microseconds, in milliseconds.
    pub fn summary(&self) -> LatencySummary {
        let [p50, p90, p95, p99, p99_9] = self.quantiles([0.5, 0.9, 0.95, 0.99, 0.999]).map(|us| us as f64 / 1e3);
        LatencySummary {
            count: self.count,
            mean: self.mean() / 1e3,
            p50,
            p90,
            p95,
            p99,
            p99_9,
            max: self.max as f64 / 1e3,
        }
    }

    fn is_raw(&self) -> bool {
        self.counts.is_empty() && self.zeros == 0
    }

    /// From raw values to buckets.
    fn spill(&mut self) {
        if self.is_raw() {
            let short = std::mem::take(&mut self.raw);
            let long = self.rare.take().map_or_else(Vec::new, |rare| rare.long);
            // All octaves at once; zero has none.
            [self.min, self.max]
                .into_iter()
                .filter(|value| *value > 0)
                .for_each(|value| self.reach(bucket_of(value)));
            self.bump_all(&short, &long);
        }
    }

    fn bump_all(&mut self, short: &[u32], long: &[u64]) {
        for value in short {
            // No octave has the bucket of a zero.
            match self.counts.get_mut(bucket_of((*value).into()).wrapping_sub(self.first)) {
                Some(count) if *count < u32::MAX => *count += 1,
                _ => self.bump((*value).into()),
            }
        }
        long.iter().for_each(|value| self.bump(*value));
    }

    fn bump(&mut self, value: u64) {
        if value == 0 {
            self.zeros += 1;
        } else {
            self.add(bucket_of(value), 1);
        }
    }

    fn add(&mut self, bucket: usize, count: u32) {
        self.reach(bucket);
        let place = &mut self.counts[bucket - self.first];
        let (sum, went_round) = place.overflowing_add(count);
        *place = sum;
        if went_round {
            self.carry(bucket);
        }
    }

    /// Makes the octaves between those there are and that of `bucket`.
    fn reach(&mut self, bucket: usize) {
        let octave = bucket / SLOTS * SLOTS;
        if self.counts.is_empty() {
            self.first = octave;
        }
        if octave < self.first {
            let more = self.first - octave;
            self.counts.reserve_exact(more);
            self.counts.splice(..0, std::iter::repeat_n(0, more));
            self.first = octave;
        }
        let needed = octave + SLOTS - self.first;
        if self.counts.len() < needed {
            self.counts.reserve_exact(needed - self.counts.len());
            self.counts.resize(needed, 0);
        }
    }
}

fn sorted<T: Ord + Copy>(values: &[T]) -> Cow<'_, [T]> {
    let mut sorted = Cow::Borrowed(values);
    if !sorted.is_sorted() {
        sorted.to_mut().sort_unstable();
    }
    sorted
}

/// Several values, [`TRAIN`] at most, with what every histogram wants to know of them: looked at once for all histograms that
/// take them.
#[derive(Debug)]
pub(super) struct Values {
    pub count: usize,
    pub sum: u64,
    pub min: u64,
    pub max: u64,
    values: [u64; TRAIN],
    buckets: [u32; TRAIN],
}

impl Values {
    /// Holds the microseconds of these times, at least one, [`TRAIN`] at most, each with `more` added.
    pub fn hold(&mut self, times: &[Span], more: Span) {
        self.count = times.len();
        (self.sum, self.min, self.max) = (0, u64::MAX, 0);
        Arch::new().dispatch(Look { times, more, all: self });
    }

    fn buckets(&self) -> &[u32] {
        &self.buckets[..self.count]
    }
}

impl Default for Values {
    fn default() -> Values {
        Values {
            count: 0,
            sum: 0,
            min: u64::MAX,
            max: 0,
            values: [0; TRAIN],
            buckets: [0; TRAIN],
        }
    }
}

/// [`Values::hold`], compiled once for each width of vector registers.
struct Look<'a> {
    times: &'a [Span],
    more: Span,
    all: &'a mut Values,
}

impl WithSimd for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let more = self.more.as_micros();
        let (mut sum, mut min, mut max) = (0u64, u64::MAX, 0);
        let places = self.all.values.iter_mut().zip(&mut self.all.buckets);
        for ((value, bucket), time) in places.zip(self.times) {
            // Times inside a run: their sums are far from the largest number.
            *value = time.as_micros().wrapping_add(more);
            *bucket = bucket_of(*value) as u32;
            sum = sum.wrapping_add(*value);
            min = min.min(*value);
            max = max.max(*value);
        }
        (self.all.sum, self.all.min, self.all.max) = (sum, min, max);
    }
}

/// Exponent and top mantissa bits of the value as a float: octave and slot. Of no use for zero.
#[inline]
pub(super) fn bucket_of(value: u64) -> usize {
    (((value as f64).to_bits() >> (52 - SLOT_BITS)) as usize).wrapping_sub(1023 << SLOT_BITS)
}

/// Middle of a bucket.
fn representative(bucket: usize) -> u64 {
    let (octave, slot) = ((bucket / SLOTS) as u32, (bucket % SLOTS) as u64);
    if octave <= SLOT_BITS {
        return (SLOTS as u64 + slot) >> (SLOT_BITS - octave);
    }
    let width = 1u64 << (octave - SLOT_BITS);
    (SLOTS as u64 + slot) * width + width / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_recorded_often_is_as_many_values() {
        for value in [0, 1, 30_000, 1 << 40] {
            for others in [0, 2_000] {
                let [mut at_once, mut apart] = [Histogram::default(), Histogram::default()];
                for histogram in [&mut at_once, &mut apart] {
                    (1..=others).for_each(|other| histogram.record(other));
                }
                at_once.record_often(value, 700);
                (0..700).for_each(|_| apart.record(value));
                at_once.record_often(7, 0);
                let all = [at_once, apart].map(|histogram| format!("{histogram:?}"));
                assert_eq!(all[0], all[1], "{value} beside {others}");
            }
        }
    }

    #[test]
    fn small_samples_have_exact_nearest_rank_quantiles() {
        let mut histogram = Histogram::default();
        (1..=500).rev().for_each(|value| histogram.record(value * 1_001));
        assert_eq!(
            histogram.quantiles([0.0, 0.5, 0.99, 1.0]),
            [1_001, 250_250, 495_495, 500_500]
        );
        assert_eq!(histogram.mean(), 250_750.5);
    }

    #[test]
    fn large_samples_are_within_a_thousandth() {
        let mut histogram = Histogram::default();
        (0..=1_000_000u64).for_each(|value| histogram.record(value * 37));
        for (fraction, found) in [0.001, 0.25, 0.5, 0.9, 0.999]
            .iter()
            .zip(histogram.quantiles([0.001, 0.25, 0.5, 0.9, 0.999]))
        {
            let exact = fraction * 37e6;
            assert!(
                (found as f64 - exact).abs() <= exact * 1e-3,
                "{fraction}: {found}, exact {exact}"
            );
        }
        assert_eq!(histogram.quantiles([1.0]), [37_000_000]);
    }

    #[test]
    fn values_counted_together_are_those_counted_one_by_one_also_in_memory_that_was_used_before() {
        let mut together = Histogram::default();
        let mut values = Values::default();
        for round in 1..=3u64 {
            together.clear();
            let mut apart = Histogram::default();
            for train in 0..40 {
                let times: Vec<u64> = (0..1 + train % TRAIN as u64)
                    .map(|place| (train * 7_919 + place * 104_729) % (1_000_000 / round.pow(6)))
                    .collect();
                let spans: Vec<Span> = times.iter().copied().map(Span::from_micros).collect();
                values.hold(&spans, Span::from_micros(round - 1));
                together.record_all(&values);
                times.iter().for_each(|time| apart.record(time + round - 1));
                let extremes = (times.iter().min(), times.iter().max());
                let held = (values.min + 1 - round, values.max + 1 - round);
                assert_eq!(extremes, (Some(&held.0), Some(&held.1)));
                let known =
                    |histogram: &Histogram| (histogram.count(), histogram.sum(), histogram.min, histogram.max());
                assert_eq!(known(&together), known(&apart));
                assert_eq!(together.quantiles([0.5]), apart.quantiles([0.5]));
            }
            let fractions: [f64; 101] = std::array::from_fn(|percent| percent as f64 / 100.0);
            assert_eq!(together.quantiles(fractions), apart.quantiles(fractions));
        }
    }

    #[test]
    fn as_many_values_stay_as_they_are_whether_they_come_in_trains_or_one_by_one() {
        for (count, train) in [(RAW, 64), (RAW + 1, 27)] {
            let times: Vec<Span> = (0..train).map(|place| Span::from_micros(place as u64 + 5)).collect();
            let (mut values, mut histogram) = (Values::default(), Histogram::default());
            values.hold(&times, Span::ZERO);
            (0..count / train).for_each(|_| histogram.record_all(&values));
            assert_eq!((histogram.count(), histogram.is_raw()), (count as u64, count == RAW));
        }
    }

    /// 32 bits of microseconds are 71 minutes, and an event may be six hours old.
    #[test]
    fn values_stay_as_they_are_whether_they_fit_into_32_bits_or_not() {
        let limit = u64::from(u32::MAX);
        let all = [limit + 2, 3, limit, 6 * 3_600_000_000, limit + 1, 0];
        let mut sorted = all;
        sorted.sort_unstable();
        let ranks: [f64; 6] = std::array::from_fn(|place| (place + 1) as f64 / 6.0);
        let [mut one_by_one, mut train, mut joined] =
            [Histogram::default(), Histogram::default(), Histogram::default()];
        all.iter().for_each(|value| one_by_one.record(*value));
        let (spans, mut values) = (all.map(Span::from_micros), Values::default());
        values.hold(&spans, Span::ZERO);
        train.record_all(&values);
        for part in all.chunks(2) {
            let mut pair = Histogram::default();
            part.iter().for_each(|value| pair.record(*value));
            joined.merge(&pair);
        }
        for histogram in [&mut one_by_one, &mut train, &mut joined] {
            assert!(histogram.is_raw());
            assert_eq!(histogram.quantiles(ranks), sorted);
            histogram.settle();
            assert_eq!(histogram.quantiles(ranks), sorted);
        }
        // Too many to stay: three hundred times each, the long ones too in buckets now.
        (0..300).for_each(|_| one_by_one.merge(&train));
        assert!(!one_by_one.is_raw() && one_by_one.long().is_empty());
        let close = one_by_one.quantiles(ranks).into_iter().zip(sorted);
        assert!(
            close
                .into_iter()
                .all(|(found, value)| found.abs_diff(value) <= value / 1_000)
        );
    }

    /// Every value by itself, as far as one bucket holds no other.
    #[test]
    fn quantiles_are_the_values_at_their_ranks() {
        let values: Vec<u64> = (0..1_500).map(|k| k * k % 1_013).collect();
        let mut histogram = Histogram::default();
        values.iter().for_each(|value| histogram.record(*value));
        let mut sorted = values;
        sorted.sort_unstable();
        for rank in 1..=sorted.len() {
            let fraction = rank as f64 / sorted.len() as f64;
            let place = (fraction * sorted.len() as f64).ceil() as usize - 1;
            assert_eq!(histogram.quantiles([fraction]), [sorted[place]]);
        }
    }

    #[test]
    fn merging_in_any_order_gives_the_same_quantiles() {
        let part = |from: u64, to: u64| {
            let mut histogram = Histogram::default();
            (from..to).for_each(|value| histogram.record(value));
            histogram
        };
        let parts = [part(0, 10), part(10, 5_000), part(5_000, 5_100)];
        let merged = |order: [usize; 3]| {
            let mut all = Histogram::default();
            order.iter().for_each(|index| all.merge(&parts[*index]));
            (all.count(), all.mean(), all.quantiles([0.01, 0.5, 0.99, 1.0]))
        };
        assert_eq!(merged([0, 1, 2]), merged([2, 1, 0]));
        assert_eq!(
            merged([0, 1, 2]),
            (5_100, 2_549.5, part(0, 5_100).quantiles([0.01, 0.5, 0.99, 1.0]))
        );
    }

    #[test]
    fn a_bucket_counts_beyond_32_bits() {
        let mut histogram = Histogram::default();
        (0..600).for_each(|_| histogram.record(7));
        for _ in 0..3 {
            histogram.add(bucket_of(7), u32::MAX);
        }
        let bucket = bucket_of(7);
        let place = bucket - histogram.first;
        let counted =
            |histogram: &Histogram| u64::from(histogram.counts[place]) + histogram.carried(bucket..bucket + 1);
        assert_eq!(counted(&histogram), 600 + 3 * u64::from(u32::MAX));
        // Filled up to the last number of 32 bits, then joined with another as full, or with values that were kept as they are.
        histogram.add(bucket, u32::MAX - histogram.counts[place]);
        let full = counted(&histogram);
        let mut both = histogram.clone();
        both.merge(&histogram);
        assert_eq!(counted(&both), 2 * full);
        let mut few = Histogram::default();
        (0..3).for_each(|_| few.record(7));
        histogram.merge(&few);
        assert_eq!(counted(&histogram), full + 3);
    }
}
