//! Event source mappings, as resources and as events of SAM.

use super::names::Named;
use super::properties::Properties;
use super::template::Template;
use crate::import::BLANK;
use crate::import::draft::{Block, Value};
use crate::import::stack::plain_name;

/// Settings that a mapping has in a scenario, and the unit of a number.
const SETTINGS: [(&str, &str, &str); 6] = [
    ("BatchSize", "batch_size", ""),
    ("MaximumBatchingWindowInSeconds", "maximum_batching_window", " s"),
    ("ParallelizationFactor", "parallelization_factor", ""),
    ("MaximumRetryAttempts", "maximum_retry_attempts", ""),
    ("MaximumRecordAgeInSeconds", "maximum_record_age", " s"),
    ("TumblingWindowInSeconds", "tumbling_window", " s"),
];

/// What a mapping reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// An ARN, or a name where the service is known.
    pub text: &'a str,
    /// The service, as addresses begin; empty where only an ARN tells.
    pub service: &'a str,
}

impl Template<'_> {
    /// A mapping of what `source` names (nothing for Kafka outside AWS) to `function`.
    pub fn declare_mapping(&mut self, source: Option<Source>, function: &str, properties: &Properties) {
        let place = self.place(properties.node());
        let topics = properties.texts("Topics");
        let pushed = source.is_some_and(|source| source.text.contains("/consumer/"));
        let Some(address) = self.source(source, &topics, properties) else {
            properties.pass_over();
            return;
        };
        let mut settings = Block::default();
        let kafka = address.starts_with("kafka:");
        for (property, key, unit) in SETTINGS {
            // -1 is no limit, as in a scenario.
            let value = properties.text(property).filter(|text| text.trim() != "-1");
            if let Some(number) = value.and_then(|_| properties.number(property)) {
                settings.set(key, format!("{number}{unit}"));
            }
        }
        if properties.flag("Enabled") == Some(false) {
            settings.set("enabled", "false");
        }
        if properties.flag("BisectBatchOnFunctionError") == Some(true) {
            settings.set("bisect_batch_on_function_error", "true");
        }
        if properties
            .texts("FunctionResponseTypes")
            .iter()
            .any(|kind| kind == "ReportBatchItemFailures")
        {
            settings.set("function_response_types", "ReportBatchItemFailures");
        }
        if pushed {
            settings.set("enhanced_fan_out", "true");
        }
        self.start(properties, kafka, &mut settings);
        self.pollers(properties, &mut settings);
        self.failures(properties, &mut settings);
        if properties.get("FilterCriteria").is_some() {
            let pass = Value::map([("pass", Value::from("100 %"))]);
            settings
                .set("filter_criteria", pass)
                .note(format!("{BLANK} share of records that pass the filter"));
        }
        self.stack.map(&address, function, &place).append(settings);
    }

    /// The address of a source, which is declared if the template does not.
    fn source(&mut self, source: Option<Source>, topics: &[String], properties: &Properties) -> Option<String> {
        let at = properties.node().clone();
        let place = self.place(&at);
        let named = source.map(|source| Named::of_service(source.text, source.service));
        match named {
            Some(Named::Queue(_)) => self.queue(source?.text, &at).map(|queue| format!("sqs:{queue}")),
            Some(Named::Stream("kinesis", name)) => {
                let name = plain_name(&name);
                if !self.stack.streams.has(&name) {
                    let settings = self
                        .stack
                        .streams
                        .line(&name)
                        .note(format!("{place}: not in the template"))
                        .block();
                    settings.set("type", "kinesis");
                    settings.set("shard_count", 1).note(format!("{BLANK} shards"));
                }
                Some(format!("kinesis:{name}"))
            }
            Some(Named::Stream("dynamodb", name)) => {
                let name = plain_name(&name);
                if !self.stack.streams.has(&name) {
                    self.dynamodb_stream(&name, &format!("{place}: not in the template"));
                }
                Some(format!("dynamodb:{name}"))
            }
            _ if !topics.is_empty() => {
                let name = plain_name(&topics[0]);
                if !self.stack.streams.has(&name) {
                    let settings = self.stack.streams.line(&name).note(place).block();
                    settings.set("type", "kafka");
                    settings
                        .set("partitions", 3)
                        .note(format!("{BLANK} partitions of the topic"));
                }
                Some(format!("kafka:{name}"))
            }
            _ => {
                let text = source.map_or("nothing", |source| source.text);
                properties.remark(&format!("an event source ({text}) that is not simulated"));
                None
            }
        }
    }

    /// Where reading begins.
    fn start(&self, properties: &Properties, kafka: bool, settings: &mut Block) {
        let timestamp = properties.get("StartingPositionTimestamp");
        match properties.text("StartingPosition").as_deref() {
            Some("LATEST") => {
                settings.set("starting_position", "LATEST");
            }
            Some("AT_TIMESTAMP") if !kafka || timestamp.is_some() => {
                properties.remark("a timestamp to begin at lies outside the run; reading begins with the first record");
            }
            _ => {}
        }
    }

    fn pollers(&self, properties: &Properties, settings: &mut Block) {
        if let Some(most) = properties
            .within("ScalingConfig")
            .and_then(|config| config.number("MaximumConcurrency"))
        {
            settings.set("maximum_concurrency", most);
        }
        let Some(pollers) = properties.within("ProvisionedPollerConfig") else {
            return;
        };
        let mut config = Vec::new();
        for (property, key) in [
            ("MinimumPollers", "minimum_pollers"),
            ("MaximumPollers", "maximum_pollers"),
        ] {
            config.extend(pollers.number(property).map(|count| (key, Value::from(count))));
        }
        config.extend(
            pollers
                .text("PollerGroupName")
                .map(|name| ("poller_group_name", Value::Text(name))),
        );
        settings.set("provisioned_poller_config", Value::map(config));
    }

    fn failures(&mut self, properties: &Properties, settings: &mut Block) {
        let destination = properties
            .within("DestinationConfig")
            .and_then(|config| config.within("OnFailure"));
        let Some(destination) = destination else { return };
        if let Some(address) = self.destination("Destination", &destination) {
            self.stack.reach(&address);
            settings.set("on_failure", address);
        }
    }
}
