use statrs::function::erf::erfc;
use statrs::function::gamma::{gamma_lr, ln_gamma};

use super::stepwise::Stepwise;
use super::text::{milliseconds, number};
use crate::kernel::math::{exp, inverse_normal, ln, pow};

/// ln(2 π) / 2.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
/// Densities below this count as this: one value must not decide alone.
const LEAST_LN_DENSITY: f64 = -60.0;

/// A distribution of milliseconds with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Fitted {
    /// By its mean.
    Exponential {
        /// Milliseconds.
        mean: f64,
    },
    /// Of ln milliseconds.
    Lognormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Its standard deviation.
        sigma: f64,
    },
    /// Shape and scale.
    Gamma {
        /// Shape.
        shape: f64,
        /// Milliseconds.
        scale: f64,
    },
    /// Shape and scale.
    Weibull {
        /// Shape.
        shape: f64,
        /// Milliseconds.
        scale: f64,
    },
    /// Measured values up to a threshold, and a Pareto tail from there on.
    ParetoTail {
        /// Values below the threshold.
        body: Stepwise,
        /// Share of the values above it.
        share: f64,
        /// The threshold in milliseconds.
        minimum: f64,
        /// Shape of the tail.
        shape: f64,
    },
    /// Two lognormals: weight of the first, then mean and standard deviation of ln milliseconds of each.
    LognormalMixture {
        /// Share of the first.
        weight: f64,
        /// The first.
        first: (f64, f64),
        /// The second.
        second: (f64, f64),
    },
    /// Measured quantiles, linear between them.
    Quantiles(Stepwise),
}

impl Fitted {
    /// Name of the family.
    pub fn name(&self) -> &'static str {
        match self {
            Fitted::Exponential { .. } => "exponential",
            Fitted::Lognormal { .. } => "lognormal",
            Fitted::Gamma { .. } => "gamma",
            Fitted::Weibull { .. } => "weibull",
            Fitted::ParetoTail { .. } => "pareto tail",
            Fitted::LognormalMixture { .. } => "two lognormals",
            Fitted::Quantiles(_) => "quantiles",
        }
    }

    /// Natural logarithm of the density at `x` milliseconds above 0, for each millisecond.
    pub fn ln_density(&self, x: f64) -> f64 {
        let density = match self {
            Fitted::Exponential { mean } => -x / mean - ln(*mean),
            Fitted::Lognormal { mu, sigma } => ln_lognormal(x, *mu, *sigma),
            Fitted::Gamma { shape, scale } => (shape - 1.0) * ln(x) - x / scale - ln_gamma(*shape) - shape * ln(*scale),
            Fitted::Weibull { shape, scale } => {
                let ratio = ln(x / scale);
                ln(shape / scale) + (shape - 1.0) * ratio - exp(shape * ratio)
            }
            Fitted::ParetoTail {
                body,
                share,
                minimum,
                shape,
            } => {
                if x < *minimum {
                    ln(1.0 - share) + ln(body.density(x))
                } else {
                    ln(share * shape / x) - shape * ln(x / minimum)
                }
            }
            Fitted::LognormalMixture { weight, first, second } => {
                let a = ln(*weight) + ln_lognormal(x, first.0, first.1);
                let b = ln(1.0 - weight) + ln_lognormal(x, second.0, second.1);
                let larger = a.max(b);
                larger + ln(exp(a - larger) + exp(b - larger))
            }
            Fitted::Quantiles(steps) => ln(steps.density(x)),
        };
        density.max(LEAST_LN_DENSITY)
    }

    /// Probability of at most `x` milliseconds.
    pub fn cdf(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        match self {
            Fitted::Exponential { mean } => 1.0 - exp(-x / mean),
            Fitted::Lognormal { mu, sigma } => normal_cdf((ln(x) - mu) / sigma),
            Fitted::Gamma { shape, scale } => gamma_lr(*shape, x / scale),
            Fitted::Weibull { shape, scale } => 1.0 - exp(-pow(x / scale, *shape)),
            Fitted::ParetoTail {
                body,
                share,
                minimum,
                shape,
            } => {
                if x < *minimum {
                    (1.0 - share) * body.cdf(x)
                } else {
                    1.0 - share * exp(-shape * ln(x / minimum))
                }
            }
            Fitted::LognormalMixture { weight, first, second } => {
                let part = |(mu, sigma): &(f64, f64)| normal_cdf((ln(x) - mu) / sigma);
                weight * part(first) + (1.0 - weight) * part(second)
            }
            Fitted::Quantiles(steps) => steps.cdf(x),
        }
    }

    /// The distribution as a scenario file writes it.
    pub fn scenario(&self) -> String {
        let lognormal = |(mu, sigma): (f64, f64)| {
            let median = milliseconds(exp(mu));
            let p99 = milliseconds(exp(mu + sigma * inverse_normal(0.99)));
            format!("{{ lognormal: {{ median: {median}, p99: {p99} }} }}")
        };
        match self {
            Fitted::Exponential { mean } => format!("{{ exponential: {} }}", milliseconds(*mean)),
            Fitted::Lognormal { mu, sigma } => lognormal((*mu, *sigma)),
            Fitted::Gamma { shape, scale } => format!(
                "{{ gamma: {{ mean: {}, cv: {} }} }}",
                milliseconds(shape * scale),
                number(1.0 / shape.sqrt())
            ),
            Fitted::Weibull { shape, scale } => {
                format!(
                    "{{ weibull: {{ scale: {}, shape: {} }} }}",
                    milliseconds(*scale),
                    number(*shape)
                )
            }
            Fitted::ParetoTail {
                body,
                share,
                minimum,
                shape,
            } => {
                let tail = format!(
                    "{{ pareto: {{ minimum: {}, shape: {} }} }}",
                    milliseconds(*minimum),
                    number(*shape)
                );
                mixture(1.0 - share, &body.scenario(), &tail)
            }
            Fitted::LognormalMixture { weight, first, second } => {
                mixture(*weight, &lognormal(*first), &lognormal(*second))
            }
            Fitted::Quantiles(steps) => steps.scenario(),
        }
    }
}

fn mixture(weight: f64, first: &str, second: &str) -> String {
    let share = (weight * 1e6).round() / 1e4;
    format!(
        "{{ mixture: [[{share:.4} %, {first}], [{:.4} %, {second}]] }}",
        100.0 - share
    )
}

fn ln_lognormal(x: f64, mu: f64, sigma: f64) -> f64 {
    let ln_x = ln(x);
    let z = (ln_x - mu) / sigma;
    -0.5 * z * z - ln_x - ln(sigma) - HALF_LN_TAU
}

fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Fitted> {
        let steps = Stepwise::of(&(1..=100).map(f64::from).collect::<Vec<_>>());
        vec![
            Fitted::Exponential { mean: 50.0 },
            Fitted::Lognormal { mu: 4.0, sigma: 0.7 },
            Fitted::Gamma {
                shape: 2.5,
                scale: 20.0,
            },
            Fitted::Weibull {
                shape: 1.7,
                scale: 60.0,
            },
            Fitted::ParetoTail {
                body: steps.clone(),
                share: 0.1,
                minimum: 100.0,
                shape: 2.0,
            },
            Fitted::LognormalMixture {
                weight: 0.3,
                first: (3.0, 0.4),
                second: (5.0, 0.5),
            },
            Fitted::Quantiles(steps),
        ]
    }

    #[test]
    fn a_density_is_the_slope_of_its_distribution_function() {
        for fitted in all() {
            for x in [3.3, 20.4, 70.6, 99.5] {
                let slope = (fitted.cdf(x + 1e-4) - fitted.cdf(x - 1e-4)) / 2e-4;
                let density = exp(fitted.ln_density(x));
                let close = (slope - density).abs() <= 1e-5 + 1e-3 * density;
                assert!(close, "{} at {x}: slope {slope}, density {density}", fitted.name());
            }
        }
    }

    #[test]
    fn a_distribution_function_rises_from_0_to_1() {
        for fitted in all() {
            let values: Vec<f64> = (0..2_000).map(|step| fitted.cdf(f64::from(step) * 5.0)).collect();
            assert!(values.is_sorted(), "{}", fitted.name());
            assert!(
                values[0] == 0.0 && values[1_999] > 0.998,
                "{}: {}",
                fitted.name(),
                values[1_999]
            );
        }
    }

    #[test]
    fn texts_are_those_of_scenario_files() {
        let texts: Vec<String> = all().iter().map(Fitted::scenario).collect();
        assert_eq!(texts[0], "{ exponential: 50 ms }");
        // e^4 = 54.598; e^(4 + 0.7 × 2.326348) = 278.229.
        assert_eq!(texts[1], "{ lognormal: { median: 54.598 ms, p99: 278.229 ms } }");
        // 2.5 × 20; 1 / sqrt(2.5) = 0.6325.
        assert_eq!(texts[2], "{ gamma: { mean: 50 ms, cv: 0.6325 } }");
        assert_eq!(texts[3], "{ weibull: { scale: 60 ms, shape: 1.7 } }");
        assert!(
            texts[4].starts_with("{ mixture: [[90.0000 %, { quantiles: {"),
            "{}",
            texts[4]
        );
        assert!(
            texts[4].ends_with("[10.0000 %, { pareto: { minimum: 100 ms, shape: 2 } }]] }"),
            "{}",
            texts[4]
        );
    }
}
