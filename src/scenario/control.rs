//! What acts during a run: alarms, scaling policies, deployments.

use std::sync::Arc;

use super::address::Directory;
use super::alarms::Alarms;
use super::deployments::Deployments;
use super::links::Links;
use super::parameters;
use super::reader::{Layers, Reader};
use super::scaling::Scaling;
use super::tree::{Entry, Node};
use crate::control::{ControlConfig, ScalingConfig};
use crate::facts::{FunctionId, QualifierId};
use crate::lambda::FunctionConfig;
use crate::messaging::StreamConfig;
use crate::units::{Span, Timestamp};

/// Reads everything that acts during a run.
pub(super) struct Control<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// The scenario.
    pub root: &'a Node,
    /// All functions, by name.
    pub functions: &'a [Arc<FunctionConfig>],
    /// Names of all queues, sorted.
    pub queues: &'a [String],
    /// All streams, by name.
    pub streams: &'a [StreamConfig],
    /// Functions with their qualifiers, for messages.
    pub directory: &'a Directory,
    /// Ways to the functions of hooks.
    pub links: &'a Links,
    /// Seed of all draws.
    pub seed: u64,
    /// Calendar instant of t = 0.
    pub start: Timestamp,
    /// Length of the run.
    pub length: Span,
}

impl<'a> Control<'a> {
    /// All of it.
    pub fn read(&self) -> ControlConfig {
        let alarms = Alarms {
            reader: self.reader,
            functions: self.functions,
            queues: self.queues,
            streams: self.streams,
        };
        let (entries, layers) = (
            self.root.named("alarms"),
            Layers(self.root.inner("parameters").into_iter().collect()),
        );
        let alarms: Vec<_> = entries.iter().filter_map(|entry| alarms.read(entry)).collect();
        let deployments = Deployments {
            reader: self.reader,
            functions: self.functions,
            directory: self.directory,
            alarms: &alarms,
            declared: &entries,
            links: self.links,
            seed: self.seed,
            length: self.length,
            rollback_lag: parameters::rollback_lag(self.reader, &layers),
        };
        let deployments = deployments.read(&self.root.named("deployments"));
        ControlConfig {
            scaling: self.scaling(),
            deployments,
            alarms,
        }
    }

    /// Scaling policies by function and qualifier.
    fn scaling(&self) -> Vec<ScalingConfig> {
        let mut all = Vec::new();
        for entry in self.root.named("functions") {
            let named = |function: &Arc<FunctionConfig>| function.name.as_str().cmp(entry.key.as_str());
            let Ok(place) = self.functions.binary_search_by(named) else {
                continue;
            };
            self.scaling_of(FunctionId(place as u32), entry, &mut all);
        }
        all.sort_by_key(|scaling| (scaling.function, scaling.qualifier));
        all
    }

    fn scaling_of(&self, function: FunctionId, entry: &Entry, all: &mut Vec<ScalingConfig>) {
        let scaling = Scaling {
            reader: self.reader,
            start: self.start,
            length: self.length,
        };
        let own = entry.value.inner("parameters");
        let layers = Layers(own.into_iter().chain(self.root.inner("parameters")).collect());
        let parameters = parameters::of_function(self.reader, &layers).tracking;
        let qualifiers = &self.functions[function.index()].qualifiers;
        for key in ["versions", "aliases"] {
            let named = entry.value.entry(key).map_or(&[][..], |entry| entry.value.entries());
            for qualified in named {
                let Some(policies) = qualified.value.entry("scaling_policies") else {
                    continue;
                };
                let place = qualifiers
                    .iter()
                    .position(|known| known.name.as_ref() == Some(&qualified.key));
                let Some(place) = place else { continue };
                if qualifiers[place].additional.is_some() {
                    self.reader.warn(format!(
                        "{}:{} is not scaled while it has two versions (PC-8)",
                        entry.key, qualified.key
                    ));
                }
                let target = (function, QualifierId(place as u16));
                all.extend(scaling.read(policies, target, qualifiers[place].provisioned, parameters));
            }
        }
    }
}
