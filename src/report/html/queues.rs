//! What became of the messages of queues.

use maud::{Markup, html};

use super::facts::Facts;
use super::tables::{Cells, name_cell, section};

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
        ("Queue", ""),
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
    let queues = input.plan.queues.iter().zip(&input.result.summary.queues);
    let rows: Vec<Cells> = queues
        .map(|(config, _)| {
            let at = |key| facts.show(&["queues", &config.name, key]);
            let mut cells = vec![name_cell(&config.name)];
            cells.extend(TERMS.map(at));
            cells
        })
        .collect();
    let note = "Messages sent after the warm-up. Each is processed, dead-lettered, expired, waiting or in flight.";
    html! { (section("Queues", note, &heads, 1, &rows)) }
}
