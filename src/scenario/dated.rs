//! What was possible at the model date (lambda-model §1).

use super::keys::nearest;
use super::reader::Reader;
use super::tree::Node;
use super::values;
use crate::lambda::switches;

/// The model date and what a scenario forces against it.
#[derive(Clone, Debug)]
pub(super) struct Dated {
    /// `YYYY-MM-DD`.
    pub model_date: String,
    /// Switches by name.
    pub forced: Vec<(String, bool)>,
}

impl Dated {
    /// Whether a switch is on.
    pub fn on(&self, id: &str) -> bool {
        switches::is_on(id, &self.model_date, &self.forced)
    }

    /// Whether the model date is this day (`YYYY-MM-DD`) or later.
    pub fn reached(&self, day: &str) -> bool {
        self.model_date.as_str() >= day
    }

    /// What to tell whoever uses a feature before its time.
    pub fn too_early(&self, id: &str) -> String {
        let from = switches::find(id).map_or("later", |switch| switch.from);
        format!("it exists from {from} on ({id}) and model_date is {}", self.model_date)
    }
}

/// The `switches` of a scenario.
pub(super) fn forced(reader: &Reader, node: Option<&Node>) -> Vec<(String, bool)> {
    let mut forced = Vec::new();
    for entry in node.map_or(&[][..], Node::entries) {
        if switches::find(&entry.key).is_none() {
            let ids = || switches::SWITCHES.iter().map(|switch| switch.id);
            let allowed = match nearest(&entry.key, ids()) {
                Some(id) => format!("did you mean {id}?"),
                None => format!("allowed: {}", ids().collect::<Vec<_>>().join(", ")),
            };
            reader.problem(entry.mark, format!("{} is no switch", entry.key), allowed);
        } else if let Some(on) = reader.value(entry, values::flag) {
            forced.push((entry.key.clone(), on));
        }
    }
    forced.sort();
    forced
}
