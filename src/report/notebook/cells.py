# %% [markdown] title
# # {name}
#
# {question}
#
# This notebook reads the files beside it with pandas and draws with matplotlib (`pip install pandas matplotlib`; for `records.parquet`
# also `pyarrow`). Run it from top to bottom, then change what you like: every run of the scenario writes it anew, so keep a copy.

# %% load
import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML, Markdown, display
from matplotlib.ticker import LogLocator, NullFormatter

# The palette of Okabe and Ito can be told apart by everybody.
COLOURS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442', '#000000']
plt.rcParams.update({
    'axes.prop_cycle': plt.cycler(color=COLOURS), 'axes.grid': True, 'grid.alpha': 0.3, 'axes.spines.top': False,
    'axes.spines.right': False, 'axes.axisbelow': True, 'figure.figsize': (10, 4), 'figure.dpi': 100, 'legend.frameon': False,
})

summary = json.loads(Path('summary.json').read_text(encoding='utf-8'))


def read(name, **options):
    """One of the folder's tables; an empty name stays an empty text."""
    return pd.read_csv(name, keep_default_na=False, **options)


metrics = read('metrics.csv')
metrics['time'] = pd.to_datetime(metrics.time, utc=True)
throttles = read('throttles.csv')
throttles['time'] = pd.to_datetime(throttles.time, utc=True)
latency = read('latency.csv')
cost = read('cost.csv')
times = metrics.time.drop_duplicates().sort_values()
period = times.diff().min() if len(times) > 1 else pd.Timedelta(minutes=1)


def say(text):
    """A sentence as prose; a dollar sign would begin a formula, and names may hold anything."""
    for letter in '\\`*_{}[]<>#|$~':
        text = text.replace(letter, '\\' + letter)
    display(Markdown(text))


def show(frame):
    """A table; names in it are no markup."""
    number = lambda value: f'{value:,.0f}' if abs(value) >= 1_000 else f'{value:.4g}'
    display(HTML(frame.to_html(float_format=number, na_rep='–')))


def short(name):
    """A name that fits beside an axis and begins no formula."""
    name = ''.join(letter if letter.isprintable() else '?' for letter in str(name)).replace('$', r'\$')
    return name if len(name) <= 40 else name[:39] + '…'


def duration(ms):
    """Milliseconds in the unit in which people say them."""
    for unit, size in (('h', 3_600_000), ('min', 60_000), ('s', 1_000)):
        if ms >= size:
            return f'{ms / size:,.3g} {unit}'
    return f'{ms:,.3g} ms'


def series(metric, statistic, function='', qualifier=''):
    """One metric over time; no datapoint, no row."""
    wanted = (metrics.metric == metric) & (metrics.statistic == statistic)
    wanted &= (metrics.function == function) & (metrics.qualifier == qualifier)
    return metrics[wanted].set_index('time').value


def top(frame, most=7):
    """The columns with the largest sums; what the others have is added up."""
    order = frame.sum().sort_values(ascending=False).index
    head = frame[order[:most]].rename(columns=short)
    if len(order) > most:
        head[f'{len(order) - most} others'] = frame[order[most:]].sum(axis=1)
    return head


def complete(counted):
    """A row for every period, 0 where nothing was counted."""
    return counted.reindex(pd.date_range(times.min(), times.max(), freq=period), fill_value=0).fillna(0)


def steps(frame, axes, **options):
    """A line of steps for each column: at most 720 of them, each as high as the highest period in it."""
    stretch = period * -(-len(frame) // 720)
    coarse = frame.resample(stretch).max()
    # The last step has an end too.
    coarse.loc[coarse.index[-1] + stretch] = coarse.iloc[-1]
    coarse.plot(ax=axes, drawstyle='steps-post', **options)


def levels(axes):
    """Counts from 0, with separators of thousands."""
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter(lambda value, _: f'{value:,.10g}')


def finish(axes, title, ylabel, xlabel='time (UTC)'):
    """Words and legend of a chart; a single line needs none."""
    axes.set(title=title, ylabel=ylabel, xlabel=xlabel)
    if len(axes.get_legend_handles_labels()[0]) > 1:
        axes.legend(loc='upper left', bbox_to_anchor=(1, 1))
    elif axes.get_legend():
        axes.get_legend().remove()
    plt.show()

# %% [markdown] answer-title
# ## What came out?

# %% answer
totals = summary['totals']
hours = summary['simulated_seconds'] / 3_600
say(
    f"{hours:,.3g} hours were simulated (seed {summary['seed']}, lambdasim {summary['version']}): {totals['Invocations']:,} invocations, "
    f"{totals['cold_starts']:,} of them cold, {totals['Throttles']:,} throttles. A month like this costs {summary['cost']['monthly_estimate']:,.2f} USD."
)
if totals['arrivals']:
    say(
        f"Of {totals['arrivals']:,} calls and events {totals['succeeded'] / totals['arrivals']:.2%} succeeded, "
        f"{totals['throttled'] / totals['arrivals']:.2%} were throttled for good, {totals['failed'] / totals['arrivals']:.2%} failed."
    )
expected = pd.DataFrame(summary['expect'], columns=['text', 'value', 'ok'])
if expected.empty:
    say('The scenario expects nothing.')
else:
    say(f"{int(expected.ok.sum())} of {len(expected)} expectations hold.")
    show(expected.set_index('text'))

# %% functions
functions = pd.DataFrame([
    {
        'function': name,
        'Invocations': one['Invocations'],
        'Errors': one['Errors'],
        'Throttles': one['Throttles'],
        'cold starts (%)': 100 * one['cold_start_share'],
        # Without calls that were answered there is no latency.
        'p50 (ms)': one['latency']['p50'] if one['latency']['max'] else float('nan'),
        'p99 (ms)': one['latency']['p99'] if one['latency']['max'] else float('nan'),
        'peak concurrency': one['ConcurrentExecutions']['max'],
        'mean concurrency': one['ConcurrentExecutions']['mean'],
    }
    for name, one in summary['functions'].items()
])
if functions.empty:
    say('The scenario has no functions.')
else:
    show(functions.sort_values('Invocations', ascending=False).set_index('function').head(20).rename(index=short))

# %% [markdown] concurrency-title
# ## How many environments worked at once, and whose?

# %% concurrency
account = series('ConcurrentExecutions', 'Maximum')
if account.empty:
    say('Nothing ran.')
else:
    peak = summary['account']['ConcurrentExecutions']
    say(
        f"At most {peak['max']:,} invocations ran at once, {peak['mean']:,.3g} on average: the peak is "
        f"{peak['max'] / max(peak['mean'], 1e-9):,.3g} times the mean. The period with the most began at {account.idxmax():%Y-%m-%d %H:%M}."
    )
    each = metrics[(metrics.metric == 'ConcurrentExecutions') & (metrics.function != '') & (metrics.qualifier == '')]
    each = top(each.pivot_table(index='time', columns='function', values='value', aggfunc='max', fill_value=0))
    figure, axes = plt.subplots()
    steps(complete(account), axes, color='0.6', linewidth=3, label='account')
    steps(complete(each), axes, linewidth=1)
    levels(axes)
    finish(axes, 'Concurrent executions', 'maximum of each period')

# %% [markdown] throttles-title
# ## What was throttled, when and why?

# %% throttles
if throttles.empty:
    say('Nothing was throttled.')
else:
    by_cause = throttles.groupby('cause')['count'].sum().sort_values(ascending=False)
    by_function = throttles.groupby('function')['count'].sum().sort_values(ascending=False)
    over_time = throttles.pivot_table(index='time', columns='cause', values='count', aggfunc='sum', fill_value=0)
    worst = over_time.sum(axis=1)
    say(
        f"{by_cause.sum():,} requests were throttled, {by_cause.iloc[0] / by_cause.sum():.0%} of them by {by_cause.index[0]}; "
        f"{by_function.iloc[0] / by_function.sum():.0%} were for {short(by_function.index[0])}. "
        f"The worst period began at {worst.idxmax():%Y-%m-%d %H:%M} with {worst.max():,} throttles."
    )
    figure, axes = plt.subplots()
    steps(complete(over_time), axes)
    levels(axes)
    finish(axes, 'Throttles by the limit that refused', f'throttles per {duration(period.total_seconds() * 1e3)}')

# %% [markdown] latency-title
# ## How long did callers wait, and what makes the difference?

# %% latency
answered = latency[(latency.invocation_type == 'RequestResponse') & (latency.start != 'none')]
if answered.empty:
    say('No call was answered by an invocation.')
else:
    # Groups are joined by weighted means; their largest p99 bounds the p99 of all.
    by_start = answered.assign(total=answered.mean_ms * answered['count']).groupby('start')
    by_start = pd.DataFrame({
        'calls': by_start['count'].sum(),
        'mean (ms)': by_start.total.sum() / by_start['count'].sum(),
        'largest p99 (ms)': by_start.p99_ms.max(),
        'max (ms)': by_start.max_ms.max(),
    }).sort_values('calls', ascending=False)
    shares = by_start.calls / by_start.calls.sum()
    text = ', '.join(f"{share:.2%} {start} with {duration(by_start['mean (ms)'][start])} on average" for start, share in shares.items())
    say(f"Of {by_start.calls.sum():,} calls that ran: {text}.")
    show(by_start)
    busiest = answered.sort_values('count', ascending=False).head(10)[::-1]
    labels = [short(f"{row.traffic} → {row.function} ({row.start})") for row in busiest.itertuples()]
    figure, axes = plt.subplots(figsize=(10, 1.5 + 0.4 * len(busiest)))
    for quantile, marker in (('p50_ms', 'o'), ('p95_ms', 's'), ('p99_ms', 'D')):
        axes.plot(busiest[quantile].clip(lower=0.1), range(len(busiest)), marker, label=quantile[:3])
    axes.hlines(range(len(busiest)), busiest.p50_ms.clip(lower=0.1), busiest.p99_ms.clip(lower=0.1), color='0.7', zorder=0)
    axes.set_xscale('log')
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: duration(value))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(busiest)), labels)
    finish(axes, 'Latency as callers saw it', '', 'latency (logarithmic)')

# %% [markdown] cold-title
# ## When did calls begin cold?

# %% cold
cold, ran = series('SimColdStarts', 'Sum'), series('Invocations', 'Sum')
if cold.empty:
    cold = metrics[(metrics.metric == 'SimColdStarts') & (metrics.function != '') & (metrics.qualifier == '')]
    cold = cold.groupby('time').value.sum()
if cold.empty or ran.empty:
    say('No invocation began cold.')
else:
    busy = complete(ran)
    share = complete(cold) / busy.replace(0, float('nan'))
    say(
        f"{totals['cold_starts'] / max(totals['Invocations'], 1):.3%} of all invocations waited for a new environment; "
        f"in the busiest period it was {share[busy.idxmax()]:.2%}, in the worst one {share.max():.1%}."
    )
    figure, axes = plt.subplots()
    steps(100 * share, axes)
    levels(axes)
    finish(axes, 'Invocations that began cold', '% of the invocations of each period')

# %% [markdown] waiting-title
# ## Did work pile up?

# %% waiting
depth = metrics[metrics.metric == 'ApproximateNumberOfMessagesVisible']
ages = metrics[(metrics.metric.isin(['AsyncEventAge', 'IteratorAge'])) & (metrics.statistic == 'Maximum') & (metrics.qualifier == '')]
ages = ages[ages.function != '']
if depth.empty and ages.empty:
    say('The run has no queues, streams or events that could wait.')
if not depth.empty:
    # Without a datapoint as many wait as before.
    waiting = top(depth.pivot_table(index='time', columns='function', values='value', aggfunc='max').reindex(times).ffill().fillna(0))
    left = {name: queue['waiting'] + queue['in_flight'] for name, queue in summary['queues'].items()}
    say(f"At most {depth.value.max():,.0f} messages waited in {short(depth.loc[depth.value.idxmax(), 'function'])}; {sum(left.values()):,} were left at the end.")
    figure, axes = plt.subplots()
    steps(waiting, axes)
    levels(axes)
    finish(axes, 'Messages that waited', 'maximum of each period')
if not ages.empty:
    oldest = ages.loc[ages.value.idxmax()]
    say(f"The oldest event or record that was handled had waited {duration(oldest.value)}, for {short(oldest.function)}.")
    if oldest.value >= 1_000:
        age = top(ages.pivot_table(index='time', columns='function', values='value', aggfunc='max')) / 1_000
        figure, axes = plt.subplots()
        age.plot(ax=axes, marker='.', linewidth=1)
        levels(axes)
        finish(axes, 'Age of events and records when they were handled', 'seconds, maximum of each period')

# %% [markdown] cost-title
# ## What does it cost, and what for?

# %% cost
if cost.empty or cost.amount_usd.sum() == 0:
    say('Nothing was billed.')
else:
    by_item = cost.groupby('item').amount_usd.sum().sort_values(ascending=False)
    say(
        f"This run costs {summary['cost']['total']:,.4g} USD, a month like it {summary['cost']['monthly_estimate']:,.2f} USD. "
        f"The largest item is {by_item.index[0]} with {by_item.iloc[0] / by_item.sum():.0%}."
    )
    bars = cost.assign(function=cost.function.replace('', '(account)')).pivot_table(
        index='function', columns='item', values='amount_usd', aggfunc='sum', fill_value=0
    )
    bars = bars.loc[bars.sum(axis=1).sort_values().tail(12).index]
    bars.index = [short(name) for name in bars.index]
    figure, axes = plt.subplots(figsize=(10, 1.5 + 0.4 * len(bars)))
    bars.plot.barh(stacked=True, ax=axes)
    finish(axes, 'Cost of the run by function and item', '', 'US dollars')

# %% [markdown] records-title
# ## Where did the time of each attempt go?

# %% records
if not Path('records.parquet').exists():
    say('Run the scenario again with --records to have one row for each attempt in records.parquet.')
else:
    records = pd.read_parquet('records.parquet')
    ran = records[records.duration_ms.notna()]
    if ran.empty:
        say(f"None of {len(records):,} attempts ran to its end.")
    else:
        parts = pd.DataFrame({
            'before the attempt': ran.start_ms - ran.arrival_ms,
            'INIT': ran.init_ms.fillna(0),
            'handler': ran.duration_ms,
        }).groupby(ran.function).mean()
        whole = parts.sum().sum()
        say(f"{len(ran):,} of {len(records):,} attempts ran to their end. The handler has {parts['handler'].sum() / whole:.0%} of the mean times below.")
        parts = parts.loc[parts.sum(axis=1).sort_values().tail(12).index].rename(index=short)
        figure, axes = plt.subplots(figsize=(10, 1.5 + 0.4 * len(parts)))
        parts.plot.barh(stacked=True, ax=axes)
        axes.set_ylabel('')
        finish(axes, 'Where the time of an attempt goes', '', 'ms, mean of the attempts that ran')
