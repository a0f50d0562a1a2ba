use super::text::milliseconds;
use crate::kernel::math::pow;

/// Percent at which quantiles are taken.
const KNOTS: [f64; 13] = [
    0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 100.0,
];
/// Milliseconds between two knots at least: equal values would have no density.
const LEAST_STEP: f64 = 1e-3;

/// Measured quantiles with straight lines between them: an even density in each step.
#[derive(Clone, Debug, PartialEq)]
pub struct Stepwise {
    /// Percent and milliseconds, both rising.
    knots: Vec<(f64, f64)>,
    values: f64,
}

impl Stepwise {
    /// The quantiles of rising values, at least one.
    pub fn of(sorted: &[f64]) -> Stepwise {
        let least = 100.0 / sorted.len() as f64;
        let is_told = |knot: f64| knot == 0.0 || knot == 100.0 || (least..=100.0 - least).contains(&knot);
        let knots = KNOTS.into_iter().filter(|knot| is_told(*knot));
        Stepwise {
            knots: knots.map(|knot| (knot, nearest_rank(sorted, knot))).collect(),
            values: sorted.len() as f64,
        }
    }

    /// Probability for each millisecond. Beyond the extremes there is as much as one value would have, falling off with the
    /// square of the distance.
    pub(super) fn density(&self, x: f64) -> f64 {
        let steps = self.knots.windows(2);
        let inside = steps.filter(|step| (step[0].1..=step[1].1.max(step[0].1 + LEAST_STEP)).contains(&x));
        let density = |step: &[(f64, f64)]| (step[1].0 - step[0].0) / 100.0 / (step[1].1 - step[0].1).max(LEAST_STEP);
        if let Some(found) = inside.map(density).reduce(f64::max) {
            return found.max(f64::MIN_POSITIVE);
        }
        let (low, high) = (self.knots[0].1, self.knots[self.knots.len() - 1].1);
        let reach = (high - low).max(LEAST_STEP);
        let distance = if x < low { low - x } else { x - high };
        1.0 / (self.values + 1.0) / reach / pow(1.0 + distance / reach, 2.0)
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x < self.knots[0].1 {
            return 0.0;
        }
        let after = self.knots.partition_point(|(_, value)| *value <= x);
        let Some(next) = self.knots.get(after) else {
            return 1.0;
        };
        let before = self.knots[after - 1];
        (before.0 + (next.0 - before.0) * (x - before.1) / (next.1 - before.1)) / 100.0
    }

    pub(super) fn scenario(&self) -> String {
        let name = |percent: f64| percent.to_string().replace('.', "_");
        let named = self
            .knots
            .iter()
            .map(|(percent, value)| format!("p{}: {}", name(*percent), milliseconds(*value)));
        format!("{{ quantiles: {{ {} }} }}", named.collect::<Vec<_>>().join(", "))
    }
}

fn nearest_rank(sorted: &[f64], percent: f64) -> f64 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_nearest_rank_and_the_line_between_them_is_straight() {
        let steps = Stepwise::of(&(1..=200).map(f64::from).collect::<Vec<_>>());
        // p50 is 100, p75 is 150: half-way between them lies 125.
        assert_eq!(steps.cdf(100.0), 0.5);
        assert_eq!(steps.cdf(125.0), 0.625);
        assert_eq!(steps.density(125.0), 0.25 / 50.0);
        assert_eq!((steps.cdf(0.5), steps.cdf(200.0)), (0.0, 1.0));
        assert!(
            steps.scenario().contains("p50: 100 ms, p75: 150 ms"),
            "{}",
            steps.scenario()
        );
        assert!(!steps.scenario().contains("p99_9"), "200 values do not tell it");
    }

    #[test]
    fn equal_values_and_values_beyond_have_a_density() {
        let steps = Stepwise::of(&[vec![5.0; 60], vec![9.0; 40]].concat());
        assert!(steps.density(5.0) > 100.0);
        assert!(steps.density(50.0) > 0.0 && steps.density(50.0) < steps.density(10.0));
    }
}
