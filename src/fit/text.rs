//! Numbers as scenario files write them.

/// Milliseconds to the microsecond, at least one.
pub(super) fn milliseconds(value: f64) -> String {
    let text = format!("{:.3}", value.max(0.001));
    format!("{} ms", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A shape, within what scenario files take.
pub(super) fn number(value: f64) -> String {
    let text = format!("{:.4}", value.clamp(0.001, 1_000.0));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
