//! An independent reference: the rules of the model once more, slowly and obviously, to hold the simulator against.

mod differential;
mod functions;
mod model;
mod polling;
mod queues;
mod rates;
mod scenario;
mod story;
mod streams;
