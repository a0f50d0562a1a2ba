//! The summary of a run, made once at its end of what has been counted by flow and by function.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::function_state::{FunctionState, Special};
use super::histogram::Histogram;
use super::queues::QueueState;
use super::recorder::{FlowInfo, FlowState, Recorder, cell, warm_answer};
use super::retries::RetryState;
use super::summary::{
    AccountSummary, AsyncSummary, Counts, FunctionSummary, LatencyRow, LatencySummary, Summary, TrafficSummary,
};
use super::timeline::{TimeSpent, TimelineSummary};
use crate::facts::{Call, StartKind, TrafficId};
use crate::kernel::{Crew, in_stretches};

impl Recorder<'_> {
    /// Ends the run; `unanswered` are the arrivals without final answer. The summary is made by a crew.
    ///
    /// # Panics
    /// Where arrivals and endings do not add up: that would be a defect of the simulator.
    pub fn finish(mut self, unanswered: &[Call], crew: &dyn Crew) -> (Summary, TimelineSummary) {
        self.close(unanswered);
        self.summarise(crew)
    }

    /// The run is over; `unanswered` are the arrivals without final answer. For a part that is all:
    /// [`Recorder::finish_joined`] makes the summary.
    pub fn close(&mut self, unanswered: &[Call]) {
        self.end_periods();
        for call in unanswered {
            if self.counts(call.arrived) {
                self.flows[call.flow.index()].counts.in_flight_at_end += 1;
            }
        }
        self.add_answers_at_once();
    }

    /// Adds what has been counted once for two histograms to both.
    fn add_answers_at_once(&mut self) {
        for flow in &mut self.flows {
            if let Some(mut times) = flow.answered_at_once.take() {
                times.settle();
                self.functions[flow.info.function.index()].duration.merge(&times);
                match &mut flow.latency[warm_answer()] {
                    Some(others) => others.merge(&times),
                    none => *none = Some(times),
                }
            }
            flow.latency.iter_mut().flatten().for_each(|times| times.settle());
        }
        self.functions.iter_mut().for_each(|state| state.duration.settle());
    }

    /// The summary of a run that has been closed.
    pub(super) fn summarise(self, crew: &dyn Crew) -> (Summary, TimelineSummary) {
        let counted = Counted {
            window: self.window.micros(),
            flows: &self.flows,
            functions: &self.functions,
            first_byte: &self.first_byte,
            retries: &self.retries,
            statuses: &self.statuses,
        };
        let totals = total(&self.flows);
        assert_eq!(
            totals.arrivals,
            totals.ended() + totals.in_flight_at_end,
            "every arrival ends once: {totals:?}"
        );
        assert_eq!(
            totals.requests,
            totals.invocations + totals.throttles + totals.rejected,
            "{totals:?}"
        );
        let (answers, events) = counted.times_spent();
        let latency_quantiles = counted.latency_curves(crew);
        let budgets = self.budgets.iter();
        let summary = Summary {
            budgets: budgets.map(|budget| budget.summary(counted.window)).collect(),
            totals,
            account: AccountSummary {
                concurrent_executions: self.account.concurrency,
                unreserved_concurrent_executions: self.account.unreserved,
                claimed_account_concurrency_max: self.account.claimed_max,
            },
            traffic: counted.traffic(crew),
            latency: counted.latency_rows(crew),
            functions: counted.functions(crew),
            streams: self.streams.finish(),
            queues: self.queues.iter().map(QueueState::finish).collect(),
            fingerprint: self.fingerprint.0,
        };
        let functions = summary.functions.iter();
        let requests: Vec<u64> = functions.map(|f| f.counts.invocations + f.counts.throttles).collect();
        let timeline = TimelineSummary {
            answers,
            events,
            sources: self.backlog.finish(),
            latency_quantiles,
            ..self.timeline.finish(&requests)
        };
        (summary, timeline)
    }
}

/// What a recorder has counted, for several hands to read.
struct Counted<'a> {
    /// Microseconds over which gauges are taken.
    window: u64,
    flows: &'a [FlowState],
    functions: &'a [FunctionState],
    /// By traffic entry.
    first_byte: &'a [Option<Box<Histogram>>],
    retries: &'a [RetryState],
    statuses: &'a BTreeMap<(TrafficId, u16), u64>,
}

impl Counted<'_> {
    /// Where the time of good answers, and of events that succeeded, went by function.
    fn times_spent(&self) -> (Vec<TimeSpent>, Vec<TimeSpent>) {
        let mut whole = vec![0; self.functions.len()];
        for flow in self.flows.iter().filter(|flow| flow.is_synchronous()) {
            let sums = flow.good().flatten().map(|histogram| histogram.sum());
            whole[flow.info.function.index()] += sums.sum::<u128>();
        }
        let of_answers = |(state, whole): (&FunctionState, u128)| {
            let special = state.special.as_ref();
            let known = special.map_or_else(TimeSpent::default, |special| special.answers);
            known.of_total(whole)
        };
        let of_events = |state: &FunctionState| {
            let events = state.events.as_ref();
            events.map_or_else(TimeSpent::default, |events| events.time)
        };
        (
            self.functions.iter().zip(whole).map(of_answers).collect(),
            self.functions.iter().map(of_events).collect(),
        )
    }

    /// Good answers by start kind: how many, and their percentiles in milliseconds.
    fn latency_curves(&self, crew: &dyn Crew) -> [(u64, Vec<f64>); 3] {
        let of_kind = |kind: StartKind| {
            let parts = in_stretches(crew, self.flows.len(), |stretch| {
                let sync = self.flows[stretch].iter().filter(|flow| flow.is_synchronous());
                merged(sync.map(|flow| &flow.latency[cell(kind, true)]))
            });
            let all = all_of(parts.iter().map(Cow::as_ref));
            let fractions: [f64; 101] = std::array::from_fn(|percent| percent as f64 / 100.0);
            (all.count(), all.quantiles(fractions).map(|us| us as f64 / 1e3).to_vec())
        };
        [StartKind::Cold, StartKind::Warm, StartKind::Provisioned].map(of_kind)
    }

    fn traffic(&self, crew: &dyn Crew) -> Vec<TrafficSummary> {
        let summary = |number: usize, flows: &[&FlowState]| self.traffic_summary(TrafficId(number as u32), flows);
        self.with_flows(crew, self.retries.len(), |flow| flow.traffic.index(), summary)
    }

    fn functions(&self, crew: &dyn Crew) -> Vec<FunctionSummary> {
        let summary = |number: usize, flows: &[&FlowState]| self.function_summary(&self.functions[number], flows);
        self.with_flows(crew, self.functions.len(), |flow| flow.function.index(), summary)
    }

    /// Summaries of `count` entries or functions, each with the flows that belong to it, as `place` says.
    fn with_flows<T: Send>(
        &self,
        crew: &dyn Crew,
        count: usize,
        place: impl Fn(&FlowInfo) -> usize + Sync,
        summary: impl Fn(usize, &[&FlowState]) -> T + Sync,
    ) -> Vec<T> {
        let mut flows: Vec<&FlowState> = self.flows.iter().collect();
        flows.sort_by_key(|flow| place(&flow.info));
        joined(in_stretches(crew, count, |numbers: Range<usize>| {
            let before = flows.partition_point(|flow| place(&flow.info) < numbers.start);
            let mut rest = &flows[before..];
            let summaries = numbers.map(|number| {
                let own = rest.iter().take_while(|flow| place(&flow.info) == number).count();
                let (own, others) = rest.split_at(own);
                rest = others;
                summary(number, own)
            });
            summaries.collect()
        }))
    }

    fn latency_rows(&self, crew: &dyn Crew) -> Vec<LatencyRow> {
        joined(in_stretches(crew, self.flows.len(), |stretch| {
            self.flows[stretch].iter().flat_map(latency_rows).collect()
        }))
    }

    fn traffic_summary(&self, traffic: TrafficId, flows: &[&FlowState]) -> TrafficSummary {
        let sync = flows.iter().filter(|flow| flow.is_synchronous());
        let latency = merged(sync.flat_map(|flow| flow.good())).summary();
        // Mostly there are no other answers.
        let all_alike = flows
            .iter()
            .all(|flow| flow.is_synchronous() && flow.bad().all(Option::is_none));
        TrafficSummary {
            counts: total(flows.iter().copied()),
            latency,
            latency_all: match all_alike {
                true => latency,
                false => merged(flows.iter().flat_map(|flow| &flow.latency)).summary(),
            },
            retries: self.retries[traffic.index()].summary(flows.iter().map(|flow| flow.served).sum()),
            time_to_first_byte: merged(self.first_byte.get(traffic.index()).into_iter()).summary(),
            status: self
                .statuses
                .range((traffic, 0)..=(traffic, u16::MAX))
                .map(|((_, status), count)| (*status, *count))
                .collect(),
        }
    }

    fn function_summary(&self, state: &FunctionState, flows: &[&FlowState]) -> FunctionSummary {
        let sync = flows.iter().filter(|flow| flow.is_synchronous());
        let concurrency = state.concurrency;
        let environments = state.environments.summary(self.window);
        let nothing = Special::default();
        let special = state.special.as_deref().unwrap_or(&nothing);
        FunctionSummary {
            counts: total(flows.iter().copied()),
            throttles_by_reason: special.by_reason,
            throttles_by_cause: special.by_cause,
            rejected_by_error: special.rejected.clone(),
            init: special.init.summary(),
            restore: summarised(&special.restore),
            extensions: summarised(&special.extensions),
            concurrent_executions: concurrency,
            environments,
            environments_created: state.created,
            environments_used: state.used,
            environments_idle_mean: (environments.mean - concurrency.mean).max(0.0),
            duration: state.duration.summary(),
            latency: merged(sync.flat_map(|flow| flow.good())).summary(),
            provisioned_invocations: special.provisioned_invocations,
            provisioned_spillover: special.provisioned_spillover,
            provisioned_utilization_max: special.utilization_max,
            asynchronous: state
                .events
                .as_ref()
                .map_or_else(AsyncSummary::default, |events| events.summary()),
            by_version: state.versions.iter().map(|version| version.counts).collect(),
        }
    }
}

/// The final answers of a flow, those of each start kind by themselves.
fn latency_rows(flow: &FlowState) -> impl Iterator<Item = LatencyRow> {
    StartKind::ALL.into_iter().filter_map(|start| {
        let merged = merged([false, true].iter().map(|good| &flow.latency[cell(start, *good)]));
        (merged.count() > 0).then(|| LatencyRow {
            traffic: flow.info.traffic,
            function: flow.info.function,
            qualifier: flow.info.qualifier,
            invocation_type: flow.info.invocation_type,
            start,
            latency: merged.summary(),
        })
    })
}

/// All the values of several histograms. Mostly there is one.
fn merged<'b>(cells: impl Iterator<Item = &'b Option<Box<Histogram>>>) -> Cow<'b, Histogram> {
    all_of(cells.flatten().map(|cell| &**cell))
}

fn all_of<'b>(histograms: impl Iterator<Item = &'b Histogram>) -> Cow<'b, Histogram> {
    let mut histograms = histograms.filter(|histogram| histogram.count() > 0);
    let mut all = histograms.next().map_or_else(Cow::default, Cow::Borrowed);
    histograms.for_each(|histogram| all.to_mut().merge(histogram));
    all
}

fn summarised(histogram: &Option<Box<Histogram>>) -> LatencySummary {
    histogram
        .as_ref()
        .map_or_else(LatencySummary::default, |histogram| histogram.summary())
}

fn total<'b>(flows: impl IntoIterator<Item = &'b FlowState>) -> Counts {
    flows.into_iter().fold(Counts::default(), |mut sum, flow| {
        sum.add(&flow.counts());
        sum
    })
}

/// All lists one after another.
fn joined<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let join = |mut all: Vec<T>, list| {
        all.extend(list);
        all
    };
    lists.into_iter().reduce(join).unwrap_or_default()
}
