//! Defaults that AWS does not document but others measured: INIT by runtime (COLD-2), first invocations (COLD-5), idle
//! life (COLD-7), maximum life (LIFE-13).

use std::sync::OnceLock;

use crate::facts::{Architecture, PackageType};
use crate::kernel::Distribution;
use crate::units::{MemoryMb, Span};

/// INIT by runtime, architecture and package; the file tells where it comes from.
const INIT: &str = include_str!("init.csv");
/// First invocations by runtime and memory; the file tells where they come from.
const FIRST_INVOCATIONS: &str = include_str!("first_invocations.csv");
/// Columns of [`INIT`] before its quantiles: runtime, base, architecture, package, samples.
const LEADING_COLUMNS: usize = 5;
/// Probabilities of the quantiles in [`INIT`].
const KNOTS: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
/// Memory sizes of the columns in [`FIRST_INVOCATIONS`].
const FIRST_INVOKE_MB: [f64; 4] = [128.0, 256.0, 512.0, 1024.0];

/// What was measured of a runtime.
#[derive(Clone, Debug, PartialEq)]
pub struct Runtime {
    /// AWS's identifier, or the language for code on `provided.*`.
    pub name: String,
    /// Whether it is a custom runtime, on AWS's `provided.*`.
    pub custom: bool,
    /// Quantiles of INIT in ms: zip x86_64, zip arm64, image x86_64, image arm64.
    init_ms: [[f64; KNOTS.len()]; 4],
    /// Mean of the first invocation's duration in ms, by [`FIRST_INVOKE_MB`].
    first_invoke_ms: [f64; 4],
}

impl Runtime {
    /// The row for an AWS runtime identifier: its own, else the nearest earlier version of its language, else that of the
    /// earliest version (COLD-8). `provided.*` takes the row of compiled Go. `None` for an unknown language.
    pub fn find(identifier: &str) -> Option<&'static Runtime> {
        if let Some(row) = Runtime::all().iter().find(|row| row.name == identifier) {
            return Some(row);
        }
        let (language, wanted) = split_version(identifier);
        let language = if language.starts_with("provided") {
            "go"
        } else {
            language
        };
        let plain = || Runtime::all().iter().filter(|row| !row.name.contains('-'));
        let of_language = || plain().filter(move |row| split_version(&row.name).0 == language);
        let earlier = of_language().filter(|row| split_version(&row.name).1 <= wanted);
        earlier
            .max_by_key(|row| split_version(&row.name).1)
            .or_else(|| of_language().min_by_key(|row| split_version(&row.name).1))
    }

    /// Every measured runtime.
    pub fn all() -> &'static [Runtime] {
        static ALL: OnceLock<Vec<Runtime>> = OnceLock::new();
        ALL.get_or_init(|| read(INIT, FIRST_INVOCATIONS).expect("a test reads the built-in tables"))
    }

    /// INIT of a hello-world function (COLD-2, RNG-2). Independent of memory (COLD-3).
    pub fn init(&self, package: PackageType, architecture: Architecture) -> Distribution {
        let quantiles = self.init_ms[column(package, architecture)];
        let points: Vec<(f64, f64)> = KNOTS.into_iter().zip(quantiles).collect();
        Distribution::quantiles(&points)
    }

    /// Mean duration of the first invocation after INIT (COLD-5), linear between the measured memory sizes.
    pub fn first_invoke(&self, memory: MemoryMb) -> Span {
        let mb = f64::from(memory.0).clamp(FIRST_INVOKE_MB[0], FIRST_INVOKE_MB[3]);
        let after = FIRST_INVOKE_MB.iter().position(|&size| size >= mb).unwrap_or(3).max(1);
        let (m0, m1) = (FIRST_INVOKE_MB[after - 1], FIRST_INVOKE_MB[after]);
        let (d0, d1) = (self.first_invoke_ms[after - 1], self.first_invoke_ms[after]);
        Span::from_micros(((d0 + (d1 - d0) * (mb - m0) / (m1 - m0)) * 1e3).round() as u64)
    }
}

/// Where [`Runtime::init_ms`] holds a package and an architecture.
fn column(package: PackageType, architecture: Architecture) -> usize {
    2 * (package == PackageType::Image) as usize + (architecture == Architecture::Arm64) as usize
}

/// The runtimes of the two tables, in the order of the second. `None` where a value is missing.
fn read(init: &str, first_invocations: &str) -> Option<Vec<Runtime>> {
    let init = rows(init);
    let one = |row: csv::StringRecord| {
        let name = row[0].to_owned();
        let own = || init.iter().filter(|line| line[0] == *name);
        let mut init_ms = [[0.0; KNOTS.len()]; 4];
        let combinations = [
            ("zip", "x86_64"),
            ("zip", "arm64"),
            ("image", "x86_64"),
            ("image", "arm64"),
        ];
        for (quantiles, (package, architecture)) in init_ms.iter_mut().zip(combinations) {
            let line = own().find(|line| line[2] == *architecture && line[3] == *package)?;
            *quantiles = numbers(line, LEADING_COLUMNS)?;
        }
        Some(Runtime {
            custom: own().next()?[1].starts_with("provided"),
            init_ms,
            first_invoke_ms: numbers(&row, 2)?,
            name,
        })
    };
    rows(first_invocations).into_iter().map(one).collect()
}

/// The rows of a table whose comments begin with `#`.
fn rows(table: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(table.as_bytes());
    reader.records().map_while(Result::ok).collect()
}

/// The fields from `first` on.
fn numbers<const N: usize>(row: &csv::StringRecord, first: usize) -> Option<[f64; N]> {
    let values: Option<Vec<f64>> = row.iter().skip(first).map(|field| field.parse().ok()).collect();
    values?.try_into().ok()
}

/// Which terms SnapStart has for an AWS runtime identifier (SNAP-1): `Some(true)` where its snapshots are billed (PRICE-11),
/// `Some(false)` where not, `None` where it has no SnapStart.
pub fn snap_start_terms(identifier: &str) -> Option<bool> {
    let (language, version) = split_version(identifier);
    match language {
        "java" if version >= (11, 0) => Some(false),
        "python" if version >= (3, 12) => Some(true),
        "dotnet" if version >= (8, 0) && !identifier.contains('-') => Some(true),
        _ => None,
    }
}

/// `python3.13` → (`python`, [3, 13]): the language and its version numbers.
pub(super) fn split_version(identifier: &str) -> (&str, (u32, u32)) {
    let digits = identifier
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(identifier.len());
    let (language, version) = identifier.split_at(digits);
    let mut numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse().unwrap_or(0));
    (
        language.trim_end_matches('.'),
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)),
    )
}

/// Idle life by COLD-7: the share of environments gone after a gap, read as a distribution function.
pub fn default_idle() -> Distribution {
    let seconds_by_share = [
        (0.0, 240.0),
        (0.03, 270.0),
        (0.08, 300.0),
        (0.43, 315.0),
        (0.68, 330.0),
        (0.94, 345.0),
        (1.0, 360.0),
    ];
    Distribution::quantiles(&seconds_by_share.map(|(share, seconds)| (share, seconds * 1e3)))
}

/// Maximum life by LIFE-13: 110 to 130 minutes from creation.
pub fn default_max_life() -> Distribution {
    Distribution::uniform(110.0 * 60e3, 130.0 * 60e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unlisted_version_takes_the_nearest_earlier_row_of_its_language() {
        let found = [
            "python3.15",
            "nodejs26.x",
            "ruby4.0",
            "java21.al2023",
            "python3.8",
            "provided.al2023",
            "dotnet9",
        ]
        .map(|identifier| Runtime::find(identifier).unwrap().name.as_str());
        assert_eq!(
            found,
            [
                "python3.14",
                "nodejs24.x",
                "ruby3.4",
                "java21",
                "python3.9",
                "go",
                "dotnet8"
            ]
        );
        assert_eq!(Runtime::find("cobol1"), None);
    }

    #[test]
    fn snap_1_snapshots_exist_for_recent_java_python_and_dotnet() {
        let terms = ["java11", "java21.al2023", "python3.12", "dotnet8"].map(snap_start_terms);
        assert_eq!(terms, [Some(false), Some(false), Some(true), Some(true)]);
        let without = [
            "java8.al2",
            "python3.11",
            "dotnet6",
            "dotnet8-aot",
            "nodejs24.x",
            "provided.al2023",
        ];
        assert_eq!(without.map(snap_start_terms), [None; 6]);
    }

    #[test]
    fn every_runtime_of_the_tables_has_rising_quantiles_for_both_architectures_and_packages() {
        assert_eq!(Runtime::all().len(), rows(FIRST_INVOCATIONS).len());
        assert_eq!(4 * Runtime::all().len(), rows(INIT).len());
        for runtime in Runtime::all() {
            for quantiles in runtime.init_ms {
                assert!(quantiles[0] > 0.0 && quantiles.is_sorted(), "{}", runtime.name);
            }
        }
    }

    #[test]
    fn a_table_with_a_missing_value_is_not_read() {
        assert_eq!(
            read(
                &INIT.replace("java21,managed,arm64,zip", "java21,managed,arm64,tar"),
                FIRST_INVOCATIONS
            ),
            None
        );
        assert_eq!(read(INIT, &FIRST_INVOCATIONS.replace("96.1", "")), None);
    }

    #[test]
    fn first_invocations_are_read_between_measured_sizes() {
        let java = Runtime::find("java21").unwrap();
        assert_eq!(java.first_invoke(MemoryMb(128)), Span::from_micros(96_100));
        assert_eq!(java.first_invoke(MemoryMb(192)), Span::from_micros(65_350));
        assert_eq!(java.first_invoke(MemoryMb(10_240)), Span::from_micros(6_800));
    }
}
