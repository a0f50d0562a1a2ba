//! Likeliest parameters.

use statrs::function::gamma::digamma;

use super::family::Fitted;
use super::mixture::lognormal_mixture;
use super::stepwise::Stepwise;
use crate::kernel::math::{exp, ln};

/// Where the tail begins.
const TAIL_SHARE: f64 = 0.1;
/// Shapes that scenario files take.
const SHAPES: (f64, f64) = (1e-3, 1e3);

/// Each family, as the rising values (milliseconds, not all equal) make it likeliest.
pub(super) fn all(sorted: &[f64]) -> Vec<Fitted> {
    let logs: Vec<f64> = sorted.iter().map(|value| ln(*value)).collect();
    vec![
        Fitted::Exponential { mean: mean(sorted) },
        lognormal(&logs),
        gamma(sorted, &logs),
        weibull(&logs),
        pareto_tail(sorted),
        lognormal_mixture(&logs),
        Fitted::Quantiles(Stepwise::of(sorted)),
    ]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn lognormal(logs: &[f64]) -> Fitted {
    let mu = mean(logs);
    let squares: f64 = logs.iter().map(|log| (log - mu) * (log - mu)).sum();
    Fitted::Lognormal {
        mu,
        sigma: (squares / logs.len() as f64).sqrt(),
    }
}

/// ln shape − digamma(shape) = ln mean − mean ln, of which the left side falls.
fn gamma(sorted: &[f64], logs: &[f64]) -> Fitted {
    let mean_value = mean(sorted);
    let wanted = ln(mean_value) - mean(logs);
    let shape = crossing(|shape| wanted - (ln(shape) - digamma(shape)));
    Fitted::Gamma {
        shape,
        scale: mean_value / shape,
    }
}

/// Σ x^k ln x / Σ x^k − 1/k = mean ln, of which the left side rises. Values are taken as parts of the largest.
fn weibull(logs: &[f64]) -> Fitted {
    let largest = logs[logs.len() - 1];
    let mean_log = mean(logs) - largest;
    let sums = |shape: f64| {
        logs.iter().fold((0.0, 0.0), |(sum, weighted), log| {
            let power = exp(shape * (log - largest));
            (sum + power, weighted + power * (log - largest))
        })
    };
    let shape = crossing(|shape| {
        let (sum, weighted) = sums(shape);
        weighted / sum - 1.0 / shape - mean_log
    });
    let (sum, _) = sums(shape);
    Fitted::Weibull {
        shape,
        scale: exp(largest + ln(sum / logs.len() as f64) / shape),
    }
}

/// Hill's estimate of the tenth of the values that are largest.
fn pareto_tail(sorted: &[f64]) -> Fitted {
    let count = ((sorted.len() as f64 * TAIL_SHARE) as usize).max(2);
    let (body, tail) = sorted.split_at(sorted.len() - count);
    let minimum = tail[0];
    let excess: f64 = tail.iter().map(|value| ln(value / minimum)).sum();
    Fitted::ParetoTail {
        body: Stepwise::of(body),
        share: count as f64 / sorted.len() as f64,
        minimum,
        shape: (count as f64 / excess.max(f64::MIN_POSITIVE)).clamp(SHAPES.0, SHAPES.1),
    }
}

/// Where a rising function of a shape passes 0, by halving.
fn crossing(rising: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (ln(SHAPES.0), ln(SHAPES.1));
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if rising(exp(middle)) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    exp(f64::midpoint(low, high))
}
