//! What the engine says, put beside what others measured (VALIDATION.md).

mod azure;
mod billing;
pub mod chart;
mod constant_rate;
mod engine;
pub mod finding;
mod idle;
pub mod init;
mod init_days;
mod load_tests;
mod memory;
pub mod page;
mod prices;
mod table;

use std::path::Path;

use finding::{Finding, Kind};

/// One comparison and the data that it needs.
pub struct Section {
    pub title: &'static str,
    pub kind: Kind,
    /// The folder of its data beside the project's own, which may be absent.
    pub data: Option<&'static str>,
    /// `None` where that is so.
    pub make: fn(&Path) -> Option<Finding>,
}

/// All comparisons in the order of the page.
pub const SECTIONS: [Section; 10] = [
    own("Idle life", Kind::Calibration, |_| Some(idle::idle())),
    own("Cold starts by runtime", Kind::Calibration, |_| Some(init::init())),
    own("Billed durations", Kind::Calibration, |_| Some(billing::billing())),
    own("Price cases", Kind::Calibration, |_| Some(prices::prices())),
    own("Environments in use at constant rates", Kind::Prediction, |_| {
        Some(constant_rate::used_environments())
    }),
    own("Reuse order", Kind::Prediction, |_| Some(constant_rate::reuse_order())),
    Section {
        title: "Cold starts of even days",
        kind: Kind::Prediction,
        data: Some("lambda_perf_2026_07"),
        make: init_days::init_days,
    },
    own("Duration against memory", Kind::Prediction, |_| Some(memory::memory())),
    Section {
        title: "Concurrency of a real trace",
        kind: Kind::Prediction,
        data: Some("azure2019_500fn_8h"),
        make: azure::azure,
    },
    own("Load-tested applications", Kind::Prediction, |_| {
        Some(load_tests::load_tests())
    }),
];

/// A comparison with data of the project's own.
const fn own(title: &'static str, kind: Kind, make: fn(&Path) -> Option<Finding>) -> Section {
    Section {
        title,
        kind,
        data: None,
        make,
    }
}
