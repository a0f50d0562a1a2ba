//! Resources that refer to each other in a circle, which CloudFormation refuses to deploy.

use std::collections::{BTreeMap, BTreeSet};

use super::intrinsic::items;
use super::resolve::Resolver;
use crate::scenario::{Kind, Node};

/// Tells of every circle once.
pub(super) fn tell(resolver: &Resolver, resources: &Node) {
    let ids: BTreeSet<&str> = resources.entries().iter().map(|entry| entry.key.as_str()).collect();
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in resources.entries() {
        let mut found = BTreeSet::new();
        references(&entry.value, &ids, &mut found);
        edges.insert(&entry.key, found);
    }
    let mut done = BTreeSet::new();
    for entry in resources.entries() {
        if let Some(circle) = circle_from(&entry.key, &edges, &mut done) {
            let text = format!("a circular reference, which AWS refuses: {}", circle.join(" → "));
            resolver.remark_key(entry, text);
        }
    }
}

/// A circle that is reached from `start`; every resource is walked through once in all.
fn circle_from<'a>(
    start: &'a str,
    edges: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    let none = BTreeSet::new();
    let next = |id: &str| edges.get(id).unwrap_or(&none).iter();
    let mut path = vec![(start, next(start))];
    if !done.insert(start) {
        return None;
    }
    while let Some((_, following)) = path.last_mut() {
        match following.next() {
            Some(id) => {
                if let Some(from) = path.iter().position(|(open, _)| open == id) {
                    let mut circle: Vec<&str> = path[from..].iter().map(|(id, _)| *id).collect();
                    circle.push(id);
                    return Some(circle);
                }
                if done.insert(id) {
                    path.push((id, next(id)));
                }
            }
            None => {
                path.pop();
            }
        }
    }
    None
}

/// Resources that a value refers to, by `Ref`, `GetAtt`, `Sub` or `DependsOn`.
fn references<'a>(node: &'a Node, ids: &BTreeSet<&'a str>, found: &mut BTreeSet<&'a str>) {
    let mut add = |text: &str| {
        let id = text.split('.').next().unwrap_or(text);
        found.extend(ids.get(id));
    };
    match &node.kind {
        Kind::Empty | Kind::Scalar(_) => {}
        Kind::List(items) => items.iter().for_each(|item| references(item, ids, found)),
        Kind::Map(entries) => {
            // SAM makes resources of their own of these, which refer to both sides.
            let entries = || {
                entries
                    .iter()
                    .filter(|entry| !matches!(entry.key.as_str(), "Events" | "DeploymentPreference"))
            };
            for entry in entries() {
                let value = &entry.value;
                match entry.key.as_str() {
                    "Ref" | "!Ref" | "DependsOn" | "Fn::GetAtt" | "!GetAtt" => {
                        value.text().into_iter().for_each(&mut add);
                        let parts = items(value);
                        // `GetAtt` lists a resource and an attribute, `DependsOn` resources.
                        let ids_in_it = if entry.key == "DependsOn" { parts.len() } else { 1 };
                        parts.iter().take(ids_in_it).filter_map(Node::text).for_each(&mut add);
                    }
                    "Fn::Sub" | "!Sub" => {
                        let pattern = value
                            .text()
                            .or_else(|| items(value).first()?.text())
                            .unwrap_or_default();
                        pattern
                            .split("${")
                            .skip(1)
                            .filter_map(|rest| rest.split('}').next())
                            .for_each(&mut add);
                    }
                    _ => {}
                }
            }
            entries().for_each(|entry| references(&entry.value, ids, found));
        }
    }
}
