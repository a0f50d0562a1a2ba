//! A template being imported: the stack that it fills, and how its texts become addresses.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Named;
use super::properties::Properties;
use super::resolve::Resolver;
use crate::import::stack::{Stack, plain_name};
use crate::scenario::Node;

/// A template being imported.
pub(super) struct Template<'a> {
    /// Reads its values.
    pub resolver: &'a Resolver<'a>,
    /// What it deploys.
    pub stack: Stack,
    /// Name of its file, for comments.
    pub file: String,
    /// Functions of the template: AWS's name to that in the scenario.
    pub functions: BTreeMap<String, String>,
    /// Versions and aliases of the template: function and qualifier, by AWS's names.
    pub qualifiers: BTreeSet<(String, String)>,
}

impl Template<'_> {
    /// Where something stands, for comments.
    pub fn place(&self, node: &Node) -> String {
        format!("{}:{}", self.file, self.resolver.line(node))
    }

    /// The scenario's name of a function, given by name or ARN; one that the template does not have is told.
    pub fn function(&self, text: &str, at: &Node) -> Option<String> {
        let address = self.callee(text, at)?;
        Some(address.split(':').next().unwrap_or_default().to_owned())
    }

    /// The address of a function given by name or ARN, with the qualifier that stands there.
    pub fn callee(&self, text: &str, at: &Node) -> Option<String> {
        self.named(Named::of_service(text, "lambda"), text, at)
    }

    /// The scenario's address for an ARN or an address of SQS. Functions that the template does not have, and what a scenario
    /// has no address for, are told.
    pub fn address(&self, text: &str, at: &Node) -> Option<String> {
        self.named(Named::of(text), text, at)
    }

    /// The address of a destination whose `Type` stands beside it.
    pub fn destination(&self, key: &str, properties: &Properties) -> Option<String> {
        let service = properties.text("Type").unwrap_or_default().to_ascii_lowercase();
        let text = properties.text(key)?;
        self.named(Named::of_service(&text, &service), &text, properties.node())
    }

    fn named(&self, named: Named, text: &str, at: &Node) -> Option<String> {
        match named {
            Named::Function(name, qualifier) => self.qualified(&name, qualifier, at),
            Named::Queue(name) => Some(format!("sqs:{}", queue_name(&name))),
            Named::Topic(name) => Some(format!("sns:{}", queue_name(&name))),
            Named::Stream(service, name) => Some(format!("{service}:{}", plain_name(&name))),
            Named::Bucket(name) => Some(format!("s3:{}", plain_name(&name))),
            Named::Bus(name) => Some(format!("eventbridge:{}", plain_name(&name))),
            Named::Other => {
                self.resolver.remark(
                    at,
                    format!("the target {text} is none that is simulated; it was left out"),
                );
                None
            }
        }
    }

    fn qualified(&self, name: &str, qualifier: Option<String>, at: &Node) -> Option<String> {
        let Some(function) = self.functions.get(name) else {
            let text = format!("names the function {name}, which the template does not have; it was left out");
            self.resolver.remark(at, text);
            return None;
        };
        match qualifier {
            None => Some(function.clone()),
            Some(qualifier) => {
                if self.qualifiers.contains(&(name.to_owned(), qualifier.clone())) {
                    return Some(format!("{function}:{}", plain_name(&qualifier)));
                }
                let text =
                    format!("names {name}:{qualifier}, which the template does not publish; {name} stands in for it");
                self.resolver.remark(at, text);
                Some(function.clone())
            }
        }
    }

    /// The queue of an SQS address, declared if it is not: a scenario wants what is read, subscribed or redriven to declared.
    pub fn queue(&mut self, text: &str, at: &Node) -> Option<String> {
        let address = self.named(Named::of_service(text, "sqs"), text, at);
        let address = address.filter(|address| address.starts_with("sqs:"))?;
        let name = address.trim_start_matches("sqs:").to_owned();
        if !self.stack.queues.has(&name) {
            let place = format!("{}: not in the template", self.place(at));
            self.stack.queues.line(&name).note(place).block();
        }
        Some(name)
    }
}

/// The name of a queue or topic, which keeps the ending of a FIFO one.
pub(super) fn queue_name(name: &str) -> String {
    match name.strip_suffix(".fifo") {
        Some(stem) => format!("{}.fifo", plain_name(stem)),
        None => plain_name(name),
    }
}
