//! Functions as other states of a scenario have them: what no change touches is read once.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::functions::{Functions, Origin, Resolved};
use super::tree::Node;
use crate::lambda::BudgetConfig;

/// What functions are read with besides their own text: `defaults`, `parameters` and budgets.
type Surroundings = (Option<Node>, Option<Node>, Vec<BudgetConfig>);

/// Functions by name, each with the text that it was read from; empty where nothing changes.
pub(super) struct KnownFunctions {
    changes: bool,
    surroundings: RefCell<Option<Surroundings>>,
    functions: RefCell<BTreeMap<String, (Node, Resolved)>>,
}

impl KnownFunctions {
    /// None yet, of a scenario with or without `changes`.
    pub fn new(changes: bool) -> KnownFunctions {
        KnownFunctions {
            changes,
            surroundings: RefCell::default(),
            functions: RefCell::default(),
        }
    }

    /// A state is read: with other surroundings nothing of the states before is known.
    pub fn begin(&self, functions: &Functions<'_>) {
        let now = (
            functions.defaults.cloned(),
            functions.parameters.cloned(),
            functions.budgets.to_vec(),
        );
        let mut surroundings = self.surroundings.borrow_mut();
        if self.changes && surroundings.as_ref() != Some(&now) {
            *surroundings = Some(now);
            self.functions.borrow_mut().clear();
        }
    }

    /// A function, read only where its text is another one. What has problems is read again, so that they are told.
    pub fn resolve<'a>(&self, functions: &Functions<'a>, origin: &Origin<'a>) -> Resolved {
        let text = origin
            .entry
            .map(|entry| &entry.value)
            .filter(|_| origin.traced.is_none());
        let Some(text) = text.filter(|_| self.changes) else {
            return functions.resolve(origin);
        };
        if let Some((known, resolved)) = self.functions.borrow().get(origin.name)
            && known == text
        {
            return resolved.clone();
        }
        let (reader, attachments) = (functions.platform.reader, &functions.platform.attachments);
        let before = (reader.problems(), attachments.archives());
        let resolved = functions.resolve(origin);
        // What is attached to environments is numbered by the account, in each state anew.
        let plain = resolved
            .config
            .versions
            .iter()
            .all(|version| version.equipment.is_none());
        if plain && before == (reader.problems(), attachments.archives()) {
            let known = (text.clone(), resolved.clone());
            self.functions.borrow_mut().insert(origin.name.to_owned(), known);
        }
        resolved
    }
}
