//! What a hostile scenario, trace or template could try; `SECURITY.md` names the test that stops each.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::bad_input::{BINARY, Folder, SMALL};

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A scenario that reads its arrivals from a file.
fn traced(file: &str) -> String {
    SMALL.replace("poisson: 10/s", &format!("trace: {file}"))
}

#[test]
fn nothing_outside_the_folder_of_the_scenario_is_read_unless_it_is_allowed() {
    let inside = "functions: { other: { init: 0 s, duration: 1 s } }\n";
    let folder = Folder::new()
        .with("secret.yaml", inside)
        .with("t.csv", "time\n1\n")
        .with("values.csv", "ms\n1\n")
        .with("home/sub/keep", "");
    let absolute = folder.path("t.csv").display().to_string();
    let mut names = vec!["../t.csv".to_owned(), "sub/../../t.csv".to_owned(), absolute];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path("t.csv"), folder.path("home/link.csv")).unwrap();
        names.push("link.csv".to_owned());
    }
    for name in names {
        fs::write(folder.path("home/a.yaml"), traced(&name)).unwrap();
        folder.refuses(&["run", "home/a.yaml"], 2, &["lies outside", "--allow-outside"]);
        let output = folder.run(&["validate", "home/a.yaml", "--allow-outside"]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", told(&output));
    }
    for text in [
        format!("include: [../secret.yaml]\n{SMALL}"),
        SMALL.replace("80 ms", "{ empirical: ../values.csv }"),
        SMALL.replace("poisson: 10/s", "azure: .."),
    ] {
        fs::write(folder.path("home/a.yaml"), text).unwrap();
        folder.refuses(&["run", "home/a.yaml"], 2, &["lies outside"]);
    }
}

/// Parquet files that contradict themselves: places before the file, dictionaries that are short or not there.
#[test]
fn a_parquet_file_that_the_decoder_does_not_survive_is_refused_in_words() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds/trace_parquet");
    let files: Vec<_> = fs::read_dir(seeds)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.len() >= 3);
    for file in files {
        let folder = Folder::new().with("a.yaml", traced("t.parquet"));
        fs::copy(&file, folder.path("t.parquet")).unwrap();
        let output = folder.run(&["validate", "a.yaml"]);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(2), "{}: {told}", file.display());
        assert!(told.contains("t.parquet") && told.contains("cannot be read"), "{told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}

/// 320 MB of one letter behind `start`, in a few hundred kilobytes.
fn bomb(start: &str) -> Vec<u8> {
    let mut member = GzEncoder::new(Vec::new(), Compression::fast());
    member.write_all(&vec![b'1'; 16 << 20]).unwrap();
    let mut head = GzEncoder::new(Vec::new(), Compression::fast());
    head.write_all(start.as_bytes()).unwrap();
    let mut bomb = head.finish().unwrap();
    bomb.extend(member.finish().unwrap().repeat(20));
    assert!(bomb.len() < 2 << 20);
    bomb
}

/// A run with 256 MB of address space, where the system can limit it.
#[cfg(target_os = "linux")]
fn in_little_memory(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", r#"ulimit -v 262144 || exit 77; exec "$0" "$@""#, BINARY]);
    command.current_dir(folder.0.path()).args(arguments).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_unpack_to_very_much_are_refused_in_little_memory() {
    let mut frames = compress_to_vec(&b"time\n"[..], CompressionLevel::Fastest);
    frames.extend(compress_to_vec(&vec![b'1'; 16 << 20][..], CompressionLevel::Fastest).repeat(20));
    let folder = Folder::new()
        .with("line.gz", bomb(""))
        .with("table.gz", bomb("@timestamp,@message\n\""))
        .with("events.gz", bomb("{\"events\":[{\"message\":\""))
        .with("t.csv.gz", bomb("time\n"))
        .with("t.csv.zst", frames)
        .with("gz.yaml", traced("t.csv.gz"))
        .with("zst.yaml", traced("t.csv.zst"));
    for (arguments, word) in [
        (&["fit", "line.gz"][..], "longer than 1 MB"),
        (&["import", "logs", "line.gz"], "longer than 2 MB"),
        (&["import", "logs", "table.gz"], "longer than 4 MB"),
        (&["import", "logs", "events.gz"], "within 8 MB"),
        (&["validate", "gz.yaml"], "longer than 1 MB"),
        (&["validate", "zst.yaml"], "longer than 1 MB"),
    ] {
        let output = in_little_memory(&folder, arguments);
        if output.status.code() == Some(77) {
            return eprintln!("skipped: memory cannot be limited here");
        }
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains(word), "{arguments:?}: {}", told(&output));
    }
}

#[test]
fn deep_nesting_and_endless_lists_are_refused() {
    let deep = "[".repeat(100_000);
    let json = format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
    let long = format!("duration: 1 min\nlist:\n{}", "- x\n".repeat(300_000));
    let folder = Folder::new()
        .with("deep.yaml", format!("duration: 1 min\na: {deep}"))
        .with("long.yaml", long)
        .with("deep.json", &json)
        .with("list.json", &deep);
    for arguments in [
        &["validate", "deep.yaml"][..],
        &["validate", "deep.json"],
        &["validate", "long.yaml"],
        &["import", "sam", "deep.yaml"],
        &["import", "sam", "deep.json"],
        &["import", "metrics", "deep.json"],
        &["import", "metrics", "list.json"],
        &["import", "logs", "deep.json"],
        &["import", "logs", "list.json"],
        &["import", "power-tuning", "deep.json"],
    ] {
        let output = folder.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", told(&output));
    }
}

/// Formulas, tags and terminal codes wherever names are free.
const HOSTILE: &str = r#"# =1+1 <script>alert(1)</script> ${PATH}
name: hostile
duration: 1 min
defaults: { tags: { "=team<script>alert(1)</script>": "=1+1\e[31m" } }
functions:
  api: { init: 0 s, duration: 80 ms }
traffic:
  "=1+1<script>alert(1)</script>\e[31m": { to: api, arrivals: { poisson: 10/s } }
  "@x\t": { to: "sqs:=q<script>alert(1)</script>\e[2J", arrivals: { poisson: 10/s } }
  "-1+cmd|' /C calc'!A0": { to: api, arrivals: { poisson: 1/s } }
queues: { "=q<script>alert(1)</script>\e[2J": {} }
alarms:
  "=al\e[2J\u202e": { when: "functions.api.Errors > 10", period: 1 min, evaluation_periods: 2 }
changes:
  "=ch<script>alert(1)</script>": { at: 10 s, set: { functions.api.timeout: 5 s } }
"#;

#[test]
fn no_cell_of_a_table_is_a_formula() {
    let folder = Folder::new()
        .with("a.yaml", HOSTILE)
        .with("points.csv", "functions.api.tags.team\n=1+1\n+2\n3\n");
    assert_eq!(
        folder
            .run(&["run", "a.yaml", "--out", "out", "--no-plots"])
            .status
            .code(),
        Some(0)
    );
    let sweep = [
        "sweep",
        "a.yaml",
        "--points",
        "points.csv",
        "--out",
        "swept",
        "--no-plots",
    ];
    let output = folder.run(&sweep);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let mut found = 0;
    let tables = [
        "out/metrics.csv",
        "out/latency.csv",
        "out/throttles.csv",
        "out/cost.csv",
        "swept/sweep.csv",
    ];
    for table in tables {
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_path(folder.path(table))
            .unwrap();
        for row in rows.records() {
            for cell in &row.unwrap() {
                found += usize::from(cell.starts_with('\''));
                let is_number = cell.parse::<f64>().is_ok();
                assert!(
                    is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{table}: {cell:?}"
                );
            }
        }
    }
    assert!(found >= 5, "hostile names reach the tables: {found}");
}

#[test]
fn no_name_becomes_a_tag_of_the_report_its_plots_or_its_notebook() {
    let folder = Folder::new().with("a.yaml", HOSTILE);
    assert_eq!(folder.run(&["run", "a.yaml", "--out", "out"]).status.code(), Some(0));
    let mut seen = 0;
    for (path, content) in folder.everything() {
        let text = String::from_utf8_lossy(&content);
        let is_page = path
            .extension()
            .is_some_and(|ending| ending == "html" || ending == "svg" || ending == "ipynb");
        if is_page {
            seen += text.matches("&lt;script").count();
            assert!(!text.contains("<script>alert"), "{}", path.display());
            // No XML may hold control characters, not even as entities.
            let is_xml = path.extension().is_some_and(|ending| ending == "svg");
            assert!(!is_xml || !text.contains('\x1b'), "{}", path.display());
        }
    }
    assert!(seen >= 2, "hostile names reach the pages: {seen}");
}

#[test]
fn no_name_and_no_message_moves_the_cursor_of_a_terminal() {
    let folder = Folder::new().with("a.yaml", HOSTILE).with(
        "b.yaml",
        format!("{SMALL}\"warm\\e[2J_up\": 3 s\n# \u{202e}\nseed: \u{202e}x\n"),
    );
    for arguments in [
        &["run", "a.yaml", "--no-plots"][..],
        &["validate", "a.yaml"],
        &["run", "b.yaml"],
    ] {
        let output = folder.run(arguments);
        for text in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(text);
            assert!(!text.contains(['\x1b', '\u{202e}', '\r']), "{arguments:?}: {text:?}");
        }
    }
    let output = folder.run(&["run", "b.yaml"]);
    assert!(
        told(&output).contains("\\u202e"),
        "it is shown as its code: {}",
        told(&output)
    );
}

/// Looks at every system call of a run with everything that it can write.
#[cfg(target_os = "linux")]
#[test]
fn nothing_speaks_to_a_network() {
    let folder = Folder::new().with("a.yaml", SMALL);
    let run = ["run", "a.yaml", "--records", "--out", "out"];
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-qq", "-e", "trace=network", "-o", "calls", BINARY])
        .args(run);
    match traced.current_dir(folder.0.path()).output() {
        Ok(output) if output.status.code() == Some(0) => {
            let calls = fs::read_to_string(folder.path("calls")).unwrap();
            // Signals that ended are no calls, nor is a thread that strace lets go before it has made one.
            let is_call = |line: &&str| line.contains('(') && !line.contains("???( <detached");
            let of_network: Vec<&str> = calls.lines().filter(is_call).collect();
            assert!(of_network.is_empty(), "{of_network:?}");
        }
        _ => {
            let mut alone = Command::new("unshare");
            alone.args(["-rn", BINARY]).args(run).current_dir(folder.0.path());
            match alone.output() {
                Ok(output) if !output.stderr.starts_with(b"unshare:") => {
                    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
                }
                _ => return eprintln!("skipped: neither strace nor a network of its own is to be had here"),
            }
        }
    }
    assert!(folder.path("out/summary.json").exists());
}

#[test]
fn the_threat_note_names_only_tests_that_exist() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let note = fs::read_to_string(project.join("SECURITY.md")).expect("the note");
    let named: Vec<&str> = note
        .split('`')
        .filter_map(|word| {
            word.split_once("::")
                .filter(|(module, _)| ["security", "faults", "bad_input", "fuzz"].contains(module))
        })
        .map(|(_, test)| test)
        .collect();
    assert!(named.len() >= 10, "{named:?}");
    for test in named {
        let is_there = ["security.rs", "faults.rs", "bad_input.rs", "fuzz/mod.rs"]
            .iter()
            .any(|file| {
                let text = fs::read_to_string(project.join("tests").join(file)).expect("a test file");
                text.contains(&format!("fn {test}(")) || text.contains(&format!(" {test} "))
            });
        assert!(is_there, "SECURITY.md names {test}");
    }
}
