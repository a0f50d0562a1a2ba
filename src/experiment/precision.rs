use super::estimate::Estimate;

/// A goal for the number of replications: half the width of a metric's interval, for each unit of its mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// The metric's path in `summary.json`.
    pub path: String,
    /// What is precise enough, above 0.
    pub at_most: f64,
}

impl Precision {
    /// Replications before a goal counts as reached: the spread of fewer is known too badly, and stopping at the first
    /// narrow interval chooses those that are narrow by chance. With 10, intervals of skewed values (exponential ones) held
    /// the truth in 90 of 100 experiments only; with 30 in 92 or more (docs/experiments.md).
    pub const FEWEST: u64 = 30;

    /// Whether these values are enough.
    pub fn is_reached(&self, estimate: &Estimate) -> bool {
        let width = estimate.relative_half_width();
        estimate.sample.count() >= Precision::FEWEST && width.is_some_and(|width| width <= self.at_most)
    }

    /// About how many replications the goal takes, as the width falls with the root of their number. `None` where that
    /// cannot be told.
    pub fn needed(&self, estimate: &Estimate) -> Option<u64> {
        let excess = estimate.relative_half_width()? / self.at_most;
        let needed = estimate.sample.count() as f64 * excess * excess;
        needed
            .is_finite()
            .then(|| (needed.ceil() as u64).max(Precision::FEWEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u64, half: f64) -> Estimate {
        // Values 1 - d and 1 + d in turn.
        let values = (0..count).map(|n| if n % 2 == 0 { 1.0 - half } else { 1.0 + half });
        Estimate::of("cost.total", values.collect(), 0.95)
    }

    fn goal(at_most: f64) -> Precision {
        let path = "cost.total".to_owned();
        Precision { path, at_most }
    }

    #[test]
    fn a_goal_is_reached_by_narrow_intervals_of_enough_replications() {
        // 0.1 of deviation and 100 values: t * 0.1005 / 10 = 0.0199.
        assert!(goal(0.02).is_reached(&of(100, 0.1)) && !goal(0.019).is_reached(&of(100, 0.1)));
        assert!(!goal(0.5).is_reached(&of(29, 0.0)), "29 are too few to tell");
        assert!(goal(0.000_1).is_reached(&of(30, 0.0)), "equal values need no width");
    }

    #[test]
    fn half_the_width_needs_four_times_the_replications() {
        let width = of(100, 0.1).relative_half_width().unwrap();
        let needed = goal(width / 2.0).needed(&of(100, 0.1)).unwrap();
        assert!((400..=401).contains(&needed), "{needed}");
        assert_eq!(goal(1.0).needed(&of(100, 0.1)), Some(Precision::FEWEST));
        assert_eq!(goal(0.01).needed(&of(1, 0.1)), None);
    }
}
