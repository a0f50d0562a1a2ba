//! How to put values into effect: the part of a scenario that holds them, and the line for AWS's command line.

use std::fmt::Write as _;

/// The scenario's keys with these values, as YAML; paths that begin alike stand below each other.
pub fn fragment(settings: &[(String, String)]) -> String {
    let (mut text, mut open): (String, Vec<&str>) = (String::new(), Vec::new());
    for (path, value) in settings {
        let keys: Vec<&str> = path.split('.').collect();
        let shared = open.iter().zip(&keys).take_while(|(a, b)| a == b).count();
        let Some((last, above)) = keys.split_last() else {
            continue;
        };
        for (depth, key) in above.iter().enumerate().skip(shared) {
            let _ = writeln!(text, "{}{key}:", "  ".repeat(depth));
        }
        let _ = writeln!(text, "{}{last}: {value}", "  ".repeat(above.len()));
        open = above.to_vec();
    }
    text
}

/// The call of AWS's command line that sets one value, where there is one.
pub fn aws_line(path: &str, value: &str) -> Option<String> {
    let number: String = value.chars().take_while(char::is_ascii_digit).collect();
    let keys: Vec<&str> = path.split('.').collect();
    let configuration = |function: &str, option: &str| {
        format!("aws lambda update-function-configuration --function-name {function} --{option} {number}")
    };
    let mapping = |name: &str, option: &str| {
        format!("aws lambda update-event-source-mapping --uuid UUID-OF-{name} --{option}{number}")
    };
    Some(match keys.as_slice() {
        ["account", "concurrent_executions"] => format!(
            "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value {number}"
        ),
        ["functions", function, "reserved_concurrent_executions"] => format!(
            "aws lambda put-function-concurrency --function-name {function} --reserved-concurrent-executions {number}"
        ),
        [
            "functions",
            function,
            "aliases" | "versions",
            qualifier,
            "provisioned_concurrent_executions",
        ] => format!(
            "aws lambda put-provisioned-concurrency-config --function-name {function} --qualifier {qualifier} \
             --provisioned-concurrent-executions {number}"
        ),
        ["functions", function, "memory_size"] => configuration(function, "memory-size"),
        ["functions", function, "timeout"] => configuration(function, "timeout"),
        ["functions", function, "architectures"] => format!(
            "aws lambda update-function-code --function-name {function} --architectures {value} --zip-file fileb://BUILT-FOR-IT.zip"
        ),
        ["queues", queue, "visibility_timeout"] => {
            format!("aws sqs set-queue-attributes --queue-url URL-OF-{queue} --attributes VisibilityTimeout={number}")
        }
        ["event_source_mappings", name, "batch_size"] => mapping(name, "batch-size "),
        ["event_source_mappings", name, "maximum_batching_window"] => {
            mapping(name, "maximum-batching-window-in-seconds ")
        }
        ["event_source_mappings", name, "maximum_concurrency"] => mapping(name, "scaling-config MaximumConcurrency="),
        _ => return None,
    })
}

/// Both, ready to be printed: what to write into the scenario, and the lines for AWS's command line.
pub fn how_to_apply(settings: &[(String, String)]) -> String {
    let mut text = format!("\nIn the scenario\n\n{}", indented(&fragment(settings)));
    let lines: Vec<String> = settings
        .iter()
        .filter_map(|(path, value)| aws_line(path, value))
        .collect();
    if !lines.is_empty() {
        let _ = write!(text, "\nOn AWS\n\n{}", indented(&lines.join("\n")));
    }
    text
}

/// The calls of AWS's command line that provision an alias by the clock: hour, minute and amount of each change.
pub fn scheduled_lines(function: &str, alias: &str, actions: &[(usize, u32, u64)]) -> String {
    let target = format!(
        "--service-namespace lambda --scalable-dimension lambda:function:ProvisionedConcurrency --resource-id function:{function}:{alias}"
    );
    let amounts = || actions.iter().map(|(_, _, amount)| amount);
    let (least, most) = (
        amounts().min().copied().unwrap_or(0),
        amounts().max().copied().unwrap_or(0),
    );
    let mut text = format!(
        "aws application-autoscaling register-scalable-target {target} --min-capacity {least} --max-capacity {most}\n"
    );
    for (hour, minute, amount) in actions {
        let _ = writeln!(
            text,
            "aws application-autoscaling put-scheduled-action {target} --scheduled-action-name at-{hour:02}{minute:02} --schedule \
             \"cron({minute} {hour} * * ? *)\" --scalable-target-action MinCapacity={amount},MaxCapacity={amount}"
        );
    }
    text
}

/// Every line two columns further to the right.
pub fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_begin_alike_share_their_keys() {
        let settings = [
            ("functions.api.memory_size", "1024"),
            ("functions.api.timeout", "5 s"),
            ("functions.b.timeout", "3 s"),
        ]
        .map(|(path, value)| (path.to_owned(), value.to_owned()));
        let expected = "functions:\n  api:\n    memory_size: 1024\n    timeout: 5 s\n  b:\n    timeout: 3 s\n";
        assert_eq!(fragment(&settings), expected);
    }

    #[test]
    fn lines_for_aws_carry_plain_numbers_in_its_units() {
        let line = aws_line("functions.api.memory_size", "1024 MB").unwrap();
        assert_eq!(
            line,
            "aws lambda update-function-configuration --function-name api --memory-size 1024"
        );
        let line = aws_line("functions.api.aliases.live.provisioned_concurrent_executions", "5").unwrap();
        assert!(line.ends_with("--function-name api --qualifier live --provisioned-concurrent-executions 5"));
        assert_eq!(aws_line("functions.api.error_rate", "1 %"), None);
    }
}
