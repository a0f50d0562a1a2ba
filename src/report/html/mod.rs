//! `report.html`: one self-contained page. [`page`] puts together a first screen and sections; each section is a file of its
//! own that makes a [`section::Section`] of [`facts::Facts`].

mod advice;
mod assumptions;
mod bands;
mod bars;
mod budgets;
mod chart;
mod cold_starts;
mod concurrency;
mod cost;
mod cross_checks;
mod deployments;
mod events;
mod facts;
mod first;
mod functions;
mod headroom;
mod latency;
mod long_table;
mod page;
mod problems;
mod provisioned;
mod queues;
mod replications;
mod section;
mod senders;
mod sensitivity;
mod sources;
mod streams;
mod tables;
mod throttling;

pub(super) use page::report_html;
