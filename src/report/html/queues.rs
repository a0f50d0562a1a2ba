//! What became of the messages of queues.

use maud::{Markup, html};

use super::tables::{Cells, count, name_cell, section, text};
use crate::report::ReportInput;
use crate::report::numbers::milliseconds;

/// One row for each queue; nothing where there are none.
pub(super) fn queues(input: &ReportInput) -> Markup {
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
        .map(|(config, queue)| {
            vec![
                name_cell(&config.name),
                count(queue.sent),
                count(queue.processed),
                count(queue.dead_lettered),
                count(queue.expired),
                count(queue.waiting),
                count(queue.in_flight),
                count(queue.receives),
                count(queue.depth_max),
                text(milliseconds(queue.age_max)),
                count(queue.rejected),
            ]
        })
        .collect();
    let note = "Messages sent after the warm-up. Each is processed, dead-lettered, expired, waiting or in flight.";
    html! { (section("Queues", note, &heads, 1, &rows)) }
}
