use std::path::Path;

use csv::ReaderBuilder;
use serde_json::Value;

use crate::import::logs::instant;
use crate::import::{ImportError, Remarks};

/// Metrics of CloudWatch that are used, longer names first where one holds another.
const METRICS: [&str; 5] = ["ConcurrentExecutions", "Invocations", "Throttles", "Duration", "Errors"];
const MICROS_PER_SECOND: i64 = 1_000_000;
/// From 1970 to 2199, in which scenarios may begin.
const SECONDS: std::ops::Range<i64> = 0..7_258_118_400;
/// No count and no duration in milliseconds is larger.
const LARGEST: f64 = 1e9;

/// Datapoints of one metric of one function.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The function; empty where the source does not tell it.
    pub function: String,
    /// CloudWatch's name.
    pub metric: &'static str,
    /// `Sum`, `Average`, `Maximum`, `p99` or whatever the source says; empty where it says nothing.
    pub statistic: String,
    /// Seconds since 1970 and value, in order of time.
    pub points: Vec<(i64, f64)>,
}

/// The series of a file: what `aws cloudwatch get-metric-data` or `get-metric-statistics` prints (JSON), the console's CSV, or a
/// `metrics.csv` of a run. What is not used is a remark.
///
/// # Errors
/// A file without a single datapoint of a metric that is used.
pub(super) fn read_series(path: &Path, text: &str, remarks: &mut Remarks) -> Result<Vec<Series>, ImportError> {
    let mut series = match text.trim_start().starts_with(['{', '[']) {
        true => of_json(path, text, remarks)?,
        false => of_table(path, text, remarks)?,
    };
    for series in &mut series {
        let all = series.points.len();
        series.points.retain(|(_, value)| (0.0..=LARGEST).contains(value));
        if series.points.len() < all {
            let (left, metric) = (all - series.points.len(), series.metric);
            remarks.add(
                None,
                format!("{left} datapoints of {metric} lie outside 0 to 10^9; they were left out"),
            );
        }
    }
    series.retain(|series| !series.points.is_empty());
    series
        .iter_mut()
        .for_each(|series| series.points.sort_by_key(|(time, _)| *time));
    if series.is_empty() {
        let known = METRICS.join(", ");
        return Err(ImportError::of_file(
            path,
            &format!("no datapoint of {known} in it; {FORMS}"),
        ));
    }
    Ok(series)
}

const FORMS: &str =
    "the output of `aws cloudwatch get-metric-data`, the console's CSV or a metrics.csv of a run is expected";

/// Metric, function and statistic in a label such as `checkout Duration p99`.
fn of_label(label: &str) -> Option<Series> {
    let words = label.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | ':' | '/'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let metric = METRICS
        .into_iter()
        .find(|metric| words.iter().any(|word| word.eq_ignore_ascii_case(metric)))?;
    let is_statistic = |word: &str| {
        let is_named = ["Sum", "Average", "Maximum", "Minimum", "SampleCount"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(word));
        is_named
            || word
                .strip_prefix(['p', 'P'])
                .is_some_and(|digits| digits.parse::<f64>().is_ok())
    };
    let statistic = words
        .iter()
        .copied()
        .find(|word| is_statistic(word))
        .unwrap_or_default();
    let rest = words.iter().copied().find(|word| {
        !word.eq_ignore_ascii_case(metric) && !is_statistic(word) && !matches!(*word, "AWS" | "Lambda" | "FunctionName")
    });
    Some(Series {
        function: rest.unwrap_or_default().to_owned(),
        metric,
        statistic: statistic.to_owned(),
        points: Vec::new(),
    })
}

fn of_json(path: &Path, text: &str, remarks: &mut Remarks) -> Result<Vec<Series>, ImportError> {
    let document: Value = serde_json::from_str(text).map_err(|error| {
        ImportError::at_line(path, error.line(), &format!("is cut off or no JSON ({error}); {FORMS}"))
    })?;
    let results = document["MetricDataResults"].as_array();
    let results = results.map_or_else(|| vec![&document], |results| results.iter().collect());
    let mut found = Vec::new();
    for result in results {
        let label = result["Label"].as_str().unwrap_or_default();
        let Some(series) = of_label(label).or_else(|| of_label(result["Id"].as_str().unwrap_or_default())) else {
            remarks.add(None, format!("the metric \"{label}\" is not used"));
            continue;
        };
        if let Some(datapoints) = result["Datapoints"].as_array() {
            found.extend(statistics(&series, datapoints));
        } else {
            let times = result["Timestamps"].as_array().into_iter().flatten();
            let values = result["Values"].as_array().into_iter().flatten();
            let points = times
                .zip(values)
                .filter_map(|(time, value)| Some((second(time)?, value.as_f64()?)));
            let points = points.collect();
            found.push(Series { points, ..series });
        }
    }
    Ok(found)
}

/// `get-metric-statistics`: a series for each statistic.
fn statistics(series: &Series, datapoints: &[Value]) -> Vec<Series> {
    let names = ["Sum", "Average", "Maximum", "Minimum"];
    let of = |name: &&str| {
        let points = datapoints
            .iter()
            .filter_map(|point| Some((second(&point["Timestamp"])?, point[*name].as_f64()?)));
        Series {
            statistic: (*name).to_owned(),
            points: points.collect(),
            ..series.clone()
        }
    };
    names.iter().map(of).collect()
}

fn second(time: &Value) -> Option<i64> {
    match time {
        Value::String(text) => instant_second(text),
        time => Some(time.as_f64()? as i64).filter(|second| SECONDS.contains(second)),
    }
}

fn instant_second(text: &str) -> Option<i64> {
    let time = instant(text.trim().replacen('/', "-", 2).as_bytes())?;
    Some(time.div_euclid(MICROS_PER_SECOND))
}

/// Rows that begin with an instant hold values; what stands above them in a column is its label.
fn of_table(path: &Path, text: &str, remarks: &mut Remarks) -> Result<Vec<Series>, ImportError> {
    if text.starts_with("time,function,qualifier,metric,statistic,value") {
        return Ok(of_run(text));
    }
    let mut table = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut labels: Vec<String> = Vec::new();
    let mut columns: Vec<Option<Series>> = Vec::new();
    for record in table.records() {
        let record = record.map_err(|error| ImportError::of_file(path, &format!("cannot be read: {error}")))?;
        let line = record.position().and_then(|place| u32::try_from(place.line()).ok());
        match record.get(0).and_then(instant_second) {
            None if columns.is_empty() => {
                labels.resize(labels.len().max(record.len()), String::new());
                labels
                    .iter_mut()
                    .zip(&record)
                    .for_each(|(label, text)| *label += &format!(" {text}"));
            }
            None => remarks.add(line, "the row has no instant; it was left out"),
            Some(time) => {
                if columns.is_empty() {
                    columns = labels.iter().map(|label| of_label(label)).collect();
                }
                for (column, text) in columns.iter_mut().zip(&record) {
                    if let (Some(series), Ok(value)) = (column, text.trim().parse()) {
                        series.points.push((time, value));
                    }
                }
            }
        }
    }
    Ok(columns.into_iter().flatten().collect())
}

/// `metrics.csv` of a run; rows of qualifiers repeat what those of functions hold.
fn of_run(text: &str) -> Vec<Series> {
    let mut found: Vec<Series> = Vec::new();
    let mut table = ReaderBuilder::new().from_reader(text.as_bytes());
    for record in table.records().map_while(Result::ok) {
        let field = |place: usize| record.get(place).unwrap_or_default();
        let metric = METRICS.into_iter().find(|metric| *metric == field(3));
        let (Some(metric), Some(time), Ok(value)) = (metric, instant_second(field(0)), field(5).parse()) else {
            continue;
        };
        if field(1).is_empty() || !field(2).is_empty() {
            continue;
        }
        let key = (field(1), metric, field(4));
        let place = found
            .iter()
            .position(|series| (series.function.as_str(), series.metric, series.statistic.as_str()) == key);
        let place = place.unwrap_or_else(|| {
            found.push(Series {
                function: key.0.to_owned(),
                metric,
                statistic: key.2.to_owned(),
                points: Vec::new(),
            });
            found.len() - 1
        });
        found[place].points.push((time, value));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Series>, String> {
        read_series(Path::new("m"), text, &mut Remarks::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_same_numbers_in_every_form_are_the_same_series() {
        let expected = [Series {
            function: "shop".to_owned(),
            metric: "Invocations",
            statistic: String::new(),
            points: vec![(1_795_168_800, 5.0), (1_795_168_860, 7.0)],
        }];
        let json = r#"{"MetricDataResults":[{"Id":"m1","Label":"shop Invocations","Timestamps":["2026-11-20T10:01:00+00:00","2026-11-20T10:00:00Z"],"Values":[7,5]},{"Id":"m2","Label":"Other","Timestamps":[],"Values":[]}]}"#;
        let table = "Label,shop Invocations\n2026/11/20 10:00:00,5\n2026/11/20 10:01:00,7\n";
        for text in [json, table] {
            assert_eq!(read(text).expect("a series"), expected, "{text}");
        }
        let run = "time,function,qualifier,metric,statistic,value\n2026-11-20T10:00:00Z,shop,,Invocations,Sum,5\n2026-11-20T10:01:00Z,shop,,Invocations,Sum,7\n2026-11-20T10:01:00Z,shop,live,Invocations,Sum,7\n";
        let series = read(run).expect("a series");
        assert_eq!((series.len(), &series[0].points), (1, &expected[0].points));
    }

    #[test]
    fn labels_tell_function_metric_and_statistic_in_any_order() {
        let found = of_label("p99 Duration checkout").expect("a metric");
        assert_eq!(
            (found.function.as_str(), found.metric, found.statistic.as_str()),
            ("checkout", "Duration", "p99")
        );
        assert!(of_label("DeadLetterErrors").is_none());
    }

    #[test]
    fn what_holds_no_datapoint_is_refused_in_words() {
        for text in ["{}", "hello\n", "", "{\"MetricDataResults\": ["] {
            let said = read(text).expect_err(text);
            assert!(said.contains("get-metric-data"), "{said}");
        }
    }
}
