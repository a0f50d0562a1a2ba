use super::adjoining::AdjoiningUsage;
use super::adjoining_config::{AdjoiningConfig, AdjoiningService};
use super::item::Item;
use super::month::Month;
use crate::facts::{Attempt, Call, LinkId, Message, MessageStep, Observer, QueueId};
use crate::units::{Bytes, SimTime, Span, Timestamp};

/// What one request of SQS, SNS and EventBridge carries (§9.5).
const CHUNK: Bytes = Bytes::from_kb(64);
/// What one PUT unit of Kinesis carries (§9.5).
const PUT_UNIT: Bytes = Bytes::from_kb(25);
/// Messages that one request of SQS can receive or delete.
const MESSAGES_PER_CALL: u64 = 10;
/// API Gateway does not bill what it refuses by itself (FE-1).
const TOO_MANY: u16 = 429;
/// How long a poller waits for a message (SQS-2).
const LONG_POLL: Span = Span::from_secs(20);

/// What is known of the account before the run.
#[derive(Clone, Debug, Default)]
pub struct AdjoiningSources {
    /// By queue: whether it is a FIFO queue.
    pub fifo: Vec<bool>,
    /// By link: what is billed of what is sent over it, if anything is.
    pub links: Vec<Option<Item>>,
    /// By link: what is billed of a service that sends over it.
    pub link_senders: Vec<Option<Item>>,
    /// By flow: what is billed of a service that invokes.
    pub flow_senders: Vec<Option<Item>>,
    /// By function: whether it is in a VPC.
    pub in_vpc: Vec<bool>,
    /// Pollers that wait for messages of a queue.
    pub pollers: Vec<(QueueId, u32)>,
    /// Shards of all Kinesis streams, and since when there are so many; the first since the start.
    pub shards: Vec<(SimTime, u64)>,
}

/// A listener that counts what services beside Lambda bill.
#[derive(Clone, Debug)]
pub struct AdjoiningMeter {
    start: Timestamp,
    config: AdjoiningConfig,
    sources: AdjoiningSources,
    /// By queue: the request of its pollers that is being counted.
    calls: Vec<QueueCall>,
    usage: AdjoiningUsage,
}

/// Messages of a queue that take the same step at the same instant share requests.
#[derive(Clone, Copy, Debug, Default)]
struct QueueCall {
    of: Option<(SimTime, MessageStep)>,
    messages: u64,
}

impl AdjoiningMeter {
    /// A meter of a run that starts at `start`.
    pub fn new(start: Timestamp, config: &AdjoiningConfig, sources: AdjoiningSources) -> AdjoiningMeter {
        AdjoiningMeter {
            start,
            config: config.clone(),
            calls: vec![QueueCall::default(); sources.fifo.len()],
            sources,
            usage: AdjoiningUsage::starting(start, config),
        }
    }

    /// What was used until `end`.
    pub fn finish(mut self, end: SimTime) -> AdjoiningUsage {
        let mut from = SimTime::ZERO;
        while from < end {
            let month = self.month(from);
            let left = month.end().0.saturating_sub(self.start.0);
            let until = SimTime::from_micros(u64::try_from(left).unwrap_or(u64::MAX)).min(end);
            // The calendar ends with its last month.
            let until = if until > from { until } else { end };
            self.pass(month, (from, until));
            from = until;
        }
        self.usage.set_length(end - SimTime::ZERO);
        self.usage
    }

    /// What time alone costs: gateways, shards, and pollers that get no message.
    fn pass(&mut self, month: Month, (from, until): (SimTime, SimTime)) {
        let micros = u128::from((until - from).as_micros());
        if self.config.bills(AdjoiningService::NatGateway) {
            self.usage.add(month, Item::NatGateway, micros);
        }
        if self.config.bills(AdjoiningService::Kinesis) {
            let times = self.sources.shards.iter();
            let ends = times.clone().skip(1).map(|(since, _)| *since).chain([SimTime::MAX]);
            let part = |((since, shards), end): (&(SimTime, u64), SimTime)| {
                let time = end.min(until).since((*since).max(from));
                u128::from(*shards) * u128::from(time.as_micros())
            };
            self.usage
                .add(month, Item::KinesisShard, times.zip(ends).map(part).sum());
        }
        if self.config.bills(AdjoiningService::Sqs) {
            for (queue, pollers) in &self.sources.pollers {
                let polls = u128::from(*pollers) * micros / u128::from(LONG_POLL.as_micros());
                self.usage.add(month, request_of(&self.sources, *queue), polls);
            }
        }
    }

    fn month(&self, time: SimTime) -> Month {
        Month::of(Timestamp(self.start.0.saturating_add_unsigned(time.as_micros())))
    }

    fn add(&mut self, time: SimTime, item: Item, amount: u64) {
        let month = self.month(time);
        self.usage.add(month, item, amount.into());
    }

    /// Something is sent, which `item` bills.
    fn add_sent(&mut self, time: SimTime, item: Item) {
        let amount = match item {
            Item::KinesisPutUnit => self.config.message_size.0.div_ceil(PUT_UNIT.0).max(1),
            Item::SchedulerInvocation => 1,
            _ => self.requests(1),
        };
        self.add(time, item, amount);
    }

    /// Requests that `messages` of one call take: one for each 64 KB begun.
    fn requests(&self, messages: u64) -> u64 {
        messages
            .saturating_mul(self.config.message_size.0)
            .div_ceil(CHUNK.0)
            .max(u64::from(messages > 0))
    }

    /// What a message adds to the call that receives or deletes it.
    fn call(&mut self, time: SimTime, queue: QueueId, step: MessageStep) -> u64 {
        let mut call = self.calls[queue.index()];
        if call.of != Some((time, step)) || call.messages == MESSAGES_PER_CALL {
            call = QueueCall {
                of: Some((time, step)),
                messages: 0,
            };
        }
        call.messages += 1;
        self.calls[queue.index()] = call;
        match step {
            MessageStep::Received => self.requests(call.messages) - self.requests(call.messages - 1),
            _ => u64::from(call.messages == 1),
        }
    }
}

fn request_of(sources: &AdjoiningSources, queue: QueueId) -> Item {
    match sources.fifo[queue.index()] {
        true => Item::SqsFifoRequest,
        false => Item::SqsRequest,
    }
}

/// Whether each answer is billed, not each arrival.
fn is_request(item: Item) -> bool {
    matches!(item, Item::ApiGatewayRequest | Item::HttpApiRequest)
}

impl Observer for AdjoiningMeter {
    fn takes_sums(&self) -> bool {
        true
    }

    fn arrived(&mut self, call: &Call) {
        let sender = self.sources.flow_senders[call.flow.index()];
        if let Some(item) = sender.filter(|item| !is_request(*item)) {
            self.add_sent(call.arrived, item);
        }
    }

    fn status(&mut self, asked: SimTime, _time: SimTime, call: &Call, status: u16) {
        let sender = self.sources.flow_senders[call.flow.index()];
        if let Some(item) = sender.filter(|item| is_request(*item) && status != TOO_MANY) {
            self.add(asked, item, 1);
        }
    }

    fn ran(&mut self, attempt: &Attempt) {
        let sizes = [
            (
                AdjoiningService::CloudWatchLogs,
                Item::CloudWatchLogs,
                self.config.log_size,
            ),
            (AdjoiningService::NatGateway, Item::NatGatewayData, self.config.nat_size),
            (
                AdjoiningService::InternetEgress,
                Item::InternetEgress,
                self.config.egress_size,
            ),
        ];
        for (service, item, size) in sizes {
            let concerned = item != Item::NatGatewayData || self.sources.in_vpc[attempt.function.index()];
            if concerned && self.config.bills(service) {
                self.add(attempt.start, item, size.0);
            }
        }
    }

    fn sent(&mut self, time: SimTime, link: LinkId) {
        let items = [
            self.sources.link_senders[link.index()],
            self.sources.links[link.index()],
        ];
        for item in items.into_iter().flatten() {
            self.add_sent(time, item);
        }
    }

    fn message(&mut self, time: SimTime, queue: QueueId, _message: &Message, step: MessageStep) {
        let asked = matches!(step, MessageStep::Received | MessageStep::Deleted);
        if asked && self.config.bills(AdjoiningService::Sqs) {
            let requests = self.call(time, queue, step);
            self.add(time, request_of(&self.sources, queue), requests);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(message_size: Bytes, steps: &[(u64, MessageStep)]) -> u128 {
        let config = AdjoiningConfig {
            services: vec![AdjoiningService::Sqs],
            message_size,
            ..AdjoiningConfig::default()
        };
        let sources = AdjoiningSources {
            fifo: vec![false],
            links: vec![Some(Item::SqsRequest)],
            link_senders: vec![None],
            ..AdjoiningSources::default()
        };
        let mut meter = AdjoiningMeter::new(Timestamp(0), &config, sources);
        for (seconds, step) in steps {
            let time = SimTime::ZERO + Span::from_secs(*seconds);
            let message = Message {
                sent: SimTime::ZERO,
                ordinal: 0,
                link: LinkId(0),
                receives: 0,
                hops: 0,
            };
            match step {
                MessageStep::Sent => meter.sent(time, LinkId(0)),
                step => meter.message(time, QueueId(0), &message, *step),
            }
        }
        meter.usage.used(Item::SqsRequest)
    }

    #[test]
    fn eleven_messages_take_eleven_sends_two_receives_and_two_deletes() {
        let [sent, received, deleted] =
            [MessageStep::Sent, MessageStep::Received, MessageStep::Deleted].map(|step| vec![(1, step); 11]);
        assert_eq!(requests(Bytes::from_kb(1), &[sent, received, deleted].concat()), 15);
    }

    #[test]
    fn messages_of_different_instants_share_no_request() {
        let steps = [(1, MessageStep::Received), (2, MessageStep::Received)];
        assert_eq!(requests(Bytes::from_kb(1), &steps), 2);
    }

    #[test]
    fn messages_without_a_size_are_a_request_too() {
        assert_eq!(requests(Bytes(0), &[(1, MessageStep::Sent)]), 1);
        assert_eq!(requests(Bytes(0), &[(1, MessageStep::Received); 2]), 1);
    }

    #[test]
    fn an_invocation_by_the_scheduler_is_one_whatever_it_carries() {
        let config = AdjoiningConfig {
            message_size: Bytes::from_kb(200),
            ..AdjoiningConfig::default()
        };
        let sources = AdjoiningSources {
            links: vec![None],
            link_senders: vec![Some(Item::SchedulerInvocation)],
            ..AdjoiningSources::default()
        };
        let mut meter = AdjoiningMeter::new(Timestamp(0), &config, sources);
        (0..3).for_each(|_| meter.sent(SimTime::ZERO, LinkId(0)));
        assert_eq!(meter.usage.used(Item::SchedulerInvocation), 3);
    }

    #[test]
    fn time_beyond_the_calendar_belongs_to_its_last_month() {
        let config = AdjoiningConfig {
            services: vec![AdjoiningService::NatGateway],
            ..AdjoiningConfig::default()
        };
        let hour = Span::from_secs(3_600);
        let end = Month::of(Timestamp(i64::MAX)).end();
        let start = Timestamp(end.0 - hour.as_micros() as i64);
        let meter = AdjoiningMeter::new(start, &config, AdjoiningSources::default());
        let usage = meter.finish(SimTime::ZERO + Span::from_secs(3 * 3_600));
        assert_eq!(usage.used(Item::NatGateway), 3 * u128::from(hour.as_micros()));
    }

    #[test]
    fn each_64_kb_begun_are_a_request_but_deleting_is_one() {
        // 100 KB are two chunks, twice that are four.
        assert_eq!(requests(Bytes::from_kb(100), &[(1, MessageStep::Sent)]), 2);
        assert_eq!(requests(Bytes::from_kb(100), &[(1, MessageStep::Received); 2]), 4);
        assert_eq!(requests(Bytes::from_kb(100), &[(1, MessageStep::Deleted); 2]), 1);
    }
}
