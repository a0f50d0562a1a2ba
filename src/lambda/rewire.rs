//! What a run can change of the account as a whole, of callers, and of the ways things are sent.

use super::config::{AccountConfig, PushConfig, Through};
use super::platform::Platform;
use crate::facts::{LinkId, TopicId, TrafficId};
use crate::messaging::TopicConfig;

impl Platform {
    /// Changes what refusals by the scaling rate and the account's rate are called (THR-4, THR-5), whether refused requests
    /// give their count back (RPS-5), and whether events from outside AWS are counted (RPS-4). All else stays.
    pub fn set_account(&mut self, config: &AccountConfig) {
        self.account.set_refund(config.rate_refund);
        let own = &mut self.account.config;
        own.scaling_reason = config.scaling_reason;
        own.account_rate_reason = config.account_rate_reason;
        own.rate_limits_events = config.rate_limits_events;
    }

    /// Changes numbers of the service that a traffic entry comes through, for answers and deliveries from now on.
    pub fn set_through(&mut self, traffic: TrafficId, through: Option<Through>) {
        self.throughs[traffic.index()] = through.map(Box::new);
    }

    /// Changes how the service in between delivers what a traffic entry sends over a link from now on.
    pub fn set_delivery(&mut self, link: LinkId, push: Option<PushConfig>) {
        self.links[link.index()].config.push = push;
    }

    /// Changes who gets a copy of what is published to a topic from now on.
    pub fn set_subscriptions(&mut self, topic: TopicId, config: &TopicConfig) {
        self.topics[topic.index()]
            .subscriptions
            .clone_from(&config.subscriptions);
    }
}
