// The charts of report.html: drawn by uPlot from the JSON beside each of them, with one axis of time for all.
// Without this script the page shows pictures and tables.
"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const FONT = '12px system-ui, "Segoe UI", "DejaVu Sans", Verdana, sans-serif';
  const TIME_STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
    1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 432000, 604800, 1209600, 2592000];

  // Values in words, as the tables have them.
  const grouped = (digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });
  const [whole, tenths, hundredths] = [0, 1, 2].map(grouped);
  const significant = (value) => {
    const size = Math.abs(value);
    if (size > 0 && size < 0.01) return Number(value.toPrecision(2)).toString();
    return (size >= 99.95 ? whole : size >= 9.995 ? tenths : hundredths).format(value);
  };
  const milliseconds = (ms) => {
    if (ms > 0 && ms < 0.1) return `${significant(ms * 1e3)} µs`;
    if (ms < 1e3) return `${significant(ms)} ms`;
    if (ms < 120e3) return `${significant(ms / 1e3)} s`;
    if (ms < 7200e3) return `${significant(ms / 60e3)} min`;
    return `${significant(ms / 3600e3)} h`;
  };
  const dollars = (usd) => `$${Math.abs(usd) > 0 && Math.abs(usd) < 0.00995
    ? Number(usd.toPrecision(2))
    : usd.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  const show = {
    count: significant,
    ms: milliseconds,
    share: (share) => `${significant(share * 100)} %`,
    usd: dollars,
  };
  const inWords = (unit, value) => (value == null ? "–" : show[unit](value));

  // Seconds since the start, as far as `step` tells them apart.
  const clock = (seconds, step) => {
    if (step < 1) return `${significant(seconds)} s`;
    const [days, hours] = [Math.floor(seconds / 86400), Math.floor((seconds % 86400) / 3600)];
    const [minutes, rest] = [Math.floor((seconds % 3600) / 60), Math.round(seconds % 60)];
    const parts = [[days, "d"], [hours, "h"], [minutes, "min"], [rest, "s"]].filter(([count]) => count > 0);
    return parts.map(([count, unit]) => `${count} ${unit}`).join(" ") || "0";
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  const overTime = [];
  let zooming = false;

  // Stretches the axis of time of every chart alike.
  const zoomAll = (min, max) => {
    zooming = true;
    for (const chart of overTime) chart.plot.setScale("x", { min, max });
    zooming = false;
    for (const chart of overTime) chart.zoomed(min, max);
  };

  class Chart {
    constructor(figure) {
      this.model = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
      this.time = this.model.x.kind === "time";
      this.shown = this.model.series.map((series) => !series.hidden);
      this.places();
      this.live = element("div", "live");
      this.box = element("div", "plot");
      this.box.tabIndex = 0;
      this.box.setAttribute("role", "group");
      this.box.setAttribute("aria-roledescription", "chart");
      this.box.setAttribute("aria-label", `${this.model.title}. Arrow keys move along the axis, plus and minus zoom, Escape shows all.`);
      this.live.append(this.tools(), this.box, this.legend());
      (figure.querySelector(".static") ?? figure.querySelector("script")).before(this.live);
      figure.classList.add("is-live");
      this.plot = new uPlot(this.options(), this.data(), this.box);
      this.keys();
      if (this.time) overTime.push(this);
      new ResizeObserver(() => this.plot.setSize(this.size())).observe(this.box);
      this.read(null);
      this.paint();
    }

    // Places on the axis below: of steps their beginnings, and the end of the last one.
    places() {
      const { x } = this.model;
      this.xs = this.time ? Array.from({ length: x.count }, (_, step) => step * x.step) : x.values;
      if (this.time) this.xs.push(x.end);
      this.first = this.xs[0];
      this.last = this.xs[this.xs.length - 1];
    }

    size() {
      const height = this.box.closest("#timeline") ? 200 : 280;
      return { width: Math.max(200, this.box.clientWidth), height: innerWidth < 600 ? Math.min(height, 230) : height };
    }

    // Values in the order of uPlot's series: areas on each other, bands as two lines.
    data() {
      const floor = new Float64Array(this.xs.length);
      const levels = (values) => {
        const copy = values.map((value) => (this.model.log && !(value > 0) ? null : value));
        if (this.time) copy.push(null);
        return copy;
      };
      const held = (values) => {
        const copy = levels(values);
        if (this.time) copy[copy.length - 1] = copy[copy.length - 2] ?? null;
        return copy;
      };
      const rows = this.model.series.flatMap((series, number) => {
        if (series.mark === "band") return [held(series.values), held(series.above)];
        if (series.mark === "line") return [levels(series.values)];
        const values = held(series.values);
        if (series.mark !== "area" || !this.shown[number]) return [values];
        return [values.map((value, place) => (floor[place] += value ?? 0))];
      });
      return [this.xs, ...rows];
    }

    // Each area is filled down to the one below it.
    bands() {
      const bands = [];
      let below = null;
      let place = 1;
      this.model.series.forEach((series, number) => {
        if (series.mark === "area" && this.shown[number]) {
          if (below !== null) bands.push({ series: [place, below] });
          below = place;
        }
        if (series.mark === "band") bands.push({ series: [place + 1, place], fill: `${series.color}66` });
        place += series.mark === "band" ? 2 : 1;
      });
      return bands;
    }

    ink(series) {
      if (series.color === "#555555") return color("--limit");
      if (series.color === "#6f42c1") return color("--ready");
      return dark.matches ? lighter(series.color) : series.color;
    }

    lines() {
      const stepped = this.time ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear();
      return this.model.series.flatMap((series, number) => {
        const line = {
          label: series.name,
          show: this.shown[number],
          stroke: () => this.ink(series),
          width: 2,
          paths: series.mark === "line" ? uPlot.paths.linear() : stepped,
          points: { show: series.mark === "line" ? undefined : false, size: 5 },
        };
        if (series.mark === "dashes") line.dash = [8, 6];
        if (series.mark === "area") {
          line.width = 1;
          line.stroke = () => color("--paper");
          line.fill = () => this.ink(series);
        }
        if (series.mark === "band") {
          line.width = 0;
          return [line, { ...line }];
        }
        return [line];
      });
    }

    options() {
      const { model } = this;
      const axis = { stroke: () => color("--soft"), font: FONT, grid: { stroke: () => color("--line"), width: 1 },
        ticks: { stroke: () => color("--line"), width: 1, size: 4 } };
      const below = this.time
        ? { incrs: TIME_STEPS, values: (_, splits, _axis, _space, step) => splits.map((at) => clock(at, step)) }
        : { values: (_, splits) => splits.map((at) => (at == null ? "" : milliseconds(at))) };
      const side = {
        size: (_, texts) => 14 + 7 * Math.max(3, ...(texts ?? []).map((text) => String(text ?? "").length)),
        values: (_, splits) => splits.map((at) => (at == null ? "" : show[model.unit](at))),
      };
      return {
        ...this.size(),
        legend: { show: false },
        padding: [12, 34, 0, 0],
        scales: {
          x: { time: false, distr: this.time ? 1 : 3 },
          y: model.log ? { distr: 3 } : { range: (_, _low, high) => [0, (high > 0 ? high : 1) * 1.05] },
        },
        axes: [{ ...axis, ...below, space: 70, size: 30 }, { ...axis, ...side }],
        series: [{}, ...this.lines()],
        bands: this.bands(),
        cursor: {
          drag: { x: true, y: false },
          points: { size: 7 },
          ...(this.time ? { sync: { key: "time", scales: ["x", null] } } : {}),
          dataIdx: (plot, _series, nearest, at) => (this.time && nearest > 0 && this.xs[nearest] > at ? nearest - 1 : nearest),
        },
        hooks: {
          setCursor: [(plot) => this.read(plot.cursor.left < 0 ? null : plot.cursor.idxs?.[1] ?? plot.cursor.idx)],
          setScale: [(plot, key) => {
            if (key !== "x" || zooming) return;
            const { min, max } = plot.scales.x;
            if (this.time) zoomAll(min, max);
            else this.zoomed(min, max);
          }],
        },
      };
    }

    tools() {
      const bar = element("div", "tools");
      this.when = element("output", "when");
      const button = (text, label, action) => {
        const made = element("button", "", text);
        made.type = "button";
        made.setAttribute("aria-label", `${label}: ${this.model.title}`);
        made.addEventListener("click", action);
        return made;
      };
      this.all = button("Show all", "Show all", () => this.zoomTo(this.first, this.last));
      this.all.disabled = true;
      bar.append(this.when, button("−", "Zoom out", () => this.zoomBy(2)), button("+", "Zoom in", () => this.zoomBy(0.5)), this.all);
      return bar;
    }

    legend() {
      const list = element("ul", "legend");
      this.swatches = [];
      this.readings = this.model.series.map((series, number) => {
        const button = element("button");
        button.type = "button";
        button.setAttribute("aria-pressed", this.shown[number]);
        const swatch = element("i", `swatch ${series.mark}`);
        this.swatches.push(swatch);
        const reading = element("span", "reading");
        button.append(swatch, element("bdi", "", series.name), reading);
        button.addEventListener("click", () => this.toggle(number, button));
        const item = element("li");
        item.append(button);
        list.append(item);
        return reading;
      });
      return list;
    }

    paint() {
      this.swatches.forEach((swatch, number) => swatch.style.setProperty("--swatch", this.ink(this.model.series[number])));
      this.plot.redraw(false, true);
    }

    toggle(number, button) {
      this.shown[number] = !this.shown[number];
      button.setAttribute("aria-pressed", this.shown[number]);
      const before = this.model.series.slice(0, number).reduce((sum, series) => sum + (series.mark === "band" ? 2 : 1), 1);
      this.plot.delBand(null);
      for (const band of this.bands()) this.plot.addBand(band);
      const lines = this.model.series[number].mark === "band" ? [before, before + 1] : [before];
      for (const line of lines) this.plot.setSeries(line, { show: this.shown[number] });
      this.plot.setData(this.data(), false);
      this.plot.redraw(true, true);
      const { min, max } = this.plot.scales.x;
      zooming = true;
      this.plot.setScale("x", { min, max });
      zooming = false;
    }

    // Says what the values at a place are; `null` is no place.
    read(place) {
      const { model } = this;
      const last = this.time ? this.xs.length - 2 : this.xs.length - 1;
      const at = place == null ? null : Math.min(place, last);
      this.at = at;
      this.when.textContent = at == null ? "" : this.place(at);
      model.series.forEach((series, number) => {
        let text = "";
        if (at != null) text = inWords(model.unit, series.values[at]);
        if (at != null && series.above) text += ` to ${inWords(model.unit, series.above[at])}`;
        this.readings[number].textContent = text;
      });
    }

    place(at) {
      const { x } = this.model;
      if (!this.time) return `within ${milliseconds(this.xs[at])}`;
      const date = new Date(Date.parse(x.from) + this.xs[at] * 1000).toISOString();
      const day = x.end > 86400 ? `${date.slice(0, 10)} ` : "";
      const step = x.step < 1 ? x.step : 1;
      return `${clock(this.xs[at], step)} to ${clock(this.xs[at + 1], step)} (${day}${date.slice(11, x.step < 60 ? 19 : 16)} UTC)`;
    }

    zoomTo(min, max) {
      this.plot.setScale("x", { min: Math.max(this.first, min), max: Math.min(this.last, max) });
    }

    zoomBy(factor) {
      const { min, max } = this.plot.scales.x;
      if (!this.time) {
        const middle = this.at == null ? Math.sqrt(min * max) : this.xs[this.at];
        const reach = Math.sqrt(max / min) ** factor;
        return this.zoomTo(middle / reach, middle * reach);
      }
      const middle = this.at == null ? (min + max) / 2 : this.xs[this.at];
      const reach = Math.max(((max - min) / 2) * factor, this.model.x.step);
      this.zoomTo(middle - reach, middle + reach);
    }

    zoomed(min, max) {
      const whole = min <= this.first && max >= this.last;
      if (whole && this.all === document.activeElement) this.box.focus();
      this.all.disabled = whole;
    }

    keys() {
      const move = (to) => {
        const place = Math.max(0, Math.min(to, this.xs.length - (this.time ? 2 : 1)));
        const middle = this.time ? (this.xs[place] + this.xs[place + 1]) / 2 : this.xs[place];
        this.when.setAttribute("aria-live", "polite");
        this.plot.setCursor({ left: this.plot.valToPos(middle, "x"), top: 10 });
      };
      const actions = {
        ArrowLeft: (event) => move((this.at ?? 1) - (event.shiftKey ? 10 : 1)),
        ArrowRight: (event) => move((this.at ?? -1) + (event.shiftKey ? 10 : 1)),
        Home: () => move(0),
        End: () => move(this.xs.length),
        "+": () => this.zoomBy(0.5),
        "=": () => this.zoomBy(0.5),
        "-": () => this.zoomBy(2),
        Escape: () => this.zoomTo(this.first, this.last),
      };
      this.box.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
        event.preventDefault();
        actions[event.key](event);
      });
    }
  }

  // Half way to white, for dark colours on a dark page.
  function lighter(hex) {
    const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    const bright = 0.3 * parts[0] + 0.6 * parts[1] + 0.1 * parts[2];
    const lift = bright < 70 ? 0.45 : 0;
    return `#${parts.map((part) => Math.round(part + (255 - part) * lift).toString(16).padStart(2, "0")).join("")}`;
  }

  // Adds the rows of a long table that are not written: each its base and name, then cells like those of the first row.
  function rowsFrom(data) {
    const body = document.getElementById(data.dataset.rows).tBodies[0];
    const paths = [...body.rows[0].cells].slice(1).map((cell) => cell.dataset.path);
    const cell = (content, path) => {
      const made = element("td");
      if (typeof content === "string") return Object.assign(made, { textContent: content });
      const [value, words, own] = typeof content === "number" ? [content, whole.format(content)] : content;
      made.dataset.path = own ?? path;
      made.dataset.value = value;
      made.textContent = words;
      return made;
    };
    body.append(...JSON.parse(data.textContent).map(([[base, name, short], ...contents]) => {
      const row = element("tr");
      row.dataset.base = base;
      const head = element("th");
      head.scope = "row";
      head.append(element("span", "name", short ?? name));
      if (short) head.firstChild.title = name;
      row.append(head, ...contents.map((content, place) => cell(content, paths[place])));
      return row;
    }));
  }

  // Shows the rows whose name contains what is typed.
  function filter(input) {
    const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows];
    const names = rows.map((row) => (row.cells[0].querySelector("[title]")?.title ?? row.cells[0].textContent).toLowerCase());
    const said = input.closest("p").querySelector("output");
    input.closest("p").hidden = false;
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let found = 0;
      rows.forEach((row, place) => {
        row.hidden = !names[place].includes(wanted);
        found += row.hidden ? 0 : 1;
      });
      said.textContent = `${whole.format(found)} of ${whole.format(rows.length)} ${input.dataset.things}`;
    });
  }

  const charts = [...document.querySelectorAll("figure.chart")].map((figure) => new Chart(figure));
  document.querySelectorAll("script[data-rows]").forEach(rowsFrom);
  document.querySelectorAll("input[data-filter]").forEach(filter);
  dark.addEventListener("change", () => charts.forEach((chart) => chart.paint()));
})();
