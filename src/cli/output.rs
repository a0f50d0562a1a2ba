use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::colours;
use super::failure::Failure;

/// Prints results on standard output. A reader that has gone away (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    write_out(&visible(text))
}

/// Prints the summary of a run on standard output, on a terminal with colours.
pub(super) fn print_summary(text: &str) -> Result<(), Failure> {
    let text = visible(text);
    match colours::wanted() {
        true => write_out(&colours::painted(&text)),
        false => write_out(&text),
    }
}

fn write_out(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(Failure::Write {
            path: "standard output".into(),
            cause,
        }),
        _ => Ok(()),
    }
}

/// Writes a file that must not exist yet.
pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let written = OpenOptions::new().write(true).create_new(true).open(path);
    written
        .and_then(|mut file| file.write_all(content))
        .map_err(|cause| match cause.kind() {
            ErrorKind::AlreadyExists => Failure::Exists { path: path.to_owned() },
            _ => Failure::Write {
                path: path.to_owned(),
                cause,
            },
        })
}

/// Prints a line on standard error. Where nobody reads it, there is nobody to tell.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(text));
}

/// A text whose letters no terminal obeys: what moves the cursor, changes colours or turns the direction of writing is shown as
/// its code, as JSON writes it, so that documents stay JSON. Names and messages hold what files say.
fn visible(text: &str) -> Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    let is_obeyed = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || turns(c);
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| {
        if is_obeyed(c) {
            format!("\\u{:04x}", u32::from(c))
        } else {
            c.to_string()
        }
    };
    Cow::Owned(text.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_terminals_obey_are_shown_as_their_codes() {
        assert_eq!(
            visible("a\x1b[2Jb\u{9b}1m\r\u{202e}"),
            "a\\u001b[2Jb\\u009b1m\\u000d\\u202e"
        );
        assert!(matches!(visible("größer\tals\n"), Cow::Borrowed(_)));
    }
}
