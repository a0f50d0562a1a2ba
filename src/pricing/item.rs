/// A billable item of Lambda's price list (lambda-model §9.1), or of a service beside it (§9.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Requests (PRICE-1).
    Request,
    /// On-demand duration (PRICE-7).
    Duration,
    /// Configured provisioned concurrency (PRICE-8).
    ProvisionedConcurrency,
    /// Duration on provisioned concurrency (PRICE-9).
    ProvisionedDuration,
    /// Ephemeral storage above 512 MB (PRICE-10).
    EphemeralStorage,
    /// Keeping the snapshot of a published version (PRICE-11).
    SnapStartCache,
    /// Restoring a snapshot (PRICE-11).
    SnapStartRestore,
    /// Streamed bytes beyond the first 6 MB of a response (PRICE-12).
    ResponseStreaming,
    /// Creating an environment for one tenant (PRICE-16).
    TenantEnvironment,
    /// Operations of durable functions (PRICE-17).
    DurableOperation,
    /// Data written by durable functions (PRICE-17).
    DurableDataWritten,
    /// Data that durable functions keep (PRICE-17).
    DurableDataRetained,
    /// Event poller units of Kafka mappings (PRICE-15).
    EventPollerUnit,
    /// Event poller units of SQS mappings (PRICE-15).
    EventPollerUnitSqs,
    /// Lambda@Edge requests (PRICE-13).
    EdgeRequest,
    /// Lambda@Edge duration (PRICE-13).
    EdgeDuration,
    /// On-demand duration that a one-year savings plan covers (PRICE-19).
    SavingsPlan1yDuration,
    /// Configured provisioned concurrency that a one-year savings plan covers.
    SavingsPlan1yProvisionedConcurrency,
    /// Duration on provisioned concurrency that a one-year savings plan covers.
    SavingsPlan1yProvisionedDuration,
    /// On-demand duration that a three-year savings plan covers.
    SavingsPlan3yDuration,
    /// Configured provisioned concurrency that a three-year savings plan covers.
    SavingsPlan3yProvisionedConcurrency,
    /// Duration on provisioned concurrency that a three-year savings plan covers.
    SavingsPlan3yProvisionedDuration,
    /// Requests of REST APIs (§9.5).
    ApiGatewayRequest,
    /// Requests of HTTP APIs (§9.5).
    HttpApiRequest,
    /// Requests of standard queues (§9.5).
    SqsRequest,
    /// Requests of FIFO queues (§9.5).
    SqsFifoRequest,
    /// What is published to topics (§9.5).
    SnsPublish,
    /// Custom events (§9.5).
    EventBridgeEvent,
    /// Firings of schedules (§9.5).
    SchedulerInvocation,
    /// Time of shards of Kinesis streams (§9.5).
    KinesisShard,
    /// Records put into Kinesis streams, 25 KB each (§9.5).
    KinesisPutUnit,
    /// What functions log (§9.5, SW-LOGTIER).
    CloudWatchLogs,
    /// Time of a gateway to the internet (§9.5).
    NatGateway,
    /// What goes through that gateway (§9.5).
    NatGatewayData,
    /// What is sent to the internet (PRICE-20).
    InternetEgress,
    /// EC2 instances of managed instances (PRICE-18); the price is the user's.
    ManagedInstance,
    /// Lambda's fee on managed instances (PRICE-18).
    ManagedInstanceFee,
    /// What a savings plan has covered, taken off at its on-demand price (PRICE-19).
    SavingsPlanCovered,
    /// The hourly commitment of a savings plan.
    SavingsPlanCommitment,
    /// A custom discount (§9.4, step 8).
    CustomDiscount,
}

impl Item {
    /// All items of the price book, in the order in which a bill lists them. Those that only a bill has are not among them.
    pub const ALL: [Item; 35] = [
        Item::Request,
        Item::Duration,
        Item::ProvisionedConcurrency,
        Item::ProvisionedDuration,
        Item::EphemeralStorage,
        Item::SnapStartCache,
        Item::SnapStartRestore,
        Item::ResponseStreaming,
        Item::TenantEnvironment,
        Item::DurableOperation,
        Item::DurableDataWritten,
        Item::DurableDataRetained,
        Item::EventPollerUnit,
        Item::EventPollerUnitSqs,
        Item::EdgeRequest,
        Item::EdgeDuration,
        Item::SavingsPlan1yDuration,
        Item::SavingsPlan1yProvisionedConcurrency,
        Item::SavingsPlan1yProvisionedDuration,
        Item::SavingsPlan3yDuration,
        Item::SavingsPlan3yProvisionedConcurrency,
        Item::SavingsPlan3yProvisionedDuration,
        Item::ApiGatewayRequest,
        Item::HttpApiRequest,
        Item::SqsRequest,
        Item::SqsFifoRequest,
        Item::SnsPublish,
        Item::EventBridgeEvent,
        Item::SchedulerInvocation,
        Item::KinesisShard,
        Item::KinesisPutUnit,
        Item::CloudWatchLogs,
        Item::NatGateway,
        Item::NatGatewayData,
        Item::InternetEgress,
    ];

    /// Name in the price book, `cost.csv` and `summary.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Item::Request => "request",
            Item::Duration => "duration",
            Item::ProvisionedConcurrency => "provisioned_concurrency",
            Item::ProvisionedDuration => "provisioned_duration",
            Item::EphemeralStorage => "ephemeral_storage",
            Item::SnapStartCache => "snapstart_cache",
            Item::SnapStartRestore => "snapstart_restore",
            Item::ResponseStreaming => "response_streaming",
            Item::TenantEnvironment => "tenant_environment",
            Item::DurableOperation => "durable_operation",
            Item::DurableDataWritten => "durable_data_written",
            Item::DurableDataRetained => "durable_data_retained",
            Item::EventPollerUnit => "event_poller_unit",
            Item::EventPollerUnitSqs => "event_poller_unit_sqs",
            Item::EdgeRequest => "edge_request",
            Item::EdgeDuration => "edge_duration",
            Item::SavingsPlan1yDuration => "savings_plan_1y_duration",
            Item::SavingsPlan1yProvisionedConcurrency => "savings_plan_1y_provisioned_concurrency",
            Item::SavingsPlan1yProvisionedDuration => "savings_plan_1y_provisioned_duration",
            Item::SavingsPlan3yDuration => "savings_plan_3y_duration",
            Item::SavingsPlan3yProvisionedConcurrency => "savings_plan_3y_provisioned_concurrency",
            Item::SavingsPlan3yProvisionedDuration => "savings_plan_3y_provisioned_duration",
            Item::ApiGatewayRequest => "api_gateway_request",
            Item::HttpApiRequest => "http_api_request",
            Item::SqsRequest => "sqs_request",
            Item::SqsFifoRequest => "sqs_fifo_request",
            Item::SnsPublish => "sns_publish",
            Item::EventBridgeEvent => "eventbridge_event",
            Item::SchedulerInvocation => "scheduler_invocation",
            Item::KinesisShard => "kinesis_shard",
            Item::KinesisPutUnit => "kinesis_put_unit",
            Item::CloudWatchLogs => "cloudwatch_logs",
            Item::NatGateway => "nat_gateway",
            Item::NatGatewayData => "nat_gateway_data",
            Item::InternetEgress => "internet_egress",
            Item::ManagedInstance => "managed_instance",
            Item::ManagedInstanceFee => "managed_instance_fee",
            Item::SavingsPlanCovered => "savings_plan_covered",
            Item::SavingsPlanCommitment => "savings_plan_commitment",
            Item::CustomDiscount => "custom_discount",
        }
    }

    /// The item with this name.
    pub fn from_name(name: &str) -> Option<Item> {
        Item::ALL.into_iter().find(|item| item.name() == name)
    }

    /// What its price is for one of.
    pub const fn unit(self) -> &'static str {
        match self {
            Item::Request
            | Item::EdgeRequest
            | Item::ApiGatewayRequest
            | Item::HttpApiRequest
            | Item::SqsRequest
            | Item::SqsFifoRequest
            | Item::SnsPublish
            | Item::EventBridgeEvent
            | Item::SchedulerInvocation
            | Item::KinesisPutUnit => "request",
            Item::Duration
            | Item::ProvisionedConcurrency
            | Item::ProvisionedDuration
            | Item::EphemeralStorage
            | Item::SnapStartCache
            | Item::EdgeDuration
            | Item::SavingsPlan1yDuration
            | Item::SavingsPlan1yProvisionedConcurrency
            | Item::SavingsPlan1yProvisionedDuration
            | Item::SavingsPlan3yDuration
            | Item::SavingsPlan3yProvisionedConcurrency
            | Item::SavingsPlan3yProvisionedDuration
            | Item::SavingsPlanCovered => "GB-second",
            Item::SnapStartRestore
            | Item::ResponseStreaming
            | Item::TenantEnvironment
            | Item::DurableDataWritten
            | Item::CloudWatchLogs
            | Item::NatGatewayData
            | Item::InternetEgress => "GB",
            Item::DurableOperation => "operation",
            Item::DurableDataRetained => "GB-month",
            Item::EventPollerUnit
            | Item::EventPollerUnitSqs
            | Item::KinesisShard
            | Item::NatGateway
            | Item::ManagedInstance
            | Item::ManagedInstanceFee
            | Item::SavingsPlanCommitment => "hour",
            Item::CustomDiscount => "USD",
        }
    }
}

/// What AWS puts before the usage types of a region; nothing in us-east-1 and where it is not known.
pub(super) fn usage_prefix(region: &str) -> &'static str {
    match region {
        "us-east-2" => "USE2-",
        "us-west-1" => "USW1-",
        "us-west-2" => "USW2-",
        "us-gov-east-1" => "UGE1-",
        "us-gov-west-1" => "UGW1-",
        "af-south-1" => "AFS1-",
        "ap-east-1" => "APE1-",
        "ap-east-2" => "APE2-",
        "ap-northeast-1" => "APN1-",
        "ap-northeast-2" => "APN2-",
        "ap-northeast-3" => "APN3-",
        "ap-south-1" => "APS3-",
        "ap-south-2" => "APS5-",
        "ap-southeast-1" => "APS1-",
        "ap-southeast-2" => "APS2-",
        "ap-southeast-3" => "APS4-",
        "ap-southeast-4" => "APS6-",
        "ap-southeast-5" => "APS7-",
        "ap-southeast-6" => "APS8-",
        "ap-southeast-7" => "APS9-",
        "ca-central-1" => "CAN1-",
        "ca-west-1" => "CAN2-",
        "eu-central-1" => "EUC1-",
        "eu-central-2" => "EUC2-",
        "eu-north-1" => "EUN1-",
        "eu-south-1" => "EUS1-",
        "eu-south-2" => "EUS2-",
        "eu-west-1" => "EU-",
        "eu-west-2" => "EUW2-",
        "eu-west-3" => "EUW3-",
        "il-central-1" => "ILC1-",
        "me-central-1" => "MEC1-",
        "me-south-1" => "MES1-",
        "mx-central-1" => "MXC1-",
        "sa-east-1" => "SAE1-",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::PriceBook;

    /// The short codes of AWS's page "AWS Region billing codes". Bills of Lambda in us-east-1 go without.
    const CODES: [(&str, &str); 36] = [
        ("af-south-1", "AFS1-"),
        ("ap-east-1", "APE1-"),
        ("ap-east-2", "APE2-"),
        ("ap-northeast-1", "APN1-"),
        ("ap-northeast-2", "APN2-"),
        ("ap-northeast-3", "APN3-"),
        ("ap-south-1", "APS3-"),
        ("ap-south-2", "APS5-"),
        ("ap-southeast-1", "APS1-"),
        ("ap-southeast-2", "APS2-"),
        ("ap-southeast-3", "APS4-"),
        ("ap-southeast-4", "APS6-"),
        ("ap-southeast-5", "APS7-"),
        ("ap-southeast-6", "APS8-"),
        ("ap-southeast-7", "APS9-"),
        ("ca-central-1", "CAN1-"),
        ("ca-west-1", "CAN2-"),
        ("eu-central-1", "EUC1-"),
        ("eu-central-2", "EUC2-"),
        ("eu-north-1", "EUN1-"),
        ("eu-south-1", "EUS1-"),
        ("eu-south-2", "EUS2-"),
        ("eu-west-1", "EU-"),
        ("eu-west-2", "EUW2-"),
        ("eu-west-3", "EUW3-"),
        ("il-central-1", "ILC1-"),
        ("me-central-1", "MEC1-"),
        ("me-south-1", "MES1-"),
        ("mx-central-1", "MXC1-"),
        ("sa-east-1", "SAE1-"),
        ("us-east-1", ""),
        ("us-east-2", "USE2-"),
        ("us-gov-east-1", "UGE1-"),
        ("us-gov-west-1", "UGW1-"),
        ("us-west-1", "USW1-"),
        ("us-west-2", "USW2-"),
    ];

    #[test]
    fn usage_types_of_every_region_begin_with_its_billing_code() {
        let found = PriceBook::built_in();
        let found: Vec<_> = found
            .regions()
            .into_iter()
            .map(|region| (region, usage_prefix(region)))
            .collect();
        assert_eq!(found, CODES);
        assert_eq!(usage_prefix("nowhere-1"), "");
    }
}
