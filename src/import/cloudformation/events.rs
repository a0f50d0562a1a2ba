//! What calls functions: events of SAM, and the resources that stand for them in CloudFormation.

use super::names::Named;
use super::properties::Properties;
use super::sources::Source;
use super::template::Template;
use crate::scenario::Node;

impl Template<'_> {
    /// One entry of `Events` of a function of SAM.
    pub fn declare_event(&mut self, function: &str, name: &str, kind: &str, properties: &Properties) {
        let to = self.stack.entrance(function);
        let place = self.place(properties.node());
        match kind {
            "Api" => self.behind(properties, &to, "api-gateway"),
            "HttpApi" => self.behind(properties, &to, "http-api"),
            "Cognito" => self.behind(properties, &to, "cognito"),
            "S3" => self.behind(properties, &to, "s3"),
            "EventBridgeRule" | "CloudWatchEvent" => self.behind(properties, &to, "eventbridge"),
            "CloudWatchLogs" | "IoTRule" | "AlexaSkill" => self.behind(properties, &to, "sdk"),
            "SQS" => self.mapped(properties, ("Queue", "sqs"), &to),
            "Kinesis" => self.mapped(properties, ("Stream", "kinesis"), &to),
            "DynamoDB" => self.mapped(properties, ("Stream", "dynamodb"), &to),
            "MSK" => self.mapped(properties, ("Stream", "kafka"), &to),
            "SelfManagedKafka" => self.declare_mapping(None, &to, properties),
            "SNS" => self.told_by_topic(properties, &to, &place),
            "Schedule" | "ScheduleV2" => {
                let through = if kind == "Schedule" { "eventbridge" } else { "scheduler" };
                self.schedule(&format!("{function}-{name}"), &[to], through, properties);
            }
            other => {
                properties.pass_over();
                properties.remark(&format!("events of the type {other} are not simulated"));
            }
        }
    }

    fn behind(&mut self, properties: &Properties, to: &str, through: &'static str) {
        let place = self.place(properties.node());
        properties.pass_over();
        self.stack.call(to, through, &place);
    }

    fn mapped(&mut self, properties: &Properties, (key, service): (&str, &str), to: &str) {
        match properties.text(key) {
            Some(text) => self.declare_mapping(Some(Source { text: &text, service }), to, properties),
            None => {
                properties.pass_over();
                properties.remark(&format!("{key} is not known; the event was left out"));
            }
        }
    }

    /// SAM's event: the topic, and perhaps a queue between it and the function.
    fn told_by_topic(&mut self, properties: &Properties, to: &str, place: &str) {
        let topic = properties
            .text("Topic")
            .and_then(|topic| self.topic(&topic, properties));
        properties.flag("RedrivePolicy");
        if properties.get("SqsSubscription").is_some() {
            properties.remark("SqsSubscription: the queue between topic and function was left out");
        }
        if properties.get("FilterPolicy").is_some() {
            properties.remark("FilterPolicy: the topic passes on everything");
        }
        if let Some(topic) = topic {
            self.stack.subscribe(&topic, to, place);
        }
    }

    /// A schedule of EventBridge or of its Scheduler, one entry of traffic for each target.
    pub fn schedule(&mut self, name: &str, targets: &[String], through: &'static str, properties: &Properties) {
        let expression = properties
            .text("Schedule")
            .or_else(|| properties.text("ScheduleExpression"));
        let zone = properties.text("ScheduleExpressionTimezone");
        let window = properties.within("FlexibleTimeWindow");
        let retry = properties.get("RetryPolicy");
        let state = properties.text("State").is_some_and(|state| state == "DISABLED");
        let disabled = state || properties.flag("Enabled") == Some(false);
        let place = self.place(properties.node());
        let known = |text: &String| ["rate(", "cron(", "at("].iter().any(|start| text.starts_with(start));
        let Some(expression) = expression.filter(known) else {
            properties.remark("has no schedule that is known; it was left out");
            return;
        };
        if disabled {
            properties.remark("is disabled; it was left out");
            return;
        }
        if retry.is_some() {
            properties.remark("RetryPolicy is not simulated");
        }
        let window = window.and_then(|window| {
            window.text("Mode");
            window.number("MaximumWindowInMinutes")
        });
        for target in targets {
            let settings = self.stack.send(name, target, through, &place).block("arrivals");
            settings.set("schedule", &expression);
            if let Some(zone) = &zone {
                settings.set("time_zone", zone);
            }
            if let Some(minutes) = window.filter(|minutes| *minutes > 0) {
                settings.set("flexible_time_window", format!("{minutes} min"));
            }
        }
    }

    /// `AWS::Events::Rule`: a schedule, or events of a pattern, for each of its targets.
    pub fn declare_rule(&mut self, name: &str, properties: &Properties) {
        let pattern = properties.get("EventPattern");
        let mut targets = Vec::new();
        for target in properties.each("Targets") {
            let arn = target.text("Arn");
            target.text("Id");
            targets.extend(arn.and_then(|arn| self.address(&arn, target.node())));
        }
        if pattern.is_none() {
            self.schedule(name, &targets, "eventbridge", properties);
            return;
        }
        properties.text("State");
        let place = self.place(properties.node());
        for target in targets {
            self.stack.call(&target, "eventbridge", &place);
        }
    }

    /// `AWS::Scheduler::Schedule`.
    pub fn declare_schedule(&mut self, name: &str, properties: &Properties) {
        let target = properties.within("Target");
        let arn = target.as_ref().and_then(|target| target.text("Arn"));
        if let Some(target) = &target {
            target.pass_over();
        }
        properties.text("StartDate");
        let address = arn.and_then(|arn| self.address(&arn, properties.node()));
        match address {
            Some(address) => self.schedule(name, &[address], "scheduler", properties),
            None => properties.pass_over(),
        }
    }

    /// A resource that says in one property which function it calls.
    pub fn declare_caller(&mut self, kind: &str, properties: &Properties) {
        let called = match kind {
            "AWS::ApiGateway::Method" => properties
                .within("Integration")
                .and_then(|integration| {
                    integration.pass_over();
                    integration.text("Uri")
                })
                .map(|uri| (uri, "api-gateway")),
            "AWS::ApiGatewayV2::Integration" => properties.text("IntegrationUri").map(|uri| (uri, "http-api")),
            "AWS::Lambda::Url" => properties
                .text("TargetFunctionArn")
                .map(|function| (function, "function-url")),
            "AWS::Logs::SubscriptionFilter" => properties.text("DestinationArn").map(|arn| (arn, "sdk")),
            _ => None,
        };
        let qualifier = properties.text("Qualifier").map(|qualifier| format!(":{qualifier}"));
        let streamed = properties
            .text("InvokeMode")
            .is_some_and(|mode| mode == "RESPONSE_STREAM");
        properties.pass_over();
        if streamed {
            properties.remark("InvokeMode: give `invoke_mode` and `response` to stream responses");
        }
        let Some((text, through)) = called else { return };
        let text = text + &qualifier.unwrap_or_default();
        // Integrations with other services than Lambda call no function.
        let wanted = kind == "AWS::Lambda::Url" || matches!(Named::of(&text), Named::Function(..));
        if let Some(to) = wanted.then(|| self.callee(&text, properties.node())).flatten() {
            let place = self.place(properties.node());
            self.stack.call(&to, through, &place);
        }
    }

    /// Notifications of a bucket.
    pub fn declare_bucket(&mut self, properties: &Properties) {
        let notifications = properties.within("NotificationConfiguration");
        properties.pass_over();
        let Some(notifications) = notifications else { return };
        let kinds = [
            ("LambdaConfigurations", "Function"),
            ("QueueConfigurations", "Queue"),
            ("TopicConfigurations", "Topic"),
        ];
        for (list, key) in kinds {
            for notification in notifications.each(list) {
                let target = notification.text(key);
                notification.pass_over();
                let target = target.and_then(|target| self.address(&target, notification.node()));
                if let Some(to) = target {
                    let place = self.place(notification.node());
                    self.stack.call(&to, "s3", &place);
                }
            }
        }
    }

    /// Functions behind a load balancer.
    pub fn declare_target_group(&mut self, properties: &Properties) {
        let is_lambda = properties.text("TargetType").is_some_and(|kind| kind == "lambda");
        let targets = properties.each("Targets");
        properties.pass_over();
        for target in &targets {
            let id = target.text("Id");
            target.pass_over();
            let to = id.filter(|_| is_lambda).and_then(|id| self.callee(&id, target.node()));
            if let Some(to) = to {
                let place = self.place(target.node());
                self.stack.call(&to, "alb", &place);
            }
        }
    }

    /// A state machine calls the functions that its definition names.
    pub fn declare_state_machine(&mut self, properties: &Properties) {
        let parts = ["Definition", "DefinitionString", "DefinitionSubstitutions"].map(|key| properties.get(key));
        properties.pass_over();
        properties.remark("the states are not simulated; the functions that it names are called as `traffic` says");
        let definition: String = parts.iter().flatten().map(Node::compact).collect();
        let place = self.place(properties.node());
        for (name, function) in &self.functions {
            let named = definition
                .match_indices(&format!(":function:{name}"))
                .any(|(at, found)| {
                    let next = definition[at + found.len()..].chars().next();
                    !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '-' || next == '_')
                });
            if named {
                let to = self.stack.entrance(function);
                self.stack.call(&to, "step-functions", &place);
            }
        }
    }

    /// Triggers of a user pool.
    pub fn declare_user_pool(&mut self, properties: &Properties) {
        let triggers = properties.get("LambdaConfig");
        properties.pass_over();
        for trigger in triggers.iter().flat_map(|triggers| triggers.entries()) {
            let Some(text) = trigger.value.text() else { continue };
            if let Some(to) = self.callee(text, &trigger.value) {
                let place = self.place(&trigger.value);
                self.stack.call(&to, "cognito", &place);
            }
        }
    }

    /// `AWS::Lambda::Permission` says who may call a function.
    pub fn declare_permission(&mut self, properties: &Properties) {
        let principal = properties.text("Principal").unwrap_or_default();
        let function = properties.text("FunctionName");
        properties.pass_over();
        let through = match principal.split('.').next().unwrap_or_default() {
            "apigateway" => "api-gateway",
            "s3" => "s3",
            "events" => "eventbridge",
            "elasticloadbalancing" => "alb",
            "cognito-idp" => "cognito",
            "scheduler" => "scheduler",
            // Subscriptions and filters say it themselves; accounts and other services tell nothing of traffic.
            _ => return,
        };
        if let Some(function) = function.and_then(|function| self.callee(&function, properties.node())) {
            let place = self.place(properties.node());
            self.stack.permit(&function, through, &place);
        }
    }

    /// SAM's function URL.
    pub fn declare_url(&mut self, function: &str, properties: &Properties) {
        let to = self.stack.entrance(function);
        let streamed = properties
            .text("InvokeMode")
            .is_some_and(|mode| mode == "RESPONSE_STREAM");
        if streamed {
            properties.remark("InvokeMode: give `invoke_mode` and `response` to stream responses");
        }
        let place = self.place(properties.node());
        self.stack.call(&to, "function-url", &place);
    }
}
