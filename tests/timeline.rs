//! `run --timeline`: trace events that keep to the format, and say what the records say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;

use serde_json::Value;

use super::explain::{MIXED, staged};
use super::golden::harness::{Run, Stage, assert_code, text};

/// One event, held against the format: what each kind must have, and of which type.
struct Event(Value);

impl Event {
    fn text(&self, key: &str) -> &str {
        self.0[key]
            .as_str()
            .unwrap_or_else(|| panic!("`{key}` of {} is no text", self.0))
    }

    fn whole(&self, key: &str) -> u64 {
        let value = &self.0[key];
        value
            .as_u64()
            .unwrap_or_else(|| panic!("`{key}` of {} is no whole number", self.0))
    }

    fn is(&self, phase: &str) -> bool {
        self.text("ph") == phase
    }

    fn track(&self) -> (u64, u64) {
        (self.whole("pid"), self.whole("tid"))
    }

    fn end(&self) -> u64 {
        self.whole("ts") + self.whole("dur")
    }

    /// The slice of a whole attempt, not of one of its phases.
    fn is_attempt(&self) -> bool {
        self.is("X") && self.0["args"].get("ordinal").is_some()
    }

    fn key(&self) -> (String, u64, u64) {
        let args = &self.0["args"];
        let number = |key: &str| args[key].as_u64().expect("a number");
        (
            args["traffic"].as_str().expect("a sender").to_owned(),
            number("ordinal"),
            number("attempt"),
        )
    }

    /// Fails unless it has what its kind must have, and nothing else.
    fn check(&self) {
        let keys: BTreeSet<&str> = self
            .0
            .as_object()
            .expect("an event is an object")
            .keys()
            .map(String::as_str)
            .collect();
        let wanted: &[&str] = match self.text("ph") {
            "X" => &["ph", "name", "cat", "pid", "tid", "ts", "dur", "args"],
            "i" => &["ph", "s", "name", "cat", "pid", "tid", "ts", "args"],
            "C" | "M" => &["ph", "name", "pid", "tid", "ts", "args"],
            other => panic!("no phase is {other}"),
        };
        assert_eq!(keys, wanted.iter().copied().collect(), "{}", self.0);
        assert!(self.whole("pid") > 0 && !self.text("name").is_empty(), "{}", self.0);
        let (_, _) = (self.whole("tid"), self.whole("ts"));
        let args = self.0["args"].as_object().expect("args are an object");
        match self.text("ph") {
            "X" => assert!(self.whole("dur") > 0, "{}", self.0),
            "i" => assert_eq!(self.text("s"), "t", "an instant of a thread"),
            "C" => assert!(!args.is_empty() && args.values().all(Value::is_u64), "{}", self.0),
            _ => {
                let arg = match self.text("name") {
                    "process_name" | "thread_name" => args["name"].is_string(),
                    "process_sort_index" | "thread_sort_index" => args["sort_index"].is_u64(),
                    other => panic!("no metadata is {other}"),
                };
                assert!(arg && args.len() == 1, "{}", self.0);
            }
        }
    }
}

/// The events of a timeline, all of which keep to the format.
fn events(json: &str) -> Vec<Event> {
    let json: Value = serde_json::from_str(json).expect("a timeline is JSON");
    let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["traceEvents", "displayTimeUnit", "otherData"]);
    assert_eq!(json["displayTimeUnit"], "ms");
    let events: Vec<Event> = json["traceEvents"]
        .as_array()
        .expect("a list")
        .iter()
        .cloned()
        .map(Event)
        .collect();
    events.iter().for_each(Event::check);
    let of = |name: &str| {
        events
            .iter()
            .filter(|event| event.is("M") && event.text("name") == name)
            .map(Event::track)
            .collect()
    };
    let processes: BTreeSet<(u64, u64)> = of("process_name");
    let threads: BTreeSet<(u64, u64)> = of("thread_name");
    for event in &events {
        let (process, track) = event.track();
        assert!(processes.contains(&(process, 0)), "no process has the number {process}");
        let needs_name = event.is("X") || event.is("i");
        assert!(
            !needs_name || threads.contains(&(process, track)),
            "no track is {process}/{track}"
        );
    }
    assert_slices_nest(&events);
    events
}

/// On each track a slice lies wholly inside the one around it, or wholly after it.
fn assert_slices_nest(events: &[Event]) {
    let mut tracks: BTreeMap<(u64, u64), Vec<&Event>> = BTreeMap::new();
    for slice in events.iter().filter(|event| event.is("X")) {
        tracks.entry(slice.track()).or_default().push(slice);
    }
    for (track, mut slices) in tracks {
        // Readers take the outer one of two that begin together to be the longer one.
        slices.sort_by_key(|slice| (slice.whole("ts"), std::cmp::Reverse(slice.whole("dur"))));
        let mut open: Vec<u64> = Vec::new();
        for slice in slices {
            open.retain(|end| *end > slice.whole("ts"));
            assert!(
                open.iter().all(|end| slice.end() <= *end),
                "{} overlaps on {track:?}",
                slice.0
            );
            open.push(slice.end());
        }
    }
}

fn run(which: usize, arguments: &[&str]) -> (Run, Vec<Event>) {
    let (stage, _) = staged(MIXED[which]);
    let run = stage.run(&[&["--records", "--timeline", "t.json"], arguments].concat());
    let written = fs::read_to_string(run.path("t.json")).expect("a timeline");
    let events = events(&written);
    (run, events)
}

fn micros(milliseconds: f64) -> u64 {
    (milliseconds * 1e3).round() as u64
}

#[test]
fn slices_and_instants_are_the_records_of_the_run() {
    for which in 0..MIXED.len() {
        let (run, events) = run(which, &[]);
        let of_phase = |phase: &'static str| events.iter().filter(move |event| event.is(phase));
        let slices: BTreeMap<_, &Event> = events
            .iter()
            .filter(|event| event.is_attempt())
            .map(|event| (event.key(), event))
            .collect();
        let instants: BTreeMap<_, &Event> = of_phase("i").map(|event| (event.key(), event)).collect();
        let mut inner: BTreeMap<(u64, u64), Vec<&Event>> = BTreeMap::new();
        for phase in of_phase("X").filter(|event| !event.is_attempt()) {
            inner.entry(phase.track()).or_default().push(phase);
        }
        let records = run.records();
        let ran = records.iter().filter(|record| record.ran()).count();
        assert_eq!(
            (slices.len(), instants.len()),
            (ran, records.len() - ran),
            "scenario {which}"
        );
        for record in &records {
            let key = (
                record.text("traffic"),
                record.count("ordinal") as u64,
                record.count("attempt") as u64,
            );
            if !record.ran() {
                let instant = instants[&key];
                assert_eq!(instant.whole("ts"), micros(record.number("start_ms")), "{key:?}");
                assert_eq!(instant.0["args"]["reason"], record.text("reason").as_str());
                continue;
            }
            let slice = slices[&key];
            let args = &slice.0["args"];
            assert_eq!(slice.whole("ts"), micros(record.number("start_ms")), "{key:?}");
            if let Some(end) = record.optional("end_ms") {
                assert_eq!(slice.end(), micros(end), "{key:?}");
            }
            assert_eq!(args["start"], record.text("start").as_str());
            assert_eq!(args["outcome"], record.text("outcome").as_str());
            assert_eq!(args["version"], record.text("version").as_str());
            assert_eq!(args["billed_ms"].as_f64(), record.optional("billed_ms"));
            assert_eq!(
                slice.whole("tid"),
                record.count("environment") as u64 + 2,
                "the track of its environment"
            );
            let beside = inner.get(&slice.track()).map_or(&[][..], Vec::as_slice);
            let within = beside
                .iter()
                .filter(|phase| phase.whole("ts") >= slice.whole("ts") && phase.end() <= slice.end());
            let init = within
                .filter(|phase| phase.text("name") == "INIT")
                .map(|phase| phase.whole("dur"));
            let init: u64 = init.sum();
            if record.optional("end_ms").is_some() {
                assert_eq!(
                    init,
                    micros(record.optional("init_ms").unwrap_or(0.0)),
                    "INIT of {key:?}"
                );
            }
        }
    }
}

#[test]
fn counters_are_the_slices_that_are_open() {
    for which in 0..MIXED.len() {
        let (run, events) = run(which, &[]);
        let attempts: Vec<&Event> = events.iter().filter(|event| event.is_attempt()).collect();
        let account = events
            .iter()
            .filter(|event| event.is("C") && event.text("name") == "ConcurrentExecutions");
        let (mut highest, mut before) = (0, None);
        for counter in account {
            let at = counter.whole("ts");
            assert!(before < Some(at), "one value for an instant");
            before = Some(at);
            let open = attempts
                .iter()
                .filter(|slice| slice.whole("ts") <= at && at < slice.end())
                .count() as u64;
            let busy = counter.0["args"]["busy"].as_u64().expect("a number");
            assert_eq!(busy, open, "at {at} µs of scenario {which}");
            highest = highest.max(busy);
        }
        assert_eq!(highest as f64, run.number("account/ConcurrentExecutions/max"));
    }
}

#[test]
fn a_window_shows_whole_attempts_of_the_functions_that_are_named() {
    let (_, all) = run(0, &[]);
    let (_, some) = run(0, &["--from", "10 s", "--to", "12 s", "--function", "shop"]);
    let shop = all
        .iter()
        .find(|event| event.is("M") && event.0["args"]["name"] == "shop")
        .expect("a process");
    let inside = |event: &&Event| {
        event.whole("pid") == shop.whole("pid") && event.end() > 10_000_000 && event.whole("ts") < 12_000_000
    };
    let keys = |events: &[Event]| -> BTreeSet<_> {
        events
            .iter()
            .filter(|event| event.is_attempt())
            .filter(inside)
            .map(Event::key)
            .collect()
    };
    let shown: BTreeSet<_> = some.iter().filter(|event| event.is_attempt()).map(Event::key).collect();
    assert_eq!(shown, keys(&all));
    assert!(shown.len() > 10, "{} attempts", shown.len());
    let counters: Vec<u64> = some
        .iter()
        .filter(|event| event.is("C"))
        .map(|event| event.whole("ts"))
        .collect();
    assert!(counters.iter().all(|at| (10_000_000..12_000_000).contains(at)));
    assert_eq!(
        counters.first(),
        Some(&10_000_000),
        "the window begins with what is busy then"
    );
}

#[test]
fn a_compressed_timeline_is_the_same_and_the_run_as_well() {
    let (plain, _) = run(2, &[]);
    let (stage, _) = staged(MIXED[2]);
    let packed = stage.run(&["--records", "--timeline", "t.json.gz"]);
    let file = fs::File::open(packed.path("t.json.gz")).expect("a timeline");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut unpacked)
        .expect("gzip");
    assert_eq!(unpacked, fs::read_to_string(plain.path("t.json")).expect("a timeline"));
    assert_eq!(packed.summary, plain.summary);
}

#[test]
fn names_cannot_break_a_timeline() {
    let name = "a \\\"quoted\\\" <script> \\u202E name";
    let (stage, _) = staged(&format!(
        "duration: 2 s\nfunctions: {{ f: {{ duration: 1 s }} }}\ntraffic: {{ \"{name}\": {{ to: f, retry: none, arrivals: {{ at: [0 s] }} }} }}\n"
    ));
    let run = stage.run(&["--timeline", "t.json"]);
    let events = events(&fs::read_to_string(run.path("t.json")).expect("a timeline"));
    let slice = events.iter().find(|event| event.is_attempt()).expect("an attempt");
    assert_eq!(slice.key().0, "a \"quoted\" <script> \u{202E} name");
}

#[test]
fn what_cannot_be_shown_is_told_and_nothing_is_written() {
    let small =
        "duration: 2 s\nfunctions: { f: { duration: 1 s } }\ntraffic: { t: { to: f, arrivals: { at: [0 s] } } }\n";
    let cases = [
        (
            &["--timeline", "t.json", "--from", "5 s", "--to", "5 s"][..],
            2,
            "before it begins",
        ),
        (&["--timeline", "t.json", "--function", "g"], 2, "no function \"g\""),
        (&["--timeline", "t.json", "--from", "soon"], 2, "soon"),
        (&["--from", "1 s"], 2, "--timeline"),
        (&["--timeline", "golden.yaml"], 3, "golden.yaml"),
        (&["--timeline", "nowhere/t.json"], 3, "nowhere"),
    ];
    for (arguments, code, expected) in cases {
        let stage = Stage::new(small);
        let before = fs::read(stage.path("golden.yaml")).expect("a scenario");
        let output = stage.call_run(arguments);
        assert_code(&output, code);
        let said = text(&output.stderr);
        assert!(said.contains(expected), "{arguments:?}: {said}");
        let left: Vec<_> = fs::read_dir(stage.path(".")).expect("a folder").collect();
        assert_eq!(left.len(), 1, "{arguments:?} leaves {left:?}");
        assert_eq!(fs::read(stage.path("golden.yaml")).expect("a scenario"), before);
    }
}
