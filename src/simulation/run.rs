use std::collections::BTreeSet;
use std::sync::Arc;

use super::adjoining::adjoining_meter;
use super::cell_major;
use super::continued::Continued;
use super::pace::{Onward, Pace, Stop};
use super::serve::serve_next;
use crate::control::{Act, Changes, ControlSummary, Controller, RefusedChange};
use crate::facts::{Call, FunctionId, Observer};
use crate::lambda::{
    FlowConfig, FrontService, FunctionConfig, MappingConfig, MappingSource, MetricGroups, Peaks, Platform, Through,
};
use crate::metrics::{
    FlowInfo, FunctionInfo, MappingMetrics, Recorder, RecorderConfig, Sink, Summary, TimelineSummary,
};
use crate::pricing::{
    self, AdjoiningMeter, AdjoiningUsage, Bill, BudgetAlert, BudgetMeter, CostAnswers, Meter, MeteredFunction,
    MeteredQualifier, MeteredVersion, ProvisionedTimes, Usage, UtilizationMeter,
};
use crate::simulation::Plan;
use crate::units::{SimTime, Span};
use crate::workload::Arrivals;

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

/// Arrivals between two looks at the [`Pace`].
const PACE_ARRIVALS: usize = 16_384;

/// One run from an empty platform to the plan's horizon. `sink` gets datapoints as they are complete, `extra` hears
/// everything that the built-in listeners hear. `None` only where `pace` stopped it.
///
/// `extra` is of one type for all callers, so that a program holds the core loop once, with its listeners inlined.
pub fn simulate(
    plan: &Plan,
    sink: &mut dyn Sink,
    extra: Option<&mut dyn Observer>,
    pace: &mut dyn Pace,
) -> Option<RunResult> {
    let (mut sink, mut pace) = (Continued::of(sink), Onward::of(pace));
    // Others want to hear of everything in the order in which it happens.
    if extra.is_none() && cell_major::fits(plan) {
        match run(plan, &mut sink, None, &mut pace, Driver::CellMajor) {
            Err(Stop::Uncertified) => sink.begin_again(),
            ended => return ended.ok(),
        }
    }
    run(plan, &mut sink, extra, &mut pace, Driver::Ordered).ok()
}

/// The same by the cell-major driver alone: `None` where functions meet elsewhere than in the account's limits, or where these
/// would refuse something. For comparison: [`simulate`] takes it wherever it does.
pub fn simulate_cell_major(plan: &Plan, sink: &mut dyn Sink) -> Option<RunResult> {
    let fits = cell_major::fits(plan);
    fits.then(|| run(plan, sink, None, &mut (), Driver::CellMajor).ok())
        .flatten()
}

/// In which order functions are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    /// All together, by time.
    Ordered,
    /// One after another, window by window.
    CellMajor,
}

fn run(
    plan: &Plan,
    sink: &mut dyn Sink,
    extra: Option<&mut dyn Observer>,
    pace: &mut dyn Pace,
    driver: Driver,
) -> Result<RunResult, Stop> {
    let horizon = plan.horizon();
    let recorder = Recorder::new(recorder_config(plan), sink);
    let mut watchers = (
        (
            recorder,
            (BudgetMeter::new(plan.start, meter(plan), &plan.billing), seldom(plan)),
        ),
        extra,
    );
    let mut changes = Changes::new(&plan.change_steps);
    let (Driven { unanswered, peaks }, control) = drive_with_control(plan, &mut changes, &mut watchers, pace, driver)?;
    let ((recorder, (meter, seldom)), _) = watchers;
    let (utilization, adjoining) = seldom.unwrap_or_default();
    let adjoining = adjoining.map(|meter| meter.finish(horizon));
    let (summary, timeline) = recorder.finish(&unanswered);
    let (usage, budget_alerts) = meter.finish(horizon);
    let bill = pricing::bill(&usage, &plan.billing);
    Ok(RunResult {
        summary,
        timeline,
        cost_answers: pricing::answers(&usage, &plan.billing, &bill, plan.duration + plan.drain, plan.start),
        budget_alerts,
        provisioned_times: utilization.map_or_else(ProvisionedTimes::default, |meter| meter.finish(horizon)),
        bill,
        monthly_estimate: pricing::monthly_estimate(&usage, &plan.billing, plan.duration + plan.drain, plan.start),
        usage,
        adjoining: adjoining.map_or_else(AdjoiningCost::default, |usage| AdjoiningCost::of(usage, plan)),
        control,
        refused_changes: changes.finish(),
        peaks,
    })
}

/// One run of a plan for somebody who follows arrivals through it; nothing is counted, nothing billed. `pace` is asked
/// whether to go on. Ends the run where the plan does; returns whether it came to that.
///
/// The core loop is compiled once more for each kind of listener that this is used with.
pub fn replay<O: Observer>(plan: &Plan, listener: &mut O, pace: &mut dyn Pace) -> bool {
    let mut changes = Changes::new(&plan.change_steps);
    drive_with_control(plan, &mut changes, listener, pace, Driver::Ordered).is_ok()
}

/// A meter that is told nothing yet of what the plan's functions have used: for the price of single invocations.
pub fn meter_of(plan: &Plan) -> Meter {
    Meter::new(plan.start, &metered(plan)).billing_by(plan.account.billing_granularity)
}

/// The meter of a run, without what it has used.
fn meter(plan: &Plan) -> Meter {
    let meter = meter_of(plan);
    match plan.billing.savings_plan {
        Some(_) => meter.by_the_hour(),
        None => meter,
    }
}

type Seldom = (Option<UtilizationMeter>, Option<AdjoiningMeter>);

/// Meters that most runs do without: nobody there costs one test per event, not one for each of them.
fn seldom(plan: &Plan) -> Option<Seldom> {
    let meters = (utilization(plan), adjoining_meter(plan));
    (meters.0.is_some() || meters.1.is_some()).then_some(meters)
}

/// A meter of how busy provisioned concurrency is, where there may be some.
fn utilization(plan: &Plan) -> Option<UtilizationMeter> {
    let mut qualifiers = plan.functions.iter().flat_map(|function| &function.qualifiers);
    let provisions = qualifiers.any(|qualifier| qualifier.provisioned > 0) || !plan.control.is_empty();
    provisions.then(|| UtilizationMeter::new(&metered(plan), &plan.billing))
}

/// Takes the platform from its start to the plan's horizon, with whoever acts on it; returns what it tells at its end, and
/// what was done.
fn drive_with_control<O: Observer>(
    plan: &Plan,
    changes: &mut Changes,
    watchers: &mut O,
    pace: &mut dyn Pace,
    driver: Driver,
) -> Result<(Driven, ControlSummary), Stop> {
    let reserved = plan.functions.iter().map(|function| function.reserved).collect();
    let (mut controller, monitor) = Controller::new(&plan.control, reserved);
    let mut acting = (changes, &mut controller);
    let watchers = &mut (monitor, watchers);
    let driven = match driver {
        Driver::Ordered => drive(plan, &mut acting, watchers, pace),
        Driver::CellMajor => drive_cells(plan, watchers, pace),
    }?;
    Ok((driven, controller.finish(plan.horizon())))
}

/// What the platform tells at its end.
struct Driven {
    /// Arrivals without final answer.
    unanswered: Vec<Call>,
    peaks: Peaks,
}

impl Driven {
    fn of<O: Observer>(platform: Platform, horizon: SimTime, watchers: &mut O) -> Driven {
        Driven {
            peaks: platform.peaks(),
            unanswered: platform.close(horizon, watchers),
        }
    }
}

/// Takes the platform from its start to the plan's horizon.
fn drive<O: Observer, A: Act<O>>(
    plan: &Plan,
    control: &mut A,
    watchers: &mut O,
    pace: &mut dyn Pace,
) -> Result<Driven, Stop> {
    let mut platform = platform(plan, watchers);
    let mut arrivals = Arrivals::new(&plan.sources);
    if plan.change_steps.is_empty() && plan.control.is_empty() {
        arrivals.sample_ahead(|flow| platform.plain_durations(flow));
        platform.tell_in_sums(watchers);
    }
    let mut run = Run {
        platform,
        arrivals,
        control,
        watchers,
        pace,
    };
    let (warm_up, traffic_end) = (SimTime::ZERO + plan.warm_up, SimTime::ZERO + plan.duration);
    let horizon = plan.horizon();
    let whole = run.whole(warm_up, traffic_end, horizon);
    whole.ok_or(Stop::Pace)?;
    Ok(Driven::of(run.platform, horizon, run.watchers))
}

/// The same with functions one after another.
fn drive_cells<O: Observer>(plan: &Plan, watchers: &mut O, pace: &mut dyn Pace) -> Result<Driven, Stop> {
    let mut platform = platform(plan, watchers);
    let requests = cell_major::drive(plan, &mut platform, watchers, pace)?;
    let mut driven = Driven::of(platform, plan.horizon(), watchers);
    driven.peaks.requests = requests;
    Ok(driven)
}

fn platform<O: Observer>(plan: &Plan, watchers: &mut O) -> Platform {
    let seed = (plan.seed, plan.replication);
    Platform::new(seed, &plan.parts(), plan.horizon(), watchers)
}

/// All that takes part in a run.
struct Run<'a, O, A> {
    platform: Platform,
    arrivals: Arrivals,
    control: &'a mut A,
    watchers: &'a mut O,
    pace: &'a mut dyn Pace,
}

impl<O: Observer, A: Act<O>> Run<'_, O, A> {
    fn whole(&mut self, warm_up: SimTime, traffic_end: SimTime, horizon: SimTime) -> Option<()> {
        self.until(warm_up)?;
        self.platform.begin_window(warm_up, self.watchers);
        self.until(traffic_end)?;
        self.drain(traffic_end, horizon)
    }

    /// Everything before `end`, piecewise where somebody acts in between.
    fn until(&mut self, end: SimTime) -> Option<()> {
        while let Some(now) = self.control.next_due().filter(|due| *due < end) {
            self.piece(now)?;
            self.platform.advance_to_actions(now, self.watchers);
            self.control.act(now, &mut self.platform, self.watchers);
        }
        self.piece(end)
    }

    /// The core loop: every arrival before `end`, each after everything due up to its instant, then what else is due
    /// before `end`.
    fn piece(&mut self, end: SimTime) -> Option<()> {
        let mut since_pace = 0;
        while let Some(arrival) = self.arrivals.peek().filter(|arrival| arrival.time < end) {
            let now = arrival.time;
            since_pace += serve_next(&mut self.platform, &mut self.arrivals, end, self.watchers);
            if since_pace >= PACE_ARRIVALS {
                since_pace = 0;
                self.pace.reached(now).then_some(())?;
            }
        }
        self.advance_before(end);
        self.pace.reached(end).then_some(())
    }

    /// Lets the platform work off what waits, without new arrivals.
    fn drain(&mut self, from: SimTime, end: SimTime) -> Option<()> {
        let step = Span::from_secs(600);
        let mut now = from;
        while now < end {
            now = (now + step).min(end);
            self.until(now)?;
        }
        Some(())
    }

    /// Nothing due at the end of a window happens in it (contract §2.5).
    fn advance_before(&mut self, end: SimTime) {
        if let Some(last) = end.as_micros().checked_sub(1) {
            self.platform.advance_to(SimTime::from_micros(last), self.watchers);
        }
    }
}

fn recorder_config(plan: &Plan) -> RecorderConfig {
    let info = |function: &Arc<FunctionConfig>| FunctionInfo {
        reserved: function.reserved,
        memory: function.versions.iter().map(|version| version.memory).collect(),
        qualifiers: function.qualifiers.len(),
    };
    let flow = |flow: &FlowConfig| FlowInfo {
        traffic: flow.traffic,
        function: flow.function,
        qualifier: flow.qualifier,
        invocation_type: flow.invocation_type,
        identity: flow.key.identity(),
        url: comes_through(plan, flow, FrontService::FunctionUrl),
        polled: flow.mapping.is_some(),
    };
    RecorderConfig {
        budgets: plan.account.budgets.len(),
        warm_up: plan.warm_up,
        duration: plan.duration,
        horizon: plan.horizon(),
        traffic: plan.traffic.len(),
        flows: plan.flows.iter().map(flow).collect(),
        functions: plan.functions.iter().map(info).collect(),
        queues: plan.queues.len(),
        streams: plan.streams.len(),
        mappings: plan.mappings.iter().map(shown_metrics).collect(),
    }
}

fn shown_metrics(mapping: &MappingConfig) -> MappingMetrics {
    let provisioned = match &mapping.source {
        MappingSource::Queue(queue) => queue.scaling.per_poller.is_some(),
        MappingSource::Stream(stream) => stream.pollers.is_some_and(|pollers| pollers.provisioned),
    };
    let MetricGroups { events, errors, kafka } = mapping.metrics;
    MappingMetrics {
        events,
        errors,
        kafka,
        provisioned: provisioned && (events || errors || kafka),
    }
}

fn comes_through(plan: &Plan, flow: &FlowConfig, service: FrontService) -> bool {
    matches!(&plan.traffic[flow.traffic.index()].through, Some(Through::Front(front)) if front.service == service)
}

fn metered(plan: &Plan) -> Vec<MeteredFunction> {
    let at_edge = plan
        .flows
        .iter()
        .filter(|flow| comes_through(plan, flow, FrontService::CloudFront));
    let edge: BTreeSet<_> = at_edge.map(|flow| flow.function).collect();
    let function = |(id, function): (FunctionId, &Arc<FunctionConfig>)| MeteredFunction {
        versions: function
            .versions
            .iter()
            .map(|version| MeteredVersion {
                architecture: version.architecture,
                memory: version.memory,
                ephemeral_storage: version.ephemeral_storage,
                snapshot: version.keeps_billed_snapshot(),
                published: version.published_at(),
                edge: edge.contains(&id),
            })
            .collect(),
        qualifiers: function
            .qualifiers
            .iter()
            .map(|qualifier| MeteredQualifier {
                version: qualifier.version,
                additional: qualifier.additional,
            })
            .collect(),
    };
    (0..).map(FunctionId).zip(&plan.functions).map(function).collect()
}
