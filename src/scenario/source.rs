//! Source text and positions in it.

use std::path::PathBuf;

use super::place::Place;

/// A text that was read: a scenario file, a file it includes, or one `--set`.
#[derive(Debug)]
pub(super) struct Source {
    /// How the user named it.
    pub name: String,
    /// Its folder, to which paths inside it are relative.
    pub folder: PathBuf,
    /// Its text with `\n` line ends and without a byte order mark.
    pub text: String,
    /// Byte offset at which each line starts.
    line_starts: Vec<usize>,
}

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    /// Number of the source, in order of reading.
    pub source: u32,
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

impl Mark {
    /// Bytes `start..end` of a source.
    pub fn new(source: u32, start: usize, end: usize) -> Mark {
        let offset = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        Mark {
            source,
            start: offset(start),
            end: offset(end.max(start)),
        }
    }
}

impl Source {
    /// A source with its lines counted.
    pub fn new(name: String, folder: PathBuf, text: String) -> Source {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Source {
            name,
            folder,
            text,
            line_starts,
        }
    }

    /// Line and column, both from 1; columns count characters.
    pub fn place(&self, mark: Mark) -> Place {
        let start = self.boundary(mark.start as usize);
        let line = self.line_starts.partition_point(|begin| *begin <= start).max(1);
        let column = self.text[self.line_starts[line - 1]..start].chars().count() + 1;
        Place {
            file: self.name.clone(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }

    /// The text of a line, counted from 1.
    pub fn line(&self, line: u32) -> &str {
        let index = (line as usize).clamp(1, self.line_starts.len()) - 1;
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |next| next - 1);
        &self.text[self.line_starts[index]..end]
    }

    fn boundary(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        (0..=byte).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }
}
