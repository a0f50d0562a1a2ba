//! `streams`: Kinesis data streams, DynamoDB streams and Kafka topics.

use super::keys::{STREAM_TYPES, nearest};
use super::reader::Reader;
use super::tree::{Entry, shortened};
use crate::kernel::draws::StreamKey;
use crate::messaging::{StreamConfig, StreamKind};
use crate::units::Span;

const DAY: Span = Span::from_secs(86_400);
/// Shards or partitions of one stream.
const MOST_SHARDS: u64 = 100_000;

/// The streams of a scenario, by name.
pub(super) fn streams(reader: &Reader, entries: &[&Entry], seed: u64) -> Vec<StreamConfig> {
    entries.iter().map(|entry| stream(reader, entry, seed)).collect()
}

/// The stream that an address names: its place among `streams`, or what is wrong with it.
pub(super) fn find(streams: &[StreamConfig], service: &str, name: &str) -> Result<usize, (String, String)> {
    let Some(index) = streams.iter().position(|stream| stream.name == name) else {
        let allowed = match nearest(name, streams.iter().map(|stream| stream.name.as_str())) {
            Some(close) => format!("did you mean {close}?"),
            None => "declare it under `streams`".to_owned(),
        };
        let found = format!("names {service}:{}, which does not exist", shortened(name));
        return Err((found, allowed));
    };
    let kind = streams[index].kind.name();
    if kind != service {
        let found = format!("names {service}:{name}, but the stream {name} is of type {kind}");
        return Err((found, format!("write {kind}:{name}")));
    }
    Ok(index)
}

fn stream(reader: &Reader, entry: &Entry, seed: u64) -> StreamConfig {
    if entry.key.is_empty() || entry.key.contains(char::is_whitespace) {
        let found = format!("\"{}\" is no name of a stream", shortened(&entry.key));
        let allowed = "letters, digits, hyphens, dots and underscores are allowed";
        reader.problem(entry.mark, found, allowed);
    }
    let get = |key: &str| entry.value.entry(key);
    let kind = get("type").and_then(|entry| reader.choice(entry, STREAM_TYPES));
    let kind = match kind {
        Some(1) => StreamKind::DynamoDb,
        Some(2) => StreamKind::Kafka,
        _ => StreamKind::Kinesis,
    };
    StreamConfig {
        name: entry.key.clone(),
        kind,
        shards: shards(reader, entry, kind),
        partition_keys: get("partition_keys").and_then(|entry| reader.count(entry, 1, u64::from(u32::MAX))),
        retention: retention(reader, entry, kind),
        key: StreamKey::derive(seed, 0, "stream", &entry.key),
    }
}

fn shards(reader: &Reader, entry: &Entry, kind: StreamKind) -> u32 {
    let (shards, partitions) = (entry.value.entry("shard_count"), entry.value.entry("partitions"));
    let (written, foreign, allowed) = match kind {
        StreamKind::Kafka => (partitions, shards, "a Kafka topic has `partitions`"),
        _ => (shards, partitions, "a stream of this type has `shard_count`"),
    };
    if let Some(foreign) = foreign {
        let found = format!("`{}` does not belong to a {} stream", foreign.key, kind.name());
        reader.problem(foreign.mark, found, allowed);
    }
    let count = written.and_then(|entry| reader.count(entry, 1, MOST_SHARDS));
    count.unwrap_or(1) as u32
}

/// How long records are kept: settable with Kinesis and Kafka (STRM-5).
fn retention(reader: &Reader, entry: &Entry, kind: StreamKind) -> Span {
    let days = |days: u64| Span::from_secs(days * DAY.as_micros() / 1_000_000);
    let written = entry.value.entry("retention_period");
    match kind {
        StreamKind::Kinesis => written.and_then(|entry| reader.duration_within(entry, DAY, days(365), " (STRM-5)")),
        StreamKind::DynamoDb => written.and_then(|entry| reader.duration_within(entry, DAY, DAY, " (STRM-5)")),
        StreamKind::Kafka => {
            let read = written.and_then(|entry| reader.duration_within(entry, Span::from_secs(1), days(25_550), ""));
            return read.unwrap_or(days(7));
        }
    }
    .unwrap_or(DAY)
}
