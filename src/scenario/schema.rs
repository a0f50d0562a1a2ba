//! The table of keys as a JSON Schema, for editors.

use serde_json::{Map, Value, json};

use super::keys::{Key, SCENARIO, Section, Support, Takes, sections};

/// JSON Schema (draft 2020-12) of scenario files.
pub fn json_schema() -> Value {
    let mut definitions = Map::new();
    for (name, section) in sections() {
        definitions.insert(name.to_owned(), object(section));
    }
    for (name, value) in values() {
        definitions.insert(name.to_owned(), value);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lambdasim scenario",
        "$ref": format!("#/$defs/{}", pointer(SCENARIO.name)),
        "$defs": definitions,
    })
}

fn object(section: &Section) -> Value {
    let mut properties = Map::new();
    for key in section.keys() {
        properties.insert(key.name.to_owned(), property(key));
    }
    json!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties })
}

fn property(key: &Key) -> Value {
    let mut value = match key.support {
        Support::Now => kind(key.takes),
        // Nothing is valid, so an editor marks the key and shows the text.
        Support::Never(_) => json!({ "not": {} }),
    };
    let text = format!("{} Default: {}.", key.doc, key.default);
    value["description"] = Value::String(text);
    value
}

fn kind(takes: Takes) -> Value {
    match takes {
        Takes::Text | Takes::Address => json!({ "type": ["string", "number", "boolean"] }),
        Takes::Count => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]+$" }] })
        }
        Takes::Number => json!({ "type": ["number", "string"] }),
        Takes::Flag => reference("a flag"),
        Takes::Duration => reference("a duration"),
        Takes::Memory => reference("a memory size"),
        Takes::Share => reference("a share"),
        Takes::Rate => reference("a rate"),
        Takes::Distribution => reference("a distribution"),
        Takes::Work => json!({ "anyOf": [
            reference("a distribution"),
            parts(json!({ "base": reference("a distribution"), "per_record": reference("a distribution") })),
            parts(json!({
                "cpu": reference("a distribution"), "wait": reference("a distribution"), "threads": { "type": "integer", "minimum": 1 },
            })),
        ] }),
        Takes::Init => json!({ "anyOf": [{ "enum": ["application"] }, reference("a distribution")] }),
        Takes::Sizes => reference("a distribution of sizes"),
        Takes::Instant => json!({ "type": "string" }),
        Takes::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Takes::Choice(words) => json!({ "enum": choices(words) }),
        Takes::Form(what) => json!({ "title": what }),
        Takes::Values(what) => json!({ "type": ["object", "null"], "title": what }),
        Takes::Section(section) | Takes::Whole(section) => reference(section.name),
        Takes::Named(section) => json!({ "type": ["object", "null"], "additionalProperties": reference(section.name) }),
        Takes::WordOr(section) => json!({ "anyOf": [{ "type": ["string", "boolean"] }, reference(section.name)] }),
    }
}

fn parts(properties: Value) -> Value {
    json!({ "type": "object", "additionalProperties": false, "minProperties": 1, "properties": properties })
}

/// The words; numbers also as numbers, since YAML reads them so.
fn choices(words: &[&str]) -> Vec<Value> {
    let numbers = words
        .iter()
        .filter_map(|word| word.parse::<u64>().ok())
        .map(Value::from);
    words.iter().map(|word| Value::from(*word)).chain(numbers).collect()
}

fn values() -> Vec<(&'static str, Value)> {
    let forms = [
        "uniform",
        "exponential",
        "normal",
        "lognormal",
        "gamma",
        "weibull",
        "pareto",
        "quantiles",
        "mixture",
        "empirical",
    ];
    let properties: Map<String, Value> = forms.iter().map(|form| ((*form).to_owned(), json!({}))).collect();
    let distribution = json!({
        "type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": properties,
    });
    vec![
        (
            "a flag",
            json!({ "enum": [true, false, "on", "off", "none", "true", "false"] }),
        ),
        (
            "a duration",
            json!({ "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]" }] }),
        ),
        (
            "a memory size",
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9.]+ *(M|Mi|G|Gi)?B?$" }] }),
        ),
        (
            "a share",
            json!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, { "type": "string", "pattern": "%?$" }] }),
        ),
        ("a rate", json!({ "type": "string", "pattern": "/" })),
        (
            "a distribution",
            json!({ "anyOf": [reference("a duration"), distribution] }),
        ),
        (
            "a distribution of sizes",
            json!({ "anyOf": [reference("a size"), distribution] }),
        ),
        (
            "a size",
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9.]+ *(K|Ki|M|Mi|G|Gi)?B?$" }] }),
        ),
    ]
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{}", pointer(name)) })
}

/// A name inside a JSON pointer of a URI.
fn pointer(name: &str) -> String {
    name.replace(' ', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_schema_has_its_definition() {
        fn walk(value: &Value, root: &Value) {
            match value {
                Value::Object(map) => {
                    if let Some(Value::String(target)) = map.get("$ref") {
                        let name = target.trim_start_matches("#/$defs/").replace("%20", " ");
                        assert!(root["$defs"].get(&name).is_some(), "{target}");
                    }
                    map.values().for_each(|value| walk(value, root));
                }
                Value::Array(items) => items.iter().for_each(|value| walk(value, root)),
                _ => {}
            }
        }
        let schema = json_schema();
        walk(&schema, &schema);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let version = &schema["$defs"]["functions.NAME.versions.NUMBER"]["properties"];
        assert!(version.get("memory_size").is_some() && version.get("tags").is_none());
    }
}
