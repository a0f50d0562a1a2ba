//! INIT of a version: given, or by its runtime (COLD-2, COLD-6, COLD-8).

use super::behaviour::{Behaviour, Platform};
use super::keys::nearest;
use super::tree::Entry;
use crate::facts::{Architecture, PackageType};
use crate::kernel::Distribution;
use crate::lambda::{Runtime, application_init};
use crate::units::{MemoryMb, Span};

impl Platform<'_> {
    /// INIT, the floor under the first invocation, and whether the runtime is a custom one.
    pub fn init(
        &self,
        place: &Behaviour<'_>,
        package: PackageType,
        architecture: Architecture,
        memory: MemoryMb,
    ) -> (Distribution, Span, bool) {
        let nothing = Distribution::constant(Span::ZERO);
        let runtime = place
            .all
            .get("runtime")
            .and_then(|entry| Some((entry, self.reader.text(entry)?)));
        let row = runtime.as_ref().and_then(|(_, name)| Runtime::find(name));
        let custom = match (&runtime, row) {
            (Some((_, name)), _) if name.starts_with("provided") => true,
            (_, Some(row)) => row.custom,
            _ => false,
        };
        if let Some(entry) = place.all.get("init") {
            let init = match entry.value.text() {
                Some("application") => self.application(place, entry, architecture),
                _ => self.reader.distribution(entry),
            };
            return (init.unwrap_or(nothing), Span::ZERO, custom);
        }
        match (runtime, row) {
            (runtime, Some(row)) => {
                if let Some((_, name)) = runtime.filter(|(_, name)| *name != row.name && !name.starts_with("provided"))
                {
                    self.reader.warn(format!(
                        "the runtime {name} is not measured; {} of the same language stands in for its INIT (COLD-8)",
                        row.name
                    ));
                }
                (row.init(package, architecture), row.first_invoke(memory), custom)
            }
            (Some((entry, name)), None) => {
                let allowed = match nearest(&name, Runtime::all().iter().map(|row| row.name.as_str())) {
                    Some(close) => format!("did you mean {close}?"),
                    None => "name a runtime such as python3.13, nodejs24.x or java21, or give `init`".to_owned(),
                };
                self.reader.problem(
                    entry.value.mark,
                    format!("`runtime` is {name}, which is not known"),
                    allowed,
                );
                (nothing, Span::ZERO, custom)
            }
            (None, None) if place.told(&["runtime", "init"]) => (nothing, Span::ZERO, custom),
            (None, None) if place.traced.is_some() => {
                self.reader.warn(
                    "functions of an Azure trace have no runtime: their INIT is 0 s; give `defaults: { runtime: … }` or `init`"
                        .to_owned(),
                );
                (nothing, Span::ZERO, custom)
            }
            (None, None) => {
                let found = format!("{} has neither `runtime` nor `init`", place.owner);
                self.reader.problem(
                    place.mark,
                    found,
                    "add one, such as `runtime: python3.13` or `init: 0 s`",
                );
                (nothing, Span::ZERO, custom)
            }
        }
    }

    /// `init: application`: that of an application of realistic size for the runtime (COLD-2).
    fn application(&self, place: &Behaviour<'_>, entry: &Entry, architecture: Architecture) -> Option<Distribution> {
        let allowed = "it is known for Python, Node.js, Java, Go, Rust and .NET compiled ahead of time (`dotnet8-aot`): else give a time";
        let runtime = place.all.get("runtime").and_then(|runtime| runtime.value.text());
        let init = runtime.and_then(|name| application_init(name, architecture));
        if init.is_none() {
            let of = runtime.unwrap_or("no runtime");
            self.reader.problem(
                entry.value.mark,
                format!("`init: application` stands beside {of}"),
                allowed,
            );
        }
        init
    }
}
