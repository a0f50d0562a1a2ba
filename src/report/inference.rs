//! How sure the quantiles of one run are.

use super::CONFIDENCE;
use crate::experiment::quantile_ranks;
use crate::kernel::math::ln;
use crate::metrics::LatencySummary;

/// A 95 % interval of the 99 % quantile in ms: binomial order statistics give its ranks; the values there are read off
/// the known quantiles, with an exponential tail between them. `None` where too few samples bound it.
pub(super) fn p99_interval(times: &LatencySummary) -> Option<(f64, f64)> {
    let (first, last) = quantile_ranks(times.count, 0.99, CONFIDENCE)?;
    let count = times.count as f64;
    Some((tail(times, first as f64 / count), tail(times, last as f64 / count)))
}

/// The value at quantile `q`, between the quantiles that a summary keeps.
fn tail(times: &LatencySummary, q: f64) -> f64 {
    let beyond_last = 0.5 / times.count as f64;
    let known = [
        (0.5, times.p50),
        (0.1, times.p90),
        (0.05, times.p95),
        (0.01, times.p99),
        (0.001, times.p99_9),
        (beyond_last, times.max),
    ];
    let beyond = (1.0 - q).max(beyond_last);
    for pair in known.windows(2) {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        if to < from && (to..=from).contains(&beyond) {
            return low + (high - low) * ln(from / beyond) / ln(from / to);
        }
    }
    times.max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p99_interval_of_an_exponential_tail_is_read_at_its_order_statistics() {
        // Exponential with mean 1,000 ms: quantile q lies at -1000 ln(1 - q).
        let at = |beyond: f64| -1_000.0 * ln(beyond);
        let times = LatencySummary {
            count: 10_000,
            mean: 1_000.0,
            p50: at(0.5),
            p90: at(0.1),
            p95: at(0.05),
            p99: at(0.01),
            p99_9: at(0.001),
            max: at(0.000_05),
        };
        // 9,900 +- 1.96 * sqrt(10,000 * 0.99 * 0.01) = 9,880.5 to 9,919.5.
        let (low, high) = p99_interval(&times).unwrap();
        assert!(
            (low - at(0.0120)).abs() < 25.0 && (high - at(0.0080)).abs() < 25.0,
            "{low}, {high}"
        );
        let few = LatencySummary { count: 100, ..times };
        assert_eq!(p99_interval(&few), None);
    }
}
