//! What was possible at the model date (lambda-model §1).

use super::keys::nearest;
use super::reader::Reader;
use super::tree::Node;
use super::values;
use crate::lambda::switches;

/// Switches of behaviour that is not simulated.
const LATER_SWITCHES: &[&str] = &[
    "SW-FILTER",
    "SW-SNAP-JAVA",
    "SW-SQSMAX",
    "SW-SQSRATE",
    "SW-STREAM",
    "SW-SNAP-PYNET",
    "SW-KAFPROV",
    "SW-TENANT",
    "SW-KAFRETRY",
    "SW-LMI",
    "SW-DURABLE",
    "SW-S3FILES",
    "SW-MICROVM",
    "SW-LOGTIER",
    "SW-ASYNC1MB",
    "SW-SQSPROV",
    "SW-CODESTORE",
    "SW-SQSPROV2",
];

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
        if LATER_SWITCHES.contains(&&*entry.key) {
            let found = format!("the switch {} is not supported yet", entry.key);
            reader.problem(entry.mark, found, "remove it; what it switches is not simulated");
        } else if switches::find(&entry.key).is_none() {
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
