//! What became of the messages of queues.

use maud::Markup;

use super::facts::Facts;
use super::long_table::{Cell, LongTable, Row, largest_first, long_table};

/// In the order of the columns.
const TERMS: [&str; 10] = [
    "sent",
    "processed",
    "dead_lettered",
    "expired",
    "waiting",
    "in_flight",
    "receives",
    "depth_max",
    "age_max",
    "rejected",
];

/// One row for each queue; nothing where there are none.
pub(super) fn queues(facts: &Facts) -> Markup {
    let input = facts.input;
    let heads = [
        ("Sent", "messages sent to it, from dead-letter sources too"),
        ("Processed", "messages deleted after a success or by a filter"),
        ("Dead-lettered", "messages received too often (SQS-13)"),
        ("Expired", "messages that outlived the retention (SQS-16)"),
        ("Waiting", "messages in the queue at the end"),
        ("In flight", "messages received and not done at the end"),
        ("Receives", "receives of single messages"),
        ("Depth max", "the most messages that waited at once"),
        ("Age max", "the largest age of a message"),
        (
            "Refused",
            "messages larger than maximum_message_size: none of those sent (SQS-16)",
        ),
    ];
    let queues: Vec<_> = input.plan.queues.iter().zip(&input.result.summary.queues).collect();
    let all = queues.len();
    let row = |name: &str| Row {
        name: name.to_owned(),
        base: format!("queues.{name}"),
        cells: TERMS.map(|key| Cell::of(facts, &["queues", name], &[key])).into(),
    };
    let shown = largest_first(queues, |(_, queue)| queue.sent);
    long_table(&LongTable {
        id: "all-queues",
        title: "Queues",
        note: "Messages sent after the warm-up. Each is processed, dead-lettered, expired, waiting or in flight.",
        head: "Queue",
        things: "queues",
        size: "messages",
        heads: &heads,
        rows: shown.iter().map(|(config, _)| row(&config.name)).collect(),
        all,
    })
}
