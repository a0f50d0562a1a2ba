//! Files that commands write, held against the schemas that are published for them.

use std::fs::{self, File};
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::Validator;
use lambdasim::report::SCHEMAS;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Map, Value};

/// The first rows of a table are all looked at; of the others one in so many.
const LOOKED_AT: usize = 200;
const STRIDE: usize = 211;
/// Problems of one file that are told.
const MOST_TOLD: usize = 5;

/// The published schema of one file.
pub struct Published {
    pub file: &'static str,
    pub schema: Value,
    validator: Validator,
}

/// All published schemas, read once.
pub static PUBLISHED: LazyLock<Vec<Published>> = LazyLock::new(|| {
    let read = |(file, text): &(&'static str, &str)| {
        let schema: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{file}: {error}"));
        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{file}: {error}"));
        Published {
            file,
            schema,
            validator,
        }
    };
    SCHEMAS.iter().map(read).collect()
});

/// The published schema of a file.
pub fn published(file: &str) -> &'static Published {
    let found = PUBLISHED.iter().find(|published| published.file == file);
    found.unwrap_or_else(|| {
        panic!("{file} has no schema: write docs/schemas/{file}.schema.json and name it in src/report/schemas.rs")
    })
}

impl Published {
    /// What is wrong with a document, and what to do about it.
    pub fn problems(&self, document: &Value) -> Vec<String> {
        let errors = self.validator.iter_errors(document).take(MOST_TOLD);
        let told = errors.map(|error| {
            format!(
                "{} at `{}`: {error}\n  (a new or changed key is described in docs/schemas/{}.schema.json, under `properties` \
                 and `required`, and in docs/outputs.md)",
                self.file,
                error.instance_path(),
                self.file
            )
        });
        told.collect()
    }

    /// Whether a document keeps to it.
    pub fn accepts(&self, document: &Value) -> bool {
        self.validator.is_valid(document)
    }

    /// The columns of a table, in their order.
    pub fn columns(&self) -> Vec<&str> {
        let properties = self.schema["properties"].as_object().expect("a schema of an object");
        properties.keys().map(String::as_str).collect()
    }

    fn is_number(&self, column: &str) -> bool {
        let kind = &self.schema["properties"][column]["type"];
        let is = |kind: &Value| kind == "number" || kind == "integer";
        is(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(is))
    }

    /// A row of a table as the object that the schema describes.
    fn row(&self, columns: &csv::StringRecord, cells: &csv::StringRecord) -> Value {
        let cell = |column: &str, text: &str| match text {
            "" if self.is_number(column) => Value::Null,
            _ if self.is_number(column) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            _ => text.into(),
        };
        let pairs = columns.iter().zip(cells);
        let row: Map<String, Value> = pairs
            .map(|(column, text)| (column.to_owned(), cell(column, text)))
            .collect();
        row.into()
    }

    fn problems_of_table(&self, path: &Path) -> Vec<String> {
        let mut table = csv::Reader::from_path(path).expect("a table");
        let heads = table.headers().expect("a header").clone();
        if self.file != "sweep.csv" && self.columns() != heads.iter().collect::<Vec<_>>() {
            return vec![format!(
                "{} has the columns {heads:?}, its schema has {:?}: docs/schemas/{}.schema.json and the table in \
                 docs/outputs.md describe each column",
                self.file,
                self.columns(),
                self.file
            )];
        }
        let rows = table
            .records()
            .enumerate()
            .filter(|(number, _)| *number < LOOKED_AT || number % STRIDE == 0);
        let problems = rows.flat_map(|(number, cells)| {
            let told = self.problems(&self.row(&heads, &cells.expect("a row")));
            told.into_iter().map(move |problem| format!("row {number}: {problem}"))
        });
        problems.take(MOST_TOLD).collect()
    }

    fn problems_of_parquet(&self, path: &Path) -> Vec<String> {
        let file = SerializedFileReader::new(File::open(path).expect("a file")).expect("a Parquet file");
        let schema = file.metadata().file_metadata().schema_descr();
        let columns: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
        if columns == self.columns() {
            return Vec::new();
        }
        vec![format!(
            "{} has the columns {columns:?}, its schema has {:?}",
            self.file,
            self.columns()
        )]
    }
}

/// What is wrong with the tables and documents of a folder.
pub fn problems(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut problems = Vec::new();
    for path in &paths {
        let name = path.file_name().expect("a name").to_string_lossy();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        problems.extend(match &*extension {
            "json" => {
                let text = fs::read_to_string(path).expect("a document");
                published(&name).problems(&serde_json::from_str(&text).expect("JSON"))
            }
            "csv" => published(&name).problems_of_table(path),
            "parquet" if name != "sweep.parquet" => published(&name).problems_of_parquet(path),
            _ => Vec::new(),
        });
    }
    problems
}
