/// Why an attempt gave a client no good answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 429.
    Throttle,
    /// 500, 502, 503, 504, or a broken connection.
    Transient,
    /// No answer in time.
    Timeout,
}
