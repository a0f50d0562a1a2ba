use super::Plan;
use super::listeners::Seldom;
use crate::control::{ControlSummary, RefusedChange};
use crate::lambda::Peaks;
use crate::metrics::{Summary, TimelineSummary};
use crate::pricing::{self, AdjoiningUsage, Bill, BudgetAlert, BudgetMeter, CostAnswers, ProvisionedTimes, Usage};

/// Everything a run found out.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// Counts, gauges and quantiles.
    pub summary: Summary,
    /// The run in a few hundred steps.
    pub timeline: TimelineSummary,
    /// What was used, in whole numbers.
    pub usage: Usage,
    /// What that costs.
    pub bill: Bill,
    /// What a month of it would cost (§9.4, step 9).
    pub monthly_estimate: Bill,
    /// What services beside Lambda cost; no lines where none is billed.
    pub adjoining: AdjoiningCost,
    /// What parts of the bill cost, and what was saved.
    pub cost_answers: CostAnswers,
    /// First alert of each threshold of each budget, in the order of the plan; nothing without budgets.
    pub budget_alerts: Vec<Vec<Option<BudgetAlert>>>,
    /// How busy provisioned concurrency was.
    pub provisioned_times: ProvisionedTimes,
    /// Alarms, scaling and deployments.
    pub control: ControlSummary,
    /// Changes that Lambda would have refused.
    pub refused_changes: Vec<RefusedChange>,
    /// How far limits were used at most.
    pub peaks: Peaks,
}

/// What services beside Lambda cost (lambda-model §9.5), never part of the bill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdjoiningCost {
    /// What was used.
    pub usage: AdjoiningUsage,
    /// In the run.
    pub bill: Bill,
    /// In a month of it.
    pub monthly_estimate: Bill,
}

impl AdjoiningCost {
    fn of(usage: AdjoiningUsage, plan: &Plan) -> AdjoiningCost {
        AdjoiningCost {
            bill: pricing::adjoining_bill(&usage, &plan.billing),
            monthly_estimate: pricing::adjoining_estimate(&usage, &plan.billing),
            usage,
        }
    }
}

/// What a run leaves behind.
pub(super) struct Finished {
    pub summarised: (Summary, TimelineSummary),
    pub meter: BudgetMeter,
    pub seldom: Seldom,
    pub control: ControlSummary,
    pub refused_changes: Vec<RefusedChange>,
    pub peaks: Peaks,
}

impl Finished {
    /// Of a run in which nobody acted and nothing seldom was metered.
    pub fn uncontrolled(summarised: (Summary, TimelineSummary), meter: BudgetMeter, peaks: Peaks) -> Finished {
        Finished {
            summarised,
            meter,
            seldom: Seldom::default(),
            control: ControlSummary::default(),
            refused_changes: Vec::new(),
            peaks,
        }
    }

    pub fn result(self, plan: &Plan) -> RunResult {
        let horizon = plan.horizon();
        let (utilization, adjoining) = self.seldom;
        let adjoining = adjoining.map(|meter| meter.finish(horizon));
        let (summary, timeline) = self.summarised;
        let (usage, budget_alerts) = self.meter.finish(horizon);
        let bill = pricing::bill(&usage, &plan.billing);
        RunResult {
            summary,
            timeline,
            cost_answers: pricing::answers(&usage, &plan.billing, &bill, plan.duration + plan.drain, plan.start),
            budget_alerts,
            provisioned_times: utilization.map_or_else(ProvisionedTimes::default, |meter| meter.finish(horizon)),
            bill,
            monthly_estimate: pricing::monthly_estimate(&usage, &plan.billing, plan.duration + plan.drain, plan.start),
            usage,
            adjoining: adjoining.map_or_else(AdjoiningCost::default, |usage| AdjoiningCost::of(usage, plan)),
            control: self.control,
            refused_changes: self.refused_changes,
            peaks: self.peaks,
        }
    }
}
