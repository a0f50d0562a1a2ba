//! Sizes of what a traffic entry sends and gets: to `TransferConfig` (INV-4, INV-5, LIM-12).

use super::dated::Dated;
use super::reader::Reader;
use super::tree::{Entry, Node};
use crate::facts::InvocationType;
use crate::kernel::{Distribution, SizeDistribution};
use crate::lambda::{ResponseMode, TransferConfig};
use crate::units::{Bytes, Span};

/// Largest request and buffered response of a caller that waits (INV-4).
const LARGEST_BUFFERED: Bytes = Bytes::from_mb(6);
/// Largest event, before and from SW-ASYNC1MB on.
const LARGEST_EVENT_BEFORE: Bytes = Bytes::from_kb(256);
const LARGEST_EVENT: Bytes = Bytes::from_mb(1);
/// Largest streamed response, first and from `STREAM_RAISED` on (SW-STREAM).
const LARGEST_STREAM_BEFORE: Bytes = Bytes::from_mb(20);
const LARGEST_STREAM: Bytes = Bytes::from_mb(200);
const STREAM_RAISED: &str = "2025-07-31";

/// Keys of a traffic entry that say something of sizes.
const KEYS: [&str; 4] = ["payload", "response", "time_to_first_byte", "invoke_mode"];
const MODES: [&str; 2] = ["BUFFERED", "RESPONSE_STREAM"];

/// Reads the sizes of one traffic entry; `None` where it has none.
pub(super) fn transfer(
    reader: &Reader,
    dated: &Dated,
    entry: &Entry,
    invocation_type: InvocationType,
) -> Option<TransferConfig> {
    let node = &entry.value;
    if KEYS.iter().all(|key| node.entry(key).is_none()) {
        return None;
    }
    let read = |key: &str| node.entry(key).and_then(|entry| reader.sizes(entry));
    let nothing = || SizeDistribution::constant(Bytes(0));
    let (payload, response) = (read("payload"), read("response"));
    let mode = mode(reader, dated, node, invocation_type);
    let payload_limit = match (invocation_type, dated.on("SW-ASYNC1MB")) {
        (InvocationType::Event, true) => LARGEST_EVENT,
        (InvocationType::Event, false) => LARGEST_EVENT_BEFORE,
        _ => LARGEST_BUFFERED,
    };
    let response_limit = match &mode {
        ResponseMode::Buffered => LARGEST_BUFFERED,
        ResponseMode::Streamed { .. } if dated.reached(STREAM_RAISED) => LARGEST_STREAM,
        ResponseMode::Streamed { .. } => LARGEST_STREAM_BEFORE,
    };
    let above = |sizes: &Option<SizeDistribution>, limit| sizes.as_ref().is_some_and(|sizes| sizes.minimum() > limit);
    if above(&payload, payload_limit) {
        let rules = match payload_limit {
            LARGEST_EVENT_BEFORE => "INV-4, LIM-12, SW-ASYNC1MB",
            _ => "INV-4, LIM-12",
        };
        reader.warn(format!(
            "every request of the traffic {} is refused with 413: its payload is above {payload_limit} ({rules})",
            entry.key
        ));
    }
    if above(&response, response_limit) {
        match (&mode, node.entry("response")) {
            (ResponseMode::Streamed { .. }, Some(response)) => reader.problem(
                response.value.mark,
                format!("`response` is {}", response.value.compact()),
                match response_limit {
                    LARGEST_STREAM_BEFORE => {
                        "a streamed response of at most 20 MB is allowed (LIM-12, SW-STREAM)".to_owned()
                    }
                    _ => format!("a streamed response of at most {response_limit} is allowed (LIM-12)"),
                },
            ),
            _ => reader.warn(format!(
                "every invocation by the traffic {} fails: its response is above {response_limit} and not streamed \
                 (LIM-12); `invoke_mode: RESPONSE_STREAM` streams it",
                entry.key
            )),
        }
    }
    Some(TransferConfig {
        payload: payload.unwrap_or_else(nothing),
        payload_limit,
        response: response.unwrap_or_else(nothing),
        response_limit,
        mode,
    })
}

/// Streamed where that is said, or where the first byte has a time of its own.
fn mode(reader: &Reader, dated: &Dated, node: &Node, invocation_type: InvocationType) -> ResponseMode {
    let first_byte = node.entry("time_to_first_byte");
    let chosen = node.entry("invoke_mode");
    let streamed = chosen.map(|entry| reader.choice(entry, &MODES) == Some(1));
    if let (Some(false), Some(entry)) = (streamed, first_byte) {
        let found = "`time_to_first_byte` is given, but the response is not streamed";
        reader.problem(entry.mark, found, "remove it, or choose `invoke_mode: RESPONSE_STREAM`");
    }
    let Some(entry) = chosen.filter(|_| streamed == Some(true)).or(first_byte) else {
        return ResponseMode::Buffered;
    };
    if invocation_type != InvocationType::RequestResponse {
        let found = format!(
            "`{}` streams a response, but the traffic is {}",
            entry.key,
            invocation_type.name()
        );
        reader.problem(
            entry.mark,
            found,
            "only RequestResponse has a caller who reads it (INV-5)",
        );
    }
    if !dated.on("SW-STREAM") {
        let found = format!("`{}` streams a response", entry.key);
        reader.problem(entry.mark, found, dated.too_early("SW-STREAM"));
    }
    let default = || Distribution::constant(Span::ZERO);
    ResponseMode::Streamed {
        first_byte: first_byte.map(|entry| reader.distribution(entry).unwrap_or_else(default)),
    }
}
