//! Bad input through the binary: exit code, place, remedy, and that nothing was written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");
/// The smallest scenario with traffic; further top-level keys may follow it.
pub const SMALL: &str = "duration: 1 min\nfunctions:\n  api: { init: 0 s, duration: 80 ms }\ntraffic:\n  users: { to: api, arrivals: { poisson: 10/s } }\n";
/// Stands in a text where the problem is to be shown; it is no part of the text.
const HERE: char = '§';

/// A folder of its own, in which the binary runs.
pub struct Folder(pub TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn with(self, name: &str, content: impl AsRef<[u8]>) -> Folder {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.current_dir(self.0.path()).args(arguments).output().unwrap()
    }

    /// Every file and folder below this one, hidden ones too, with its content.
    pub fn everything(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let (mut found, mut open) = (Vec::new(), vec![self.0.path().to_owned()]);
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path.clone());
                    found.push((path, Vec::new()));
                } else {
                    let content = fs::read(&path).unwrap();
                    found.push((path, content));
                }
            }
        }
        found.sort();
        found
    }

    /// Runs, and holds the answer against what is expected; nothing in the folder may change.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let before = self.everything();
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty(), "{arguments:?} printed results");
        for word in words {
            assert!(told.contains(word), "{arguments:?} should say {word:?}:\n{told}");
        }
        assert!(before == self.everything(), "{arguments:?} changed files");
    }
}

/// Writes the files, of which one marks with [`HERE`] the place that the first message has to name, runs the first one
/// and expects exit 2 with all words. The remedy is one of the words.
#[track_caller]
fn refuses_files(files: &[(&str, &str)], words: &[&str]) {
    let mut folder = Folder::new();
    let mut place = String::new();
    for (name, text) in files {
        if let Some(at) = text.find(HERE) {
            let line = text[..at].matches('\n').count() + 1;
            let column = text[..at].rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            place = format!("{name}:{line}:{column}: ");
        }
        folder = folder.with(name, text.replace(HERE, ""));
    }
    let words: Vec<&str> = [place.as_str()].iter().chain(words).copied().collect();
    folder.refuses(&["run", files[0].0], 2, &words);
}

/// Each text with the words that its message must hold.
#[track_caller]
fn refuses_each(before: &str, table: &[(&str, &[&str])]) {
    for (text, words) in table {
        refuses_files(&[("a.yaml", &format!("{before}{text}\n"))], words);
    }
}

#[test]
fn the_scenario_that_the_tables_build_on_is_right() {
    let folder = Folder::new().with("a.yaml", SMALL);
    let output = folder.run(&["run", "a.yaml", "--no-plots"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(folder.path("notebooks-out/a/summary.json").exists());
}

#[test]
fn keys_and_values_of_a_scenario_are_refused_at_their_place() {
    refuses_each(
        SMALL,
        &[
            ("§warmup: 3 s", &["`warmup` is no key", "did you mean `warm_up`?"]),
            ("§duration: 2 h", &["`duration` is given twice", "keep one"]),
            ("warm_up: §3 parsecs", &["3 parsecs", "such as 250 ms"]),
            ("warm_up: §-3 s", &["negative", "such as 250 ms"]),
            ("warm_up: §.inf", &["not a finite number", "such as 250 ms"]),
            (
                "warm_up: §1 min",
                &["as long as the whole scenario", "less than duration"],
            ),
            ("drain: §31 d", &["31 d", "is allowed"]),
            ("seed: §18446744073709551616", &["0 to 18446744073709551615"]),
            ("seed: §-1", &["0 to 18446744073709551615"]),
            (
                "region: §us-est-1",
                &["us-est-1", "did you mean us-east-1?", "eu-west-1"],
            ),
            ("start: §27.11.2026", &["27.11.2026", "2026-11-27T00:00:00Z"]),
            (
                "account: { concurrent_executions: 1,§000 }",
                &["numbers without commas"],
            ),
            (
                "account:\n  concurrent_executions: §1,000",
                &["write it without commas: 1000"],
            ),
            ("queues: §[orders]", &["a list", "a map of names belongs here"]),
            (
                "expect: [ §functions.api.throttles == 0 ]",
                &["did you mean functions.api.Throttles?"],
            ),
            (
                "expect: [ §functions.ap.Errors == 0 ]",
                &["did you mean functions.api.Errors?"],
            ),
            (
                "expect: [ §p99 < 1 s ]",
                &["summary.json does not have", "docs/outputs.md"],
            ),
            ("expect: [ §totals.Errors ]", &["PATH OPERATOR VALUE"]),
        ],
    );
    refuses_each(
        "functions:\n  api: { init: 0 s, duration: 80 ms }\n",
        &[
            ("duration: §99999999999 d", &["99999999999 d", "at most 70 years"]),
            ("duration: §3 years", &["3 years", "such as 250 ms"]),
            ("duration: §732 d", &["732 d", "is allowed"]),
            ("duration: §0 s", &["is allowed"]),
        ],
    );
}

#[test]
fn settings_of_functions_are_refused_at_their_place() {
    let before =
        "duration: 1 min\nfunctions:\n  api: { init: 0 s, duration: 80 ms }\n  f: { init: 0 s, duration: 1 s, ";
    let table: &[(&str, &[&str])] = &[
        ("memory_size: §64 MB }", &["64 MB", "128", "LIM-1"]),
        ("memory_size: §512 KB }", &["512 KB", "whole number of MB"]),
        ("timeout: §901 s }", &["901 s", "1 s to 900 s", "LIM-2"]),
        ("timeout: §nan }", &["not a finite number"]),
        ("error_rate: §110 % }", &["above 100 %", "0 % to 100 %"]),
        ("package_type: §zip }", &["did you mean Zip?"]),
        ("architectures: §arm }", &["x86_64, arm64"]),
        ("§MemorySize: 512 }", &["did you mean `memory_size`?"]),
        (
            "§maximum_retry_attempts: 1 }",
            &["it belongs below `event_invoke_config`"],
        ),
        (
            "reserved_concurrent_executions: §901 }",
            &["99 unreserved", "at most 900", "CONC-4"],
        ),
        (
            "versions: { 1: {}, 2: {} }, aliases: { a: { function_version: 1, additional_version_weights: { 2: §101 % } } } }",
            &["above 100 %", "0 % to 100 %"],
        ),
        (
            "aliases: { a: { function_version: §$LATEST } } }",
            &["$LATEST", "a published version is allowed"],
        ),
        (
            "versions: { 1: {} }, aliases: { §12: { function_version: 1 } } }",
            &["\"12\"", "not digits alone"],
        ),
        (
            "§provisioned_concurrent_executions: 5 }",
            &["provisioned_concurrent_executions", "version"],
        ),
        (
            "versions: { 1: {} }, reserved_concurrent_executions: 10, aliases: { a: { function_version: 1, provisioned_concurrent_executions: §11 } } }",
            &["11", "10"],
        ),
        (
            "versions: { 1: { provisioned_concurrent_executions: 5 } }, aliases: { a: { function_version: 1, §provisioned_concurrent_executions: 5 } } }",
            &["version 1"],
        ),
        ("duration_factor: §-1 }", &["negative", "a finite number"]),
        ("init_cpu_bound: §.nan }", &["not a finite number"]),
    ];
    refuses_each(before, table);
    refuses_each(
        "duration: 1 min\nfunctions:\n",
        &[
            ("  api:\n  runtime: §python3.13", &["indent it further"]),
            ("  §api: { init: 0 s }", &["has no `duration`", "`duration: 80 ms`"]),
            (
                "  f: { init: 0 s, duration: { lognormal: { §meadian: 1 s, p99: 2 s } } }",
                &["did you mean `median`?"],
            ),
            (
                "  f: { init: 0 s, duration: { §lognornal: { median: 1 s, p99: 2 s } } }",
                &["did you mean `lognormal`?"],
            ),
            ("  §- f", &["a list", "a map of names belongs here"]),
        ],
    );
}

#[test]
fn traffic_is_refused_at_its_place() {
    let before = "duration: 1 min\nfunctions:\n  api: { init: 0 s, duration: 80 ms }\ntraffic:\n";
    let table: &[(&str, &[&str])] = &[
        (
            "  t: { to: §apl, arrivals: { poisson: 1/s } }",
            &["does not exist", "did you mean api?"],
        ),
        (
            "  t: { to: §api:live, arrivals: { poisson: 1/s } }",
            &["no such version or alias", "define it"],
        ),
        (
            "  t: { to: §sqs:orders, arrivals: { poisson: 1/s } }",
            &["sqs:orders, which does not exist", "declare it under `queues`"],
        ),
        (
            "  t: { to: api, arrivals: { §poison: 1/s } }",
            &["did you mean `poisson`?"],
        ),
        ("  t: { to: api, arrivals: §10/s }", &["{ poisson: 10/s }"]),
        ("  t: { to: api, arrivals: { poisson: §120 } }", &["120/s"]),
        (
            "  t: { to: api, arrivals: { poisson: §\"1,000/s\" } }",
            &["write it without commas: 1000/s"],
        ),
        ("  t: { to: api, arrivals: { poisson: §-1/s } }", &["negative", "120/s"]),
        ("  t: { to: api, arrivals: { poisson: §inf/s } }", &["120/s"]),
        (
            "  t: { to: api, arrivals: { poisson: [[0 s, 1/s], [20 s, 2/s], [§10 s, 1/s]] } }",
            &["sort the points by time"],
        ),
        (
            "  t: { to: api, arrivals: { poisson: 1/s, §from: 5 s } }",
            &["it belongs one level up, to traffic.NAME"],
        ),
        (
            "  t: { to: api, from: 20 s, until: §10 s, arrivals: { poisson: 1/s } }",
            &["not after `from`", "[from, until)"],
        ),
        (
            "  t: { to: api, through: §apigateway, arrivals: { poisson: 1/s } }",
            &["did you mean api-gateway?"],
        ),
        (
            "  t: { to: api, through: alb, §duplicates: 1 %, arrivals: { poisson: 1/s } }",
            &["`duplicates` stands beside `through: alb`", "such as `through: s3`"],
        ),
        (
            "  t: { to: api, §cache_hit: 80 %, arrivals: { poisson: 1/s } }",
            &["`cache_hit` stands beside `through: sdk`", "`through: cloudfront`"],
        ),
        (
            "  t: { to: api, through: function-url, §timeout: 10 s, arrivals: { poisson: 1/s } }",
            &["it has none of its own"],
        ),
        (
            "  t: { to: api, through: http-api, timeout: §31 s, arrivals: { poisson: 1/s } }",
            &["30 s", "FE-1 to FE-3"],
        ),
        (
            "  t: { to: api, through: sns, invocation_type: §RequestResponse, arrivals: { poisson: 1/s } }",
            &["sns invokes with Event"],
        ),
        (
            "  t: { to: api, through: §cloudfront, arrivals: { poisson: 1/s } }",
            &["without the number of a version", "EDGE-1"],
        ),
        (
            "  t: { to: api, retry: { mode: §standart }, arrivals: { poisson: 1/s } }",
            &["did you mean standard?"],
        ),
        (
            "  t: { to: api, arrivals: { trace: §gone.csv } }",
            &["gone.csv does not exist", "existing file"],
        ),
        (
            "  t: { to: api, arrivals: { trace: §../gone.csv } }",
            &["outside the folder", "--allow-outside"],
        ),
    ];
    refuses_each(before, table);
}

#[test]
fn a_misspelt_key_is_told_once_and_not_again_as_a_missing_one() {
    for (text, unwanted) in [
        ("Duration: 1 h\n", "has no `duration`"),
        (
            "duration: 1 h\nfunctions: { f: { Runtime: python3.13, duration: 1 s } }\n",
            "neither `runtime`",
        ),
        ("duration: 1 h\nfunctions: { f: 3 }\n", "has no `duration`"),
        (
            "duration: 1 h\ntraffic: { all: { arrivals: { azure: data/ } } }\n",
            "has no `to`",
        ),
        (
            "duration: 1 h\ntraffic: { all: { arrivals: { trace: data/a.csv } } }\n",
            "has no `to`",
        ),
        (
            "duration: 1 h\ntraffic: { all: { arrivals: { poison: 1/s } } }\n",
            "does not say what arrives",
        ),
    ] {
        let output = Folder::new().with("a.yaml", text).run(&["validate", "a.yaml"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(!told.contains(unwanted), "{told}");
    }
}

#[test]
fn what_is_no_yaml_is_refused_at_its_place() {
    refuses_each(
        "",
        &[
            ("duration: 1 min\nfunctions:\n§\tapi: {}", &["tab", "spaces"]),
            (
                "duration: 1 min\nfunctions:\n  api\n    runtime§: x",
                &["not YAML", "lacks its colon"],
            ),
            (
                "duration: 1 min\nfunctions: { api: {}\n§traffic: {}",
                &["not YAML", "a brace"],
            ),
            (
                "duration: 1 min\nx: §*gone",
                &["no anchor before it", "define it first"],
            ),
            ("duration: §!Ref x", &["tag", "write the value without it"]),
            ("§- a\n- b", &["a list", "a map of keys"]),
        ],
    );
    refuses_files(&[("a.yaml", "§")], &["the file is empty", "`lambdasim new`"]);
    let deep = format!("duration: 1 min\nx: {}§[1{}\n", "[".repeat(63), "]".repeat(64));
    refuses_files(&[("a.yaml", &deep)], &["nested more than 64", "flatten"]);
}

#[test]
fn byte_order_marks_and_windows_line_ends_shift_no_place() {
    let windows = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    let folder = Folder::new().with("a.yaml", &windows);
    assert_eq!(folder.run(&["validate", "a.yaml"]).status.code(), Some(0));
    let wrong = format!("\u{feff}{}warmup: 1 s\r\n", SMALL.replace('\n', "\r\n"));
    let folder = Folder::new().with("a.yaml", wrong);
    folder.refuses(&["run", "a.yaml"], 2, &["a.yaml:6:1: ", "did you mean `warm_up`?"]);
    let folder = Folder::new().with("a.yaml", "\u{feff}warmup: 1 s\r\n");
    folder.refuses(&["run", "a.yaml"], 2, &["a.yaml:1:1: `warmup`"]);
}

#[test]
fn scenarios_that_are_too_large_are_refused() {
    let large = "# padding of a hundred characters\n".repeat(530_000);
    assert!(large.len() > 17 << 20);
    let folder = Folder::new().with("a.yaml", large);
    folder.refuses(&["run", "a.yaml"], 2, &["a.yaml: ", "larger than 16 MB", "trace file"]);
    let line = format!("duration: 1 min\nname: {}\n", "x".repeat((1 << 20) + 1));
    let folder = Folder::new().with("a.yaml", line);
    folder.refuses(
        &["run", "a.yaml"],
        2,
        &["a.yaml:2:1: ", "longer than 1 MB", "several lines"],
    );
    let folder = Folder::new().with("a.yaml", b"duration: 1 min\nname: \xff\n");
    folder.refuses(
        &["run", "a.yaml"],
        2,
        &["a.yaml:2:1: ", "not UTF-8", "save the file as UTF-8"],
    );
}

#[test]
fn anchors_do_not_explode() {
    let mut lists = "duration: 1 min\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        lists += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let folder = Folder::new().with("a.yaml", lists);
    folder.refuses(
        &["run", "a.yaml"],
        2,
        &["a.yaml:7:", "250,000", "fewer values or aliases"],
    );
    // Few values, but 10 MB of text used two thousand times.
    let mut text = format!(
        "text: &text \"{}\"\nlist:\n",
        "a line of thirty-three characters\n  ".repeat(300_000)
    );
    text += &"  - *text\n".repeat(2_000);
    let folder = Folder::new().with("a.yaml", text);
    folder.refuses(
        &["run", "a.yaml"],
        2,
        &["a.yaml:", "250,000", "fewer values or aliases"],
    );
}

#[test]
fn includes_in_a_circle_are_refused() {
    refuses_files(
        &[
            ("a.yaml", "include: [b.yaml]\nduration: 1 min\n"),
            ("b.yaml", "include: [§a.yaml]\n"),
        ],
        &["in a circle", "remove one of the includes"],
    );
    refuses_files(
        &[("a.yaml", "include: [§gone.yaml]\nduration: 1 min\n")],
        &["does not exist"],
    );
    refuses_files(
        &[
            ("a.yaml", "include: [b.yaml]\nduration: 1 min\n"),
            ("b.yaml", "seed: §x\n"),
        ],
        &["a whole number"],
    );
}

#[test]
fn a_trace_with_a_wrong_row_is_refused_with_its_row() {
    let scenario = SMALL.replace("poisson: 10/s", "trace: §t.csv");
    let table: &[(&str, &[&str])] = &[
        ("time\n0\n1\n2x\n", &["t.csv:4:", "2x"]),
        ("time\n0\n50\n1\n", &["t.csv:4:", "sort"]),
        ("time\n0\n-1\n", &["t.csv:3:"]),
        ("time\nnan\n", &["t.csv:2:"]),
        ("time\ninf\n", &["t.csv:2:"]),
        ("when\n0\n", &["t.csv", "time"]),
        ("time,function\n0,api\n", &["remove `to`"]),
        ("time,duration_ms\n0,-5\n", &["t.csv:2:"]),
        ("", &["t.csv"]),
    ];
    for (rows, words) in table {
        let place = if words.contains(&"remove `to`") {
            scenario.replace(HERE, "").replace("to: api", "§to: api")
        } else {
            scenario.clone()
        };
        refuses_files(&[("a.yaml", &place), ("t.csv", rows)], words);
    }
}

#[test]
fn a_trace_beyond_the_end_is_warned_of() {
    let folder = Folder::new()
        .with("a.yaml", SMALL.replace("poisson: 10/s", "trace: t.csv"))
        .with("t.csv", "time\n1795132800\n1795132801\n");
    let output = folder.run(&["validate", "a.yaml"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("a.yaml:5:40: every row of t.csv") && told.contains("start: 1970-01-01"),
        "{told}"
    );
}

#[test]
fn all_scenarios_of_a_command_line_are_checked_before_any_is_run() {
    let folder = Folder::new()
        .with("a.yaml", SMALL)
        .with("wrong.yaml", "duration: x\n")
        .with("deep/a.yaml", SMALL);
    folder.refuses(&["run", "a.yaml", "wrong.yaml"], 2, &["wrong.yaml:1:11: "]);
    folder.refuses(&["run", "a.yaml", "deep/a.yaml"], 2, &["named \"a\"", "another `name`"]);
    folder.refuses(&["run", "a.yaml", "gone.yaml"], 3, &["gone.yaml: ", "check its name"]);
    folder.refuses(&["run", "deep"], 3, &["deep: ", "name a scenario file"]);
    let told = folder.run(&["run", "gone.yaml"]).stderr;
    assert!(
        !String::from_utf8_lossy(&told).contains(":1:1"),
        "a missing file has no lines"
    );
}

#[test]
fn wrong_arguments_are_refused() {
    let folder = Folder::new().with("a.yaml", SMALL);
    let table: &[(&[&str], &[&str])] = &[
        (&["run"], &["SCENARIO"]),
        (&["run", "a.yaml", "--sed", "3"], &["--seed"]),
        (&["run", "a.yaml", "--seed", "18446744073709551616"], &["--seed"]),
        (&["run", "a.yaml", "--set", "seed"], &["path=value"]),
        (
            &["run", "a.yaml", "--set", "seed=-1"],
            &["--set:1:6: ", "0 to 18446744073709551615"],
        ),
        (
            &["run", "a.yaml", "--set", "functions.api.timeout=901s"],
            &["--set:1:", "900 s"],
        ),
        (
            &["run", "a.yaml", "--replications", "0"],
            &["--replications", "1..=1000000"],
        ),
        (&["new", "a/b"], &["no name for a scenario", "use letters"]),
    ];
    for (arguments, words) in table {
        folder.refuses(arguments, 2, words);
    }
    folder.refuses(&["new", "a"], 3, &["a.yaml exists", "another name"]);
}

#[test]
fn an_out_that_is_not_ours_is_left_alone() {
    let folder = Folder::new()
        .with("a.yaml", SMALL)
        .with("foreign/summary.json", "{}")
        .with("file", "text");
    fs::create_dir(folder.path("empty")).unwrap();
    for (out, word) in [
        ("foreign", "foreign"),
        ("empty", "empty"),
        ("file", "file"),
        ("file/below", "file"),
        ("/", "/"),
    ] {
        folder.refuses(&["run", "a.yaml", "--no-plots", "--out", out], 3, &[word]);
    }
    if Path::new("/proc/self").exists() {
        // Nobody can make a folder there, whatever their rights.
        folder.refuses(
            &["run", "a.yaml", "--out", "/proc/lambdasim/out"],
            3,
            &["/proc/lambdasim"],
        );
    } else {
        eprintln!("skipped: no folder is known here in which nobody can write");
    }
}

/// A folder with `a.yaml` and its finished run in `disk/out`.
#[cfg(unix)]
fn finished(disk: &Folder) -> Vec<u8> {
    let output = disk.run(&["run", "a.yaml", "--no-plots", "--quiet", "--out", "disk/out"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::read(disk.path("disk/out/summary.json")).unwrap()
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_earlier_folder_and_nothing_else() {
    let long = SMALL.replace("1 min", "700 d").replace("10/s", "1000/s");
    let folder = Folder::new().with("a.yaml", SMALL).with("long.yaml", long);
    finished(&folder);
    let before = folder.everything();
    let mut command = Command::new(BINARY);
    command
        .args(["run", "long.yaml", "--out", "disk/out"])
        .stderr(std::process::Stdio::piped());
    let child = command.current_dir(folder.0.path()).spawn().unwrap();
    // The hidden sibling shows that the run has begun.
    while fs::read_dir(folder.path("disk")).unwrap().count() < 2 {
        std::thread::yield_now();
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was written"));
    assert!(before == folder.everything(), "the earlier folder is as it was");
}

/// In a mount namespace of its own, `disk` is a file system of 512 kB that is filled between two runs.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_earlier_folder_as_it_was() {
    let folder = Folder::new().with("a.yaml", SMALL);
    fs::create_dir(folder.path("disk")).unwrap();
    let script = r#"mount -t tmpfs -o size=512k none disk || exit 77
        "$0" run a.yaml --no-plots --quiet --out disk/out || exit 78
        before=$(cat disk/out/* | cksum)
        head -c 1000000 /dev/zero > disk/fill 2>/dev/null
        "$0" run a.yaml --no-plots --seed 5 --out disk/out; code=$?
        test "$before" = "$(cat disk/out/* | cksum)" || exit 79
        ls -A disk
        exit $code"#;
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c", script, BINARY])
        .current_dir(folder.0.path());
    let output = match command.output() {
        Ok(output) if output.status.code() != Some(77) && !output.stderr.starts_with(b"unshare:") => output,
        _ => return eprintln!("skipped: this system permits no file system of its own to a test"),
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "fill\nout\n",
        "nothing else is left behind"
    );
    assert!(told.contains("disk/out") && told.contains("space"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_printed_are_a_failure() {
    let folder = Folder::new().with("a.yaml", SMALL);
    for arguments in [&["schema"][..], &["new"], &["validate", "a.yaml"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(BINARY);
        let output = command
            .current_dir(folder.0.path())
            .args(arguments)
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("standard output"),
            "{arguments:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_away_changes_no_exit_code() {
    let folder = Folder::new().with("a.yaml", "duration: x\n");
    let script = r#"{ "$0" validate a.yaml; echo $? > code; } 2>&1 >/dev/null | true; sleep 0.2; cat code"#;
    let mut command = Command::new("sh");
    let output = command
        .current_dir(folder.0.path())
        .args(["-c", script, BINARY])
        .output();
    assert_eq!(String::from_utf8_lossy(&output.unwrap().stdout), "2\n");
}

#[test]
fn thousands_of_wrong_names_are_all_told() {
    let functions: String = (0..5_000)
        .map(|i| format!("  worker{i}: {{ init: 0 s, duration: 1 s }}\n"))
        .collect();
    let traffic: String = (0..5_000)
        .map(|i| format!("  t{i}: {{ to: worker{i}x, arrivals: {{ poisson: 1/s }} }}\n"))
        .collect();
    let text = format!("duration: 1 min\nfunctions:\n{functions}traffic:\n{traffic}");
    let folder = Folder::new().with("a.yaml", text);
    let words = ["a.yaml:5004:13: ", "did you mean worker0?", "and 4900 more problems"];
    folder.refuses(&["run", "a.yaml"], 2, &words);
}
