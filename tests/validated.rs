//! What VALIDATION.md says of the data that the project carries.

use std::fs;
use std::path::{Path, PathBuf};

use crate::validation::chart::draw;
use crate::validation::init::accuracy;
use crate::validation::page::{chart_file, page, row, section};
use crate::validation::{SECTIONS, Section};

fn committed(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Runs a comparison, and looks for it on the page.
fn check(title: &str) {
    let found = SECTIONS.iter().find(|section| section.title == title);
    let Section { make, .. } = found.expect("the title is that of a comparison");
    let finding = make(Path::new("")).expect("its data are carried");
    assert!(finding.holds, "{title}: {}\n{}", finding.error, finding.details);
    let page = committed("VALIDATION.md");
    let again = "run `cargo run --release --example validation`";
    assert!(
        page.contains(&row(title, &finding)),
        "the row of {title} is not up to date: {again}\n{}",
        row(title, &finding)
    );
    assert!(
        page.contains(section(title, &finding).trim_end()),
        "{title} is not up to date: {again}"
    );
    if let Some(chart) = &finding.chart {
        let drawn = draw(chart).expect("a chart can be drawn");
        assert!(
            committed(&chart_file(title)) == drawn,
            "the chart of {title} is not up to date: {again}"
        );
    }
}

#[test]
fn cold_7_warm_calls_after_a_gap_are_within_three_points_of_the_measured_ones() {
    check("Idle life");
}

#[test]
fn cold_2_quantiles_of_init_are_within_three_percent_of_the_measured_ones_in_the_middle_of_all_combinations() {
    // The page draws 100,000 cold starts of each combination: too many for every run of the tests.
    let errors = accuracy(15).middle;
    assert!(errors.iter().all(|error| *error < 0.03), "{errors:?}");
}

#[test]
fn price_2_public_report_lines_are_billed_as_they_say() {
    check("Billed durations");
}

#[test]
fn price_1_bills_of_a_month_are_those_of_another_tool() {
    check("Price cases");
}

#[test]
fn as_many_environments_are_in_use_at_constant_rates_as_were_measured() {
    check("Environments in use at constant rates");
}

#[test]
fn life_16_environments_are_reused_in_the_measured_order() {
    check("Reuse order");
}

#[test]
fn cpu_4_durations_at_memory_sizes_held_out_are_those_measured() {
    check("Duration against memory");
}

#[test]
fn cold_starts_of_load_tests_are_as_far_off_as_the_page_says() {
    check("Load-tested applications");
}

#[test]
fn comparisons_without_their_data_keep_what_the_page_says() {
    let old = committed("VALIDATION.md");
    let skipped = SECTIONS.iter().filter(|section| section.data.is_some());
    let none = vec![None; SECTIONS.len()];
    for section in skipped {
        let kept = page(&none, &old);
        assert!(
            kept.contains(&format!("\n## {}\n", section.title)),
            "{} is lost",
            section.title
        );
    }
}
