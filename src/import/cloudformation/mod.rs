//! Templates of CloudFormation and SAM, in YAML or JSON.

mod circles;
mod events;
mod function;
mod globals;
mod intrinsic;
mod lists;
mod messaging;
mod names;
mod properties;
mod resolve;
mod scaling;
mod sources;
mod template;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use self::globals::merged;
use self::properties::Properties;
use self::resolve::Resolver;
use self::sources::Source;
use self::template::Template;
use super::input::{read_text, short_name};
use super::problem::ImportError;
use super::remarks::Remarks;
use super::stack::{Stack, plain_name};
use super::{Draft, Imported};
use crate::scenario::{Document, Entry, Kind, Node};

/// Sections of a template.
const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Transform",
    "Resources",
    "Outputs",
    "Globals",
    "Rules",
];

/// Services whose resources change nothing that is simulated; those with a meaning here are looked at before.
const INERT_SERVICES: [&str; 16] = [
    "ApiGateway",
    "ApiGatewayV2",
    "CDK",
    "CertificateManager",
    "CloudWatch",
    "EC2",
    "EFS",
    "ElasticLoadBalancingV2",
    "IAM",
    "KMS",
    "Logs",
    "Route53",
    "SSM",
    "SecretsManager",
    "WAFv2",
    "XRay",
];

/// Types of other services that change nothing either.
const INERT_TYPES: [&str; 18] = [
    "AWS::CloudFormation::CustomResource",
    "AWS::CodeDeploy::Application",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Events::EventBus",
    "AWS::Lambda::CodeSigningConfig",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::LayerVersionPermission",
    "AWS::MSK::Cluster",
    "AWS::MSK::ServerlessCluster",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::Serverless::Api",
    "AWS::Serverless::Connector",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::LayerVersion",
];

/// A scenario of what a template deploys. `parameters` are values for its `Parameters`, for values of other stacks by the name
/// of their export, and for `AWS::Region` and `AWS::AccountId`.
///
/// # Errors
/// A file that cannot be read, is neither YAML nor JSON, or has no `Resources`.
pub fn import_template(path: &Path, parameters: &BTreeMap<String, String>) -> Result<Imported, ImportError> {
    let mut remarks = Remarks::default();
    let text = read_text(path, &mut remarks)?;
    let document = Document::read(text).map_err(|(line, found)| match line {
        Some(line) => ImportError::at_line(path, line as usize, &found),
        None => ImportError::of_file(path, &found),
    })?;
    let Some(resources) = document
        .root
        .inner("Resources")
        .filter(|node| !node.entries().is_empty())
    else {
        let message = "has no `Resources`; a template of CloudFormation or SAM is expected, in YAML or JSON";
        return Err(ImportError::of_file(path, message));
    };
    let resolver = Resolver::new(&document, parameters);
    *resolver.remarks.borrow_mut() = remarks;
    for (line, fault) in &document.faults {
        resolver.remarks.borrow_mut().add(Some(*line), fault.as_str());
    }
    sections(&resolver, &document.root);
    circles::tell(&resolver, resources);
    let (draft, inert) = deployed(&resolver, resources, path);
    for name in resolver.unused() {
        let text = format!("--parameter {name}: the template has no such parameter");
        resolver.remarks.borrow_mut().add(None, text);
    }
    let remarks = resolver.remarks.take();
    Ok(written(draft, &remarks, &inert, path))
}

fn written(mut draft: Draft, remarks: &Remarks, inert: &BTreeMap<String, u32>, path: &Path) -> Imported {
    let shown = remarks.lines(&short_name(path));
    if !shown.is_empty() {
        draft.close("Not understood, or not simulated:");
    }
    shown.iter().for_each(|remark| draft.close(format!("  {remark}")));
    if !inert.is_empty() {
        draft.close("Without a counterpart, since nothing that is simulated depends on it:");
    }
    inert
        .iter()
        .for_each(|(kind, count)| draft.close(format!("  {count} × {kind}")));
    Imported {
        scenario: draft.text(),
        remarks: remarks.lines(&path.display().to_string()),
    }
}

/// Tells of sections and macros that are not known.
fn sections(resolver: &Resolver, root: &Node) {
    for entry in root.entries() {
        if !SECTIONS.contains(&entry.key.as_str()) {
            resolver.remark_key(entry, format!("the section {} is not known", entry.key));
        }
    }
    let Some(transform) = root.inner("Transform") else {
        return;
    };
    let macros = match &transform.kind {
        Kind::List(items) => items.iter().collect(),
        _ => vec![transform],
    };
    for name in macros {
        let known = |text: &str| text.starts_with("AWS::Serverless") || text == "AWS::LanguageExtensions";
        if !name.text().is_some_and(known) {
            resolver.remark(name, format!("the macro {} is not applied", name.compact()));
        }
    }
}

/// Everything that the template deploys, and how many resources of which type have no counterpart.
fn deployed(resolver: &Resolver, resources: &Node, path: &Path) -> (Draft, BTreeMap<String, u32>) {
    let mut template = Template {
        resolver,
        stack: Stack::default(),
        file: short_name(path),
        functions: BTreeMap::new(),
        qualifiers: BTreeSet::new(),
    };
    let mut inert = BTreeMap::new();
    let all: Vec<Resource> = resources
        .entries()
        .iter()
        .filter_map(|entry| Resource::read(resolver, entry))
        .collect();
    for resource in all.iter().filter(|resource| names::is_function(&resource.kind)) {
        let name = resolver.name(resource.id);
        let plain = plain_name(&name);
        template.functions.insert(name, plain);
    }
    for resource in &all {
        template.qualifiers.extend(resolver.qualifiers(resource.id));
    }
    let (functions, others): (Vec<&Resource>, Vec<&Resource>) =
        all.iter().partition(|resource| names::is_function(&resource.kind));
    for resource in &others {
        template.declare_messaging(resource);
    }
    for resource in &functions {
        template.declare_functions(resource);
    }
    for resource in others.iter().filter(|resource| resource.comes_first()) {
        template.declare_qualifier(resource);
    }
    for resource in &functions {
        template.declare_events(resource);
    }
    for resource in &others {
        if !template.declare_other(resource) {
            *inert.entry(resource.kind.clone()).or_default() += 1;
        }
    }
    template.drop_unknown_alarms(resources);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let question = format!(
        "What do the functions of {} cost, and how long do their callers wait?",
        short_name(path)
    );
    (template.stack.draft(question, &name), inert)
}

/// One resource of the template.
struct Resource<'a> {
    id: &'a str,
    kind: String,
    properties: Node,
}

impl<'a> Resource<'a> {
    /// The resource, unless its condition does not hold or it is none.
    fn read(resolver: &Resolver, entry: &'a Entry) -> Option<Resource<'a>> {
        let Some(kind) = entry.value.inner("Type").and_then(Node::text) else {
            let found = match entry.key.starts_with("Fn::ForEach") {
                true => "is not expanded",
                false => "has no type",
            };
            resolver.remark_key(entry, format!("{} {found}; it was left out", entry.key));
            return None;
        };
        let condition = entry.value.inner("Condition");
        let exists = condition.and_then(|node| Some(resolver.condition(node.text()?, node)));
        if exists == Some(false) {
            return None;
        }
        let own = entry.value.inner("Properties").cloned();
        let properties = own.unwrap_or(Node {
            kind: Kind::Empty,
            mark: entry.mark,
        });
        // Comments speak of the line of the logical id.
        let mark = entry.mark;
        let with_globals = match resolver.globals().filter(|_| kind == "AWS::Serverless::Function") {
            Some(globals) => merged(globals, properties),
            None => properties,
        };
        Some(Resource {
            id: &entry.key,
            kind: kind.to_owned(),
            properties: Node {
                kind: with_globals.kind,
                mark,
            },
        })
    }

    fn properties<'r>(&self, resolver: &'r Resolver<'r>) -> Properties<'r> {
        Properties::new(resolver, self.properties.clone(), &self.kind)
    }

    /// Whether events may lead to it: versions and aliases.
    fn comes_first(&self) -> bool {
        matches!(self.kind.as_str(), "AWS::Lambda::Version" | "AWS::Lambda::Alias")
    }
}

impl<'a> Template<'a> {
    fn declare_messaging(&mut self, resource: &Resource) {
        let name = self.resolver.name(resource.id);
        let properties = || resource.properties(self.resolver);
        match resource.kind.as_str() {
            "AWS::SQS::Queue" => self.declare_queue(&name, &properties()),
            "AWS::Kinesis::Stream" => self.declare_stream(&name, &properties()),
            "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "AWS::Serverless::SimpleTable" => {
                self.declare_table(&name, &properties());
            }
            _ => {}
        }
    }

    fn declare_functions(&mut self, resource: &Resource) {
        let name = plain_name(&self.resolver.name(resource.id));
        if self.stack.functions.has(&name) {
            let text = format!("{name} is the name of two functions; only the last one counts");
            self.resolver.remark(&resource.properties, text);
        }
        let properties = resource.properties(self.resolver);
        self.declare_function(&name, &properties);
        // Read once more below, when all aliases are known.
        properties.get("FunctionUrlConfig");
        properties.named("Events");
    }

    fn declare_events(&mut self, resource: &Resource) {
        let name = plain_name(&self.resolver.name(resource.id));
        let properties = resource.properties(self.resolver);
        if let Some(url) = properties.within("FunctionUrlConfig") {
            self.declare_url(&name, &url);
        }
        for event in properties.named("Events") {
            let Some(kind) = event.value.inner("Type").and_then(Node::text) else {
                self.resolver.remark(
                    &event.value,
                    format!("the event {} has no type; it was left out", event.key),
                );
                continue;
            };
            let inner = event.value.inner("Properties").map(|inner| inner.kind.clone());
            let node = Node {
                kind: inner.unwrap_or(Kind::Empty),
                mark: event.mark,
            };
            let inside = Properties::new(self.resolver, node, &format!("{kind} event"));
            self.declare_event(&name, &event.key, kind, &inside);
        }
        properties.pass_over();
    }

    fn declare_qualifier(&mut self, resource: &Resource) {
        let properties = resource.properties(self.resolver);
        match resource.kind.as_str() {
            "AWS::Lambda::Version" => self.declare_version(resource.id, &properties),
            _ => self.declare_alias(&properties),
        }
    }

    /// A resource that is neither a function nor what messages lie in; `false` if nothing that is simulated depends on it.
    fn declare_other(&mut self, resource: &Resource) -> bool {
        let kind = resource.kind.as_str();
        let service = kind.split("::").nth(1).unwrap_or_default();
        let properties = resource.properties(self.resolver);
        match kind {
            "AWS::SQS::Queue" | "AWS::Kinesis::Stream" | "AWS::Lambda::Version" | "AWS::Lambda::Alias" => {
                properties.pass_over()
            }
            "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "AWS::Serverless::SimpleTable" => {
                properties.pass_over()
            }
            "AWS::SNS::Topic" => self.declare_topic(&self.resolver.name(resource.id), &properties),
            "AWS::SNS::Subscription" => self.declare_subscription(&properties),
            "AWS::Lambda::EventSourceMapping" => self.declare_mapping_resource(&properties),
            "AWS::Lambda::EventInvokeConfig" => self.declare_event_invoke_config(&properties),
            "AWS::Lambda::Permission" => self.declare_permission(&properties),
            "AWS::ApiGateway::Method"
            | "AWS::ApiGatewayV2::Integration"
            | "AWS::Lambda::Url"
            | "AWS::Logs::SubscriptionFilter" => {
                self.declare_caller(kind, &properties);
            }
            "AWS::Events::Rule" => self.declare_rule(resource.id, &properties),
            "AWS::Scheduler::Schedule" => self.declare_schedule(resource.id, &properties),
            "AWS::S3::Bucket" => self.declare_bucket(&properties),
            "AWS::ElasticLoadBalancingV2::TargetGroup" => self.declare_target_group(&properties),
            "AWS::Cognito::UserPool" => self.declare_user_pool(&properties),
            "AWS::ApplicationAutoScaling::ScalableTarget" => self.declare_scalable_target(&properties),
            "AWS::ApplicationAutoScaling::ScalingPolicy" => self.declare_scaling_policy(&properties),
            "AWS::Serverless::StateMachine" | "AWS::StepFunctions::StateMachine" => {
                self.declare_state_machine(&properties)
            }
            "AWS::CloudWatch::Alarm" => self.declare_alarm(&self.resolver.name(resource.id), &properties),
            "AWS::Kinesis::StreamConsumer" => properties.pass_over(),
            "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" => {
                properties.pass_over();
                let text = format!("{kind}: a nested stack is not opened; import its template by itself");
                self.resolver.remark(&resource.properties, text);
            }
            _ if INERT_SERVICES.contains(&service) || INERT_TYPES.contains(&kind) || kind.starts_with("Custom::") => {
                properties.pass_over();
                return false;
            }
            _ => {
                properties.pass_over();
                self.resolver
                    .remark(&resource.properties, format!("{kind} is not simulated"));
            }
        }
        true
    }

    fn declare_subscription(&mut self, properties: &Properties) {
        let topic = properties
            .text("TopicArn")
            .and_then(|topic| self.topic(&topic, properties));
        for unsimulated in ["FilterPolicy", "DeliveryPolicy", "RedrivePolicy"] {
            if properties.get(unsimulated).is_some() {
                properties.remark(&format!("{unsimulated} is not simulated"));
            }
        }
        properties.pass_over();
        if let Some(topic) = topic {
            self.subscription(&topic, properties);
        }
    }

    fn declare_mapping_resource(&mut self, properties: &Properties) {
        let source = properties.text("EventSourceArn");
        let function = properties.text("FunctionName");
        match function.and_then(|function| self.callee(&function, properties.node())) {
            Some(function) => {
                let source = source.as_deref().map(|text| Source { text, service: "" });
                self.declare_mapping(source, &function, properties);
            }
            None => properties.pass_over(),
        }
    }

    /// Deployments name alarms of which some cannot be watched.
    fn drop_unknown_alarms(&mut self, resources: &Node) {
        for name in self.stack.drop_unknown_alarms() {
            let text = format!("the deployments name the alarm {name}, which is not watched here; it was left out");
            self.resolver.remark(resources, text);
        }
    }
}
