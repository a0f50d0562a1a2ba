use super::{AlarmId, DeploymentId, FunctionId, QualifierId};
use crate::units::Share;

/// What is done to the account during a run from outside, and what alarms find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An alarm changed its state (ALARM-2).
    Alarm {
        /// Which one.
        alarm: AlarmId,
        /// Its new state.
        state: AlarmState,
    },
    /// Application Auto Scaling asked for another amount of provisioned concurrency.
    Scaling {
        /// The function.
        function: FunctionId,
        /// Its alias or version.
        qualifier: QualifierId,
        /// What was asked for before.
        from: u32,
        /// What is asked for now.
        to: u32,
        /// Why.
        cause: ScalingCause,
        /// Whether Lambda took it; if not, `from` stays (PC-9).
        accepted: bool,
    },
    /// A deployment went on.
    Deployment {
        /// Which one.
        deployment: DeploymentId,
        /// How.
        step: DeploymentStep,
    },
}

/// The states of an alarm (ALARM-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmState {
    /// Too few of the datapoints breach.
    Ok,
    /// Enough of the datapoints breach.
    Alarm,
    /// Nothing is known yet.
    #[default]
    InsufficientData,
}

impl AlarmState {
    /// CloudWatch's name.
    pub const fn name(self) -> &'static str {
        match self {
            AlarmState::Ok => "OK",
            AlarmState::Alarm => "ALARM",
            AlarmState::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// Why provisioned concurrency was scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScalingCause {
    /// Utilization was above its target (AAS-5).
    ScaleOut,
    /// Utilization was below nine tenths of its target (AAS-6).
    ScaleIn,
    /// A scheduled action moved the capacity limits (AAS-10).
    Schedule,
}

impl ScalingCause {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            ScalingCause::ScaleOut => "scale out",
            ScalingCause::ScaleIn => "scale in",
            ScalingCause::Schedule => "schedule",
        }
    }
}

/// Steps in the life of a deployment (DEP-1 to DEP-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentStep {
    /// It began, with its hook before traffic if it has one.
    Started,
    /// The new version has this share of the alias's invocations from now on.
    Shifted(Share),
    /// The hook after traffic began.
    Checking,
    /// A hook failed (DEP-5).
    HookFailed,
    /// One of its alarms was found in ALARM (DEP-6).
    Alarmed(AlarmId),
    /// All weight is back on the old version.
    RolledBack,
    /// The new version has all the weight, and everything after it went well.
    Succeeded,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_begins_without_data_and_states_bear_cloudwatch_s_names() {
        let states = [AlarmState::Ok, AlarmState::Alarm, AlarmState::default()];
        assert_eq!(states.map(AlarmState::name), ["OK", "ALARM", "INSUFFICIENT_DATA"]);
    }
}
