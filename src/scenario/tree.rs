//! YAML text to a tree that knows where each of its parts stands.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span};

use super::problem::Finding;
use super::source::Mark;

/// Maps and lists inside each other.
const DEEPEST: usize = 64;
/// Bytes of a text that count as one value more where it is copied by an alias.
const BYTES_PER_VALUE: usize = 64;

/// A part of a scenario file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub mark: Mark,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Nothing was written.
    Empty,
    /// Text, a number, true or false: told apart by whoever reads it.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A map without duplicate keys, in file order.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub mark: Mark,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of a map, to be changed; none for anything else.
    pub fn entries_mut(&mut self) -> &mut [Entry] {
        match &mut self.kind {
            Kind::Map(entries) => entries,
            _ => &mut [],
        }
    }

    /// Adds an entry whose key a map does not hold yet; an empty node becomes a map.
    pub fn insert(&mut self, entry: Entry) {
        match &mut self.kind {
            Kind::Map(entries) => entries.push(entry),
            Kind::Empty => self.kind = Kind::Map(vec![entry]),
            _ => {}
        }
    }

    /// Takes the entry with this key out of a map.
    pub fn remove(&mut self, key: &str) {
        if let Kind::Map(entries) = &mut self.kind {
            entries.retain(|entry| entry.key != key);
        }
    }

    /// The entry of a map with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// What stands under a key of a map.
    pub fn inner(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entries of the map under a key, by name.
    pub fn named(&self, key: &str) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.inner(key).map_or(&[][..], Node::entries).iter().collect();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        entries
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        matches!(self.kind, Kind::Empty)
    }

    /// What it is, in words for a message.
    pub fn described(&self) -> String {
        match &self.kind {
            Kind::Empty => "empty".to_owned(),
            Kind::Scalar(text) => format!("\"{}\"", shortened(text)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }

    /// The value on one line, as YAML's flow style writes it.
    pub fn compact(&self) -> String {
        match &self.kind {
            Kind::Empty => String::new(),
            Kind::Scalar(text) => text.clone(),
            Kind::List(items) => {
                let items: Vec<String> = items.iter().map(Node::compact).collect();
                format!("[{}]", items.join(", "))
            }
            Kind::Map(entries) => {
                let pair = |entry: &Entry| format!("{}: {}", entry.key, entry.value.compact());
                let pairs: Vec<String> = entries.iter().map(pair).collect();
                format!("{{ {} }}", pairs.join(", "))
            }
        }
    }
}

/// The first 60 characters.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// What was read: a tree (`None` where the text holds no value) and what is wrong but did not stop the reading.
pub(super) struct Parsed {
    /// The tree.
    pub root: Option<Node>,
    /// Duplicate keys.
    pub findings: Vec<Finding>,
}

/// Reads one YAML document. `text` starts at byte `offset` of source number `source`; every node takes one from
/// `budget`, copies through aliases included.
///
/// # Errors
/// The first fault that makes reading on impossible.
pub(super) fn parse(text: &str, source: u32, offset: usize, budget: &mut usize) -> Result<Parsed, Vec<Finding>> {
    read(text, source, offset, budget, Tags::Refused)
}

/// Reads a document of another language, in which `!Name value` is the map `{ "!Name": value }`.
///
/// # Errors
/// The first fault that makes reading on impossible.
pub(super) fn parse_tagged(text: &str, budget: &mut usize) -> Result<Parsed, Vec<Finding>> {
    read(text, 0, 0, budget, Tags::Kept)
}

/// What becomes of a value with a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tags {
    Refused,
    Kept,
}

fn read(text: &str, source: u32, offset: usize, budget: &mut usize, tags: Tags) -> Result<Parsed, Vec<Finding>> {
    let mut builder = Builder {
        tags,
        text,
        source,
        offset,
        budget,
        frames: Vec::new(),
        anchors: BTreeMap::new(),
        root: None,
        documents: 0,
        findings: Vec::new(),
    };
    for item in Parser::new_from_str(text) {
        let step = match item {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => Err(builder.scan_fault(&error)),
        };
        if let Err(fatal) = step {
            builder.findings.push(fatal);
            return Err(builder.findings);
        }
    }
    Ok(Parsed {
        root: builder.root,
        findings: builder.findings,
    })
}

struct Builder<'budget> {
    tags: Tags,
    text: &'budget str,
    source: u32,
    offset: usize,
    budget: &'budget mut usize,
    frames: Vec<Frame>,
    /// Copies of anchored nodes with their size in values, long texts counted several times.
    anchors: BTreeMap<usize, (Node, usize)>,
    root: Option<Node>,
    documents: usize,
    findings: Vec<Finding>,
}

struct Frame {
    tag: Option<String>,
    anchor: usize,
    mark: Mark,
    size: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, Mark)>),
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Finding> {
        let mark = self.mark(&span);
        let tag = event.tag().filter(|tag| !tag.is_yaml_core_schema());
        let kept = tag
            .filter(|_| self.tags == Tags::Kept)
            .map(|tag| tag.original().to_string());
        if let Some(tag) = tag.filter(|_| self.tags == Tags::Refused) {
            let found = format!("the tag {} has no meaning here", tag.original());
            return Err(Finding::new(
                self.tag(mark, &tag.original().to_string()),
                found,
                "write the value without it",
            ));
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let remedy = "keep one scenario in each file";
                    return Err(Finding::new(mark, "a second document starts here", remedy));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                let size = 1 + text.len() / BYTES_PER_VALUE;
                let kind = match (&*text, style) {
                    ("" | "~" | "null", ScalarStyle::Plain) => Kind::Empty,
                    _ => Kind::Scalar(text.into_owned()),
                };
                self.finish(tagged(kept, Node { kind, mark }), anchor, size)
            }
            Event::SequenceStart(_, anchor, _) => self.open(anchor, mark, kept, Content::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.open(anchor, mark, kept, Content::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => match self.frames.pop() {
                Some(frame) => self.close(frame),
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some((_, size)) => {
                    let size = *size;
                    self.spend(size, mark)?;
                    let node = self.anchors[&anchor].0.clone();
                    self.place(node, size)
                }
                None => Err(Finding::new(
                    mark,
                    "an alias stands inside its own anchor",
                    "write the value out",
                )),
            },
            _ => Ok(()),
        }
    }

    fn open(&mut self, anchor: usize, mark: Mark, tag: Option<String>, content: Content) -> Result<(), Finding> {
        if self.frames.len() == DEEPEST {
            let found = format!("maps and lists are nested more than {DEEPEST} deep");
            return Err(Finding::new(mark, found, "flatten the file; no scenario needs that"));
        }
        self.frames.push(Frame {
            tag,
            anchor,
            mark: Mark {
                end: mark.start.saturating_add(1),
                ..mark
            },
            size: 1,
            content,
        });
        Ok(())
    }

    fn close(&mut self, frame: Frame) -> Result<(), Finding> {
        let kind = match frame.content {
            Content::List(items) => Kind::List(items),
            Content::Map(entries, _) => Kind::Map(self.without_duplicates(entries)),
        };
        let node = Node { kind, mark: frame.mark };
        self.finish(tagged(frame.tag, node), frame.anchor, frame.size)
    }

    /// A node of `size` values is complete; only its own top is new to the budget.
    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Finding> {
        self.spend(1, node.mark)?;
        if anchor > 0 {
            self.spend(size, node.mark)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        self.place(node, size)
    }

    fn place(&mut self, node: Node, size: usize) -> Result<(), Finding> {
        let Some(frame) = self.frames.last_mut() else {
            self.root = (!node.is_empty()).then_some(node);
            return Ok(());
        };
        frame.size += size;
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map(entries, key) => match (key.take(), node.kind) {
                (Some((key, mark)), kind) => entries.push(Entry {
                    key,
                    mark,
                    value: Node { kind, mark: node.mark },
                }),
                (None, Kind::Scalar(text)) => *key = Some((text, node.mark)),
                (None, Kind::Empty) => *key = Some((String::new(), node.mark)),
                (None, _) => {
                    return Err(Finding::new(
                        node.mark,
                        "a key is a list or a map",
                        "keys are plain words",
                    ));
                }
            },
        }
        Ok(())
    }

    fn without_duplicates(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut by_key: Vec<usize> = (0..entries.len()).collect();
        by_key.sort_by(|a, b| entries[*a].key.cmp(&entries[*b].key));
        let mut repeated = vec![false; entries.len()];
        for pair in by_key.windows(2) {
            repeated[pair[1]] = entries[pair[0]].key == entries[pair[1]].key;
        }
        let mut kept = Vec::with_capacity(entries.len());
        for (entry, repeated) in entries.into_iter().zip(repeated) {
            if repeated {
                let found = format!("the key `{}` is given twice in this map", shortened(&entry.key));
                self.findings
                    .push(Finding::new(entry.mark, found, "keep one of the two"));
            } else {
                kept.push(entry);
            }
        }
        kept
    }

    fn spend(&mut self, nodes: usize, mark: Mark) -> Result<(), Finding> {
        match self.budget.checked_sub(nodes) {
            Some(left) => {
                *self.budget = left;
                Ok(())
            }
            None => Err(Finding::new(
                mark,
                "the scenario grows beyond 250,000 values here (aliases count each time they are used)",
                "use fewer values or aliases; put long lists of arrivals into a trace file",
            )),
        }
    }

    fn mark(&self, span: &Span) -> Mark {
        let start = span.start.byte_offset().unwrap_or(0);
        let end = span.end.byte_offset().unwrap_or(start);
        Mark::new(self.source, self.offset + start, self.offset + end)
    }

    /// A tag stands before the value that carries it.
    fn tag(&self, mark: Mark, tag: &str) -> Mark {
        let value = (mark.start as usize).saturating_sub(self.offset);
        let before = self.text.get(..value).and_then(|before| before.rfind(tag));
        before.map_or(mark, |at| {
            Mark::new(self.source, self.offset + at, self.offset + at + tag.len())
        })
    }

    /// The first tab of the line: the scanner complains behind it.
    fn tab(&self, mark: Mark) -> Mark {
        let at = (mark.start as usize).saturating_sub(self.offset).min(self.text.len());
        let line = self.text.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n');
        let start = line.map_or(0, |before| before + 1);
        let tab = self.text.as_bytes()[start..]
            .iter()
            .position(|byte| matches!(byte, b'\t' | b'\n'));
        match tab
            .map(|tab| start + tab)
            .filter(|tab| self.text.as_bytes()[*tab] == b'\t')
        {
            Some(tab) => Mark::new(self.source, self.offset + tab, self.offset + tab + 1),
            None => mark,
        }
    }

    fn scan_fault(&self, error: &ScanError) -> Finding {
        let start = self.offset + error.marker().byte_offset().unwrap_or(0);
        let mark = Mark::new(self.source, start, start + 1);
        let tab = "YAML indents with spaces: replace each tab by spaces";
        match error.kind() {
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
            | ErrorKind::InvalidBlockEntryWhitespace
            | ErrorKind::InvalidMappingValueWhitespace => {
                Finding::new(self.tab(mark), "a tab stands where YAML wants spaces", tab)
            }
            ErrorKind::UnknownAnchor => Finding::new(
                mark,
                "this alias has no anchor before it",
                "define it first as `&name value`",
            ),
            ErrorKind::RecursionLimitExceeded => {
                let found = format!("maps and lists are nested more than {DEEPEST} deep");
                Finding::new(mark, found, "flatten the file; no scenario needs that")
            }
            ErrorKind::UnexpectedCharacter { character } => {
                let found = format!("this is not YAML: unexpected {character:?}");
                Finding::new(mark, found, "put text with special characters into quotes")
            }
            kind => Finding::new(mark, format!("this is not YAML: {}", in_words(kind)), remedy(kind)),
        }
    }
}

/// The value of a tag, as a map with the tag as its key.
fn tagged(tag: Option<String>, node: Node) -> Node {
    let Some(key) = tag else { return node };
    let mark = node.mark;
    let kind = Kind::Map(vec![Entry { key, mark, value: node }]);
    Node { kind, mark }
}

/// `UnclosedQuotedScalar` → `unclosed quoted scalar`: the parser is built without its message texts.
fn in_words(kind: &ErrorKind) -> String {
    let name = format!("{kind:?}");
    let name = name.split([' ', '(', '{']).next().unwrap_or("");
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// What most often leads to this.
fn remedy(kind: &ErrorKind) -> &'static str {
    let words = in_words(kind);
    if words.starts_with("mapping value") {
        "perhaps the line above lacks its colon, or a colon its blank: a key is written `key: value`"
    } else if words.contains("block mapping key") || words.contains("indent") {
        "indent all keys of a map alike; those of an inner map further"
    } else if words.contains("flow") {
        "perhaps a bracket, a brace or a comma is missing here or in the line above"
    } else {
        "check indentation, brackets, quotes and colons here and just above"
    }
}
