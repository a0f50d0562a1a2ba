use super::item::Item;
use crate::units::{Bytes, Timestamp};

/// A service beside Lambda that can be billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdjoiningService {
    /// Requests of REST and HTTP APIs.
    ApiGateway,
    /// Requests of queues.
    Sqs,
    /// What is published to topics.
    Sns,
    /// Custom events.
    EventBridge,
    /// Firings of schedules.
    Scheduler,
    /// Shards and records of Kinesis streams.
    Kinesis,
    /// What functions log.
    CloudWatchLogs,
    /// A gateway that functions in a VPC reach the internet through.
    NatGateway,
    /// What functions send to the internet.
    InternetEgress,
}

impl AdjoiningService {
    /// What is billed of it, in the order of the price list.
    pub const fn items(self) -> &'static [Item] {
        match self {
            AdjoiningService::ApiGateway => &[Item::ApiGatewayRequest, Item::HttpApiRequest],
            AdjoiningService::Sqs => &[Item::SqsRequest, Item::SqsFifoRequest],
            AdjoiningService::Sns => &[Item::SnsPublish],
            AdjoiningService::EventBridge => &[Item::EventBridgeEvent],
            AdjoiningService::Scheduler => &[Item::SchedulerInvocation],
            AdjoiningService::Kinesis => &[Item::KinesisShard, Item::KinesisPutUnit],
            AdjoiningService::CloudWatchLogs => &[Item::CloudWatchLogs],
            AdjoiningService::NatGateway => &[Item::NatGateway, Item::NatGatewayData],
            AdjoiningService::InternetEgress => &[Item::InternetEgress],
        }
    }
}

/// Which services are billed beside Lambda, and the sizes that a simulation of Lambda does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdjoiningConfig {
    /// Those that are; each once.
    pub services: Vec<AdjoiningService>,
    /// Instant that selects the prices of logs (SW-LOGTIER).
    pub logs_priced_at: Timestamp,
    /// Size of each message, event and record.
    pub message_size: Bytes,
    /// What each invocation logs.
    pub log_size: Bytes,
    /// What each invocation of a function in a VPC sends and gets through the gateway.
    pub nat_size: Bytes,
    /// What each invocation sends to the internet.
    pub egress_size: Bytes,
    /// Names of the traffic entries that come from a service, with what it bills of each arrival or answer.
    pub senders: Vec<(String, Item)>,
}

impl AdjoiningConfig {
    /// Whether this service is billed.
    pub fn bills(&self, service: AdjoiningService) -> bool {
        self.services.contains(&service)
    }
}
