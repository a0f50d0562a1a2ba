use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Widths of bins in seconds; each divides the next.
const WIDTHS: [i64; 9] = [1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400];
/// Bins beyond which the next width is taken.
const MOST_BINS: usize = 8_192;
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Neighbours whose counts differ by no more than chance are one stretch: this many squared standard deviations.
const CHANCE: f64 = 16.0;

/// How many arrivals came when, in bins of a second or of whatever keeps them few.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    bins: BTreeMap<i64, u64>,
    /// Place in [`WIDTHS`].
    width: usize,
    /// The bin counted last, not yet among the others.
    latest: (i64, u64),
    first: Option<i64>,
    last: i64,
    count: u64,
}

/// A stretch of time with about one rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Seconds since 1970.
    pub from: i64,
    /// The second after its end.
    pub until: i64,
    /// Arrivals in it.
    pub count: u64,
}

impl Stretch {
    /// Arrivals a second.
    pub fn rate(&self) -> f64 {
        self.count as f64 / (self.until - self.from) as f64
    }
}

impl Arrivals {
    /// Counts an arrival, microseconds since 1970.
    pub fn count_at(&mut self, time: i64) {
        self.count_many(time, 1);
    }

    /// Counts several of one instant.
    pub fn count_many(&mut self, time: i64, count: u64) {
        if self.latest.1 > 0 && self.latest.0 != self.bin(time) {
            self.settle();
        }
        self.latest = (self.bin(time), self.latest.1 + count);
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = if self.count == 0 { time } else { self.last.max(time) };
        self.count += count;
    }

    /// All that were counted.
    pub fn total(&self) -> u64 {
        self.count
    }

    /// The first and the last instant, microseconds since 1970.
    pub fn range(&self) -> Option<(i64, i64)> {
        self.first.map(|first| (first, self.last))
    }

    fn bin(&self, time: i64) -> i64 {
        time.div_euclid(MICROS_PER_SECOND * WIDTHS[self.width])
    }

    fn settle(&mut self) {
        let (bin, count) = std::mem::take(&mut self.latest);
        *self.bins.entry(bin).or_insert(0) += count;
        if self.bins.len() > MOST_BINS && self.width + 1 < WIDTHS.len() {
            let factor = WIDTHS[self.width + 1] / WIDTHS[self.width];
            self.width += 1;
            let finer = std::mem::take(&mut self.bins);
            for (bin, count) in finer {
                *self.bins.entry(bin.div_euclid(factor)).or_insert(0) += count;
            }
        }
    }

    /// Counts between `from` and `until`, in seconds since 1970, as at most `most` stretches.
    pub fn stretches(&mut self, from: i64, until: i64, most: usize) -> Vec<Stretch> {
        self.settle();
        joined(self.even(from, until), most)
    }

    /// Up to a few hundred stretches of one length, empty ones included.
    fn even(&self, from: i64, until: i64) -> Vec<Stretch> {
        const MOST: i64 = 600;
        let width = WIDTHS[self.width];
        let wanted = ((until - from) / MOST).max(1);
        let step = (wanted + width - 1) / width * width;
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut at = from;
        while at < until {
            stretches.push(Stretch {
                from: at,
                until: (at + step).min(until),
                count: 0,
            });
            at += step;
        }
        for (bin, count) in &self.bins {
            // The first bin may begin before its first arrival.
            let place = (bin * width - from).max(0) / step;
            if let Some(stretch) = stretches.get_mut(place as usize) {
                stretch.count += count;
            }
        }
        stretches
    }
}

/// Joins neighbours that chance alone could have made, then those that differ least, until at most `most` are left.
pub(in crate::import) fn joined(stretches: Vec<Stretch>, most: usize) -> Vec<Stretch> {
    let mut row = Row::new(stretches);
    while let Some((cost, place, after)) = row.least() {
        if cost > CHANCE && row.length <= most {
            break;
        }
        row.join(place, after);
    }
    row.stretches.into_iter().flatten().collect()
}

/// What joining two neighbours costs, the cheapest first; of equal ones the earlier. Costs are not below 0, where the order of
/// bits is that of numbers.
type Offer = Reverse<(u64, usize, usize)>;

/// Stretches beside each other, some of them already joined to the one before.
struct Row {
    stretches: Vec<Option<Stretch>>,
    /// Where the neighbours of each are.
    before: Vec<Option<usize>>,
    after: Vec<Option<usize>>,
    /// Costs of neighbours; those of stretches that have changed since are no longer true.
    offers: BinaryHeap<Offer>,
    length: usize,
}

impl Row {
    fn new(stretches: Vec<Stretch>) -> Row {
        let length = stretches.len();
        let mut row = Row {
            stretches: stretches.into_iter().map(Some).collect(),
            before: (0..length).map(|place| place.checked_sub(1)).collect(),
            after: (0..length)
                .map(|place| Some(place + 1).filter(|next| *next < length))
                .collect(),
            offers: BinaryHeap::with_capacity(length),
            length,
        };
        (0..length).for_each(|place| row.offer(place));
        row
    }

    /// The cost of joining the stretch at `place` with the one behind it, and where that is.
    fn cost(&self, place: usize) -> Option<(f64, usize)> {
        let after = self.after[place]?;
        let (one, other) = (self.stretches[place].as_ref()?, self.stretches[after].as_ref()?);
        // Rounding may give a little less than 0.
        Some((difference(one, other).max(0.0), after))
    }

    fn offer(&mut self, place: usize) {
        if let Some((cost, after)) = self.cost(place) {
            self.offers.push(Reverse((cost.to_bits(), place, after)));
        }
    }

    /// The cheapest neighbours.
    fn least(&mut self) -> Option<(f64, usize, usize)> {
        loop {
            let Reverse((bits, place, after)) = self.offers.pop()?;
            if self.cost(place) == Some((f64::from_bits(bits), after)) {
                return Some((f64::from_bits(bits), place, after));
            }
        }
    }

    fn join(&mut self, place: usize, after: usize) {
        let joined = self.stretches[after].take();
        if let (Some(one), Some(other)) = (&mut self.stretches[place], joined) {
            one.until = other.until;
            one.count += other.count;
            self.length -= 1;
        }
        self.after[place] = self.after[after];
        if let Some(next) = self.after[place] {
            self.before[next] = Some(place);
        }
        self.offer(place);
        if let Some(before) = self.before[place] {
            self.offer(before);
        }
    }
}

/// By how many squared standard deviations two counts differ from those of one rate: twice the logarithm of the likelihoods'
/// ratio.
fn difference(a: &Stretch, b: &Stretch) -> f64 {
    let (width_a, width_b) = ((a.until - a.from) as f64, (b.until - b.from) as f64);
    let rate = (a.count + b.count) as f64 / (width_a + width_b);
    let part = |count: u64, expected: f64| match count {
        0 => 0.0,
        count => count as f64 * crate::kernel::math::ln(count as f64 / expected),
    };
    2.0 * (part(a.count, rate * width_a) + part(b.count, rate * width_b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evenly(arrivals: &mut Arrivals, from: i64, until: i64, per_second: i64) {
        for second in from..until {
            for part in 0..per_second {
                arrivals.count_at(second * MICROS_PER_SECOND + part * MICROS_PER_SECOND / per_second);
            }
        }
    }

    #[test]
    fn an_even_rate_is_one_stretch_and_a_step_makes_two() {
        let mut arrivals = Arrivals::default();
        evenly(&mut arrivals, 1_000, 1_060, 20);
        evenly(&mut arrivals, 1_060, 1_180, 80);
        let found = arrivals.stretches(1_000, 1_180, 40);
        let rates: Vec<(i64, i64, f64)> = found.iter().map(|s| (s.from, s.until, s.rate())).collect();
        assert_eq!(rates, [(1_000, 1_060, 20.0), (1_060, 1_180, 80.0)]);
        assert_eq!(arrivals.range(), Some((1_000_000_000, 1_179_987_500)));
    }

    /// As `joined`, looking at all neighbours each time.
    fn joined_slowly(mut stretches: Vec<Stretch>, most: usize) -> Vec<Stretch> {
        loop {
            let costs = stretches.windows(2).map(|pair| difference(&pair[0], &pair[1]).max(0.0));
            match costs.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)) {
                Some((place, cost)) if cost <= CHANCE || stretches.len() > most => {
                    let after = stretches.remove(place + 1);
                    stretches[place].until = after.until;
                    stretches[place].count += after.count;
                }
                _ => return stretches,
            }
        }
    }

    #[test]
    fn joining_by_the_cheapest_offer_is_joining_the_cheapest_neighbours() {
        for case in 0..40_u64 {
            let count = |place: u64| (place * place * 31 + case * 17) % (3 + case * case) * (1 + place % 7);
            let stretches: Vec<Stretch> = (0..5 + case * 4)
                .map(|place| Stretch {
                    from: place as i64 * 60,
                    until: place as i64 * 60 + 60,
                    count: count(place),
                })
                .collect();
            let expected = joined_slowly(stretches.clone(), 12);
            assert_eq!(joined(stretches, 12), expected, "case {case}");
        }
    }

    #[test]
    fn counts_are_kept_whatever_the_length_and_the_order() {
        let mut arrivals = Arrivals::default();
        // Two months, an arrival every 100 s, the later half first.
        let times: Vec<i64> = (0..51_840).map(|number| number * 100 * MICROS_PER_SECOND).collect();
        let (early, late) = times.split_at(25_920);
        late.iter().chain(early).for_each(|time| arrivals.count_at(*time));
        let found = arrivals.stretches(0, 5_184_000, 12);
        assert_eq!(found.iter().map(|stretch| stretch.count).sum::<u64>(), 51_840);
        assert!(found.len() <= 12);
        assert!(arrivals.bins.len() <= MOST_BINS, "memory does not grow with the log");
    }
}
