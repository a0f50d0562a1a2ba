//! How calls of intrinsic functions look in the tree of a template.

use crate::scenario::{Entry, Kind, Node};

/// One way to write an intrinsic function: `!Sub x`, `{ "Fn::Sub": x }`.
pub(super) fn intrinsic(node: &Node) -> Option<(&str, &Entry)> {
    let [entry] = node.entries() else { return None };
    let key = entry.key.as_str();
    let name = key
        .strip_prefix("Fn::")
        .or_else(|| key.strip_prefix('!'))
        .unwrap_or(key);
    is_call(entry).then_some((name, entry))
}

/// The items of a list; none for anything else.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::List(items) => items,
        _ => &[],
    }
}

/// Whether it is the call of a function.
pub(super) fn is_call(entry: &Entry) -> bool {
    entry.key == "Ref" || entry.key.starts_with("Fn::") || entry.key.starts_with('!')
}
