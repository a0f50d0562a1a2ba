use lambdasim::facts::{AsyncStep, Attempt, Call, Ended, FunctionId, Observer, Pool, QualifierId, Refusal, VersionId};
use lambdasim::metrics::{Datapoint, Sink, ThrottleRow};
use lambdasim::simulation::{Plan, RunResult, simulate};
use lambdasim::units::{SimTime, Span};

/// Everything a run told, in the order in which it was told.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    pub arrivals: Vec<Call>,
    pub attempts: Vec<Attempt>,
    pub refusals: Vec<Refusal>,
    pub ends: Vec<Ended>,
    pub steps: Vec<(SimTime, Call, AsyncStep)>,
    pub slots: Vec<(SimTime, Pool, bool)>,
    pub environments: Vec<(SimTime, FunctionId, bool)>,
    pub provisioned_inits: Vec<(FunctionId, VersionId, Span)>,
}

impl Observer for Chronicle {
    fn arrived(&mut self, call: &Call) {
        self.arrivals.push(*call);
    }

    fn ran(&mut self, attempt: &Attempt) {
        self.attempts.push(*attempt);
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.refusals.push(*refusal);
    }

    fn ended(&mut self, ended: &Ended) {
        self.ends.push(*ended);
    }

    fn asynchronous(&mut self, time: SimTime, call: &Call, step: AsyncStep) {
        self.steps.push((time, *call, step));
    }

    fn slot(&mut self, time: SimTime, pool: Pool, taken: bool) {
        self.slots.push((time, pool, taken));
    }

    fn environment(&mut self, time: SimTime, function: FunctionId, created: bool) {
        self.environments.push((time, function, created));
    }

    fn provisioned_init(
        &mut self,
        _time: SimTime,
        function: FunctionId,
        _qualifier: QualifierId,
        version: VersionId,
        init: Span,
    ) {
        self.provisioned_inits.push((function, version, init));
    }
}

/// Every row of `metrics.csv` and `throttles.csv`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    pub datapoints: Vec<Datapoint>,
    pub throttles: Vec<ThrottleRow>,
}

impl Sink for Rows {
    fn datapoint(&mut self, datapoint: &Datapoint) {
        self.datapoints.push(*datapoint);
    }

    fn throttles(&mut self, row: &ThrottleRow) {
        self.throttles.push(*row);
    }
}

/// Runs a plan and keeps all of it.
pub fn chronicle(plan: &Plan) -> (RunResult, Chronicle, Rows) {
    let (mut told, mut rows) = (Chronicle::default(), Rows::default());
    let result = simulate(plan, &mut rows, Some(&mut told), &mut ()).expect("nothing stops it");
    (result, told, rows)
}
