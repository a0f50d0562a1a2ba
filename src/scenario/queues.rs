//! SQS queues: to `QueueConfig` (SQS-10, SQS-13, SQS-16).

use std::collections::BTreeMap;

use super::address::Address;
use super::dated::Dated;
use super::keys::nearest;
use super::problem::Fault;
use super::reader::Reader;
use super::tree::{Entry, Node, shortened};
use super::values;
use crate::facts::QueueId;
use crate::messaging::QueueConfig;
use crate::units::{Bytes, Span};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// From when on messages may have 1 MB (SQS-16).
const MESSAGES_RAISED: &str = "2025-08-01";
const FIFO_SUFFIX: &str = ".fifo";

/// Reads the entries under `queues`.
pub(super) struct Queues<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// What was possible when.
    pub dated: &'a Dated,
    /// The entries, by name.
    pub entries: Vec<&'a Entry>,
}

impl Queues<'_> {
    /// Names of the declared queues.
    pub fn names(&self) -> Vec<String> {
        for entry in &self.entries {
            if entry.key.is_empty() || entry.key.contains(char::is_whitespace) {
                let found = format!("\"{}\" is no name of a queue", shortened(&entry.key));
                let allowed = "letters, digits, hyphens and underscores are allowed";
                self.reader.problem(entry.mark, found, allowed);
            }
        }
        self.entries.iter().map(|entry| entry.key.clone()).collect()
    }

    /// The queues of these names, sorted; those that are only addressed have SQS's defaults.
    pub fn configs(&self, names: &[String]) -> Vec<QueueConfig> {
        let declared: BTreeMap<&str, &Entry> = self.entries.iter().map(|entry| (entry.key.as_str(), *entry)).collect();
        let config = |name: &String| match declared.get(name.as_str()) {
            Some(entry) => self.config(entry, names),
            None => QueueConfig {
                maximum_message_size: self.largest_message(),
                ..QueueConfig::standard(name)
            },
        };
        let configs: Vec<QueueConfig> = names.iter().map(config).collect();
        for entry in &self.entries {
            self.same_kind_as_target(entry, &configs);
        }
        configs
    }

    fn config(&self, entry: &Entry, names: &[String]) -> QueueConfig {
        let node = &entry.value;
        let standard = QueueConfig::standard(&entry.key);
        let within = |key: &str, lowest: u64, highest: u64, rule: &str| {
            let entry = node.entry(key)?;
            let (lowest, highest) = (Span::from_secs(lowest), Span::from_secs(highest));
            self.reader.duration_within(entry, lowest, highest, rule)
        };
        if within("receive_message_wait_time", 0, 20, "").is_some() {
            self.reader.warn(format!(
                "`receive_message_wait_time` of the queue {} has no effect: Lambda's pollers always wait up to 20 s (SQS-2)",
                entry.key
            ));
        }
        QueueConfig {
            visibility_timeout: within("visibility_timeout", 0, 12 * HOUR, " (SQS-10)")
                .unwrap_or(standard.visibility_timeout),
            retention: within("message_retention_period", 60, 14 * DAY, " (SQS-16)").unwrap_or(standard.retention),
            delay: within("delay_seconds", 0, 900, "").unwrap_or(standard.delay),
            redrive: node
                .entry("redrive_policy")
                .and_then(|policy| self.redrive(entry, policy, names)),
            groups: self.groups(entry),
            maximum_message_size: self.maximum_message_size(node),
            ..standard
        }
    }

    /// The largest message that a queue can be made for (SQS-16).
    fn largest_message(&self) -> Bytes {
        match self.dated.reached(MESSAGES_RAISED) {
            true => Bytes::from_mb(1),
            false => Bytes::from_kb(256),
        }
    }

    /// The largest message of a queue (SQS-16).
    fn maximum_message_size(&self, node: &Node) -> Bytes {
        let highest = self.largest_message();
        let size = |text: &str| {
            let size = values::size(text)?;
            if (Bytes::from_kb(1)..=highest).contains(&size) {
                return Ok(size);
            }
            Err(Fault::new(
                format!("is {text}"),
                format!("1 KB to {highest} is allowed (SQS-16)"),
            ))
        };
        let entry = node.entry("maximum_message_size");
        entry
            .and_then(|entry| self.reader.value(entry, size))
            .unwrap_or(highest)
    }

    fn redrive(&self, queue: &Entry, policy: &Entry, names: &[String]) -> Option<(u16, QueueId)> {
        let owner = "`redrive_policy`";
        let read = |key, example| self.reader.required(&policy.value, key, owner, policy.mark, example);
        let (count, target) = (
            read("max_receive_count", "5"),
            read("dead_letter_target", "sqs:orders-dlq"),
        );
        let count = count.and_then(|entry| self.reader.count(entry, 1, 1_000));
        let target = target.and_then(|entry| {
            self.reader
                .value(entry, |text| self.dead_letter_target(queue, text, names))
        });
        Some((count? as u16, target?))
    }

    fn dead_letter_target(&self, queue: &Entry, text: &str, names: &[String]) -> Result<QueueId, Fault> {
        let Ok(Address::Service { service: "sqs", name }) = Address::parse(text) else {
            let found = format!("is \"{}\"", shortened(text));
            return Err(Fault::new(found, "a queue `sqs:NAME` is allowed (SQS-15)"));
        };
        if name == queue.key {
            let found = format!("is {text}, the queue itself");
            return Err(Fault::new(found, "another queue is allowed (SQS-13)"));
        }
        if !self.entries.iter().any(|entry| entry.key == name) {
            let known = self.entries.iter().map(|entry| entry.key.as_str());
            let allowed = match nearest(name, known) {
                Some(close) => format!("did you mean sqs:{close}?"),
                None => "declare it under `queues`".to_owned(),
            };
            return Err(Fault::new(
                format!("names {}, which does not exist", shortened(text)),
                allowed,
            ));
        }
        let position = names.binary_search_by(|known| known.as_str().cmp(name));
        Ok(QueueId(position.unwrap_or_default() as u32))
    }

    /// Message groups of a FIFO queue.
    fn groups(&self, entry: &Entry) -> Option<u32> {
        let node = &entry.value;
        let suffixed = entry.key.ends_with(FIFO_SUFFIX);
        let flag = node
            .entry("fifo_queue")
            .and_then(|flag| Some((flag, self.reader.flag(flag)?)));
        let fifo = match flag {
            Some((flag, false)) if suffixed => {
                let found = format!("`fifo_queue` is false, but {} ends in {FIFO_SUFFIX}", entry.key);
                self.reader
                    .problem(flag.value.mark, found, "leave it out, or rename the queue");
                false
            }
            flag => flag.map_or(suffixed, |(_, fifo)| fifo),
        };
        let groups = node.entry("message_groups");
        if let (false, Some(groups)) = (fifo, groups) {
            let found = "`message_groups` stands in a standard queue";
            self.reader
                .problem(groups.mark, found, "add `fifo_queue: true`, or remove it (SQS-9)");
        }
        let count = groups.and_then(|entry| self.reader.count(entry, 1, 1_000_000));
        fifo.then_some(count.unwrap_or(1) as u32)
    }

    /// The dead-letter queue of a FIFO queue is one as well, that of a standard queue is not.
    fn same_kind_as_target(&self, entry: &Entry, configs: &[QueueConfig]) {
        let of = |name: &str| {
            let place = configs.binary_search_by(|config| config.name.as_str().cmp(name));
            place.ok().map(|place| &configs[place])
        };
        let (Some(queue), Some(policy)) = (of(&entry.key), entry.value.entry("redrive_policy")) else {
            return;
        };
        let Some((_, target)) = queue.redrive else { return };
        let target = &configs[target.index()];
        if target.groups.is_some() != queue.groups.is_some() {
            let found = format!(
                "only one of {} and its dead-letter queue {} is a FIFO queue",
                queue.name, target.name
            );
            self.reader
                .problem(policy.value.mark, found, "both or none of them can be");
        }
    }
}
