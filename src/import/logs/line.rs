use super::report::{Report, RequestId};
use crate::units::Span;

/// What a line of a log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// An invocation begins.
    Start {
        /// Which.
        request: RequestId,
        /// What runs.
        version: Option<&'a [u8]>,
    },
    /// An invocation has ended.
    Report(Report),
    /// INIT was reported by itself: it failed, or ran ahead of any request (LOG-5).
    InitReport {
        /// How long it took.
        length: Span,
        /// Whether it failed.
        failed: bool,
    },
    /// Another line of the platform, or of X-Ray.
    Platform,
    /// `Task timed out after …` (LOG-4), of this request.
    TimedOut(RequestId),
    /// A line of the application.
    Application,
    /// It begins as a line of the platform does, but is cut off or not to be understood.
    Broken,
}
