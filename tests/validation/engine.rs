use std::fs;
use std::path::Path;

use lambdasim::facts::{Attempt, Observer};
use lambdasim::scenario::{LoadOptions, load};
use lambdasim::simulation::{Plan, RunResult, simulate};

/// Hands every attempt to a closure.
struct Watcher<F>(F);

impl<F: FnMut(&Attempt)> Observer for Watcher<F> {
    fn ran(&mut self, attempt: &Attempt) {
        (self.0)(attempt);
    }
}

/// Runs a scenario file's text, with the data files in `folder`; every attempt is handed to `watch`.
pub fn run(folder: &Path, scenario: &str, watch: impl FnMut(&Attempt)) -> (Plan, RunResult) {
    let file = folder.join("scenario.yaml");
    fs::write(&file, scenario).expect("a temporary folder can be written");
    let options = LoadOptions {
        allow_outside: true,
        ..LoadOptions::default()
    };
    let loaded = load(&file, &options);
    let plan = loaded.unwrap_or_else(|problems| panic!("{problems}\n{scenario}")).plan;
    let result = simulate(&plan, &mut (), Some(&mut Watcher(watch)), &mut ()).expect("nothing stops it");
    (plan, result)
}

/// Every attempt of a run, in the order in which they were told.
pub fn attempts(folder: &Path, scenario: &str) -> (Plan, RunResult, Vec<Attempt>) {
    let mut all = Vec::new();
    let (plan, result) = run(folder, scenario, |attempt| all.push(*attempt));
    (plan, result, all)
}

/// A folder that is gone afterwards.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}
