//! What chains add: invocations that queues, topics and other functions cause.

use crate::metrics::Summary;
use crate::simulation::Plan;

/// Invocations by what caused them.
pub(super) struct Chains {
    /// By traffic, on the spot.
    pub from_traffic: u64,
    /// By a link or an event source mapping.
    pub from_chains: u64,
    /// The latter by function.
    pub by_function: Vec<u64>,
}

impl Chains {
    /// Those of a run.
    pub fn of(plan: &Plan, summary: &Summary) -> Chains {
        let entries = plan.entries().count();
        let invocations = |entry: usize| summary.traffic.get(entry).map_or(0, |entry| entry.counts.invocations);
        let mut by_function = vec![0; plan.functions.len()];
        // Behind the entries each sender has one flow.
        for flow in plan.flows.iter().filter(|flow| flow.traffic.index() >= entries) {
            by_function[flow.function.index()] += invocations(flow.traffic.index());
        }
        Chains {
            from_traffic: (0..entries).map(invocations).sum(),
            from_chains: by_function.iter().sum(),
            by_function,
        }
    }

    /// Invocations for each one that traffic causes on the spot; 0 where it causes none.
    pub fn amplification(&self) -> f64 {
        match self.from_traffic {
            0 => 0.0,
            direct => (direct + self.from_chains) as f64 / direct as f64,
        }
    }
}
