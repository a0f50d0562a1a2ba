//! Intrinsic functions, parameters, conditions and mappings of a template.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::intrinsic::{intrinsic, items};
use super::names::{self, Home, LONGEST_NAME};
use crate::import::Remarks;
use crate::scenario::{Document, Entry, Kind, Node};

/// Names inside each other: a template that goes deeper refers to itself, or might as well.
const DEEPEST: usize = 24;
/// Longest text that references are put together to.
pub(super) const LONGEST_TEXT: usize = 1 << 20;

/// Reads values of a template with everything in them that refers to something else replaced by it.
pub(super) struct Resolver<'a> {
    /// What was not understood.
    pub remarks: RefCell<Remarks>,
    /// Where the template is deployed to.
    pub home: Home,
    document: &'a Document,
    /// Values of `--parameter`.
    given: &'a BTreeMap<String, String>,
    used: RefCell<BTreeSet<String>>,
    /// What is being resolved: names and conditions.
    open: RefCell<Vec<String>>,
    /// Settings of resources that references depend on, by resource and property.
    settings: RefCell<BTreeMap<(String, String), Option<String>>>,
    /// Function and number of each version.
    versions: OnceCell<BTreeMap<String, (String, u32)>>,
    conditions: RefCell<BTreeMap<String, bool>>,
}

impl<'a> Resolver<'a> {
    /// A resolver of one template.
    pub fn new(document: &'a Document, given: &'a BTreeMap<String, String>) -> Resolver<'a> {
        let pseudo = |name: &str, default: &str| given.get(name).map_or(default, String::as_str).to_owned();
        Resolver {
            remarks: RefCell::default(),
            home: Home {
                region: pseudo("AWS::Region", "us-east-1"),
                account: pseudo("AWS::AccountId", "123456789012"),
            },
            document,
            given,
            used: RefCell::default(),
            open: RefCell::default(),
            settings: RefCell::default(),
            versions: OnceCell::new(),
            conditions: RefCell::default(),
        }
    }

    /// The line of a value.
    pub fn line(&self, node: &Node) -> u32 {
        self.document.line(node.mark)
    }

    /// Tells that something was not understood.
    pub fn remark(&self, node: &Node, text: impl Into<String>) {
        self.remarks.borrow_mut().add(Some(self.line(node)), text);
    }

    /// The same of an entry, at the line of its key.
    pub fn remark_key(&self, entry: &Entry, text: impl Into<String>) {
        self.remarks
            .borrow_mut()
            .add(Some(self.document.line(entry.mark)), text);
    }

    /// A part of the template by its section and name.
    pub fn part(&self, section: &str, name: &str) -> Option<&'a Node> {
        self.entry(section, name).map(|entry| &entry.value)
    }

    fn entry(&self, section: &str, name: &str) -> Option<&'a Entry> {
        self.document.root.inner(section)?.entry(name)
    }

    /// Type and properties of a resource.
    fn declared(&self, id: &str) -> Option<(&'a str, Option<&'a Node>)> {
        let resource = self.part("Resources", id)?;
        Some((resource.inner("Type")?.text()?, resource.inner("Properties")))
    }

    /// Values of `--parameter` that nothing in the template asked for.
    pub fn unused(&self) -> Vec<&'a str> {
        let used = self.used.borrow();
        let names = self.given.keys().map(String::as_str);
        names
            .filter(|name| !used.contains(*name) && !name.starts_with("AWS::"))
            .collect()
    }

    /// The value with all references replaced; `None` where it is `AWS::NoValue`, or not known (then it was told).
    pub fn resolve(&self, node: &Node) -> Option<Node> {
        if let Some((name, argument)) = intrinsic(node) {
            let value = self.call(name, argument)?;
            return Some(Node {
                kind: value.kind,
                mark: node.mark,
            });
        }
        let kind = match &node.kind {
            Kind::Empty => return None,
            Kind::Scalar(text) => Kind::Scalar(text.clone()),
            Kind::List(items) => Kind::List(items.iter().filter_map(|item| self.resolve(item)).collect()),
            Kind::Map(entries) => {
                let resolved = |entry: &Entry| {
                    Some(Entry {
                        key: entry.key.clone(),
                        mark: entry.mark,
                        value: self.resolve(&entry.value)?,
                    })
                };
                Kind::Map(entries.iter().filter_map(resolved).collect())
            }
        };
        Some(Node { kind, mark: node.mark })
    }

    /// The text that a value comes to; `None` for lists and maps as well.
    pub fn text(&self, node: &Node) -> Option<String> {
        self.resolve(node)?.text().map(str::to_owned)
    }

    fn call(&self, name: &str, argument: &Entry) -> Option<Node> {
        let node = &argument.value;
        let text = |text: String| Node {
            kind: Kind::Scalar(text),
            mark: node.mark,
        };
        match name {
            "Ref" => self.reference(node),
            "GetAtt" => self.get_attribute(node).map(text),
            "Sub" => self.substitute(node).map(text),
            "If" => self.choose(node),
            "FindInMap" => self.find_in_map(node),
            "Join" => self.join(node).map(text),
            "Select" => self.select(node),
            "Split" => self.split(node),
            "ImportValue" => self.imported(node).map(text),
            "Base64" => self.resolve(node),
            "GetAZs" => {
                let zone = |letter| text(format!("{}{letter}", self.home.region));
                Some(Node {
                    kind: Kind::List(["a", "b", "c"].map(zone).into()),
                    mark: node.mark,
                })
            }
            "Length" => Some(text(items(&self.resolve(node)?).len().to_string())),
            "ToJsonString" => Some(text(self.resolve(node)?.compact())),
            other => {
                self.remark(
                    node,
                    format!("the function {other} is not known here; the value was left out"),
                );
                None
            }
        }
    }

    fn reference(&self, node: &Node) -> Option<Node> {
        let name = self.argument(node, "Ref")?;
        let text = |text: &str| {
            Some(Node {
                kind: Kind::Scalar(text.to_owned()),
                mark: node.mark,
            })
        };
        match name.as_str() {
            "AWS::NoValue" => None,
            "AWS::Region" => text(&self.home.region),
            "AWS::AccountId" => text(&self.home.account),
            "AWS::Partition" => text("aws"),
            "AWS::URLSuffix" => text("amazonaws.com"),
            "AWS::StackName" | "AWS::StackId" => text(self.given.get(&name).map_or("stack", String::as_str)),
            "AWS::NotificationARNs" => None,
            _ => match self.part("Parameters", &name) {
                Some(parameter) => self.parameter(&name, parameter),
                None => text(&self.resource_reference(&name, node)),
            },
        }
    }

    /// The value of a parameter: given, default, or else told and a stand-in.
    fn parameter(&self, name: &str, parameter: &Node) -> Option<Node> {
        let kind = parameter.inner("Type").and_then(Node::text).unwrap_or("String");
        let given = self.given.get(name);
        if given.is_some() {
            self.used.borrow_mut().insert(name.to_owned());
        }
        let default = parameter.inner("Default").and_then(Node::text);
        // The default of such a parameter is the name under which the value is kept.
        let default = default.filter(|_| !kind.starts_with("AWS::SSM::"));
        let Some(value) = given.map(String::as_str).or(default) else {
            self.remark(
                parameter,
                format!("the parameter {name} has no value; give --parameter {name}=…"),
            );
            let allowed = parameter.inner("AllowedValues").map(items).and_then(<[Node]>::first);
            let stand_in = match kind {
                "Number" => parameter.inner("MinValue").cloned(),
                _ => None,
            };
            let named = || Node {
                kind: Kind::Scalar(name.to_owned()),
                mark: parameter.mark,
            };
            return allowed.cloned().or(stand_in).or_else(|| (kind != "Number").then(named));
        };
        let scalar = |text: &str| Node {
            kind: Kind::Scalar(text.to_owned()),
            mark: parameter.mark,
        };
        if kind == "CommaDelimitedList" || kind.contains("List<") {
            let items = value.split(',').map(|item| scalar(item.trim())).collect();
            return Some(Node {
                kind: Kind::List(items),
                mark: parameter.mark,
            });
        }
        Some(scalar(value))
    }

    /// What `Ref` gives for a resource; one that is not there stands for its own name.
    fn resource_reference(&self, id: &str, node: &Node) -> String {
        // SAM: `Function.Alias`, `Function.Version`.
        if let Some((function, attribute @ ("Alias" | "Version"))) = id.split_once('.') {
            return self.attribute_of(function, attribute, node);
        }
        match self.declared(id) {
            Some(("AWS::Lambda::Version" | "AWS::Lambda::Alias", _)) => self.qualified(id),
            Some(("AWS::ApplicationAutoScaling::ScalableTarget", _)) => {
                self.setting(id, "ResourceId").unwrap_or_else(|| id.to_owned())
            }
            Some((kind, _)) => names::reference(kind, &self.name(id), &self.home),
            None => {
                let generated = self.generated_alias(id);
                if generated.is_none() && !id.starts_with("Serverless") {
                    self.remark(node, format!("refers to {id}, which the template does not have"));
                }
                generated.unwrap_or_else(|| id.to_owned())
            }
        }
    }

    /// SAM calls the alias that it makes `FunctionAliaslive`.
    fn generated_alias(&self, id: &str) -> Option<String> {
        let (function, alias) = id.split_once("Alias")?;
        let (kind, _) = self.declared(function)?;
        Some(format!(
            "{}:{alias}",
            names::arn(kind, &self.name(function), &self.home)
        ))
    }

    fn get_attribute(&self, node: &Node) -> Option<String> {
        let (id, attribute) = match &node.kind {
            Kind::Scalar(text) => {
                let (id, attribute) = text.split_once('.')?;
                (id.to_owned(), attribute.to_owned())
            }
            Kind::List(parts) => (self.text(parts.first()?)?, self.text(parts.get(1)?)?),
            _ => {
                self.remark(node, "GetAtt takes a resource and an attribute; the value was left out");
                return None;
            }
        };
        Some(self.attribute_of(&id, &attribute, node))
    }

    fn attribute_of(&self, id: &str, attribute: &str, node: &Node) -> String {
        let Some((kind, _)) = self.declared(id) else {
            if !id.starts_with("Serverless") {
                self.remark(node, format!("refers to {id}, which the template does not have"));
            }
            return format!("{id}.{attribute}");
        };
        match (kind, attribute) {
            ("AWS::Lambda::Version", "Version") => self
                .version(id)
                .map_or_else(|| "1".to_owned(), |(_, number)| number.to_string()),
            ("AWS::Lambda::Version" | "AWS::Lambda::Alias", _) => self.qualified(id),
            ("AWS::Kinesis::StreamConsumer", _) => {
                let stream = self.setting(id, "StreamARN");
                format!("{}/consumer/{id}:1", stream.unwrap_or_else(|| id.to_owned()))
            }
            ("AWS::CloudFormation::Stack" | "AWS::Serverless::Application", _) => {
                self.elsewhere(&format!("{id}.{attribute}"), "a nested stack", node)
            }
            (_, "Alias") if names::is_function(kind) => {
                let arn = names::arn(kind, &self.name(id), &self.home);
                let alias = self.setting(id, "AutoPublishAlias");
                alias.map_or_else(|| arn.clone(), |alias| format!("{arn}:{alias}"))
            }
            (_, "Version") if names::is_function(kind) => format!("{}:1", names::arn(kind, &self.name(id), &self.home)),
            _ => names::attribute(kind, &self.name(id), attribute, &self.home),
        }
    }

    /// What `Globals` says of functions.
    pub fn globals(&self) -> Option<&'a Node> {
        self.part("Globals", "Function")
    }

    /// A property of a resource that references to it depend on; those of functions may stand in `Globals`.
    fn setting(&self, id: &str, key: &str) -> Option<String> {
        let place = (id.to_owned(), key.to_owned());
        if let Some(known) = self.settings.borrow().get(&place) {
            return known.clone();
        }
        let (kind, properties) = self.declared(id)?;
        let own = properties.and_then(|properties| properties.inner(key));
        let global = || self.globals().filter(|_| names::is_function(kind))?.inner(key);
        let what = format!("{key} of {id}");
        let value = self.guarded(&what, self.entry("Resources", id), || self.text(own.or_else(global)?));
        self.settings.borrow_mut().insert(place, value.clone());
        value
    }

    /// Functions with the versions or aliases that a resource publishes.
    pub fn qualifiers(&self, id: &str) -> Vec<(String, String)> {
        match self.declared(id) {
            Some((kind, _)) if names::is_function(kind) => {
                let alias = self.setting(id, "AutoPublishAlias");
                let published = alias.into_iter().flat_map(|alias| [alias, "1".to_owned()]);
                published.map(|qualifier| (self.name(id), qualifier)).collect()
            }
            Some(("AWS::Lambda::Version" | "AWS::Lambda::Alias", _)) => match names::Named::of(&self.qualified(id)) {
                names::Named::Function(name, Some(qualifier)) => vec![(name, qualifier)],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The ARN of a version or an alias resource.
    fn qualified(&self, id: &str) -> String {
        let (function, qualifier) = match self.version(id) {
            Some((function, number)) => (function, number.to_string()),
            None => {
                let read = |key: &str| self.setting(id, key).unwrap_or_else(|| id.to_owned());
                (read("FunctionName"), read("Name"))
            }
        };
        names::arn(
            "AWS::Lambda::Function",
            &format!("{}:{qualifier}", function_name(&function)),
            &self.home,
        )
    }

    /// Function and number of a version resource: the first of a function is 1.
    pub fn version(&self, id: &str) -> Option<(String, u32)> {
        let (kind, _) = self.declared(id)?;
        if kind != "AWS::Lambda::Version" {
            return None;
        }
        // A version may be named while versions are counted: only a template that refers to itself does that.
        match self.versions.get() {
            Some(versions) => versions.get(id).cloned(),
            None => {
                let versions = self.numbered_versions();
                self.versions.get_or_init(|| versions).get(id).cloned()
            }
        }
    }

    fn numbered_versions(&self) -> BTreeMap<String, (String, u32)> {
        let mut versions = BTreeMap::new();
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let resources = self.document.root.inner("Resources").map_or(&[][..], Node::entries);
        for entry in resources {
            let is_version = self
                .declared(&entry.key)
                .is_some_and(|(kind, _)| kind == "AWS::Lambda::Version");
            let function = Some(&entry.key)
                .filter(|_| is_version)
                .and_then(|id| self.setting(id, "FunctionName"));
            if let Some(function) = function {
                let function = function_name(&function);
                let count = counts.entry(function.clone()).or_default();
                *count += 1;
                versions.insert(entry.key.clone(), (function, *count));
            }
        }
        versions
    }

    /// The name of a resource: given, or its logical id.
    pub fn name(&self, id: &str) -> String {
        let named = || {
            let (kind, _) = self.declared(id)?;
            let given = self.setting(id, names::name_property(kind));
            let fifo = || self.setting(id, "FifoQueue").or_else(|| self.setting(id, "FifoTopic"));
            let suffix = || fifo().filter(|fifo| fifo == "true").map(|_| format!("{id}.fifo"));
            given
                .or_else(suffix)
                .filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME)
        };
        named().unwrap_or_else(|| id.to_owned())
    }

    /// Does `work` unless it is under way already: then the template refers to itself, which is told.
    fn guarded<T>(&self, what: &str, entry: Option<&Entry>, work: impl FnOnce() -> Option<T>) -> Option<T> {
        let circle = {
            let open = self.open.borrow();
            let again = open.iter().position(|other| other == what);
            again
                .or((open.len() >= DEEPEST).then_some(0))
                .map(|from| open[from..].join(", "))
        };
        if let (Some(circle), Some(entry)) = (circle, entry) {
            self.remark_key(entry, format!("a circular reference through {circle}"));
            return None;
        }
        self.open.borrow_mut().push(what.to_owned());
        let value = work();
        self.open.borrow_mut().pop();
        value
    }

    fn substitute(&self, node: &Node) -> Option<String> {
        let (pattern, own) = match &node.kind {
            Kind::List(parts) => (parts.first()?.text()?, parts.get(1)),
            _ => (node.text()?, None),
        };
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, following)) = after.split_once('}') else {
                break;
            };
            text.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str(&format!("${{{literal}}}"));
            } else {
                text.push_str(&self.variable(name.trim(), own, node).unwrap_or_default());
            }
            rest = following;
            if text.len() > LONGEST_TEXT {
                self.remark(node, "Sub makes a text of more than 1 MB; the value was left out");
                return None;
            }
        }
        text.push_str(rest);
        Some(text)
    }

    /// What `${name}` stands for.
    fn variable(&self, name: &str, own: Option<&Node>, node: &Node) -> Option<String> {
        if let Some(own) = own.and_then(|own| own.inner(name)) {
            return self.text(own);
        }
        let scalar = Node {
            kind: Kind::Scalar(name.to_owned()),
            mark: node.mark,
        };
        let is_attribute = name.contains('.') && !name.starts_with("AWS::");
        if is_attribute {
            return self.get_attribute(&scalar);
        }
        let value = self.reference(&scalar)?;
        value.text().map(str::to_owned).or_else(|| Some(value.compact()))
    }

    fn choose(&self, node: &Node) -> Option<Node> {
        let [condition, yes, no] = items(node) else {
            self.remark(node, "If takes a condition and two values; the value was left out");
            return None;
        };
        let holds = self.condition(condition.text()?, condition);
        self.resolve(if holds { yes } else { no })
    }

    /// Whether a condition of the template holds; one that is not known does, which is told.
    pub fn condition(&self, name: &str, at: &Node) -> bool {
        if let Some(known) = self.conditions.borrow().get(name) {
            return *known;
        }
        let holds = match self.entry("Conditions", name) {
            Some(entry) => self.guarded(&format!("the condition {name}"), Some(entry), || {
                self.truth(&entry.value)
            }),
            None => {
                self.remark(
                    at,
                    format!("the condition {name} is not in the template; it was taken as true"),
                );
                None
            }
        };
        let holds = holds.unwrap_or(true);
        self.conditions.borrow_mut().insert(name.to_owned(), holds);
        holds
    }

    fn truth(&self, expression: &Node) -> Option<bool> {
        let [entry] = expression.entries() else {
            self.remark(expression, "is no condition; it was taken as true");
            return None;
        };
        let parts = items(&entry.value);
        let mut truths = parts.iter().map(|part| self.truth(part).unwrap_or(true));
        match entry.key.trim_start_matches("Fn::").trim_start_matches('!') {
            "Condition" => Some(self.condition(entry.value.text()?, &entry.value)),
            "And" => Some(truths.all(|truth| truth)),
            "Or" => Some(truths.any(|truth| truth)),
            "Not" => truths.next().map(|truth| !truth),
            "Equals" => {
                let side = |index: usize| {
                    parts
                        .get(index)
                        .and_then(|part| self.resolve(part))
                        .map(|part| part.compact())
                };
                Some(side(0) == side(1))
            }
            other => {
                self.remark(
                    expression,
                    format!("the condition {other} is not known here; it was taken as true"),
                );
                None
            }
        }
    }

    fn imported(&self, node: &Node) -> Option<String> {
        Some(self.elsewhere(&self.text(node)?, "another stack", node))
    }

    /// A value of another stack: given by `--parameter` under its name, or the name stands in for it.
    fn elsewhere(&self, name: &str, owner: &str, node: &Node) -> String {
        self.used.borrow_mut().insert(name.to_owned());
        let given = self.given.get(name).cloned();
        given.unwrap_or_else(|| {
            self.remark(
                node,
                format!("the value {name} of {owner} is not known; give --parameter {name}=…"),
            );
            name.to_owned()
        })
    }

    fn argument(&self, node: &Node, function: &str) -> Option<String> {
        let text = node.text().map(str::to_owned);
        if text.is_none() {
            self.remark(node, format!("{function} takes a name; the value was left out"));
        }
        text
    }
}

/// The name of a function given by name or ARN.
pub(super) fn function_name(text: &str) -> String {
    match names::Named::of(text) {
        names::Named::Function(name, _) => name,
        _ => text.to_owned(),
    }
}
