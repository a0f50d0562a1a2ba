// Opens report.html of run folders in Chromium: reports.mjs SCREENSHOTS FOLDER…
//
// Each page must show, in every section, numbers of its summary.json and of the files beside it, fetch nothing, complain about nothing, fit a phone and a wide screen without
// scrolling sideways, pass axe-core in light and dark, be usable by keyboard and readable without a script, and be small.

import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MOST_BYTES = 1_500_000;
const MOST_TABS = 1_500;
const [screenshots, ...folders] = process.argv.slice(2);
const wrong = [];

// The value at a path whose keys may themselves hold dots.
const at = (value, path) => {
  if (path === "") return value;
  for (const key of Object.keys(value ?? {})) {
    if (path === key || path.startsWith(`${key}.`)) {
      const found = at(value[key], path.slice(key.length + 1));
      if (found !== undefined) return found;
    }
  }
  return undefined;
};

// Whether an element's text is what the file has: a number, a word, or a flag, which counts as 0 or 1 as well, as in `expect`.
const same = (found, text) => {
  if (typeof found === "number") return Number(text) === found;
  if (typeof found === "boolean") return text === String(found) || Number(text) === Number(found);
  return typeof found === "string" && text === found;
};

const numbers = async (page, folder, complain) => {
  const files = new Map();
  const read = (file) => {
    if (!files.has(file)) files.set(file, JSON.parse(readFileSync(join(folder, file), "utf8")));
    return files.get(file);
  };
  const figures = await page.$$eval("[data-path]", (elements) =>
    elements.map((element) => {
      const base = element.parentElement.closest("[data-base]")?.dataset.base;
      return {
        path: base ? `${base}.${element.dataset.path}` : element.dataset.path,
        value: element.dataset.value,
        file: element.closest("[data-file]")?.dataset.file ?? "summary.json",
        shown: element.textContent.trim(),
        section: element.closest("section[id]")?.id ?? "first screen",
      };
    }),
  );
  const bySection = new Map();
  for (const { path, value, file, shown, section } of figures) {
    bySection.set(section, (bySection.get(section) ?? 0) + 1);
    const found = at(read(file), path);
    if (!same(found, value)) complain(`${path} is ${value}, in ${file} ${found}`);
    if (typeof found !== "number") continue;
    if (!/\d/.test(shown)) complain(`${path} is shown as "${shown}"`);
    if (/^[\d,]+$/.test(shown) && Number(shown.replaceAll(",", "")) !== Math.round(found)) complain(`${path} = ${found} is shown as ${shown}`);
  }
  const sections = await page.$$eval("section[id]", (all) => all.map((section) => section.id));
  for (const id of ["first screen", ...sections]) {
    // Advice that was not tried is a sentence.
    if (id === "advice" && !existsSync(join(folder, "advice.json"))) continue;
    if (!bySection.has(id)) complain(`the section ${id} shows no number of the run's files`);
  }
  return { figures: figures.length, sections: sections.length };
};

const accessible = async (page, complain, where) => {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, impact, help, nodes } of violations) {
    if (impact !== "minor") {
      complain(`${where}: axe ${id} (${impact}): ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
    }
  }
};

const fits = async (page, complain, where) => {
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  if (width[0] > width[1]) {
    const widest = await page.evaluate(() => {
      const out = [...document.body.querySelectorAll("*")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1);
      const inside = (element) => { for (let up = element.parentElement; up; up = up.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) return true; return false; };
      return out.filter((element) => !inside(element)).slice(0, 3).map((element) => element.outerHTML.slice(0, 120));
    });
    complain(`${where}: the page is ${width[0]} px wide: ${widest.join(" | ")}`);
  }
};

// Everything that scrolls, opens or leads somewhere is reached by the Tab key and then visibly marked; a closed table opens by Enter.
const keyboard = async (page, complain) => {
  const wanted = await page.evaluate(() => {
    const usable = (element) => element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0 && !element.disabled;
    const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX) && element.scrollWidth > element.clientWidth + 1;
    const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex]")].filter(usable);
    const scrolling = [...document.querySelectorAll("div, figure, pre, table, section")].filter((element) => element.checkVisibility() && scrolls(element));
    all.concat(scrolling).forEach((element) => element.setAttribute("data-wanted", ""));
    return document.querySelectorAll("[data-wanted]").length;
  });
  let [reached, unmarked] = [0, 0];
  for (let tab = 0; tab < MOST_TABS && reached < wanted; tab += 1) {
    await page.keyboard.press("Tab");
    const state = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return "end";
      const style = getComputedStyle(element);
      const marked = style.outlineStyle !== "none" || style.boxShadow !== "none";
      const wanted = element.hasAttribute("data-wanted");
      element.removeAttribute("data-wanted");
      return { wanted, marked };
    });
    if (state === "end") { if (tab > 0) break; continue; }
    reached += state.wanted ? 1 : 0;
    unmarked += state.marked ? 0 : 1;
  }
  const missed = await page.$$eval("[data-wanted]", (all) => all.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)));
  if (missed.length) complain(`the Tab key does not reach ${wanted - reached} of ${wanted} elements: ${missed.join(" | ")}`);
  if (unmarked) complain(`${unmarked} elements do not show that they have the focus`);
  const closed = page.locator("details:not([open]) > summary:visible").first();
  if (await closed.count()) {
    await closed.focus();
    const opened = page.locator("details[open] > :not(summary):visible");
    const before = await opened.count();
    await page.keyboard.press("Enter");
    if ((await opened.count()) <= before) complain("Enter does not open a closed part");
  }
  return wanted;
};

const open = async (browser, folder, options, complain) => {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const address = pathToFileURL(resolve(folder, "report.html")).href;
  page.on("request", (request) => {
    const url = request.url();
    if (url.split("#")[0] !== address && !url.startsWith("data:") && !url.startsWith("blob:")) complain(`fetches ${url}`);
  });
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complain(`console: ${message.text()}`); });
  page.on("pageerror", (error) => complain(`error: ${error.message}`));
  page.on("dialog", (dialog) => { complain(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(address, { waitUntil: "load" });
  await page.waitForTimeout(200);
  return { context, page };
};

const check = async (browser, folder) => {
  const name = basename(folder);
  const complain = (problem) => wrong.push(`${name}: ${problem}`);
  const bytes = statSync(join(folder, "report.html")).size;
  if (bytes >= MOST_BYTES) complain(`report.html has ${bytes} bytes`);
  let told = "";
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 1920]) {
      const where = `${colorScheme}, ${width} px`;
      const options = { colorScheme, viewport: { width, height: width < 500 ? 780 : 1080 } };
      const { context, page } = await open(browser, folder, options, complain);
      await fits(page, complain, where);
      await page.screenshot({ path: join(screenshots, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      await accessible(page, complain, where);
      if (width === 1920 && colorScheme === "light") {
        const counted = await numbers(page, folder, complain);
        const elements = await keyboard(page, complain);
        told = `${counted.figures} figures in ${counted.sections} sections, ${elements} elements by keyboard`;
      }
      // Hostile names try to set this.
      if (await page.evaluate(() => "hostile" in window)) complain(`${where}: a name has run as a script`);
      await context.close();
    }
  }
  const { context, page } = await open(browser, folder, { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } }, complain);
  if ((await page.locator("table").count()) === 0) complain("no table without a script");
  await context.close();
  console.log(`${name}: ${(bytes / 1024).toFixed(0)} KiB, ${told}`);
};

mkdirSync(screenshots, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
for (const folder of folders) await check(browser, folder);
await browser.close();
if (wrong.length) {
  console.error([...new Set(wrong)].join("\n"));
  process.exit(1);
}
