//! Every section of a file, and the checks of the table against the reference.

use std::collections::BTreeMap;

use super::key::Section;
use super::key::Takes::{Named, Section as Keys, Whole, WordOr};
use super::scaling::{SCHEDULED_ACTION, TARGET_TRACKING};
use super::scenario::SCENARIO;
use super::traffic::TOGETHER;

/// Every section that the file can hold, by name.
pub fn sections() -> BTreeMap<&'static str, &'static Section> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![&SCENARIO, &TOGETHER, &TARGET_TRACKING, &SCHEDULED_ACTION];
    while let Some(section) = waiting.pop() {
        if found.insert(section.name, section).is_none() {
            for key in section.keys() {
                if let Keys(inner) | Named(inner) | Whole(inner) | WordOr(inner) = key.takes {
                    waiting.push(inner);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::key::Key;
    use super::*;

    #[test]
    fn no_section_holds_a_key_twice() {
        for section in sections().values() {
            let mut names: Vec<&str> = section.keys().map(|key| key.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", section.name);
        }
    }

    #[test]
    fn the_reference_documents_every_key() {
        let reference = include_str!("../../../docs/scenario.md");
        for section in sections().values() {
            for key in section.keys() {
                assert!(
                    reference.contains(&format!("`{}`", key.name)),
                    "{}: {}",
                    section.name,
                    key.name
                );
            }
        }
    }

    #[test]
    fn every_row_of_the_reference_tells_of_a_key_as_the_table_does_and_once() {
        let row = |key: &Key| {
            (
                format!("| `{}` | ", key.name),
                format!(" | {} | {} |", key.default, key.doc),
            )
        };
        let rows: Vec<(String, String)> = sections()
            .values()
            .flat_map(|section| section.keys().map(row))
            .collect();
        let (mut names, mut wrong) = (None, Vec::new());
        for line in include_str!("../../../docs/scenario.md").lines() {
            if line == "| key | takes | default | meaning |" {
                names = Some(std::collections::BTreeSet::new());
            } else if !line.starts_with('|') {
                names = None;
            }
            let (Some(names), Some(name)) = (&mut names, line.split('`').nth(1)) else {
                continue;
            };
            let known = rows
                .iter()
                .any(|(start, end)| line.starts_with(start) && line.ends_with(end));
            let first = names.insert(name);
            if !(known && first) {
                wrong.push(line);
            }
        }
        assert!(wrong.is_empty(), "no such key, or twice:\n{}", wrong.join("\n"));
    }
}
