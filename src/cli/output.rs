use std::io::{self, ErrorKind, Write};

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

/// Prints a line on standard error. Where nobody reads it, there is nobody to tell.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
