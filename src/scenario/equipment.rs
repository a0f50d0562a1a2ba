//! SnapStart, VPC, file systems and extensions of a version: layered keys to an `Equipment`.

use super::behaviour::{Behaviour, Known, Platform};
use super::parameters::FunctionParameters;
use super::problem::Fault;
use super::tree::{Entry, Kind, Node};
use super::values;
use crate::facts::{ErrorCode, PackageType};
use crate::kernel::Distribution;
use crate::lambda::{
    Dormancy, Equipment, Extensions, Mount, Network, Publication, Snapshot, Throughput, snap_start_terms,
};
use crate::units::{Bytes, MemoryMb, SimTime, Span};

/// Connections of a file system (EFS-2).
const MOST_CONNECTIONS: u64 = 25_000;
/// Burst credits of a file system that has always rested: 2.1 TB (EFS-3).
const BURST_CREDITS: Bytes = Bytes::from_mb(2_202_010);
/// Limit of INIT ahead of any request, unless the timeout is longer (LIFE-4).
const SNAPSHOT_INIT_LIMIT: Span = Span::from_secs(130);
/// /tmp of a version with SnapStart (SNAP-2).
const SNAPSHOT_STORAGE: MemoryMb = MemoryMb(512);
/// What extensions have for their shutdown: internal ones alone, and external ones (LIFE-10).
const SHUTDOWN_BUDGETS: [Span; 2] = [Span::from_millis(500), Span::from_secs(2)];

impl Platform<'_> {
    /// What the version is equipped with; `None` if nothing.
    pub fn equipment(
        &self,
        place: &Behaviour<'_>,
        parameters: &FunctionParameters,
        known: &Known<'_>,
    ) -> Option<Box<Equipment>> {
        let (network, is_new_network) = self.network(place).unzip();
        let mount = self.mount(place, parameters, network.is_some());
        let snapshot = self.snapshot(place, parameters, known);
        let mut equipment = Equipment {
            package_init: known.package_init,
            snapshot,
            extensions: self.extensions(place),
            mount,
            network,
            dormancy: None,
            publication: None,
        };
        equipment.publication = self.publication(place, parameters, &equipment, is_new_network == Some(true));
        equipment.dormancy = dormancy(&equipment, parameters);
        (equipment != Equipment::default()).then(|| Box::new(equipment))
    }

    /// The entry that switches SnapStart on.
    pub fn snap_start<'n>(&self, place: &Behaviour<'n>) -> Option<&'n Entry> {
        let entry = place.all.get("snap_start")?;
        let on = match &entry.value.kind {
            // As in a template: `SnapStart: { ApplyOn: PublishedVersions }`.
            Kind::Map(_) => {
                let applies = entry.value.entry("apply_on")?;
                self.reader.choice(applies, &["None", "PublishedVersions"]) == Some(1)
            }
            _ => self.reader.flag(entry) == Some(true),
        };
        on.then_some(entry)
    }

    /// SNAP-1, SNAP-2: who can have a snapshot. `$LATEST` never has one.
    fn snapshot(&self, place: &Behaviour<'_>, parameters: &FunctionParameters, known: &Known<'_>) -> Option<Snapshot> {
        let entry = self.snap_start(place)?;
        let priced = self.snap_start_terms(place, entry)?;
        self.needs(entry, if priced { "SW-SNAP-PYNET" } else { "SW-SNAP-JAVA" });
        if known.package == PackageType::Image {
            self.reader.warn(format!(
                "{} is a container image with SnapStart, which AWS may not offer (SNAP-1)",
                place.owner
            ));
        }
        if let Some(mount) = place.all.get("file_system_configs") {
            let allowed = "SnapStart and file systems exclude each other (SNAP-2, LIM-24): drop one";
            self.reader
                .problem(mount.mark, "a function with `snap_start` has a file system", allowed);
        }
        if known.ephemeral_storage > SNAPSHOT_STORAGE {
            let found = format!("a function with `snap_start` has {} of /tmp", known.ephemeral_storage);
            let mark = place
                .all
                .get("ephemeral_storage")
                .map_or(entry.mark, |entry| entry.value.mark);
            self.reader
                .problem(mark, found, "512 MB is allowed with SnapStart (SNAP-2, LIM-24)");
        }
        let limit = known.timeout.max(SNAPSHOT_INIT_LIMIT);
        if known.init.as_constant().is_some_and(|init| init > limit) {
            let found = format!(
                "the INIT of {} is longer than {limit}: no snapshot can be made of it",
                place.owner
            );
            let allowed = "shorten `init`, or raise `timeout` where that is longer (LIFE-4)";
            self.reader.problem(entry.mark, found, allowed);
        }
        (place.version != "$LATEST").then(|| Snapshot {
            restore: parameters.restore.clone(),
            billed: parameters.restore_billed.clone(),
            priced,
        })
    }

    /// Whether the snapshots of the version's runtime are billed; told where it can have none.
    fn snap_start_terms(&self, place: &Behaviour<'_>, entry: &Entry) -> Option<bool> {
        let allowed = "java11, python3.12, dotnet8 and later managed runtimes are allowed (SNAP-1)";
        let Some(runtime) = place.all.get("runtime") else {
            let found = format!("{} has `snap_start` without `runtime`", place.owner);
            self.reader
                .problem(entry.mark, found, format!("name its runtime: {allowed}"));
            return None;
        };
        let name = runtime.value.text()?;
        let terms = snap_start_terms(name);
        if terms.is_none() {
            let found = format!("{name} has no SnapStart");
            self.reader.problem(runtime.value.mark, found, allowed);
        }
        terms
    }

    /// When the version is published, where that is during the run (SNAP-3, VPC-3).
    fn publication(
        &self,
        place: &Behaviour<'_>,
        parameters: &FunctionParameters,
        equipment: &Equipment,
        is_new_network: bool,
    ) -> Option<Publication> {
        let at = self.reader.duration(place.all.get("published_at")?)?;
        if let Some(provisioned) = place.own.get("provisioned_concurrent_executions") {
            let found = "a version that is published during the run has provisioned concurrency at t = 0";
            let allowed = "give it to an alias that a deployment moves there, or set it by a change (PC-1)";
            self.reader.problem(provisioned.mark, found, allowed);
        }
        Some(Publication {
            at: SimTime::ZERO + at,
            pending: match is_new_network {
                true => parameters.vpc_pending.clone(),
                false => Distribution::constant(Span::ZERO),
            },
            snapshots: equipment.snapshot.is_some(),
        })
    }

    /// How the version reaches its subnets (VPC-1, VPC-5, VPC-6), and whether that takes an interface that no function or
    /// version before it has.
    fn network(&self, place: &Behaviour<'_>) -> Option<(Network, bool)> {
        let entry = place.all.get("vpc_config")?;
        let allowed = "subnets with their free addresses are allowed: { subnets: { a: 250, b: 250 } }";
        let subnets = entry.value.entry("subnets").map(|entry| entry.value.entries());
        let Some(subnets) = subnets.filter(|subnets| !subnets.is_empty()) else {
            self.reader.problem(entry.mark, "`vpc_config` has no subnets", allowed);
            return None;
        };
        let groups = self.security_groups(&entry.value);
        let mut places = Vec::new();
        let mut interfaces = 0;
        let mut is_new = false;
        for subnet in subnets {
            let Some(free) = self.reader.count(subnet, 0, u64::from(u32::MAX)) else {
                continue;
            };
            match self.attachments.subnet(&subnet.key, free as u32) {
                Ok(number) => {
                    is_new |= self.dated.on("SW-VPC") && !self.attachments.knows_interface(number, &groups);
                    let attached = self.dated.on("SW-VPC") && self.attachments.has_interface(number, &groups);
                    interfaces += u16::from(attached);
                    places.push(number);
                }
                Err(known) => {
                    let found = format!("the subnet {} has {free} free addresses", subnet.key);
                    let allowed = format!("another function gives it {known}: it is the same subnet, give one number");
                    self.reader.problem(subnet.value.mark, found, allowed);
                }
            }
        }
        if !self.dated.on("SW-VPC") {
            return Some((Network::Sliced { subnets: places }, false));
        }
        if interfaces == 0 {
            self.reader.warn(format!(
                "no subnet of {} has an address for its network interface: each attempt that needs a new environment \
                 is answered 502 SubnetIPAddressLimitReached (VPC-5)",
                place.owner
            ));
        }
        Some((Network::Shared(interfaces), is_new))
    }

    /// The set of security groups as one text (VPC-1).
    fn security_groups(&self, node: &Node) -> String {
        let allowed = "a list of names is allowed";
        let items = node
            .entry("security_groups")
            .and_then(|entry| self.reader.list(entry, allowed));
        let mut names: Vec<&str> = items.unwrap_or(&[]).iter().filter_map(Node::text).collect();
        names.sort_unstable();
        names.dedup();
        names.join(",")
    }

    /// The mounted file system (EFS-1, EFS-2).
    fn mount(&self, place: &Behaviour<'_>, parameters: &FunctionParameters, in_vpc: bool) -> Option<Mount> {
        let entry = place.all.get("file_system_configs")?;
        // A pasted template holds a list of one.
        let node = match &entry.value.kind {
            Kind::List(items) if items.len() == 1 => &items[0],
            _ => &entry.value,
        };
        if !in_vpc {
            let found = format!("{} mounts a file system outside a VPC", place.owner);
            let allowed = "add `vpc_config`, such as { subnets: { a: 250 } } (EFS-1, LIM-23)";
            self.reader.problem(entry.mark, found, allowed);
        }
        let time = match node.entry("mount") {
            Some(mount) => self.reader.distribution(mount)?,
            None => parameters.efs_mount.clone(),
        };
        let connections = match node.entry("connections") {
            Some(entry) => self.reader.value(entry, |text| {
                values::count(text, 1, MOST_CONNECTIONS)
                    .map_err(|fault| Fault::new(fault.found, "1 to 25000 connections are allowed (EFS-2, LIM-23)"))
            })?,
            None => MOST_CONNECTIONS,
        };
        let named = node.entry("arn").and_then(|entry| entry.value.text());
        let name = named.map_or_else(|| format!("of {}", place.function), str::to_owned);
        match self.attachments.file_system(&name, connections as u32) {
            Ok(file_system) => {
                let throughput = self.throughput(node)?;
                if !self.attachments.has_throughput(file_system, throughput) {
                    let found = format!("the file system {name} has another throughput elsewhere");
                    self.reader
                        .problem(entry.mark, found, "it is the same file system: give one throughput");
                }
                Some(Mount {
                    file_system,
                    time,
                    transfer: node.entry("transfer").and_then(|entry| self.reader.sizes(entry)),
                })
            }
            Err(known) => {
                let found = format!("the file system {name} has {connections} connections");
                let allowed = format!("elsewhere it has {known}: it is the same file system, give one number");
                self.reader.problem(entry.mark, found, allowed);
                None
            }
        }
    }

    /// What a file system transfers in a second (EFS-3): `Some(None)` where it is not bounded, `None` where that is wrong.
    fn throughput(&self, node: &Node) -> Option<Option<Throughput>> {
        let of_second = |key: &str| {
            let entry = node.entry(key)?;
            let allowed = "bytes a second above 0 are allowed: 100 MB/s (EFS-3)";
            let read = self.reader.value(entry, |text| {
                let fault = || Fault::new(format!("is {text}"), allowed);
                let size = values::size(text.trim().strip_suffix("/s").ok_or_else(fault)?).map_err(|_| fault())?;
                if size == Bytes(0) { Err(fault()) } else { Ok(size) }
            });
            read.map(|size| (entry, size))
        };
        let Some((_, sustained)) = of_second("throughput") else {
            for key in ["burst", "burst_credits"] {
                if let Some(entry) = node.entry(key).filter(|_| node.entry("throughput").is_none()) {
                    let found = format!("`{key}` stands without `throughput`");
                    let allowed = "add what it transfers without credits: `throughput: 50 MB/s` (EFS-3)";
                    self.reader.problem(entry.mark, found, allowed);
                }
            }
            return node.entry("throughput").is_none().then_some(None);
        };
        let burst = of_second("burst");
        if let Some((entry, burst)) = burst.filter(|(_, burst)| *burst < sustained) {
            let found = format!("`burst` is {burst} a second, below `throughput`, which is {sustained}");
            self.reader
                .problem(entry.value.mark, found, "raise it, or leave it out (EFS-3)");
            return None;
        }
        let credits = match node.entry("burst_credits") {
            Some(entry) => self.reader.value(entry, values::size)?,
            None => BURST_CREDITS,
        };
        Some(Some(Throughput {
            sustained,
            burst: burst.map_or(sustained, |(_, burst)| burst),
            credits,
        }))
    }

    /// What extensions add (EXT-1, LIFE-10).
    fn extensions(&self, place: &Behaviour<'_>) -> Option<Extensions> {
        let entry = place.all.get("extensions")?;
        let node = &entry.value;
        let time = |key: &str| match node.entry(key) {
            Some(entry) => self.reader.distribution(entry),
            None => Some(Distribution::constant(Span::ZERO)),
        };
        let kind = node
            .entry("type")
            .and_then(|entry| self.reader.choice(entry, &["internal", "external"]));
        let budget = SHUTDOWN_BUDGETS[kind.unwrap_or(1)];
        let shutdown = node.entry("shutdown").and_then(|entry| self.reader.duration(entry));
        let shutdown = shutdown.unwrap_or(Span::ZERO);
        if shutdown > budget {
            self.reader.warn(format!(
                "the extensions of {} want {shutdown} to shut down and are killed after {budget} (LIFE-10)",
                place.owner
            ));
        }
        Some(Extensions {
            init: time("init")?,
            post_runtime: time("post_runtime")?,
            shutdown: shutdown.min(budget),
        })
    }
}

/// What two idle weeks do: a shared interface is reclaimed (VPC-4), a snapshot of Java is removed (SNAP-7).
fn dormancy(equipment: &Equipment, parameters: &FunctionParameters) -> Option<Dormancy> {
    let rebuilds = equipment.snapshot.as_ref().is_some_and(|snapshot| !snapshot.priced);
    let reattaches = matches!(equipment.network, Some(Network::Shared(1..)));
    let error = match (rebuilds, reattaches) {
        (true, _) => ErrorCode::SnapStartNotReady,
        (false, true) => ErrorCode::ResourceNotReady,
        (false, false) => return None,
    };
    let pending = match reattaches {
        true => parameters.vpc_pending.clone(),
        false => Distribution::constant(Span::ZERO),
    };
    Some(Dormancy {
        error,
        pending,
        rebuilds,
    })
}
