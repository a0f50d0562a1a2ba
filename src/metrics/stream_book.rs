use std::collections::BTreeMap;

use super::histogram::Histogram;
use super::summary::{ReaderSummary, StreamSummary};
use crate::facts::{BatchEnded, Blockage, MappingId, RecordStep, StreamId};
use crate::units::Span;

/// What is counted of streams and of those who read them.
#[derive(Debug, Default)]
pub(super) struct StreamBook {
    sent: Vec<u64>,
    readers: BTreeMap<(StreamId, Option<MappingId>), Reader>,
}

#[derive(Debug, Default)]
struct Reader {
    steps: [u64; 4],
    iterator_age: Box<Histogram>,
    offset_lag_max: u64,
    pollers_max: u32,
    blocked_lanes: u64,
    blocked_longest: Span,
    blocked_at_end: u64,
}

impl StreamBook {
    /// The book of so many streams.
    pub fn new(streams: usize) -> StreamBook {
        StreamBook {
            sent: vec![0; streams],
            readers: BTreeMap::new(),
        }
    }

    /// A record was sent to a stream.
    pub fn sent(&mut self, stream: StreamId) {
        self.sent[stream.index()] += 1;
    }

    /// So many records took a step for a reader; without one, they are nobody's.
    pub fn records(&mut self, stream: StreamId, mapping: Option<MappingId>, count: u64, step: RecordStep) {
        self.readers.entry((stream, mapping)).or_default().steps[step as usize] += count;
    }

    /// A batch has ended.
    pub fn batch_ended(&mut self, ended: &BatchEnded) {
        let reader = self.readers.entry((ended.stream, Some(ended.mapping))).or_default();
        reader.iterator_age.record(ended.iterator_age().as_micros());
        reader.pollers_max = reader.pollers_max.max(ended.pollers.unwrap_or(0));
        reader.offset_lag_max = reader.offset_lag_max.max(ended.offset_lag.unwrap_or(0));
    }

    /// A lane was stopped for a while.
    pub fn blocked(&mut self, blockage: &Blockage) {
        let reader = self
            .readers
            .entry((blockage.stream, Some(blockage.mapping)))
            .or_default();
        reader.blocked_lanes += u64::from(blockage.first);
        reader.blocked_longest = reader.blocked_longest.max(blockage.until.since(blockage.since));
        reader.blocked_at_end += u64::from(blockage.at_end);
    }

    /// The sums of the run.
    pub fn finish(self) -> Vec<StreamSummary> {
        let mut summaries: Vec<StreamSummary> = self
            .sent
            .iter()
            .map(|sent| StreamSummary {
                sent: *sent,
                readers: Vec::new(),
            })
            .collect();
        for ((stream, mapping), reader) in &self.readers {
            let [processed, filtered, discarded, expired] = reader.steps;
            summaries[stream.index()].readers.push(ReaderSummary {
                mapping: *mapping,
                processed,
                filtered,
                discarded,
                expired,
                iterator_age: reader.iterator_age.summary(),
                offset_lag_max: reader.offset_lag_max,
                pollers_max: reader.pollers_max,
                blocked_lanes: reader.blocked_lanes,
                blocked_longest: reader.blocked_longest.as_millis_f64(),
                blocked_at_end: reader.blocked_at_end,
            });
        }
        summaries
    }
}
