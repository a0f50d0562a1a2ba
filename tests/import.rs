//! Importers through the binary: what they write is checked, run and read as a user would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_lambdasim");

/// A file of `tests/import`.
fn sample(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "import", name].iter().collect();
    path.display().to_string()
}

fn call(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(BINARY).current_dir(folder).args(arguments).output();
    output.expect("the binary runs")
}

/// What an import wrote and said, and what a run of it counted.
struct Imported {
    scenario: String,
    said: String,
    summary: Value,
    folder: TempDir,
}

/// Imports, validates and runs what was written, unedited.
#[track_caller]
fn import(arguments: &[&str]) -> Imported {
    import_and_run(arguments, &[])
}

/// The same for a day's traffic, of which the run takes only the beginning.
#[track_caller]
fn import_and_begin(arguments: &[&str], duration: &str) -> Imported {
    import_and_run(arguments, &["--set", &format!("duration={duration}")])
}

#[track_caller]
fn import_and_run(arguments: &[&str], settings: &[&str]) -> Imported {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let all: Vec<&str> = ["import"]
        .iter()
        .chain(arguments)
        .chain(&["--out", "imported.yaml"])
        .copied()
        .collect();
    let output = call(at, &all);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    let scenario = fs::read_to_string(at.join("imported.yaml")).expect("it was written");
    let validated = call(at, &["validate", "imported.yaml", "--allow-outside"]);
    let complaints = String::from_utf8_lossy(&validated.stderr).into_owned();
    assert_eq!(validated.status.code(), Some(0), "{complaints}\n{scenario}");
    let run = [
        "run",
        "imported.yaml",
        "--allow-outside",
        "--no-plots",
        "--json",
        "--progress",
        "never",
    ];
    let run = call(at, &[&run, settings].concat());
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let summary = serde_json::from_slice(&run.stdout).expect("a summary");
    Imported {
        scenario,
        said,
        summary,
        folder,
    }
}

impl Imported {
    /// The number at a path of the summary.
    #[track_caller]
    fn number(&self, path: &str) -> f64 {
        let found = self.summary.pointer(path).and_then(Value::as_f64);
        found.unwrap_or_else(|| panic!("no number at {path}"))
    }
}

impl Imported {
    /// The lines of the scenario from the one with this key to the next key beside it, without comments.
    #[track_caller]
    fn part(&self, key: &str) -> String {
        let mut lines = self
            .scenario
            .lines()
            .map(|line| line.split("  #").next().unwrap_or(line));
        let indent = |line: &str| line.len() - line.trim_start().len();
        let first = lines.find(|line| line.trim_start().starts_with(&format!("{key}:")));
        let first = first.unwrap_or_else(|| panic!("no {key} in\n{}", self.scenario));
        let inside = lines.take_while(|line| indent(line) > indent(first));
        let all: Vec<&str> = std::iter::once(first).chain(inside).map(str::trim).collect();
        all.join("\n")
    }
}

/// Imports and expects a refusal that says these words.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str], code: i32, words: &[&str]) {
    let all: Vec<&str> = ["import"].iter().chain(arguments).copied().collect();
    let output = call(folder, &all);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed results");
    for word in words {
        assert!(told.contains(word), "{arguments:?} should say {word:?}:\n{told}");
    }
}

#[test]
fn power_tuning_gives_duration_by_memory() {
    let tuned = import(&["power-tuning", &sample("power-tuning.json"), "--function", "resize"]);
    assert_eq!(tuned.said, "");
    assert!(tuned.scenario.contains("FILL IN: your rate"));
    // 1,024 MB was chosen, where the average is 200.5 ms.
    assert_eq!(tuned.number("/functions/resize/Duration/max"), 200.5);
}

#[test]
fn what_power_tuning_did_not_write_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("bad.json"), "{\n\"power\": 512,\n").expect("a file");
    refused(at, &["power-tuning", "bad.json"], 2, &["bad.json:", "is not JSON"]);
    refused(at, &["power-tuning", "none.json"], 3, &["cannot read none.json"]);
    refused(
        at,
        &["power-tuning", "bad.json", "--function", "a b"],
        2,
        &["letters, digits"],
    );
    fs::write(at.join("there.yaml"), "mine").expect("a file");
    refused(
        at,
        &["power-tuning", &sample("power-tuning.json"), "--out", "there.yaml"],
        3,
        &["left as it is"],
    );
    assert_eq!(fs::read_to_string(at.join("there.yaml")).expect("it is there"), "mine");
}

#[test]
fn a_sam_template_becomes_a_scenario_with_everything_that_it_deploys() {
    let shop = import_and_begin(&["sam", &sample("shop.yaml"), "--parameter", "Owner=web"], "20min");
    // Own properties win over Globals, maps are merged, mappings and parameters are looked up.
    let checkout = shop.part("dev-checkout");
    for line in [
        "runtime: python3.13",
        "architectures: arm64",
        "memory_size: 1024 MB",
        "timeout: 10 s",
        "reserved_concurrent_executions: 10",
        "vpc_config: { subnets: { subnet-1a: 250, subnet-1b: 250 }, security_groups: [Group-GroupId] }",
        "tags: { project: shop, team: web }",
        "event_invoke_config: { maximum_event_age: 3600 s, maximum_retry_attempts: 1, on_success: sns:News, on_failure: sqs:Failed }",
        "live:\nfunction_version: 1\nprovisioned_concurrent_executions: 5",
    ] {
        assert!(checkout.contains(line), "{line} in\n{checkout}");
    }
    let worker = shop.part("Worker");
    assert!(worker.contains("memory_size: 256 MB\ntimeout: 20 s\nephemeral_storage: 1024 MB\nrecursive_loop: Allow\ndead_letter_config: sqs:Failed"));
    assert!(shop.part("Nightly").contains("init: 400 ms"));
    assert!(!shop.scenario.contains("OnlyInProd"));
    assert_eq!(
        shop.part("Orders-to-Worker"),
        "Orders-to-Worker:\nevent_source: sqs:Orders\nfunction: Worker\nbatch_size: 10\nmaximum_batching_window: 5 s\n\
         function_response_types: ReportBatchItemFailures\nmaximum_concurrency: 20\nfilter_criteria: { pass: 100 % }"
    );
    assert!(
        shop.part("Nightly-Hourly")
            .contains("schedule: \"rate(1 hour)\"\ntime_zone: Europe/Berlin\nflexible_time_window: 10 min")
    );
    assert_eq!(
        shop.part("CheckoutErrors").lines().nth(1),
        Some("when: \"functions.dev-checkout.Errors > 10\"")
    );
    // Lines of the template stand beside what came from them.
    assert!(shop.scenario.contains("  Worker:  # shop.yaml:73\n"));
    // The canary begins after 10 minutes and moves everything after 5 more: version 2 gets the last 5 of 20 minutes and a tenth
    // of 5 more, 5.5 of 20 in all, of about 4,800 calls.
    let second = shop.number("/functions/dev-checkout/by_version/2/Invocations");
    let all = shop.number("/functions/dev-checkout/Invocations");
    assert!((second / all - 5.5 / 20.0).abs() < 0.05, "{second} of {all}");
    for queue in ["Orders", "Payments.fifo"] {
        assert!(shop.number(&format!("/queues/{queue}/processed")) > 1_000.0);
    }
    for stream in ["Clicks", "Table", "payments", "audit"] {
        assert!(shop.number(&format!("/streams/{stream}/processed")) > 1_000.0);
    }
}

#[test]
fn what_a_template_says_in_vain_is_told_with_its_line() {
    let shop = import_and_begin(&["sam", &sample("shop.yaml")], "11min");
    let told: Vec<&str> = shop
        .said
        .lines()
        .map(|line| line.split_once("shop.yaml:").expect("a place").1)
        .collect();
    let expected = [
        "17: the parameter Owner has no value; give --parameter Owner=…",
        "40: the deployments name the alarm QueueTooLong, which is not watched here; it was left out",
        "116: MQ event: events of the type MQ are not simulated",
        "117: Telepathy event: events of the type Telepathy are not simulated",
        "126: Schedule event: is disabled; it was left out",
        "129: AWS::Serverless::Function: Colour was not used",
        "143: AWS::SNS::Topic: Subscription: a subscription by email is not simulated",
        "161: AWS::CloudWatch::Alarm: an alarm on something that is not watched here was left out",
        "164: AWS::Serverless::StateMachine: the states are not simulated; the functions that it names are called as `traffic` says",
        "165: AWS::CloudFormation::Stack: a nested stack is not opened; import its template by itself",
    ];
    assert_eq!(told, expected);
    // They stand at the end of the scenario as well, with what needs no counterpart.
    assert!(
        shop.scenario
            .contains("#   shop.yaml:129: AWS::Serverless::Function: Colour was not used\n")
    );
    assert!(shop.scenario.ends_with("#   1 × AWS::EC2::SecurityGroup\n"));
}

#[test]
fn a_cloudformation_template_in_json_becomes_a_scenario() {
    let ledger = import_and_begin(&["cloudformation", &sample("ledger.json")], "10min");
    assert_eq!(ledger.said, "");
    let book = ledger.part("book");
    assert!(book.contains(
        "snap_start: true\nmemory_size: 2048 MB\ntimeout: 15 s\ndead_letter_config: sqs:Dead\ntags: { team: finance }"
    ));
    assert!(book.contains("function_version: 1\nadditional_version_weights: { 2: 0.1 }\nevent_invoke_config: { maximum_event_age: 120 s, maximum_retry_attempts: 0 }"));
    assert!(ledger.part("scaling_policies").ends_with(
        "min_capacity: 2\nmax_capacity: 20\nscheduled_actions: [{ schedule: \"cron(0 8 * * ? *)\", time_zone: Europe/Berlin, \
         min_capacity: 10 }]\ntarget_value: 0.7\nscale_in_cooldown: 300 s"
    ));
    assert_eq!(
        ledger.part("events-to-book"),
        "events-to-book:\nevent_source: kinesis:events\nfunction: book\nenhanced_fan_out: true"
    );
    assert!(ledger.scenario.contains("function: Report:stable"));
    assert_eq!(
        ledger.part("ledger-news"),
        "ledger-news:\nsubscriptions: [book:live, sqs:jobs]"
    );
    for (entry, to, through) in [
        ("book-api-gateway", "book:live", "api-gateway"),
        ("book-function-url", "book:live", "function-url"),
        ("Report-alb", "Report", "alb"),
        ("Report-s3", "Report", "s3"),
        ("Every", "Report", "eventbridge"),
        ("Planned", "Report", "scheduler"),
    ] {
        assert!(
            ledger
                .part(entry)
                .starts_with(&format!("{entry}:\nto: {to}\nthrough: {through}"))
        );
    }
    // A tenth of the calls of the alias meets version 2; the stream calls $LATEST.
    let of = |version: u32| ledger.number(&format!("/functions/book/by_version/{version}/Invocations"));
    assert!((of(2) / (of(1) + of(2)) - 0.1).abs() < 0.03);
    // The topic's queue feeds the other function: about 600 messages in ten minutes.
    assert!(ledger.number("/queues/jobs/sent") > 450.0);
}

#[test]
fn a_template_that_refers_to_itself_is_used_as_far_as_it_goes() {
    let circles = import(&["cloudformation", &sample("circles.yaml")]);
    let told: Vec<&str> = circles
        .said
        .lines()
        .map(|line| line.split_once("circles.yaml:").expect("a place").1)
        .collect();
    let expected = [
        "3: the parameter Count has no value; give --parameter Count=…",
        "5: a circular reference through the condition Chicken, the condition Egg",
        "8: a circular reference through FunctionName of A, FunctionName of B",
        "8: a circular reference, which AWS refuses: A → B → A",
        "14: the function Shrug is not known here; the value was left out",
        "20: the mapping Nothing has no a, b; the value was left out",
        "21: refers to Ghost, which the template does not have",
        "21: the target Ghost.Arn is none that is simulated; it was left out",
        "22: AWS::Lambda::Function: Timeout is \"twelve\", not a whole number; it was left out",
        "23: the key `C` is given twice in this map",
        "25: Fn::ForEach::Topics is not expanded; it was left out",
    ];
    let places = |lines: &[&str]| -> Vec<String> { lines.iter().map(|line| (*line).to_owned()).collect() };
    assert_eq!(places(&told), places(&expected));
    // Each of the three functions is called once a second for an hour.
    let calls = circles.number("/totals/Invocations");
    assert!((10_300.0..11_300.0).contains(&calls), "{calls}");
}

#[test]
fn what_is_no_template_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let write = |name: &str, content: &[u8]| fs::write(at.join(name), content).expect("a file");
    write("list.yaml", b"- a\n- b\n");
    write("scenario.yaml", b"duration: 1 h\n");
    write("empty.yaml", b"");
    write("broken.yaml", b"Resources:\n  A: [1\n  B: 2\n");
    write("large.yaml", &vec![b'#'; (16 << 20) + 1]);
    for name in ["list.yaml", "scenario.yaml"] {
        refused(at, &["sam", name], 2, &[name, "has no `Resources`"]);
    }
    refused(at, &["sam", "empty.yaml"], 2, &["empty.yaml: holds no value"]);
    refused(at, &["sam", "broken.yaml"], 2, &["broken.yaml:3: this is not YAML"]);
    refused(at, &["sam", "large.yaml"], 2, &["larger than 16 MB"]);
    refused(at, &["cloudformation", "none.yaml"], 3, &["cannot read none.yaml"]);
    refused(at, &["sam", "list.yaml", "--parameter", "x"], 2, &["NAME=VALUE"]);
}

#[test]
fn what_is_wrong_with_a_template_besides_is_told_and_the_rest_is_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let template = b"Resources:\n  A:\n    Type: AWS::Lambda::Function\n    Properties:\n      Description: caf\xe9\n      Runtime: python3.13\n      Timeout: 901\n";
    fs::write(at.join("latin.yaml"), template).expect("a file");
    let output = call(
        at,
        &[
            "import",
            "sam",
            "latin.yaml",
            "--parameter",
            "Stage=x",
            "--out",
            "out.yaml",
        ],
    );
    let (said, result) = (
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout),
    );
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("latin.yaml:5: is not UTF-8"), "{said}");
    assert!(
        said.contains("--parameter Stage: the template has no such parameter"),
        "{said}"
    );
    // AWS takes timeouts up to 900 s: the scenario says so where it is written.
    assert!(result.contains("out.yaml:12:14: `timeout` is 901 s"), "{result}");
}

#[test]
fn an_azure_trace_of_2019_is_replayed_with_the_recorded_memory_and_durations() {
    let folder = sample("azure2019");
    let trace = import(&["azure", &folder]);
    assert_eq!(
        trace.part("f1"),
        "f1:\nmemory_size: 128 MB\ntimeout: 900 s\nduration: 50 ms"
    );
    assert!(trace.part("f2").contains("memory_size: 301 MB"));
    assert!(trace.part("f2").contains("p50: 4.5 ms"));
    // 5 + 3 of http and 1 of queue; one a minute; 2 of another owner's function with the same hash.
    assert_eq!(trace.number("/functions/f1/arrivals"), 9.0);
    assert_eq!(trace.number("/functions/f2/arrivals"), 4.0);
    assert_eq!(trace.number("/functions/f1#2/arrivals"), 2.0);
    assert_eq!(trace.number("/functions/f1/Duration/max"), 50.0);
    let said: Vec<&str> = trace
        .said
        .lines()
        .map(|line| line.rsplit("azure2019: ").next().expect("words"))
        .collect();
    assert_eq!(said.len(), 2);
    assert!(said[0].starts_with("a function has the hash of another"));
    assert!(said[1].starts_with("a function took longer than 15 min"));
}

#[test]
fn what_is_written_for_an_azure_trace_of_2019_is_what_the_trace_alone_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::create_dir(at.join("azure")).expect("a folder");
    for name in ["invocations.csv", "durations.csv", "memory.csv"] {
        fs::copy(sample(&format!("azure2019/{name}")), at.join("azure").join(name)).expect("a copy");
    }
    let output = call(at, &["import", "azure", "azure", "--out", "a.yaml"]);
    assert_eq!(output.status.code(), Some(0));
    let bare = "name: azure\nduration: 4 min\ndrain: until_empty\ndefaults: { init: 300 ms, duration: 100 ms }\ntraffic: { recorded: { retry: none, arrivals: { azure: azure } } }\n";
    fs::write(at.join("b.yaml"), bare).expect("a file");
    // Inside the scenario's folder the trace is named relatively and needs no permission.
    let run = |file: &str| {
        let output = call(at, &["run", file, "--json", "--no-plots", "--progress", "never"]);
        let summary: Value = serde_json::from_slice(&output.stdout).expect("a summary");
        summary["totals"].clone()
    };
    let (written, alone) = (run("a.yaml"), run("b.yaml"));
    assert_eq!(written["Invocations"], 15);
    assert_eq!(written, alone);
}

#[test]
fn an_azure_trace_of_2021_is_replayed_invocation_by_invocation() {
    let trace = import(&["azure", &sample("azure2021")]);
    // Starts at 2, 1, 0 (cut at the trace's beginning) and 3,000 s; the last takes 1,000.5 s and meets the timeout.
    assert_eq!(trace.number("/totals/arrivals"), 4.0);
    assert_eq!(trace.number("/functions/01234567/arrivals"), 3.0);
    assert_eq!(trace.number("/functions/01234567_2/Duration/max"), 250.0);
    assert_eq!(trace.number("/totals/failed"), 1.0);
    assert_eq!(trace.number("/totals/in_flight_at_end"), 0.0);
    assert!(
        trace
            .said
            .contains("an invocation began before the trace; it begins with it\n"),
        "{}",
        trace.said
    );
    assert!(
        trace.said.contains("an invocation took longer than 15 min"),
        "{}",
        trace.said
    );
    let arrivals = fs::read_to_string(trace.folder.path().join("imported-arrivals.csv")).expect("it was written");
    let expected = "time,duration_ms,function\n0.000000,1500.000,01234567\n1.000000,250.000,01234567_2\n2.000000,500.000,01234567\n3000.000000,1000500.000,01234567\n";
    assert_eq!(arrivals, expected);
}

#[test]
fn an_azure_folder_that_cannot_be_used_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    refused(at, &["azure", "."], 2, &["has no invocations.csv"]);
    refused(at, &["azure", &sample("azure2021")], 2, &["--trace"]);
    fs::write(at.join("x.csv"), "app,func,end_timestamp,duration\na,f,1,x\n").expect("a file");
    refused(
        at,
        &["azure", "x.csv", "--out", "x.yaml"],
        2,
        &["x.csv:2:", "not a number"],
    );
    assert!(!at.join("x.yaml").exists());
}

#[test]
fn what_other_stacks_hold_is_named_and_what_refers_to_itself_ends() {
    let pieces = import(&[
        "cloudformation",
        &sample("pieces.yaml"),
        "--parameter",
        "given-queue=arn:aws:sqs:us-east-1:1:mine",
    ]);
    // A value of another stack is known by its name, or as given.
    for part in ["shared-orders-to-Reader", "mine-to-Reader"] {
        assert!(pieces.part(part).contains("function: Reader:live"), "{part}");
    }
    assert!(
        pieces
            .part("Reader")
            .contains("dead_letter_config: sqs:Nested-Outputs-QueueArn")
    );
    for (entry, to, through) in [
        ("Reader-step-functions", "Reader:live", "step-functions"),
        ("Reader-alb", "Reader:live", "alb"),
        ("Reader-cognito", "Reader", "cognito"),
        ("Reader-s3", "Reader", "s3"),
        ("sqs-mine-s3", "sqs:mine", "s3"),
    ] {
        assert!(
            pieces
                .part(entry)
                .starts_with(&format!("{entry}:\nto: {to}\nthrough: {through}")),
            "{entry}"
        );
    }
    let told: Vec<&str> = pieces
        .said
        .lines()
        .map(|line| line.split_once("pieces.yaml:").expect("a place").1)
        .collect();
    let expected = [
        "3: AWS::CloudFormation::Stack: a nested stack is not opened; import its template by itself",
        "8: the value Nested.Outputs.QueueArn of a nested stack is not known; give --parameter Nested.Outputs.QueueArn=…",
        "12: the value shared-orders of another stack is not known; give --parameter shared-orders=…",
        "14: AWS::StepFunctions::StateMachine: the states are not simulated; the functions that it names are called as `traffic` says",
        "30: a circular reference through FunctionName of Snake",
        "30: a circular reference, which AWS refuses: Snake → Snake",
        "31: a circular reference through ResourceId of Worm",
        "31: a circular reference, which AWS refuses: Worm → Worm",
        "32: names the function Stranger, which the template does not have; it was left out",
        "33: names Reader:old, which the template does not publish; Reader stands in for it",
        "34: AWS::Events::Rule: has no schedule that is known; it was left out",
        "35: AWS::Lambda::Function: RecursiveLoop is \"Maybe\", not one of Terminate, Allow; it was left out",
        "35: AWS::Lambda::Function: the architecture z80 is not known; it was left out",
    ];
    assert_eq!(told, expected);
}
