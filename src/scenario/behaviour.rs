//! One version of a function: layered keys to a `VersionConfig`, checked against the quotas of the model date.

use super::address::Address;
use super::attachments::Attachments;
use super::dated::Dated;
use super::distribution::distribution;
use super::keys::nearest;
use super::links::Links;
use super::parameters::FunctionParameters;
use super::problem::Fault;
use super::reader::{Layers, Reader};
use super::source::Mark;
use super::tree::{Entry, Kind, Node};
use super::values;
use crate::facts::{Architecture, LinkId, PackageType};
use crate::kernel::Distribution;
use crate::lambda::VersionConfig;
use crate::trace::AzureFunction;
use crate::units::{MemoryMb, Share, Span};

/// Memory of one vCPU (CPU-1).
pub(super) const FULL_CPU: MemoryMb = MemoryMb(1_769);

/// Where one version's keys are looked up.
pub(super) struct Behaviour<'a> {
    /// `$LATEST` or the version number.
    pub version: &'a str,
    /// The version's own keys, then the function's.
    pub own: Layers<'a>,
    /// The same, then the scenario's defaults.
    pub all: Layers<'a>,
    /// What an Azure trace knows of the function; wins over defaults.
    pub traced: Option<&'a AzureFunction>,
    /// Memory of `$LATEST`, where this is not it.
    pub function_memory: Option<MemoryMb>,
    /// Where the function is defined.
    pub mark: Mark,
    /// For messages: `the function checkout`.
    pub owner: String,
    /// Name of the function.
    pub function: &'a str,
}

impl Behaviour<'_> {
    /// Whether the absence of `keys` follows from what has been told already: no map, or one of them misspelt.
    pub fn told(&self, keys: &[&str]) -> bool {
        let misspelt = |entry: &Entry| nearest(&entry.key, keys.iter().copied()).is_some();
        let follows = |node: &&Node| match &node.kind {
            Kind::Map(entries) => entries.iter().any(misspelt),
            kind => !matches!(kind, Kind::Empty),
        };
        self.own.0.iter().any(follows)
    }
}

/// What else its equipment depends on.
pub(super) struct Known<'a> {
    /// How the code is packed.
    pub package: PackageType,
    /// Size of /tmp.
    pub ephemeral_storage: MemoryMb,
    /// Bounds an invocation.
    pub timeout: Span,
    /// INIT without what equipment adds.
    pub init: &'a Distribution,
    /// What the package's size adds (PKG-1).
    pub package_init: Span,
}

/// What all versions of all functions share.
pub(super) struct Platform<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// What was possible when.
    pub dated: &'a Dated,
    /// Whether LIM-2 is lifted.
    pub allow_extended: bool,
    /// Where what is sent goes.
    pub links: &'a Links,
    /// Subnets and file systems by name.
    pub attachments: Attachments,
}

impl Platform<'_> {
    /// The version, with defaults in place of what is wrong.
    pub fn version(&self, place: &Behaviour<'_>, parameters: &FunctionParameters) -> VersionConfig {
        let package = self.package(place);
        let architecture = self.architecture(place);
        let memory = self.memory(place);
        let (init, first_invoke, custom_runtime) = self.init(place, package, architecture, memory);
        let suppressed_init_factor = self.suppressed_init_factor(place, memory);
        let (duration, scaling) = self.duration(place, memory);
        let per_record = self.per_record(place);
        let (error_rate, crash_rate) = match self.runs_out_of_memory(place, memory) {
            true => (Share::NONE, Share::from_fraction(1.0)),
            false => self.failure_rates(place),
        };
        let timeout = self.timeout(place);
        let initbill = self.dated.on("SW-INITBILL");
        let factor = place
            .all
            .get("duration_factor")
            .and_then(|entry| self.reader.factor(entry));
        let duration_factor = scaling * factor.unwrap_or(1.0);
        self.warn_of_certain_timeouts(place, &duration, duration_factor, timeout);
        let ephemeral_storage = self.ephemeral_storage(place);
        let known = Known {
            package,
            ephemeral_storage,
            timeout,
            init: &init,
            package_init: self.package_init(place, package, parameters),
        };
        let equipment = self.equipment(place, parameters, &known);
        VersionConfig {
            name: place.version.to_owned(),
            architecture,
            memory,
            ephemeral_storage,
            timeout,
            placement: parameters.placement(package),
            init,
            init_factor: if parameters.cpu_boost {
                1.0
            } else {
                suppressed_init_factor
            },
            suppressed_init_factor,
            proactive_init: parameters.proactive_init,
            duration,
            per_record,
            duration_factor,
            first_invoke,
            error_rate,
            crash_rate,
            init_error_rate: self.init_error_rate(place),
            init_billed: initbill || package == PackageType::Image || custom_runtime,
            failed_init_billed: initbill && parameters.failed_init_billed,
            idle: parameters.idle.clone(),
            max_life: parameters.max_life.clone(),
            dead_letter: self.dead_letter(place),
            equipment,
        }
    }

    /// A duration without its unit is seconds, which is easily far above the timeout.
    fn warn_of_certain_timeouts(&self, place: &Behaviour<'_>, duration: &Distribution, factor: f64, timeout: Span) {
        let Some(length) = duration.as_constant() else {
            return;
        };
        if length.as_millis_f64() * factor > timeout.as_millis_f64() {
            self.reader.warn(format!(
                "every invocation of {} times out: its duration of {length} is above its timeout of {timeout}",
                place.owner
            ));
        }
    }

    fn package(&self, place: &Behaviour<'_>) -> PackageType {
        let Some(entry) = place.all.get("package_type") else {
            return PackageType::Zip;
        };
        if self.reader.choice(entry, &["Zip", "Image"]) != Some(1) {
            return PackageType::Zip;
        }
        self.needs(entry, "SW-IMG");
        PackageType::Image
    }

    fn architecture(&self, place: &Behaviour<'_>) -> Architecture {
        let Some(entry) = place.all.get("architectures") else {
            return Architecture::X86_64;
        };
        // A pasted template holds a list of one.
        let node = match &entry.value.kind {
            Kind::List(items) if items.len() == 1 => &items[0],
            _ => &entry.value,
        };
        let names = [Architecture::X86_64.name(), Architecture::Arm64.name()];
        if self
            .reader
            .scalar(node, &entry.key, |text| values::choice(text, &names))
            != Some(1)
        {
            return Architecture::X86_64;
        }
        self.needs(entry, "SW-ARM");
        Architecture::Arm64
    }

    /// Reports a value that a switch has not yet made possible.
    pub fn needs(&self, entry: &Entry, switch: &str) {
        if !self.dated.on(switch) {
            let found = format!("`{}` is {}", entry.key, entry.value.compact());
            self.reader
                .problem(entry.value.mark, found, self.dated.too_early(switch));
        }
    }

    fn memory(&self, place: &Behaviour<'_>) -> MemoryMb {
        let highest = match (self.dated.on("SW-MEM"), self.allow_extended) {
            (_, true) => 32_768,
            (true, false) => 10_240,
            (false, false) => 3_008,
        };
        let traced = place.traced.and_then(|function| function.memory);
        if let (None, Some(memory)) = (place.own.get("memory_size"), traced) {
            return MemoryMb(memory.0.clamp(128, highest));
        }
        let entry = place.all.get("memory_size");
        let read = entry.and_then(|entry| {
            self.reader.value(entry, |text| {
                let memory = values::memory(text)?;
                let found = format!("is {memory}");
                if !(128..=highest).contains(&memory.0) {
                    let rules = match highest {
                        3_008 => "LIM-1, SW-MEM",
                        _ => "LIM-1",
                    };
                    return Err(Fault::new(
                        found,
                        format!("128 MB to {highest} MB is allowed ({rules})"),
                    ));
                }
                if !self.dated.on("SW-MEM") && !self.allow_extended && memory.0 % 64 != 0 {
                    return Err(Fault::new(
                        found,
                        "steps of 64 MB are allowed at this model_date (SW-MEM)",
                    ));
                }
                Ok(memory)
            })
        });
        read.unwrap_or(MemoryMb(128))
    }

    fn timeout(&self, place: &Behaviour<'_>) -> Span {
        let highest = match (self.dated.on("SW-TIMEOUT"), self.allow_extended) {
            (_, true) => 5_400,
            (true, false) => 900,
            (false, false) => 300,
        };
        if place.traced.is_some() && place.own.get("timeout").is_none() {
            return Span::from_secs(highest.min(900));
        }
        let entry = place.all.get("timeout");
        let read = entry.and_then(|entry| {
            self.reader.value(entry, |text| {
                let timeout = values::duration(text)?;
                let seconds = timeout.as_micros() / 1_000_000;
                let whole = timeout == Span::from_secs(seconds);
                if whole && (1..=highest).contains(&seconds) {
                    return Ok(timeout);
                }
                let found = format!("is {}", text.trim());
                let rules = match highest {
                    300 => "LIM-2, SW-TIMEOUT",
                    _ => "LIM-2",
                };
                Err(Fault::new(
                    found,
                    format!("whole seconds from 1 s to {highest} s are allowed ({rules})"),
                ))
            })
        });
        read.unwrap_or(Span::from_secs(3))
    }

    fn ephemeral_storage(&self, place: &Behaviour<'_>) -> MemoryMb {
        let highest = if self.dated.on("SW-TMP") { 10_240 } else { 512 };
        let entry = place.all.get("ephemeral_storage");
        let read = entry.and_then(|entry| {
            self.reader.value(entry, |text| {
                let size = values::memory(text)?;
                if (512..=highest).contains(&size.0) {
                    return Ok(size);
                }
                let allowed = match highest {
                    512 => format!(
                        "512 MB is allowed; {}",
                        self.dated.too_early("SW-TMP").replace("it exists", "more exists")
                    ),
                    _ => "512 MB to 10240 MB is allowed (LIM-3)".to_owned(),
                };
                Err(Fault::new(format!("is {size}"), allowed))
            })
        });
        read.unwrap_or(MemoryMb(512))
    }

    fn suppressed_init_factor(&self, place: &Behaviour<'_>, memory: MemoryMb) -> f64 {
        let bound = place
            .all
            .get("init_cpu_bound")
            .and_then(|entry| self.reader.fraction(entry))
            .unwrap_or(0.0);
        1.0 - bound + bound * slowdown(memory)
    }

    /// The handler's duration and what memory scaling makes of it.
    fn duration(&self, place: &Behaviour<'_>, memory: MemoryMb) -> (Distribution, f64) {
        let own = place.own.get("duration");
        let traced = place.traced.and_then(AzureFunction::duration);
        let given = match (own, traced) {
            (None, Some(traced)) => Some(traced),
            _ => place.all.get("duration").map(|entry| {
                if part_of(entry, "cpu").is_some() {
                    let work = self.work(place, entry, memory);
                    return work.unwrap_or_else(|| Distribution::constant(Span::ZERO));
                }
                let base = part_of(entry, "base").unwrap_or(entry);
                let read = match (part_of(entry, "per_record"), part_of(entry, "base")) {
                    (Some(_), None) => Some(Distribution::constant(Span::ZERO)),
                    _ => distribution(self.reader, &base.value, &base.key),
                };
                read.unwrap_or_else(|| Distribution::constant(Span::ZERO))
            }),
        };
        self.scaled(place, given, memory)
    }

    /// What each record of a batch adds, where `duration` says it.
    fn per_record(&self, place: &Behaviour<'_>) -> Option<Distribution> {
        let entry = place.all.get("duration")?;
        for part in entry
            .value
            .entries()
            .iter()
            .filter(|part| is_batch(entry) && !BATCH_PARTS.contains(&&*part.key))
        {
            let found = format!("`{}` stands beside `base` and `per_record`", part.key);
            self.reader.problem(part.mark, found, "remove it");
        }
        let per_record = part_of(entry, "per_record")?;
        distribution(self.reader, &per_record.value, &per_record.key)
    }

    /// PKG-2: an invocation that needs more memory than is configured dies.
    fn runs_out_of_memory(&self, place: &Behaviour<'_>, memory: MemoryMb) -> bool {
        let entry = place.all.get("max_memory_used");
        let used = entry.and_then(|entry| self.reader.value(entry, values::memory));
        let out = used.is_some_and(|used| used > memory);
        if let (true, Some(used)) = (out, used) {
            self.reader.warn(format!(
                "every invocation of {} uses {used} of memory and crashes at {memory} (PKG-2)",
                place.owner
            ));
        }
        out
    }

    fn failure_rates(&self, place: &Behaviour<'_>) -> (Share, Share) {
        let read = |key: &str| {
            let entry = place.all.get(key)?;
            Some((entry, self.reader.fraction(entry)?))
        };
        let (error, crash) = (read("error_rate"), read("crash_rate"));
        if let (Some((_, error)), Some((entry, crash))) = (error, crash)
            && error + crash > 1.0
        {
            let found = "`error_rate` and `crash_rate` together are above 100 %";
            self.reader.problem(entry.value.mark, found, "lower one of them");
        }
        let share =
            |rate: Option<(&Entry, f64)>| rate.map_or(Share::NONE, |(_, fraction)| Share::from_fraction(fraction));
        (share(error), share(crash))
    }

    /// LIFE-5.
    fn init_error_rate(&self, place: &Behaviour<'_>) -> Share {
        let entry = place.all.get("init_error_rate");
        entry.and_then(|entry| self.reader.share(entry)).unwrap_or(Share::NONE)
    }

    fn dead_letter(&self, place: &Behaviour<'_>) -> Option<LinkId> {
        let entry = place.all.get("dead_letter_config")?;
        if entry.value.text().is_some_and(values::is_off) {
            return None;
        }
        self.reader.value(entry, |text| match Address::parse(text)? {
            Address::Service {
                service: "sqs" | "sns",
                name,
            } if !name.ends_with(".fifo") => {
                let sender = format!("{} dead_letter_config", place.function);
                Ok(Some(self.links.add(&sender, text)))
            }
            _ => {
                let found = format!("is \"{text}\"");
                Err(Fault::new(
                    found,
                    "a standard queue `sqs:NAME` or topic `sns:NAME` is allowed (ASYNC-10)",
                ))
            }
        })?
    }
}

/// Keys of a duration that says what an invocation and each of its records take.
const BATCH_PARTS: [&str; 2] = ["base", "per_record"];

fn part_of<'n>(duration: &'n Entry, part: &str) -> Option<&'n Entry> {
    duration.value.entry(part)
}

pub(super) fn is_batch(duration: &Entry) -> bool {
    BATCH_PARTS.iter().any(|part| part_of(duration, part).is_some())
}

/// How much slower single-threaded work is than on a full vCPU (CPU-2).
pub(super) fn slowdown(memory: MemoryMb) -> f64 {
    (f64::from(FULL_CPU.0) / f64::from(memory.0)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_slows_down_below_a_full_vcpu_only() {
        assert_eq!(slowdown(MemoryMb(1_769)), 1.0);
        assert_eq!(slowdown(MemoryMb(10_240)), 1.0);
        assert_eq!(slowdown(MemoryMb(128)), 1_769.0 / 128.0);
    }
}
