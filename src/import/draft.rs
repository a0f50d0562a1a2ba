//! A scenario being written: keys and values with comments, in the order in which they are to stand.

use std::fmt::Write;

/// Columns that a block is indented by.
const INDENT: usize = 2;

/// A value of a scenario file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A plain value, quoted where YAML needs it.
    Text(String),
    /// A list on one line.
    List(Vec<Value>),
    /// A map on one line.
    Map(Vec<(String, Value)>),
    /// A map with a line for each key.
    Block(Block),
}

impl<T: ToString> From<T> for Value {
    fn from(value: T) -> Value {
        Value::Text(value.to_string())
    }
}

impl Value {
    /// A map on one line.
    pub fn map<K: ToString>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_string(), value))
                .collect(),
        )
    }

    /// The value on one line.
    fn inline(&self) -> String {
        match self {
            Value::Text(text) => scalar(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::inline).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => flow(entries.iter().map(|(key, value)| (key.as_str(), value))),
            Value::Block(block) => flow(block.lines.iter().map(|line| (line.key.as_str(), &line.value))),
        }
    }
}

fn flow<'a>(entries: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let entries: Vec<String> = entries
        .map(|(key, value)| format!("{}: {}", scalar(key), value.inline()))
        .collect();
    match entries.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{ {} }}", entries.join(", ")),
    }
}

/// A map with a line for each key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    lines: Vec<Line>,
}

/// A key with its value and comments.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    key: String,
    value: Value,
    above: Vec<String>,
    note: Option<String>,
}

impl Line {
    /// A comment behind the value; a later one takes the place of an earlier one.
    pub fn note(&mut self, comment: impl Into<String>) -> &mut Line {
        self.note = Some(comment.into());
        self
    }

    /// A line of comment above the key.
    pub fn above(&mut self, comment: impl Into<String>) -> &mut Line {
        self.above.push(comment.into());
        self
    }

    /// Whether a comment stands behind the value.
    pub fn is_noted(&self) -> bool {
        self.note.is_some()
    }

    /// Whether this key, or one inside its value, is `key`.
    pub fn any(&self, key: &str) -> bool {
        fn within(value: &Value, key: &str) -> bool {
            match value {
                Value::Text(_) => false,
                Value::List(items) => items.iter().any(|item| within(item, key)),
                Value::Map(entries) => entries.iter().any(|(name, value)| name == key || within(value, key)),
                Value::Block(block) => block.any(|line| line.any(key)),
            }
        }
        self.key == key || within(&self.value, key)
    }

    /// Whether the value is a block in which `key` has the value `text`.
    pub fn holds(&self, key: &str, text: &str) -> bool {
        match &self.value {
            Value::Block(block) => block.any(|line| line.key == key && line.value == Value::from(text)),
            _ => false,
        }
    }

    /// The block that the value is; any other value gives way to an empty one.
    pub fn block(&mut self) -> &mut Block {
        if !matches!(self.value, Value::Block(_)) {
            self.value = Value::Block(Block::default());
        }
        match &mut self.value {
            Value::Block(block) => block,
            _ => unreachable!("it has just become one"),
        }
    }
}

impl Line {
    fn write(&self, indent: usize, text: &mut String) {
        for comment in &self.above {
            let _ = writeln!(text, "{:indent$}# {}", "", one_line(comment));
        }
        let key = scalar(&self.key);
        let inner = match &self.value {
            Value::Block(block) if !block.is_empty() => Some(block),
            _ => None,
        };
        let _ = match inner {
            Some(_) => write!(text, "{:indent$}{key}:", ""),
            None => write!(text, "{:indent$}{key}: {}", "", self.value.inline()),
        };
        if let Some(note) = &self.note {
            let _ = write!(text, "  # {}", one_line(note));
        }
        text.push('\n');
        for line in inner.map_or(&[][..], |block| &block.lines) {
            line.write(indent + INDENT, text);
        }
    }
}

impl Block {
    /// Sets a key; what stood there before goes, comments too.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) -> &mut Line {
        let line = Line {
            key: key.into(),
            value: value.into(),
            above: Vec::new(),
            note: None,
        };
        let place = self.lines.iter().position(|old| old.key == line.key);
        let place = place.unwrap_or(self.lines.len());
        if place < self.lines.len() {
            self.lines[place] = line;
        } else {
            self.lines.push(line);
        }
        &mut self.lines[place]
    }

    /// The line of a key, which becomes an empty block if there is none yet.
    pub fn line(&mut self, key: &str) -> &mut Line {
        match self.lines.iter().position(|line| line.key == key) {
            Some(place) => &mut self.lines[place],
            None => self.set(key, Value::Block(Block::default())),
        }
    }

    /// The block under a key, which is made if there is none yet.
    pub fn block(&mut self, key: &str) -> &mut Block {
        self.line(key).block()
    }

    /// Takes over all lines of another block, which wins.
    pub fn append(&mut self, other: Block) {
        self.lines.retain(|line| !other.has(&line.key));
        self.lines.extend(other.lines);
    }

    /// Keeps those texts of a list that are wanted; a list without any goes.
    pub fn retain_items(&mut self, key: &str, mut wanted: impl FnMut(&str) -> bool) {
        for line in self.lines.iter_mut().filter(|line| line.key == key) {
            if let Value::List(items) = &mut line.value {
                items.retain(|item| matches!(item, Value::Text(text) if wanted(text)));
            }
        }
        self.lines
            .retain(|line| line.key != key || line.value != Value::List(Vec::new()));
    }

    /// Its keys, in order.
    pub fn keys(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.key.clone()).collect()
    }

    /// Whether one of its lines is such.
    pub fn any(&self, such: impl Fn(&Line) -> bool) -> bool {
        self.lines.iter().any(such)
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether the key stands in it.
    pub fn has(&self, key: &str) -> bool {
        self.lines.iter().any(|line| line.key == key)
    }
}

/// A scenario being written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its keys.
    pub root: Block,
    question: String,
    closing: Vec<String>,
}

impl Draft {
    /// An empty scenario whose first line asks `question`.
    pub fn new(question: impl Into<String>) -> Draft {
        Draft {
            root: Block::default(),
            question: question.into(),
            closing: Vec::new(),
        }
    }

    /// A line of comment at the end.
    pub fn close(&mut self, comment: impl Into<String>) {
        self.closing.push(comment.into());
    }

    /// The scenario file.
    pub fn text(&self) -> String {
        let mut text = format!("# {}\n\n", one_line(&self.question));
        for line in &self.root.lines {
            if matches!(line.value, Value::Block(_)) {
                text.push('\n');
            }
            line.write(0, &mut text);
        }
        if !self.closing.is_empty() {
            text.push('\n');
        }
        for comment in &self.closing {
            let _ = writeln!(text, "# {}", one_line(comment));
        }
        text
    }
}

/// A scalar, or a key, that YAML reads back as this text, in block and flow style alike. JSON strings are YAML strings.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '.' | '/' | '-' | '%' | '$' | '+');
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '$' || c == '/');
    let mut plain_with_colons = text.split(':').all(|part| !part.is_empty() && part.chars().all(plain));
    plain_with_colons &= !text.contains(": ") && !text.ends_with(' ');
    if starts && plain_with_colons && text != "null" {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// A comment without line ends and control characters.
fn one_line(comment: &str) -> String {
    comment
        .chars()
        .map(|c| if c.is_control() || c == '\u{feff}' { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_writes_blocks_notes_and_maps_on_one_line() {
        let mut draft = Draft::new("What does it cost?");
        draft.root.set("duration", "1 h");
        let function = draft.root.block("functions").line("api").note("t.yaml:3").block();
        function.set("memory_size", "512 MB").above("as measured");
        function.set(
            "duration",
            Value::map([("uniform", Value::List(vec!["1 ms".into(), "2 ms".into()]))]),
        );
        draft.root.block("queues").block("dead");
        draft.close("not used: 1");
        let expected = "# What does it cost?\n\nduration: 1 h\n\nfunctions:\n  api:  # t.yaml:3\n    # as measured\n    \
                        memory_size: 512 MB\n    duration: { uniform: [1 ms, 2 ms] }\n\nqueues:\n  dead: {}\n\n# not used: 1\n";
        assert_eq!(draft.text(), expected);
    }

    #[test]
    fn what_yaml_would_read_otherwise_is_quoted() {
        for plain in [
            "api",
            "sqs:orders",
            "0.2 %",
            "512 MB",
            "checkout:$LATEST",
            "python3.13",
            "-",
        ] {
            assert_eq!(scalar(plain) == plain, plain != "-", "{plain}");
        }
        for text in [
            "",
            "a: b",
            "a #b",
            "[x",
            "*x",
            "cron(0 8 * * ? *)",
            "null",
            "~",
            "a,b",
            "a:",
            " a",
            "a\nb",
            "é\"\\",
        ] {
            assert_eq!(serde_json::from_str::<String>(&scalar(text)).expect("quoted"), text);
        }
    }

    #[test]
    fn a_comment_cannot_break_out_of_its_line() {
        let mut draft = Draft::new("a\nseed: 5");
        draft.root.set("seed", 1).note("b\r\nseed: 6");
        assert_eq!(draft.text(), "# a seed: 5\n\nseed: 1  # b  seed: 6\n");
    }
}
