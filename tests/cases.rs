//! The data cases of `tests/cases` (ARCHITECTURE.md, "Rules and their cases"): each is run by the binary, and its mutations
//! fit the source.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lambdasim::rules;

use crate::support::case::{Case, read_all};
use crate::support::documents;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All cases, or those that `LAMBDASIM_CASES` names, with commas between them.
fn cases() -> Vec<Case> {
    let folder: PathBuf = root().join("tests/cases");
    let mut cases = read_all(&folder).unwrap_or_else(|wrong| panic!("wrong headers:\n{}", wrong.join("\n")));
    if let Ok(wanted) = std::env::var("LAMBDASIM_CASES") {
        cases.retain(|case| wanted.split(',').any(|id| id == case.id));
        assert!(!cases.is_empty(), "no case is called {wanted}");
    }
    cases
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} failed:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_comes_out_as_its_rules_say_in_files_as_published() {
    let (cases, next, wrong) = (cases(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let program = Path::new(env!("CARGO_BIN_EXE_lambdasim"));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(problem) = case.run(program, documents::problems) {
                let told = format!("{}.yaml: {problem}\n", case.id);
                wrong.lock().expect("no thread panics").push(told);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        (0..threads).for_each(|_| {
            scope.spawn(work);
        });
    });
    let mut wrong = wrong.into_inner().expect("no thread panics");
    wrong.sort();
    assert_none(wrong);
}

#[test]
fn the_old_text_of_every_mutation_stands_exactly_once_in_its_file() {
    let mut wrong = Vec::new();
    for case in cases() {
        for mutation in &case.mutations {
            if let Err(problem) = mutation.applied(root()) {
                wrong.push(format!("{}.yaml, mutation {}: {problem}", case.id, mutation.rule));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn every_rule_that_a_case_names_is_one_of_the_list() {
    let mut wrong = Vec::new();
    for case in cases() {
        let unknown = case
            .rules
            .iter()
            .filter(|id| rules::find(id).is_none_or(|rule| rule.id != **id));
        wrong.extend(unknown.map(|id| format!("{}.yaml: {id}", case.id)));
    }
    assert_none(wrong);
}
