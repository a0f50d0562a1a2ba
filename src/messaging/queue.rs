use std::collections::VecDeque;

use super::config::QueueConfig;
use crate::facts::Message;

/// An SQS queue: the messages that wait in it.
#[derive(Clone, Debug)]
pub struct Queue {
    waiting: VecDeque<Message>,
}

impl Queue {
    /// An empty queue.
    pub fn new(_config: &QueueConfig) -> Queue {
        Queue {
            waiting: VecDeque::new(),
        }
    }

    /// Takes in a message.
    pub fn send(&mut self, message: Message) {
        self.waiting.push_back(message);
    }

    /// Messages that wait.
    pub fn depth(&self) -> usize {
        self.waiting.len()
    }
}
