//! YAML and JSON of others (templates), read with the same care as scenario files.

use std::path::PathBuf;

use super::problem::Finding;
use super::source::{Mark, Source};
use super::tree::{self, Node};

/// Values of a document. The largest template that AWS takes has 1 MB.
const NODES: usize = 250_000;

/// A document that knows the line of each of its values. A value with a tag, `!Ref queue`, is the map
/// `{ "!Ref": queue }`.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its content.
    pub root: Node,
    /// What is wrong with it but did not stop the reading: lines and words.
    pub faults: Vec<(u32, String)>,
    source: Source,
}

impl Document {
    /// Reads a text.
    ///
    /// # Errors
    /// What makes reading on impossible, with its line; no line for a text without a value.
    pub fn read(text: String) -> Result<Document, (Option<u32>, String)> {
        let parsed = tree::parse_tagged(&text, &mut { NODES });
        let source = Source::new(String::new(), PathBuf::new(), text);
        let told = |finding: &Finding| (source.place(finding.mark).line, finding.fault.found.clone());
        match parsed {
            Ok(parsed) => match parsed.root {
                Some(root) => Ok(Document {
                    root,
                    faults: parsed.findings.iter().map(told).collect(),
                    source,
                }),
                None => Err((None, "holds no value".to_owned())),
            },
            Err(findings) => {
                let last = findings.last().map(told);
                let (line, words) = last.unwrap_or((1, "is no YAML".to_owned()));
                Err((Some(line), words))
            }
        }
    }

    /// The line of a place, from 1.
    pub fn line(&self, mark: Mark) -> u32 {
        self.source.place(mark).line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_keys_and_every_value_knows_its_line() {
        let document =
            Document::read("A: !Ref x\nB:\n  - !Sub\n    - ${y}\n    - { y: 1 }\n".to_owned()).expect("YAML");
        let reference = document.root.inner("A").expect("A");
        assert_eq!(reference.inner("!Ref").and_then(Node::text), Some("x"));
        assert_eq!(document.line(reference.mark), 1);
        let list = document.root.inner("B").expect("B").compact();
        assert_eq!(list, "[{ !Sub: [${y}, { y: 1 }] }]");
    }

    #[test]
    fn json_is_yaml_and_twice_given_keys_are_told() {
        let document = Document::read("{\n\t\"A\": { \"Ref\": \"x\" },\n\t\"A\": 2\n}".to_owned()).expect("JSON");
        assert_eq!(
            document
                .root
                .inner("A")
                .and_then(|a| a.inner("Ref"))
                .and_then(Node::text),
            Some("x")
        );
        assert_eq!(document.faults.len(), 1);
        assert_eq!(document.faults[0].0, 3);
        assert_eq!(
            Document::read("a: [1\nb: 2\n".to_owned()).expect_err("broken").0,
            Some(2)
        );
    }
}
