use lambdasim::pricing::Item;
use lambdasim::scenario::{EstimateOptions, load_estimate};

use super::finding::{Finding, grouped, markdown};
use super::table::{Row, Table};

/// Monthly bills, beside those of another tool (PRICE-1, PRICE-3).
pub fn prices() -> Finding {
    let table = Table::carried("cost_cases.csv");
    let mut rows = Vec::new();
    let mut holds = true;
    for case in table.rows() {
        let (requests, duration) = bill(case);
        let tiers = ["duration_tier1_usd", "duration_tier2_usd", "duration_tier3_usd"];
        let expected: f64 = tiers.iter().filter_map(|tier| case.number(tier)).sum();
        holds &= cents(requests) == cents(case.value("requests_usd")) && (duration - expected).abs() < 0.011;
        rows.push([
            format!(
                "{} × {} ms × {} MB, {}",
                grouped(case.value("monthly_requests") as u64),
                grouped(case.value("duration_ms") as u64),
                grouped(case.value("memory_mb") as u64),
                case.text("arch")
            ),
            format!("{:.2}", case.value("requests_usd") + expected),
            format!("{:.2}", requests + duration),
        ]);
    }
    Finding {
        put_in: "requests, duration and memory of a month, `lambdasim price`".to_owned(),
        measured: format!(
            "{} bills of another tool, up to 150,490.90 USD, over tier limits",
            rows.len()
        ),
        predicted: "the same bills".to_owned(),
        error: if holds {
            "none: equal to the cent".to_owned()
        } else {
            "differs".to_owned()
        },
        rule_of_thumb: "does not apply: nothing is simulated".to_owned(),
        details: format!(
            "Each line of the other tool is rounded to cents, so sums of lines may differ by one.\n\n{}",
            markdown(["requests of a month", "expected, USD", "ours, USD"], rows)
        ),
        chart: None,
        holds,
    }
}

fn cents(dollars: f64) -> i64 {
    (dollars * 100.0).round() as i64
}

/// Dollars for requests and for duration.
fn bill(case: Row<'_>) -> (f64, f64) {
    let option = |name: &str, key: &str, value: String| (name.to_owned(), key.to_owned(), value);
    let options = EstimateOptions {
        options: vec![
            option(
                "--requests",
                "functions.requests",
                case.text("monthly_requests").to_owned(),
            ),
            option(
                "--duration",
                "functions.duration",
                format!("{}ms", case.text("duration_ms")),
            ),
            option(
                "--memory-size",
                "functions.memory_size",
                format!("{}MB", case.text("memory_mb")),
            ),
            option(
                "--architectures",
                "functions.architectures",
                case.text("arch").to_owned(),
            ),
        ],
        file: None,
        prices: None,
    };
    let estimate = load_estimate(&options).unwrap_or_else(|problems| panic!("{problems}"));
    let bill = lambdasim::pricing::bill(&estimate.usage(), &estimate.billing);
    let of = |item: Item| -> f64 {
        let lines = bill.lines.iter().filter(|line| line.item == item);
        lines.map(|line| line.amount.as_f64()).sum()
    };
    (of(Item::Request), of(Item::Duration))
}
