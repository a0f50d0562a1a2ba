//! Laws of queues that hold in every scenario, checked on many random ones (contract §4, SQS-9, SQS-13).

use std::collections::BTreeMap;
use std::fs;

use lambdasim::facts::{Message, MessageStep, Observer, QueueId};
use lambdasim::kernel::draws::{Purpose, StreamKey};
use lambdasim::scenario::{self, LoadOptions};
use lambdasim::simulation::{Plan, simulate};
use lambdasim::units::SimTime;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Scenarios on which each law is tried.
const SEEDS: u64 = 40;

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    InFlight(SimTime),
    Gone,
}

/// Follows every message of every queue.
#[derive(Default)]
struct Witness {
    /// By queue, link, group and number.
    messages: BTreeMap<(QueueId, u32, u64, u64), State>,
    /// Messages that were sent, deleted, dead-lettered and expired, that wait and are in flight, by queue.
    counts: BTreeMap<QueueId, [u64; 6]>,
    most_receives: u16,
    /// By link, what the groups of its messages are drawn with; and the number of groups.
    keys: Vec<StreamKey>,
    groups: u32,
    /// Whether every message had to wait for all of its group that were sent before it.
    in_order: bool,
}

impl Witness {
    /// The message group of a message: any one, with equal probability.
    fn group(&self, link: u32, ordinal: u64) -> u64 {
        let drawn = self.keys[link as usize].draw(ordinal, 0, Purpose::Group).first;
        ((u128::from(drawn) * u128::from(self.groups)) >> 53) as u64
    }
}

impl Observer for Witness {
    fn message(&mut self, time: SimTime, queue: QueueId, message: &Message, step: MessageStep) {
        let group = self.group(message.link.0, message.ordinal);
        let key = (queue, message.link.0, group, message.ordinal);
        let before = self.messages.get(&key).copied();
        let in_flight = matches!(before, Some(State::InFlight(_)));
        let counts = self.counts.entry(queue).or_default();
        let (fits, after, change): (bool, State, &[(usize, i64)]) = match step {
            MessageStep::Sent => (before.is_none(), State::Waiting, &[(0, 1), (4, 1)]),
            MessageStep::Received => (
                before == Some(State::Waiting),
                State::InFlight(time),
                &[(4, -1), (5, 1)],
            ),
            MessageStep::Deleted => (in_flight, State::Gone, &[(1, 1), (5, -1)]),
            MessageStep::Returned => (in_flight, State::Waiting, &[(4, 1), (5, -1)]),
            MessageStep::DeadLettered => (before == Some(State::Waiting), State::Gone, &[(2, 1), (4, -1)]),
            MessageStep::Expired => (before == Some(State::Waiting), State::Gone, &[(3, 1), (4, -1)]),
            MessageStep::Rejected => (before.is_none(), State::Gone, &[]),
        };
        assert!(fits, "{step:?} of {message:?} at {time:?}, which is {before:?}");
        for (place, by) in change {
            counts[*place] = counts[*place].checked_add_signed(*by).expect("no count falls below 0");
        }
        let [sent, rest @ ..] = *counts;
        assert_eq!(sent, rest.iter().sum::<u64>(), "{counts:?}");
        if step == MessageStep::Received {
            self.most_receives = self.most_receives.max(message.receives);
            let earlier = self.messages.range((queue, message.link.0, group, 0)..key);
            let passed = |state: &State| matches!(state, State::Gone) || *state == State::InFlight(time);
            self.in_order &= earlier.map(|(_, state)| state).all(passed);
        }
        self.messages.insert(key, after);
    }
}

fn plan(text: &str) -> Plan {
    let folder = tempfile::tempdir().expect("a folder for the scenario");
    let path = folder.path().join("queue.yaml");
    fs::write(&path, text).expect("the scenario is written");
    scenario::load(&path, &LoadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}\n{text}"))
        .plan
}

/// A scenario with one queue that is read, crowded enough that its function fails, is throttled, or both. `fixed` is what the
/// queue is beside that.
fn any_scenario(seed: u64, fixed: &str, standard: bool) -> String {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut pick = |from: &[&str]| from[dice.random_range(0..from.len())].to_owned();
    let reserved = pick(&[
        "",
        "reserved_concurrent_executions: 0, ",
        "reserved_concurrent_executions: 3, ",
        "",
    ]);
    let failures = pick(&[
        "error_rate: 20 %",
        "record_error_rate: 10 %",
        "poison: 5 %",
        "crash_rate: 1 %",
    ]);
    let reports = pick(&["", ", function_response_types: ReportBatchItemFailures"]);
    let queue = pick(&["", "delay_seconds: 5 s, ", "message_retention_period: 60 s, "]);
    let visibility = pick(&["10 s", "40 s"]);
    let receives = pick(&["1", "3"]);
    let batching = match standard {
        true => pick(&[
            "batch_size: 1",
            "batch_size: 10",
            "batch_size: 40, maximum_batching_window: 3 s",
        ]),
        false => pick(&["batch_size: 1", "batch_size: 10"]),
    };
    let scaling = pick(&[
        "",
        ", maximum_concurrency: 2",
        ", provisioned_poller_config: {}",
        ", filter_criteria: { pass: 60 % }",
    ]);
    let rate = pick(&["2/s", "30/s", "150/s"]);
    let duration = pick(&["100 ms", "{ exponential: 2 s }"]);
    let drain = pick(&["0 s", "5 min"]);
    format!(
        "seed: {seed}\nduration: 2 min\ndrain: {drain}\n\
         functions:\n  work: {{ init: 0 s, {reserved}timeout: 10 s, duration: {duration}, {failures}{reports} }}\n\
         queues:\n  dead: {{ {fixed} }}\n  orders:\n    {{ {fixed}, {queue}visibility_timeout: {visibility}, \
         redrive_policy: {{ max_receive_count: {receives}, dead_letter_target: sqs:dead }} }}\n\
         event_source_mappings:\n  orders-to-work: {{ event_source: sqs:orders, function: work, {batching}{scaling} }}\n\
         traffic:\n  many: {{ to: sqs:orders, arrivals: {{ poisson: {rate} }} }}\n"
    )
}

fn every_scenario(fixed: &str, standard: bool, law: impl Fn(&Plan, &Witness, &lambdasim::metrics::Summary) + Sync) {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let plan = plan(&any_scenario(seed, fixed, standard));
        let mut witness = Witness {
            in_order: true,
            keys: plan.links.iter().map(|link| link.key).collect(),
            groups: plan.queues[1].groups.unwrap_or(1),
            ..Witness::default()
        };
        let result = simulate(&plan, &mut (), Some(&mut witness), &mut ()).expect("nothing stops it");
        law(&plan, &witness, &result.summary);
    });
}

#[test]
fn every_message_is_at_every_instant_done_lost_waiting_or_in_flight_and_the_summary_counts_it_so() {
    for (fixed, standard) in [
        ("fifo_queue: false", true),
        ("fifo_queue: true, message_groups: 7", false),
    ] {
        every_scenario(fixed, standard, |plan, witness, summary| {
            for (queue, told) in plan.queues.iter().zip(&summary.queues) {
                let id = plan
                    .queues
                    .iter()
                    .position(|other| other.name == queue.name)
                    .unwrap_or_default();
                let counts = witness.counts.get(&QueueId(id as u32)).copied().unwrap_or_default();
                let summed = [
                    told.sent,
                    told.processed,
                    told.dead_lettered,
                    told.expired,
                    told.waiting,
                    told.in_flight,
                ];
                assert_eq!(counts, summed, "{} of seed {}", queue.name, plan.seed);
            }
            let allowed = plan.queues[1].redrive.map_or(u16::MAX, |(receives, _)| receives);
            assert!(witness.most_receives <= allowed, "seed {}", plan.seed);
        });
    }
}

#[test]
fn sqs_9_the_messages_of_a_group_are_received_in_the_order_in_which_they_were_sent() {
    for groups in [1, 6] {
        let fifo = format!("fifo_queue: true, message_groups: {groups}");
        every_scenario(&fifo, false, |plan, witness, _| {
            assert!(witness.in_order, "{groups} groups, seed {}", plan.seed);
        });
    }
}
