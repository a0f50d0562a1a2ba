//! What became of the records of streams.

use maud::{Markup, html};

use super::facts::Facts;
use super::tables::{Cells, count, name_cell, section, text, time};
use crate::facts::{MappingId, StreamId};
use crate::lambda::MappingSource;
use crate::metrics::ReaderSummary;
use crate::report::numbers::milliseconds;

/// One row for each stream and its reader; nothing where there are no streams.
pub(super) fn streams(facts: &Facts) -> Markup {
    let input = facts.input;
    let heads = [
        ("Stream", ""),
        ("Mapping", "who reads it"),
        ("Sent", "records sent to the stream"),
        ("Processed", "records of invocations that succeeded"),
        ("Discarded", "records given up by the mapping’s limits"),
        ("Filtered", "records passed over"),
        ("Expired", "records that outlived the retention"),
        ("Waiting", "records not done at the end, those in flight included"),
        ("Age p99", "IteratorAge at the end of a batch: 99 % are at most this"),
        ("Age max", "the largest IteratorAge"),
        (
            "Stopped lanes",
            "lanes that a failed or throttled batch has ever stopped",
        ),
        ("At the end", "lanes that were stopped when the run ended"),
        ("Longest stop", ""),
    ];
    let row = |stream: &str, mapping: &str, sent: u64, reader: &ReaderSummary| {
        let age = &reader.iterator_age;
        vec![
            name_cell(stream),
            name_cell(mapping),
            count(sent),
            count(reader.processed),
            count(reader.discarded),
            count(reader.filtered),
            count(reader.expired),
            count(sent - reader.settled()),
            time(age, age.p99),
            time(age, age.max),
            count(reader.blocked_lanes),
            count(reader.blocked_at_end),
            text(milliseconds(reader.blocked_longest)),
        ]
    };
    let plan = input.plan;
    let mut rows: Vec<Cells> = Vec::new();
    let streams = (0..)
        .map(StreamId)
        .zip(&plan.streams)
        .zip(&input.result.summary.streams);
    for ((id, stream), counted) in streams {
        let mappings = (0..).map(MappingId).zip(&plan.mappings);
        let readers =
            mappings.filter(|(_, mapping)| matches!(&mapping.source, MappingSource::Stream(read) if read.stream == id));
        let before = rows.len();
        rows.extend(
            readers
                .map(|(reader, mapping)| row(&stream.name, &mapping.name, counted.sent, &counted.reader(Some(reader)))),
        );
        if rows.len() == before {
            rows.push(row(&stream.name, "nobody", counted.sent, &counted.reader(None)));
        }
    }
    let note = "A batch that fails stops its lane until it succeeds or is given up; everything behind it waits.";
    html! { (section("Streams", note, &heads, 2, &rows)) }
}
