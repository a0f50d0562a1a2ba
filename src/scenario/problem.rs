//! What is wrong with a scenario, where, and what would be right.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::place::Place;
use super::source::{Mark, Source};

/// Problems shown before the rest is only counted.
const SHOWN: usize = 100;
/// Characters of a source line shown on either side of a problem.
const SHOWN_AROUND: usize = 80;

/// One thing that is wrong. Displayed as `path:line:column: what was found; what is allowed`, then the source line with
/// a caret.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What was found.
    pub message: String,
    /// What is allowed, or what to do.
    pub remedy: String,
    length: usize,
    source: Option<Arc<Source>>,
}

impl Problem {
    pub(super) fn new(source: &Arc<Source>, mark: Mark, fault: Fault) -> Problem {
        let covered = source.text.get(mark.start as usize..mark.end as usize).unwrap_or("");
        Problem {
            place: source.place(mark),
            message: fault.found,
            remedy: fault.allowed,
            length: covered
                .lines()
                .next()
                .map_or(1, |line| line.trim_end().chars().count().max(1)),
            source: Some(Arc::clone(source)),
        }
    }

    /// Of a text that was not read to its end; line 0 means the whole file.
    pub(super) fn without_source(file: &str, line: u32, fault: Fault) -> Problem {
        Problem {
            place: Place {
                file: file.to_owned(),
                line,
                column: line.min(1),
            },
            message: fault.found,
            remedy: fault.allowed,
            length: 1,
            source: None,
        }
    }

    pub(super) fn at(source: &Arc<Source>, place: &Place, length: usize, fault: Fault) -> Problem {
        Problem {
            place: place.clone(),
            message: fault.found,
            remedy: fault.allowed,
            length,
            source: Some(Arc::clone(source)),
        }
    }

    /// The source line with a caret below the place; a long line is cut around it.
    fn snippet(&self) -> Option<String> {
        let line = self.source.as_ref()?.line(self.place.line);
        let column = self.place.column as usize - 1;
        let skipped = column.saturating_sub(SHOWN_AROUND);
        let window: String = line.chars().skip(skipped).take(2 * SHOWN_AROUND).collect();
        let byte_at = |character: usize| window.char_indices().nth(character).map_or(window.len(), |(at, _)| at);
        let start = byte_at(column - skipped);
        let end = byte_at(column - skipped + self.length).max(start);
        let report = [Group::with_level(Level::ERROR).element(
            Snippet::source(window.as_str())
                .line_start(self.place.line as usize)
                .annotation(AnnotationKind::Primary.span(start..end)),
        )];
        Some(Renderer::plain().term_width(4 * SHOWN_AROUND).render(&report))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.message, self.remedy)?;
        match self.snippet() {
            Some(snippet) => write!(f, "\n{snippet}"),
            None => Ok(()),
        }
    }
}

/// Who is to blame: decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The scenario is wrong (exit 2).
    Scenario,
    /// The scenario file could not be read (exit 3).
    Input,
}

/// All that is wrong with a scenario, in the order of its files.
#[derive(Clone, Debug)]
pub struct Problems {
    /// At least one, at most 1,000.
    pub list: Vec<Problem>,
    /// How many more there are.
    pub omitted: usize,
    /// Whether the scenario is wrong or its file could not be read.
    pub kind: ProblemKind,
}

impl Problems {
    /// 2 for a wrong scenario, 3 for a file that could not be read (contract §3).
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ProblemKind::Scenario => 2,
            ProblemKind::Input => 3,
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().take(SHOWN).enumerate() {
            let gap = if index > 0 { "\n\n" } else { "" };
            write!(f, "{gap}{problem}")?;
        }
        match self.list.len().saturating_sub(SHOWN) + self.omitted {
            0 => Ok(()),
            more => write!(f, "\n\n… and {more} more problems"),
        }
    }
}

impl std::error::Error for Problems {}

/// What was found and what is allowed instead, not yet bound to a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    /// What was found.
    pub found: String,
    /// What is allowed, or what to do.
    pub allowed: String,
}

impl Fault {
    /// Both halves of a message.
    pub fn new(found: impl Into<String>, allowed: impl Into<String>) -> Fault {
        Fault {
            found: found.into(),
            allowed: allowed.into(),
        }
    }

    /// The same, told of `what`.
    pub fn of(self, what: &str) -> Fault {
        Fault {
            found: format!("{what} {}", self.found),
            ..self
        }
    }
}

/// A fault at its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// Where.
    pub mark: Mark,
    /// What.
    pub fault: Fault,
}

impl Finding {
    /// A fault at its place.
    pub fn new(mark: Mark, found: impl Into<String>, allowed: impl Into<String>) -> Finding {
        Finding {
            mark,
            fault: Fault::new(found, allowed),
        }
    }
}
