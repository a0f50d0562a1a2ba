use super::Chunked;
use crate::facts::Message;
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::{SimTime, Span};

/// Who keeps a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamKind {
    /// A Kinesis data stream.
    Kinesis,
    /// The stream of a DynamoDB table.
    DynamoDb,
    /// A Kafka topic, of MSK or self-managed.
    Kafka,
}

impl StreamKind {
    /// The service as addresses and scenario files write it.
    pub const fn name(self) -> &'static str {
        match self {
            StreamKind::Kinesis => "kinesis",
            StreamKind::DynamoDb => "dynamodb",
            StreamKind::Kafka => "kafka",
        }
    }
}

/// One stream of shards, or topic of partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamConfig {
    /// Its name in the scenario.
    pub name: String,
    /// Who keeps it.
    pub kind: StreamKind,
    /// Shards or partitions, at least 1.
    pub shards: u32,
    /// How many partition keys its records have; `None` where records take shards in turn.
    pub partition_keys: Option<u64>,
    /// How long records are kept (STRM-5).
    pub retention: Span,
    /// Where each partition key belongs.
    pub key: StreamKey,
}

/// A stream at work. Its readers hold what they have not read yet; without any, the stream itself does.
#[derive(Clone, Debug)]
pub struct Stream {
    config: StreamConfig,
    /// Number of the first of its open shards: those before it are closed (STRM-15).
    first_shard: u32,
    sent: u64,
    unread: Chunked<Message>,
}

/// Where a record belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its shard or partition, of all that the stream ever had.
    pub shard: u32,
    /// Where inside it: a 53-bit hash of the partition key, or a running number.
    within: u64,
    keyed: bool,
}

impl Position {
    /// Which of `lanes` inside the shard (STRM-3): the same one for the same partition key.
    pub fn lane(&self, lanes: u32) -> u32 {
        if self.keyed {
            share_of(self.within, u64::from(lanes)) as u32
        } else {
            (self.within % u64::from(lanes)) as u32
        }
    }
}

/// Shards take the place of others: numbers count all that the stream ever had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resharding {
    /// The first shard that is closed.
    pub first_parent: u32,
    /// How many are.
    pub parents: u32,
    /// The first new shard.
    pub first_child: u32,
    /// How many there are.
    pub children: u32,
}

impl Resharding {
    /// The first and the last shard that have keys of a closed one.
    pub fn heirs(&self, parent: u32) -> (u32, u32) {
        let place = u64::from(parent - self.first_parent);
        let (parents, children) = (u64::from(self.parents), u64::from(self.children));
        let first = place * children / parents;
        let last = ((place + 1) * children).div_ceil(parents) - 1;
        (self.first_child + first as u32, self.first_child + last as u32)
    }
}

/// A 53-bit uniform as one of `count` equal parts.
fn share_of(uniform: u64, count: u64) -> u64 {
    ((u128::from(uniform) * u128::from(count)) >> 53) as u64
}

impl Stream {
    /// An empty stream.
    pub fn new(config: &StreamConfig) -> Stream {
        Stream {
            config: config.clone(),
            first_shard: 0,
            sent: 0,
            unread: Chunked::default(),
        }
    }

    /// Closes its shards and opens `count` others over the same keys (STRM-15).
    pub fn reshard(&mut self, count: u32) -> Resharding {
        let parents = self.config.shards;
        let first_parent = self.first_shard;
        self.first_shard += parents;
        self.config.shards = count;
        Resharding {
            first_parent,
            parents,
            first_child: self.first_shard,
            children: count,
        }
    }

    /// Where the next record belongs, which `link` has drawn for.
    pub fn position(&mut self, record: &Message, link: StreamKey) -> Position {
        let shards = u64::from(self.config.shards);
        let number = self.sent;
        self.sent += 1;
        match self.config.partition_keys {
            None => Position {
                shard: self.first_shard + (number % shards) as u32,
                within: number / shards,
                keyed: false,
            },
            Some(keys) => {
                let key = share_of(link.draw(record.ordinal, 0, Purpose::Group).first, keys);
                let place = self.config.key.draw(key, 0, Purpose::Group);
                Position {
                    shard: self.first_shard + share_of(place.first, shards) as u32,
                    within: place.second,
                    keyed: true,
                }
            }
        }
    }

    /// Keeps a record that nobody reads.
    pub fn keep(&mut self, record: Message) {
        self.unread.push_back(record);
    }

    /// Takes out a record that has outlived the stream's retention at `now`.
    pub fn expire(&mut self, now: SimTime) -> Option<Message> {
        let first = self.unread.front()?;
        if first.sent.saturating_add(self.config.retention) <= now {
            return self.unread.pop_front();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::LinkId;

    fn stream(shards: u32, partition_keys: Option<u64>) -> Stream {
        Stream::new(&StreamConfig {
            name: "clicks".to_owned(),
            kind: StreamKind::Kinesis,
            shards,
            partition_keys,
            retention: Span::from_secs(86_400),
            key: StreamKey::derive(1, 0, "stream", "clicks"),
        })
    }

    fn record(ordinal: u64) -> Message {
        Message {
            sent: SimTime::from_micros(ordinal),
            ordinal,
            link: LinkId(0),
            receives: 0,
            hops: 0,
        }
    }

    #[test]
    fn records_without_keys_take_shards_and_then_lanes_in_turn() {
        let mut stream = stream(3, None);
        let link = StreamKey::derive(1, 0, "link", "a");
        let places: Vec<(u32, u32)> = (0..8)
            .map(|ordinal| stream.position(&record(ordinal), link))
            .map(|position| (position.shard, position.lane(2)))
            .collect();
        let expected = [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 0), (1, 0)];
        assert_eq!(places, expected);
    }

    #[test]
    fn strm_15_children_inherit_the_keys_of_the_shards_that_they_overlap() {
        let mut two = stream(2, None);
        let split = two.reshard(4);
        assert_eq!([0, 1].map(|parent| split.heirs(parent)), [(2, 3), (4, 5)]);
        // Thirds of the keys overlap with quarters.
        let merged = two.reshard(3);
        assert_eq!(
            [2, 3, 4, 5].map(|parent| merged.heirs(parent)),
            [(6, 6), (6, 7), (7, 8), (8, 8)]
        );
        let link = StreamKey::derive(1, 0, "link", "a");
        assert_eq!(two.position(&record(0), link).shard, 6);
    }

    #[test]
    fn a_partition_key_stays_in_its_shard_and_lane() {
        let mut stream = stream(8, Some(1));
        let link = StreamKey::derive(1, 0, "link", "a");
        let first = stream.position(&record(0), link);
        for ordinal in 1..100 {
            assert_eq!(stream.position(&record(ordinal), link), first);
        }
    }

    #[test]
    fn many_keys_fill_all_shards_and_lanes_about_evenly() {
        let mut stream = stream(4, Some(100_000));
        let link = StreamKey::derive(1, 0, "link", "a");
        let mut counts = [[0u32; 2]; 4];
        for ordinal in 0..8_000 {
            let position = stream.position(&record(ordinal), link);
            counts[position.shard as usize][position.lane(2) as usize] += 1;
        }
        // Each of 8 lanes expects 1,000 with a standard deviation below 30.
        assert!(
            counts.iter().flatten().all(|count| (850..1_150).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn unread_records_expire_with_the_retention_and_not_before() {
        let mut stream = stream(1, None);
        stream.keep(record(0));
        stream.keep(record(5));
        let day = Span::from_secs(86_400);
        assert_eq!(stream.expire(SimTime::from_micros(day.as_micros() - 1)), None);
        assert_eq!(
            stream.expire(SimTime::from_micros(day.as_micros() + 4)),
            Some(record(0))
        );
        assert_eq!(stream.expire(SimTime::from_micros(day.as_micros() + 4)), None);
    }
}
