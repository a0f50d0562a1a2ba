//! The floors of the house, read from the source (ARCHITECTURE.md).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by floor, from the ground up: each imports only from lower floors, so rooms of one floor never import each
/// other.
const FLOORS: &[&[&str]] = &[
    &["units"],
    &["facts", "kernel", "rules"],
    &["messaging"],
    &["lambda", "workload", "pricing", "metrics"],
    &["control"],
    &["simulation", "trace"],
    &["scenario"],
    &["experiment", "explain", "fit", "import"],
    &["reconcile", "report"],
    &["cli"],
    &["main"],
];

/// Rooms that cannot fail: no input or output, no clock, no threads, and nothing above Rust 1.85.
const PURE: [&str; 11] = [
    "units",
    "facts",
    "kernel",
    "rules",
    "messaging",
    "lambda",
    "workload",
    "pricing",
    "metrics",
    "control",
    "simulation",
];

/// What pure rooms must not name.
const IMPURE: [&str; 14] = [
    "std::fs",
    "std::net",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
    "std::time",
    "Instant::now",
    "SystemTime",
    "println!",
    "eprintln!",
    "print!(",
    "dbg!",
    "&& let ",
];

/// Libraries and the rooms that may use them.
const HOMES: [(&str, &[&str]); 11] = [
    ("base64", &["import"]),
    ("plotters", &["report"]),
    ("clap", &["cli"]),
    ("rayon", &["experiment", "import"]),
    ("statrs", &["experiment", "fit"]),
    (
        "csv",
        &[
            "rules",
            "lambda",
            "pricing",
            "trace",
            "fit",
            "import",
            "reconcile",
            "report",
        ],
    ),
    ("rand", &["kernel"]),
    ("rand_chacha", &["kernel"]),
    ("libm", &["kernel"]),
    ("pulp", &["kernel", "metrics", "workload"]),
    ("prefetch_index", &["kernel"]),
];

/// Pairs of files that import each other and may, each with its reason. An entry that is no longer needed fails.
const ALLOWED_CIRCLES: &[(&str, &str)] = &[];

/// One source file without comments, texts and tests.
struct Source {
    /// `lambda::invoke::sync`; a room's `mod.rs` bears the room's own name.
    module: Vec<String>,
    is_door: bool,
    code: String,
}

impl Source {
    fn room(&self) -> &str {
        &self.module[0]
    }

    fn name(&self) -> String {
        let name = self.module.join("::");
        if self.is_door { format!("{name}::mod") } else { name }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source is there") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    let source = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("source is text");
        let place = path.strip_prefix(&root).expect("below src").with_extension("");
        let mut module: Vec<String> = place.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let is_door = module.last().is_some_and(|last| last == "mod");
        if is_door {
            module.pop();
        }
        let code = if only_for_tests(path) {
            String::new()
        } else {
            code_of(&text)
        };
        Source { module, is_door, code }
    };
    found.iter().map(source).collect()
}

/// Whether the door beside a file declares it for tests alone.
fn only_for_tests(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let door = fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    door.contains(&format!("#[cfg(test)]\nmod {name};"))
}

/// The code of a file: comments and texts blanked, all from the tests module on cut.
fn code_of(text: &str) -> String {
    let cut = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let mut code = String::new();
    let mut rest = &text[..cut];
    while let Some(next) = rest.chars().next() {
        let (skipped, kept) = token(rest, next);
        code.push_str(kept);
        rest = &rest[skipped..];
    }
    code
}

/// Length of the comment, text, character or plain character at the start of `rest`, and what stands for it.
fn token(rest: &str, next: char) -> (usize, &str) {
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), " ");
    }
    if rest.starts_with("/*") {
        return (until("*/", 2), " ");
    }
    if rest.starts_with("r#\"") {
        return (until("\"#", 3), "\"\"");
    }
    if next == '"' {
        return (closing(rest, '"'), "\"\"");
    }
    let is_character = next == '\'' && (rest[1..].starts_with('\\') || rest.chars().nth(2) == Some('\''));
    if is_character {
        return (closing(rest, '\''), "' '");
    }
    (next.len_utf8(), &rest[..next.len_utf8()])
}

/// Length of a quoted text, its backslashes heeded.
fn closing(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        if character == quote && !escaped {
            return at + quote.len_utf8();
        }
        escaped = character == '\\' && !escaped;
    }
    rest.len()
}

/// All paths in `code` that begin with one of `roots`; groups in braces are written out.
fn paths(code: &str, roots: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for root in roots {
        let start = format!("{root}::");
        for (at, _) in code.match_indices(&start) {
            let before = code[..at].chars().next_back();
            let inside_a_path = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
            if !inside_a_path {
                let mut rest = &code[at..];
                tree(&mut rest, &mut Vec::new(), &mut found);
            }
        }
    }
    found
}

/// Reads one tree of a `use`: names joined by `::`, then perhaps a group.
fn tree(rest: &mut &str, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let depth = before.len();
    loop {
        *rest = rest.trim_start();
        if let Some(group) = rest.strip_prefix('{') {
            *rest = group;
            while !rest.trim_start().starts_with('}') && !rest.trim_start().is_empty() {
                tree(rest, before, found);
                *rest = rest.trim_start().trim_start_matches(',');
            }
            *rest = rest.trim_start().strip_prefix('}').unwrap_or("");
            break;
        }
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let name = if end == 0 && rest.starts_with('*') {
            "*"
        } else {
            &rest[..end]
        };
        if !name.is_empty() {
            before.push(name.to_owned());
        }
        *rest = &rest[name.len()..];
        match rest.strip_prefix("::") {
            Some(more) if !name.is_empty() => *rest = more,
            _ => {
                found.push(before.clone());
                *rest = after_rename(rest);
                if name.is_empty() {
                    *rest = rest.get(1..).unwrap_or("");
                }
                break;
            }
        }
    }
    before.truncate(depth);
}

/// What follows ` as name`.
fn after_rename(rest: &str) -> &str {
    let Some(name) = rest.trim_start().strip_prefix("as ") else {
        return rest;
    };
    name.trim_start()
        .trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
}

fn floor(room: &str) -> usize {
    let found = FLOORS.iter().position(|rooms| rooms.contains(&room));
    found.unwrap_or_else(|| panic!("room `{room}` has no floor"))
}

#[test]
fn every_room_imports_only_from_lower_floors() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.room() != "lib") {
        for path in paths(&source.code, &["crate", "lambdasim"]) {
            let (from, to) = (source.room(), path[1].as_str());
            if from != to && floor(to) >= floor(from) {
                wrong.push(format!("{} imports {}", source.name(), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_have_no_input_output_clock_or_thread_and_nothing_above_rust_1_85() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.room())) {
        let named = IMPURE.iter().filter(|name| source.code.contains(**name));
        wrong.extend(named.map(|name| format!("{} has `{name}`", source.name())));
    }
    // Names of the library that are newer the lint finds.
    let root = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("the root is there");
    let linted = |room: &&str| root.contains(&format!("#[clippy::msrv = \"1.85\"]\npub mod {room};"));
    let unlinted = PURE.iter().filter(|room| !linted(room));
    wrong.extend(unlinted.map(|room| format!("{room} lacks `clippy::msrv` in lib.rs")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ways to learn what time it is. The progress bar's are inside its library; `clippy.toml` bans calls, this also types and files.
const CLOCKS: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    ".modified(",
    ".accessed(",
    ".created(",
];

#[test]
fn nothing_reads_the_clock_of_the_computer_or_the_dates_of_files() {
    let mut wrong = Vec::new();
    for source in &sources() {
        let named = CLOCKS.iter().filter(|name| source.code.contains(**name));
        wrong.extend(named.map(|name| format!("{} has `{name}`", source.name())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_library_stays_in_its_home() {
    let mut wrong = Vec::new();
    for source in &sources() {
        for (library, homes) in HOMES {
            let used = !paths(&source.code, &[library]).is_empty();
            if used && !homes.contains(&source.room()) {
                wrong.push(format!("{} uses {library}, whose home is {homes:?}", source.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

// ---------------------------------------------------------------- circles

/// The module and item path that a relative or absolute path in `source` means.
fn absolute(source: &Source, path: &[String]) -> Vec<String> {
    let mut at = match path[0].as_str() {
        "crate" => Vec::new(),
        _ => source.module.clone(),
    };
    for name in path {
        match name.as_str() {
            "crate" | "self" => {}
            "super" => {
                at.pop();
            }
            _ => at.push(name.clone()),
        }
    }
    at
}

/// The file that defines what an absolute path names: re-exports are followed through doors.
fn definition(path: &[String], all: &[Source]) -> Option<usize> {
    let holds = |source: &Source| path.starts_with(&source.module);
    let place = (0..all.len())
        .filter(|place| holds(&all[*place]))
        .max_by_key(|place| all[*place].module.len())?;
    let source = &all[place];
    let item = path.get(source.module.len());
    let Some(item) = item.filter(|_| source.is_door) else {
        return Some(place);
    };
    let re_exported = re_exports(source).into_iter().find(|path| path.last() == Some(item));
    match re_exported {
        Some(path) => definition(&absolute_in_door(source, &path), all),
        None => Some(place),
    }
}

fn absolute_in_door(door: &Source, path: &[String]) -> Vec<String> {
    let mut at = door.module.clone();
    at.extend(path.iter().filter(|name| *name != "self").cloned());
    at
}

/// Paths that a door hands on with `pub use`.
fn re_exports(door: &Source) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for statement in door.code.split(';') {
        let statement = statement.trim_start();
        let handed_on = ["pub use ", "pub(crate) use ", "pub(super) use "];
        if let Some(mut rest) = handed_on.iter().find_map(|start| statement.strip_prefix(start)) {
            tree(&mut rest, &mut Vec::new(), &mut found);
        }
    }
    found
}

/// Which file imports which, inside one room.
fn imports(all: &[Source]) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut graph: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (place, source) in all.iter().enumerate().filter(|(_, source)| source.room() != "lib") {
        for path in paths(&source.code, &["crate", "super", "self"]) {
            let target = definition(&absolute(source, &path), all);
            let inside = target.filter(|target| *target != place && all[*target].room() == source.room());
            graph.entry(place).or_default().extend(inside);
        }
    }
    graph
}

/// Every file that `from` reaches by imports.
fn reach(graph: &BTreeMap<usize, BTreeSet<usize>>, from: usize) -> BTreeSet<usize> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(place) = open.pop() {
        for next in graph.get(&place).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(*next);
            }
        }
    }
    reached
}

#[test]
fn no_circle_of_imports_runs_through_the_files_of_a_room() {
    let all = sources();
    let graph = imports(&all);
    let mut circles = BTreeSet::new();
    for place in 0..all.len() {
        for other in reach(&graph, place) {
            if place < other && reach(&graph, other).contains(&place) {
                circles.insert((all[place].name(), all[other].name()));
            }
        }
    }
    let allowed = ALLOWED_CIRCLES.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
    let allowed: BTreeSet<(String, String)> = allowed.collect();
    let new: Vec<_> = circles.difference(&allowed).collect();
    assert!(new.is_empty(), "circles: {new:?}");
    let gone: Vec<_> = allowed.difference(&circles).collect();
    assert!(gone.is_empty(), "no longer needed in ALLOWED_CIRCLES: {gone:?}");
}

// ---------------------------------------------------------------- the reader itself

#[test]
fn the_reader_sees_groups_and_inline_paths_and_no_comments_or_texts() {
    let code = code_of(
        "use crate::{units::{Span, SimTime as Time}, facts};\n// crate::cli\nlet a = \"crate::report\"; crate::lambda::run::<u8>(); '\"'; f(crate::trace::open)\n#[cfg(test)]\nmod tests {\nuse crate::scenario;\n}",
    );
    let found: Vec<String> = paths(&code, &["crate"]).iter().map(|path| path.join("::")).collect();
    let expected = [
        "crate::units::Span",
        "crate::units::SimTime",
        "crate::facts",
        "crate::lambda::run",
        "crate::trace::open",
    ];
    assert!(
        expected
            .iter()
            .all(|path| found.iter().any(|f| f.trim_end_matches(':').starts_with(path))),
        "{found:?}"
    );
    assert!(
        !found
            .iter()
            .any(|f| ["cli", "report", "scenario"].iter().any(|room| f.contains(room))),
        "{found:?}"
    );
}

#[test]
fn the_reader_finds_a_circle_of_three() {
    let file = |name: &str, code: &str| Source {
        module: vec!["room".into(), name.into()],
        is_door: false,
        code: code.into(),
    };
    let door = Source {
        module: vec!["room".into()],
        is_door: true,
        code: "mod a; mod b; mod c; pub use c::{Thing, Other};".into(),
    };
    let all = [
        door,
        file("a", "use super::b::B;"),
        file("b", "use crate::room::Thing;"),
        file("c", "use super::a::A;"),
    ];
    let graph = imports(&all);
    assert!(reach(&graph, 1).contains(&1));
    assert!(!reach(&graph, 1).contains(&0), "a door is no part of a circle");
}
