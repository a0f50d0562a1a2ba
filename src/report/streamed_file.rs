//! Files that are written while a simulation runs, wherever somebody wants them.

use std::fmt::Arguments;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::ReportError;

/// A file in the making: written beside its place and moved there by [`StreamedFile::close`], so that it is whole or absent. A
/// failure to write is kept until then. Dropped without that, nothing is left of it.
pub(super) struct StreamedFile {
    target: PathBuf,
    temporary: PathBuf,
    out: Option<Out>,
    failure: Option<io::Error>,
}

impl StreamedFile {
    /// A file that will be `target`, compressed where its name ends in `.gz`.
    ///
    /// # Errors
    /// Where nothing can be written there, or something is there already.
    pub fn create(target: &Path) -> Result<StreamedFile, ReportError> {
        let Some(name) = target.file_name() else {
            return Err(ReportError::NamelessFile {
                path: target.to_owned(),
            });
        };
        if fs::symlink_metadata(target).is_ok() {
            return Err(ReportError::FileExists {
                path: target.to_owned(),
            });
        }
        let temporary = target.with_file_name(format!(".{}.tmp", name.to_string_lossy()));
        let opened = OpenOptions::new().write(true).create_new(true).open(&temporary);
        let file = opened.map_err(|cause| failed(target, cause))?;
        let is_compressed = target
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
        Ok(StreamedFile {
            target: target.to_owned(),
            temporary,
            out: Some(Out::new(file, is_compressed)),
            failure: None,
        })
    }

    /// Writes more of it. After a failure nothing is written any more.
    pub fn print(&mut self, text: Arguments) {
        if let (Some(out), None) = (self.out.as_mut(), &self.failure) {
            self.failure = out.write_fmt(text).err();
        }
    }

    /// Moves it into place.
    ///
    /// # Errors
    /// The first failure since it was opened; then nothing is there.
    pub fn close(mut self) -> Result<(), ReportError> {
        let finished = match self.out.take() {
            Some(out) if self.failure.is_none() => out.finish(),
            _ => Ok(()),
        };
        let done = match self.failure.take() {
            None => finished.and_then(|()| fs::rename(&self.temporary, &self.target)),
            Some(cause) => Err(cause),
        };
        done.map_err(|cause| failed(&self.target, cause))
    }
}

impl Drop for StreamedFile {
    fn drop(&mut self) {
        // Where the file is in place there is nothing to remove, and nobody is left to hear of a failure.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn failed(target: &Path, cause: io::Error) -> ReportError {
    ReportError::WriteFile {
        path: target.to_owned(),
        cause,
    }
}

/// A file, plain or compressed.
enum Out {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
}

impl Out {
    fn new(file: File, is_compressed: bool) -> Out {
        let file = BufWriter::with_capacity(1 << 16, file);
        if is_compressed {
            Out::Gzip(GzEncoder::new(file, Compression::default()))
        } else {
            Out::Plain(file)
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Out::Plain(mut file) => file.flush(),
            Out::Gzip(encoder) => encoder.finish()?.flush(),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Out::Plain(file) => file.write(bytes),
            Out::Gzip(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Out::Plain(file) => file.flush(),
            Out::Gzip(encoder) => encoder.flush(),
        }
    }
}
