//! Kept inputs: those in `tests/fuzz/seeds/TARGET`, scenarios and imports that the project has anyway, and packed forms of
//! tables, which are made here.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::targets::BETWEEN_PARTS;

/// The project's folder, also where a package inside it is built.
fn project() -> PathBuf {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = folders
        .into_iter()
        .find(|folder| folder.join("tests/fuzz/seeds").is_dir());
    found.expect("the project").to_owned()
}

/// All inputs that a target begins with.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let project = project();
    let mut found = files(&project.join("tests/fuzz/seeds").join(target), "");
    let of = |path: &str, ending: &str| files(&project.join(path), ending);
    match target {
        "scenario" => {
            found.extend(of("scenarios", ".yaml"));
            found.extend(of("tests/cases", ".yaml"));
        }
        "template" => {
            found.extend(of("tests/import", ".yaml"));
            found.extend(of("tests/import", ".json"));
        }
        "logs" => found.extend(of("tests/cases/data", ".log")),
        "power_tuning" => found.extend(of("tests/import", "power-tuning.json")),
        "prices" => found.extend(of("src/pricing", "prices.csv")),
        "azure" => found.push(parts(
            "tests/import/azure2019",
            ["invocations.csv", "durations.csv", "memory.csv"],
        )),
        "invocations" => found.extend(of("tests/import/azure2021", ".csv")),
        "samples" => found.extend(of("tests/cases/data", "durations.csv")),
        "trace_gz" => found.extend(seeds("trace_csv").iter().map(|table| gzip(table))),
        "trace_zst" => {
            found.extend(
                seeds("trace_csv")
                    .iter()
                    .map(|table| compress_to_vec(&table[..], CompressionLevel::Fastest)),
            );
        }
        "trace_parquet" => found.extend([parquet_table(false), parquet_table(true)]),
        "engine" => found.push(vec![1, 2, 3, 4, 5, 6, 7, 8]),
        _ => {}
    }
    found
}

/// Contents of the files of a folder whose names end so, in the order of their names; none where there is no folder.
fn files(folder: &Path, ending: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && path.to_string_lossy().ends_with(ending))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed")).collect()
}

fn parts(folder: &str, names: [&str; 3]) -> Vec<u8> {
    let folder = project().join(folder);
    names
        .map(|name| fs::read(folder.join(name)).expect("a seed"))
        .join(&BETWEEN_PARTS)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(content).expect("memory");
    packed.finish().expect("memory")
}

/// Two rows with every column; `time` as seconds.
fn parquet_table(packed: bool) -> Vec<u8> {
    let schema = "message rows { required double time; optional double duration_ms; optional boolean error; optional binary function (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let codec = if packed {
        parquet::basic::Compression::SNAPPY
    } else {
        parquet::basic::Compression::UNCOMPRESSED
    };
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).expect("a file");
    let mut group = file.next_row_group().expect("a group");
    let both: Option<&[i16]> = Some(&[1, 1]);
    macro_rules! column {
        ($kind:ty, $values:expr, $levels:expr) => {
            let mut column = group.next_column().expect("memory").expect("a column");
            column
                .typed::<$kind>()
                .write_batch($values, $levels, None)
                .expect("memory");
            column.close().expect("memory");
        };
    }
    column!(DoubleType, &[0.5, 1.5], None);
    column!(DoubleType, &[20.0, 30.25], both);
    column!(BoolType, &[false, true], both);
    column!(
        ByteArrayType,
        &[ByteArray::from("api"), ByteArray::from("worker")],
        both
    );
    group.close().expect("memory");
    file.into_inner().expect("a file")
}
