//! Every key of a workload file (`lambdasim price FILE`) in one table; the reference in `docs/prices.md` follows it.

use super::keys::Takes::{
    Choice, Count, Date, Duration, Flag, Form, Memory, Named, Number, Section as Keys, Share, Text,
};
use super::keys::{SAVINGS_TERMS, Section, key};

/// The file itself.
pub(super) static WORKLOADS: Section = Section {
    name: "the workload file",
    groups: &[&[
        key("region", Text, "us-east-1", "AWS region whose prices hold."),
        key(
            "model_date",
            Date,
            "2026-11-20",
            "Selects dated prices and rules, and the month.",
        ),
        key(
            "free_tier",
            Flag,
            "false",
            "Whether the monthly free tier applies (PRICE-14).",
        ),
        key(
            "rounding",
            Choice(&["exact", "page"]),
            "exact",
            "`page` rounds each line to cents before they are summed.",
        ),
        key(
            "month_to_date",
            Keys(&TO_DATE),
            "nothing",
            "What the account has used of the month already.",
        ),
        key("custom_discount", Share, "0 %", "Taken off the whole bill last."),
        key(
            "savings_plan",
            Keys(&PLAN),
            "none",
            "A Compute Savings Plan, its use spread evenly over the month (PRICE-19).",
        ),
        key(
            "adjoining",
            Keys(&BESIDE),
            "nothing",
            "What services beside Lambda do in the month, billed apart from Lambda's lines.",
        ),
        key(
            "functions",
            Named(&WORKLOAD),
            "required",
            "What each function uses in the month, by name.",
        ),
    ]],
};

static TO_DATE: Section = Section {
    name: "month_to_date",
    groups: &[&[
        key("requests", Count, "0", "Requests so far."),
        key(
            "gb_seconds",
            Keys(&TO_DATE_SECONDS),
            "0",
            "On-demand GB-seconds so far.",
        ),
        key("streamed_gb", Number, "0", "Streamed GB so far."),
    ]],
};

static TO_DATE_SECONDS: Section = Section {
    name: "month_to_date.gb_seconds",
    groups: &[&[
        key("x86_64", Number, "0", "On x86_64."),
        key("arm64", Number, "0", "On arm64."),
    ]],
};

static BESIDE: Section = Section {
    name: "adjoining",
    groups: &[&[
        key("api_gateway", Count, "0", "Requests of REST APIs."),
        key("http_api", Count, "0", "Requests of HTTP APIs."),
        key(
            "sqs",
            Count,
            "0",
            "Requests of standard queues, one for each 64 KB begun.",
        ),
        key("sqs_fifo", Count, "0", "The same of FIFO queues."),
        key(
            "sns",
            Count,
            "0",
            "What is published to topics, one for each 64 KB begun.",
        ),
        key("eventbridge", Count, "0", "Custom events, one for each 64 KB begun."),
        key("scheduler", Count, "0", "Firings of schedules."),
        key("kinesis_shards", Count, "0", "Shards that are there all month (730 h)."),
        key(
            "kinesis_put_units",
            Count,
            "0",
            "Records put into streams, one for each 25 KB begun.",
        ),
        key("cloudwatch_logs", Number, "0", "GB that functions log (SW-LOGTIER)."),
        key("nat_gateways", Count, "0", "Gateways that are there all month (730 h)."),
        key("nat_gateway_data", Number, "0", "GB that go through them."),
        key(
            "internet_egress",
            Number,
            "0",
            "GB that are sent to the internet (PRICE-20).",
        ),
    ]],
};

static PLAN: Section = Section {
    name: "savings_plan",
    groups: &[&[
        key(
            "commitment",
            Form("USD an hour"),
            "required",
            "What is paid for every hour, used or not.",
        ),
        key(
            "term",
            Choice(&SAVINGS_TERMS),
            "1y no upfront",
            "Which of the published rates apply.",
        ),
    ]],
};

static WORKLOAD: Section = Section {
    name: "functions.NAME",
    groups: &[&[
        key(
            "requests",
            Count,
            "0",
            "Attempts that run, retries included, up to 10^15.",
        ),
        key(
            "duration",
            Duration,
            "required with requests",
            "`Duration` of each, above 0, at most 900 s (5,400 s on managed instances).",
        ),
        key(
            "memory_size",
            Memory,
            "128 MB",
            "Configured memory, 128 to 10,240 MB (LIM-1; 32,768 MB on managed instances).",
        ),
        key(
            "architectures",
            Choice(&["x86_64", "arm64"]),
            "x86_64",
            "Instruction set.",
        ),
        key(
            "ephemeral_storage",
            Memory,
            "512 MB",
            "Size of /tmp, 512 to 10,240 MB (PRICE-10).",
        ),
        key("init", Duration, "0 s", "INIT of each cold start (PRICE-2)."),
        key(
            "cold_start_share",
            Share,
            "0 %",
            "Share of the requests that start cold.",
        ),
        key(
            "package_type",
            Choice(&["Zip", "Image"]),
            "Zip",
            "INIT of images is billed at any date (SW-INITBILL).",
        ),
        key(
            "payload",
            Form("a size such as 321 KB"),
            "0",
            "Size of the event of an asynchronous request, at most 1 MB (PRICE-3).",
        ),
        key(
            "streamed_response",
            Form("a size such as 7 MB"),
            "0",
            "Size of the streamed response of each request, at most 200 MB (PRICE-12).",
        ),
        key(
            "provisioned_concurrent_executions",
            Count,
            "0",
            "Provisioned concurrency.",
        ),
        key(
            "provisioned_for",
            Duration,
            "730 h",
            "For how long it is enabled; billed in steps of 5 minutes (PRICE-8).",
        ),
        key(
            "provisioned_share",
            Share,
            "100 %",
            "Share of the requests that it serves (PRICE-9).",
        ),
        key(
            "snap_start_versions",
            Count,
            "0",
            "Published versions with SnapStart, Python or .NET (PRICE-11).",
        ),
        key(
            "snap_start_for",
            Duration,
            "730 h",
            "For how long each is kept; at least 3 h are billed.",
        ),
        key("restores", Count, "0", "Restores; each is one of the requests."),
        key(
            "billed_restore",
            Duration,
            "0 s",
            "`Billed Restore Duration` of each (SNAP-8).",
        ),
        key(
            "tenant_environments",
            Count,
            "0",
            "Environments created for one tenant each (PRICE-16).",
        ),
        key(
            "durable_operations",
            Count,
            "0",
            "Operations of durable executions: starts, steps, waits (PRICE-17).",
        ),
        key(
            "durable_written",
            Form("a size such as 104 GB"),
            "0",
            "What they write, in decimal GB.",
        ),
        key(
            "durable_retention",
            Duration,
            "0 s",
            "For how long it is kept, running time included.",
        ),
        key(
            "kafka_pollers",
            Count,
            "0",
            "Pollers of Kafka mappings in provisioned mode that share a group: ten are a unit (KAF-3, PRICE-15).",
        ),
        key(
            "sqs_pollers",
            Count,
            "0",
            "Pollers of SQS mappings in provisioned mode: each is a unit (PRICE-15).",
        ),
        key("pollers_for", Duration, "730 h", "For how long the pollers are there."),
        key("edge", Flag, "false", "Whether it runs on Lambda@Edge (PRICE-13)."),
        key(
            "instance_price",
            Form("USD an hour"),
            "none",
            "EC2's on-demand price of managed instances; duration is not billed then (PRICE-18).",
        ),
        key("instance_for", Duration, "730 h", "Hours of all instances together."),
        key(
            "instance_discount",
            Share,
            "0 %",
            "What a savings plan or reserved instances take off EC2's price; the fee stays.",
        ),
    ]],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_of_prices_documents_every_key() {
        let reference = include_str!("../../docs/prices.md");
        for section in [&WORKLOADS, &WORKLOAD, &TO_DATE, &TO_DATE_SECONDS, &PLAN] {
            for key in section.keys() {
                assert!(
                    reference.contains(&format!("`{}`", key.name)),
                    "{}: {}",
                    section.name,
                    key.name
                );
            }
        }
    }
}
