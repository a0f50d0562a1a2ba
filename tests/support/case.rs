//! Data cases: scenario files that state what follows from a rule (ARCHITECTURE.md, "Rules and their cases").

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How often a call is asked whether it has ended, and how many times: about two minutes, longer than any case takes even
/// on a busy machine. A defect may well run for ever.
const PAUSE: Duration = Duration::from_millis(2);
const PATIENCE: u32 = 60_000;

/// A scenario, or another call of the program, with what must come of it.
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// The file's name without `.yaml`: the rule or vector that it is about.
    pub id: String,
    /// The rules that it exercises.
    pub rules: Vec<String>,
    /// One-line defects that it must notice.
    pub mutations: Vec<Mutation>,
    exit: i32,
    says: Vec<String>,
    output: Vec<String>,
    /// Files of the run folder, each with a text that must stand in it.
    holds: Vec<(String, String)>,
    /// Arguments, where it is not `run`; `{cases}` stands for the folder of the cases.
    command: Option<Vec<String>>,
}

/// A defect of one rule.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// The rule that it breaks.
    pub rule: String,
    /// The file, from the project's root.
    pub file: String,
    /// What stands there once.
    pub old: String,
    /// What stands there instead.
    pub new: String,
}

impl Case {
    /// Reads the header of a case.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(path: &Path) -> Result<Case, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut case = Case {
            path: path.to_owned(),
            id,
            rules: Vec::new(),
            mutations: Vec::new(),
            exit: 0,
            says: Vec::new(),
            output: Vec::new(),
            holds: Vec::new(),
            command: None,
        };
        let mut told = false;
        for line in text.lines().map_while(|line| line.strip_prefix('#')) {
            told |= !case.take(line.trim())?;
        }
        case.check(&text, told)?;
        Ok(case)
    }

    /// Takes in one line of the header; false where it is prose.
    fn take(&mut self, line: &str) -> Result<bool, String> {
        let Some((key, value)) = line.split_once(':') else {
            return Ok(false);
        };
        let value = value.trim();
        match key {
            "rules" => self.rules = value.split(',').map(|rule| rule.trim().to_owned()).collect(),
            "exit" => self.exit = value.parse().map_err(|_| format!("`exit: {value}` is no number"))?,
            "says" => self.says.push(value.to_owned()),
            "output" => self.output.push(value.to_owned()),
            "holds" => {
                let (file, text) = value.split_once(" :: ").ok_or("write it as `holds: file :: text`")?;
                self.holds.push((file.trim().to_owned(), text.trim().to_owned()));
            }
            "command" => self.command = Some(words(value)),
            _ => match key.strip_prefix("mutation ") {
                Some(rule) => self.mutations.push(Mutation::read(rule.trim(), value)?),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    fn check(&self, text: &str, told: bool) -> Result<(), String> {
        if !told {
            return Err("the header does not say what is checked".to_owned());
        }
        if self.rules.is_empty() {
            return Err("the header has no `# rules:`".to_owned());
        }
        let expects = text.lines().any(|line| line.starts_with("expect:"));
        let claims = [&self.says, &self.output].iter().any(|texts| !texts.is_empty());
        if self.exit == 0 && !expects && !claims && self.holds.is_empty() {
            return Err("claims nothing: no `expect:`, `# says:`, `# output:` or `# holds:`".to_owned());
        }
        if let Some(rule) = self.rules.iter().find(|rule| !self.breaks(rule)) {
            return Err(format!("{rule} has no `# mutation {rule}:`"));
        }
        let foreign = self
            .mutations
            .iter()
            .find(|mutation| !self.rules.contains(&mutation.rule));
        match foreign {
            Some(mutation) => Err(format!("{} has a mutation but is not in `# rules:`", mutation.rule)),
            None => Ok(()),
        }
    }

    fn breaks(&self, rule: &str) -> bool {
        self.mutations.iter().any(|mutation| mutation.rule == rule)
    }

    /// Runs the case with this program. `look` says what else is wrong with the run folder, where there is one.
    ///
    /// # Errors
    /// What came out otherwise than the case says.
    pub fn run(&self, program: &Path, look: impl Fn(&Path) -> Vec<String>) -> Result<(), String> {
        let out = tempfile::tempdir().map_err(|error| error.to_string())?;
        let folder = out.path().join("run");
        let mut call = Command::new(program);
        match &self.command {
            Some(arguments) => {
                let cases = self.path.parent().unwrap_or(Path::new("."));
                let cases = cases.canonicalize().map_err(|error| error.to_string())?;
                let place = |word: &String| word.replace("{cases}", &cases.to_string_lossy());
                call.args(arguments.iter().map(place)).current_dir(out.path())
            }
            None => {
                let file = self.path.canonicalize().map_err(|error| error.to_string())?;
                call.arg("run")
                    .arg(file)
                    .args(["--quiet", "--no-plots", "--no-advice", "--out"])
                    .arg(&folder)
            }
        };
        let ended = call_within(&mut call, out.path())?;
        let summary = fs::read_to_string(folder.join("summary.json")).unwrap_or_default();
        let summary: Value = serde_json::from_str(&summary).unwrap_or_default();
        let lacking = self.holds.iter().filter(|(file, text)| {
            let written = fs::read_to_string(folder.join(file)).unwrap_or_default();
            !written.contains(text)
        });
        let lacking = lacking.map(|(file, text)| format!("{file} lacks: {text}"));
        let mut wrong: Vec<String> = lacking.collect();
        if folder.exists() {
            wrong.extend(look(&folder));
        }
        self.judge(&ended, &summary, wrong)
    }

    fn judge(&self, ended: &Ended, summary: &Value, lacking: Vec<String>) -> Result<(), String> {
        let mut wrong = failed_expectations(summary);
        wrong.extend(lacking);
        if ended.status.code() != Some(self.exit) {
            wrong.push(format!("ended with {}, not {}", ended.status, self.exit));
        }
        let said = one_line(&format!("{} {}", ended.errors, summary["warnings"]));
        let missing = |texts: &[String], said: &str, place: &str| -> Vec<String> {
            let missing = texts.iter().filter(|text| !said.contains(&one_line(text)));
            missing.map(|text| format!("{place} lacks: {text}")).collect()
        };
        wrong.extend(missing(&self.says, &said, "what it says"));
        wrong.extend(missing(&self.output, &one_line(&ended.output), "standard output"));
        if wrong.is_empty() {
            return Ok(());
        }
        let printed = format!("{}{}", ended.errors, ended.output);
        Err(format!("{}\n{}", wrong.join("\n"), printed.trim()))
    }
}

impl Mutation {
    /// `file :: old text :: new text`.
    fn read(rule: &str, text: &str) -> Result<Mutation, String> {
        let padded = format!("{text} ");
        let parts: Vec<&str> = padded.splitn(3, " :: ").collect();
        let [file, old, new] = parts.as_slice() else {
            return Err(format!(
                "mutation of {rule}: write it as `file :: old text :: new text`"
            ));
        };
        Ok(Mutation {
            rule: rule.to_owned(),
            file: (*file).trim().to_owned(),
            old: (*old).trim().to_owned(),
            new: (*new).trim().to_owned(),
        })
    }

    /// The text of the file with the defect in it.
    ///
    /// # Errors
    /// Where the old text does not stand there exactly once, or the new one changes nothing.
    pub fn applied(&self, root: &Path) -> Result<String, String> {
        let text = fs::read_to_string(root.join(&self.file)).map_err(|error| format!("{}: {error}", self.file))?;
        let found = text.matches(&self.old).count();
        if found != 1 {
            return Err(format!("{}: stands {found} times, not once: {}", self.file, self.old));
        }
        if self.old == self.new {
            return Err(format!("{}: changes nothing: {}", self.file, self.old));
        }
        Ok(text.replacen(&self.old, &self.new, 1))
    }
}

/// All cases of a folder by name, or what is wrong with their headers.
///
/// # Errors
/// One line for each wrong file.
pub fn read_all(folder: &Path) -> Result<Vec<Case>, Vec<String>> {
    let entries = fs::read_dir(folder).map_err(|error| vec![format!("{}: {error}", folder.display())])?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let (mut cases, mut wrong) = (Vec::new(), Vec::new());
    for path in paths {
        match Case::read(&path) {
            Ok(case) => cases.push(case),
            Err(problem) => wrong.push(format!("{}: {problem}", path.display())),
        }
    }
    if wrong.is_empty() { Ok(cases) } else { Err(wrong) }
}

/// What a call left behind.
struct Ended {
    status: ExitStatus,
    output: String,
    errors: String,
}

/// Calls a program and ends it when patience is over. It writes to files, since a full pipe would stop it.
fn call_within(call: &mut Command, folder: &Path) -> Result<Ended, String> {
    let (output, errors) = (folder.join("output"), folder.join("errors"));
    let file = |path: &Path| fs::File::create(path).map_err(|error| error.to_string());
    let child = call
        .stdin(Stdio::null())
        .stdout(file(&output)?)
        .stderr(file(&errors)?)
        .spawn();
    let status = wait(child.map_err(|error| error.to_string())?)?;
    let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    Ok(Ended {
        status,
        output: text(&output),
        errors: text(&errors),
    })
}

fn wait(mut child: Child) -> Result<ExitStatus, String> {
    for _ in 0..PATIENCE {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        thread::sleep(PAUSE);
    }
    child
        .kill()
        .and_then(|()| child.wait())
        .map_err(|error| error.to_string())?;
    Err("does not end".to_owned())
}

fn failed_expectations(summary: &Value) -> Vec<String> {
    let results = summary["expect"].as_array().into_iter().flatten();
    let failed = results.filter(|result| result["ok"] != true);
    failed
        .map(|result| {
            format!(
                "{} (is {})",
                result["text"].as_str().unwrap_or_default(),
                result["value"]
            )
        })
        .collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Arguments as a shell would split them; double quotes hold several words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for character in line.chars() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            _ if character.is_whitespace() && !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[test]
fn arguments_are_split_as_a_shell_would() {
    assert_eq!(
        words("price  --a 1 \"--b=2 GB\" \"\""),
        ["price", "--a", "1", "--b=2 GB", ""]
    );
}

#[test]
fn a_mutation_has_a_file_an_old_and_a_new_text_which_may_be_empty() {
    let mutation = Mutation::read("X-1", "src/a.rs :: a::b(c) :: a::d").expect("three parts");
    assert_eq!(
        (mutation.file.as_str(), mutation.old.as_str(), mutation.new.as_str()),
        ("src/a.rs", "a::b(c)", "a::d")
    );
    assert_eq!(
        Mutation::read("X-1", "src/a.rs :: old ::").expect("three parts").new,
        ""
    );
    assert!(Mutation::read("X-1", "src/a.rs :: old").is_err());
}
