//! What goes wrong around a run: it is killed, the disk ends, nobody reads, inputs are empty. Earlier results stay whole.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::bad_input::{BINARY, Folder, SMALL};

type Content = BTreeMap<PathBuf, Vec<u8>>;

/// Files below a folder by their place in it; nothing where there is none.
fn content(folder: &Path) -> Content {
    let (mut found, mut open) = (Content::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let place = path.strip_prefix(folder).expect("below it").to_owned();
                    found.insert(place, fs::read(&path).expect("a file"));
                }
            }
        }
    }
    found
}

fn succeeded(output: &Output) {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The number that a variable of the environment gives.
fn number(variable: &str, otherwise: u32) -> u32 {
    env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a run takes decides when it is killed"
)]
fn now() -> Instant {
    Instant::now()
}

/// Kills runs, spread over the time that one takes; `LAMBDASIM_KILLS` says how many. The folder holds what one of the two runs
/// wrote, byte by byte, or, until there has been a first one, nothing.
#[test]
fn a_run_killed_at_any_instant_leaves_a_whole_folder_or_none() {
    let folder = Folder::new().with("a.yaml", SMALL);
    let run = |seed: &str, out: &str| ["run", "a.yaml", "--quiet", "--seed", seed, "--out", out].map(str::to_owned);
    let mut whole = Vec::new();
    let mut longest = Duration::ZERO;
    for seed in ["1", "2"] {
        let start = now();
        let arguments = run(seed, "whole");
        succeeded(&folder.run(&arguments.each_ref().map(String::as_str)));
        longest = longest.max(start.elapsed());
        whole.push(content(&folder.path("whole")));
    }
    assert!(whole[0] != whole[1] && whole[0].len() > 10);
    let kills = number("LAMBDASIM_KILLS", 24);
    let (mut absent, mut killed) = (0, 0);
    for number in 0..kills {
        // The golden ratio spreads the instants evenly, however many there are; the last tenth writes and renames.
        let part = (f64::from(number) * 0.618_033_988_749_895).fract() * 1.1;
        let seed = if number % 2 == 0 { "1" } else { "2" };
        let mut child = Command::new(BINARY)
            .args(run(seed, "out"))
            .current_dir(folder.0.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        thread::sleep(longest.mul_f64(part));
        child.kill().expect("a child of ours");
        killed += u32::from(child.wait().expect("its end").code().is_none());
        let found = content(&folder.path("out"));
        match found.is_empty() {
            true => absent += 1,
            false => assert!(whole.contains(&found), "a folder in pieces after {number} kills"),
        }
        assert!(absent == number + 1 || !found.is_empty(), "an earlier folder was lost");
    }
    println!(
        "{kills} kills, {killed} of them before the end; no folder after {absent}, a whole one after {}",
        kills - absent
    );
    assert!(killed > 0, "some came in time");
    succeeded(&folder.run(&["run", "a.yaml", "--quiet", "--seed", "1", "--out", "out"]));
    let left: Vec<_> = fs::read_dir(folder.0.path())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert!(
        !left.iter().any(|name| name.to_string_lossy().starts_with('.')),
        "the next run clears up: {left:?}"
    );
}

/// Runs a shell script with the binary as `$0`.
fn shell(folder: &Folder, script: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", script, BINARY]).current_dir(folder.0.path());
    command.output().expect("a shell")
}

#[test]
fn a_disk_that_ends_within_any_file_leaves_the_earlier_folder_as_it_was() {
    let folder = Folder::new().with("a.yaml", SMALL);
    succeeded(&folder.run(&["run", "a.yaml", "--quiet", "--out", "out"]));
    let before = folder.everything();
    // Files may have so many blocks of 512 bytes; the signal is ignored, so that writing fails as on a full disk.
    for blocks in [0, 1, 4, 16, 64] {
        let script = format!(r#"trap '' XFSZ; ulimit -f {blocks} || exit 77; exec "$0" run a.yaml --seed 5 --out out"#);
        let output = shell(&folder, &script);
        if output.status.code() == Some(77) {
            return eprintln!("skipped: the size of files cannot be limited here");
        }
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{blocks} blocks: {told}");
        assert!(told.contains("out") && told.contains("unchanged"), "{told}");
        assert!(
            before == folder.everything(),
            "{blocks} blocks: the earlier folder is as it was"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_disk_is_told_and_left_alone() {
    let folder = Folder::new().with("a.yaml", SMALL).with("disk/keep", "mine");
    let script = r#"mount --bind disk disk && mount -o remount,ro,bind disk || exit 77
        "$0" run a.yaml --out disk/out"#;
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c", script, BINARY])
        .current_dir(folder.0.path());
    match command.output() {
        Ok(output) if output.status.code() != Some(77) && !output.stderr.starts_with(b"unshare:") => {
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{told}");
            assert!(
                told.contains("cannot write into disk") && told.contains("where you may write"),
                "{told}"
            );
        }
        _ => eprintln!("skipped: this system permits no mount of its own to a test"),
    }
    assert_eq!(fs::read(folder.path("disk/keep")).expect("the file"), b"mine");
}

#[test]
fn a_reader_that_takes_one_line_and_goes_is_no_failure() {
    let folder = Folder::new().with("a.yaml", SMALL);
    for arguments in [
        "schema",
        "prices",
        "rules",
        "man",
        "completions bash",
        "new",
        "run a.yaml --no-plots --json --out out",
    ] {
        let script = format!(r#"{{ "$0" {arguments} 2>said; echo $? > code; }} | head -1 > first; cat code said"#);
        let output = shell(&folder, &script);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n", "{arguments}");
        assert!(
            !fs::read(folder.path("first")).expect("its first line").is_empty(),
            "{arguments}"
        );
    }
}

#[test]
fn empty_inputs_are_answered_in_words() {
    let folder = Folder::new()
        .with("empty", "")
        .with("empty.csv", "")
        .with("empty.csv.gz", "")
        .with("empty.csv.zst", "")
        .with("empty.parquet", "")
        .with("a.yaml", SMALL)
        .with("azure/invocations.csv", "")
        .with("azure/durations.csv", "")
        .with("azure/memory.csv", "")
        .with("folder/summary.json", "")
        .with("part/points.tsv", "");
    for ending in ["csv", "csv.gz", "csv.zst", "parquet"] {
        let text = SMALL.replace("poisson: 10/s", &format!("trace: empty.{ending}"));
        fs::write(folder.path(&format!("{ending}.yaml")), text).expect("a file");
    }
    for arguments in [
        &["run", "empty"][..],
        &["run", "csv.yaml"],
        &["run", "csv.gz.yaml"],
        &["run", "csv.zst.yaml"],
        &["run", "parquet.yaml"],
        &["run", "a.yaml", "--prices", "empty"],
        &["sweep", "a.yaml", "--points", "empty"],
        &["import", "sam", "empty"],
        &["import", "logs", "empty"],
        &["import", "metrics", "empty"],
        &["import", "azure", "azure"],
        &["import", "power-tuning", "empty"],
        &["fit", "empty"],
        &["merge", "part", "--out", "out"],
        &["reconcile", "folder", "--metrics", "empty"],
    ] {
        let before = folder.everything();
        let output = folder.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(2 | 3)),
            "{arguments:?}: {:?} {told}",
            output.status
        );
        assert!(
            !told.trim().is_empty() && !told.contains("panicked"),
            "{arguments:?}: {told}"
        );
        assert!(before == folder.everything(), "{arguments:?} changed files");
    }
}
