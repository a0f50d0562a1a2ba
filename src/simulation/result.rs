use super::Plan;
use super::listeners::Seldom;
use crate::control::{ControlSummary, RefusedChange};
use crate::kernel::Crew;
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

/// What a run has used, and what that costs.
#[derive(Default)]
struct Billed {
    usage: Usage,
    bill: Bill,
    monthly_estimate: Bill,
    answers: CostAnswers,
    budget_alerts: Vec<Vec<Option<BudgetAlert>>>,
}

impl Billed {
    fn of(meter: BudgetMeter, plan: &Plan) -> Billed {
        let simulated = plan.duration + plan.drain;
        let (usage, budget_alerts) = meter.finish(plan.horizon());
        let bill = pricing::bill(&usage, &plan.billing);
        Billed {
            answers: pricing::answers(&usage, &plan.billing, &bill, simulated, plan.start),
            monthly_estimate: pricing::monthly_estimate(&usage, &plan.billing, simulated, plan.start),
            budget_alerts,
            bill,
            usage,
        }
    }
}

/// What was counted and billed of a run.
pub(super) struct ClosedBooks {
    summarised: (Summary, TimelineSummary),
    billed: Billed,
}

impl ClosedBooks {
    /// Closes the books of a run at its end: `summarise` makes the summary, while others see to the bill.
    pub fn of(
        meter: BudgetMeter,
        summarise: impl FnOnce() -> (Summary, TimelineSummary) + Send,
        plan: &Plan,
        crew: &dyn Crew,
    ) -> ClosedBooks {
        let (mut summarised, mut billed) = Default::default();
        crew.work(vec![
            Box::new(|| summarised = summarise()),
            Box::new(|| billed = Billed::of(meter, plan)),
        ]);
        ClosedBooks { summarised, billed }
    }
}

/// What a run leaves behind.
pub(super) struct Finished {
    pub books: ClosedBooks,
    pub seldom: Seldom,
    pub control: ControlSummary,
    pub refused_changes: Vec<RefusedChange>,
    pub peaks: Peaks,
}

impl Finished {
    /// Of a run in which nobody acted and nothing seldom was metered.
    pub fn uncontrolled(books: ClosedBooks, peaks: Peaks) -> Finished {
        Finished {
            books,
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
        let ClosedBooks { summarised, billed } = self.books;
        let (summary, timeline) = summarised;
        RunResult {
            summary,
            timeline,
            cost_answers: billed.answers,
            budget_alerts: billed.budget_alerts,
            provisioned_times: utilization.map_or_else(ProvisionedTimes::default, |meter| meter.finish(horizon)),
            bill: billed.bill,
            monthly_estimate: billed.monthly_estimate,
            usage: billed.usage,
            adjoining: adjoining.map_or_else(AdjoiningCost::default, |usage| AdjoiningCost::of(usage, plan)),
            control: self.control,
            refused_changes: self.refused_changes,
            peaks: self.peaks,
        }
    }
}
