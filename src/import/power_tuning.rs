//! Lambda Power Tuning's output: average durations by memory size.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value as Json;

use super::draft::{Draft, Value};
use super::input::{read_text, short_name};
use super::problem::ImportError;
use super::remarks::Remarks;
use super::written::milliseconds;
use super::{BLANK, Imported};

/// Memory sizes that Lambda takes, in MB (LIM-1).
const MEMORY: std::ops::RangeInclusive<u64> = 128..=10_240;
/// What a scenario tells apart, in ms.
const SHORTEST_MS: f64 = 0.001;
/// Longest timeout in ms (LIM-2).
const LONGEST_MS: f64 = 900_000.0;
const FORM: &str = "the output of a Lambda Power Tuning execution is expected: JSON with `stats`, or with the address of its picture \
                    under `visualization`";

/// Memory size in MB to average duration in ms.
type Curve = BTreeMap<u64, f64>;

/// A scenario of one function called `name`, whose duration depends on memory as Power Tuning measured it.
///
/// The averages stand under `stats` where the execution was told to give them (`includeOutputResults`); they always stand in
/// the address of the picture. Both the state machine's output and what `aws stepfunctions describe-execution` prints are read.
///
/// # Errors
/// A file that cannot be read, is no JSON, or holds no measurement.
pub fn import_power_tuning(path: &Path, name: &str) -> Result<Imported, ImportError> {
    let mut remarks = Remarks::default();
    let text = read_text(path, &mut remarks)?;
    let json = parse(path, &text)?;
    let results = json.get("results").unwrap_or(&json);
    let mut curve = from_stats(results, &mut remarks);
    if curve.is_empty() {
        let address = results.pointer("/stateMachine/visualization").and_then(Json::as_str);
        curve = address
            .and_then(|address| from_address(address, &mut remarks))
            .unwrap_or_default();
    }
    let Some((&smallest, _)) = curve.first_key_value() else {
        return Err(ImportError::of_file(
            path,
            &format!("holds no measured duration; {FORM}"),
        ));
    };
    let best = results
        .get("power")
        .and_then(whole)
        .filter(|power| curve.contains_key(power));
    if best.is_none() {
        remarks.add(None, "tells no best memory size; the smallest was taken");
    }
    Ok(Imported {
        scenario: draft(&short_name(path), name, &curve, best.unwrap_or(smallest)).text(),
        remarks: remarks.lines(&path.display().to_string()),
    })
}

fn draft(file: &str, name: &str, curve: &Curve, memory: u64) -> Draft {
    let mut draft = Draft::new(format!(
        "What do time and cost of {name} become at another memory size?"
    ));
    draft.root.set("name", name);
    draft.root.set("duration", "1 h");
    let function = draft.root.block("functions").line(name).note(file).block();
    function
        .set("memory_size", format!("{memory} MB"))
        .note("the size that Power Tuning chose");
    let longest = curve.values().fold(0.0_f64, |longest, duration| longest.max(*duration));
    let timeout = ((longest * 3.0 / 1e3).ceil()).clamp(3.0, 900.0);
    function
        .set("timeout", format!("{timeout} s"))
        .note(format!("{BLANK} three times the longest average"));
    function
        .set("init", "300 ms")
        .note(format!("{BLANK} or name the `runtime` instead"));
    let points = curve.iter().map(|(memory, duration)| {
        (
            format!("{memory} MB"),
            Value::from(milliseconds((*duration * 1e3).round() as u64)),
        )
    });
    let scaling = Value::map([("measured", Value::map(points))]);
    function
        .set("memory_scaling", scaling)
        .note("averages; linear between them");
    let traffic = draft.root.block("traffic").line("callers").block();
    traffic.set("to", name);
    let arrivals = Value::map([("poisson", Value::from("10/s"))]);
    traffic.set("arrivals", arrivals).note(format!("{BLANK} your rate"));
    draft
}

fn parse(path: &Path, text: &str) -> Result<Json, ImportError> {
    let json = |text: &str| {
        serde_json::from_str::<Json>(text)
            .map_err(|error| ImportError::at_line(path, error.line(), &format!("is not JSON: {error}; {FORM}")))
    };
    let whole = json(text)?;
    // `describe-execution` holds the output as a text.
    match whole.get("output").and_then(Json::as_str) {
        Some(output) => json(output),
        None => Ok(whole),
    }
}

fn from_stats(results: &Json, remarks: &mut Remarks) -> Curve {
    let mut curve = Curve::new();
    for point in results.get("stats").and_then(Json::as_array).into_iter().flatten() {
        let memory = point.get("value").or_else(|| point.get("power")).and_then(whole);
        let duration = point
            .get("averageDuration")
            .or_else(|| point.get("duration"))
            .and_then(Json::as_f64);
        add(&mut curve, memory, duration, remarks);
    }
    curve
}

/// `…#sizes;durations;costs`: each a list in base64, 16-bit integers and 32-bit floats, little-endian.
fn from_address(address: &str, remarks: &mut Remarks) -> Option<Curve> {
    let (_, lists) = address.split_once('#')?;
    let mut lists = lists
        .split(';')
        .map(|list| STANDARD.decode(list).or_else(|_| STANDARD_NO_PAD.decode(list)));
    let (sizes, durations) = (lists.next()?.ok()?, lists.next()?.ok()?);
    let mut curve = Curve::new();
    for (size, duration) in sizes.chunks_exact(2).zip(durations.chunks_exact(4)) {
        let size = u64::from(u16::from_le_bytes([size[0], size[1]]));
        let duration = f32::from_le_bytes([duration[0], duration[1], duration[2], duration[3]]);
        add(&mut curve, Some(size), Some(f64::from(duration)), remarks);
    }
    Some(curve)
}

fn add(curve: &mut Curve, memory: Option<u64>, duration: Option<f64>, remarks: &mut Remarks) {
    let memory = memory.filter(|memory| MEMORY.contains(memory));
    // Power Tuning leaves sizes without an answer in its list.
    let duration = duration.filter(|duration| (SHORTEST_MS..=LONGEST_MS).contains(duration));
    match (memory, duration) {
        (Some(memory), Some(duration)) => {
            curve.insert(memory, duration);
        }
        _ => remarks.add(
            None,
            "a measurement lacks a memory size of 128 to 10,240 MB or a duration up to 15 min",
        ),
    }
}

/// A whole number, also one written as text: Power Tuning writes `power` both ways.
fn whole(json: &Json) -> Option<u64> {
    json.as_u64().or_else(|| json.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(text: &str) -> Result<Imported, ImportError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tuning.json");
        std::fs::write(&path, text).expect("a file");
        import_power_tuning(&path, "resize")
    }

    #[test]
    fn averages_come_from_the_statistics() {
        let text = r#"{ "results": { "power": "512", "stats": [
            { "value": 128, "averageDuration": 800.25, "averagePrice": 1e-6 }, { "value": 512, "averageDuration": 200 },
            { "value": 64, "averageDuration": 5 } ] } }"#;
        let imported = import(text).expect("measurements");
        assert!(
            imported
                .scenario
                .contains("memory_scaling: { measured: { 128 MB: 800.25 ms, 512 MB: 200 ms } }")
        );
        assert!(imported.scenario.contains("memory_size: 512 MB"));
        // Three times 800.25 ms, in whole seconds.
        assert!(imported.scenario.contains("timeout: 3 s"), "{}", imported.scenario);
        assert_eq!(imported.remarks.len(), 1);
    }

    #[test]
    fn without_statistics_they_come_from_the_address_of_the_picture() {
        // 128 and 512 as 16-bit integers: 80 00 00 02; 16.0 and 4.5 as 32-bit floats: 00 00 80 41, 00 00 90 40.
        let address = "https://lambda-power-tuning.show/#gAAAAg==;AACAQQAAkEA=;AAAAAAAAAAA=";
        let output = format!(r#"{{"power":512,"stateMachine":{{"visualization":"{address}"}}}}"#);
        let described = serde_json::json!({ "status": "SUCCEEDED", "output": output }).to_string();
        let imported = import(&described).expect("measurements");
        assert!(
            imported.scenario.contains("{ 128 MB: 16 ms, 512 MB: 4.5 ms }"),
            "{}",
            imported.scenario
        );
        assert!(imported.remarks.is_empty());
    }

    #[test]
    fn what_holds_no_measurement_is_refused() {
        for text in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"stateMachine":{"visualization":"https://x/#%%;;"}}"#,
            r#"{"stats":[{}]}"#,
        ] {
            let told = import(text).expect_err(text).to_string();
            assert!(told.contains("Lambda Power Tuning"), "{told}");
        }
        assert!(
            import("{\n\n]")
                .expect_err("no JSON")
                .to_string()
                .contains("tuning.json:3: ")
        );
    }
}
