use super::sink::{Datapoint, Sink};
use crate::facts::{ActivePollers, BatchEnded, EventStep, MappingId};
use crate::units::SimTime;

/// Groups of a mapping's metrics that are switched on (MET-17).
#[derive(Clone, Copy, Debug, Default)]
pub struct MappingMetrics {
    /// What becomes of its events.
    pub events: bool,
    /// Invocations that fail.
    pub errors: bool,
    /// How far it is behind, and its provisioned pollers.
    pub kafka: bool,
    /// Whether its pollers are provisioned.
    pub provisioned: bool,
}

/// What the metrics of one mapping hold in the running period.
#[derive(Clone, Debug, Default)]
pub(super) struct MappingState {
    shown: MappingMetrics,
    period: Period,
    /// Provisioned pollers and their units at this moment.
    active: (u32, u32),
}

#[derive(Clone, Copy, Debug, Default)]
struct Period {
    polled: u64,
    filtered_out: u64,
    invoked: u64,
    failed_invoke: u64,
    dropped: u64,
    delivered: u64,
    deleted: u64,
    committed: u64,
    invoke_errors: u64,
    max_offset_lag: u64,
    sum_offset_lag: u64,
    fetched: u64,
    pollers_max: u32,
    units_max: u32,
}

impl MappingState {
    pub fn new(shown: MappingMetrics) -> MappingState {
        MappingState {
            shown,
            ..MappingState::default()
        }
    }

    pub fn count(&mut self, step: EventStep, amount: u64) {
        let period = &mut self.period;
        let counted = match step {
            EventStep::Polled => &mut period.polled,
            EventStep::FilteredOut => &mut period.filtered_out,
            EventStep::Invoked => &mut period.invoked,
            EventStep::FailedInvoke => &mut period.failed_invoke,
            EventStep::Dropped => &mut period.dropped,
            EventStep::Delivered => &mut period.delivered,
            EventStep::Deleted => &mut period.deleted,
            EventStep::Committed => &mut period.committed,
            EventStep::InvokeError => &mut period.invoke_errors,
            EventStep::Fetched => &mut period.fetched,
            EventStep::SumOffsetLag => {
                period.sum_offset_lag = period.sum_offset_lag.max(amount);
                return;
            }
        };
        *counted += amount;
    }

    pub fn batch_ended(&mut self, ended: &BatchEnded) {
        let lag = ended.offset_lag.unwrap_or(0);
        self.period.max_offset_lag = self.period.max_offset_lag.max(lag);
    }

    pub fn active(&mut self, active: &ActivePollers) {
        self.active = (active.pollers, active.units);
        self.hold();
    }

    fn hold(&mut self) {
        self.period.pollers_max = self.period.pollers_max.max(self.active.0);
        self.period.units_max = self.period.units_max.max(self.active.1);
    }

    /// Hands out the datapoints of a period that began at `time`, by CloudWatch's names; begins the next one.
    pub fn end_period(&mut self, mapping: MappingId, time: SimTime, sink: &mut dyn Sink) {
        let period = std::mem::take(&mut self.period);
        self.hold();
        let MappingMetrics {
            events,
            errors,
            kafka,
            provisioned,
        } = self.shown;
        let values = [
            (events, "PolledEventCount", "Sum", period.polled),
            (events, "FilteredOutEventCount", "Sum", period.filtered_out),
            (events, "InvokedEventCount", "Sum", period.invoked),
            (events, "FailedInvokeEventCount", "Sum", period.failed_invoke),
            (events, "DroppedEventCount", "Sum", period.dropped),
            (
                events,
                "OnFailureDestinationDeliveredEventCount",
                "Sum",
                period.delivered,
            ),
            (events, "DeletedEventCount", "Sum", period.deleted),
            (events, "CommittedEventCount", "Sum", period.committed),
            (errors, "InvokeErrorCount", "Sum", period.invoke_errors),
            (kafka, "MaxOffsetLag", "Maximum", period.max_offset_lag),
            (kafka, "SumOffsetLag", "Maximum", period.sum_offset_lag),
            (provisioned, "ProvisionedPollers", "Maximum", period.pollers_max.into()),
            (provisioned, "EventPollerUnit", "Maximum", period.units_max.into()),
            (provisioned, "EventPollerThroughputInBytes", "Sum", period.fetched),
        ];
        for (shown, metric, statistic, value) in values {
            if shown && value > 0 {
                sink.datapoint(&Datapoint {
                    time,
                    function: None,
                    qualifier: None,
                    queue: None,
                    mapping: Some(mapping),
                    metric,
                    statistic,
                    value: value as f64,
                });
            }
        }
    }
}
