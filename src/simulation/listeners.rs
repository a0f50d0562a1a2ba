//! Who listens to a run, whatever drives it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Plan;
use super::adjoining::adjoining_meter;
use crate::facts::{FunctionId, Observer};
use crate::lambda::{FlowConfig, FrontService, FunctionConfig, MappingConfig, MappingSource, MetricGroups, Through};
use crate::metrics::{FlowInfo, FunctionInfo, MappingMetrics, Recorder, RecorderConfig, Scope};
use crate::pricing::{
    AdjoiningMeter, BudgetMeter, Meter, MeteredFunction, MeteredQualifier, MeteredVersion, UtilizationMeter,
};

/// Who hears of a run beside its controller.
pub(super) type Heard<'a, 'b, 'c> = (
    (&'a mut Recorder<'b>, (&'a mut BudgetMeter, Option<Seldom>)),
    Option<&'c mut dyn Observer>,
);

/// A meter that is told nothing yet of what the plan's functions have used: for the price of single invocations.
pub fn meter_of(plan: &Plan) -> Meter {
    Meter::new(plan.start, &metered(plan)).billing_by(plan.account.billing_granularity)
}

/// The meter of a run, without what it has used.
pub(super) fn meter(plan: &Plan) -> Meter {
    let meter = meter_of(plan);
    match plan.billing.savings_plan {
        Some(_) => meter.by_the_hour(),
        None => meter,
    }
}

pub(super) type Seldom = (Option<UtilizationMeter>, Option<AdjoiningMeter>);

/// Meters that most runs do without: nobody there costs one test per event, not one for each of them.
pub(super) fn seldom(plan: &Plan) -> Option<Seldom> {
    let meters = (utilization(plan), adjoining_meter(plan));
    (meters.0.is_some() || meters.1.is_some()).then_some(meters)
}

/// A meter of how busy provisioned concurrency is, where there may be some.
fn utilization(plan: &Plan) -> Option<UtilizationMeter> {
    let mut qualifiers = plan.functions.iter().flat_map(|function| &function.qualifiers);
    let provisions = qualifiers.any(|qualifier| qualifier.provisioned > 0) || !plan.control.is_empty();
    provisions.then(|| UtilizationMeter::new(&metered(plan), &plan.billing))
}

pub(super) fn recorder_config(plan: &Plan) -> RecorderConfig {
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
        scope: Scope::Account,
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
