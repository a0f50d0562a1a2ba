//! The two ways into a function: callers that wait, and events that are queued.

mod queued;
mod sync;
