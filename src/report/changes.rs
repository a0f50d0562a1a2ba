//! What was changed during a run, in words.

use serde_json::{Map, Value, json};

use super::ReportInput;
use super::numbers::rounded;
use crate::control::{ChangeRefusal, PlannedChange, RefusedChange};

/// `changes` of `summary.json`: each with its window in ms, what it set, and what was refused.
pub(super) fn changes_json(input: &ReportInput) -> Value {
    let change = |change: &PlannedChange| {
        let set = change.set.iter().map(|(path, value)| (path.clone(), json!(value)));
        let refused = refusals(input, change).map(|refusal| {
            json!({
                "time": rounded(refusal.at.as_millis_f64()),
                "function": input.plan.functions[refusal.function.index()].name,
                "reason": reason(refusal.reason),
            })
        });
        json!({
            "from": rounded(change.from.as_millis_f64()),
            "until": change.until.map(|until| rounded(until.as_millis_f64())),
            "set": set.collect::<Map<_, _>>(),
            "refused": refused.collect::<Vec<_>>(),
        })
    };
    let all = input.plan.changes.iter();
    all.map(|entry| (entry.name.clone(), change(entry)))
        .collect::<Map<_, _>>()
        .into()
}

/// What Lambda would have refused of a change, when it began or ended.
pub(super) fn refusals<'a>(
    input: &ReportInput<'a>,
    change: &'a PlannedChange,
) -> impl Iterator<Item = &'a RefusedChange> {
    let functions = &input.plan.functions;
    let touches = move |refusal: &RefusedChange| {
        let name = &functions[refusal.function.index()].name;
        change.set.iter().any(|(path, _)| {
            let mut keys = path.split('.');
            match keys.next() {
                Some("functions") => keys.next() == Some(name),
                first => first == Some("defaults"),
            }
        })
    };
    let all = input.result.refused_changes.iter();
    all.filter(move |refusal| {
        let turning = refusal.at == change.from || change.until == Some(refusal.at);
        turning && touches(refusal)
    })
}

/// Why something was refused, with its rule.
pub(super) fn reason(refusal: ChangeRefusal) -> &'static str {
    match refusal {
        ChangeRefusal::Reserved(error) => error.reason(),
        ChangeRefusal::Provisioned(error) => error.reason(),
    }
}
