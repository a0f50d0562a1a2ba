//! Messages, records and the batches that they come in.

use super::line::Line;
use super::names::Names;
use super::words::{counted, grouped, ordinal};
use crate::facts::{FlowId, MappingId, Message, MessageStep, QueueId, RecordStep, StreamId};
use crate::lambda::MappingSource;
use crate::units::SimTime;

pub(super) fn sent(names: Names, time: SimTime, message: &Message) -> Line {
    let text = format!(
        "sent from {}, message {}",
        names.link(message.link),
        grouped(message.ordinal)
    );
    Line::new(time, "sent", text, &[]).with("message", message.ordinal)
}

/// A step that some messages of a queue take together.
pub(super) fn queue_step(names: Names, time: SimTime, queue: QueueId, messages: &[Message], step: MessageStep) -> Line {
    let name = names.queue(queue);
    let who = counted(messages.len() as u64, "message");
    let (verb, go) = if messages.len() == 1 {
        ("waits", "goes")
    } else {
        ("wait", "go")
    };
    let receives = messages.iter().map(|message| message.receives).max().unwrap_or(0);
    let (text, rules): (String, &[&str]) = match step {
        MessageStep::Sent => (format!("{who} in queue {name}"), &["SQS-16"]),
        MessageStep::Received => {
            let count = ordinal(u32::from(receives));
            (
                format!("a poller receives it from {name} for the {count} time"),
                &["SQS-2", "SQS-13"],
            )
        }
        MessageStep::Deleted => (format!("{who} deleted from {name}: done"), &["SQS-11", "SQS-14"]),
        MessageStep::Returned => {
            let text = format!("the visibility timeout is over: {who} {verb} in {name} again");
            (text, &["SQS-11", "SQS-12"])
        }
        MessageStep::DeadLettered => (
            format!("received too often: {who} of {name} {go} to the dead-letter queue"),
            &["SQS-13", "SQS-15"],
        ),
        MessageStep::Expired => (format!("{who} outlived the retention of {name}"), &["SQS-16"]),
        MessageStep::Rejected => (format!("{name} refuses it: it is too large"), &["SQS-16"]),
    };
    Line::new(time, step_name(step), text, rules)
        .with("queue", name)
        .with("messages", messages.len())
        .with("receives", receives)
}

const fn step_name(step: MessageStep) -> &'static str {
    match step {
        MessageStep::Sent => "queued",
        MessageStep::Received => "received",
        MessageStep::Deleted => "deleted",
        MessageStep::Returned => "returned",
        MessageStep::DeadLettered => "dead_lettered",
        MessageStep::Expired => "expired",
        MessageStep::Rejected => "rejected",
    }
}

/// A step that some records of a stream take together.
pub(super) fn record_step(
    names: Names,
    time: SimTime,
    (stream, mapping): (StreamId, Option<MappingId>),
    records: usize,
    step: RecordStep,
) -> Line {
    let name = &names.plan.streams[stream.index()].name;
    let reader = mapping.map_or("nobody", |mapping| &names.plan.mappings[mapping.index()].name);
    let who = counted(records as u64, "record");
    let (kind, text, rules): (_, _, &[&str]) = match step {
        RecordStep::Processed => ("processed", format!("{who} of {name} done for {reader}"), &["STRM-5"]),
        RecordStep::Filtered => (
            "filtered",
            format!("{who} of {name} passed over by {reader}"),
            &["ESM-6", "STRM-4"],
        ),
        RecordStep::Discarded => (
            "discarded",
            format!("{reader} gives {who} of {name} up"),
            &["STRM-6", "STRM-11"],
        ),
        RecordStep::Expired => (
            "expired",
            format!("{who} outlived the retention of {name}"),
            &["STRM-5"],
        ),
    };
    Line::new(time, kind, text, rules)
        .with("stream", name.as_str())
        .with("records", records)
}

/// A mapping invokes; `waited` since its last attempt with the batch, if it is not the first.
pub(super) fn batched(names: Names, time: SimTime, flow: FlowId, number: u64, attempt: u32, records: usize) -> Line {
    let config = &names.plan.flows[flow.index()];
    let address = names.address(config.function, config.qualifier);
    let who = counted(records as u64, "record");
    let sender = names.sender_of(flow);
    let mapping = config
        .mapping
        .map(|mapping| &names.plan.mappings[mapping.index()].source);
    let is_queue = matches!(mapping, Some(MappingSource::Queue(_)));
    let (again, rules): (&str, &[&str]) = match attempt {
        0 => ("invokes", &["ESM-1", "ESM-2"]),
        _ if is_queue => ("tries again to invoke", &["SQS-12"]),
        _ => ("tries again to invoke", &["STRM-9"]),
    };
    let text = format!("{sender} {again} {address} with {who}, batch {}", grouped(number));
    Line::new(time, "batch", text, rules)
        .with("batch", number)
        .with("attempt", attempt)
        .with("records", records)
}
