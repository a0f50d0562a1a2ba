//! `billing.adjoining`: which services beside Lambda are billed.

use super::reader::Reader;
use super::tree::{Entry, Node};
use super::values;
use crate::facts::Architecture;
use crate::pricing::{AdjoiningConfig, AdjoiningService, PriceBook};
use crate::units::{Bytes, Timestamp};

const SERVICES: [(&str, AdjoiningService); 8] = [
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
        services,
        logs_priced_at: (prices.at)("SW-LOGTIER"),
        message_size: size("message_size", MESSAGE_SIZE),
        log_size: size("log_size", LOG_SIZE),
        nat_size: size("nat_size", Bytes(0)),
        egress_size: size("egress_size", Bytes(0)),
        scheduled: scheduled(root),
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

/// Names of the traffic entries that a schedule fires.
fn scheduled(root: &Node) -> Vec<String> {
    let traffic = root.entry("traffic").map_or(&[][..], |traffic| traffic.value.entries());
    let fires = |entry: &&Entry| {
        let arrivals = entry.value.entry("arrivals");
        arrivals.is_some_and(|arrivals| arrivals.value.entry("schedule").is_some())
    };
    traffic.iter().filter(fires).map(|entry| entry.key.clone()).collect()
}
