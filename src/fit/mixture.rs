//! Two lognormals, fitted by expectation and maximisation on logarithms.

use super::family::Fitted;
use crate::kernel::math::{exp, ln};

const MOST_ROUNDS: usize = 300;
/// A gain in ln likelihood for each value below this ends the search.
const LEAST_GAIN: f64 = 1e-7;
/// Standard deviations may not shrink onto single values.
const LEAST_SIGMA: f64 = 1e-3;
/// More values add nothing that could be seen.
const MOST_VALUES: usize = 20_000;

/// The likeliest of the mixtures found from three divisions of the rising logarithms, at least four.
pub(super) fn lognormal_mixture(sorted_logs: &[f64]) -> Fitted {
    let stride = sorted_logs.len().div_ceil(MOST_VALUES);
    let logs: Vec<f64> = sorted_logs.iter().copied().step_by(stride).collect();
    let found = [0.3, 0.5, 0.9].map(|share| climb(&logs, start(&logs, share)));
    let (_, best) = found
        .into_iter()
        .fold((f64::NEG_INFINITY, None), |(most, best), (likelihood, state)| {
            if likelihood > most {
                (likelihood, Some(state))
            } else {
                (most, best)
            }
        });
    let State { weight, first, second } = best.unwrap_or_else(|| start(&logs, 0.5));
    Fitted::LognormalMixture { weight, first, second }
}

#[derive(Clone, Copy, Debug)]
struct State {
    weight: f64,
    first: (f64, f64),
    second: (f64, f64),
}

/// The lower part of the values as one, the rest as the other.
fn start(logs: &[f64], share: f64) -> State {
    let (low, high) = logs.split_at(((logs.len() as f64 * share) as usize).clamp(2, logs.len() - 2));
    State {
        weight: share,
        first: moments(low.iter().map(|log| (*log, 1.0))),
        second: moments(high.iter().map(|log| (*log, 1.0))),
    }
}

/// Weighted mean and standard deviation.
fn moments(values: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, f64) {
    let total: f64 = values
        .clone()
        .map(|(_, weight)| weight)
        .sum::<f64>()
        .max(f64::MIN_POSITIVE);
    let mean = values.clone().map(|(value, weight)| value * weight).sum::<f64>() / total;
    let squares = values
        .map(|(value, weight)| weight * (value - mean) * (value - mean))
        .sum::<f64>();
    (mean, (squares / total).sqrt().max(LEAST_SIGMA))
}

/// Ln likelihood for each value, and the state it has been found at.
fn climb(logs: &[f64], mut state: State) -> (f64, State) {
    let mut parts = vec![0.0; logs.len()];
    let mut before = f64::NEG_INFINITY;
    for _ in 0..MOST_ROUNDS {
        let mut likelihood = 0.0;
        for (log, part) in logs.iter().zip(&mut parts) {
            let a = ln(state.weight) + ln_normal(*log, state.first);
            let b = ln(1.0 - state.weight) + ln_normal(*log, state.second);
            let larger = a.max(b);
            let sum = exp(a - larger) + exp(b - larger);
            *part = exp(a - larger) / sum;
            likelihood += larger + ln(sum);
        }
        likelihood /= logs.len() as f64;
        let weight = parts.iter().sum::<f64>() / logs.len() as f64;
        if likelihood - before < LEAST_GAIN || !(1e-4..=1.0 - 1e-4).contains(&weight) {
            return (likelihood, state);
        }
        before = likelihood;
        let both = logs.iter().zip(&parts);
        state = State {
            weight,
            first: moments(both.clone().map(|(log, part)| (*log, *part))),
            second: moments(both.map(|(log, part)| (*log, 1.0 - part))),
        };
    }
    (before, state)
}

fn ln_normal(x: f64, (mean, sigma): (f64, f64)) -> f64 {
    let z = (x - mean) / sigma;
    -0.5 * z * z - ln(sigma)
}
