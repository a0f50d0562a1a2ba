//! Breaks rules on purpose and reports the cases that do not notice (ARCHITECTURE.md, "Rules and their cases").
//!
//! `cargo run --example mutations -- [ID…] [--sample]`: all mutations, those of the cases or rules named, or a small fixed
//! sample. Works on a copy of the project, with the same build folder, so that each mutation costs one small build.
//!
//! `cargo run --example mutations -- --coverage [--check]`: writes `docs/coverage.md`, or checks it.

#[path = "support/case.rs"]
mod case;
#[path = "support/coverage.rs"]
mod coverage;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use case::{Case, Mutation, read_all};

/// What a build of the program needs.
const INPUTS: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    "assets",
    "benches",
    "src",
    "tests",
    "docs",
    "README.md",
];

/// The mutations of a sample are spread evenly over all.
const SAMPLE: usize = 6;

/// A copy of the project in which one line at a time is wrong.
struct Workshop {
    tree: PathBuf,
    /// Where the intermediate results of builds lie: those of the project itself, so that dependencies are built already.
    build: PathBuf,
    target: PathBuf,
}

impl Workshop {
    /// Brings the copy up to date. Files that have not changed keep their dates, so that little is built anew.
    fn open(root: &Path) -> Result<Workshop, String> {
        let target = target_folder()?;
        let workshop = Workshop {
            tree: target.join("mutations/tree"),
            build: target.clone(),
            target: target.join("mutations"),
        };
        for input in INPUTS {
            mirror(&root.join(input), &workshop.tree.join(input)).map_err(|error| format!("{input}: {error}"))?;
        }
        Ok(workshop)
    }

    /// Builds the program, or tells what the compiler said.
    fn build(&self) -> Result<PathBuf, String> {
        let output = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--bin", "lambdasim"])
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_BUILD_BUILD_DIR", &self.build)
            .env("CARGO_TERM_COLOR", "never")
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(self
                .target
                .join("debug")
                .join(format!("lambdasim{}", env::consts::EXE_SUFFIX)))
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Fails unless the case notices the defect.
    fn try_out(&self, root: &Path, case: &Case, mutation: &Mutation) -> Result<String, String> {
        let wrong = mutation.applied(root)?;
        let file = self.tree.join(&mutation.file);
        fs::write(&file, wrong).map_err(|error| error.to_string())?;
        let built = self.build();
        let noticed = built.map(|program| case.run(&program, |_| Vec::new()));
        let right = fs::read(root.join(&mutation.file)).and_then(|right| fs::write(&file, right));
        right.map_err(|error| format!("{}: {error}", mutation.file))?;
        match noticed {
            Err(said) => Err(format!("does not compile:\n{said}")),
            Ok(Ok(())) => Err("SURVIVED: the case does not notice it".to_owned()),
            Ok(Err(noticed)) => Ok(noticed.lines().next().unwrap_or_default().to_owned()),
        }
    }
}

/// The folder of build results that this program itself was built into: `target/debug/examples/mutations`.
fn target_folder() -> Result<PathBuf, String> {
    let here = env::current_exe().map_err(|error| error.to_string())?;
    let target = here.ancestors().nth(3).ok_or("this program lies in no build folder")?;
    Ok(target.to_owned())
}

/// Makes `copy` equal to `original`, files and folders; what is equal already is not touched.
fn mirror(original: &Path, copy: &Path) -> std::io::Result<()> {
    if !original.exists() {
        return Ok(());
    }
    if original.is_file() {
        let text = fs::read(original)?;
        if fs::read(copy).is_ok_and(|there| there == text) {
            return Ok(());
        }
        fs::create_dir_all(copy.parent().unwrap_or(copy))?;
        return fs::write(copy, text);
    }
    fs::create_dir_all(copy)?;
    for entry in fs::read_dir(copy)? {
        let path = entry?.path();
        let gone = path.file_name().is_some_and(|name| !original.join(name).exists());
        if gone && path.is_dir() {
            fs::remove_dir_all(path)?;
        } else if gone {
            fs::remove_file(path)?;
        }
    }
    for entry in fs::read_dir(original)? {
        let entry = entry?;
        mirror(&entry.path(), &copy.join(entry.file_name()))?;
    }
    Ok(())
}

/// Cases and mutations that the arguments ask for.
fn chosen<'a>(cases: &'a [Case], arguments: &[String]) -> Result<Vec<(&'a Case, &'a Mutation)>, String> {
    let mut all: Vec<(&Case, &Mutation)> = Vec::new();
    for case in cases {
        all.extend(case.mutations.iter().map(|mutation| (case, mutation)));
    }
    if arguments == ["--sample"] {
        let step = all.len().div_ceil(SAMPLE).max(1);
        return Ok(all.into_iter().step_by(step).collect());
    }
    for argument in arguments {
        if !all
            .iter()
            .any(|(case, mutation)| case.id == *argument || mutation.rule == *argument)
        {
            return Err(format!("no case and no mutation is called {argument}"));
        }
    }
    let asked = |(case, mutation): &(&Case, &Mutation)| {
        arguments.is_empty() || arguments.contains(&case.id) || arguments.contains(&mutation.rule)
    };
    all.retain(asked);
    Ok(all)
}

fn work() -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--coverage"] => coverage::write(root).map(|()| true),
        ["--coverage", "--check"] => coverage::check(root).map(|()| true),
        _ => try_mutations(root, &arguments),
    }
}

/// Whether every mutation that the arguments ask for is noticed.
fn try_mutations(root: &Path, arguments: &[String]) -> Result<bool, String> {
    let cases = read_all(&root.join("tests/cases")).map_err(|wrong| wrong.join("\n"))?;
    let chosen = chosen(&cases, arguments)?;
    let workshop = Workshop::open(root)?;
    let program = workshop.build()?;
    let fails = |(case, _): &(&Case, &Mutation)| {
        let problem = case.run(&program, |_| Vec::new()).err()?;
        Some(format!("{} fails without any mutation: {problem}", case.id))
    };
    let mut failing: Vec<String> = chosen.iter().filter_map(fails).collect();
    failing.dedup();
    if !failing.is_empty() {
        return Err(failing.join("\n"));
    }
    let mut bad = 0;
    for (case, mutation) in &chosen {
        match workshop.try_out(root, case, mutation) {
            Ok(noticed) => println!("ok   {} {}: {noticed}", case.id, mutation.rule),
            Err(problem) => {
                bad += 1;
                println!(
                    "BAD  {} {}: {} :: {} :: {}\n     {problem}",
                    case.id, mutation.rule, mutation.file, mutation.old, mutation.new
                );
            }
        }
    }
    println!("{} mutations, {bad} bad", chosen.len());
    Ok(bad == 0)
}

fn main() -> ExitCode {
    match work() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}
