//! The bill of a month of known usage, with its steps as AWS's worked examples show them.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value, json};

use super::cost::item_title;
use super::numbers::{decimal_f64, dollars, grouped, grouped_decimal};
use crate::facts::Architecture;
use crate::pricing::{Bill, BillingConfig, Line, Quantity, Rounding, adjoining_bill, bill};
use crate::scenario::{Estimate, NamedWorkload};
use crate::units::{Money, exact_decimal};

const PRICE_UNITS: i128 = 1_000_000_000_000_000;

/// The bill of an estimate: Lambda's lines, then those of its managed instances.
fn bill_of(estimate: &Estimate) -> Bill {
    let lambda = bill(&estimate.usage(), &estimate.billing);
    let places = (0..).zip(&estimate.workloads);
    let instances = places.flat_map(|(place, named)| named.workload.instance_lines(estimate.key(place, named)));
    lambda.with(instances, estimate.billing.rounding)
}

/// A line's amount as the total adds it up.
fn shown_amount(line: &Line, rounding: Rounding) -> Money {
    match rounding {
        Rounding::Exact => line.amount,
        Rounding::Page => line.amount.rounded_to_cents(),
    }
}

/// For people: the steps, the lines and the total.
pub fn estimate_text(estimate: &Estimate) -> String {
    let bill = bill_of(estimate);
    let mut text = String::new();
    for named in &estimate.workloads {
        for step in usage_steps(named) {
            // Writing into a String cannot fail.
            let _ = writeln!(text, " {step}");
        }
    }
    for step in free_tier_steps(estimate, &bill) {
        let _ = writeln!(text, " {step}");
    }
    let _ = writeln!(text, "\n{}", lines_table(&bill, estimate.billing.rounding));
    text.push_str(&total_text(&bill, &estimate.billing));
    text.push_str(&adjoining_text(&adjoining_of(estimate), estimate.billing.rounding));
    text
}

fn adjoining_of(estimate: &Estimate) -> Bill {
    adjoining_bill(&estimate.adjoining, &estimate.billing)
}

fn total_text(bill: &Bill, billing: &BillingConfig) -> String {
    let exact = match billing.rounding {
        Rounding::Exact => format!(", exactly {} USD", bill.total.exact()),
        Rounding::Page => ", each line rounded".to_owned(),
    };
    let mut text = format!(" Total ${} a month in {}{exact}.\n", bill.total, billing.region);
    if bill.lines.iter().any(|line| line.estimated) {
        let _ = writeln!(
            text,
            " Lines marked * rest on estimated prices; `lambdasim prices --region {}` has their sources.",
            billing.region
        );
    }
    text
}

/// A month of several kinds of days and its bill.
#[derive(Clone, Copy, Debug)]
pub struct MonthReport<'a> {
    /// Scenarios and their days.
    pub kinds: &'a [(String, u32)],
    /// Names of functions, by [`crate::facts::FunctionId`] in the bill.
    pub names: &'a [String],
    /// The bill.
    pub bill: &'a Bill,
    /// How it was made.
    pub billing: &'a BillingConfig,
    /// What services beside Lambda cost, no part of the bill; no lines where none is billed.
    pub adjoining: &'a Bill,
}

/// For people: the days, the lines, what each function costs, and the total.
pub fn month_text(month: &MonthReport) -> String {
    let kinds: Vec<String> = month
        .kinds
        .iter()
        .map(|(name, days)| format!("{days} x {name}"))
        .collect();
    let mut text = format!(
        " {}\n\n{}\n",
        kinds.join(" + "),
        lines_table(month.bill, month.billing.rounding)
    );
    for (name, cost) in month.names.iter().zip(costs_by_function(month)) {
        // Writing into a String cannot fail.
        let _ = writeln!(text, " {name}: {}", dollars(cost));
    }
    text.push_str(&total_text(month.bill, month.billing));
    text.push_str(&adjoining_text(month.adjoining, month.billing.rounding));
    text
}

/// Services beside Lambda, where some are billed.
fn adjoining_text(bill: &Bill, rounding: Rounding) -> String {
    if bill.lines.is_empty() {
        return String::new();
    }
    let estimated = match bill.lines.iter().any(|line| line.estimated) {
        true => " Prices marked * are reported ones.",
        false => "",
    };
    let table = lines_table(bill, rounding);
    format!(
        "\n{table}\n Beside Lambda ${} a month, no part of its bill.{estimated}\n",
        bill.total
    )
}

/// For programs.
pub fn month_json(month: &MonthReport) -> Value {
    let functions: Map<String, Value> = month
        .names
        .iter()
        .cloned()
        .zip(costs_by_function(month).into_iter().map(money))
        .collect();
    json!({
        "currency": "USD",
        "region": month.billing.region,
        "days": month.kinds.iter().map(|(name, days)| json!({ "scenario": name, "days": days })).collect::<Vec<_>>(),
        "lines": json_lines(month.names, month.billing.rounding, month.bill),
        "functions": functions,
        "total": money(month.bill.total),
        "total_in_cents": format!("{}", month.bill.total),
        "adjoining": json_adjoining(month.adjoining, month.billing.rounding),
    })
}

fn costs_by_function(month: &MonthReport) -> Vec<Money> {
    let mut costs = vec![Money::ZERO; month.names.len()];
    for share in month.bill.lines.iter().flat_map(|line| &line.shares) {
        costs[share.function.index()] += share.amount;
    }
    costs
}

/// How the usage of one function comes about.
fn usage_steps(named: &NamedWorkload) -> Vec<String> {
    let workload = &named.workload;
    let head = if named.name.is_empty() {
        String::new()
    } else {
        format!("{}: ", named.name)
    };
    let each = workload.requests_each();
    let mut steps = Vec::new();
    if each > 1 {
        let all = u128::from(workload.requests) * u128::from(each);
        steps.push(format!(
            "{head}{} events x {each} requests each = {} requests",
            grouped(workload.requests),
            grouped_decimal(&all.to_string())
        ));
    }
    let groups = workload.groups(&named.billed).into_iter();
    for group in groups.filter(|_| workload.managed.is_none()) {
        let millis = u128::from(group.count) * u128::from(group.billed_ms);
        let mb_ms = Quantity {
            atoms: (millis * u128::from(workload.memory.0)) as i128,
            per_unit: 1_024_000,
        };
        let on = if group.on_provisioned {
            " on provisioned concurrency"
        } else {
            ""
        };
        steps.push(format!(
            "{head}{} requests x {} ms x {} MB / 1,024 = {} GB-seconds{on}",
            grouped(group.count),
            grouped(group.billed_ms),
            grouped(workload.memory.0.into()),
            grouped_decimal(&mb_ms.exact())
        ));
    }
    if let Some(provisioned) = workload.provisioned {
        steps.push(format!(
            "{head}{} provisioned x {} MB / 1,024, enabled for {}",
            grouped(provisioned.amount.into()),
            grouped(workload.memory.0.into()),
            provisioned.time
        ));
    }
    steps
}

/// What the free tier takes off, by item: used - free = billed.
fn free_tier_steps(estimate: &Estimate, with: &Bill) -> Vec<String> {
    let mut full = estimate.billing.clone();
    full.free_tier = crate::pricing::FreeTier::Off;
    let without = bill(&estimate.usage(), &full);
    let sum = |bill: &Bill, line: &Line| -> i128 {
        let of_item = bill.lines.iter().filter(|other| other.item == line.item);
        of_item.map(|other| other.quantity.atoms).sum()
    };
    let mut steps = Vec::new();
    let mut told = None;
    for line in &without.lines {
        let (used, billed) = (sum(&without, line), sum(with, line));
        if used != billed && told != Some(line.item) {
            told = Some(line.item);
            let text = |atoms| {
                let quantity = Quantity { atoms, ..line.quantity };
                grouped_decimal(&quantity.exact())
            };
            steps.push(format!(
                "{}: {} - {} free = {} {}s",
                item_title(line.item),
                text(used),
                text(used - billed),
                text(billed),
                line.unit
            ));
        }
    }
    steps
}

fn lines_table(bill: &Bill, rounding: Rounding) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(["Item", "Quantity", "Unit", "x USD", "= USD", ""]);
    for line in &bill.lines {
        table.add_row([
            line_title(line),
            grouped_decimal(&line.quantity.exact()),
            line.unit.to_owned(),
            exact_decimal(line.unit_price, PRICE_UNITS),
            shown_amount(line, rounding).exact(),
            if line.estimated { "*" } else { "" }.to_owned(),
        ]);
    }
    for number in [1, 3, 4] {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

fn line_title(line: &Line) -> String {
    let on = match line.architecture {
        Some(Architecture::Arm64) => " on arm64",
        _ => "",
    };
    let tier = match line.tier {
        1 => String::new(),
        tier => format!(", tier {tier}"),
    };
    format!("{}{on}{tier}", item_title(line.item))
}

/// For programs.
pub fn estimate_json(estimate: &Estimate) -> Value {
    let bill = bill_of(estimate);
    let billing = &estimate.billing;
    let names: Vec<String> = estimate.workloads.iter().map(|named| named.name.clone()).collect();
    let steps: Vec<String> = estimate
        .workloads
        .iter()
        .flat_map(usage_steps)
        .chain(free_tier_steps(estimate, &bill))
        .collect();
    json!({
        "currency": "USD",
        "region": billing.region,
        "model_date": estimate.model_date,
        "lines": json_lines(&names, billing.rounding, &bill),
        "total": money(bill.total),
        "total_in_cents": format!("{}", bill.total),
        "steps": steps,
        "adjoining": json_adjoining(&adjoining_of(estimate), billing.rounding),
    })
}

fn json_adjoining(bill: &Bill, rounding: Rounding) -> Value {
    json!({ "lines": json_lines(&[], rounding, bill), "total": money(bill.total) })
}

fn json_lines(names: &[String], rounding: Rounding, bill: &Bill) -> Vec<Value> {
    bill.lines.iter().map(|line| json_line(names, rounding, line)).collect()
}

fn json_line(names: &[String], rounding: Rounding, line: &Line) -> Value {
    let shares = line.shares.iter().filter(|_| names.len() > 1).map(|share| {
        json!({
            "function": names[share.function.index()],
            "quantity": quantity(share.quantity),
            "amount": money(share.amount),
        })
    });
    json!({
        "item": line.item.name(),
        "architecture": line.architecture.map(Architecture::name),
        "usage_type": line.usage_type,
        "tier": line.tier,
        "quantity": quantity(line.quantity),
        "unit": line.unit,
        "unit_price": decimal_f64(line.unit_price, PRICE_UNITS, 15),
        "amount": money(shown_amount(line, rounding)),
        "estimated": line.estimated,
        "source": line.source,
        "shares": shares.collect::<Vec<_>>(),
    })
}

fn quantity(quantity: Quantity) -> Value {
    json!(decimal_f64(quantity.atoms, quantity.per_unit, 10))
}

fn money(amount: Money) -> Value {
    json!(decimal_f64(amount.atoms(), Money::ATOMS_PER_USD, 15))
}
