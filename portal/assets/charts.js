// Draws the charts of a page from the specifications in it. Nothing is fetched and nothing is evaluated: Vega's
// expressions run in its interpreter, so that the page's content policy need not allow code in strings.
(function () {
  "use strict";
  const root = document.documentElement;
  const locale = JSON.parse(document.getElementById("locale").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = new Map();
  const drawn = new Map();

  function colour(name) {
    return getComputedStyle(root).getPropertyValue("--" + name).trim();
  }

  // `$accent` stands for the style sheet's `--accent`, wherever it is in a specification.
  function coloured(node) {
    if (typeof node === "string" && /^\$[a-z]+(-\d)?$/.test(node)) return colour(node.slice(1));
    if (Array.isArray(node)) return node.map(coloured);
    if (node && typeof node === "object") {
      return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, coloured(value)]));
    }
    return node;
  }

  function config() {
    const font = colour("sans");
    return {
      aria: false, // the box around the chart says what it shows, the table below has every number
      background: "transparent",
      font: font,
      view: { stroke: null },
      mark: { aria: false },
      axis: {
        aria: false, labelColor: colour("ink"), titleColor: colour("muted"), gridColor: colour("grid"), domainColor: colour("line"),
        tickColor: colour("line"), labelFontSize: 12.5, labelPadding: 7, ticks: false, domain: false,
      },
      axisX: { domain: true },
      legend: {
        aria: false, labelColor: colour("ink"), titleColor: colour("muted"), labelFontSize: 12.5, titleFontSize: 12.5,
        titleFontWeight: "normal", titlePadding: 6, rowPadding: 4, offset: 14,
      },
    };
  }

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  function showTip(_, event, __, value) {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    const list = document.createElement("dl");
    for (const [term, text] of Object.entries(value)) {
      if (text === null || text === "") continue;
      const name = document.createElement("dt");
      const told = document.createElement("dd");
      name.textContent = term;
      told.textContent = text;
      list.append(name, told);
    }
    tip.replaceChildren(list);
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, window.innerWidth - box.width - 8)) + "px";
    tip.style.top = Math.max(4, Math.min(event.clientY + 14, window.innerHeight - box.height - 8)) + "px";
  }

  async function draw(box) {
    const spec = coloured(JSON.parse(document.getElementById(box.dataset.spec).textContent));
    const choice = chosen.get(box.dataset.figure);
    for (const param of spec.params || []) if (choice !== undefined) param.value = choice;
    if (drawn.has(box)) drawn.get(box).finalize();
    drawn.set(
      box,
      await window.vegaEmbed(box, spec, {
        mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: showTip,
        config: config(), formatLocale: locale.number, timeFormatLocale: locale.time,
      })
    );
    box.querySelector("svg").setAttribute("aria-hidden", "true");
  }

  function choose(select) {
    const figure = select.dataset.figure;
    chosen.set(figure, Number(select.value));
    for (const item of document.querySelectorAll("li[data-choice]")) {
      if (item.dataset.figure === figure) item.hidden = item.dataset.choice !== select.value;
    }
    for (const groups of document.querySelectorAll(".groups")) {
      const items = [...groups.querySelectorAll("li")];
      if (items.some((item) => item.dataset.figure === figure)) {
        groups.classList.add("chosen");
        groups.hidden = items.every((item) => item.hidden);
      }
    }
    for (const [box, view] of drawn) {
      if (box.dataset.figure === figure) view.view.signal("choice", Number(select.value)).runAsync();
    }
  }

  async function drawAll() {
    for (const box of document.querySelectorAll(".chart")) await draw(box);
    root.dataset.charts = "drawn";
  }

  for (const select of document.querySelectorAll("select[data-figure]")) {
    select.closest(".choice").hidden = false;
    select.addEventListener("change", () => choose(select));
    choose(select);
  }
  dark.addEventListener("change", drawAll);

  // On paper every table is open.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
  drawAll();
})();
