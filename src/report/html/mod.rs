//! `report.html`: one self-contained page. The answer in words ([`answer`]) comes before charts and [`tables`].

mod advice;
mod answer;
mod cross_checks;
mod headroom;
mod page;
mod queues;
mod senders;
mod sensitivity;
mod sources;
mod streams;
mod tables;

pub(super) use page::report_html;
