use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::problem::TraceProblem;
use super::zstd::ZstdFrames;

/// How gzip begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How a file is to be read, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    Gzip,
    Zstandard,
    Parquet,
}

impl Format {
    /// # Errors
    /// A name with an ending that is none of ours.
    pub(super) fn of(path: &Path) -> Result<Format, TraceProblem> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str() {
            Some("csv") => Ok(Format::Plain),
            Some("gz") => Ok(Format::Gzip),
            Some("zst") => Ok(Format::Zstandard),
            Some("parquet") => Ok(Format::Parquet),
            _ => Err(TraceProblem::of_file(
                path,
                "the ending of the name does not tell the format; use .csv, .csv.gz, .csv.zst or .parquet",
            )),
        }
    }
}

/// Opens a regular file for reading.
///
/// # Errors
/// A file that is missing, unreadable, or none that can be read twice (a directory, a pipe).
pub(super) fn open_file(path: &Path) -> Result<File, TraceProblem> {
    let unreadable = |error: io::Error| TraceProblem::of_file(path, format!("cannot be opened: {error}"));
    // Looked at before it is opened: opening a pipe would wait for its writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(TraceProblem::of_file(path, "is not a regular file"));
    }
    File::open(path).map_err(unreadable)
}

/// The decompressed bytes of a CSV file.
///
/// # Errors
/// As [`open_file`], and Parquet files.
pub(super) fn open_text(path: &Path) -> Result<Box<dyn Read + Send>, TraceProblem> {
    let format = Format::of(path)?;
    if format == Format::Parquet {
        return Err(TraceProblem::of_file(
            path,
            "is Parquet; here only .csv, .csv.gz and .csv.zst are read",
        ));
    }
    let file = open_file(path)?;
    let buffered = |file| BufReader::with_capacity(64 * 1024, file);
    Ok(match format {
        Format::Gzip => Box::new(MultiGzDecoder::new(buffered(file))),
        Format::Zstandard => {
            let frames = ZstdFrames::new(buffered(file));
            Box::new(frames.map_err(|error| TraceProblem::of_file(path, format!("cannot be read: {error}")))?)
        }
        Format::Plain | Format::Parquet => Box::new(file),
    })
}

/// The bytes of a file of any name, decompressed where they begin as gzip does.
///
/// # Errors
/// What the operating system says.
pub fn open_plain_or_gzip(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let mut start = [0; 2];
    let mut length = 0;
    while length < start.len() {
        match file.read(&mut start[length..])? {
            0 => break,
            count => length += count,
        }
    }
    let whole = io::Cursor::new(start[..length].to_vec()).chain(file);
    Ok(if start == GZIP {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, whole)))
    } else {
        Box::new(whole)
    })
}
