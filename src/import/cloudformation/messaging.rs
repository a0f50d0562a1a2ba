//! Queues, streams, tables and topics.

use super::properties::Properties;
use super::template::{Template, queue_name};
use crate::import::BLANK;
use crate::import::draft::{Block, Value};
use crate::import::stack::plain_name;

impl Template<'_> {
    /// `AWS::SQS::Queue` (SQS-10, SQS-13, SQS-16).
    pub fn declare_queue(&mut self, name: &str, properties: &Properties) {
        let name = queue_name(name);
        let place = self.place(properties.node());
        let redrive = properties.get("RedrivePolicy");
        properties.get("Tags");
        let mut settings = Block::default();
        for (property, key) in [
            ("VisibilityTimeout", "visibility_timeout"),
            ("MessageRetentionPeriod", "message_retention_period"),
            ("DelaySeconds", "delay_seconds"),
            ("ReceiveMessageWaitTimeSeconds", "receive_message_wait_time"),
        ] {
            if let Some(seconds) = properties.number(property) {
                settings.set(key, format!("{seconds} s"));
            }
        }
        if let Some(bytes) = properties.number("MaximumMessageSize") {
            settings.set("maximum_message_size", bytes);
        }
        if properties.flag("FifoQueue") == Some(true) {
            settings
                .set("message_groups", 10)
                .note(format!("{BLANK} message groups in use"));
        }
        if let Some(redrive) = redrive {
            let policy = Properties::new(self.resolver, redrive, "RedrivePolicy");
            let target = policy.text("deadLetterTargetArn");
            let target = target.and_then(|target| self.queue(&target, policy.node()));
            if let (Some(target), Some(count)) = (target, policy.number("maxReceiveCount")) {
                let map = [
                    ("max_receive_count", count.into()),
                    ("dead_letter_target", format!("sqs:{target}").into()),
                ];
                settings.set("redrive_policy", Value::map(map));
                self.stack.reach(&format!("sqs:{target}"));
            }
        }
        self.stack.queues.set(name, Value::Block(settings)).note(place);
    }

    /// `AWS::Kinesis::Stream` (STRM-5). On demand it begins with four shards.
    pub fn declare_stream(&mut self, name: &str, properties: &Properties) {
        let place = self.place(properties.node());
        let settings = self.stack.streams.line(&plain_name(name)).note(place).block();
        settings.set("type", "kinesis");
        match properties.number("ShardCount") {
            Some(shards) => settings.set("shard_count", shards),
            None => settings
                .set("shard_count", 4)
                .note("on demand: the number that it begins with"),
        };
        properties.get("StreamModeDetails");
        if let Some(hours) = properties.number("RetentionPeriodHours") {
            settings.set("retention_period", format!("{hours} h"));
        }
        properties.get("Tags");
    }

    /// A table, if it has a stream.
    pub fn declare_table(&mut self, name: &str, properties: &Properties) {
        let stream = properties.within("StreamSpecification");
        properties.pass_over();
        if let Some(stream) = stream {
            stream.pass_over();
            let place = self.place(properties.node());
            self.dynamodb_stream(name, &place);
        }
    }

    /// The stream of a table, which the template may not show.
    pub fn dynamodb_stream(&mut self, name: &str, place: &str) {
        let settings = self.stack.streams.line(&plain_name(name)).note(place).block();
        settings.set("type", "dynamodb");
        settings
            .set("shard_count", 1)
            .note(format!("{BLANK} shards follow the table's partitions"));
    }

    /// `AWS::SNS::Topic` with the subscriptions inside it.
    pub fn declare_topic(&mut self, name: &str, properties: &Properties) {
        let place = self.place(properties.node());
        let name = queue_name(name);
        self.stack.topics.line(&name).note(place);
        properties.flag("FifoTopic");
        for subscription in properties.each("Subscription") {
            self.subscription(&name, &subscription);
        }
        properties.get("Tags");
    }

    /// Who gets what is published: functions and queues.
    pub fn subscription(&mut self, topic: &str, properties: &Properties) {
        let protocol = properties.text("Protocol").unwrap_or_default();
        let endpoint = properties.text("Endpoint");
        properties.flag("RawMessageDelivery");
        let at = properties.node().clone();
        let place = self.place(&at);
        let Some(endpoint) = endpoint.filter(|_| matches!(protocol.as_str(), "lambda" | "sqs")) else {
            properties.remark(&format!("a subscription by {protocol} is not simulated"));
            return;
        };
        let address = match protocol.as_str() {
            "sqs" => self.queue(&endpoint, &at).map(|queue| format!("sqs:{queue}")),
            _ => self.callee(&endpoint, &at),
        };
        if let Some(address) = address {
            self.stack.subscribe(topic, &address, &place);
        }
    }

    /// The topic of an ARN.
    pub fn topic(&self, text: &str, properties: &Properties) -> Option<String> {
        let address = self.address(text, properties.node())?;
        address.strip_prefix("sns:").map(str::to_owned)
    }
}
