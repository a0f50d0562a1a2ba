//! Colours of the summary, for terminals alone.

use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal};

const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// Whether what goes to standard output may have colours: on a terminal, unless `NO_COLOR` is set (no-color.org).
pub(super) fn wanted() -> bool {
    let (no_color, term) = (env::var_os("NO_COLOR"), env::var_os("TERM"));
    decided(io::stdout().is_terminal(), no_color.as_deref(), term.as_deref())
}

fn decided(is_terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    let refused = no_color.is_some_and(|set| !set.is_empty());
    is_terminal && !refused && term.is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// A summary with its verdicts and warnings in colours; the words say the same.
pub(super) fn painted(summary: &str) -> String {
    summary.split_inclusive('\n').map(painted_line).collect()
}

fn painted_line(line: &str) -> String {
    let text = line.trim_start_matches(' ');
    let indent = &line[..line.len() - text.len()];
    let (color, word, rest) = match text.split_once(' ') {
        Some((word @ "ok", rest)) => (GREEN, word, rest),
        Some((word @ "FAILED", rest)) => (RED, word, rest),
        Some((word @ "warning:", rest)) => (YELLOW, word, rest),
        _ => return line.to_owned(),
    };
    format!("{indent}{color}{word}{PLAIN} {rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_need_a_terminal_that_has_them_and_nobody_who_refuses() {
        let term = Some(OsStr::new("xterm"));
        assert!(decided(true, None, term));
        assert!(decided(true, Some(OsStr::new("")), term), "an empty NO_COLOR is none");
        assert!(!decided(true, Some(OsStr::new("1")), term));
        assert!(!decided(false, None, term));
        assert!(!decided(true, None, Some(OsStr::new("dumb"))));
        assert!(!decided(true, None, None));
    }

    #[test]
    fn verdicts_and_warnings_are_painted_and_nothing_else() {
        let text = " ok      a == 1 (is 1)\n FAILED  b == 2 (is 3)\n warning: few samples\n okra  7\n";
        assert_eq!(
            painted(text),
            " \x1b[32mok\x1b[0m      a == 1 (is 1)\n \x1b[1;31mFAILED\x1b[0m  b == 2 (is 3)\n \
             \x1b[33mwarning:\x1b[0m few samples\n okra  7\n"
        );
    }
}
