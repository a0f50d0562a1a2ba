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

type Given = (&'static str, &'static str, String);

/// The options that describe a function, with its keys.
fn function_options(command: &PriceCommand) -> Vec<Given> {
    let given = [
        ("--requests", "functions.requests", &command.requests),
        ("--duration", "functions.duration", &command.duration),
        ("--memory-size", "functions.memory_size", &command.memory_size),
        ("--architectures", "functions.architectures", &command.architectures),
        (
            "--ephemeral-storage",
            "functions.ephemeral_storage",
            &command.ephemeral_storage,
        ),
        ("--init", "functions.init", &command.init),
        (
            "--cold-start-share",
            "functions.cold_start_share",
            &command.cold_start_share,
        ),
        ("--package-type", "functions.package_type", &command.package_type),
        ("--payload", "functions.payload", &command.payload),
        (
            "--streamed-response",
            "functions.streamed_response",
            &command.streamed_response,
        ),
        (
            "--provisioned",
            "functions.provisioned_concurrent_executions",
            &command.provisioned,
        ),
        (
            "--provisioned-for",
            "functions.provisioned_for",
            &command.provisioned_for,
        ),
        (
            "--provisioned-share",
            "functions.provisioned_share",
            &command.provisioned_share,
        ),
        (
            "--snap-start-versions",
            "functions.snap_start_versions",
            &command.snap_start_versions,
        ),
        ("--snap-start-for", "functions.snap_start_for", &command.snap_start_for),
        ("--restores", "functions.restores", &command.restores),
        ("--billed-restore", "functions.billed_restore", &command.billed_restore),
        (
            "--tenant-environments",
            "functions.tenant_environments",
            &command.tenant_environments,
        ),
        (
            "--durable-operations",
            "functions.durable_operations",
            &command.durable_operations,
        ),
        (
            "--durable-written",
            "functions.durable_written",
            &command.durable_written,
        ),
        (
            "--durable-retention",
            "functions.durable_retention",
            &command.durable_retention,
        ),
        ("--kafka-pollers", "functions.kafka_pollers", &command.kafka_pollers),
        ("--sqs-pollers", "functions.sqs_pollers", &command.sqs_pollers),
        ("--pollers-for", "functions.pollers_for", &command.pollers_for),
        ("--instance-price", "functions.instance_price", &command.instance_price),
        ("--instance-for", "functions.instance_for", &command.instance_for),
        (
            "--instance-discount",
            "functions.instance_discount",
            &command.instance_discount,
        ),
    ];
    let given = given
        .into_iter()
        .filter_map(|(option, key, value)| Some((option, key, value.clone()?)));
    let edge = command.edge.then(|| ("--edge", "functions.edge", "true".to_owned()));
    given.chain(edge).collect()
}

/// The options that describe the month, with the keys of a file.
fn month_options(command: &PriceCommand) -> Vec<Given> {
    let given = [
        ("--region", "region", &command.region),
        ("--model-date", "model_date", &command.model_date),
        ("--rounding", "rounding", &command.rounding),
        ("--custom-discount", "custom_discount", &command.custom_discount),
    ];
    let given = given
        .into_iter()
        .filter_map(|(option, key, value)| Some((option, key, value.clone()?)));
    let free = command
        .free_tier
        .then(|| ("--free-tier", "free_tier", "true".to_owned()));
    given.chain(free).collect()
}
