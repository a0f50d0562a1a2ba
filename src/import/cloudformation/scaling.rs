//! Versions, aliases, provisioned concurrency and its scaling, and alarms.

use super::names::Named;
use super::properties::Properties;
use super::resolve::function_name;
use super::template::Template;
use crate::import::draft::{Block, Value};
use crate::import::stack::plain_name;

/// Metrics of functions that alarms of a scenario watch.
const METRICS: [&str; 9] = [
    "Invocations",
    "Errors",
    "Throttles",
    "Duration",
    "ConcurrentExecutions",
    "ProvisionedConcurrencyUtilization",
    "ProvisionedConcurrencySpilloverInvocations",
    "AsyncEventsReceived",
    "AsyncEventsDropped",
];

const STATISTICS: [&str; 5] = ["Sum", "Average", "Maximum", "Minimum", "SampleCount"];
const MISSING_DATA: [&str; 4] = ["missing", "notBreaching", "breaching", "ignore"];

impl Template<'_> {
    /// `AWS::Lambda::Version` with the logical id `id` (VER-1).
    pub fn declare_version(&mut self, id: &str, properties: &Properties) {
        let place = self.place(properties.node());
        let version = self.resolver.version(id);
        let provisioned = properties.within("ProvisionedConcurrencyConfig");
        properties.pass_over();
        let Some((function, number)) = version else { return };
        let Some(function) = self.function(&function, properties.node()) else {
            return;
        };
        let count = provisioned.and_then(|config| config.number("ProvisionedConcurrentExecutions"));
        let versions = self.stack.functions.block(&function).block("versions");
        let line = versions.line(&number.to_string());
        line.note(place);
        if let Some(count) = count {
            line.block().set("provisioned_concurrent_executions", count);
            self.claim(&function, count);
        }
    }

    /// `AWS::Lambda::Alias` (ALIAS-1, ALIAS-3).
    pub fn declare_alias(&mut self, properties: &Properties) {
        let place = self.place(properties.node());
        let function = properties
            .text("FunctionName")
            .and_then(|name| self.function(&name, properties.node()));
        let name = properties.text("Name").map(|name| plain_name(&name));
        let version = properties.text("FunctionVersion").unwrap_or_default();
        let weights = properties
            .within("RoutingConfig")
            .map(|routing| routing.each("AdditionalVersionWeights"));
        let provisioned = properties.within("ProvisionedConcurrencyConfig");
        let (Some(function), Some(name)) = (function, name) else {
            properties.remark("an alias without a function or a name was left out");
            return;
        };
        let version = self.published_version(&function, &version, properties);
        let mut settings = Block::default();
        settings.set("function_version", version);
        for weight in weights.unwrap_or_default() {
            let other = weight
                .text("FunctionVersion")
                .map(|version| self.published_version(&function, &version, &weight));
            let share = weight
                .text("FunctionWeight")
                .filter(|share| share.parse::<f64>().is_ok());
            if let Some((other, share)) = other.zip(share).filter(|(other, _)| *other != version) {
                settings.set("additional_version_weights", Value::map([(other, Value::Text(share))]));
            }
        }
        if let Some(count) = provisioned.and_then(|config| config.number("ProvisionedConcurrentExecutions")) {
            settings.set("provisioned_concurrent_executions", count);
            self.claim(&function, count);
        }
        let aliases = self.stack.functions.block(&function).block("aliases");
        *aliases.line(&name).note(place).block() = settings;
        self.stack.enter_by(&function, &name);
    }

    /// The number of a version, which is made if the template only names it.
    fn published_version(&mut self, function: &str, text: &str, properties: &Properties) -> u32 {
        // A reference to a version resource is its ARN.
        let qualifier = match Named::of(text) {
            Named::Function(_, Some(qualifier)) => qualifier,
            _ => text.to_owned(),
        };
        let number = qualifier.parse::<u32>().ok().filter(|number| *number > 0);
        if number.is_none() {
            properties.remark(&format!("the version {text} is no number; version 1 stands in for it"));
        }
        let number = number.unwrap_or(1);
        self.stack
            .functions
            .block(function)
            .block("versions")
            .line(&number.to_string());
        number
    }

    /// `AWS::Lambda::EventInvokeConfig`, of a function or of one of its aliases (ASYNC-2).
    pub fn declare_event_invoke_config(&mut self, properties: &Properties) {
        let function = properties
            .text("FunctionName")
            .and_then(|name| self.function(&name, properties.node()));
        let qualifier = properties.text("Qualifier").filter(|qualifier| qualifier != "$LATEST");
        let config = self.event_invoke_config(properties);
        let Some(function) = function else { return };
        let settings = match qualifier {
            Some(alias) if self.stack.has_qualifier(&function, &alias) => {
                let kind = if alias.parse::<u32>().is_ok() {
                    "versions"
                } else {
                    "aliases"
                };
                self.stack.functions.block(&function).block(kind).block(&alias)
            }
            _ => self.stack.functions.block(&function),
        };
        settings.set("event_invoke_config", config);
    }

    /// `function:NAME:ALIAS` of Application Auto Scaling.
    fn scalable(&mut self, resource: &str, properties: &Properties) -> Option<&mut Block> {
        let resource = resource.split('|').next().unwrap_or(resource);
        let Named::Function(name, Some(qualifier)) = Named::of(&format!(":{resource}")) else {
            return None;
        };
        let function = self.function(&name, properties.node())?;
        if !self.stack.has_qualifier(&function, &qualifier) {
            properties.remark(&format!(
                "{function} has no version or alias {qualifier}; it was left out"
            ));
            return None;
        }
        let kind = if qualifier.parse::<u32>().is_ok() {
            "versions"
        } else {
            "aliases"
        };
        Some(self.stack.functions.block(&function).block(kind).block(&qualifier))
    }

    /// `AWS::ApplicationAutoScaling::ScalableTarget` (AAS-1, AAS-10).
    pub fn declare_scalable_target(&mut self, properties: &Properties) {
        if properties
            .text("ServiceNamespace")
            .is_some_and(|service| service != "lambda")
        {
            properties.pass_over();
            properties.remark("scales something that is not simulated");
            return;
        }
        let resource = properties.text("ResourceId").unwrap_or_default();
        let (least, most) = (properties.number("MinCapacity"), properties.number("MaxCapacity"));
        let mut actions = Vec::new();
        for action in properties.each("ScheduledActions") {
            actions.extend(scheduled_action(&action));
        }
        properties.pass_over();
        self.stack.claim(most.unwrap_or(0));
        let Some(settings) = self.scalable(&resource, properties) else {
            return;
        };
        let policies = settings.block("scaling_policies");
        policies.set("min_capacity", least.unwrap_or(0));
        policies.set("max_capacity", most.or(least).unwrap_or(0));
        if !actions.is_empty() {
            policies.set("scheduled_actions", Value::List(actions));
        }
    }

    /// `AWS::ApplicationAutoScaling::ScalingPolicy` (AAS-2 to AAS-9).
    pub fn declare_scaling_policy(&mut self, properties: &Properties) {
        let resource = properties
            .text("ScalingTargetId")
            .or_else(|| properties.text("ResourceId"));
        let tracking = properties.within("TargetTrackingScalingPolicyConfiguration");
        properties.pass_over();
        let Some(tracking) = tracking else {
            properties.remark("a policy that tracks no target is not simulated");
            return;
        };
        let customized = tracking.within("CustomizedMetricSpecification");
        tracking.get("PredefinedMetricSpecification");
        let mut policy = Vec::new();
        policy.extend(
            tracking
                .text("TargetValue")
                .map(|value| ("target_value", Value::Text(value))),
        );
        if let Some(customized) = customized {
            let maximum = customized.text("Statistic").filter(|statistic| statistic == "Maximum");
            policy.extend(maximum.map(|statistic| ("statistic", Value::Text(statistic))));
            customized.pass_over();
        }
        for (property, key) in [
            ("ScaleOutCooldown", "scale_out_cooldown"),
            ("ScaleInCooldown", "scale_in_cooldown"),
        ] {
            policy.extend(
                tracking
                    .number(property)
                    .map(|seconds| (key, Value::from(format!("{seconds} s")))),
            );
        }
        if tracking.flag("DisableScaleIn") == Some(true) {
            policy.push(("disable_scale_in", "true".into()));
        }
        let Some(settings) = resource.and_then(|resource| self.scalable(&resource, properties)) else {
            return;
        };
        let policies = settings.block("scaling_policies");
        if !policies.has("min_capacity") {
            properties.remark("comes without its scalable target; it was left out");
            return;
        }
        if policies.has("target_value") {
            policies.set("policies", Value::List(vec![Value::map(policy)]));
        } else {
            for (key, value) in policy {
                policies.set(key, value);
            }
        }
    }

    /// `AWS::CloudWatch::Alarm` on a metric of a function (ALARM-1, ALARM-3).
    pub fn declare_alarm(&mut self, name: &str, properties: &Properties) {
        let place = self.place(properties.node());
        let watched = self.watched(properties);
        let sign = match properties.text("ComparisonOperator").as_deref() {
            Some("GreaterThanThreshold") => Some(">"),
            Some("GreaterThanOrEqualToThreshold") => Some(">="),
            Some("LessThanThreshold") => Some("<"),
            Some("LessThanOrEqualToThreshold") => Some("<="),
            _ => None,
        };
        let threshold = properties
            .text("Threshold")
            .filter(|value| value.parse::<f64>().is_ok_and(|value| value >= 0.0));
        let mut settings = Block::default();
        if let Some(period) = properties.number("Period") {
            settings.set("period", format!("{period} s"));
        }
        for (property, key) in [
            ("EvaluationPeriods", "evaluation_periods"),
            ("DatapointsToAlarm", "datapoints_to_alarm"),
        ] {
            if let Some(count) = properties.number(property) {
                settings.set(key, count);
            }
        }
        let words = [
            ("Statistic", "statistic", &STATISTICS[..]),
            ("TreatMissingData", "treat_missing_data", &MISSING_DATA[..]),
        ];
        for (property, key, allowed) in words {
            if let Some(word) = properties.choice(property, allowed) {
                settings.set(key, word);
            }
        }
        properties.pass_over();
        let (Some(watched), Some(sign), Some(threshold)) = (watched, sign, threshold) else {
            properties.remark("an alarm on something that is not watched here was left out");
            return;
        };
        let unit = if watched.ends_with(".Duration") { " ms" } else { "" };
        let alarm = self.stack.alarms.line(&plain_name(name)).note(place).block();
        alarm.set("when", format!("{watched} {sign} {threshold}{unit}"));
        alarm.append(settings);
    }

    /// `functions.NAME.Errors` for a metric of Lambda with the dimension of a function.
    fn watched(&self, properties: &Properties) -> Option<String> {
        let metric = properties
            .text("MetricName")
            .filter(|metric| METRICS.contains(&metric.as_str()))?;
        let namespace = properties
            .text("Namespace")
            .filter(|namespace| namespace == "AWS/Lambda");
        let dimensions: Vec<(String, String)> = properties
            .each("Dimensions")
            .iter()
            .filter_map(|dimension| dimension.text("Name").zip(dimension.text("Value")))
            .collect();
        let value = |wanted: &str| {
            dimensions
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.as_str())
        };
        let function = self.functions.get(&function_name(value("FunctionName")?))?;
        namespace?;
        // The dimension `Resource` is `NAME:ALIAS`.
        match value("Resource").and_then(|resource| resource.split_once(':')) {
            Some((_, alias)) => Some(format!("functions.{function}:{alias}.{metric}")),
            None => Some(format!("functions.{function}.{metric}")),
        }
    }
}

fn scheduled_action(action: &Properties) -> Option<Value> {
    let limits = action.within("ScalableTargetAction");
    let (schedule, zone) = (action.text("Schedule"), action.text("Timezone"));
    action.pass_over();
    let mut map = vec![("schedule", Value::Text(schedule?))];
    map.extend(zone.map(|zone| ("time_zone", Value::Text(zone))));
    let limits = limits?;
    for (property, key) in [("MinCapacity", "min_capacity"), ("MaxCapacity", "max_capacity")] {
        map.extend(limits.number(property).map(|count| (key, Value::from(count))));
    }
    Some(Value::map(map))
}
