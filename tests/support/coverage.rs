//! The table of `docs/coverage.md`: every rule with the cases that exercise it, or the reason why none does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use lambdasim::rules::{self, Rule};

use crate::case::{Case, read_all};

const TABLE: &str = "docs/coverage.md";
const REASONS: &str = "tests/cases/without-case.csv";

const HEAD: &str = "\
# Which case shows that a rule holds

Written by `cargo run --example mutations -- --coverage`; do not edit. A case is a file of
[tests/cases](../tests/cases). It counts because the line beside it breaks the rule and makes the case fail:
`cargo run --example mutations` tries that ([ARCHITECTURE.md](../ARCHITECTURE.md), \"Rules and their cases\"). What a
rule says: `lambdasim rules ID`.
";

/// What is known of all rules.
struct Coverage {
    cases: Vec<Case>,
    /// Why a rule has no case.
    reasons: BTreeMap<String, String>,
}

impl Coverage {
    fn read(root: &Path) -> Result<Coverage, String> {
        let cases = read_all(&root.join("tests/cases")).map_err(|wrong| wrong.join("\n"))?;
        let mut reader = csv::Reader::from_path(root.join(REASONS)).map_err(|error| error.to_string())?;
        let mut reasons = BTreeMap::new();
        for row in reader.records() {
            let row = row.map_err(|error| format!("{REASONS}: {error}"))?;
            let (rule, reason) = (row[0].to_owned(), row[1].to_owned());
            if rules::find(&rule).is_none() || reason.is_empty() {
                return Err(format!("{REASONS}: {rule} is no rule, or has no reason"));
            }
            reasons.insert(rule, reason);
        }
        Ok(Coverage { cases, reasons })
    }

    fn of<'a>(&'a self, rule: &'a Rule) -> impl Iterator<Item = &'a Case> {
        self.cases.iter().filter(|case| case.rules.contains(&rule.id))
    }

    fn table(&self) -> String {
        let all = rules::all();
        let covered = all.iter().filter(|rule| self.of(rule).next().is_some()).count();
        let mut text = String::from(HEAD);
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "\n{covered} of {} rules have one of {} cases; {} have a reason instead.\n",
            all.len(),
            self.cases.len(),
            self.reasons.len()
        );
        text.push_str("| rule | case, and what breaks the rule |\n|---|---|\n");
        for rule in all {
            let _ = writeln!(text, "| {} | {} |", rule.id, self.cell(rule));
        }
        text.push_str("\nGolden vectors among the cases: ");
        let vectors = self.cases.iter().filter(|case| case.id.starts_with("GV"));
        let mut links: Vec<String> = vectors.map(link).collect();
        links.sort_by_key(|link| (link.len(), link.clone()));
        text.push_str(&links.join(", "));
        text.push_str(".\n");
        text
    }

    fn cell(&self, rule: &Rule) -> String {
        let cases: Vec<String> = self.of(rule).map(|case| self.entry(case, rule)).collect();
        match self.reasons.get(&rule.id) {
            _ if !cases.is_empty() => cases.join("<br>"),
            Some(reason) => format!("no case: {reason}"),
            None => "**no case yet**".to_owned(),
        }
    }

    fn entry(&self, case: &Case, rule: &Rule) -> String {
        let mutations = case.mutations.iter().filter(|mutation| mutation.rule == rule.id);
        let shown: Vec<String> = mutations
            .map(|mutation| {
                format!(
                    "`{}` → `{}` in {}",
                    code(&mutation.old),
                    code(&mutation.new),
                    mutation.file
                )
            })
            .collect();
        format!("{}: {}", link(case), shown.join("; "))
    }

    /// What stands between this and full coverage.
    fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for rule in rules::all() {
            let (case, reason) = (self.of(rule).next(), self.reasons.get(&rule.id));
            match (case, reason) {
                (None, None) => gaps.push(format!("{} has neither a case nor a reason in {REASONS}", rule.id)),
                (Some(case), Some(_)) => gaps.push(format!("{} has {}; remove its reason", rule.id, case.id)),
                _ => {}
            }
        }
        gaps
    }
}

fn link(case: &Case) -> String {
    format!("[{0}](../tests/cases/{0}.yaml)", case.id)
}

/// Code inside a cell of a table.
fn code(text: &str) -> String {
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        text.replace('|', "\\|").replace('`', "'")
    }
}

/// Writes the table.
///
/// # Errors
/// What is wrong with a case or a reason, or with the file.
pub fn write(root: &Path) -> Result<(), String> {
    let table = Coverage::read(root)?.table();
    fs::write(root.join(TABLE), table).map_err(|error| format!("{TABLE}: {error}"))
}

/// Writes nothing and tells what is missing: cases, reasons, or the newest state of the table.
///
/// # Errors
/// One line for each.
pub fn check(root: &Path) -> Result<(), String> {
    let coverage = Coverage::read(root)?;
    let mut wrong = coverage.gaps();
    if fs::read_to_string(root.join(TABLE)).unwrap_or_default() != coverage.table() {
        wrong.push(format!(
            "{TABLE} is out of date; write it with: cargo run --example mutations -- --coverage"
        ));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
