//! Laws of streams on random scenarios: every record ends at most once for each of its readers, at every instant those that
//! have ended and those that wait are all that were sent, and order holds within a lane.

use std::collections::BTreeMap;
use std::io::Write;

use lambdasim::facts::{MappingId, Message, Observer, RecordStep, StreamId};
use lambdasim::kernel::draws::{Purpose, StreamKey};
use lambdasim::metrics::{Datapoint, Sink};
use lambdasim::scenario::{self, LoadOptions};
use lambdasim::simulation::{Plan, simulate};
use lambdasim::units::SimTime;

const SEEDS: u64 = 40;

/// Random numbers of one scenario.
struct Dice(StreamKey, u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.1 += 1;
        let uniform = self.0.draw(self.1, 0, Purpose::Work).first;
        ((u128::from(uniform) * u128::from(count)) >> 53) as u64
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len() as u64) as usize]
    }
}

/// A scenario with one stream, read by one or two mappings, with failures of every kind; and its shards and lanes.
fn any_stream(seed: u64) -> (String, u64, u64) {
    let mut dice = Dice(StreamKey::derive(seed, 0, "law", "streams"), 0);
    let kind = dice.one_of(&["kinesis", "dynamodb", "kafka"]);
    let kafka = kind == "kafka";
    let (shards, lanes) = (1 + dice.below(4), if kafka { 1 } else { 1 + dice.below(3) });
    let keys = dice.one_of(&["", ", partition_keys: 1"]);
    let reading = format!(
        "event_source: {kind}:s, function: f, batch_size: {}, maximum_batching_window: {} s, \
         bisect_batch_on_function_error: {}, maximum_retry_attempts: {}, maximum_record_age: {}{}{}",
        1 + dice.below(20),
        dice.below(4),
        dice.one_of(&["true", "false"]),
        dice.one_of(&["-1", "0", "3"]),
        dice.one_of(&["-1", "60 s", "90 s"]),
        if kafka {
            String::new()
        } else {
            format!(", parallelization_factor: {lanes}")
        },
        dice.one_of(&["", ", function_response_types: ReportBatchItemFailures"]),
    );
    let second = dice.one_of(&["", "second"]);
    let second = if second.is_empty() {
        String::new()
    } else {
        format!("  second: {{ {reading} }}\n")
    };
    let text = format!(
        "seed: {seed}\nduration: 10 min\n\
         functions:\n  f: {{ init: 0 s, duration: {{ base: 50 ms, per_record: 20 ms }}, error_rate: {} %, \
         record_error_rate: {} %, poison: {} %, reserved_concurrent_executions: {} }}\n\
         streams: {{ s: {{ type: {kind}, {}: {shards}{keys} }} }}\n\
         event_source_mappings:\n  first: {{ {reading} }}\n{second}\
         traffic: {{ t: {{ to: \"{kind}:s\", arrivals: {{ poisson: 3/s }} }} }}\n",
        dice.below(50),
        dice.below(10),
        dice.below(3),
        1 + dice.below(6),
        if kafka { "partitions" } else { "shard_count" },
    );
    // With a single partition key every record belongs to the same lane.
    match keys {
        "" => (text, shards, lanes),
        _ => (text, 1, 1),
    }
}

fn load(text: &str) -> Plan {
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a file");
    file.write_all(text.as_bytes()).expect("it is written");
    match scenario::load(file.path(), &LoadOptions::default()) {
        Ok(scenario) => scenario.plan,
        Err(problems) => panic!("{text}\n{problems}"),
    }
}

/// Checks every step as it is told.
struct Law {
    shards: u64,
    lanes: u64,
    sent: u64,
    ended: BTreeMap<MappingId, u64>,
    /// The record that ended last in each lane of each mapping.
    last: BTreeMap<(MappingId, u64, u64), u64>,
    steps: BTreeMap<(MappingId, u8), u64>,
}

impl Observer for Law {
    fn record_sent(&mut self, _time: SimTime, _stream: StreamId, record: &Message) {
        assert_eq!(record.ordinal, self.sent, "records are numbered as they are sent");
        self.sent += 1;
    }

    fn records(
        &mut self,
        _time: SimTime,
        _stream: StreamId,
        mapping: Option<MappingId>,
        records: &[Message],
        step: RecordStep,
    ) {
        let mapping = mapping.expect("the stream is read");
        for record in records {
            let lane = (record.ordinal % self.shards, record.ordinal / self.shards % self.lanes);
            let before = self.last.insert((mapping, lane.0, lane.1), record.ordinal);
            assert!(
                before < Some(record.ordinal),
                "{before:?} ended before {}",
                record.ordinal
            );
        }
        let ended = self.ended.entry(mapping).or_default();
        *ended += records.len() as u64;
        assert!(*ended <= self.sent);
        *self.steps.entry((mapping, step as u8)).or_default() += records.len() as u64;
    }
}

#[test]
fn every_record_ends_once_for_each_reader_and_in_the_order_of_its_lane() {
    let mut discarded = 0;
    for seed in 0..SEEDS {
        let (text, shards, lanes) = any_stream(seed);
        let plan = load(&text);
        let mut law = Law {
            shards,
            lanes,
            sent: 0,
            ended: BTreeMap::new(),
            last: BTreeMap::new(),
            steps: BTreeMap::new(),
        };
        let result = simulate(&plan, &mut (), Some(&mut law), &mut ()).expect("nobody stops it");
        let stream = &result.summary.streams[0];
        assert_eq!(stream.sent, law.sent, "{text}");
        for reader in &stream.readers {
            let mapping = reader.mapping.expect("it is read");
            let told = |step: RecordStep| law.steps.get(&(mapping, step as u8)).copied().unwrap_or(0);
            let counted = [reader.processed, reader.filtered, reader.discarded, reader.expired];
            let steps = [
                RecordStep::Processed,
                RecordStep::Filtered,
                RecordStep::Discarded,
                RecordStep::Expired,
            ];
            assert_eq!(counted, steps.map(told), "{text}");
            assert_eq!(
                reader.settled(),
                law.ended.get(&mapping).copied().unwrap_or(0),
                "{text}"
            );
            discarded += reader.discarded;
        }
    }
    assert!(discarded > 0, "the scenarios give records up");
}

/// The largest value of one metric.
struct Largest(&'static str, f64);

impl Sink for Largest {
    fn datapoint(&mut self, datapoint: &Datapoint) {
        if (datapoint.metric, datapoint.statistic) == (self.0, "Maximum") {
            self.1 = self.1.max(datapoint.value);
        }
    }
}

#[test]
fn met_15_batches_of_streams_tell_their_age_and_those_of_kafka_their_lag() {
    let scenario = |kind: &str| {
        format!(
            "duration: 1 min\nparameters: {{ placement: 0 s }}\nfunctions: {{ f: {{ init: 0 s, duration: 2 s }} }}\n\
             streams: {{ s: {{ type: {kind} }} }}\n\
             event_source_mappings: {{ m: {{ event_source: \"{kind}:s\", function: f, batch_size: 1 }} }}\n\
             traffic: {{ t: {{ to: \"{kind}:s\", arrivals: {{ at: {{ count: 3, time: 500 ms }} }} }} }}\n"
        )
    };
    let largest = |kind: &str, metric: &'static str| {
        let mut sink = Largest(metric, 0.0);
        simulate(&load(&scenario(kind)), &mut sink, None, &mut ()).expect("nobody stops it");
        sink.1
    };
    // Read at 1 s, three batches of 2 s one after another: the last ends at 7 s.
    assert_eq!(largest("kinesis", "IteratorAge"), 6_500.0);
    // After the first batch two records are left.
    assert_eq!(largest("kafka", "OffsetLag"), 2.0);
}
