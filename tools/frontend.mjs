// Copies the few front-end files that the pages use out of node_modules into
// src/yipanqi/web/static/vendor (git-ignored) and builds one icon sprite.
// No bundler, no network: run `npm ci` first, then `node tools/frontend.mjs`.
// Leaves alone our own css and js: those are served as they are written.

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const vendor = join(root, "src", "yipanqi", "web", "static", "vendor");

const FILES = {
  "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
  "htmx.org/dist/htmx.min.js": "htmx.min.js",
  "cytoscape/dist/cytoscape.min.js": "cytoscape.min.js",
  "echarts/dist/echarts.simple.min.js": "echarts.min.js",
};

const LICENSES = {
  "@tabler/core/LICENSE": "tabler",
  "@tabler/icons/LICENSE": "tabler-icons",
  "htmx.org/LICENSE": "htmx",
  "cytoscape/LICENSE": "cytoscape",
  "echarts/LICENSE": "echarts",
  "echarts/NOTICE": "echarts-notice",
};

// Icons that the templates and wall.js name; those the catalog names (`icon: truck`) are read from its YAML.
const ICONS = [
  "activity-heartbeat", "alert-triangle", "arrow-back-up", "arrow-right", "ban", "bell", "camera", "check",
  "chevron-left", "chevron-right", "circle-check", "circle-x", "clipboard-check", "clock", "cloud-check",
  "cloud-upload", "corner-down-right", "device-mobile", "device-tv", "door-enter", "dots", "download", "eye",
  "eye-off", "file-upload", "filter", "flag", "folder", "hand-stop", "headset", "help", "history", "hourglass", "inbox", "key",
  "keyboard", "language", "layout-rows", "lock", "logout", "map-pin", "navigation", "phone", "phone-call",
  "phone-plus", "plug-connected", "plus", "printer", "refresh", "search", "shield-check", "signature", "table-export",
  "upload", "user", "users", "wifi-off", "x",
];
const catalog = join(root, "src", "yipanqi", "catalog");

function catalogIcons() {
  const names = readdirSync(catalog).filter((name) => name.endsWith(".yaml")).flatMap((name) =>
    [...readFileSync(join(catalog, name), "utf8").matchAll(/^\s+icon:\s*"?([a-z0-9-]+)"?\s*$/gm)].map((found) => found[1]));
  return names;
}

function fail(message) {
  console.error(`frontend: ${message}`);
  process.exit(1);
}

function source(path) {
  const full = join(modules, path);
  if (!existsSync(full)) fail(`${path} is not installed; run "npm ci" first`);
  return full;
}

function symbol(name) {
  const svg = readFileSync(source(`@tabler/icons/icons/outline/${name}.svg`), "utf8");
  const shapes = svg
    .slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"))
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" \/>/, "")
    .replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" `
    + `stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
}

function copy(from, name) {
  // Source maps are not shipped, so the pointer to them goes too.
  const text = readFileSync(source(from), "utf8").replace(/\n?\/[*/]# sourceMappingURL=[^\n*]*(\*\/)?\s*$/, "\n");
  writeFileSync(join(vendor, name), text);
}

rmSync(vendor, { recursive: true, force: true });
mkdirSync(join(vendor, "licenses"), { recursive: true });
for (const [from, name] of Object.entries(FILES)) copy(from, name);
for (const [from, name] of Object.entries(LICENSES)) {
  if (existsSync(join(modules, from))) copyFileSync(join(modules, from), join(vendor, "licenses", `${name}.txt`));
}
const icons = [...new Set([...ICONS, ...catalogIcons()])].sort();
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${icons.map(symbol).join("\n")}\n</svg>\n`;
writeFileSync(join(vendor, "icons.svg"), sprite);
const total = [...Object.values(FILES), "icons.svg"].reduce((sum, name) => sum + statSync(join(vendor, name)).size, 0);
console.log(`frontend: ${Object.keys(FILES).length} files and ${icons.length} icons in static/vendor, ${Math.round(total / 1024)} kB`);
