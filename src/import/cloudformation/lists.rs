//! Functions over lists and mappings.

use super::intrinsic::items;
use super::resolve::{LONGEST_TEXT, Resolver};
use crate::scenario::{Kind, Node};

impl Resolver<'_> {
    /// `Fn::FindInMap`.
    pub(super) fn find_in_map(&self, node: &Node) -> Option<Node> {
        let keys = items(node);
        let key = |index: usize| keys.get(index).and_then(|key| self.text(key));
        let (map, first, second) = (key(0)?, key(1)?, key(2)?);
        let found = self
            .part("Mappings", &map)
            .and_then(|map| map.inner(&first)?.inner(&second));
        let default = || self.resolve(keys.get(3)?.inner("DefaultValue")?);
        // Values of a mapping call no functions.
        match found.cloned().or_else(default) {
            Some(value) => Some(value),
            None => {
                self.remark(
                    node,
                    format!("the mapping {map} has no {first}, {second}; the value was left out"),
                );
                None
            }
        }
    }

    /// `Fn::Join`.
    pub(super) fn join(&self, node: &Node) -> Option<String> {
        let [separator, list] = items(node) else {
            self.remark(node, "Join takes a separator and a list; the value was left out");
            return None;
        };
        let list = self.resolve(list)?;
        let parts: Vec<String> = items(&list).iter().map(Node::compact).collect();
        let text = parts.join(&self.text(separator).unwrap_or_default());
        (text.len() <= LONGEST_TEXT).then_some(text)
    }

    /// `Fn::Select`.
    pub(super) fn select(&self, node: &Node) -> Option<Node> {
        let [index, list] = items(node) else {
            self.remark(node, "Select takes an index and a list; the value was left out");
            return None;
        };
        let index = self.text(index)?.parse::<usize>().ok();
        let list = self.resolve(list)?;
        let found = index.and_then(|index| items(&list).get(index)).cloned();
        if found.is_none() {
            self.remark(node, "Select finds nothing there; the value was left out");
        }
        found
    }

    /// `Fn::Split`.
    pub(super) fn split(&self, node: &Node) -> Option<Node> {
        let [separator, text] = items(node) else {
            self.remark(node, "Split takes a separator and a text; the value was left out");
            return None;
        };
        let (separator, text) = (self.text(separator)?, self.text(text)?);
        let part = |part: &str| Node {
            kind: Kind::Scalar(part.to_owned()),
            mark: node.mark,
        };
        let parts = match separator.is_empty() {
            true => vec![part(&text)],
            false => text.split(separator.as_str()).map(part).collect(),
        };
        Some(Node {
            kind: Kind::List(parts),
            mark: node.mark,
        })
    }
}
