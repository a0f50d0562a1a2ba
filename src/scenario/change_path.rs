//! Paths that a change may set.

use super::keys::{FUNCTION_PARAMETERS, Key, SCENARIO, Section, Takes, nearest};
use super::problem::Fault;
use super::tree::{Node, shortened};
use crate::simulation::Plan;

/// Keys of a function's code and configuration: another value means new environments, and a published version keeps its own
/// (VER-1, LIFE-15). All other keys of a version describe how code behaves.
pub(super) const CONFIGURATION: &[&str] = &[
    "runtime",
    "architectures",
    "package_type",
    "memory_size",
    "timeout",
    "ephemeral_storage",
    "dead_letter_config",
    "snap_start",
    "vpc_config",
    "file_system_configs",
    "layers",
    "code_size",
    "unzipped_size",
    "environment",
    "extensions",
    "published_at",
];

/// Parts of a scenario below which something can change during a run.
const CHANGEABLE: &[&str] = &[
    "account",
    "alarms",
    "budgets",
    "defaults",
    "event_source_mappings",
    "functions",
    "parameters",
    "queues",
    "streams",
    "topics",
    "traffic",
];
const REMEDY: &str = "a change can set paths below functions, defaults, traffic, queues, streams, topics, event_source_mappings, \
                      alarms, budgets and parameters, and account.concurrent_executions";

/// Parameters of the account that can change; those that a function may hold can as well.
const ACCOUNT_PARAMETERS: &[&str] = &[
    "async.rps_nonaws",
    "client.read_timeout",
    "esm.activation",
    "fe.latency",
    "kafka.step",
    "rps.refund",
    "s3.latency",
    "sqs.backoff",
    "sqs.latency",
    "sqs.ramp",
    "sqs.scale_in",
    "stream.retry",
    "throttle_reason.account_rate",
    "throttle_reason.scaling_rate",
];

/// What to do instead of changing something of a part that holds for the whole run.
fn remedy(part: &str) -> String {
    let instead = match part {
        "deployments" => "a deployment begins at its own `at`; ",
        "billing" | "cost_budgets" => "the bill is one for the whole run; ",
        "drain" | "duration" | "seed" | "start" | "warm_up" => "it says what the run is; ",
        _ => "",
    };
    format!("{instead}{REMEDY}")
}

/// Whether a change may set the value at `keys`.
///
/// # Errors
/// What is wrong with the path, and what is allowed.
pub(super) fn check_path(root: &Node, plan: &Plan, keys: &[&str]) -> Result<(), Fault> {
    let first = keys.first().filter(|first| SCENARIO.find(first).is_some());
    if let Some(first) = first.filter(|first| !CHANGEABLE.contains(first)) {
        let found = format!("`{first}` holds for the whole run");
        return Err(Fault::new(found, remedy(first)));
    }
    follow_path(root, plan, keys)?;
    if let ["functions", name, "versions", number, key, ..] = keys
        && CONFIGURATION.contains(key)
    {
        let found = format!("version {number} of {name} is published: its `{key}` never changes (VER-1)");
        let allowed = format!(
            "declare another version with it and move an alias there, or set functions.{name}.{key}, which changes $LATEST"
        );
        return Err(Fault::new(found, allowed));
    }
    match reason_to_stay(keys) {
        Some(reason) => {
            let found = format!("`{}` holds for the whole run", shortened(&keys.join(".")));
            Err(Fault::new(found, reason))
        }
        None => Ok(()),
    }
}

/// Why something below a part that can change cannot, and what to do instead.
fn reason_to_stay(keys: &[&str]) -> Option<String> {
    let reason = match keys {
        ["account", "concurrent_executions"] => return None,
        ["account", ..] => "it belongs to the bill of the whole run; of `account`, concurrent_executions can change",
        ["parameters" | "defaults", name, ..] | ["functions", _, "parameters", name] if name.starts_with("aas.") => {
            "scaling policies hold for the whole run; remove it"
        }
        ["parameters", name] if !ACCOUNT_PARAMETERS.contains(name) && FUNCTION_PARAMETERS.find(name).is_none() => {
            return Some(format!(
                "of the account's parameters these can change: {}; and all that a function may hold",
                ACCOUNT_PARAMETERS.join(", ")
            ));
        }
        [
            "functions",
            _,
            "file_system_configs",
            "connections" | "throughput" | "burst" | "burst_credits",
        ] => "a file system is the same for the whole run; remove it",
        ["functions", _, "tags", ..] | ["defaults", "tags", ..] => "costs are summed by tags; remove it",
        ["functions", _, _, _, "scaling_policies", ..] => "scaled by its own scheduled_actions; remove it",
        ["event_source_mappings", name, "event_source" | "function", ..] => {
            return Some(format!(
                "declare another mapping beside {name}, and change `enabled` of both"
            ));
        }
        ["traffic", name, "invocation_type" | "through" | "event_type", ..] => {
            return Some(format!(
                "its callers and what they see are of one kind; end the traffic {name} with `until`, and begin another \
                 entry `from` then"
            ));
        }
        ["alarms", name, "period" | "statistic", ..] => {
            return Some(format!(
                "an alarm goes on with its datapoints; declare another one beside {name}"
            ));
        }
        ["streams", _, key, ..] if *key != "shard_count" => "of a stream, shard_count can change (STRM-15)",
        ["queues", _, key, ..]
            if !["visibility_timeout", "message_retention_period", "redrive_policy"].contains(key) =>
        {
            "of a queue, visibility_timeout, message_retention_period and redrive_policy can change"
        }
        [
            "event_source_mappings",
            _,
            "starting_position"
            | "starting_position_timestamp"
            | "parallelization_factor"
            | "tumbling_window"
            | "enhanced_fan_out"
            | "metrics_config",
            ..,
        ]
        | ["event_source_mappings", _, _, "poller_group_name", ..] => {
            "what a mapping reads, whom it invokes and its lanes stay; declare a second mapping and change `enabled` of both"
        }
        _ => return None,
    };
    Some(reason.to_owned())
}

/// Follows a path through the table of keys and the names of the file.
///
/// # Errors
/// The first step that leads nowhere, with what was probably meant.
pub(super) fn follow_path(root: &Node, plan: &Plan, keys: &[&str]) -> Result<(), Fault> {
    let (mut section, mut node, mut rest) = (&SCENARIO, Some(root), keys);
    while let Some((first, after)) = rest.split_first() {
        let key = section.find(first).ok_or_else(|| unknown(first, section))?;
        node = node.and_then(|node| node.entry(first)).map(|entry| &entry.value);
        match key.takes {
            Takes::Named(inner) => {
                let Some((name, below)) = after.split_first() else {
                    return Err(whole(keys));
                };
                let known = names(node, plan, first, rest.len() == keys.len());
                if !known.contains(name) {
                    return Err(missing(name, section, key, &known));
                }
                if below.is_empty() {
                    return Err(whole(keys));
                }
                node = node.and_then(|node| node.entry(name)).map(|entry| &entry.value);
                (section, rest) = (inner, below);
            }
            Takes::Section(_) if after.is_empty() && key.name != "event_invoke_config" => return Err(whole(keys)),
            Takes::Section(inner) => (section, rest) = (inner, after),
            Takes::Whole(inner) | Takes::WordOr(inner) => {
                return match after.first() {
                    Some(below) if inner.find(below).is_none() => Err(unknown(below, inner)),
                    _ => Ok(()),
                };
            }
            Takes::Values(_) | Takes::Form(_) | Takes::Distribution => return Ok(()),
            _ if after.is_empty() => return Ok(()),
            _ => {
                let found = format!(
                    "`{first}` has no keys, but the path goes on with `{}`",
                    shortened(after[0])
                );
                return Err(Fault::new(found, format!("end the path at `{first}`")));
            }
        }
    }
    Ok(())
}

/// What stands below a map of names.
fn names<'a>(node: Option<&'a Node>, plan: &'a Plan, key: &str, at_top: bool) -> Vec<&'a str> {
    if at_top && key == "functions" {
        // Those of Azure traces as well.
        return plan.functions.iter().map(|function| function.name.as_str()).collect();
    }
    let entries = node.map_or(&[][..], Node::entries);
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

fn unknown(name: &str, section: &Section) -> Fault {
    let found = format!("`{}` is no key of {}", shortened(name), section.name);
    let allowed = match nearest(name, section.keys().map(|key| key.name)) {
        Some(close) => format!("did you mean `{close}`?"),
        None => {
            let mut all: Vec<&str> = section.keys().map(|key| key.name).collect();
            all.sort_unstable();
            format!("allowed: {}", all.join(", "))
        }
    };
    Fault::new(found, allowed)
}

fn missing(name: &str, section: &Section, key: &Key, known: &[&str]) -> Fault {
    let at = match section.name {
        "the scenario" => key.name.to_owned(),
        inside => format!("{inside}.{}", key.name),
    };
    let found = format!("there is no `{}` under {at}", shortened(name));
    let allowed = match (nearest(name, known.iter().copied()), known) {
        (Some(close), _) => format!("did you mean `{close}`?"),
        (None, []) => "what is set must exist from the start: declare it there".to_owned(),
        (None, known) => {
            let some: Vec<&str> = known.iter().take(20).copied().collect();
            format!("what is set must exist from the start; there are: {}", some.join(", "))
        }
    };
    Fault::new(found, allowed)
}

fn whole(keys: &[&str]) -> Fault {
    let path = shortened(&keys.join("."));
    Fault::new(
        format!("`{path}` is a map of several things"),
        format!("name one key below it, such as `{path}.KEY`"),
    )
}
