//! Random scenarios, written as files, so that whatever goes wrong can be run again from its file.
//!
//! A scenario is made from **genes**, lists of numbers, one list for each part. Each number chooses one of several
//! possibilities, of which the first is the simplest; a missing number counts as 0. So a shorter list, or one of smaller
//! numbers, is a simpler scenario, and proptest can shrink one without knowing what it means.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;

/// The numbers from which one part is made.
type Gene = Vec<u16>;

/// All that a scenario is made from.
#[derive(Clone, Debug)]
pub struct Genome {
    pub seed: u64,
    pub account: Gene,
    pub functions: Vec<Gene>,
    pub traffic: Vec<Gene>,
    /// Queues that are read, each with its mapping and traffic.
    pub queues: Vec<Gene>,
    /// Streams that are read, as well.
    pub streams: Vec<Gene>,
}

/// Random genomes.
pub fn genomes() -> impl Strategy<Value = Genome> {
    let gene = || vec(any::<u16>(), 0..48);
    (
        any::<u16>(),
        vec(any::<u16>(), 0..16),
        vec(gene(), 1..=4),
        vec(vec(any::<u16>(), 0..64), 1..=5),
        vec(vec(any::<u16>(), 0..64), 0..=2),
        vec(vec(any::<u16>(), 0..64), 0..=2),
    )
        .prop_map(|(seed, account, functions, traffic, queues, streams)| Genome {
            seed: u64::from(seed),
            account,
            functions,
            traffic,
            queues,
            streams,
        })
}

/// Reads a gene from its beginning.
struct Dice<'g>(std::slice::Iter<'g, u16>);

impl<'g> Dice<'g> {
    fn of(gene: &'g Gene) -> Dice<'g> {
        Dice(gene.iter())
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % count
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

/// Handler durations: multiples of 50 ms, so that much happens at once, and others.
const WORK: [&str; 8] = [
    "100 ms",
    "50 ms",
    "1 s",
    "300 ms",
    "{ mixture: [[50 %, 50 ms], [30 %, 100 ms], [20 %, 2 s]] }",
    "{ uniform: [0 ms, 400 ms] }",
    "{ exponential: 700 ms }",
    "4 s",
];
const INIT: [&str; 6] = [
    "0 s",
    "100 ms",
    "250 ms",
    "{ uniform: [50 ms, 500 ms] }",
    "{ mixture: [[60 %, 200 ms], [40 %, 11 s]] }",
    "10 s",
];

/// What is known of the functions when traffic is written.
struct Account {
    /// Whether reservations and provisioned concurrency are allowed, which leave 100 unreserved.
    large: bool,
    /// How many environments are asked for at once, more than the scaling rate allows.
    rush: Option<u32>,
    claimed: usize,
    addresses: Vec<String>,
    /// Addresses that a mapping may invoke, with the seconds that an invocation may take at most.
    readers: Vec<(String, usize)>,
}

impl Genome {
    /// The scenario file.
    pub fn text(&self) -> String {
        let mut dice = Dice::of(&self.account);
        let kind = dice.below(144);
        let mut account = Account {
            large: kind % 3 == 2,
            rush: [(24, 1_003), (27, 502)]
                .into_iter()
                .find(|rush| rush.0 == kind)
                .map(|rush| rush.1),
            claimed: 0,
            addresses: Vec::new(),
            readers: Vec::new(),
        };
        let small = [1, 2, 3, 5, 8, 20][dice.below(6)];
        let more = [0, 1, 7][dice.below(3)];
        let mut text = format!("seed: {}\nduration: 1 min\n", self.seed);
        writeln!(text, "drain: {}", dice.pick(&["0 s", "10 min", "1 h", "7 s"])).expect("text grows");
        text += "parameters:\n";
        for (name, values) in [
            ("placement", ["0 s", "100 ms", "{ uniform: [50 ms, 150 ms] }"]),
            ("overhead", ["0 s", "8 ms", "{ uniform: [0 ms, 50 ms] }"]),
            ("rps.shape", ["fixed_1s", "fixed_1s", "token_bucket"]),
            ("rps.refund", ["true", "true", "false"]),
            ("sqs.latency", ["20 ms", "1 ms", "{ uniform: [5 ms, 60 ms] }"]),
            ("sqs.backoff", ["[1 s, 30 s]", "[1 s, 4 s]", "off"]),
        ] {
            writeln!(text, "  {name}: {}", dice.pick(&values)).expect("text grows");
        }
        let functions = self.functions(&mut account);
        let limit = match account.rush {
            Some(_) => 3_000,
            None if account.large => 100 + account.claimed + more,
            None => small,
        };
        if account.rush == Some(502) {
            text += "region: eu-north-1\nswitches: { SW-SCALE: off }\n";
        }
        writeln!(text, "account: {{ concurrent_executions: {limit} }}").expect("text grows");
        let mut queues: Vec<Source> = Vec::new();
        for gene in &self.queues {
            let next = queue(gene, &queues, &account);
            queues.push(next);
        }
        let streams = self.streams.iter().enumerate();
        let streams: Vec<Source> = streams.map(|(index, gene)| stream(gene, index, &account)).collect();
        text + &functions + &read(&queues, &streams) + &self.traffic(&account, queues.iter().chain(&streams))
    }

    fn functions(&self, account: &mut Account) -> String {
        let mut text = String::from("functions:\n");
        for (index, gene) in self.functions.iter().enumerate() {
            let (name, mut dice) = (format!("f{index}"), Dice::of(gene));
            function(&mut text, &name, &mut dice, account);
        }
        if account.large {
            text += "  hog: { init: 0 s, duration: 5 s, timeout: 10 s }\n";
        }
        text
    }

    fn traffic<'s>(&self, account: &Account, sources: impl Iterator<Item = &'s Source>) -> String {
        let mut text = String::from("traffic:\n");
        for source in sources {
            text += &source.traffic;
        }
        for (index, gene) in self.traffic.iter().enumerate() {
            entry(&mut text, &format!("t{index}"), &mut Dice::of(gene), account);
        }
        if account.large {
            // All but a few of the hundred that must stay unreserved.
            text += "  z: { to: hog, retry: none, arrivals: { at: { count: 97, time: 1 s } } }\n";
        }
        if let Some(count) = account.rush {
            let at_once = format!("{{ at: {{ count: {count}, time: 1 s }} }}");
            writeln!(text, "  z: {{ to: f0, retry: none, arrivals: {at_once} }}").expect("text grows");
        }
        text
    }
}

fn function(text: &mut String, name: &str, dice: &mut Dice, account: &mut Account) {
    let reserved = [None, Some(0), Some(1), Some(2), Some(4)][dice.below(5)];
    let provisioned = [0, 0, 1, 2, 3][dice.below(5)];
    let (reserved, provisioned) = match account.large {
        true => (reserved.map(|amount: usize| amount.max(provisioned)), provisioned),
        false => (reserved.filter(|amount| *amount == 0), 0),
    };
    account.claimed += reserved.unwrap_or(provisioned);
    writeln!(text, "  {name}:").expect("text grows");
    if let Some(amount) = reserved {
        writeln!(text, "    reserved_concurrent_executions: {amount}").expect("text grows");
    }
    let timeout = [3, 1, 30][dice.below(3)];
    writeln!(text, "    timeout: {timeout} s").expect("text grows");
    for (key, values) in [
        ("init", &INIT[..]),
        ("duration", &WORK),
        ("record_error_rate", &["0 %", "10 %", "40 %"]),
        ("poison", &["0 %", "0 %", "20 %"]),
        ("error_rate", &["0 %", "10 %", "60 %", "80 %"]),
        ("crash_rate", &["0 %", "0 %", "20 %"]),
    ] {
        writeln!(text, "    {key}: {}", dice.pick(values)).expect("text grows");
    }
    let amount = format!("provisioned_concurrent_executions: {provisioned}");
    let (of_version, of_alias) = match (provisioned, dice.below(3)) {
        (0, _) => (String::new(), String::new()),
        (_, 2) => (format!("{amount}, "), String::new()),
        _ => (String::new(), format!(", {amount}")),
    };
    let weights = dice.pick(&[
        "",
        ", additional_version_weights: { 2: 50 % }",
        ", additional_version_weights: { 2: 10 % }",
        ", additional_version_weights: { 2: 100 % }",
    ]);
    *text += dice.pick(&["", "    function_response_types: ReportBatchItemFailures\n"]);
    writeln!(
        text,
        "    versions: {{ 1: {{ {of_version}duration: {} }}, 2: {{ init: {}, timeout: {} }} }}\n    \
         aliases: {{ live: {{ function_version: 1{weights}{of_alias} }} }}",
        dice.pick(&WORK),
        dice.pick(&INIT),
        dice.pick(&["3 s", "1 s"])
    )
    .expect("text grows");
    text.push_str("    parameters:\n");
    let life = if provisioned > 0 { 1 } else { 3 };
    for (key, values) in [
        ("idle", &["none", "1 s", "200 ms", "{ uniform: [100 ms, 5 s] }"][..]),
        ("max_life", &["none", "2 s", "{ uniform: [500 ms, 6 s] }"][..life]),
        ("env_pick", &["mru", "newest_created", "lru", "oldest", "mru"]),
        ("env.turnaround", &["0 s", "0 s", "50 ms"]),
    ] {
        writeln!(text, "      {key}: {}", dice.pick(values)).expect("text grows");
    }
    for (key, values) in [
        ("async.first_dispatch", &["30 ms", "0 s", "{ exponential: 40 ms }"][..]),
        ("async.jitter", &["off", "{ uniform: [1.0, 1.2] }"]),
        ("async.backlog_slowdown", &["off", "off", "1.5"]),
        ("alias.redraw_on_retry", &["off", "on"]),
    ] {
        writeln!(text, "      {key}: {}", dice.pick(values)).expect("text grows");
    }
    let events = [
        ("maximum_event_age", &["6 h", "60 s", "90 s", "5 min"][..]),
        ("maximum_retry_attempts", &["2", "0", "1"]),
        ("on_success", &["", "sqs:good"]),
        ("on_failure", &["", "sqs:dead", "sqs:bad"]),
    ];
    let events: Vec<String> = events
        .iter()
        .map(|(key, values)| (key, dice.pick(values)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    writeln!(text, "    event_invoke_config: {{ {} }}", events.join(", ")).expect("text grows");
    *text += dice.pick(&["", "    dead_letter_config: sqs:dead\n"]);
    let addresses = ["", ":live", ":1", ":2"].map(|qualifier| format!("{name}{qualifier}"));
    account.addresses.extend(addresses.clone());
    account
        .readers
        .extend(addresses.map(|address| (address, timeout.max(3))));
}

/// A source of events in the text of a scenario.
struct Source {
    name: String,
    /// What is read.
    queue: String,
    mapping: String,
    traffic: String,
}

/// A queue, who reads it and what comes to it.
fn queue(gene: &Gene, others: &[Source], account: &Account) -> Source {
    let (index, mut dice) = (others.len(), Dice::of(gene));
    let fifo = dice.below(3) == 2;
    let end = if fifo { ".fifo" } else { "" };
    let (reader, timeout) = &account.readers[dice.below(account.readers.len())];
    let mut queue = format!(
        "visibility_timeout: {} s",
        [*timeout, timeout + 1, 2 * timeout, 6 * timeout][dice.below(4)]
    );
    // No other timer ends with a delay: which comes first then, the rules do not say.
    let delay = format!(", delay_seconds: {} us", 1_000_013 + 70 * index);
    queue += dice.pick(&["", "", &delay]);
    queue += dice.pick(&["", "", ", message_retention_period: 60 s"]);
    let mut dead = vec![format!("lost{end}")];
    dead.extend(
        others
            .iter()
            .map(|other| other.name.clone())
            .filter(|name| name.ends_with(".fifo") == fifo),
    );
    let dead = &dead[dice.below(dead.len())];
    if let Some(most) = [None, Some(1), Some(2), Some(3)][dice.below(4)] {
        write!(
            queue,
            ", redrive_policy: {{ max_receive_count: {most}, dead_letter_target: \"sqs:{dead}\" }}"
        )
        .expect("text grows");
    }
    if fifo {
        write!(queue, ", message_groups: {}", [1, 2, 3, 6][dice.below(4)]).expect("text grows");
    }
    let mut mapping = format!("event_source: \"sqs:q{index}{end}\", function: \"{reader}\"");
    let (size, window) = [(1, 0), (10, 0), (3, 0), (5, 2), (20, 1)][dice.below(if fifo { 3 } else { 5 })];
    write!(mapping, ", batch_size: {size}, maximum_batching_window: {window} s").expect("text grows");
    mapping += dice.pick(&["", ", maximum_concurrency: 2", ", maximum_concurrency: 7"]);
    mapping += dice.pick(&["", ", filter_criteria: { pass: 60 % }"]);
    mapping += dice.pick(&["", ", function_response_types: ReportBatchItemFailures"]);
    Source {
        name: format!("q{index}{end}"),
        queue: format!("  q{index}{end}: {{ {queue} }}\n"),
        mapping: format!("  m{index}: {{ {mapping} }}\n"),
        traffic: format!(
            "  s{index}: {{ to: \"sqs:q{index}{end}\", arrivals: {} }}\n",
            arrivals(&mut dice)
        ),
    }
}

/// A stream, who reads it and what comes to it.
fn stream(gene: &Gene, index: usize, account: &Account) -> Source {
    let mut dice = Dice::of(gene);
    let kind = dice.pick(&["kinesis", "dynamodb"]);
    let shards = dice.pick(&["1", "2", "4"]);
    let (reader, _) = &account.readers[dice.below(account.readers.len())];
    let mut mapping = format!("event_source: \"{kind}:r{index}\", function: \"{reader}\"");
    for (key, values) in [
        ("batch_size", &["1", "4", "100", "7"][..]),
        ("maximum_batching_window", &["0 s", "1 s", "5 s"]),
        ("parallelization_factor", &["1", "2", "3"]),
        ("maximum_retry_attempts", &["-1", "0", "1", "3"]),
        ("maximum_record_age", &["-1", "60 s", "75 s"]),
        ("bisect_batch_on_function_error", &["false", "true"]),
    ] {
        write!(mapping, ", {key}: {}", dice.pick(values)).expect("text grows");
    }
    mapping += dice.pick(&["", ", on_failure: sqs:lost"]);
    mapping += dice.pick(&["", ", filter_criteria: { pass: 60 % }"]);
    mapping += dice.pick(&["", ", function_response_types: ReportBatchItemFailures"]);
    Source {
        name: format!("r{index}"),
        queue: format!("  r{index}: {{ type: {kind}, shard_count: {shards} }}\n"),
        mapping: format!("  n{index}: {{ {mapping} }}\n"),
        traffic: format!(
            "  u{index}: {{ to: \"{kind}:r{index}\", arrivals: {} }}\n",
            arrivals(&mut dice)
        ),
    }
}

fn read(queues: &[Source], streams: &[Source]) -> String {
    let all = |sources: &[Source], part: fn(&Source) -> &str| sources.iter().map(part).collect::<String>();
    let mut text = String::from("queues:\n  lost: { message_retention_period: 60 s }\n  lost.fifo: {}\n");
    text += &all(queues, |source| &source.queue);
    if !streams.is_empty() {
        text += "streams:\n";
        text += &all(streams, |source| &source.queue);
    }
    if !queues.is_empty() || !streams.is_empty() {
        text += "event_source_mappings:\n";
        text += &all(queues, |source| &source.mapping);
        text += &all(streams, |source| &source.mapping);
    }
    text
}

fn entry(text: &mut String, name: &str, dice: &mut Dice, account: &Account) {
    let to = &account.addresses[dice.below(account.addresses.len())];
    let retry = [
        "none".to_owned(),
        format!("{{ mode: legacy, max_attempts: {} }}", 1 + dice.below(5)),
        format!(
            "{{ mode: standard2026, max_attempts: {}, clients: 2 }}",
            1 + dice.below(6)
        ),
        "{ mode: standard2026, max_attempts: 40 }".to_owned(),
    ];
    let how = match dice.below(8) {
        7 => "invocation_type: DryRun".to_owned(),
        kind if kind > 3 => "invocation_type: Event".to_owned(),
        kind => format!("retry: {}", retry[kind]),
    };
    let arrivals = arrivals(dice);
    writeln!(text, "  {name}: {{ to: \"{to}\", {how}, arrivals: {arrivals} }}").expect("text grows");
}

/// Arrivals, many of them at the same instants as others.
fn arrivals(dice: &mut Dice) -> String {
    match dice.below(6) {
        0..=2 => {
            let (count, step) = (1 + dice.below(40), [50, 100, 1_000, 7][dice.below(4)]);
            let window = [20, 5, 50][dice.below(3)];
            let mut times: Vec<usize> = (0..count).map(|_| dice.below(window) * step).collect();
            times.sort_unstable();
            let times: Vec<String> = times.iter().map(|time| format!("{time} ms")).collect();
            format!("{{ at: [{}] }}", times.join(", "))
        }
        3 => format!(
            "{{ at: {{ count: {}, time: {} s }} }}",
            1 + dice.below(30),
            dice.below(3)
        ),
        4 => format!("{{ poisson: {} }}", dice.pick(&["1/s", "20/min", "2/s"])),
        _ => format!("{{ constant: {} }}", dice.pick(&["1/s", "30/min", "2/s"])),
    }
}
