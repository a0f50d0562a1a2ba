//! How a batch invokes its function, whatever it was read from.

use crate::facts::{Arrival, ErrorCode, FlowId, Message, Observer, Recorded};
use crate::kernel::Distribution;
use crate::kernel::draws::Purpose;
use crate::lambda::config::VersionConfig;
use crate::lambda::deliver::LONGEST_CHAIN;
use crate::lambda::execution::scaled;
use crate::lambda::outbox::Link;
use crate::lambda::platform::Platform;
use crate::lambda::task::Task;
use crate::units::{Bytes, SimTime, Span};

/// One invocation of a batch.
#[derive(Clone, Copy, Debug)]
pub(in crate::lambda) struct BatchCall<'a> {
    /// The flow of the mapping.
    pub flow: FlowId,
    /// Which batch of the mapping: the ordinal of all draws.
    pub number: u64,
    /// Attempts made before this one.
    pub attempt: u32,
    /// When the batch was opened.
    pub opened: SimTime,
    /// Invocations in the chain that led to it (INV-8).
    pub hops: u8,
    /// What is in it.
    pub records: &'a [Message],
    /// Whether the handler reports failed records one by one; without it one that fails makes the handler raise.
    pub reports: bool,
}

/// Why a batch was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lambda) enum NotTaken {
    /// 429.
    Throttled,
    /// 400: a loop of invocations (INV-8).
    Rejected,
}

impl Platform {
    /// Invokes the function of a mapping with a batch, as a synchronous caller does (ESM-1, RPS-4). Returns the places of
    /// the records that will be reported as failed; how the invocation ends comes back through the outbox.
    ///
    /// # Errors
    /// Where the invocation is refused.
    pub(in crate::lambda) fn call_batch<O: Observer>(
        &mut self,
        now: SimTime,
        call: &BatchCall<'_>,
        observer: &mut O,
    ) -> Result<Vec<u32>, NotTaken> {
        let flow = self.flows[call.flow.index()];
        observer.batched(now, call.flow, call.number, call.attempt, call.records);
        let uniform = flow.key.draw(call.number, call.attempt, Purpose::Work).second;
        let mut task = Task::new(&Arrival {
            time: call.opened,
            flow: call.flow,
            ordinal: call.number,
            uniform,
            recorded: Recorded::default(),
            sampled: None,
        });
        (task.attempt, task.hops) = (call.attempt, call.hops);
        let config = &self.functions[flow.function.index()];
        let version = &config.config.versions[config.route(&task, &flow).index()];
        task.recorded = task
            .recorded
            .lasting(batch_duration(uniform, version, call.records, &self.links));
        let records = config.config.records;
        let fails = |record: &Message| {
            let draw = |attempt| {
                self.links[record.link.index()]
                    .config
                    .key
                    .draw(record.ordinal, attempt, Purpose::RecordFate)
            };
            records.poison.covers(draw(0).second) || records.error_rate.covers(draw(record.receives as u32).first)
        };
        let mut failed = Vec::new();
        if !records.poison.is_none() || !records.error_rate.is_none() {
            let places = (0..).zip(call.records).filter(|(_, record)| fails(record));
            failed.extend(places.map(|(place, _)| place));
        }
        if !failed.is_empty() && !call.reports {
            task.recorded = task.recorded.failing(true);
        }
        let (function, mut cx) = self.split(flow.function.index(), observer);
        if task.hops >= LONGEST_CHAIN && !function.config.recursion_allowed {
            function.tell_rejection(now, &task, ErrorCode::RecursiveInvocation, &mut cx);
            return Err(NotTaken::Rejected);
        }
        match function.invoke(now, &task, &mut cx) {
            Ok(_) => Ok(failed),
            Err(cause) => {
                function.tell_refusal(now, &task, cause, &mut cx);
                Err(NotTaken::Throttled)
            }
        }
    }
}

/// What an invocation with these records takes: `base`, and `per_record` for each, drawn for the record itself.
fn batch_duration(uniform: u64, version: &VersionConfig, records: &[Message], links: &[Link]) -> Span {
    let base = version.duration.sample(uniform);
    let draw = |record: &Message, per_record: &Distribution| {
        let key = links[record.link.index()].config.key;
        per_record.sample(key.draw(record.ordinal, record.receives as u32, Purpose::Record).first)
    };
    let all = match &version.per_record {
        None => base,
        Some(per_record) => match per_record.as_constant() {
            Some(each) => base.saturating_add(Span::from_micros(each.as_micros().saturating_mul(records.len() as u64))),
            None => records
                .iter()
                .fold(base, |sum, record| sum.saturating_add(draw(record, per_record))),
        },
    };
    scaled(all, version.duration_factor)
}

/// The payload of a message: what its sender sends.
pub(in crate::lambda) fn payload(links: &[Link], message: &Message) -> Bytes {
    let config = &links[message.link.index()].config;
    config.payload.as_ref().map_or(Bytes(0), |sizes| {
        sizes.sample(config.key.draw(message.ordinal, 0, Purpose::Payload).first)
    })
}
