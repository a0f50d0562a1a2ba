//! A plan as several, each of some of its functions with all that calls them.

use super::Plan;
use super::cell_major::{by_function, called};
use crate::control::ControlConfig;
use crate::facts::{FlowId, FunctionId, TrafficId};
use crate::metrics::Members;
use crate::workload::SourceConfig;

/// What it takes to run a function that has nothing to do, in arrivals.
const IDLE: u64 = 16;

/// Some functions of a plan, as a plan of their own.
pub(super) struct Division {
    pub plan: Plan,
    pub members: Members,
}

/// The plan in at most so many parts with about the same work, each of functions that follow each other in the order of their
/// sources: so slots of one instant stay in the order of their arrivals where all parts are told one after another.
pub(super) fn divide(plan: &Plan, parts: usize) -> Vec<Division> {
    let order = by_source(plan);
    let whole: u64 = order.iter().map(|(_, work)| work).sum();
    let (mut divisions, mut functions, mut done) = (Vec::new(), Vec::new(), 0);
    for (place, (function, work)) in order.iter().enumerate() {
        functions.push(*function);
        done += work;
        let full = u128::from(done) * parts as u128 >= u128::from(whole) * (divisions.len() as u128 + 1);
        if full || place + 1 == order.len() {
            divisions.push(division(plan, std::mem::take(&mut functions)));
        }
    }
    divisions
}

/// Functions in the order of their first sources, then those that nobody calls, with their work.
fn by_source(plan: &Plan) -> Vec<(FunctionId, u64)> {
    let sources = by_function(plan);
    let mut idle = vec![true; plan.functions.len()];
    let busy = called(plan, &sources).map(|(function, sources)| {
        idle[function.index()] = false;
        let arrivals: u64 = sources.iter().map(|source| source.roughly()).sum();
        (function, IDLE + arrivals)
    });
    let mut order: Vec<(FunctionId, u64)> = busy.collect();
    let idle = (0..).map(FunctionId).zip(&idle).filter(|(_, idle)| **idle);
    order.extend(idle.map(|(function, _)| (function, IDLE)));
    order
}

/// What stands at these places of a list, and where it stands now.
struct Selection<T> {
    list: Vec<T>,
    /// By place in the whole list.
    places: Vec<Option<u32>>,
}

impl<T: Clone> Selection<T> {
    fn of(list: &[T], chosen: impl Fn(usize) -> bool) -> Selection<T> {
        let mut selection = Selection {
            list: Vec::new(),
            places: vec![None; list.len()],
        };
        for (place, one) in list.iter().enumerate().filter(|(place, _)| chosen(*place)) {
            selection.places[place] = Some(selection.list.len() as u32);
            selection.list.push(one.clone());
        }
        selection
    }

    fn place(&self, before: usize) -> u32 {
        self.places[before].unwrap_or_default()
    }

    /// Where each stood.
    fn before(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.places).filter_map(|(place, now)| now.map(|_| place))
    }
}

fn division(plan: &Plan, chosen: Vec<FunctionId>) -> Division {
    let mut is_chosen = vec![false; plan.functions.len()];
    chosen.iter().for_each(|function| is_chosen[function.index()] = true);
    let mut sends = vec![false; plan.traffic.len()];
    let calls = |flow: usize| is_chosen[plan.flows[flow].function.index()];
    let called = plan.flows.iter().filter(|flow| is_chosen[flow.function.index()]);
    called.for_each(|flow| sends[flow.traffic.index()] = true);
    let functions = Selection::of(&plan.functions, |place| is_chosen[place]);
    let traffic = Selection::of(&plan.traffic, |place| sends[place]);
    let mut flows = Selection::of(&plan.flows, calls);
    let members = Members {
        functions: functions.before().map(FunctionId).collect(),
        flows: flows.before().map(FlowId).collect(),
        traffic: traffic.before().map(TrafficId).collect(),
    };
    let of_part = plan.sources.iter().filter(|source| calls(source.flow.index()));
    let sources = of_part.map(|source| source_of(source, &flows)).collect();
    for flow in &mut flows.list {
        flow.function = FunctionId(functions.place(flow.function.index()));
        flow.traffic = TrafficId(traffic.place(flow.traffic.index()));
    }
    let plan = Plan {
        name: plan.name.clone(),
        seed: plan.seed,
        replication: plan.replication,
        start: plan.start,
        model_date: plan.model_date.clone(),
        warm_up: plan.warm_up,
        duration: plan.duration,
        drain: plan.drain,
        until_empty: plan.until_empty,
        account: plan.account.clone(),
        functions: functions.list,
        tags: Vec::new(),
        traffic: traffic.list,
        flows: flows.list,
        links: Vec::new(),
        sources,
        changes: Vec::new(),
        change_steps: Vec::new(),
        queues: Vec::new(),
        streams: Vec::new(),
        topics: Vec::new(),
        control: ControlConfig::default(),
        mappings: Vec::new(),
        billing: plan.billing.clone(),
    };
    Division { plan, members }
}

fn source_of<T: Clone>(source: &SourceConfig, flows: &Selection<T>) -> SourceConfig {
    let mut source = source.clone();
    let moved = |flow: &mut FlowId| *flow = FlowId(flows.place(flow.index()));
    moved(&mut source.flow);
    source.changes.iter_mut().for_each(|change| moved(&mut change.flow));
    source
}
