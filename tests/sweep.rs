//! Sweeps through the binary: what they write, that a kill loses nothing, that parts make a whole.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");
/// 600 calls, evenly spaced, of 100 ms each.
const SCENARIO: &str = "duration: 1 min\nfunctions:\n  api: { memory_size: 1024, init: 0 s, duration: 100 ms, \
                        reserved_concurrent_executions: 100 }\ntraffic:\n  users: { to: api, arrivals: { constant: 10/s } }\n";
const MEMORY: &str = "functions.api.memory_size=512..2048:512";
/// 40 points.
const MANY: &str = "seed=1..40:1";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shop.yaml"), SCENARIO).unwrap();
    folder
}

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.current_dir(folder.path()).args(arguments);
    command
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

#[track_caller]
fn succeeds(folder: &TempDir, arguments: &[&str]) {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn refuses(arguments: &[&str], code: i32, words: &str) {
    let folder = folder();
    let output = run(&folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(!folder.path().join("out").exists());
}

/// Every file below a folder with its bytes, by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[track_caller]
fn alike(one: &Path, other: &Path) {
    let (one_files, other_files) = (files(one), files(other));
    let names = |files: &[(String, Vec<u8>)], folder: &Path| -> Vec<String> {
        let prefix = folder.display().to_string();
        files.iter().map(|(name, _)| name.replacen(&prefix, "", 1)).collect()
    };
    assert_eq!(names(&one_files, one), names(&other_files, other));
    for ((name, bytes), (_, others)) in one_files.iter().zip(&other_files) {
        assert!(bytes == others, "{name} differs");
    }
}

#[test]
fn a_row_for_each_point_says_what_was_set_and_what_came_of_it() {
    let folder = folder();
    let metrics = ["--metric", "totals.arrivals", "--metric", "cost.total"];
    let arguments = [&["sweep", "shop.yaml", "--vary", MEMORY, "--out", "out"], &metrics[..]].concat();
    succeeds(&folder, &arguments);
    let table = fs::read_to_string(folder.path().join("out/sweep.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[0],
        "point,functions.api.memory_size,totals.arrivals,cost.total,refused"
    );
    // 600 requests at $0.20 a million, and 60 s of 0.5, 1, 1.5 and 2 GB at $0.0000166667 a GB-second.
    let costs = [0.000_620_001, 0.001_120_002, 0.001_620_003, 0.002_120_004];
    assert_eq!(lines.len(), 5);
    for (point, (line, cost)) in lines[1..].iter().zip(costs).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(
            cells[..3],
            [point.to_string(), (512 * (point + 1)).to_string(), "600".to_owned()]
        );
        assert!((cells[3].parse::<f64>().unwrap() - cost).abs() < 1e-12, "{line}");
    }
    assert!(folder.path().join("out/plots/cost.total.svg").exists());
}

#[test]
fn replications_of_a_point_have_the_mean_and_interval_that_run_tells() {
    let folder = folder();
    let random = SCENARIO.replace("duration: 100 ms", "duration: { exponential: 100 ms }");
    fs::write(folder.path().join("shop.yaml"), random).unwrap();
    let sweep = [
        "sweep",
        "shop.yaml",
        "--vary",
        "functions.api.memory_size=512,1024",
        "--replications",
        "3",
    ];
    let metrics = ["--metric", "cost.total", "--metric", "account.ConcurrentExecutions.max"];
    succeeds(&folder, &[&sweep[..], &metrics, &["--out", "out"]].concat());
    let run = [
        "run",
        "shop.yaml",
        "--replications",
        "3",
        "--out",
        "run",
        "--no-plots",
        "--quiet",
    ];
    succeeds(&folder, &run);
    let table = fs::read_to_string(folder.path().join("out/sweep.csv")).unwrap();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    let heads = [
        "point",
        "functions.api.memory_size",
        "cost.total",
        "cost.total.low",
        "cost.total.high",
    ];
    assert_eq!(lines[0][..5], heads);
    let summary = fs::read_to_string(folder.path().join("run/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let told = &summary["replications"]["metrics"]["cost.total"];
    // The second point is the scenario as it stands.
    for (cell, key) in lines[2][2..5].iter().zip(["mean", "low", "high"]) {
        assert_eq!(
            cell.parse::<f64>().unwrap(),
            told[key].as_f64().unwrap(),
            "{key}: {table}"
        );
    }
    assert!(
        lines[2][6].is_empty() && lines[2][7].is_empty(),
        "a maximum has no interval: {table}"
    );
    let shards = ["1/2", "2/2"].map(|shard| {
        let out = format!("part-{}", &shard[..1]);
        succeeds(
            &folder,
            &[&sweep[..], &metrics, &["--shard", shard, "--out", &out]].concat(),
        );
        out
    });
    succeeds(&folder, &["merge", &shards[0], &shards[1], "--out", "whole"]);
    alike(&folder.path().join("out"), &folder.path().join("whole"));
    let output = run_sweep_again(&folder, &metrics);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("each of its points is run 3 times"), "{said}");
}

/// The same points with a single run each, in a folder that has three of each.
fn run_sweep_again(folder: &TempDir, metrics: &[&str]) -> Output {
    let single = [
        "sweep",
        "shop.yaml",
        "--vary",
        "functions.api.memory_size=512,1024",
        "--out",
        "out",
    ];
    run(folder, &[&single[..], metrics].concat())
}

#[test]
fn values_that_contradict_each_other_are_told_in_their_row() {
    let folder = folder();
    // 100 must stay unreserved (CONC-4).
    let limits = [
        "--vary",
        "account.concurrent_executions=150,300",
        "--metric",
        "totals.arrivals",
    ];
    let reserved = ["--vary", "functions.api.reserved_concurrent_executions=20,150"];
    succeeds(
        &folder,
        &[&["sweep", "shop.yaml", "--out", "out"], &limits[..], &reserved].concat(),
    );
    let table = fs::read_to_string(folder.path().join("out/sweep.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[1].starts_with("0,150,20,600,") && lines[1].ends_with(','),
        "{table}"
    );
    assert!(
        lines[2].starts_with("1,150,150,,") && lines[2].contains("CONC-4"),
        "{table}"
    );
    assert!(
        lines[3].starts_with("2,300,20,600,") && lines[4].starts_with("3,300,150,600,"),
        "{table}"
    );
}

#[test]
fn a_list_file_names_the_combinations_itself() {
    let folder = folder();
    let list = "functions.api.memory_size,functions.api.duration\n512,200 ms\n1024,100 ms\n";
    fs::write(folder.path().join("list.csv"), list).unwrap();
    succeeds(
        &folder,
        &[
            "sweep",
            "shop.yaml",
            "--points",
            "list.csv",
            "--metric",
            "cost.total",
            "--out",
            "out",
        ],
    );
    let table = fs::read_to_string(folder.path().join("out/sweep.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    // Half the memory for twice the time costs the same.
    let cost = |line: &str| line.split(',').nth(3).unwrap().to_owned();
    assert!(
        lines[1].starts_with("0,512,200 ms,") && lines[2].starts_with("1,1024,100 ms,"),
        "{table}"
    );
    assert_eq!(cost(lines[1]), cost(lines[2]));
}

#[test]
fn parts_that_ran_apart_make_the_same_whole() {
    let folder = folder();
    let whole = ["sweep", "shop.yaml", "--vary", MEMORY, "--quiet", "--out", "whole"];
    succeeds(&folder, &whole);
    for (part, out) in [("1/3", "a"), ("2/3", "b"), ("3/3", "c")] {
        succeeds(
            &folder,
            &[
                "sweep",
                "shop.yaml",
                "--vary",
                MEMORY,
                "--quiet",
                "--shard",
                part,
                "--out",
                out,
            ],
        );
    }
    succeeds(&folder, &["merge", "a", "b", "c", "--out", "merged"]);
    alike(&folder.path().join("whole"), &folder.path().join("merged"));
    let missing = run(&folder, &["merge", "a", "c", "--out", "half"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("1 of 4 points are missing, the first is 1"));
    let twice = run(&folder, &["merge", "a", "b", "c", "a", "--out", "half"]);
    assert!(String::from_utf8_lossy(&twice.stderr).contains("stands in two of the parts"));
}

/// Kills a sweep of 40 points again and again, then lets it end; returns how many kills found it running.
fn kill_and_resume(kills: u32, step: u64) -> u32 {
    let folder = folder();
    let whole = [
        "sweep",
        "shop.yaml",
        "--vary",
        MANY,
        "--quiet",
        "--out",
        "whole",
        "--threads",
        "1",
    ];
    succeeds(&folder, &whole);
    let killed = [
        "sweep",
        "shop.yaml",
        "--vary",
        MANY,
        "--quiet",
        "--out",
        "killed",
        "--threads",
        "2",
    ];
    let mut struck = 0;
    for kill in 0..kills {
        let mut child = command(&folder, &killed).stderr(Stdio::null()).spawn().unwrap();
        // Spread over the life of a sweep: from before its first point to the writing of its files.
        thread::sleep(Duration::from_millis(3 + u64::from(kill) * step % 241));
        struck += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        if folder.path().join("killed/sweep.csv").exists() {
            fs::remove_dir_all(folder.path().join("killed")).unwrap();
        }
    }
    succeeds(&folder, &killed);
    alike(&folder.path().join("whole"), &folder.path().join("killed"));
    struck
}

#[test]
fn a_killed_sweep_goes_on_and_ends_with_the_same_bytes() {
    assert!(kill_and_resume(4, 37) > 0);
}

#[test]
#[ignore = "takes half a minute; benches/README.md has its result"]
fn fifty_kills_lose_no_point_and_run_none_twice() {
    let struck: u32 = (1..=10).map(|round| kill_and_resume(5, 17 * round)).sum();
    println!("{struck} of 50 kills struck a running sweep");
    assert!(struck >= 25);
}

#[test]
fn another_sweep_in_the_folder_is_left_alone_unless_it_is_to_restart() {
    let folder = folder();
    succeeds(
        &folder,
        &["sweep", "shop.yaml", "--vary", MEMORY, "--quiet", "--out", "out"],
    );
    let other = [
        "sweep",
        "shop.yaml",
        "--vary",
        "functions.api.memory_size=128",
        "--quiet",
        "--out",
        "out",
    ];
    let refused = run(&folder, &other);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("other values"));
    succeeds(&folder, &[&other[..], &["--restart"]].concat());
}

#[test]
fn what_is_wrong_with_a_sweep_is_told_before_anything_runs() {
    let sweep = |vary: &'static str| ["sweep", "shop.yaml", "--out", "out", "--vary", vary];
    refuses(&sweep("functions.api.memorysize=512"), 2, "did you mean `memory_size`?");
    refuses(&sweep("functions.apj.memory_size=512"), 2, "did you mean `api`?");
    refuses(&sweep("functions.api.memory_size=64,512"), 2, "128 MB to 10240 MB");
    refuses(&sweep("functions.api.memory_size=512..1024"), 2, "no step");
    refuses(&sweep("seed=1..1000001:1"), 2, "at most 1000000");
    let grid = [
        &sweep("seed=1..2000:1")[..],
        &["--vary", "functions.api.timeout=1..600:1"],
    ]
    .concat();
    refuses(&grid, 2, "1200000 points; give --yes");
    let metric = [&sweep(MEMORY)[..], &["--metric", "totals.arrival"]].concat();
    refuses(&metric, 2, "did you mean totals.arrivals?");
}
