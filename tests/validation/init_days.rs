use std::collections::BTreeMap;
use std::path::Path;

use lambdasim::kernel::math;

use super::finding::{Finding, markdown, percent};
use super::init::{KNOTS, cold_starts};
use super::table::{Table, quantile};

/// INIT of odd and of even days of one combination.
type Days = [Vec<f64>; 2];

/// INIT on even days of July, from the quantiles of its odd days.
pub fn init_days(data: &Path) -> Option<Finding> {
    let file = data.join("lambda_perf_2026_07/init_samples.csv.gz");
    if !file.is_file() {
        return None;
    }
    let mut days = by_days(&Table::read(&file));
    let ours = errors(&mut days, |odd| {
        let points: Vec<String> = KNOTS
            .iter()
            .map(|(name, share)| format!("{name}: {:.3} ms", quantile(odd, *share)))
            .collect();
        format!("init: {{ quantiles: {{ {} }} }}", points.join(", "))
    });
    let thumb = errors(&mut days, |odd| {
        let logs: Vec<f64> = odd.iter().map(|ms| math::ln(*ms)).collect();
        let mu = logs.iter().sum::<f64>() / logs.len() as f64;
        let variance = logs.iter().map(|log| (log - mu) * (log - mu)).sum::<f64>() / logs.len() as f64;
        format!("init: {{ lognormal: {{ mu: {mu}, sigma: {} }} }}", variance.sqrt())
    });
    let days_alone = days
        .iter_mut()
        .map(|[odd, even]| KNOTS.map(|(_, share)| quantile(odd, share) / quantile(even, share) - 1.0));
    let days_alone: Vec<[f64; 9]> = days_alone.collect();
    let typical = |errors: &[[f64; 9]], place: usize| {
        let mut all: Vec<f64> = errors.iter().map(|row| row[place].abs()).collect();
        quantile(&mut all, 0.5)
    };
    let mean =
        |errors: &[[f64; 9]]| (0..KNOTS.len()).map(|place| typical(errors, place)).sum::<f64>() / KNOTS.len() as f64;
    let rows = KNOTS.iter().enumerate().map(|(place, (name, _))| {
        [
            (*name).to_owned(),
            percent(typical(&ours, place)),
            percent(typical(&days_alone, place)),
            percent(typical(&thumb, place)),
        ]
    });
    Some(Finding {
        put_in: "nine quantiles of INIT on odd days of July 2026".to_owned(),
        measured: format!("nine quantiles of INIT on its even days, {} combinations", days.len()),
        predicted: "the quantiles of 20,000 cold starts each".to_owned(),
        error: format!("{} in the middle of all combinations", percent(mean(&ours))),
        rule_of_thumb: format!("knows no cold start; one lognormal: {}", percent(mean(&thumb))),
        details: format!(
            "Runtime, architecture, package; each figure is the middle one of the errors of all combinations. The third column compares \
             the days themselves, without the engine: what differs from one day to the next nobody can predict, and the engine adds nothing \
             to it.\n\n{}",
            markdown(
                ["quantile", "nine knots", "odd days against even days", "one lognormal"],
                rows
            )
        ),
        chart: None,
        holds: mean(&ours) < mean(&thumb) && mean(&ours) < mean(&days_alone) + 0.01,
    })
}

fn by_days(table: &Table) -> Vec<Days> {
    let mut days: BTreeMap<[&str; 3], Days> = BTreeMap::new();
    for row in table.rows() {
        let even = row.text("date").ends_with(['0', '2', '4', '6', '8']);
        let combination = ["runtime", "arch", "package"].map(|column| row.text(column));
        days.entry(combination).or_default()[usize::from(even)].push(row.value("init_ms"));
    }
    days.into_values().collect()
}

/// Relative errors of the engine's quantiles on even days, where `key` makes a function's key of the odd ones.
fn errors(days: &mut [Days], mut key: impl FnMut(&mut [f64]) -> String) -> Vec<[f64; 9]> {
    let keys: Vec<String> = days.iter_mut().map(|[odd, _]| key(odd)).collect();
    let mut drawn = cold_starts(&keys, 200);
    let pairs = days.iter_mut().zip(&mut drawn);
    pairs
        .map(|([_, even], drawn)| KNOTS.map(|(_, share)| quantile(drawn, share) / quantile(even, share) - 1.0))
        .collect()
}
