use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::kernel::Distribution;
use crate::units::{MemoryMb, Span};

use super::decimal::parse_scaled;
use super::problem::{TraceProblem, quoted};
use super::table::Table;

/// The percentiles a durations file holds.
const PERCENTILES: [u32; 7] = [0, 1, 25, 50, 75, 99, 100];

/// One function of an Azure Functions 2019 trace.
#[derive(Clone, Debug, PartialEq)]
pub struct AzureFunction {
    /// `HashFunction`; where another owner or app has the same one, the second is `…#2`, the third `…#3`.
    pub name: String,
    /// Minute since the first minute column (t = 0) and invocations in it (> 0), ascending by minute.
    pub minutes: Vec<(u32, u32)>,
    /// Recorded percentiles of the duration with the percent that they are of, both rising, if there are any.
    pub percentiles: Option<[(u32, Span); 7]>,
    /// Mean allocated memory, rounded up to whole MB; may be below what Lambda takes.
    pub memory: Option<MemoryMb>,
}

impl AzureFunction {
    /// Handler duration from the recorded percentiles, linear between them.
    pub fn duration(&self) -> Option<Distribution> {
        let point = |(percent, duration): (u32, Span)| (f64::from(percent) / 100.0, duration.as_micros() as f64 / 1e3);
        self.percentiles
            .map(|points| Distribution::quantiles(&points.map(point)))
    }
}

/// Who a row is about: owner, app, function.
type Identity = [String; 3];

/// Minute since t = 0 and invocations in it (> 0), ascending by minute.
type Minutes = Vec<(u32, u32)>;

/// Reads a folder in the format of the Azure Functions 2019 trace (contract §2.2, `azure:`): `invocations.csv`, and if
/// there are any `durations.csv` and `memory.csv`, each plain, .gz or .zst. Functions come in the order of the
/// invocations file. Rows of one owner, app and function (one per trigger) are added up.
///
/// # Errors
/// The first problem, with its row: a missing file or column, minute columns with a gap, a bad number, a function that
/// stands twice in the durations or memory file, a file in two formats at once.
pub fn load_azure(directory: &Path) -> Result<Vec<AzureFunction>, TraceProblem> {
    let Some(invocations) = find_file(directory, "invocations")? else {
        return Err(TraceProblem::of_file(
            directory,
            "has no invocations.csv, invocations.csv.gz or invocations.csv.zst",
        ));
    };
    let counted = load_invocations(&invocations)?;
    let mut durations = load_optional(directory, "durations", DurationColumns::find, DurationColumns::read)?;
    let memory_column = |table: &Table| table.required_column("AverageAllocatedMb");
    let mut memory = load_optional(directory, "memory", memory_column, read_memory)?;
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let named = counted.into_iter().map(|(identity, minutes)| {
        let hash = &identity[2];
        let earlier = seen.entry(hash.clone()).or_default();
        *earlier += 1;
        AzureFunction {
            name: if *earlier == 1 {
                hash.clone()
            } else {
                format!("{hash}#{earlier}")
            },
            minutes,
            percentiles: durations.remove(&identity),
            memory: memory.remove(&identity),
        }
    });
    Ok(named.collect())
}

/// The file of that name in the folder, whichever way it is compressed.
fn find_file(directory: &Path, name: &str) -> Result<Option<PathBuf>, TraceProblem> {
    let candidates = ["csv", "csv.gz", "csv.zst"].map(|ending| directory.join(format!("{name}.{ending}")));
    let mut found = candidates.into_iter().filter(|path| path.exists());
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (_, Some(second)) => Err(TraceProblem::of_file(
            &second,
            format!("there are two {name} files; keep one"),
        )),
    }
}

/// Counts per minute of every function, in the order of first appearance.
fn load_invocations(path: &Path) -> Result<Vec<(Identity, Minutes)>, TraceProblem> {
    let mut table = Table::open(path)?;
    let identity = IdentityColumns::find(&table)?;
    let minutes = minute_columns(&table)?;
    let mut functions: Vec<(Identity, Minutes)> = Vec::new();
    let mut index_of: BTreeMap<Identity, usize> = BTreeMap::new();
    while table.advance()? {
        let who = identity.read(&table)?;
        let counts = read_counts(&table, &minutes)?;
        match index_of.get(&who) {
            Some(&index) => {
                let sum = add_counts(&functions[index].1, &counts);
                functions[index].1 = sum.ok_or_else(|| table.problem(too_many()))?;
            }
            None => {
                index_of.insert(who.clone(), functions.len());
                functions.push((who, counts));
            }
        }
    }
    if functions.is_empty() {
        return Err(table.problem_of_file("has a header but no rows"));
    }
    Ok(functions)
}

/// Where the minutes are, the first being t = 0.
fn minute_columns(table: &Table) -> Result<Vec<usize>, TraceProblem> {
    let mut columns = Vec::new();
    let mut next = None;
    for (column, name) in table.header().iter().enumerate() {
        let Some(minute) = whole_number(name) else { continue };
        if next.is_some_and(|next| next != u64::from(minute)) {
            let message = format!(
                "minute column {} is out of sequence; minutes must be consecutive",
                quoted(name)
            );
            return Err(table.problem(message));
        }
        next = Some(u64::from(minute) + 1);
        columns.push(column);
    }
    if columns.is_empty() {
        return Err(table.problem("there is no minute column; their names are whole numbers (1, 2, 3, …)"));
    }
    Ok(columns)
}

fn read_counts(table: &Table, columns: &[usize]) -> Result<Minutes, TraceProblem> {
    let mut counts = Vec::new();
    for (minute, &column) in (0..).zip(columns) {
        let text = table.field(column);
        let count = whole_number(text).ok_or_else(|| {
            let name = quoted(&table.header()[column]);
            table.problem(format!(
                "minute {name} is {}; allowed are whole numbers from 0 to {}",
                quoted(text),
                u32::MAX
            ))
        })?;
        if count > 0 {
            counts.push((minute, count));
        }
    }
    Ok(counts)
}

/// The sum of two ascending lists, or `None` above what a count can be.
fn add_counts(first: &[(u32, u32)], second: &[(u32, u32)]) -> Option<Minutes> {
    let mut sum: BTreeMap<u32, u32> = first.iter().copied().collect();
    for &(minute, count) in second {
        let entry = sum.entry(minute).or_default();
        *entry = entry.checked_add(count)?;
    }
    Some(sum.into_iter().collect())
}

fn too_many() -> String {
    format!("the function has more than {} invocations in one minute", u32::MAX)
}

/// A number of digits alone.
fn whole_number(text: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(text).ok()?;
    // `parse` would take a sign.
    if digits.starts_with('+') {
        None
    } else {
        digits.parse().ok()
    }
}

/// Values per function of a file that may be absent. `find` finds the columns, `read` reads a row's value.
fn load_optional<C, V>(
    directory: &Path,
    name: &str,
    find: impl Fn(&Table) -> Result<C, TraceProblem>,
    read: impl Fn(&C, &Table) -> Result<V, TraceProblem>,
) -> Result<BTreeMap<Identity, V>, TraceProblem> {
    let mut values = BTreeMap::new();
    let Some(path) = find_file(directory, name)? else {
        return Ok(values);
    };
    let mut table = Table::open(&path)?;
    let identity = IdentityColumns::find(&table)?;
    let columns = find(&table)?;
    while table.advance()? {
        let value = read(&columns, &table)?;
        if values.insert(identity.read(&table)?, value).is_some() {
            return Err(table.problem("the function stands here a second time; keep one row"));
        }
    }
    Ok(values)
}

/// Where owner, app and function are.
struct IdentityColumns([usize; 3]);

impl IdentityColumns {
    fn find(table: &Table) -> Result<IdentityColumns, TraceProblem> {
        Ok(IdentityColumns([
            table.required_column("HashOwner")?,
            table.required_column("HashApp")?,
            table.required_column("HashFunction")?,
        ]))
    }

    fn read(&self, table: &Table) -> Result<Identity, TraceProblem> {
        let mut identity = Identity::default();
        for (part, &column) in identity.iter_mut().zip(&self.0) {
            let text = table.field(column);
            *part = match std::str::from_utf8(text) {
                Ok(text) if !text.is_empty() && text.len() <= 256 => text.to_owned(),
                _ => {
                    return Err(table.problem(format!(
                        "{} is no hash; allowed are 1 to 256 bytes of UTF-8",
                        quoted(text)
                    )));
                }
            };
        }
        Ok(identity)
    }
}

/// Where the percentiles of the duration are.
struct DurationColumns([usize; 7]);

impl DurationColumns {
    fn find(table: &Table) -> Result<DurationColumns, TraceProblem> {
        let mut columns = [0; 7];
        for (column, percentile) in columns.iter_mut().zip(PERCENTILES) {
            *column = table.required_column(&format!("percentile_Average_{percentile}"))?;
        }
        Ok(DurationColumns(columns))
    }

    fn read(&self, table: &Table) -> Result<[(u32, Span); 7], TraceProblem> {
        let mut points = [(0, Span::ZERO); 7];
        let mut highest = 0;
        for ((point, &column), percentile) in points.iter_mut().zip(&self.0).zip(PERCENTILES) {
            let micros = number(table, column, 3, "milliseconds")?;
            // Percentiles that were rounded one by one may fall; a quantile function must not.
            highest = micros.max(highest);
            *point = (percentile, Span::from_micros(highest));
        }
        Ok(points)
    }
}

fn read_memory(&column: &usize, table: &Table) -> Result<MemoryMb, TraceProblem> {
    const MICRO: u64 = 1_000_000;
    let megabytes = number(table, column, 6, "MB")?.div_ceil(MICRO);
    u32::try_from(megabytes)
        .map(MemoryMb)
        .map_err(|_| table.problem("more memory than there is"))
}

/// The number in a column times 10^`scale`.
fn number(table: &Table, column: usize, scale: i32, unit: &str) -> Result<u64, TraceProblem> {
    let text = table.field(column);
    parse_scaled(text, scale).map_err(|_| {
        let name = quoted(&table.header()[column]);
        table.problem(format!(
            "{name} is {}; allowed are {unit}, a finite number from 0",
            quoted(text)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVOCATIONS: &str = "HashOwner,HashApp,HashFunction,Trigger,480,481,482\n\
        o1,a1,f1,http,0,3,5\n\
        o1,a1,f2,timer,1,1,1\n\
        o1,a1,f1,queue,2,0,7\n\
        o2,a1,f1,http,0,0,4\n\
        o3,a3,f3,http,0,0,0\n";
    const DURATIONS: &str = "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,\
        percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,percentile_Average_99,\
        percentile_Average_100\n\
        o2,a1,f1,3,9,0,9,0,0,10,20,19,40,50.5\n\
        o1,a1,f2,0,9,0,0,0,0,0,0,0,0,0\n";
    const MEMORY: &str = "HashFunction,HashOwner,HashApp,SampleCount,AverageAllocatedMb\n\
        f1,o1,a1,5,9.4166666\n\
        f3,o3,a3,5,198.0\n";

    fn load(files: &[(&str, &str)]) -> Result<Vec<AzureFunction>, TraceProblem> {
        let directory = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("a file");
        }
        load_azure(directory.path())
    }

    fn row_of(files: &[(&str, &str)]) -> Option<u64> {
        load(files).expect_err("a bad file").row
    }

    #[test]
    fn triggers_of_one_function_are_added_up_and_namesakes_of_others_get_a_number() {
        let functions = load(&[("invocations.csv", INVOCATIONS)]).expect("a good folder");
        let found: Vec<_> = functions.iter().map(|f| (f.name.as_str(), f.minutes.clone())).collect();
        let expected = [
            ("f1", vec![(0, 2), (1, 3), (2, 12)]),
            ("f2", vec![(0, 1), (1, 1), (2, 1)]),
            ("f1#2", vec![(2, 4)]),
            ("f3", vec![]),
        ];
        assert_eq!(found, expected);
        assert!(functions.iter().all(|f| f.percentiles.is_none() && f.memory.is_none()));
    }

    #[test]
    fn counts_per_function_equal_an_independent_count_of_the_file() {
        let functions = load(&[("invocations.csv", INVOCATIONS)]).expect("a good folder");
        let mut by_hash: BTreeMap<&str, u64> = BTreeMap::new();
        for line in INVOCATIONS.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let sum: u64 = fields[4..]
                .iter()
                .map(|field| field.parse::<u64>().expect("a count"))
                .sum();
            *by_hash.entry(fields[2]).or_default() += sum;
        }
        let mut found: BTreeMap<&str, u64> = BTreeMap::new();
        for function in &functions {
            let hash = function.name.split('#').next().expect("a name");
            *found.entry(hash).or_default() += function.minutes.iter().map(|minute| u64::from(minute.1)).sum::<u64>();
        }
        assert_eq!(found, by_hash);
    }

    #[test]
    fn durations_and_memory_join_the_function_they_belong_to() {
        let files = [
            ("invocations.csv", INVOCATIONS),
            ("durations.csv", DURATIONS),
            ("memory.csv", MEMORY),
        ];
        let functions = load(&files).expect("a good folder");
        let memory: Vec<_> = functions.iter().map(|f| f.memory).collect();
        assert_eq!(memory, [Some(MemoryMb(10)), None, None, Some(MemoryMb(198))]);
        assert_eq!(functions[0].duration(), None);
        // The 75th percentile of f1#2 was repaired from 19 to 20 ms.
        let expected = [
            (0.0, 0.0),
            (0.01, 0.0),
            (0.25, 10.0),
            (0.5, 20.0),
            (0.75, 20.0),
            (0.99, 40.0),
            (1.0, 50.5),
        ];
        assert_eq!(functions[2].duration(), Some(Distribution::quantiles(&expected)));
        let zero = functions[1].duration().expect("the all-zero row");
        assert_eq!(
            [0, 1 << 52, (1 << 53) - 1].map(|uniform| zero.sample(uniform)),
            [Span::ZERO; 3]
        );
    }

    #[test]
    fn bad_files_tell_their_row() {
        let bad = |from: &str, to: &str| row_of(&[("invocations.csv", &INVOCATIONS.replace(from, to))]);
        assert_eq!(bad("timer,1,1,1", "timer,1,-1,1"), Some(3));
        assert_eq!(bad("timer,1,1,1", "timer,1,1.5,1"), Some(3));
        assert_eq!(bad("timer,1,1,1", "timer,1,1"), Some(3));
        assert_eq!(bad("queue,2,0,7", "queue,2,0,4294967295"), Some(4));
        assert_eq!(bad("481,482", "482,481"), Some(1));
        assert_eq!(bad("480,481,482", "a,b,c"), Some(1));
        assert_eq!(bad("HashApp", "App"), Some(1));
        let durations = |text: &str| row_of(&[("invocations.csv", INVOCATIONS), ("durations.csv", text)]);
        assert_eq!(durations(&DURATIONS.replace(",40,", ",-40,")), Some(2));
        assert_eq!(durations(&DURATIONS.replace("o1,a1,f2", "o2,a1,f1")), Some(3));
        assert_eq!(durations(&DURATIONS.replace("Average_99", "Average_98")), Some(1));
        let memory = MEMORY.replace("198.0", "inf");
        assert_eq!(
            row_of(&[("invocations.csv", INVOCATIONS), ("memory.csv", &memory)]),
            Some(3)
        );
    }

    #[test]
    fn a_folder_without_invocations_or_with_them_twice_is_refused() {
        assert!(load(&[("durations.csv", DURATIONS)]).is_err());
        assert!(load(&[("invocations.csv", INVOCATIONS), ("invocations.csv.gz", "")]).is_err());
    }
}
