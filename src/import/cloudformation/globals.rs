//! SAM's `Globals`.

use super::intrinsic::{intrinsic, is_call};
use crate::scenario::{Entry, Kind, Node};

/// Properties of a function over those of `Globals`: maps are merged, lists put together, anything else is the function's.
pub(super) fn merged(global: &Node, own: Node) -> Node {
    let mark = own.mark;
    let kind = match (&global.kind, own.kind) {
        (_, Kind::Empty) => return global.clone(),
        (Kind::List(global), Kind::List(own)) => Kind::List(global.iter().cloned().chain(own).collect()),
        // A function call is one value, not a map to be merged.
        (Kind::Map(below), Kind::Map(above)) if intrinsic(global).is_none() && !above.iter().any(is_call) => {
            let mut all: Vec<Entry> = Vec::new();
            let kept = below
                .iter()
                .filter(|entry| !above.iter().any(|other| other.key == entry.key));
            all.extend(kept.cloned());
            for entry in above {
                let value = match below.iter().find(|other| other.key == entry.key) {
                    Some(other) => merged(&other.value, entry.value),
                    None => entry.value,
                };
                all.push(Entry { value, ..entry });
            }
            Kind::Map(all)
        }
        (_, kind) => kind,
    };
    Node { kind, mark }
}
