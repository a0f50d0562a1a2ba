//! `cargo run --release --example validation [-- --data FOLDER] [TITLE…]`: writes VALIDATION.md and its charts.
//!
//! Large measurements are looked for in `../shared/data`, or in the folder given. What is not there is named, and its figures
//! stay as they were, as do those of other comparisons where some are chosen by title.

#[path = "validation/mod.rs"]
mod validation;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use validation::SECTIONS;
use validation::chart::draw;
use validation::finding::Finding;
use validation::page::{chart_file, page};

fn main() -> ExitCode {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut data = root.join("../shared/data");
    let mut chosen = Vec::new();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (
            argument.as_str(),
            SECTIONS.iter().any(|section| section.title == argument),
        ) {
            (_, true) => chosen.push(argument),
            ("--data", _) => data = PathBuf::from(arguments.next().unwrap_or_default()),
            _ => {
                let titles: Vec<&str> = SECTIONS.iter().map(|section| section.title).collect();
                eprintln!(
                    "{argument} is no comparison; allowed: --data FOLDER, and {}",
                    titles.join(", ")
                );
                return ExitCode::from(2);
            }
        }
    }
    match write(&root, &data, &chosen) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(3)
        }
    }
}

/// Writes the page and its charts, all or the chosen ones anew; whether everything holds.
fn write(root: &Path, data: &Path, chosen: &[String]) -> Result<bool, Box<dyn Error>> {
    let mut findings: Vec<Option<Finding>> = Vec::new();
    for section in &SECTIONS {
        if !chosen.is_empty() && !chosen.iter().any(|title| title == section.title) {
            findings.push(None);
            continue;
        }
        let finding = (section.make)(data);
        match (&finding, section.data) {
            (Some(finding), _) => {
                let holds = if finding.holds { "ok  " } else { "FAIL" };
                println!("{holds} {}: {}", section.title, finding.error);
            }
            (None, folder) => println!(
                "skip {}: {} is not there; its figures stay as they were",
                section.title,
                data.join(folder.unwrap_or_default()).display()
            ),
        }
        if let Some(chart) = finding.as_ref().and_then(|finding| finding.chart.as_ref()) {
            fs::write(root.join(chart_file(section.title)), draw(chart)?)?;
        }
        findings.push(finding);
    }
    let file = root.join("VALIDATION.md");
    let old = fs::read_to_string(&file).unwrap_or_default();
    fs::write(&file, page(&findings, &old))?;
    Ok(findings.iter().flatten().all(|finding| finding.holds))
}
