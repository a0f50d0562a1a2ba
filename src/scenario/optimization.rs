//! `optimize`: what may vary, what must be met, what is to be small.

use super::change_path::follow_path;
use super::expand::expand_values;
use super::expectation::{self, Expectation, Operator};
use super::load::split_path;
use super::place::Place;
use super::problem::Fault;
use super::reader::Reader;
use super::tree::{Entry, Kind, Node};
use super::values;
use crate::simulation::Plan;

/// Replications of a candidate, unless the file says otherwise.
const REPLICATIONS: u64 = 30;
const CONFIDENCE: f64 = 0.95;

/// What `lambdasim optimize` looks for.
#[derive(Clone, Debug)]
pub struct Optimization {
    /// What may vary; every combination of values is a candidate.
    pub variables: Vec<Variable>,
    /// What a candidate must keep to. Never `!=`.
    pub goals: Vec<Expectation>,
    /// What is to be small: the sum of these.
    pub objective: Vec<Term>,
    /// Probability with which the winner is to meet each goal, above 0.5 and below 1.
    pub confidence: f64,
    /// Runs of a candidate before it can win, at least 2.
    pub replications: u64,
}

/// A path of the scenario and the values it may take.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Such as `functions.checkout.memory_size`.
    pub path: String,
    /// YAML values, as written.
    pub values: Vec<String>,
}

/// A part of the objective.
#[derive(Clone, Debug)]
pub struct Term {
    /// Where it stands.
    pub place: Place,
    /// As written.
    pub text: String,
    /// Path in `summary.json`.
    pub path: String,
    /// What its value is multiplied by, above 0.
    pub weight: f64,
}

/// Reads `optimize`, if there is one; `plan` knows the names of the scenario.
pub(super) fn optimization(reader: &Reader, root: &Node, plan: &Plan) -> Option<Optimization> {
    let section = root.entry("optimize")?;
    let parts = Parts { reader, root, plan };
    let node = &section.value;
    let example = "{ functions.checkout.memory_size: [512, 1024] }";
    let variables = reader.required(node, "variables", "`optimize`", section.mark, example)?;
    let variables: Vec<Variable> = variables
        .value
        .entries()
        .iter()
        .filter_map(|entry| parts.variable(entry))
        .collect();
    let goals = node
        .entry("goals")
        .map_or_else(Vec::new, |entry| expectation::lines(reader, entry));
    for goal in goals.iter().filter(|goal| goal.operator == Operator::Unequal) {
        let mark = node.entry("goals").map_or(section.mark, |entry| entry.mark);
        reader.problem(
            mark,
            format!("the goal \"{}\" excludes one value", goal.text),
            "<=, >=, <, > and == are allowed",
        );
    }
    Some(Optimization {
        variables,
        goals,
        objective: parts.objective(node.entry("objective"), section),
        confidence: parts.confidence(node),
        replications: node
            .entry("replications")
            .and_then(|entry| reader.count(entry, 2, 10_000))
            .unwrap_or(REPLICATIONS),
    })
}

struct Parts<'a> {
    reader: &'a Reader,
    root: &'a Node,
    plan: &'a Plan,
}

impl Parts<'_> {
    fn variable(&self, entry: &Entry) -> Option<Variable> {
        if let Err(fault) = follow_path(self.root, self.plan, &split_path(&entry.key)) {
            self.reader.fault(entry.mark, fault);
            return None;
        }
        let values = match &entry.value.kind {
            Kind::List(items) if !items.is_empty() => Ok(items.iter().map(Node::compact).collect()),
            Kind::Scalar(text) => expand_values(text),
            _ => Err("a list of values, or from..to:step, or log from..to:count belongs here".to_owned()),
        };
        match values {
            Ok(values) => Some(Variable {
                path: entry.key.clone(),
                values,
            }),
            Err(allowed) => {
                let found = format!("`{}` takes {}", entry.key, entry.value.described());
                self.reader.problem(entry.value.mark, found, allowed);
                None
            }
        }
    }

    fn objective(&self, entry: Option<&Entry>, section: &Entry) -> Vec<Term> {
        let term = |node: &Node, path: String, weight: f64| Term {
            place: self.reader.sources[node.mark.source as usize].place(node.mark),
            text: node.compact(),
            path,
            weight,
        };
        let cost = || "cost.monthly_estimate".to_owned();
        let Some(entry) = entry else {
            return vec![term(&section.value, cost(), 1.0)];
        };
        match &entry.value.kind {
            Kind::Scalar(text) if text == "cost" => vec![term(&entry.value, cost(), 1.0)],
            Kind::Scalar(text) if text == "latency" => self
                .latency(entry)
                .map(|path| term(&entry.value, path, 1.0))
                .into_iter()
                .collect(),
            Kind::Scalar(text) => vec![term(&entry.value, text.clone(), 1.0)],
            Kind::Map(entries) if !entries.is_empty() => {
                let weighted = entries
                    .iter()
                    .filter_map(|entry| Some((entry, self.reader.value(entry, weight)?)));
                weighted
                    .map(|(entry, weight)| term(&entry.value, entry.key.clone(), weight))
                    .collect()
            }
            _ => {
                let found = format!("`objective` is {}", entry.value.described());
                let allowed = "cost, latency, a path of summary.json, or a map from paths to weights is allowed";
                self.reader.problem(entry.value.mark, found, allowed);
                Vec::new()
            }
        }
    }

    /// p99 of the only traffic entry.
    fn latency(&self, entry: &Entry) -> Option<String> {
        let names: Vec<&str> = self.plan.entries().map(|traffic| traffic.name.as_str()).collect();
        match names.as_slice() {
            [only] => Some(format!("traffic.{only}.latency.p99")),
            several => {
                let found = format!("`latency` can be that of {} traffic entries", several.len());
                self.reader.problem(
                    entry.value.mark,
                    found,
                    "name a path, such as traffic.shoppers.latency.p99",
                );
                None
            }
        }
    }

    fn confidence(&self, node: &Node) -> f64 {
        let within = |text: &str| match values::share(text)? {
            share if share > 0.5 && share < 1.0 => Ok(share),
            _ => Err(Fault::new(
                format!("is {text}"),
                "more than 50 % and less than 100 % is allowed",
            )),
        };
        let given = node
            .entry("confidence")
            .and_then(|entry| self.reader.value(entry, within));
        given.unwrap_or(CONFIDENCE)
    }
}

fn weight(text: &str) -> Result<f64, Fault> {
    match values::number(text)? {
        weight if weight > 0.0 => Ok(weight),
        _ => Err(Fault::new(format!("is {text}"), "a weight above 0 is allowed")),
    }
}
