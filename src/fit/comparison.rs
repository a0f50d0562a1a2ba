use super::estimate;
use super::family::Fitted;

/// Every so many-th value is held out.
const HELD_OUT: usize = 4;

/// One family, fitted to all values.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// With its parameters.
    pub fitted: Fitted,
    /// Mean natural logarithm of the density at values held out, of the same family fitted to the others.
    pub held_out: f64,
    /// Largest distance between the distribution functions of the values held out and of that fit.
    pub distance: f64,
}

/// Families from the likeliest down.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// At least one.
    pub candidates: Vec<Candidate>,
    /// All values, rising.
    pub sorted: Vec<f64>,
}

/// Fits each family to three quarters of the values, holds it against the last quarter (every fourth in the order given), then
/// fits it to all. `None` where all values are equal: then no distribution is needed.
pub fn compare(milliseconds: &[f64]) -> Option<Comparison> {
    let sorted = rising(milliseconds.iter().copied());
    let part = |held: bool| {
        let values = milliseconds.iter().enumerate();
        rising(
            values
                .filter(|(place, _)| (place % HELD_OUT == HELD_OUT - 1) == held)
                .map(|(_, value)| *value),
        )
    };
    let (known, held) = (part(false), part(true));
    let is_constant = |values: &[f64]| values.first() == values.last();
    if is_constant(&sorted) {
        return None;
    }
    // Where only the values held out differ, they have to teach as well.
    let known = if is_constant(&known) { sorted.clone() } else { known };
    let judged = estimate::all(&known).into_iter().map(|fitted| judge(&fitted, &held));
    let mut candidates: Vec<Candidate> = estimate::all(&sorted)
        .into_iter()
        .zip(judged)
        .map(|(fitted, (held_out, distance))| Candidate {
            fitted,
            held_out,
            distance,
        })
        .collect();
    candidates.sort_by(|a, b| b.held_out.total_cmp(&a.held_out));
    Some(Comparison { candidates, sorted })
}

fn rising(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Mean ln density, and Kolmogorov and Smirnov's distance, at rising values.
fn judge(fitted: &Fitted, held: &[f64]) -> (f64, f64) {
    let count = held.len() as f64;
    let likelihood = held.iter().map(|value| fitted.ln_density(*value)).sum::<f64>() / count;
    let distances = held.iter().enumerate().map(|(place, value)| {
        let cdf = fitted.cdf(*value);
        let below = held[..place].partition_point(|other| other < value) as f64;
        (cdf - below / count).max((place + 1) as f64 / count - cdf)
    });
    (likelihood, distances.fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Distribution;
    use crate::kernel::draws::{Purpose, StreamKey};

    fn drawn(distribution: &Distribution, count: u64) -> Vec<f64> {
        let key = StreamKey::derive(1, 0, "test", "fit");
        let draw = |ordinal| {
            distribution
                .sample(key.draw(ordinal, 0, Purpose::Fate).first)
                .as_millis_f64()
        };
        (0..count).map(draw).collect()
    }

    /// The family's own fit, whatever its place among the candidates.
    fn fit<'a>(comparison: &'a Comparison, name: &str) -> &'a Candidate {
        comparison
            .candidates
            .iter()
            .find(|candidate| candidate.fitted.name() == name)
            .expect("every family is there")
    }

    #[test]
    fn parameters_of_known_distributions_are_found_again() {
        let exponential = compare(&drawn(&Distribution::exponential(80.0), 4_000)).expect("values differ");
        // A mean of 4,000 has a standard error of 1.27 ms.
        assert!(
            matches!(fit(&exponential, "exponential").fitted, Fitted::Exponential { mean } if (mean - 80.0).abs() < 7.6)
        );
        let Fitted::Weibull { shape, .. } = fit(&exponential, "weibull").fitted else {
            panic!()
        };
        let Fitted::Gamma { shape: gamma, .. } = fit(&exponential, "gamma").fitted else {
            panic!()
        };
        assert!(
            (shape - 1.0).abs() < 0.08 && (gamma - 1.0).abs() < 0.12,
            "an exponential is both: {shape} {gamma}"
        );
        let lognormal = compare(&drawn(&Distribution::lognormal(4.0, 0.7), 4_000)).expect("values differ");
        let Fitted::Lognormal { mu, sigma } = fit(&lognormal, "lognormal").fitted else {
            panic!()
        };
        assert!((mu - 4.0).abs() < 0.067 && (sigma - 0.7).abs() < 0.047, "{mu} {sigma}");
        let gamma = compare(&drawn(&Distribution::gamma(60.0, 0.5), 4_000)).expect("values differ");
        let Fitted::Gamma { shape, scale } = fit(&gamma, "gamma").fitted else {
            panic!()
        };
        assert!(
            (shape - 4.0).abs() < 0.53 && (shape * scale - 60.0).abs() < 2.9,
            "{shape} {scale}"
        );
        let weibull = compare(&drawn(&Distribution::weibull(50.0, 1.8), 4_000)).expect("values differ");
        let Fitted::Weibull { shape, scale } = fit(&weibull, "weibull").fitted else {
            panic!()
        };
        assert!(
            (shape - 1.8).abs() < 0.13 && (scale - 50.0).abs() < 2.8,
            "{shape} {scale}"
        );
    }

    #[test]
    fn the_family_that_the_values_come_from_is_likelier_than_the_others_with_one_mode() {
        for (name, distribution) in [
            ("lognormal", Distribution::lognormal(4.0, 0.9)),
            ("gamma", Distribution::gamma(60.0, 0.4)),
            ("weibull", Distribution::weibull(50.0, 3.0)),
        ] {
            let comparison = compare(&drawn(&distribution, 4_000)).expect("values differ");
            let own = fit(&comparison, name);
            for other in ["exponential", "lognormal", "gamma", "weibull"] {
                assert!(
                    own.held_out >= fit(&comparison, other).held_out,
                    "{name} against {other}"
                );
            }
            // Kolmogorov: 1,000 values lie within 2.5 / sqrt(1,000) of the truth but for 1 in 100,000.
            assert!(own.distance < 0.08, "{name}: {}", own.distance);
        }
    }

    #[test]
    fn two_modes_and_heavy_tails_are_found() {
        let two = Distribution::mixture(vec![
            (0.3, Distribution::lognormal(2.0, 0.3)),
            (0.7, Distribution::lognormal(5.0, 0.4)),
        ]);
        let comparison = compare(&drawn(&two, 4_000)).expect("values differ");
        let Fitted::LognormalMixture { weight, first, second } = comparison.candidates[0].fitted else {
            panic!("{:?} is likelier", comparison.candidates[0].fitted)
        };
        assert!((weight - 0.3).abs() < 0.05 && (first.0 - 2.0).abs() < 0.06 && (second.0 - 5.0).abs() < 0.05);
        let tail = Distribution::pareto(10.0, 1.5);
        let comparison = compare(&drawn(&tail, 4_000)).expect("values differ");
        let Fitted::ParetoTail { shape, .. } = fit(&comparison, "pareto tail").fitted else {
            panic!()
        };
        // Hill's estimate of 400 values has a standard error of 1.5 / sqrt(400) = 0.075.
        assert!((shape - 1.5).abs() < 0.45, "{shape}");
    }

    #[test]
    fn equal_values_need_no_distribution_and_nearly_equal_ones_still_have_one() {
        assert!(compare(&[250.0; 100]).is_none());
        for place in [0, 3] {
            let mut values = vec![250.0; 100];
            values[place] = 251.0;
            let comparison = compare(&values).expect("two different values");
            assert!(
                comparison
                    .candidates
                    .iter()
                    .all(|candidate| candidate.held_out.is_finite())
            );
        }
    }
}
