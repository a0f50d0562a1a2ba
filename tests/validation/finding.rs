/// Which table of VALIDATION.md a comparison stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Beside the data from which a default was taken.
    Calibration,
    /// Beside data that nothing was fitted to.
    Prediction,
}

/// One comparison: a row of a table, and a section with its details.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was put in, what was measured, what the engine says.
    pub put_in: String,
    pub measured: String,
    pub predicted: String,
    /// How far the engine is off, and how far rate × duration, or another simple rule where that says nothing.
    pub error: String,
    pub rule_of_thumb: String,
    /// Markdown below the section's heading.
    pub details: String,
    pub chart: Option<Chart>,
    /// Whether what was promised of this comparison holds.
    pub holds: bool,
}

/// A chart for the section.
#[derive(Clone, Debug)]
pub struct Chart {
    pub title: &'static str,
    pub x: &'static str,
    pub y: &'static str,
    pub lines: Vec<Line>,
}

/// One row of points of a chart.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
    /// Single dots, for what was measured, instead of a line.
    pub dots: bool,
}

/// `0.031` → `3.1 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// `3037902` → `3,037,902`.
pub fn grouped(count: impl TryInto<u64>) -> String {
    let digits = count.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A Markdown table; numbers to the right after the first column.
pub fn markdown<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut text = format!("| {} |\n|---{}|\n", head.join(" | "), "|---:".repeat(N - 1));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}
