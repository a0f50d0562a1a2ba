//! `billing.adjoining`: which services beside Lambda are billed.

use super::reader::Reader;
use super::tree::{Entry, Node};
use super::values;
use crate::facts::Architecture;
use crate::pricing::{AdjoiningConfig, AdjoiningService, Item, PriceBook};
use crate::units::{Bytes, Timestamp};

const SERVICES: [(&str, AdjoiningService); 9] = [
    ("api_gateway", AdjoiningService::ApiGateway),
    ("sqs", AdjoiningService::Sqs),
    ("sns", AdjoiningService::Sns),
    ("eventbridge", AdjoiningService::EventBridge),
    ("scheduler", AdjoiningService::Scheduler),
    ("kinesis", AdjoiningService::Kinesis),
    ("cloudwatch_logs", AdjoiningService::CloudWatchLogs),
    ("nat_gateway", AdjoiningService::NatGateway),
    ("internet_egress", AdjoiningService::InternetEgress),
];
const MESSAGE_SIZE: Bytes = Bytes::from_kb(1);
/// START, END and REPORT, about 250 bytes each.
const LOG_SIZE: Bytes = Bytes(750);

/// The prices of a scenario.
pub(super) struct Prices<'a> {
    /// All of them.
    pub book: &'a PriceBook,
    /// AWS region.
    pub region: &'a str,
    /// The instant whose prices hold, by the switch that dates them.
    pub at: &'a dyn Fn(&str) -> Timestamp,
}

/// The switches of a scenario, and what they need.
pub(super) fn adjoining(reader: &Reader, root: &Node, entry: Option<&Entry>, prices: &Prices) -> AdjoiningConfig {
    let Some(entry) = entry else {
        return AdjoiningConfig::default();
    };
    let node = &entry.value;
    let switched = |(name, service): &(&str, AdjoiningService)| {
        let switch = node.entry(name)?;
        if !reader.flag(switch)? {
            return None;
        }
        check_prices(reader, switch, *service, prices);
        Some(*service)
    };
    let services: Vec<AdjoiningService> = SERVICES.iter().filter_map(switched).collect();
    let size = |key: &str, usual| {
        let written = node.entry(key).and_then(|size| reader.value(size, values::size));
        written.unwrap_or(usual)
    };
    if services.contains(&AdjoiningService::InternetEgress) {
        reader.required(node, "egress_size", "`internet_egress`", entry.mark, "20 KB");
    }
    AdjoiningConfig {
        senders: senders(root, &services),
        services,
        logs_priced_at: (prices.at)("SW-LOGTIER"),
        message_size: size("message_size", MESSAGE_SIZE),
        log_size: size("log_size", LOG_SIZE),
        nat_size: size("nat_size", Bytes(0)),
        egress_size: size("egress_size", Bytes(0)),
    }
}

/// A book of one's own may lack the service.
fn check_prices(reader: &Reader, switch: &Entry, service: AdjoiningService, prices: &Prices) {
    let known = prices.book.regions().contains(&prices.region);
    let logs = service == AdjoiningService::CloudWatchLogs;
    let date = (prices.at)(if logs { "SW-LOGTIER" } else { "SW-TIER" });
    let priced = |item| {
        !prices
            .book
            .tiers(prices.region, item, Architecture::X86_64, date)
            .is_empty()
    };
    for item in service.items().iter().filter(|item| known && !priced(**item)) {
        let found = format!("`{}` needs a price of {}", switch.key, item.name());
        reader.problem(switch.mark, found, "add a row to the file of prices");
    }
}

/// The traffic entries that come from a service that is billed, and what it bills.
fn senders(root: &Node, services: &[AdjoiningService]) -> Vec<(String, Item)> {
    let traffic = root.entry("traffic").map_or(&[][..], |traffic| traffic.value.entries());
    let billed = |item: &Item| services.iter().any(|service| service.items().contains(item));
    let sender = |entry: &Entry| Some((entry.key.clone(), sender(&entry.value).filter(billed)?));
    traffic.iter().filter_map(sender).collect()
}

fn sender(entry: &Node) -> Option<Item> {
    let arrivals = entry.entry("arrivals");
    if arrivals.is_some_and(|arrivals| arrivals.value.entry("schedule").is_some()) {
        return Some(Item::SchedulerInvocation);
    }
    match entry.entry("through")?.value.text()? {
        "api-gateway" => Some(Item::ApiGatewayRequest),
        "http-api" => Some(Item::HttpApiRequest),
        "sns" => Some(Item::SnsPublish),
        "eventbridge" => Some(Item::EventBridgeEvent),
        "scheduler" => Some(Item::SchedulerInvocation),
        _ => None,
    }
}
