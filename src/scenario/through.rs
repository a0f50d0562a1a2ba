//! The service that a traffic entry comes through: to `Through`, with the numbers of lambda-model §6.

use super::dated::Dated;
use super::keys::{EVENT_TYPES, FRONT_ENDS};
use super::parameters::AccountParameters;
use super::reader::Reader;
use super::tree::{Entry, Node};
use crate::facts::{Architecture, InvocationType, QualifierId};
use crate::kernel::Distribution;
use crate::lambda::{FrontConfig, FrontService, FunctionConfig, GatewayRate, PushConfig, Through, VersionConfig};
use crate::units::{Bytes, MemoryMb, Share, Span};

/// Regions in which API Gateway's rate and burst are a quarter of the usual ones (FE-1).
const SMALL_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ap-south-2",
    "ap-east-2",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "mx-central-1",
];

/// Largest responses that edge functions may make, at the viewer and at the origin (EDGE-3).
const VIEWER_RESPONSE: Bytes = Bytes::from_kb(40);
const ORIGIN_RESPONSE: Bytes = Bytes::from_mb(1);
/// Longest origin trigger (EDGE-3).
const LONGEST_ORIGIN: Span = Span::from_secs(30);
/// Largest /tmp of edge functions (EDGE-4).
const EDGE_STORAGE: MemoryMb = MemoryMb(512);

/// One front end's numbers (FE-1…8).
struct Front {
    name: &'static str,
    latency_ms: u64,
    timeout_s: Option<u64>,
    longest_timeout_s: Option<u64>,
    /// On a timeout of its own, a throttle, a function error, a timeout of the function.
    statuses: [u16; 4],
    service: FrontService,
    largest_mb: Option<u64>,
}

const FRONTS: &[Front] = &[
    Front {
        name: "api-gateway",
        latency_ms: 10,
        timeout_s: Some(29),
        longest_timeout_s: Some(900),
        statuses: [504, 500, 502, 502],
        service: FrontService::ApiGateway,
        largest_mb: None,
    },
    Front {
        name: "http-api",
        latency_ms: 5,
        timeout_s: Some(30),
        longest_timeout_s: Some(30),
        statuses: [503, 500, 500, 500],
        service: FrontService::ApiGateway,
        largest_mb: None,
    },
    Front {
        name: "alb",
        latency_ms: 3,
        timeout_s: Some(60),
        longest_timeout_s: Some(4_000),
        statuses: [504, 502, 502, 502],
        service: FrontService::Other,
        largest_mb: Some(1),
    },
    Front {
        name: "function-url",
        latency_ms: 3,
        timeout_s: None,
        longest_timeout_s: None,
        statuses: [502, 429, 502, 502],
        service: FrontService::FunctionUrl,
        largest_mb: None,
    },
    Front {
        name: "cloudfront",
        latency_ms: 1,
        timeout_s: None,
        longest_timeout_s: None,
        statuses: [503, 503, 503, 503],
        service: FrontService::CloudFront,
        largest_mb: None,
    },
    Front {
        name: "step-functions",
        latency_ms: 0,
        timeout_s: None,
        longest_timeout_s: None,
        statuses: [504, 429, 200, 200],
        service: FrontService::Other,
        largest_mb: None,
    },
    Front {
        name: "cognito",
        latency_ms: 0,
        timeout_s: Some(5),
        longest_timeout_s: Some(5),
        statuses: [400, 400, 400, 400],
        service: FrontService::Other,
        largest_mb: None,
    },
];

/// What is said of one entry's service.
pub(super) struct Passage {
    /// `None` for a plain SDK.
    pub through: Option<Through>,
    /// Its name; `sdk` where none is given.
    pub name: &'static str,
    /// How the service invokes, unless the entry says otherwise.
    pub invocation_type: InvocationType,
    /// Share of what arrives that asks for the function at all: filters, and misses of a cache.
    pub pass: Share,
}

/// API Gateway's request rate of an account in `region`.
pub(super) fn gateway(region: &str) -> GatewayRate {
    match SMALL_REGIONS.contains(&region) {
        true => GatewayRate {
            per_second: 2_500,
            burst: 1_250,
        },
        false => GatewayRate::default(),
    }
}

/// Reads `through` and what stands beside it.
pub(super) fn passage(reader: &Reader, dated: &Dated, parameters: &AccountParameters, entry: &Entry) -> Passage {
    let node = &entry.value;
    let through = node.entry("through");
    let position = through
        .and_then(|through| reader.choice(through, FRONT_ENDS))
        .unwrap_or(0);
    let name = FRONT_ENDS[position];
    if let Some(through) = through.filter(|_| name == "function-url" && !dated.on("SW-URL")) {
        reader.problem(
            through.value.mark,
            "`through` is function-url",
            dated.too_early("SW-URL"),
        );
    }
    let front = FRONTS.iter().find(|front| front.name == name);
    let push = front.is_none() && name != "sdk";
    belongs(reader, entry, name, push);
    let read_share = |key: &str| node.entry(key).and_then(|entry| reader.share(entry));
    let hits = read_share("cache_hit").unwrap_or(Share::NONE);
    let filter = node
        .entry("filter_criteria")
        .and_then(|filter| filter.value.entry("pass"));
    let passing = filter.and_then(|pass| reader.share(pass)).unwrap_or(Share::ALL);
    Passage {
        through: match front {
            Some(front) => Some(Through::Front(front_config(reader, parameters, entry, front))),
            None if push => Some(Through::Push(PushConfig {
                latency: match name {
                    "s3" => parameters.s3_latency.clone(),
                    _ => Distribution::constant(Span::ZERO),
                },
                duplicates: read_share("duplicates").unwrap_or(Share::NONE),
            })),
            None => None,
        },
        name,
        invocation_type: if push {
            InvocationType::Event
        } else {
            InvocationType::RequestResponse
        },
        pass: match name {
            "cloudfront" if !trigger(reader, node).at_viewer => Share::from_fraction(1.0 - hits.as_fraction()),
            "cloudfront" => Share::ALL,
            _ => passing,
        },
    }
}

/// Where a Lambda@Edge function is called.
struct Trigger {
    name: &'static str,
    /// At every request; origin triggers run on misses of the cache only (EDGE-2).
    at_viewer: bool,
}

fn trigger(reader: &Reader, node: &Node) -> Trigger {
    let entry = node.entry("event_type");
    let position = entry.and_then(|entry| reader.choice(entry, EVENT_TYPES)).unwrap_or(0);
    let name = EVENT_TYPES[position];
    Trigger {
        name,
        at_viewer: name.starts_with("viewer"),
    }
}

/// What the service asks of the function that it calls.
pub(super) fn check_target(
    reader: &Reader,
    parameters: &AccountParameters,
    entry: &Entry,
    function: &FunctionConfig,
    qualifier: QualifierId,
    written: Option<&Entry>,
) {
    let Some(through) = entry.value.entry("through") else {
        return;
    };
    let qualified = &function.qualifiers[qualifier.index()];
    let numbered = qualified
        .name
        .as_deref()
        .is_some_and(|name| name.parse::<u64>().is_ok());
    match through.value.text() {
        Some("function-url") if numbered => {
            let found = format!("a function URL leads to a numbered version of {}", function.name);
            reader.problem(through.value.mark, found, "$LATEST or an alias is allowed (FE-4)");
        }
        Some("cloudfront") => {
            if !numbered {
                let found = format!("CloudFront calls {} without the number of a version", function.name);
                let allowed = format!("a published version is allowed, such as {}:1 (EDGE-1)", function.name);
                reader.problem(through.value.mark, found, allowed);
            }
            let version = &function.versions[qualified.version.index()];
            check_exclusions(reader, through, function, version, written);
            check_trigger(reader, parameters, entry, function, version);
        }
        _ => {}
    }
}

/// What edge functions cannot have (EDGE-4).
fn check_exclusions(
    reader: &Reader,
    through: &Entry,
    function: &FunctionConfig,
    version: &VersionConfig,
    written: Option<&Entry>,
) {
    let has = |key: &str| written.is_some_and(|written| written.value.entry(key).is_some());
    let package = written.and_then(|written| written.value.entry("package_type"));
    let image = package.is_some_and(|package| package.value.text() == Some("Image"));
    let network = version
        .equipment
        .as_ref()
        .is_some_and(|equipment| equipment.network.is_some());
    let provisioned = function.qualifiers.iter().any(|qualifier| qualifier.provisioned > 0);
    let excluded = [
        (provisioned, "provisioned concurrency"),
        (function.reserved.is_some(), "reserved concurrency"),
        (version.architecture == Architecture::Arm64, "the arm64 architecture"),
        (network, "a VPC"),
        (version.dead_letter.is_some(), "a dead-letter queue"),
        (has("layers"), "layers"),
        (image, "a container image"),
        (version.ephemeral_storage > EDGE_STORAGE, "more than 512 MB of /tmp"),
        (has("environment"), "environment variables"),
    ];
    for (_, what) in excluded.into_iter().filter(|(applies, _)| *applies) {
        let found = format!("CloudFront calls {}, which has {what}", function.name);
        reader.problem(
            through.value.mark,
            found,
            "Lambda@Edge has none of that; take it away (EDGE-4)",
        );
    }
}

/// Time and memory of edge functions (EDGE-3).
fn check_trigger(
    reader: &Reader,
    parameters: &AccountParameters,
    entry: &Entry,
    function: &FunctionConfig,
    version: &VersionConfig,
) {
    let Trigger { name, at_viewer } = trigger(reader, &entry.value);
    let about = format!(
        "the function {} of the traffic {} is a {name} trigger",
        function.name, entry.key
    );
    if !at_viewer && version.timeout > LONGEST_ORIGIN {
        let found = format!("`timeout` of {} is {}", function.name, version.timeout);
        reader.problem(
            entry.mark,
            found,
            format!("at most {LONGEST_ORIGIN} is allowed for {name} (EDGE-3)"),
        );
    }
    if at_viewer && version.timeout > parameters.viewer_timeout {
        let (timeout, limit) = (version.timeout, parameters.viewer_timeout);
        reader.warn(format!(
            "{about} with a timeout of {timeout}: CloudFront allows {limit} (EDGE-3)"
        ));
    }
    if at_viewer && version.memory > parameters.viewer_memory {
        let (memory, limit) = (version.memory, parameters.viewer_memory);
        reader.warn(format!("{about} with {memory}: CloudFront allows {limit} (EDGE-3)"));
    }
}

fn front_config(reader: &Reader, parameters: &AccountParameters, entry: &Entry, front: &Front) -> FrontConfig {
    let longest = front.longest_timeout_s.map(Span::from_secs);
    let timeout = entry.value.entry("timeout").and_then(|timeout| match longest {
        Some(longest) => reader.duration_within(timeout, Span::from_millis(50), longest, " (FE-1 to FE-3)"),
        None => {
            let found = format!("`timeout` stands beside `through: {}`", front.name);
            reader.problem(timeout.mark, found, "it has none of its own; remove it");
            None
        }
    });
    let [timeout_status, throttle_status, error_status, function_timeout_status] = front.statuses;
    let usual = Distribution::constant(Span::from_millis(front.latency_ms));
    let largest_response = match front.service {
        FrontService::CloudFront if trigger(reader, &entry.value).at_viewer => Some(VIEWER_RESPONSE),
        FrontService::CloudFront => Some(ORIGIN_RESPONSE),
        _ => front.largest_mb.map(Bytes::from_mb),
    };
    FrontConfig {
        latency: parameters.front_latency.clone().unwrap_or(usual),
        timeout: timeout.or(front.timeout_s.map(Span::from_secs)),
        timeout_status,
        throttle_status: match front.name {
            "http-api" => parameters.http_api_throttle_status,
            _ => throttle_status,
        },
        error_status,
        function_timeout_status,
        service: front.service,
        largest_payload: front.largest_mb.map(Bytes::from_mb),
        largest_response,
    }
}

/// Keys that stand beside some services only.
fn belongs(reader: &Reader, entry: &Entry, name: &str, push: bool) {
    let front = FRONTS.iter().any(|front| front.name == name);
    let owners = [
        ("timeout", front, "a front end such as `through: api-gateway`"),
        ("cache_hit", name == "cloudfront", "`through: cloudfront`"),
        ("event_type", name == "cloudfront", "`through: cloudfront`"),
        (
            "duplicates",
            push,
            "a service that pushes events, such as `through: s3`",
        ),
        (
            "filter_criteria",
            push,
            "a service that pushes events, such as `through: sns`",
        ),
    ];
    for (key, owned, owner) in owners {
        if let Some(entry) = entry.value.entry(key).filter(|_| !owned) {
            let found = format!("`{key}` stands beside `through: {name}`");
            reader.problem(entry.mark, found, format!("it belongs to {owner}; remove it"));
        }
    }
}
