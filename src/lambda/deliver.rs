//! What is sent arrives: in queues, in topics and their subscriptions, at functions.

use super::config::FlowConfig;
use super::esm::payload;
use super::esm::timer::DriverEvent;
use super::function::{Context, Function};
use super::outbox::Outgoing;
use super::platform::{Platform, Reply};
use super::task::Task;
use crate::facts::{
    Arrival, Ending, ErrorCode, FlowId, LinkId, Message, MessageStep, Observer, QueueId, Recorded, StartKind, Target,
    TopicId,
};
use crate::kernel::Class;
use crate::kernel::draws::Purpose;
use crate::units::SimTime;

/// Invocations of one chain that Lambda lets run (INV-8).
pub(super) const LONGEST_CHAIN: u8 = 16;

impl Platform {
    /// Takes in an arrival that asks for no function: it goes over its link.
    pub(super) fn publish<O: Observer>(&mut self, arrival: &Arrival, observer: &mut O) -> Reply {
        let link = arrival.flow.link().unwrap_or_default();
        let config = &self.links[link.index()].config;
        let delay = config.push.as_ref().map(|push| push.delay(arrival.ordinal, config.key));
        let twice = config
            .push
            .as_ref()
            .is_some_and(|push| push.duplicates(arrival.ordinal, config.key));
        for _ in 0..1 + u32::from(twice) {
            match delay.filter(|delay| !delay.is_zero()) {
                Some(delay) => self.agenda.schedule(
                    arrival.time.saturating_add(delay),
                    Class::Timer,
                    DriverEvent::Delivery(link).pack(),
                ),
                None => self.begin_chain(arrival.time, link, observer),
            }
        }
        Reply::Sent
    }

    /// Sends something over a link with which a chain begins (INV-8).
    pub fn begin_chain<O: Observer>(&mut self, now: SimTime, link: LinkId, observer: &mut O) {
        self.send(now, link, 0, observer);
        self.empty_outbox(now, observer);
    }

    /// Does what steps have left to be done elsewhere, and what follows from that.
    pub(super) fn empty_outbox<O: Observer>(&mut self, now: SimTime, observer: &mut O) {
        while let Some(outgoing) = self.outbox.pop_front() {
            match outgoing {
                Outgoing::Send { link, hops } => self.send(now, link, hops, observer),
                Outgoing::Polled {
                    mapping,
                    number,
                    verdict,
                } => self.batch_done(now, mapping, number, verdict, observer),
            }
        }
    }

    pub(super) fn send<O: Observer>(&mut self, now: SimTime, link: LinkId, hops: u8, observer: &mut O) {
        observer.sent(now, link);
        let message = self.links[link.index()].message(now, link, hops);
        observer.passed(now, &message);
        match self.links[link.index()].config.target {
            Target::Function(flow) => self.invoke_asynchronously(now, flow, &message, observer),
            Target::Queue(queue) => self.send_to_queue(now, queue, message, observer),
            Target::Topic(topic) => self.spread(topic, message.hops),
            Target::Stream(stream) => self.append(now, stream, message, observer),
            Target::Elsewhere => {}
        }
    }

    /// A message that is too large is refused with 400: its sender does not repeat it, and it is in no queue.
    fn send_to_queue<O: Observer>(&mut self, now: SimTime, queue: QueueId, message: Message, observer: &mut O) {
        if self.queues[queue.index()].takes(payload(&self.links, &message)) {
            self.put(now, queue, message, observer);
        } else {
            observer.message(now, queue, &message, MessageStep::Rejected);
        }
    }

    /// Every subscription of a topic gets a copy (SRC-2).
    fn spread(&mut self, topic: TopicId, hops: u8) {
        let subscriptions = &self.topics[topic.index()].subscriptions;
        let copy = |subscription: &crate::messaging::Subscription| Outgoing::Send {
            link: subscription.link,
            hops,
        };
        self.outbox.extend(subscriptions.iter().map(copy));
    }

    fn invoke_asynchronously<O: Observer>(&mut self, now: SimTime, flow: FlowId, message: &Message, observer: &mut O) {
        let config: &FlowConfig = &self.flows[flow.index()];
        let mut task = Task::new(&Arrival {
            time: now,
            flow,
            ordinal: message.ordinal,
            uniform: config.key.draw(message.ordinal, 0, Purpose::Work).second,
            recorded: Recorded::default(),
            sampled: None,
        });
        task.hops = message.hops;
        observer.arrived(&task.call(config));
        let (function, mut cx) = self.split(config.function.index(), observer);
        if task.hops >= LONGEST_CHAIN && !function.config.recursion_allowed {
            function.tell_rejection(now, &task, ErrorCode::RecursiveInvocation, &mut cx);
            function.end(now, &task, Ending::Refused, StartKind::None, &mut cx);
        } else {
            function.send(now, &task, &mut cx);
        }
    }
}

impl Function {
    /// What a successful invocation sends on.
    pub fn invoke_onward<O: Observer>(&mut self, task: &Task, cx: &mut Context<O>) {
        let flow_key = cx.flows[task.flow.index()].key;
        for onward in &self.config.invokes {
            let key = onward.key.combined(flow_key);
            if onward
                .share
                .covers(key.draw(task.ordinal, task.attempt, Purpose::Onward).first)
            {
                let outgoing = Outgoing::after(task, onward.link);
                cx.outbox.extend((0..onward.count).map(|_| outgoing));
            }
        }
    }
}
