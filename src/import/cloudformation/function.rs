//! Functions, with the aliases and deployments that SAM makes beside them.

use super::properties::Properties;
use super::template::Template;
use crate::import::BLANK;
use crate::import::draft::{Block, Value};
use crate::import::stack::plain_name;
use crate::lambda::{Runtime, snap_start_terms};
use crate::scenario::{DEPLOYMENT_PREFERENCES, Entry};

/// When deployments of a template begin in the scenario.
const DEPLOYED_AT: &str = "10 min";
/// Free addresses of a subnet: /24 less what AWS keeps.
const FREE_ADDRESSES: u32 = 250;
const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

impl Template<'_> {
    /// A function of either kind. `name` is its name in the scenario.
    pub fn declare_function(&mut self, name: &str, properties: &Properties) {
        let place = self.place(properties.node());
        let mut settings = Block::default();
        self.code(name, properties, &mut settings);
        for (property, key, unit) in [("MemorySize", "memory_size", "MB"), ("Timeout", "timeout", "s")] {
            if let Some(number) = properties.number(property) {
                settings.set(key, format!("{number} {unit}"));
            }
        }
        if let Some(size) = properties
            .within("EphemeralStorage")
            .and_then(|storage| storage.number("Size"))
        {
            settings.set("ephemeral_storage", format!("{size} MB"));
        }
        if let Some(reserved) = properties.number("ReservedConcurrentExecutions") {
            settings.set("reserved_concurrent_executions", reserved);
            self.stack.claim(reserved);
        }
        if let Some(behaviour) = properties.choice("RecursiveLoop", &["Terminate", "Allow"]) {
            settings.set("recursive_loop", behaviour);
        }
        self.network(properties, &mut settings);
        self.dead_letters(properties, &mut settings);
        tags(properties, &mut settings);
        *self.stack.function(name, &place) = settings;
        if let Some(config) = properties.within("EventInvokeConfig") {
            let config = self.event_invoke_config(&config);
            self.stack.function(name, &place).set("event_invoke_config", config);
        }
        self.published(name, properties);
        for unsimulated in ["CapacityProviderConfig", "DurableConfig", "TenancyConfig"] {
            if properties.get(unsimulated).is_some() {
                properties.remark(&format!("{unsimulated} is not simulated"));
            }
        }
    }

    /// Runtime, architecture, package and SnapStart.
    fn code(&mut self, name: &str, properties: &Properties, settings: &mut Block) {
        let runtime = properties.text("Runtime");
        let package = properties
            .choice("PackageType", &["Zip", "Image"])
            .filter(|package| package != "Zip");
        let unknown = match &runtime {
            Some(runtime) if Runtime::find(runtime).is_some() => {
                settings.set("runtime", runtime);
                None
            }
            Some(runtime) => Some(format!("the runtime {runtime} is not measured")),
            None if package.is_some() => Some("INIT of the container image".to_owned()),
            None => Some("the runtime is not known".to_owned()),
        };
        if let Some(unknown) = unknown {
            self.stack.without_init.insert(name.to_owned(), unknown);
        }
        match properties.texts("Architectures").first() {
            Some(architecture) if ARCHITECTURES.contains(&architecture.as_str()) => {
                settings.set("architectures", architecture);
            }
            Some(other) => properties.remark(&format!("the architecture {other} is not known; it was left out")),
            None => {}
        }
        if let Some(package) = package {
            settings.set("package_type", package);
        }
        let applies = properties.within("SnapStart").and_then(|snap| snap.text("ApplyOn"));
        if applies.as_deref() == Some("PublishedVersions") {
            match runtime.as_deref().and_then(snap_start_terms) {
                Some(_) => {
                    settings.set("snap_start", "true");
                }
                None => properties.remark("SnapStart is not offered for this runtime; it was left out"),
            }
        }
    }

    fn network(&mut self, properties: &Properties, settings: &mut Block) {
        let Some(vpc) = properties.within("VpcConfig") else {
            return;
        };
        vpc.get("Ipv6AllowedForDualStack");
        let mut subnets: Vec<String> = vpc.texts("SubnetIds").iter().map(|id| plain_name(id)).collect();
        subnets.sort();
        subnets.dedup();
        let groups: Vec<Value> = vpc
            .texts("SecurityGroupIds")
            .iter()
            .map(|id| plain_name(id).into())
            .collect();
        if subnets.is_empty() {
            vpc.remark("no subnet is known; VpcConfig was left out");
            return;
        }
        let subnets = Value::map(subnets.into_iter().map(|subnet| (subnet, Value::from(FREE_ADDRESSES))));
        let mut config = vec![("subnets", subnets)];
        if !groups.is_empty() {
            config.push(("security_groups", Value::List(groups)));
        }
        settings
            .set("vpc_config", Value::map(config))
            .note(format!("{BLANK} free addresses of each subnet"));
        if let Some(mount) = properties.each("FileSystemConfigs").first() {
            let arn = mount.text("Arn").unwrap_or_else(|| "files".to_owned());
            let map = [
                ("arn", arn.into()),
                (
                    "local_mount_path",
                    mount.text("LocalMountPath").unwrap_or_default().into(),
                ),
            ];
            settings.set("file_system_configs", Value::map(map));
        }
    }

    fn dead_letters(&mut self, properties: &Properties, settings: &mut Block) {
        // CloudFormation's name and SAM's.
        for key in ["DeadLetterConfig", "DeadLetterQueue"] {
            let Some(config) = properties.within(key) else { continue };
            if let Some(target) = self.destination("TargetArn", &config) {
                self.stack.reach(&target);
                settings.set("dead_letter_config", target);
            }
        }
    }

    /// `EventInvokeConfig` of SAM, or the resource (ASYNC-2, ASYNC-10).
    pub fn event_invoke_config(&mut self, properties: &Properties) -> Value {
        let mut config = Vec::new();
        if let Some(age) = properties.number("MaximumEventAgeInSeconds") {
            config.push(("maximum_event_age", format!("{age} s").into()));
        }
        if let Some(attempts) = properties.number("MaximumRetryAttempts") {
            config.push(("maximum_retry_attempts", attempts.into()));
        }
        let destinations = properties.within("DestinationConfig");
        for (property, key) in [("OnSuccess", "on_success"), ("OnFailure", "on_failure")] {
            let destination = destinations
                .as_ref()
                .and_then(|destinations| destinations.within(property));
            let Some(destination) = destination else { continue };
            if let Some(address) = self.destination("Destination", &destination) {
                self.stack.reach(&address);
                config.push((key, address.into()));
            }
        }
        Value::map(config)
    }

    /// SAM's alias with its provisioned concurrency and deployments.
    fn published(&mut self, name: &str, properties: &Properties) {
        let alias = properties.text("AutoPublishAlias");
        let provisioned = properties.within("ProvisionedConcurrencyConfig");
        let deployment = properties.within("DeploymentPreference");
        let Some(alias) = alias.map(|alias| plain_name(&alias)) else {
            for part in [provisioned, deployment].into_iter().flatten() {
                part.pass_over();
                part.remark("needs AutoPublishAlias; it was left out");
            }
            return;
        };
        let place = self.place(properties.node());
        let settings = self.stack.function(name, &place);
        settings.block("versions").set("1", Value::map::<&str>([]));
        let line = settings.block("aliases").line(&alias);
        line.note(format!("{place}: AutoPublishAlias"));
        line.block().set("function_version", 1);
        if let Some(count) = provisioned.and_then(|config| config.number("ProvisionedConcurrentExecutions")) {
            line.block().set("provisioned_concurrent_executions", count);
            self.claim(name, count);
        }
        self.stack.enter_by(name, &alias);
        if let Some(deployment) = deployment {
            self.deployment(name, &alias, &deployment);
        }
    }

    /// Provisioned concurrency needs room in the account unless the function has reserved it.
    pub fn claim(&mut self, function: &str, provisioned: u64) {
        if !self
            .stack
            .functions
            .block(function)
            .has("reserved_concurrent_executions")
        {
            self.stack.claim(provisioned);
        }
    }

    /// SAM's `DeploymentPreference` (DEP-1, DEP-5).
    fn deployment(&mut self, function: &str, alias: &str, properties: &Properties) {
        properties.get("PassthroughCondition");
        let kind = properties.text("Type").unwrap_or_default();
        let alarms = properties.texts("Alarms");
        let hooks = properties.within("Hooks");
        if properties.flag("Enabled") == Some(false) {
            return;
        }
        let Some(preference) = DEPLOYMENT_PREFERENCES.iter().find(|known| kind.ends_with(**known)) else {
            properties.remark(&format!(
                "the deployment {kind} is none of CodeDeploy's own; it was left out"
            ));
            return;
        };
        let mut hook = |property: &str| {
            let hooks = hooks.as_ref()?;
            let name = self.function(&hooks.text(property)?, hooks.node())?;
            self.stack.reach(&name);
            Some(Value::map([("function", Value::from(self.stack.entrance(&name)))]))
        };
        let (before, after) = (hook("PreTraffic"), hook("PostTraffic"));
        let hooks = [("pre_traffic", before), ("post_traffic", after)];
        let hooks: Vec<(&str, Value)> = hooks.into_iter().filter_map(|(key, hook)| Some((key, hook?))).collect();
        let place = self.place(properties.node());
        self.stack
            .functions
            .block(function)
            .block("versions")
            .set("2", Value::map::<&str>([]));
        let settings = self
            .stack
            .deployments
            .line(&format!("{function}-{alias}"))
            .note(place)
            .block();
        settings
            .set("at", DEPLOYED_AT)
            .note(format!("{BLANK} when the next version is deployed"));
        settings.set("alias", format!("{function}:{alias}"));
        settings.set("to_version", 2);
        settings.set("deployment_preference", preference);
        let alarms: Vec<Value> = alarms.iter().map(|alarm| plain_name(alarm).into()).collect();
        if !alarms.is_empty() {
            settings.set("alarms", Value::List(alarms));
        }
        if !hooks.is_empty() {
            settings.set("hooks", Value::map(hooks));
        }
    }
}

/// SAM writes a map, CloudFormation a list of `Key` and `Value`.
fn tags(properties: &Properties, settings: &mut Block) {
    let mut tags: Vec<(String, String)> = Vec::new();
    match properties.get("Tags") {
        Some(map) if !map.entries().is_empty() => {
            let text = |entry: &Entry| Some((entry.key.clone(), entry.value.text()?.to_owned()));
            tags.extend(map.entries().iter().filter_map(text));
        }
        _ => {
            let pair = |tag: &Properties| tag.text("Key").zip(tag.text("Value"));
            tags.extend(properties.each("Tags").iter().filter_map(pair));
        }
    }
    if !tags.is_empty() {
        settings.set(
            "tags",
            Value::map(tags.into_iter().map(|(key, value)| (key, Value::Text(value)))),
        );
    }
}
