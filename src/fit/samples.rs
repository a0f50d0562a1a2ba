use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};

use crate::trace::{GuardedText, open_plain_or_gzip};

/// Fewer values tell no family from another.
pub(super) const LEAST: usize = 30;
/// The most values that are kept.
const MOST: usize = 10_000_000;
/// Longest line, in MB.
const LONGEST_LINE: u64 = 1;
/// What may be a measurement, in ms: sums of its logarithms, squares and inverses stay numbers.
const MEASURABLE: RangeInclusive<f64> = 1e-9..=1e15;
/// How many columns a message lists.
const COLUMNS_SHOWN: usize = 12;
/// The name of standard input.
const STANDARD_INPUT: &str = "-";

/// Why nothing could be fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The file could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system or the decoder said.
        cause: io::Error,
    },
    /// The file is not what it was taken for.
    #[error("{0}")]
    Wrong(String),
}

/// Measured lengths of time.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Milliseconds above 0, in the order of the file.
    pub milliseconds: Vec<f64>,
    /// What the column is called; empty where the file has no header.
    pub column: String,
    /// What was not used, a line each.
    pub remarks: Vec<String>,
}

/// Reads a column of a CSV file, plain or gzip, with or without a header; `-` is standard input. `column` is a name, or a
/// number from 1; it may be left out where there is only one. Names that end in `_s`, `seconds`, `_us` tell their unit; all others
/// are milliseconds.
///
/// # Errors
/// A file that cannot be read, a column that is not there, fewer than 30 values.
pub fn read_samples(path: &Path, column: Option<&str>) -> Result<Samples, FitError> {
    let unreadable = |cause| FitError::Read {
        path: path.to_owned(),
        cause,
    };
    let source: Box<dyn Read> = if path == Path::new(STANDARD_INPUT) {
        Box::new(io::stdin())
    } else {
        open_plain_or_gzip(path).map_err(unreadable)?
    };
    read_column(source, &path.display().to_string(), column)
}

/// What was wrong with values, and where first.
#[derive(Default)]
struct Unused([(u64, u64); 4]);

const FAULTS: [&str; 4] = [
    "is no number",
    "is negative",
    "is 0, where densities have no logarithm: it counts as half of the smallest value",
    "is below 10^-9 ms or above 10^15 ms, which nobody has measured",
];

fn read_column(source: impl Read, file: &str, column: Option<&str>) -> Result<Samples, FitError> {
    let mut table = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(GuardedText::new(source, LONGEST_LINE));
    let mut record = ByteRecord::new();
    let mut samples = Samples::default();
    let mut unused = Unused::default();
    let (mut place, mut factor, mut is_first) = (0, 1.0, true);
    loop {
        let start = table.position().byte();
        table.get_mut().line_starts_at(start);
        match table.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) if samples.milliseconds.is_empty() => {
                return Err(FitError::Wrong(format!("{file}: cannot be read: {error}")));
            }
            Err(error) => {
                samples.remarks.push(format!(
                    "{file}: cannot be read on: {error}; what stands before it counts"
                ));
                break;
            }
        }
        if is_first {
            is_first = false;
            let header = Header::of(&record);
            place = header
                .place(column)
                .map_err(|message| FitError::Wrong(format!("{file}:1: {message}")))?;
            samples.column = header.name(place);
            factor = milliseconds_per_unit(&samples.column);
            if header.names.is_some() {
                continue;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        match milliseconds(record.get(place).unwrap_or_default(), factor) {
            Ok(value) if samples.milliseconds.len() < MOST => samples.milliseconds.push(value),
            Ok(_) => {
                return Err(FitError::Wrong(format!(
                    "{file}:{line}: more than {MOST} values; thin them out"
                )));
            }
            Err(fault) => unused.add(fault, line),
        }
    }
    unused.settle(&mut samples, file);
    if samples.milliseconds.len() < LEAST {
        let told = samples
            .remarks
            .iter()
            .map(|remark| format!("{remark}\n"))
            .collect::<String>();
        return Err(FitError::Wrong(format!(
            "{told}{file}: {} values; at least {LEAST} are needed to tell one family from another",
            samples.milliseconds.len()
        )));
    }
    Ok(samples)
}

const NO_NUMBER: usize = 0;
const NEGATIVE: usize = 1;
const ZERO: usize = 2;
const NOT_MEASURABLE: usize = 3;

fn milliseconds(text: &[u8], factor: f64) -> Result<f64, usize> {
    let text = std::str::from_utf8(text).map_err(|_| NO_NUMBER)?;
    let value: f64 = text.trim().parse().map_err(|_| NO_NUMBER)?;
    match value {
        _ if !value.is_finite() => Err(NO_NUMBER),
        _ if value < 0.0 => Err(NEGATIVE),
        0.0 => Err(ZERO),
        _ if !MEASURABLE.contains(&(value * factor)) => Err(NOT_MEASURABLE),
        _ => Ok(value * factor),
    }
}

impl Unused {
    fn add(&mut self, fault: usize, line: u64) {
        let (first, count) = &mut self.0[fault];
        *first = if *count == 0 { line } else { *first };
        *count += 1;
    }

    fn settle(&self, samples: &mut Samples, file: &str) {
        let smallest = samples.milliseconds.iter().copied().fold(f64::INFINITY, f64::min);
        if smallest.is_finite() {
            let zeros = usize::try_from(self.0[ZERO].1).unwrap_or(0).min(MOST);
            samples.milliseconds.extend(std::iter::repeat_n(smallest / 2.0, zeros));
        }
        for (fault, (first, count)) in FAULTS.iter().zip(self.0) {
            let times = if count > 1 {
                format!(" ({count} times, the first here)")
            } else {
                String::new()
            };
            if count > 0 {
                samples
                    .remarks
                    .push(format!("{file}:{first}: the value {fault}{times}"));
            }
        }
    }
}

fn milliseconds_per_unit(name: &str) -> f64 {
    match name.to_ascii_lowercase() {
        name if name.ends_with("_us") || name.ends_with("micros") => 1e-3,
        name if name.ends_with("_s") || name.ends_with("seconds") && !name.ends_with("milliseconds") || name == "s" => {
            1e3
        }
        _ => 1.0,
    }
}

/// The first row: names of columns, or already values.
struct Header {
    names: Option<Vec<String>>,
    columns: usize,
}

impl Header {
    fn of(record: &ByteRecord) -> Header {
        let texts: Vec<String> = record
            .iter()
            .map(|field| {
                String::from_utf8_lossy(field)
                    .trim()
                    .trim_start_matches('\u{feff}')
                    .to_owned()
            })
            .collect();
        let is_named = texts.iter().all(|text| text.parse::<f64>().is_err());
        Header {
            columns: texts.len(),
            names: is_named.then_some(texts),
        }
    }

    fn place(&self, column: Option<&str>) -> Result<usize, String> {
        let listed = || match &self.names {
            Some(names) => {
                let more = if names.len() > COLUMNS_SHOWN { ", …" } else { "" };
                let shown: Vec<&str> = names.iter().take(COLUMNS_SHOWN).map(String::as_str).collect();
                format!("found: {}{more}", shown.join(", "))
            }
            None => format!("the first row is no header; its {} columns are 1 to {0}", self.columns),
        };
        let Some(column) = column else {
            return match self.columns {
                1 => Ok(0),
                _ => Err(format!(
                    "there are several columns; choose one with --column; {}",
                    listed()
                )),
            };
        };
        let named = self.names.iter().flatten().position(|name| name == column);
        let numbered = column.parse().ok().filter(|number| (1..=self.columns).contains(number));
        named
            .or(numbered.map(|number| number - 1))
            .ok_or_else(|| format!("there is no column `{column}`; {}", listed()))
    }

    fn name(&self, place: usize) -> String {
        self.names
            .as_ref()
            .and_then(|names| names.get(place))
            .cloned()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, column: Option<&str>) -> Result<Samples, String> {
        read_column(text.as_bytes(), "a.csv", column).map_err(|error| error.to_string())
    }

    fn rows(count: usize) -> String {
        (1..=count).map(|number| format!("x,{number}.5\n")).collect()
    }

    #[test]
    fn columns_are_found_by_name_and_number_with_and_without_a_header() {
        let with = read(&format!("who,duration_ms\n{}", rows(30)), Some("duration_ms")).expect("30 values");
        assert_eq!((with.milliseconds.len(), with.milliseconds[0]), (30, 1.5));
        let seconds = read(&format!("who,took_s\n{}", rows(30)), Some("2")).expect("30 values");
        assert_eq!((seconds.column.as_str(), seconds.milliseconds[0]), ("took_s", 1_500.0));
        let bare: String = (1..=40).map(|number| format!("{number}\n")).collect();
        assert_eq!(read(&bare, None).expect("40 values").milliseconds.len(), 40);
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_line_and_count() {
        let text = format!("who,ms\nx,NaN\nx,-1\n{}x,\nx,0\n", rows(30));
        let samples = read(&text, Some("ms")).expect("30 values and a zero");
        assert_eq!(samples.milliseconds.len(), 31);
        assert_eq!(samples.milliseconds[30], 0.75);
        assert_eq!(samples.remarks.len(), 3);
        assert!(
            samples.remarks[0].starts_with("a.csv:2: the value is no number (2 times"),
            "{:?}",
            samples.remarks
        );
        assert!(samples.remarks[1].starts_with("a.csv:3: the value is negative"));
    }

    #[test]
    fn too_few_values_and_unknown_columns_are_refused_in_words() {
        assert!(
            read("ms\n1\n2\n", None)
                .expect_err("two")
                .contains("2 values; at least 30")
        );
        assert!(
            read("ms\nNaN\n", None)
                .expect_err("none")
                .contains("a.csv:2: the value is no number")
        );
        let unknown = read("who,ms\nx,1\n", Some("duration")).expect_err("unknown");
        assert!(unknown.contains("no column `duration`; found: who, ms"), "{unknown}");
        assert!(read("who,ms\nx,1\n", None).expect_err("several").contains("--column"));
        assert!(
            read("1,2\n", Some("3"))
                .expect_err("number")
                .contains("columns are 1 to 2")
        );
        assert!(read("", None).expect_err("empty").contains("0 values"));
    }
}
