use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::failure::Failure;

/// Prints results on standard output. A reader that has gone away (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
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
    let _ = writeln!(io::stderr(), "{text}");
}
