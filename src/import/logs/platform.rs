//! Lines of the JSON log format (LOG-6, LOG-7).

use std::borrow::Cow;

use serde::Deserialize;

use super::instant::instant;
use super::line::Line;
use super::number::length;
use super::report::{Report, RequestId, Status};
use crate::units::Span;

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    record: Option<Record<'a>>,
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error_type: Option<Cow<'a, str>>,
    version: Option<&'a str>,
    metrics: Option<Metrics>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    duration_ms: Option<f64>,
    billed_duration_ms: Option<f64>,
    #[serde(rename = "memorySizeMB")]
    memory_size: Option<f64>,
    #[serde(rename = "maxMemoryUsedMB")]
    max_memory_used: Option<f64>,
    init_duration_ms: Option<f64>,
    restore_duration_ms: Option<f64>,
    billed_restore_duration_ms: Option<f64>,
}

/// An object of the JSON format, and its instant.
pub(super) fn parse_platform(text: &[u8]) -> (Option<i64>, Line<'_>) {
    match serde_json::from_slice::<Event>(text) {
        Ok(event) => (
            event.time.as_deref().and_then(|time| instant(time.as_bytes())),
            line_of(&event),
        ),
        Err(_) => (None, Line::Broken),
    }
}

fn line_of<'a>(event: &Event<'a>) -> Line<'a> {
    let kind = event.kind.as_deref().unwrap_or_default();
    match (kind, &event.record) {
        ("platform.report", Some(record)) => record.report().map_or(Line::Broken, Line::Report),
        ("platform.start", Some(record)) => match &record.request_id {
            Some(id) => Line::Start {
                request: RequestId::of(id.as_bytes()),
                version: record.version.map(str::as_bytes),
            },
            None => Line::Broken,
        },
        ("platform.initReport", Some(record)) => {
            let metrics = record.metrics.as_ref();
            let length = metrics.and_then(|metrics| span(metrics.duration_ms?));
            let failed = record.status.as_deref().is_some_and(|status| status != "success");
            length.map_or(Line::Broken, |length| Line::InitReport { length, failed })
        }
        ("platform.report" | "platform.start" | "platform.initReport", None) => Line::Broken,
        (kind, _) if kind.starts_with("platform.") => Line::Platform,
        _ => Line::Application,
    }
}

impl Record<'_> {
    fn report(&self) -> Option<Report> {
        let metrics = self.metrics.as_ref()?;
        let text = |text: &Option<Cow<str>>| text.as_deref().unwrap_or_default().to_owned();
        let optional = |value: Option<f64>| value.map_or(Some(None), |value| span(value).map(Some));
        Some(Report {
            request: RequestId::of(text(&self.request_id).as_bytes()),
            duration: span(metrics.duration_ms?)?,
            billed_ms: span(metrics.billed_duration_ms?)?.as_micros() / 1_000,
            memory: metrics.memory_size.map_or(0, |memory| memory as u32),
            max_memory: metrics.max_memory_used.map_or(0, |memory| memory as u32),
            init: optional(metrics.init_duration_ms)?,
            restore: optional(metrics.restore_duration_ms)?,
            billed_restore_ms: metrics.billed_restore_duration_ms.map_or(0, |billed| billed as u64),
            status: Status::of(text(&self.status).as_bytes(), text(&self.error_type).as_bytes()),
        })
    }
}

fn span(milliseconds: f64) -> Option<Span> {
    // What is no number, and what is negative, is no length; what is beyond all numbers becomes the largest.
    let is_length = milliseconds >= 0.0;
    is_length
        .then_some((milliseconds * 1e3).round() as u64)
        .and_then(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_7_a_report_has_its_numbers_under_metrics() {
        let line = br#"{"time":"2026-11-20T00:00:00.000Z","type":"platform.report","record":{"requestId":"r-1","status":"success",
            "metrics":{"durationMs":26.73,"billedDurationMs":128,"memorySizeMB":128,"maxMemoryUsedMB":75,"initDurationMs":100.5},
            "spans":[{"name":"responseLatency","durationMs":1.5}]}}"#;
        let expected = Report {
            request: RequestId::of(b"r-1"),
            duration: Span::from_micros(26_730),
            billed_ms: 128,
            memory: 128,
            max_memory: 75,
            init: Some(Span::from_micros(100_500)),
            ..Report::default()
        };
        let midnight = instant(b"2026-11-20T00:00:00Z");
        assert_eq!(parse_platform(line), (midnight, Line::Report(expected)));
    }

    #[test]
    fn log_6_other_events_are_known_and_half_a_line_is_broken() {
        let read = |text: &'static str| parse_platform(text.as_bytes()).1;
        assert_eq!(read(r#"{"type":"platform.runtimeDone","record":{}}"#), Line::Platform);
        assert_eq!(read(r#"{"type":"platform.telemetrySubscription"}"#), Line::Platform);
        assert_eq!(
            read(r#"{"level":"INFO","message":"a \"platform.report\" came"}"#),
            Line::Application
        );
        assert_eq!(
            read(
                r#"{"type":"platform.initReport","record":{"phase":"init","status":"error","metrics":{"durationMs":1.5}}}"#
            ),
            Line::InitReport {
                length: Span::from_micros(1_500),
                failed: true
            }
        );
        for broken in [
            r#"{"type":"platform.report","record":{"metrics":{"duration"#,
            r#"{"type":"platform.report"}"#,
            r#"{"type":"platform.report","record":{"metrics":{"durationMs":-1,"billedDurationMs":1}}}"#,
            r#"{"type":"platform.start","record":{}}"#,
        ] {
            assert_eq!(read(broken), Line::Broken, "{broken}");
        }
    }
}
