//! Traces of Azure Functions: exact counts per minute (2019), or single invocations (2021).

use std::path::{Path, PathBuf};

use super::draft::{Block, Draft, Value};
use super::input::short_name;
use super::problem::ImportError;
use super::remarks::Remarks;
use super::stack::plain_name;
use super::written::quantiles;
use super::{BLANK, Imported};
use crate::scenario::{LONGEST_DURATION, is_function_name};
use crate::trace::{self, AzureFunction, AzureInvocation, AzureInvocations};
use crate::units::{SimTime, Span};

/// Memory sizes that Lambda takes, in MB (LIM-1).
const LEAST_MEMORY: u32 = 128;
const MOST_MEMORY: u32 = 10_240;
/// Longest timeout (LIM-2).
const LONGEST: Span = Span::from_secs(900);
/// Characters of a hash that name a function of 2021.
const SHORT_HASH: usize = 8;

/// A scenario that replays a trace.
#[derive(Clone, Debug)]
pub struct AzureImport {
    /// The scenario and what could not be used.
    pub imported: Imported,
    /// Of the 2021 format: the arrivals as a table that `trace` reads, for the file that was named.
    pub arrivals: Option<Vec<u8>>,
}

/// A scenario that replays the trace in `source`, written for a file in `folder`. A trace of 2021 needs the path of the file,
/// `arrivals`, into which its arrivals will be written.
///
/// # Errors
/// A trace that cannot be read, with its row; a trace of 2021 without `arrivals`.
pub fn import_azure(source: &Path, folder: &Path, arrivals: Option<&Path>) -> Result<AzureImport, ImportError> {
    let Some(file) = trace::find_azure_invocations(source)? else {
        let functions = trace::load_azure(source)?;
        return Ok(by_minute(&functions, source, folder));
    };
    let Some(arrivals) = arrivals else {
        let message = "is a trace of single invocations: name a file for its arrivals with --trace, or for the scenario with --out";
        return Err(ImportError::of_file(&file, message));
    };
    by_invocation(&trace::load_azure_invocations(&file)?, source, folder, arrivals)
}

/// `target` as it is named from inside `folder`, and whether it lies there.
fn seen_from(folder: &Path, target: &Path) -> (String, bool) {
    let absolute = |path: &Path| -> PathBuf { std::path::absolute(path).unwrap_or_else(|_| path.to_owned()) };
    let folder = absolute(if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    });
    let target = absolute(target);
    match target.strip_prefix(&folder) {
        Ok(inside) if inside.as_os_str().is_empty() => (".".to_owned(), true),
        Ok(inside) => (inside.display().to_string(), true),
        Err(_) => (target.display().to_string(), false),
    }
}

/// The scenario's head, and the traffic that replays `target` as the process `key`.
fn draft(source: &Path, duration: String, folder: &Path, (key, target): (&str, &Path)) -> (Draft, Block) {
    let name = short_name(source);
    let mut draft = Draft::new(format!("What would the functions of {name} cost on Lambda?"));
    draft
        .root
        .set("name", plain_name(name.split('.').next().unwrap_or(&name)));
    draft.root.set("duration", duration);
    draft.root.set("drain", "until_empty").note("what has begun ends");
    let mut traffic = Block::default();
    let (path, inside) = seen_from(folder, target);
    let arrivals = Value::map([(key, Value::Text(path))]);
    let line = traffic.block("recorded").set("arrivals", arrivals);
    if !inside {
        line.note("outside this file's folder: run with --allow-outside");
    }
    traffic
        .block("recorded")
        .set("retry", "none")
        .note("who was refused is not recorded");
    (draft, traffic)
}

fn by_minute(functions: &[AzureFunction], source: &Path, folder: &Path) -> AzureImport {
    let mut remarks = Remarks::default();
    let ends = functions.iter().filter_map(|function| function.minutes.last());
    let minutes = ends.map(|(minute, _)| minute + 1).max().unwrap_or(1);
    let (mut draft, traffic) = draft(source, format!("{minutes} min"), folder, ("azure", source));
    let defaults = draft.root.block("defaults");
    defaults
        .set("init", "300 ms")
        .note(format!("{BLANK} or `runtime`: the trace does not tell"));
    if functions.iter().any(|function| function.memory.is_none()) {
        defaults
            .set("memory_size", "128 MB")
            .note(format!("{BLANK} where the trace has none"));
    }
    if functions.iter().any(|function| function.percentiles.is_none()) {
        defaults
            .set("duration", "100 ms")
            .note(format!("{BLANK} where the trace has none"));
    }
    let section = draft.root.block("functions");
    for function in functions {
        let calls: u64 = function.minutes.iter().map(|(_, count)| u64::from(*count)).sum();
        if !is_function_name(&function.name) {
            let why = match function.name.contains('#') {
                true => "a function has the hash of another",
                false => "the name of a function has letters that none may have",
            };
            remarks.add(
                None,
                format!("{why}; it has no entry under `functions` and is simulated as recorded"),
            );
            continue;
        }
        let settings = section.line(&function.name).note(called(calls)).block();
        recorded(function, settings, &mut remarks);
    }
    draft.root.set("traffic", Value::Block(traffic));
    finish(draft, &remarks, source, None)
}

/// Memory and duration as recorded.
fn recorded(function: &AzureFunction, settings: &mut Block, remarks: &mut Remarks) {
    if let Some(memory) = function.memory {
        let nearest = memory.0.clamp(LEAST_MEMORY, MOST_MEMORY);
        settings.set("memory_size", format!("{nearest} MB"));
        if memory.0 > MOST_MEMORY {
            remarks.add(
                None,
                "a function used more than 10,240 MB, which is the most that Lambda has (LIM-1)",
            );
        }
    }
    settings.set("timeout", "900 s");
    if let Some(percentiles) = function.percentiles {
        let points = percentiles
            .iter()
            .map(|(percent, duration)| (f64::from(*percent), duration.as_micros()));
        settings.set("duration", quantiles(points));
        if percentiles.iter().any(|(_, duration)| *duration > LONGEST) {
            remarks.add(
                None,
                "a function took longer than 15 min at times, and times out on Lambda (LIM-2)",
            );
        }
    }
}

fn by_invocation(
    trace: &AzureInvocations,
    source: &Path,
    folder: &Path,
    arrivals: &Path,
) -> Result<AzureImport, ImportError> {
    let mut remarks = Remarks::default();
    let is_late = |invocation: &&AzureInvocation| invocation.start >= SimTime::ZERO + LONGEST_DURATION;
    for _ in trace.invocations.iter().rev().take_while(is_late) {
        remarks.add(
            None,
            "an invocation came after 731 days, the longest that a scenario lasts, and is left out",
        );
    }
    for _ in 0..trace.early {
        remarks.add(None, "an invocation began before the trace; it begins with it");
    }
    for _ in trace
        .invocations
        .iter()
        .filter(|invocation| invocation.duration > LONGEST)
    {
        remarks.add(
            None,
            "an invocation took longer than 15 min, and times out on Lambda (LIM-2)",
        );
    }
    let names = short_names(&trace.functions);
    let last = trace
        .invocations
        .last()
        .map_or(0, |invocation| invocation.start.as_micros());
    let seconds = (last / 1_000_000 + 1).min(LONGEST_DURATION.as_micros() / 1_000_000);
    let (mut draft, traffic) = draft(source, format!("{seconds} s"), folder, ("trace", arrivals));
    let defaults = draft.root.block("defaults");
    defaults
        .set("init", "300 ms")
        .note(format!("{BLANK} or `runtime`: the trace does not tell"));
    defaults
        .set("memory_size", "512 MB")
        .note(format!("{BLANK} the trace does not tell"));
    defaults.set("timeout", "900 s");
    defaults.set("duration", "0 s").note("each arrival brings its own");
    let mut calls = vec![0_u64; names.len()];
    for invocation in &trace.invocations {
        calls[invocation.function as usize] += 1;
    }
    let section = draft.root.block("functions");
    for ((name, [app, function]), calls) in names.iter().zip(&trace.functions).zip(calls) {
        section
            .line(name)
            .note(format!("{}; {function} of {app}", called(calls)));
    }
    draft.root.set("traffic", Value::Block(traffic));
    let table = table(trace, &names).map_err(|error| ImportError::of_file(source, &error.to_string()))?;
    Ok(finish(draft, &remarks, source, Some(table)))
}

/// The beginnings of the functions' hashes, each once.
fn short_names(functions: &[[String; 2]]) -> Vec<String> {
    let mut taken = std::collections::BTreeMap::new();
    let name = |[_, function]: &[String; 2]| {
        let short = plain_name(&function.chars().take(SHORT_HASH).collect::<String>());
        let number = taken
            .entry(short.clone())
            .and_modify(|number| *number += 1)
            .or_insert(1_u32);
        match number {
            1 => short,
            number => format!("{short}_{number}"),
        }
    };
    functions.iter().map(name).collect()
}

/// Arrivals as `trace` reads them (contract §2.2).
fn table(trace: &AzureInvocations, names: &[String]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["time", "duration_ms", "function"])?;
    for invocation in &trace.invocations {
        let start = invocation.start.as_micros();
        let time = format!("{}.{:06}", start / 1_000_000, start % 1_000_000);
        let duration = invocation.duration.as_micros();
        let duration = format!("{}.{:03}", duration / 1_000, duration % 1_000);
        writer.write_record([&time, &duration, &names[invocation.function as usize]])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn finish(mut draft: Draft, remarks: &Remarks, source: &Path, arrivals: Option<Vec<u8>>) -> AzureImport {
    for remark in remarks.lines(&short_name(source)) {
        draft.close(remark);
    }
    AzureImport {
        imported: Imported {
            scenario: draft.text(),
            remarks: remarks.lines(&source.display().to_string()),
        },
        arrivals,
    }
}

fn called(times: u64) -> String {
    match times {
        1 => "1 call".to_owned(),
        times => format!("{times} calls"),
    }
}
