use std::process::ExitCode;

use super::args::PriceCommand;
use super::failure::Failure;
use super::output::print;
use super::prices::price_book;
use crate::report::{estimate_json, estimate_text};
use crate::scenario::{EstimateOptions, load_estimate};

/// `lambdasim price`: the bill of a month of known usage.
pub(super) fn price(command: &PriceCommand) -> Result<ExitCode, Failure> {
    let of_function = function_options(command);
    if let (Some(_), Some((option, _, _))) = (&command.file, of_function.first()) {
        return Err(Failure::Usage(format!(
            "{option} describes one function, but the functions stand in the file; write it there"
        )));
    }
    let options = EstimateOptions {
        options: of_function.into_iter().chain(month_options(command)).collect(),
        file: command.file.as_deref(),
        prices: price_book(command.prices.as_deref())?,
    };
    let estimate = load_estimate(&options).map_err(|problems| Failure::Scenarios(vec![problems]))?;
    print(&if command.json {
        format!("{:#}\n", estimate_json(&estimate))
    } else {
        estimate_text(&estimate)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// An option, the key that it sets, and its value.
type Given = (String, String, String);

/// The options that describe a function, with its keys.
fn function_options(command: &PriceCommand) -> Vec<Given> {
    let edge = command.edge.then(|| "true".to_owned());
    let given = [
        ("requests", &command.requests),
        ("duration", &command.duration),
        ("memory-size", &command.memory_size),
        ("architectures", &command.architectures),
        ("ephemeral-storage", &command.ephemeral_storage),
        ("init", &command.init),
        ("cold-start-share", &command.cold_start_share),
        ("package-type", &command.package_type),
        ("payload", &command.payload),
        ("streamed-response", &command.streamed_response),
        ("provisioned", &command.provisioned),
        ("provisioned-for", &command.provisioned_for),
        ("provisioned-share", &command.provisioned_share),
        ("snap-start-versions", &command.snap_start_versions),
        ("snap-start-for", &command.snap_start_for),
        ("restores", &command.restores),
        ("billed-restore", &command.billed_restore),
        ("tenant-environments", &command.tenant_environments),
        ("durable-operations", &command.durable_operations),
        ("durable-written", &command.durable_written),
        ("durable-retention", &command.durable_retention),
        ("kafka-pollers", &command.kafka_pollers),
        ("sqs-pollers", &command.sqs_pollers),
        ("pollers-for", &command.pollers_for),
        ("instance-price", &command.instance_price),
        ("instance-for", &command.instance_for),
        ("instance-discount", &command.instance_discount),
        ("edge", &edge),
    ];
    let key = |name: &str| match name {
        "provisioned" => "functions.provisioned_concurrent_executions".to_owned(),
        _ => format!("functions.{}", name.replace('-', "_")),
    };
    let given = given
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)));
    given
        .map(|(name, value)| (format!("--{name}"), key(name), value))
        .collect()
}

/// The options that describe the month, with the keys of a file.
fn month_options(command: &PriceCommand) -> Vec<Given> {
    let free_tier = command.free_tier.then(|| "true".to_owned());
    let gb_seconds = match command.architectures.as_deref() {
        Some("arm64") => "month_to_date.gb_seconds.arm64",
        _ => "month_to_date.gb_seconds.x86_64",
    };
    let to_date = &command.month_to_date;
    let given = [
        ("--region", "region", &command.region),
        ("--model-date", "model_date", &command.model_date),
        ("--rounding", "rounding", &command.rounding),
        ("--custom-discount", "custom_discount", &command.custom_discount),
        ("--free-tier", "free_tier", &free_tier),
        ("--month-to-date-requests", "month_to_date.requests", &to_date.requests),
        ("--month-to-date-gb-seconds", gb_seconds, &to_date.gb_seconds),
        (
            "--month-to-date-streamed-gb",
            "month_to_date.streamed_gb",
            &to_date.streamed_gb,
        ),
        (
            "--savings-plan-commitment",
            "savings_plan.commitment",
            &command.savings_plan_commitment,
        ),
        ("--savings-plan-term", "savings_plan.term", &command.savings_plan_term),
    ];
    let given = given.into_iter();
    given
        .filter_map(|(option, key, value)| Some((option.to_owned(), key.to_owned(), value.clone()?)))
        .collect()
}
