"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const stage = byId("stage"), svg = stage.querySelector("svg"), panel = byId("panel"), tip = byId("tip");
  const whole = svg.viewBox.baseVal, full = { x: 0, y: 0, width: whole.width, height: whole.height };
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  const words = { base: "FROM", copy: "COPY", mount: "RUN --mount", trigger: "ONBUILD" };
  const kinds = { stage: "stage", image: "image", context: "build context", named: "named context", target: "result of a target", remote: "URL or git repository", cache: "cache", secret: "secret or SSH agent", opaque: "Dockerfile of another frontend", scratch: "empty image" };

  // What is drawn, by id. A tip moves from the drawing to the page, which shows it at once.
  const parts = new Map();
  for (const el of svg.querySelectorAll("g[id]")) {
    const title = el.querySelector("title");
    parts.set(el.id, { id: el.id, el, tip: title ? title.textContent : "" });
    if (title) title.remove();
  }
  const part = (id) => parts.get(id);
  const nodes = [], boxes = [];
  data.boxes.forEach((b, i) => {
    const at = new Map();
    const box = { id: "b" + i, box: b, number: i, name: (b.targets || []).join(", ") || b.subtitle || "", nodes: [] };
    boxes.push(box);
    b.nodes.forEach((n, j) => {
      const node = { id: `b${i}n${j}`, node: n, number: j, in: box, ins: [], outs: [], name: n.name };
      at.set(n.id, node);
      nodes.push(node);
      box.nodes.push(node);
    });
    box.at = at;
    b.edges.forEach((e) => {
      const from = at.get(e.from), to = at.get(e.to);
      const edge = { ...e, from, to, id: `b${i}e${from.number}-${to.number}-${e.kind}` };
      to.ins.push(edge);
      from.outs.push(edge);
    });
  });
  const pairs = new Map();
  const links = data.links.map((l, i) => {
    const key = l.from + " " + l.to;
    if (!pairs.has(key)) pairs.set(key, "l" + i);
    return { ...l, from: boxes[l.from], to: boxes[l.to], id: pairs.get(key) };
  });
  const things = new Map([...boxes, ...nodes].map((t) => [t.id, t]));

  // The view: where the stage looks, and how many pixels a point has.
  const view = { x: 0, y: 0, k: 1 };
  let frame = 0;
  const show = () => {
    frame = 0;
    const w = stage.clientWidth, h = stage.clientHeight;
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${w / view.k} ${h / view.k}`);
    svg.classList.toggle("far", view.k < 0.2); // small texts cannot be read then
    svg.classList.toggle("simple", view.k < (parts.size > 3000 ? 0.6 : 0.2)); // nor dashes told, which take their time
    byId("scale").textContent = Math.round(view.k * 100) + " %";
  };
  const redraw = () => { if (!frame) frame = requestAnimationFrame(show); };
  const limit = (k) => Math.min(8, Math.max(Math.min(0.02, stage.clientWidth / full.width / 2), k));
  const zoom = (factor, px, py) => {
    const r = stage.getBoundingClientRect();
    if (px === undefined) [px, py] = [r.left + r.width / 2, r.top + r.height / 2];
    const dx = px - r.left, dy = py - r.top, k = limit(view.k * factor);
    view.x += dx / view.k - dx / k;
    view.y += dy / view.k - dy / k;
    view.k = k;
    redraw();
  };
  const look = (b, most) => {
    const w = stage.clientWidth, h = stage.clientHeight;
    view.k = limit(Math.min(w / (b.width + 24), h / (b.height + 24), most));
    view.x = b.x + b.width / 2 - w / view.k / 2;
    view.y = b.y + b.height / 2 - h / view.k / 2;
    redraw();
  };
  const around = (list) => {
    const all = list.map((id) => part(id)).filter(Boolean).map((p) => p.el.getBBox());
    if (!all.length) return full;
    const x = Math.min(...all.map((b) => b.x)), y = Math.min(...all.map((b) => b.y));
    return { x, y, width: Math.max(...all.map((b) => b.x + b.width)) - x, height: Math.max(...all.map((b) => b.y + b.height)) - y };
  };
  const fit = () => look(shown ? around([...shown]) : full, 1.5);
  const centre = (id) => {
    const b = around([id]);
    view.k = Math.max(view.k, Math.min(1, stage.clientWidth / (b.width + 24), stage.clientHeight / (b.height + 24)));
    view.x = b.x + b.width / 2 - stage.clientWidth / view.k / 2;
    view.y = b.y + b.height / 2 - stage.clientHeight / view.k / 2;
    redraw();
  };

  // Pan with one pointer, zoom with two or the wheel.
  const down = new Map();
  let moved = false, pressed = null;
  stage.addEventListener("wheel", (ev) => {
    ev.preventDefault();
    const lines = ev.deltaMode === 1 ? 24 : 1;
    zoom(Math.exp(-ev.deltaY * lines * (ev.ctrlKey ? 0.01 : 0.0016)), ev.clientX, ev.clientY);
  }, { passive: false });
  stage.addEventListener("pointerdown", (ev) => {
    if (ev.button > 0) return;
    down.set(ev.pointerId, { x: ev.clientX, y: ev.clientY });
    if (down.size === 1) {
      moved = false;
      pressed = ev.target.closest("g[id]");
    }
  });
  stage.addEventListener("pointermove", (ev) => {
    const was = down.get(ev.pointerId);
    if (!was) return;
    const dx = ev.clientX - was.x, dy = ev.clientY - was.y;
    if (!moved && Math.hypot(dx, dy) < 4) return;
    if (!moved) {
      moved = true;
      stage.setPointerCapture(ev.pointerId);
      stage.classList.add("drag");
      tip.hidden = true;
    }
    if (down.size === 2) {
      const other = [...down.entries()].find(([id]) => id !== ev.pointerId)[1];
      const before = Math.hypot(was.x - other.x, was.y - other.y), after = Math.hypot(ev.clientX - other.x, ev.clientY - other.y);
      if (before > 0) zoom(after / before, (ev.clientX + other.x) / 2, (ev.clientY + other.y) / 2);
    } else {
      view.x -= dx / view.k;
      view.y -= dy / view.k;
      redraw();
    }
    down.set(ev.pointerId, { x: ev.clientX, y: ev.clientY });
  });
  const up = (ev) => {
    if (!down.delete(ev.pointerId) || down.size) return;
    stage.classList.remove("drag");
    if (!moved && ev.type === "pointerup") choose(pressed ? pressed.id : null);
  };
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("dblclick", (ev) => zoom(ev.shiftKey ? 0.5 : 2, ev.clientX, ev.clientY));

  // What is under the pointer.
  stage.addEventListener("pointerover", (ev) => {
    const el = ev.target.closest("g[id]");
    const p = el && part(el.id);
    tip.hidden = !p || !p.tip || down.size > 0;
    if (p) tip.textContent = p.tip;
  });
  stage.addEventListener("pointermove", (ev) => {
    if (tip.hidden) return;
    const x = Math.min(ev.clientX + 14, innerWidth - tip.offsetWidth - 8), y = ev.clientY + 18;
    tip.style.left = Math.max(4, x) + "px";
    tip.style.top = (y + tip.offsetHeight > innerHeight - 4 ? ev.clientY - tip.offsetHeight - 12 : y) + "px";
  });
  stage.addEventListener("pointerleave", () => { tip.hidden = true; });

  // The panel: one thing, and what is around it.
  const make = (tag, text, ...children) => {
    const el = document.createElement(tag);
    if (text) el.textContent = text;
    el.append(...children.filter(Boolean));
    return el;
  };
  const place = (at) => (at ? at.file + (at.line ? ":" + at.line : "") : "");
  const goTo = (thing) => {
    const a = make("a", thing.name || "(no name)");
    a.tabIndex = 0;
    a.addEventListener("click", () => { choose(thing.id); centre(thing.id); });
    a.addEventListener("keydown", (ev) => { if (ev.key === "Enter") a.click(); });
    return a;
  };
  const list = (head, rows) => (rows.length ? [make("h3", head), make("ul", "", ...rows)] : []);
  const marks = (ms) => (ms || []).map((m) => { const p = make("p", m.text || m.name); p.className = "mark"; return p; });
  const edgeRow = (e, other) => make("li", "", make("span", (words[e.kind] || e.kind) + " "), goTo(other),
    e.text ? make("code", e.text) : null, e.at ? make("code", place(e.at)) : null, ...marks(e.marks));
  const linkRow = (l, other) => make("li", "", goTo(other), make("code", `target ${l.target}` + (l.name && l.name !== l.target ? ` as ${l.name}` : "")));
  const aboutNode = (t) => {
    const n = t.node, notes = [kinds[n.kind] || n.kind];
    if (n.default) notes.push(n.results && n.results.length ? "result of " + n.results.join(", ") : "default target");
    if (n.unused) notes.push("no target needs it");
    if (n.platform) notes.push(n.platform);
    const outer = links.filter((l) => n.kind === "target" && l.to === t.in && l.node === n.id);
    const reads = links.filter((l) => n.default && l.from === t.in && (!n.results || n.results.includes(l.target)));
    return [make("h2", n.name), make("p", notes.join(" · ")), n.at && make("p", place(n.at)), ...marks(n.marks),
      t.in.name && make("p", "", make("span", "in "), goTo(t.in)),
      n.usedBy && make("p", "used by " + n.usedBy.join(", ")),
      ...list("Built by", outer.map((l) => linkRow(l, l.from))),
      ...list("Reads", t.ins.map((e) => edgeRow(e, e.from))),
      ...list("Read by", [...t.outs.map((e) => edgeRow(e, e.to)), ...reads.map((l) => linkRow(l, l.to))]),
      ...(n.lines ? [make("h3", "Instructions"), make("pre", n.lines.join("\n"))] : [])];
  };
  const aboutBox = (t) => [make("h2", t.name), t.box.subtitle && make("p", t.box.subtitle),
    t.box.groups && make("p", "in group " + t.box.groups.join(", ")), ...marks(t.box.marks),
    ...list("Reads", links.filter((l) => l.to === t).map((l) => linkRow(l, l.from))),
    ...list("Read by", links.filter((l) => l.from === t).map((l) => linkRow(l, l.to))),
    ...list("Stages", t.nodes.filter((n) => n.node.kind === "stage").map((n) => make("li", "", goTo(n))))];
  const aboutEdge = (id) => {
    const edges = nodes.flatMap((n) => n.ins).filter((e) => e.id === id);
    if (edges.length) {
      return [make("h2", `${edges[0].from.name} → ${edges[0].to.name}`), make("p", "", make("span", "from "), goTo(edges[0].from), make("span", " to "), goTo(edges[0].to)),
        ...list("Instructions", edges.map((e) => edgeRow(e, e.from)))];
    }
    const some = links.filter((l) => l.id === id);
    return [make("h2", `${some[0].from.name} → ${some[0].to.name}`),
      ...list("Read by", some.map((l) => linkRow(l, l.to))), ...list("Built by", some.slice(0, 1).map((l) => linkRow(l, l.from)))];
  };
  const inside = (box) => box.nodes.flatMap((n) => [n.id, ...n.ins.map((e) => e.id)]);
  const around1 = (id) => {
    const t = things.get(id);
    if (t && t.node) {
      const ids = [id];
      for (const e of [...t.ins, ...t.outs]) ids.push(e.id, e.from.id, e.to.id);
      for (const l of links) {
        if ((t.node.kind === "target" && l.to === t.in && l.node === t.node.id) || (t.node.default && l.from === t.in)) ids.push(l.id);
      }
      return ids;
    }
    if (t) {
      const near = links.filter((l) => l.from === t || l.to === t);
      if (!near.length) return null;
      return near.flatMap((l) => [l.id, ...inside(l.from), ...inside(l.to)]);
    }
    const e = nodes.flatMap((n) => n.ins).find((e) => e.id === id), l = links.find((l) => l.id === id);
    return e ? [id, e.from.id, e.to.id] : [id, ...inside(l.from), ...inside(l.to)];
  };
  function choose(id) {
    for (const el of svg.querySelectorAll(".on,.chosen")) el.classList.remove("on", "chosen");
    svg.classList.remove("some");
    panel.hidden = !id;
    if (!id) return redraw();
    const ids = around1(id);
    svg.classList.toggle("some", Boolean(ids));
    for (const one of ids || []) if (part(one)) part(one).el.classList.add("on");
    if (part(id)) part(id).el.classList.add("chosen");
    const t = things.get(id), close = make("button", "×");
    close.id = "close";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => choose(null));
    panel.replaceChildren(close, ...(t ? (t.node ? aboutNode(t) : aboutBox(t)) : aboutEdge(id)).filter(Boolean));
    panel.scrollTop = 0;
    redraw();
    if (t && t.node) { // the panel may have come over it
      const r = part(id).el.getBoundingClientRect(), s = stage.getBoundingClientRect();
      if (r.right > s.right || r.left < s.left) view.x += (r.left + r.width / 2 - s.left - s.width / 2) / view.k;
    }
  }

  // Search: all that has the words in its name, or is of a target that has.
  const search = byId("search"), hits = byId("hits");
  let found = [], at = 0;
  const seek = () => {
    const want = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const match = (text) => want.every((w) => text.toLowerCase().includes(w));
    found = want.length ? [...boxes.filter((b) => part(b.id) && match(b.name)), ...nodes.filter((n) => match(n.name + " " + (kinds[n.node.kind] || "")))] : [];
    at = 0;
    for (const el of svg.querySelectorAll(".hit")) el.classList.remove("hit");
    svg.classList.toggle("found", want.length > 0);
    for (const t of found) part(t.id).el.classList.add("hit");
    hits.replaceChildren(...found.slice(0, 100).map((t, i) => {
      const li = make("li", t.name || "(no name)", make("small", t.node ? `${kinds[t.node.kind] || t.node.kind}${t.in.name ? " in " + t.in.name : ""}` : "target"));
      li.addEventListener("click", () => open(i));
      return li;
    }), ...(want.length && !found.length ? [make("li", "Nothing has that name.")] : found.length > 100 ? [make("li", `… and ${found.length - 100} more`)] : []));
    hits.hidden = !want.length;
    mark();
  };
  const mark = () => {
    [...hits.children].forEach((li, i) => li.classList.toggle("at", i === at));
    if (hits.children[at]) hits.children[at].scrollIntoView({ block: "nearest" });
  };
  const open = (i) => {
    if (!found[i]) return;
    at = i;
    mark();
    svg.classList.remove("found"); // what is around it is of interest now
    hits.hidden = true;
    choose(found[i].id);
    centre(found[i].id);
  };
  search.addEventListener("input", seek);
  search.addEventListener("focus", () => { hits.hidden = !search.value.trim(); });
  search.addEventListener("blur", () => setTimeout(() => { hits.hidden = true; }, 200));
  search.addEventListener("keydown", (ev) => {
    const last = Math.min(found.length, 100) - 1;
    if (ev.key === "ArrowDown") at = Math.min(last, at + 1);
    else if (ev.key === "ArrowUp") at = Math.max(0, at - 1);
    else if (ev.key === "Enter") return open(at);
    else if (ev.key === "Escape") { search.value = ""; seek(); return search.blur(); }
    else return;
    ev.preventDefault();
    hits.hidden = false;
    mark();
  });

  // Filters: a target or a group, with all that it reads.
  let shown = null;
  const filter = () => {
    const target = byId("target").value, group = byId("group").value;
    shown = null;
    if (target || group) {
      shown = new Set();
      const done = new Set(), todo = [];
      for (const b of boxes) {
        if (group && !(b.box.groups || []).includes(group)) continue;
        for (const name of b.box.targets || [""]) if (!target || name === target) todo.push([b, group && !target ? null : name]);
      }
      while (todo.length) {
        const [b, name] = todo.pop(), key = b.id + " " + name;
        if (done.has(key)) continue;
        done.add(key);
        shown.add(b.id);
        for (const n of b.nodes) {
          if (n.node.unused && name !== null) continue;
          if (name === null || !n.node.usedBy || n.node.usedBy.includes(name)) shown.add(n.id);
        }
        for (const l of links) if (l.to === b && (!l.node || !b.at.has(l.node) || shown.has(b.at.get(l.node).id))) { shown.add(l.id); todo.push([l.from, l.target]); }
      }
      for (const n of nodes) for (const e of n.ins) if (shown.has(e.from.id) && shown.has(e.to.id)) shown.add(e.id);
    }
    for (const p of parts.values()) p.el.classList.toggle("off", Boolean(shown) && !shown.has(p.id));
    fit();
  };
  const fill = (id, head, names) => {
    const select = byId(id);
    names = [...new Set(names)];
    select.append(...["", ...names].map((name) => { const o = make("option", name || head); o.value = name; return o; }));
    select.hidden = names.length < 2;
    select.addEventListener("change", filter);
  };
  fill("target", "All targets", data.boxes.flatMap((b) => b.targets || []));
  fill("group", "All groups", data.boxes.flatMap((b) => b.groups || []).sort());

  // Buttons and keys.
  const act = { in: () => zoom(1.25), out: () => zoom(0.8), fit, full: () => zoom(1 / view.k) };
  for (const id of Object.keys(act)) byId(id).addEventListener("click", act[id]);
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement, now = root.dataset.theme || (matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });
  addEventListener("keydown", (ev) => {
    if (ev.ctrlKey || ev.metaKey || ev.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(ev.target.tagName)) return;
    const step = 80 / view.k, keys = {
      "+": act.in, "=": act.in, "-": act.out, 0: fit, 1: act.full, Escape: () => choose(null),
      "/": () => search.focus(), ArrowLeft: () => { view.x -= step; }, ArrowRight: () => { view.x += step; }, ArrowUp: () => { view.y -= step; }, ArrowDown: () => { view.y += step; },
    };
    if (!Object.hasOwn(keys, ev.key)) return;
    ev.preventDefault();
    keys[ev.key]();
    redraw();
  });
  addEventListener("resize", redraw);
  fit();
  if (location.hash === "#full") { view.k = 1; view.x = 0; view.y = 0; redraw(); }
})();
