//! Closed forms of queueing theory, and how far a run of finite length may stray from them by chance.

use crate::kernel::Distribution;
use crate::kernel::math::exp;
use crate::units::Span;

/// What cannot be told from nothing.
const NEGLIGIBLE: f64 = 1e-15;

/// Mean and mean square of a time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) square: f64,
}

impl Moments {
    /// Of a distribution times `factor`, cut off at `longest`.
    pub(super) fn of(distribution: &Distribution, factor: f64, longest: Span) -> Moments {
        const NODES: u32 = 4_096;
        const TWO_53: f64 = 9_007_199_254_740_992.0;
        if let Some(span) = distribution.as_constant() {
            let value = (span.as_secs_f64() * factor).min(longest.as_secs_f64());
            return Moments {
                mean: value,
                square: value * value,
            };
        }
        let (mut mean, mut square) = (0.0, 0.0);
        for node in 0..NODES {
            // The midpoint rule over u = 3 v² − 2 v³, whose nodes crowd at both ends, where quantiles rise steeply.
            let v = (f64::from(node) + 0.5) / f64::from(NODES);
            let weight = 6.0 * v * (1.0 - v) / f64::from(NODES);
            let uniform = (v * v * (3.0 - 2.0 * v) * TWO_53) as u64;
            let value = (distribution.sample(uniform).as_secs_f64() * factor).min(longest.as_secs_f64());
            mean += weight * value;
            square += weight * value * value;
        }
        Moments { mean, square }
    }

    /// With another time, independent of this one, added.
    pub(super) fn plus(self, other: Moments) -> Moments {
        Moments {
            mean: self.mean + other.mean,
            square: self.square + other.square + 2.0 * self.mean * other.mean,
        }
    }

    /// One of two, the other one with probability `share`.
    pub(super) fn mixed(self, other: Moments, share: f64) -> Moments {
        let mix = |one: f64, two: f64| one * (1.0 - share) + two * share;
        Moments {
            mean: mix(self.mean, other.mean),
            square: mix(self.square, other.square),
        }
    }

    /// Variance over squared mean: 1 for an exponential distribution.
    pub(super) fn squared_variation(self) -> f64 {
        if self.mean > 0.0 {
            self.square / (self.mean * self.mean) - 1.0
        } else {
            0.0
        }
    }
}

/// Room for those who find all servers busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// None: they are lost.
    Lost,
    /// As much as needed: they wait.
    Waiting,
}

/// How many are in a system of several servers in the long run, under Poisson arrivals: M/M/c/c or M/M/c.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occupancy {
    servers: usize,
    /// Probability of each number, from 0.
    probabilities: Vec<f64>,
}

impl Occupancy {
    /// Of `load` erlangs offered to `servers`. `None` where there is no such distribution.
    pub(super) fn new(servers: u32, load: f64, room: Room) -> Option<Occupancy> {
        let count = servers as usize;
        let waits = room == Room::Waiting;
        if !load.is_finite() || load <= 0.0 || servers == 0 || (waits && load >= f64::from(servers)) {
            return None;
        }
        // Weights relative to the likeliest number, so that none overflows and only negligible ones vanish.
        let likeliest = (load as usize).min(count);
        let mut weights = vec![0.0; count + 1];
        weights[likeliest] = 1.0;
        for number in likeliest..count {
            weights[number + 1] = weights[number] * load / (number + 1) as f64;
        }
        for number in (0..likeliest).rev() {
            weights[number] = weights[number + 1] * (number + 1) as f64 / load;
        }
        let mut last = weights[count];
        while waits && last > NEGLIGIBLE {
            last *= load / count as f64;
            weights.push(last);
        }
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Some(Occupancy {
            servers: count,
            probabilities: weights,
        })
    }

    /// Probability that all servers are busy: what Erlang's B formula gives for a system that loses, C for one that waits.
    pub(super) fn all_busy(&self) -> f64 {
        self.mean_of(|number| if number >= self.servers { 1.0 } else { 0.0 })
    }

    /// Mean number of those who wait.
    pub(super) fn waiting(&self) -> f64 {
        self.mean_of(|number| self.beyond(number))
    }

    fn beyond(&self, number: usize) -> f64 {
        number.saturating_sub(self.servers) as f64
    }

    fn mean_of(&self, value: impl Fn(usize) -> f64) -> f64 {
        let terms = self.probabilities.iter().enumerate();
        terms.map(|(number, probability)| value(number) * probability).sum()
    }

    /// Standard deviation of the mean over time of a function of the number, in a run with so many `arrivals`: for a birth
    /// and death process (Whitt, Asymptotic formulas for Markov processes, 1992).
    fn deviation(&self, arrivals: f64, value: impl Fn(usize) -> f64) -> f64 {
        let mean = self.mean_of(&value);
        let (mut below, mut sum) = (0.0, 0.0);
        for (number, probability) in self.probabilities.iter().enumerate() {
            below += (value(number) - mean) * probability;
            if *probability > NEGLIGIBLE {
                sum += below * below / probability;
            }
        }
        (2.0 * sum / arrivals).sqrt()
    }

    /// Standard deviation of the share of `arrivals` that find all servers busy. What lasts longer than exponential times of
    /// the same mean, or varies less, makes it last by (1 + squared variation) / 2.
    pub(super) fn share_deviation(&self, arrivals: f64, squared_variation: f64) -> f64 {
        let share = self.all_busy();
        let busy = self.deviation(arrivals, |number| if number >= self.servers { 1.0 } else { 0.0 });
        // Who comes while all are busy is Poisson given how long they are.
        (busy * busy * (1.0 + squared_variation) / 2.0 + share / arrivals).sqrt()
    }

    /// Standard deviation of the mean number of those who wait, in a run with so many `arrivals`.
    pub(super) fn waiting_deviation(&self, arrivals: f64) -> f64 {
        self.deviation(arrivals, |number| self.beyond(number))
    }
}

/// Where the greatest number of an M/G/∞ system lies in a run: its 0.5 %, 50 % and 99.5 % quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Greatest {
    pub(super) low: u64,
    pub(super) median: u64,
    pub(super) high: u64,
}

/// The greatest number of an M/G/∞ system under `load` erlangs in a run with so many `arrivals`. A level is crossed upwards
/// at the rate of arrivals that find it; high above the mean crossings come in clusters of 1 / (1 − load / level), and clusters
/// are Poisson.
pub(super) fn greatest(load: f64, arrivals: f64) -> Option<Greatest> {
    let servers = (load + 12.0 * load.sqrt() + 60.0) as u32;
    let occupancy = Occupancy::new(servers, load, Room::Lost)?;
    let at_most = |(number, probability): (usize, &f64)| {
        let apart = 1.0 - load / (number + 1) as f64;
        if apart <= 0.0 {
            0.0
        } else {
            exp(-(arrivals * probability * apart).min(700.0))
        }
    };
    let cumulated: Vec<f64> = occupancy.probabilities.iter().enumerate().map(at_most).collect();
    let quantile = |share: f64| {
        cumulated
            .iter()
            .position(|below| *below >= share)
            .map(|level| level as u64)
    };
    Some(Greatest {
        low: quantile(0.005)?,
        median: quantile(0.5)?,
        high: quantile(0.995)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loses(servers: u32, load: f64) -> f64 {
        Occupancy::new(servers, load, Room::Lost).unwrap().all_busy()
    }

    fn waits(servers: u32, load: f64) -> Occupancy {
        Occupancy::new(servers, load, Room::Waiting).unwrap()
    }

    #[test]
    fn erlang_b_is_that_of_the_published_tables() {
        // Tables of traffic engineering: erlangs that lose 1 % on 1, 5, 10, 50 and 100 trunks; B(10, 10) = 0.2146.
        for (servers, load) in [(1, 0.0101), (5, 1.361), (10, 4.461), (50, 37.90), (100, 84.06)] {
            assert!((loses(servers, load) - 0.01).abs() < 5e-5, "{servers}");
        }
        assert!((loses(10, 10.0) - 0.2146).abs() < 5e-5);
    }

    #[test]
    fn erlang_b_keeps_its_digits_far_from_balance() {
        // B(0) = 1, B(c) = a B(c-1) / (c + a B(c-1)).
        let by_recursion =
            |servers: u32, load: f64| (1..=servers).fold(1.0, |b, c| load * b / (f64::from(c) + load * b));
        for (servers, load) in [(1, 1.0), (3, 500.0), (300, 320.0), (20, 5e4), (400, 100.0)] {
            let (found, expected) = (loses(servers, load), by_recursion(servers, load));
            assert!((found / expected - 1.0).abs() < 1e-9, "{servers}, {load}: {found}");
        }
        for (servers, load) in [(10, f64::NAN), (10, 0.0), (0, 1.0)] {
            assert_eq!(Occupancy::new(servers, load, Room::Lost), None);
        }
    }

    #[test]
    fn erlang_c_is_that_of_the_published_tables() {
        // C(8 erlangs, 10 servers) = 0.4092; one server waits with probability rho, and rho² / (1 − rho) wait.
        assert!((waits(10, 8.0).all_busy() - 0.4092).abs() < 5e-5);
        // Waiting: C rho / (1 − rho) = 0.4092 × 4.
        assert!((waits(10, 8.0).waiting() - 1.6367).abs() < 5e-4);
        assert!((waits(1, 0.75).all_busy() - 0.75).abs() < 1e-9);
        assert!((waits(1, 0.75).waiting() - 2.25).abs() < 1e-9);
        assert_eq!(Occupancy::new(4, 4.0, Room::Waiting), None);
    }

    #[test]
    fn the_deviation_of_a_mean_is_that_of_known_processes() {
        // M/M/∞: the mean of the number over T has variance 2 a / T in mean services, and a T arrivals.
        let free = Occupancy::new(200, 50.0, Room::Lost).unwrap();
        let found = free.deviation(50.0 * 1_000.0, |number| number as f64);
        assert!((found - (2.0f64 * 50.0 / 1_000.0).sqrt()).abs() < 1e-6, "{found}");
        // M/M/1 with rho = 1/2: 2 rho (1 + rho) / (1 − rho)^4 / T for the number in the system (Whitt, 1989).
        let single = waits(1, 0.5);
        let found = single.deviation(0.5 * 10_000.0, |number| number as f64);
        assert!((found - (24.0f64 / 10_000.0).sqrt()).abs() < 1e-6, "{found}");
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let never = Span::from_secs(1_000_000);
        let cases = [
            (Distribution::exponential(400.0), 0.4, 0.32),
            // Uniform: mean 2, square (1 + 3 + 9) / 3.
            (Distribution::uniform(1_000.0, 3_000.0), 2.0, 13.0 / 3.0),
            // Lognormal of sigma 1: mean e^(1/2), square e² seconds.
            (Distribution::lognormal(6.907_755_279, 1.0), 1.648_721, 7.389_056),
            (Distribution::constant(Span::from_secs(2)), 2.0, 4.0),
        ];
        for (distribution, mean, square) in cases {
            let found = Moments::of(&distribution, 1.0, never);
            assert!((found.mean / mean - 1.0).abs() < 1e-4, "{found:?}, {mean}");
            assert!((found.square / square - 1.0).abs() < 3e-3, "{found:?}, {square}");
        }
        // Cut off at its mean an exponential time has the mean 1 − 1/e.
        let cut = Moments::of(&Distribution::exponential(1_000.0), 1.0, Span::from_secs(1));
        assert!((cut.mean - 0.632_121).abs() < 1e-5, "{cut:?}");
        let doubled = Moments::of(&Distribution::exponential(400.0), 2.0, never);
        assert!((doubled.mean - 0.8).abs() < 1e-4 && (doubled.squared_variation() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn moments_of_sums_and_mixtures_follow_from_those_of_their_parts() {
        let (one, two) = (Moments { mean: 1.0, square: 2.0 }, Moments { mean: 3.0, square: 9.0 });
        // Variances 1 and 0 add up to 1; 17 = 4² + 1.
        assert_eq!(
            one.plus(two),
            Moments {
                mean: 4.0,
                square: 17.0
            }
        );
        assert_eq!(
            one.mixed(two, 0.25),
            Moments {
                mean: 1.5,
                square: 3.75
            }
        );
    }

    #[test]
    fn the_greatest_number_lies_where_a_level_is_crossed_about_once() {
        // 100 erlangs, a million arrivals: exp(−10⁶ P(N = n) (1 − 100 / (n + 1))) passes 0.5 %, 50 % and 99.5 % at these n.
        let expected = Greatest {
            low: 142,
            median: 148,
            high: 159,
        };
        assert_eq!(greatest(100.0, 1e6), Some(expected));
        assert_eq!(greatest(0.0, 1e6), None);
    }
}
