use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// A table with named columns.
pub struct Table {
    columns: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    fields: &'a csv::StringRecord,
}

impl Table {
    /// A `.csv` or `.csv.gz` file; lines that begin with `#` are comments.
    pub fn read(file: &Path) -> Table {
        let mut text = String::new();
        let opened = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut reader: Box<dyn Read> = match file.extension() {
            Some(ending) if ending == "gz" => Box::new(GzDecoder::new(opened)),
            _ => Box::new(opened),
        };
        reader.read_to_string(&mut text).expect("data files are text");
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        let columns = reader.headers().expect("a table has a head");
        Table {
            columns: columns.iter().map(str::to_owned).collect(),
            rows: reader
                .records()
                .map(|row| row.expect("rows are as long as the head"))
                .collect(),
        }
    }

    /// One of the tables in `tests/validation/data`.
    pub fn carried(name: &str) -> Table {
        Table::read(
            &PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("tests/validation/data")
                .join(name),
        )
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|fields| Row { table: self, fields })
    }
}

impl<'a> Row<'a> {
    /// The text in a column.
    pub fn text(self, column: &str) -> &'a str {
        let place = self.table.columns.iter().position(|name| name == column);
        &self.fields[place.unwrap_or_else(|| panic!("there is no column {column}"))]
    }

    /// The number in a column, unless it is empty.
    pub fn number(self, column: &str) -> Option<f64> {
        self.text(column).parse().ok()
    }

    /// The number in a column that is never empty.
    pub fn value(self, column: &str) -> f64 {
        self.number(column)
            .unwrap_or_else(|| panic!("{column} holds no number"))
    }
}

/// The value below which a share of `values` lies, linear between order statistics. Sorts them.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = share * (values.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    values[below] + (values[above] - values[below]) * place.fract()
}
