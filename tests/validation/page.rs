use super::SECTIONS;
use super::finding::{Finding, Kind};

/// What comes before the tables.
const PREAMBLE: &str = "\
# Validation

What lambdasim says, beside what was measured on the real platform or published about it. Every figure of the third and fourth column of the tables
comes from runs of the engine through its library, on scenarios like anybody's. `cargo run --release --example validation` writes this page; the
comparisons with data that the project carries ([sources and licences](tests/validation/data/README.md)) are repeated by `cargo test`, which
fails where one no longer holds or this page no longer says what they say.

Whether the tests would notice if a rule were broken is [measured as well](docs/trust.md#mutations): at commit 0e09c1e they noticed 778 of 797
mutations of admission, concurrency, scaling, retries and prices that nobody had looked at, three and a half even eighths of all (97.6 %, 95 %
interval 96.3 to 98.6 %).

*Rate × duration* is the rule of thumb that capacity is planned by on paper. Where it has no answer, the last column names the simplest one
there is.
";
const CALIBRATION: &str = "
# Calibration

Beside the data that defaults were taken from. This shows that they arrive in the results, not that they are true elsewhere.
";
const PREDICTION: &str = "
# Prediction

Beside data that nothing was fitted to.
";
const HEAD: &str = "| | put in | measured | predicted | error | rate × duration |\n|---|---|---|---|---|---|\n";

/// The whole page. Where a comparison could not be made its row and section are those of `old`.
pub fn page(findings: &[Option<Finding>], old: &str) -> String {
    let (mut tables, mut sections) = ([String::new(), String::new()], [String::new(), String::new()]);
    for (section, finding) in SECTIONS.iter().zip(findings) {
        let (row_of, text) = match finding {
            Some(finding) => (row(section.title, finding), self::section(section.title, finding)),
            None => kept(section.title, old),
        };
        let place = usize::from(section.kind == Kind::Prediction);
        tables[place].push_str(&row_of);
        sections[place].push_str(&text);
    }
    let [calibration, prediction] = tables;
    let [first, second] = sections;
    format!("{PREAMBLE}{CALIBRATION}\n{HEAD}{calibration}{PREDICTION}\n{HEAD}{prediction}\n{first}{second}")
        .trim_end()
        .to_owned()
        + "\n"
}

/// The row of a comparison in its table.
pub fn row(title: &str, finding: &Finding) -> String {
    let Finding {
        put_in,
        measured,
        predicted,
        error,
        rule_of_thumb,
        ..
    } = finding;
    format!(
        "| [{title}](#{}) | {put_in} | {measured} | {predicted} | {error} | {rule_of_thumb} |\n",
        anchor(title)
    )
}

/// The details of a comparison.
pub fn section(title: &str, finding: &Finding) -> String {
    let chart = match &finding.chart {
        Some(chart) => format!("![{}]({})\n\n", chart.title, chart_file(title)),
        None => String::new(),
    };
    format!("## {title}\n\n{chart}{}\n", finding.details)
}

/// Where the chart of a comparison lies.
pub fn chart_file(title: &str) -> String {
    format!("docs/images/validation-{}.svg", anchor(title))
}

/// As GitHub makes it of a heading.
fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

/// Row and section of a page written before.
fn kept(title: &str, old: &str) -> (String, String) {
    let start = format!("| [{title}](");
    let row = old
        .split_inclusive('\n')
        .find(|line| line.starts_with(&start))
        .unwrap_or_default();
    let heading = format!("## {title}\n");
    let section = old.find(&heading).map_or("", |from| {
        let rest = &old[from..];
        &rest[..rest.find("\n## ").map_or(rest.len(), |end| end + 1)]
    });
    (row.to_owned(), format!("{}\n\n", section.trim_end()))
}
