use serde_json::Value;

use super::expect::value_at;
use super::json::numbers_json;
use super::{ReportInput, blank_summary};
use crate::simulation::{Plan, RunResult};

/// Reads metrics off runs of one plan, by their paths in `summary.json`.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Each path with its value where nothing has happened: what did not occur may be left out of a summary.
    paths: Vec<(String, Option<f64>)>,
}

impl Measure {
    /// Of these paths.
    pub fn new<'p>(plan: &Plan, paths: impl IntoIterator<Item = &'p str>) -> Measure {
        let blank = blank_summary(plan);
        let paths = paths.into_iter();
        Measure {
            paths: paths.map(|path| (path.to_owned(), value_at(&blank, path))).collect(),
        }
    }

    /// The value at each path in the order of the paths; `None` where it leads to no number, or to a time at which nothing
    /// has happened.
    pub fn of(&self, plan: &Plan, result: &RunResult) -> Vec<Option<f64>> {
        self.of_summary(&numbers_json(&ReportInput::bare(plan, result)))
    }

    /// The same of a summary that has been made already.
    pub fn of_summary(&self, summary: &Value) -> Vec<Option<f64>> {
        let values = self.paths.iter();
        values.map(|(path, blank)| value_at(summary, path).or(*blank)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn metrics_are_read_in_the_order_of_their_paths_and_zero_where_nothing_happened() {
        let sample = Sample::busy();
        let paths = [
            "functions.checkout.Throttles",
            "totals.nothing",
            "functions.fulfil.rejected_by_error.ENILimitReached",
        ];
        let measure = Measure::new(&sample.plan, paths);
        assert_eq!(
            measure.of(&sample.plan, &sample.result),
            [Some(41_250.0), None, Some(0.0)]
        );
    }
}
