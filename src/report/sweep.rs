//! The files of a sweep.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::{Type, TypePtr};

use super::CONFIDENCE;
use super::cell::cell;
use super::narrow::narrow_table;
use super::parquet::column;
use super::plot::{SweptValues, figure_png, figure_svg, shown, sweep_figure};
use super::replicated::shortened;
use crate::experiment::{Axis, Estimate, Grid, Interval, Journal, Outcome, Row, Sample, columns, write_durably};

/// Points of a sweep that is still drawn.
const MOST_DRAWN: u64 = 10_000;
/// Metrics that are drawn, and shown in the terminal.
const MOST_CHARTS: usize = 12;
const MOST_COLUMNS: usize = 4;
/// Points that are shown in the terminal.
const MOST_LINES: usize = 24;
/// Rows of a group of the Parquet file.
const ROWS_PER_GROUP: usize = 10_000;

/// A finished sweep.
pub struct SweepReport<'a> {
    /// Name of the scenario.
    pub name: &'a str,
    /// Seed of all points.
    pub seed: u64,
    /// Version of the program.
    pub version: &'a str,
    /// What varied.
    pub grid: &'a Grid,
    /// Paths in `summary.json`, in the order of each row's values.
    pub metrics: &'a [String],
    /// Runs of each point; with more than one a row has three values for each metric: mean, low and high end.
    pub replications: u64,
    /// The rows.
    pub journal: &'a Journal,
}

/// What stands in a row for a metric of several replications: mean, and the ends of its interval where it has one.
pub fn mean_and_ends(metric: &str, sample: Sample) -> [Option<f64>; 3] {
    let interval = Estimate::of(metric, sample, CONFIDENCE).interval;
    let end = |end: fn(&Interval) -> f64| interval.as_ref().map(|(interval, _)| shortened(end(interval)));
    [
        (sample.count() > 0).then(|| shortened(sample.mean())),
        end(|interval| interval.low),
        end(|interval| interval.high),
    ]
}

impl SweepReport<'_> {
    fn columns(&self) -> Vec<String> {
        columns(self.metrics, self.replications)
    }

    /// A metric of a point, and the ends of its interval.
    fn metric(&self, row: &Row, metric: usize) -> (Option<f64>, Option<(f64, f64)>) {
        match self.replications {
            1 => (value(row, metric), None),
            _ => (
                value(row, 3 * metric),
                value(row, 3 * metric + 1).zip(value(row, 3 * metric + 2)),
            ),
        }
    }

    /// Writes `sweep.csv`, `sweep.parquet` and, for one or two variables, `plots/` into `folder`. Memory does not grow
    /// with the number of points, except for plots, which are left out above 10,000 points.
    ///
    /// # Errors
    /// What the operating system says, with the file's name.
    pub fn write(&self, folder: &Path, plots: bool) -> Result<(), (String, io::Error)> {
        let named = |file: &str, written: io::Result<()>| written.map_err(|cause| (file.to_owned(), cause));
        named("sweep.csv", self.write_csv(&folder.join("sweep.csv")))?;
        named("sweep.parquet", self.write_parquet(&folder.join("sweep.parquet")))?;
        if plots && self.grid.axes().len() <= 2 && self.grid.points() <= MOST_DRAWN {
            named("plots", self.write_plots(&folder.join("plots")))?;
        }
        Ok(())
    }

    fn write_csv(&self, path: &Path) -> io::Result<()> {
        write_durably(path, |out| {
            let mut writer = ::csv::Writer::from_writer(out);
            let heads = ["point"].into_iter().chain(self.grid.paths());
            let columns = self.columns();
            let heads = heads.chain(columns.iter().map(String::as_str)).chain(["refused"]);
            writer.write_record(heads)?;
            self.journal.for_each(|row| {
                let mut cells = vec![row.point.to_string()];
                let settings = self.grid.settings(row.point);
                cells.extend(settings.iter().map(|(_, value)| cell(value).into_owned()));
                match &row.outcome {
                    Outcome::Measured(values) => {
                        cells.extend(
                            values
                                .iter()
                                .map(|value| value.map_or_else(String::new, |value| value.to_string())),
                        );
                        cells.push(String::new());
                    }
                    Outcome::Refused(why) => {
                        cells.extend(columns.iter().map(|_| String::new()));
                        cells.push(cell(why).into_owned());
                    }
                }
                Ok(writer.write_record(&cells)?)
            })?;
            writer.flush()
        })
    }

    fn write_parquet(&self, path: &Path) -> io::Result<()> {
        let variables: Vec<Variable> = self.grid.axes().iter().flat_map(variables).collect();
        write_durably(path, |out| {
            let properties = WriterProperties::builder()
                .set_created_by(format!("lambdasim {}", self.version))
                .set_compression(Compression::SNAPPY)
                .build();
            let schema = self.schema(&variables).map_err(io::Error::other)?;
            let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(io::Error::other)?;
            let mut rows = Vec::new();
            self.journal.for_each(|row| {
                rows.push(row);
                if rows.len() < ROWS_PER_GROUP {
                    return Ok(());
                }
                self.write_group(&mut writer, &variables, &std::mem::take(&mut rows))
                    .map_err(io::Error::other)
            })?;
            if !rows.is_empty() {
                self.write_group(&mut writer, &variables, &rows)
                    .map_err(io::Error::other)?;
            }
            writer.finish().map(|_| ()).map_err(io::Error::other)
        })
    }

    fn schema(&self, variables: &[Variable]) -> Result<TypePtr, ParquetError> {
        let field = |name: &str, kind: Physical, repetition: Repetition| {
            let field = Type::primitive_type_builder(name, kind).with_repetition(repetition);
            let field = match kind {
                Physical::BYTE_ARRAY => field
                    .with_converted_type(ConvertedType::UTF8)
                    .with_logical_type(Some(LogicalType::String)),
                _ => field,
            };
            field.build().map(Arc::new)
        };
        let mut fields = vec![field("point", Physical::INT64, Repetition::REQUIRED)?];
        for variable in variables {
            let kind = if variable.numeric {
                Physical::DOUBLE
            } else {
                Physical::BYTE_ARRAY
            };
            fields.push(field(&variable.path, kind, Repetition::REQUIRED)?);
        }
        for column in self.columns() {
            fields.push(field(&column, Physical::DOUBLE, Repetition::OPTIONAL)?);
        }
        fields.push(field("refused", Physical::BYTE_ARRAY, Repetition::OPTIONAL)?);
        Type::group_type_builder("sweep")
            .with_fields(fields)
            .build()
            .map(Arc::new)
    }

    fn write_group<W: io::Write + Send>(
        &self,
        writer: &mut SerializedFileWriter<W>,
        variables: &[Variable],
        rows: &[Row],
    ) -> Result<(), ParquetError> {
        let mut group = writer.next_row_group()?;
        let points: Vec<Option<i64>> = rows.iter().map(|row| i64::try_from(row.point).ok()).collect();
        column::<Int64Type, W>(&mut group, &points)?;
        let settings: Vec<Vec<(String, String)>> = rows.iter().map(|row| self.grid.settings(row.point)).collect();
        for (place, variable) in variables.iter().enumerate() {
            let texts = settings.iter().map(|settings| settings[place].1.as_str());
            if variable.numeric {
                let numbers: Vec<Option<f64>> = texts.map(|text| text.parse().ok()).collect();
                column::<DoubleType, W>(&mut group, &numbers)?;
            } else {
                let texts: Vec<Option<ByteArray>> = texts.map(|text| Some(text.into())).collect();
                column::<ByteArrayType, W>(&mut group, &texts)?;
            }
        }
        for place in 0..self.columns().len() {
            let values: Vec<Option<f64>> = rows.iter().map(|row| value(row, place)).collect();
            column::<DoubleType, W>(&mut group, &values)?;
        }
        let refused = rows.iter().map(|row| match &row.outcome {
            Outcome::Measured(_) => None,
            Outcome::Refused(why) => Some(why.as_str().into()),
        });
        column::<ByteArrayType, W>(&mut group, &refused.collect::<Vec<_>>())?;
        group.close()?;
        Ok(())
    }

    fn write_plots(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for (number, metric) in self.metrics.iter().take(MOST_CHARTS).enumerate() {
            let points = usize::try_from(self.grid.points()).unwrap_or(0);
            let (mut values, mut intervals) = (vec![None; points], vec![None; points]);
            self.journal.for_each(|row| {
                let point = row.point as usize;
                (values[point], intervals[point]) = self.metric(&row, number);
                Ok(())
            })?;
            let axis = |axis: &Axis| {
                let texts = axis.values.iter().map(|values| values.join(", "));
                (axis.paths.join(", "), texts.collect())
            };
            let swept = SweptValues {
                metric,
                caption: format!("{}, seed {}", self.name, self.seed),
                axes: self.grid.axes().iter().map(axis).collect(),
                values,
                intervals,
            };
            let Some(figure) = sweep_figure(&swept) else {
                return Ok(());
            };
            let file = file_name(metric);
            let svg = figure_svg(&figure)?;
            write_durably(&folder.join(format!("{file}.svg")), |out| {
                io::Write::write_all(out, svg.as_bytes())
            })?;
            let drawn = folder.join(format!(".{file}.tmp.png"));
            figure_png(&figure, &drawn)?;
            fs::rename(&drawn, folder.join(format!("{file}.png")))?;
        }
        Ok(())
    }

    /// The first points as a table for people, with the first metrics that differ between points.
    ///
    /// # Errors
    /// Where the journal cannot be read.
    pub fn table(&self) -> io::Result<String> {
        let (differing, all, refused) = self.survey()?;
        let metrics: Vec<usize> = differing.into_iter().take(MOST_COLUMNS).collect();
        let columns = metrics.iter().map(|number| self.metrics[*number].clone());
        let heads: Vec<String> = self.grid.paths().map(str::to_owned).chain(columns).collect();
        let mut rows: Vec<Vec<String>> = Vec::new();
        self.journal.for_each(|row| {
            if rows.len() < MOST_LINES {
                let settings = self.grid.settings(row.point).into_iter();
                let mut cells: Vec<String> = settings.map(|(_, value)| value).collect();
                cells.extend(metrics.iter().map(|number| self.cell(&row, *number)));
                rows.push(cells);
            }
            Ok(())
        })?;
        let (table, hidden) = narrow_table(&heads, &rows, self.grid.paths().count() + 1);
        let mut text = format!("{table}\n");
        if hidden > 0 {
            text.push_str(&format!("… and {hidden} more columns in sweep.csv\n"));
        }
        if all > MOST_LINES as u64 {
            text.push_str(&format!("… and {} more points\n", all - MOST_LINES as u64));
        }
        if refused > 0 {
            text.push_str(&format!(
                "{refused} of {all} points are refused by the scenario; the column `refused` says why\n"
            ));
        }
        Ok(text)
    }

    fn cell(&self, row: &Row, metric: usize) -> String {
        let shown = |value: f64| shown(&self.metrics[metric], value);
        match self.metric(row, metric) {
            (None, _) => "–".to_owned(),
            (Some(value), Some((low, high))) if low < high => {
                format!("{} ± {}", shown(value), shown((high - low) / 2.0))
            }
            (Some(value), _) => shown(value),
        }
    }

    /// Metrics that are not the same at all points (all of them, if none differs), how many points there are, and how
    /// many of them are refused.
    fn survey(&self) -> io::Result<(Vec<usize>, u64, u64)> {
        let mut first: Option<Vec<Option<f64>>> = None;
        let mut differs = vec![false; self.metrics.len()];
        let (mut all, mut refused) = (0, 0);
        self.journal.for_each(|row| {
            all += 1;
            match row.outcome {
                Outcome::Refused(_) => refused += 1,
                Outcome::Measured(_) => {
                    let values: Vec<Option<f64>> = (0..self.metrics.len())
                        .map(|metric| self.metric(&row, metric).0)
                        .collect();
                    let first = first.get_or_insert_with(|| values.clone());
                    let pairs = values.iter().zip(first.iter());
                    differs
                        .iter_mut()
                        .zip(pairs)
                        .for_each(|(differs, (a, b))| *differs |= a != b);
                }
            }
            Ok(())
        })?;
        let none = differs.iter().all(|differs| !differs);
        let shown = (0..self.metrics.len()).filter(|number| none || differs[*number]);
        Ok((shown.collect(), all, refused))
    }
}

/// The first row of a CSV text, and the others.
pub type Rows = (Vec<String>, Vec<Vec<String>>);

/// Reads a CSV text.
///
/// # Errors
/// The line of the first row with more or fewer cells than the first, and what is wrong with it.
pub fn csv_rows(text: &str) -> Result<Rows, (u64, String)> {
    let mut reader = ::csv::ReaderBuilder::new()
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes());
    let wrong = |error: ::csv::Error| {
        (
            error.position().map_or(1, |position| position.line()),
            error.to_string(),
        )
    };
    let own = |record: &::csv::StringRecord| record.iter().map(str::to_owned).collect();
    let heads = own(reader.headers().map_err(wrong)?);
    let rows = reader.records().map(|record| record.map(|record| own(&record)));
    Ok((heads, rows.collect::<Result<_, _>>().map_err(wrong)?))
}

/// One column of what varies.
struct Variable {
    path: String,
    /// Whether every value is a plain number.
    numeric: bool,
}

fn variables(axis: &Axis) -> impl Iterator<Item = Variable> {
    axis.paths.iter().enumerate().map(|(place, path)| Variable {
        path: path.clone(),
        numeric: axis
            .values
            .iter()
            .all(|values| values[place].parse::<f64>().is_ok_and(f64::is_finite)),
    })
}

fn value(row: &Row, metric: usize) -> Option<f64> {
    match &row.outcome {
        Outcome::Measured(values) => values.get(metric).copied().flatten(),
        Outcome::Refused(_) => None,
    }
}

/// A path as the name of a file.
fn file_name(path: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || "._-".contains(letter) {
            letter
        } else {
            '-'
        }
    };
    path.chars().map(plain).collect()
}
