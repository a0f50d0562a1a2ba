use super::json::numbers_json;
use super::{Measure, Observation, ReportInput};
use crate::scenario::Expectation;
use crate::simulation::Plan;

/// Takes off each replication of a scenario what it says.
#[derive(Clone, Debug)]
pub struct Inspection<'a> {
    expectations: &'a [Expectation],
    measure: Measure,
}

impl<'a> Inspection<'a> {
    /// Of runs of which this is expected.
    pub fn new(plan: &Plan, expectations: &'a [Expectation]) -> Inspection<'a> {
        let paths = expectations.iter().map(|expectation| expectation.path.as_str());
        Inspection {
            expectations,
            measure: Measure::new(plan, paths),
        }
    }

    /// What a run says.
    pub fn look(&self, input: &ReportInput) -> Observation {
        let summary = numbers_json(input);
        let expected = self.expectations.iter().zip(self.measure.of_summary(&summary));
        let holds = expected.map(|(expectation, value)| expectation.holds(value)).collect();
        Observation::new(&summary, holds, input.result.timeline.clone())
    }
}
