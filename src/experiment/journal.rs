//! Results on disk, one line for each, that a killed sweep goes on from.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What came of one point.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A number for each metric; `None` where the run has none, such as the latency of nothing.
    Measured(Vec<Option<f64>>),
    /// The scenario refuses the combination of values; why.
    Refused(String),
}

/// A point and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Number of the point in the whole grid.
    pub point: u64,
    /// What came of it.
    pub outcome: Outcome,
}

const REFUSED: &str = "refused";

impl Row {
    /// One line; numbers with as many digits as tell them apart from all others.
    fn line(&self) -> String {
        let mut line = self.point.to_string();
        match &self.outcome {
            Outcome::Measured(values) => {
                for value in values {
                    line.push('\t');
                    line.push_str(&value.map_or_else(String::new, |value| value.to_string()));
                }
            }
            Outcome::Refused(why) => {
                line.push_str(&format!("\t{REFUSED}\t{}", why.replace(['\t', '\n', '\r'], " ")));
            }
        }
        line.push('\n');
        line
    }

    /// A whole line of a sweep with `metrics` metrics; `None` where it is torn.
    fn parse(line: &str, metrics: usize) -> Option<Row> {
        let mut cells = line.strip_suffix('\n')?.split('\t');
        let point = cells.next()?.parse().ok()?;
        let cells: Vec<&str> = cells.collect();
        let outcome = match cells.as_slice() {
            [REFUSED, why] => Outcome::Refused((*why).to_owned()),
            cells if cells.len() == metrics => {
                let value = |cell: &&str| match *cell {
                    "" => Some(None),
                    digits => digits.parse().ok().map(Some),
                };
                Outcome::Measured(cells.iter().map(value).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        Some(Row { point, outcome })
    }
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refuses.
    #[error("cannot use {}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// Another process holds it.
    #[error("{} is being written by another sweep; wait for it, or choose another --out", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It belongs to another sweep.
    #[error("{} holds the points of another sweep: {difference}; choose another --out, or give --restart to throw them away", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// In what the two differ.
        difference: String,
    },
    /// It is no journal.
    #[error("{} is no list of points of a sweep; choose another folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

/// The file that results are added to, each on disk before the next thing happens. Its first line says which sweep it
/// belongs to; the lines below stand in the order in which points were finished, until [`Journal::sort`].
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    metrics: usize,
    file: Mutex<File>,
    /// Point and offset of its line, for every line.
    lines: Mutex<Vec<(u64, u64)>>,
}

impl Journal {
    /// Opens the journal at `path` with the first line `identity`, or makes a new one. A line that was torn by a kill is
    /// cut off. `compare` tells in what two first lines differ, if they do.
    ///
    /// # Errors
    /// What [`JournalError`] lists.
    pub fn open(
        path: &Path,
        identity: &str,
        metrics: usize,
        compare: impl Fn(&str, &str) -> Option<String>,
    ) -> Result<Journal, JournalError> {
        let failed = |cause| JournalError::File {
            path: path.to_owned(),
            cause,
        };
        if !path.exists() {
            write_durably(path, |out| writeln!(out, "{identity}")).map_err(failed)?;
        }
        let file = OpenOptions::new().read(true).append(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(JournalError::Busy { path: path.to_owned() }),
            Err(fs::TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        let (found, lines, length) = scan(&file, metrics).map_err(failed)?;
        let Some(found) = found else {
            return Err(JournalError::Foreign { path: path.to_owned() });
        };
        if let Some(difference) = compare(&found, identity) {
            return Err(JournalError::Other {
                path: path.to_owned(),
                difference,
            });
        }
        file.set_len(length).map_err(failed)?;
        Ok(Journal {
            path: path.to_owned(),
            metrics,
            file: Mutex::new(file),
            lines: Mutex::new(lines),
        })
    }

    /// Numbers of the points whose results are there, ascending.
    pub fn points(&self) -> Vec<u64> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut points: Vec<u64> = lines.iter().map(|(point, _)| *point).collect();
        points.sort_unstable();
        points
    }

    /// Adds a result; it is on disk when this returns.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn append(&self, row: &Row) -> Result<(), JournalError> {
        self.add(row, true)
    }

    /// Adds a result that stays on disk elsewhere, without waiting for the disk.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn copy(&self, row: &Row) -> Result<(), JournalError> {
        self.add(row, false)
    }

    fn add(&self, row: &Row, durably: bool) -> Result<(), JournalError> {
        let failed = |cause| JournalError::File {
            path: self.path.clone(),
            cause,
        };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.write_all(row.line().as_bytes()).map_err(failed)?;
        if durably {
            file.sync_data().map_err(failed)?;
        }
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((row.point, offset));
        Ok(())
    }

    /// Calls `each` with every row, by rising number of the point.
    ///
    /// # Errors
    /// What the operating system says, and what `each` returns.
    pub fn for_each(&self, mut each: impl FnMut(Row) -> io::Result<()>) -> io::Result<()> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lines.sort_unstable();
        let mut reader = BufReader::new(File::open(&self.path)?);
        let mut text = String::new();
        for (_, offset) in lines {
            let here = reader.stream_position()?;
            reader.seek_relative(offset as i64 - here as i64)?;
            text.clear();
            reader.read_line(&mut text)?;
            let torn = || io::Error::new(io::ErrorKind::InvalidData, "a line was changed while it was read");
            each(Row::parse(&text, self.metrics).ok_or_else(torn)?)?;
        }
        Ok(())
    }

    /// Replaces the file by one with the rows in the order of their points, so that its bytes tell nothing of how it
    /// came about.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn sort(self, identity: &str) -> Result<(), JournalError> {
        let sorted = write_durably(&self.path, |out| {
            writeln!(out, "{identity}")?;
            self.for_each(|row| out.write_all(row.line().as_bytes()))
        });
        sorted.map_err(|cause| JournalError::File { path: self.path, cause })
    }
}

/// The first line of a journal, if there is a whole one.
///
/// # Errors
/// What the operating system says.
pub fn identity_of(path: &Path) -> Result<Option<String>, JournalError> {
    let failed = |cause| JournalError::File {
        path: path.to_owned(),
        cause,
    };
    let mut first = String::new();
    let file = File::open(path).map_err(failed)?;
    match BufReader::new(file.take(1 << 24)).read_line(&mut first) {
        Ok(_) => Ok(first.strip_suffix('\n').map(str::to_owned)),
        Err(cause) if cause.kind() == io::ErrorKind::InvalidData => Ok(None),
        Err(cause) => Err(failed(cause)),
    }
}

/// First line, point and offset of each whole line behind it, and where the last of them ends.
type Scanned = (Option<String>, Vec<(u64, u64)>, u64);

fn scan(mut file: &File, metrics: usize) -> io::Result<Scanned> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    let mut end = reader.read_until(b'\n', &mut line)? as u64;
    let first = String::from_utf8(line)
        .ok()
        .and_then(|line| line.strip_suffix('\n').map(str::to_owned));
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        let length = reader.read_until(b'\n', &mut line)? as u64;
        let row = String::from_utf8(line).ok().and_then(|line| Row::parse(&line, metrics));
        let Some(row) = row else { break };
        lines.push((row.point, end));
        end += length;
    }
    Ok((first, lines, end))
}

/// Writes a file so that it is there as a whole or not at all, whatever kills the process.
///
/// # Errors
/// What the operating system says; then the file is as it was before.
pub fn write_durably(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    let mut out = BufWriter::new(File::create(&temporary)?);
    let written = content(&mut out)
        .and_then(|()| out.flush())
        .and_then(|()| out.get_ref().sync_all());
    written.and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        // The cause is told; what is left over is overwritten by the next attempt.
        let _ = fs::remove_file(&temporary);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(point: u64, value: f64) -> Row {
        let outcome = Outcome::Measured(vec![Some(value), None]);
        Row { point, outcome }
    }

    fn open(path: &Path) -> Journal {
        Journal::open(path, "one", 2, |a, b| (a != b).then(|| format!("{a} and {b}"))).unwrap()
    }

    fn rows(journal: &Journal) -> Vec<Row> {
        let mut rows = Vec::new();
        let pushed = journal.for_each(|row| {
            rows.push(row);
            Ok(())
        });
        pushed.unwrap();
        rows
    }

    #[test]
    fn rows_come_back_by_number_with_every_bit_and_a_torn_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("points");
        let refused = Row {
            point: 1,
            outcome: Outcome::Refused("a\nb".into()),
        };
        let journal = open(&path);
        for row in [row(7, 0.1 + 0.2), row(3, 1e300), refused] {
            journal.append(&row).unwrap();
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        let third = whole.len() - "1\trefused\ta b\n".len();
        for cut in 0..=whole.len() - third {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let journal = open(&path);
            let expected: &[u64] = if cut == 0 { &[1, 3, 7] } else { &[3, 7] };
            assert_eq!(journal.points(), expected, "cut by {cut} bytes");
            assert_eq!(rows(&journal).last(), Some(&row(7, 0.1 + 0.2)));
            journal.append(&row(9, 2.0)).unwrap();
            assert_eq!(rows(&journal).last(), Some(&row(9, 2.0)));
        }
    }

    #[test]
    fn sorted_journals_are_alike_whatever_the_order_of_their_rows() {
        let folder = tempfile::tempdir().unwrap();
        let written = [[1, 2, 3], [3, 1, 2]].map(|order| {
            let path = folder.path().join(format!("{order:?}"));
            let journal = open(&path);
            order
                .iter()
                .for_each(|point| journal.append(&row(*point, 1.5)).unwrap());
            journal.sort("one").unwrap();
            fs::read_to_string(&path).unwrap()
        });
        assert_eq!(written[0], "one\n1\t1.5\t\n2\t1.5\t\n3\t1.5\t\n");
        assert_eq!(written[0], written[1]);
    }

    #[test]
    fn the_journal_of_another_sweep_and_one_in_use_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("points");
        let held = open(&path);
        let again = |identity: &str| Journal::open(&path, identity, 2, |a, b| (a != b).then(String::new));
        assert!(matches!(again("one"), Err(JournalError::Busy { .. })));
        drop(held);
        assert!(matches!(again("two"), Err(JournalError::Other { .. })));
        assert!(again("one").is_ok());
    }
}
