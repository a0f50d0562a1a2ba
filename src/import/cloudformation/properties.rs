//! Properties of a resource. Those that nobody asks for are told when the reading ends, so that none is dropped silently.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::intrinsic::items;
use super::resolve::Resolver;
use crate::scenario::{Entry, Kind, Node};

/// Properties that change nothing that is simulated: code, rights, keys, names, what clients see.
const INERT: &[&str] = &[
    "AccessPolicies",
    "ApiId",
    "AssumeRolePolicyDocument",
    "AttributeDefinitions",
    "Auth",
    "AuthType",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "BillingMode",
    "BucketName",
    "Code",
    "CodeSha256",
    "CodeSigningConfigArn",
    "CodeUri",
    "ConsumerGroupId",
    "ContentBasedDeduplication",
    "Cors",
    "DeduplicationScope",
    "Description",
    "DisplayName",
    "Encrypted",
    "Environment",
    "EventBusName",
    "FifoThroughputLimit",
    "FileSystemId",
    "FunctionName",
    "GlobalSecondaryIndexes",
    "GroupName",
    "Handler",
    "ImageConfig",
    "ImageUri",
    "InlineCode",
    "Input",
    "InputPath",
    "InputTransformer",
    "KafkaBootstrapServers",
    "KeySchema",
    "KmsKey",
    "KmsKeyArn",
    "KmsMasterKeyId",
    "Layers",
    "LocalSecondaryIndexes",
    "LoggingConfig",
    "Method",
    "MetricsConfig",
    "Name",
    "Path",
    "PayloadFormatVersion",
    "PermissionsBoundary",
    "PointInTimeRecoverySpecification",
    "Policies",
    "PrimaryKey",
    "PropagateTags",
    "ProvisionedThroughput",
    "QueueName",
    "RedriveAllowPolicy",
    "RequestModel",
    "RequestParameters",
    "RestApiId",
    "Role",
    "RoleArn",
    "RolePath",
    "RouteSettings",
    "RuntimeManagementConfig",
    "SSESpecification",
    "SchemaRegistryConfig",
    "SelfManagedEventSource",
    "SourceAccessConfigurations",
    "SourceKMSKeyArn",
    "SqsManagedSseEnabled",
    "StreamEncryption",
    "TableName",
    "TimeToLiveSpecification",
    "TopicName",
    "TracingConfig",
    "Tracing",
    "TriggerConfigurations",
    "VersionDescription",
];

/// Properties of one resource, or of a map inside them.
pub(super) struct Properties<'a> {
    resolver: &'a Resolver<'a>,
    /// The map, references not replaced yet.
    node: Node,
    /// What it belongs to, for remarks.
    owner: String,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Properties<'a> {
    /// The properties in `node` of what is called `owner` in remarks.
    pub fn new(resolver: &'a Resolver<'a>, node: Node, owner: &str) -> Properties<'a> {
        Properties {
            resolver,
            node,
            owner: owner.to_owned(),
            asked: RefCell::default(),
        }
    }

    fn ask(&self, key: &str) -> Option<&Entry> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.node.entry(key)
    }

    /// The value of a property.
    pub fn get(&self, key: &str) -> Option<Node> {
        self.resolver.resolve(&self.ask(key)?.value)
    }

    /// The value of a property that is a text or a number.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.text().map(str::to_owned)
    }

    /// The value of a property that is a whole number; anything else is told and left out.
    pub fn number(&self, key: &str) -> Option<u64> {
        let node = self.get(key)?;
        let number = node.text().and_then(|text| text.trim().parse().ok());
        if number.is_none() {
            self.left_out(&node, key, "a whole number");
        }
        number
    }

    /// Whether a property is true.
    pub fn flag(&self, key: &str) -> Option<bool> {
        let node = self.get(key)?;
        let flag = node.text().and_then(|text| text.to_ascii_lowercase().parse().ok());
        if flag.is_none() {
            self.left_out(&node, key, "true or false");
        }
        flag
    }

    /// The value of a property that is one of these words; anything else is told and left out.
    pub fn choice(&self, key: &str, allowed: &[&str]) -> Option<String> {
        let node = self.get(key)?;
        let word = node.text().filter(|text| allowed.contains(text));
        if word.is_none() {
            self.left_out(&node, key, &format!("one of {}", allowed.join(", ")));
        }
        word.map(str::to_owned)
    }

    fn left_out(&self, node: &Node, key: &str, wanted: &str) {
        let found = node.described();
        self.resolver.remark(
            node,
            format!("{}: {key} is {found}, not {wanted}; it was left out", self.owner),
        );
    }

    /// The items of a property that is a list; a single value is a list of one.
    pub fn list(&self, key: &str) -> Vec<Node> {
        match self.get(key) {
            Some(node) if matches!(node.kind, Kind::List(_)) => items(&node).to_vec(),
            Some(node) => vec![node],
            None => Vec::new(),
        }
    }

    /// The texts of a property that is a list of texts.
    pub fn texts(&self, key: &str) -> Vec<String> {
        self.list(key)
            .iter()
            .filter_map(|item| item.text().map(str::to_owned))
            .collect()
    }

    /// The properties inside a property that is a map.
    pub fn within(&self, key: &str) -> Option<Properties<'a>> {
        let node = self.get(key)?;
        Some(Properties::new(self.resolver, node, &format!("{}: {key}", self.owner)))
    }

    /// The maps inside a property that is a list of maps.
    pub fn each(&self, key: &str) -> Vec<Properties<'a>> {
        let owner = format!("{}: {key}", self.owner);
        let inside = |node| Properties::new(self.resolver, node, &owner);
        self.list(key).into_iter().map(inside).collect()
    }

    /// Entries of a property that is a map from free names, references not replaced yet.
    pub fn named(&self, key: &str) -> Vec<Entry> {
        let node = self.ask(key).map(|entry| entry.value.clone());
        node.map_or_else(Vec::new, |node| node.entries().to_vec())
    }

    /// All of it, when its parts are of no interest here.
    pub fn pass_over(&self) {
        let keys = self.node.entries().iter().map(|entry| entry.key.clone());
        self.asked.borrow_mut().extend(keys);
    }

    /// Where the map stands.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Tells something of a property that was understood but cannot be simulated.
    pub fn remark(&self, text: &str) {
        self.resolver.remark(&self.node, format!("{}: {text}", self.owner));
    }
}

impl Drop for Properties<'_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        for entry in self.node.entries() {
            if !asked.contains(&entry.key) && !INERT.contains(&entry.key.as_str()) {
                let text = format!("{}: {} was not used", self.owner, entry.key);
                self.resolver.remark(&entry.value, text);
            }
        }
    }
}
