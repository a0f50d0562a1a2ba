//! `notebook.ipynb`: the run folder in pandas.

use serde_json::{Value, json};

use super::ReportInput;

const LOAD: &str = "import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

summary = json.loads(Path('summary.json').read_text(encoding='utf-8'))


def read(name, **options):
    \"\"\"One of the folder's CSV files; empty names stay empty texts.\"\"\"
    return pd.read_csv(name, keep_default_na=False, **options)


metrics = read('metrics.csv', parse_dates=['time'])
throttles = read('throttles.csv', parse_dates=['time'])
latency = read('latency.csv')
cost = read('cost.csv')
pd.Series(summary['totals'], name='totals').to_frame()";

const FUNCTIONS: &str = "functions = pd.DataFrame({
    name: {
        'Invocations': function['Invocations'],
        'Errors': function['Errors'],
        'Throttles': function['Throttles'],
        'cold starts': function['cold_start_share'],
        'p50 ms': function['latency']['p50'],
        'p99 ms': function['latency']['p99'],
        'concurrency max': function['ConcurrentExecutions']['max'],
    }
    for name, function in summary['functions'].items()
}).T
functions.sort_values('Invocations', ascending=False)";

const CONCURRENCY: &str =
    "concurrency = metrics[(metrics.metric == 'ConcurrentExecutions') & (metrics.statistic == 'Maximum')]
account = concurrency[concurrency.function == ''].set_index('time').value
if account.empty:
    print('Nothing ran')
else:
    axes = account.plot(drawstyle='steps-post', figsize=(10, 4), title='Concurrent executions')
    axes.set(xlabel='', ylabel='maximum per period', ylim=(0, None))
    plt.show()";

const THROTTLES: &str = "if throttles.empty:
    print('No throttles in this run')
else:
    by_cause = throttles.pivot_table(index='time', columns='cause', values='count', aggfunc='sum', fill_value=0)
    axes = by_cause.plot(drawstyle='steps-post', figsize=(10, 4), title='Throttles by cause')
    axes.set(xlabel='', ylabel='throttles per period', ylim=(0, None))
    plt.show()";

const LATENCY: &str = "latency.sort_values('count', ascending=False).head(20)";

const COST: &str = "print(f\"{summary['cost']['total']:,.2f} USD for this run, \"
      f\"{summary['cost']['monthly_estimate']:,.2f} USD a month like it\")
by_item = cost.groupby(['function', 'item']).amount_usd.sum().unstack(fill_value=0)
if by_item.empty:
    print('Nothing was billed in this run')
else:
    by_item = by_item.loc[by_item.sum(axis=1).sort_values().tail(15).index]
    axes = by_item.plot.barh(stacked=True, figsize=(10, 4), title='Cost by function and item')
    axes.set(xlabel='US dollars', ylabel='')
    plt.show()";

const RECORDS: &str = "if Path('records.parquet').exists():
    records = pd.read_parquet('records.parquet')
    display(records.head())
else:
    print('Run again with --records to get one row per attempt')";

/// The notebook: nbformat 4.5, without outputs.
pub(super) fn notebook_json(input: &ReportInput) -> Value {
    let question = input.question.unwrap_or("What came out of this run?");
    let title = format!(
        "# {}\n\n{question}\n\nThis notebook reads the files beside it. It needs pandas and matplotlib (and pyarrow for \
         `records.parquet`).",
        input.plan.name
    );
    json!({
        "cells": [
            markdown("title", &title),
            code("load", LOAD),
            markdown("functions-title", "## Functions"),
            code("functions", FUNCTIONS),
            markdown("concurrency-title", "## Concurrency"),
            code("concurrency", CONCURRENCY),
            markdown("throttles-title", "## Throttles"),
            code("throttles", THROTTLES),
            markdown("latency-title", "## Latency by what served the call"),
            code("latency", LATENCY),
            markdown("cost-title", "## Cost"),
            code("cost", COST),
            markdown("records-title", "## Every attempt"),
            code("records", RECORDS),
        ],
        "metadata": {
            "kernelspec": { "display_name": "Python 3", "language": "python", "name": "python3" },
            "language_info": { "name": "python" },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    })
}

fn markdown(id: &str, text: &str) -> Value {
    json!({ "cell_type": "markdown", "id": id, "metadata": {}, "source": lines(text) })
}

fn code(id: &str, text: &str) -> Value {
    json!({
        "cell_type": "code", "execution_count": null, "id": id, "metadata": {}, "outputs": [], "source": lines(text),
    })
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn cells_have_ids_of_their_own_and_no_output() {
        let notebook = notebook_json(&Sample::busy().input());
        assert_eq!(
            (&notebook["nbformat"], &notebook["nbformat_minor"]),
            (&json!(4), &json!(5))
        );
        let cells = notebook["cells"].as_array().unwrap();
        let mut ids: Vec<&str> = cells.iter().map(|cell| cell["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), cells.len());
        let code = || cells.iter().filter(|cell| cell["cell_type"] == "code");
        assert!(code().count() >= 5);
        assert!(code().all(|cell| cell["outputs"].as_array().is_some_and(Vec::is_empty)));
    }
}
