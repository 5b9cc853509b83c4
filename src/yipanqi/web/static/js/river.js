// The layout of a river of money: whose money it was at the left, then a column for each level, so that what has gone further
// stands further right. Within a column accounts stand where their payers stand (weighted barycentres), and a stream is as
// broad as the money in it. The same accounts and streams always lie the same way. Draws nothing: money.js does.
window.river = (() => {
  "use strict";
  const CARD = { width: 136, height: 50 };
  const GAP = { column: 84, side: 18, row: 14 };
  const STREAM = { least: 1.4, broad: 44 };
  const SWEEPS = 6;

  const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  // How broad each stream is: the largest is `broad` pixels; where no amounts are known all are thin.
  function widths(edges) {
    const most = Math.max(1, ...edges.map((edge) => edge.tainted || 0));
    return new Map(edges.map((edge) => [edge.id, edge.tainted
      ? Math.max(STREAM.least, STREAM.broad * edge.tainted / most) : STREAM.least]));
  }

  function linksOf(edges, breadth, known) {
    const links = new Map(known.map((id) => [id, { into: [], out: [] }]));
    for (const edge of edges) {
      if (!links.has(edge.source) || !links.has(edge.target)) continue;
      links.get(edge.source).out.push(edge);
      links.get(edge.target).into.push(edge);
    }
    for (const [, both] of links) for (const list of [both.into, both.out]) {
      list.width = list.reduce((sum, edge) => sum + breadth.get(edge.id), 0);
    }
    return links;
  }

  function columnsOf(nodes) {
    const columns = new Map();
    for (const node of nodes) {
      const level = node.victim ? 0 : Math.max(1, node.level || 0);
      if (!columns.has(level)) columns.set(level, []);
      columns.get(level).push(node);
    }
    const sorted = [...columns].sort((a, b) => a[0] - b[0]);
    for (const [, list] of sorted) list.sort((a, b) => (b.in || b.out || 0) - (a.in || a.out || 0) || byText(a.id, b.id));
    return sorted;
  }

  // Order each column by where its neighbours stand, forth and back.
  function order(columns, links, breadth) {
    const rank = new Map();
    const number = (list) => list.forEach((node, at) => rank.set(node.id, (at + 0.5) / list.length));
    for (const [, list] of columns) number(list);
    const pull = (node, side) => {
      let weight = 0, sum = 0;
      for (const edge of links.get(node.id)[side]) {
        const other = rank.get(side === "into" ? edge.source : edge.target);
        weight += breadth.get(edge.id); sum += other * breadth.get(edge.id);
      }
      return weight ? sum / weight : rank.get(node.id);
    };
    for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
      const side = sweep % 2 ? "out" : "into";
      for (const [, list] of sweep % 2 ? [...columns].reverse() : columns) {
        const wanted = new Map(list.map((node) => [node.id, pull(node, side)]));
        list.sort((a, b) => wanted.get(a.id) - wanted.get(b.id) || rank.get(a.id) - rank.get(b.id) || byText(a.id, b.id));
        number(list);
      }
    }
  }

  // How many rows a column may have before it is told in two beside each other, so that the whole is about as broad as a screen.
  function rowsOf(columns, aspect) {
    for (let rows = 8; ; rows += 4) {
      const lanes = columns.map(([, list]) => Math.ceil(list.length / rows));
      const width = lanes.reduce((sum, count) => sum + count * (CARD.width + GAP.side) + GAP.column, 0);
      const tallest = Math.max(...columns.map(([, list]) => Math.min(rows, list.length)));
      if (lanes.every((count) => count <= 1) || width <= aspect * tallest * (CARD.height + GAP.row)) return rows;
    }
  }

  // Push places apart that lie on each other, keeping their order and their common middle.
  function apart(lane, places) {
    const wanted = lane.reduce((sum, node) => sum + places.get(node.id).y, 0);
    let free = -Infinity;
    for (const node of lane) {
      const place = places.get(node.id);
      place.y = Math.max(place.y, free + place.height / 2);
      free = place.y + place.height / 2 + GAP.row;
    }
    const shift = lane.length ? (wanted - lane.reduce((sum, node) => sum + places.get(node.id).y, 0)) / lane.length : 0;
    for (const node of lane) places.get(node.id).y += shift;
  }

  function settle(lanes, links, breadth, places) {
    for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
      const forth = sweep % 2 === 0;
      for (const lane of forth ? lanes : [...lanes].reverse()) {
        for (const node of lane) {
          let weight = 0, sum = 0;
          for (const edge of links.get(node.id)[forth ? "into" : "out"]) {
            const other = places.get(forth ? edge.source : edge.target);
            weight += breadth.get(edge.id); sum += other.y * breadth.get(edge.id);
          }
          if (weight) places.get(node.id).y += 0.6 * (sum / weight - places.get(node.id).y);
        }
        apart(lane, places);
      }
    }
  }

  // A river that is broader than the frame is drawn apart in height, up to thrice, so that its streams part from each other.
  function spread(places, width, aspect) {
    const ends = [...places.values()].flatMap((place) => [place.y - place.height / 2, place.y + place.height / 2]);
    const height = Math.max(...ends) - Math.min(...ends);
    const factor = Math.min(3, 0.86 * width / aspect / height);
    if (factor > 1) for (const place of places.values()) place.y *= factor;
  }

  // Where everything lies for a frame of this `aspect` (width by height): {places: id -> {x, y, width, height}, heads: [{level, count, x, y}], breadth: edge id -> pixels}.
  function lay(nodes, streams, aspect) {
    const edges = [...streams].sort((a, b) => byText(a.id, b.id)); // sums come out alike in whatever order they came
    const breadth = widths(edges), places = new Map();
    if (!nodes.length) return { places, heads: [], breadth };
    const links = linksOf(edges, breadth, nodes.map((node) => node.id));
    const columns = columnsOf(nodes);
    order(columns, links, breadth);
    const rows = rowsOf(columns, aspect), lanes = [], heads = [];
    let x = 0;
    for (const [level, list] of columns) {
      const count = Math.ceil(list.length / rows), from = x;
      for (let lane = 0; lane < count; lane += 1) {
        const here = list.filter((_, at) => at % count === lane);
        let y = 0;
        for (const node of here) {
          const both = links.get(node.id);
          const height = Math.max(CARD.height, both.into.width + 8, both.out.width + 8);
          places.set(node.id, { x, y: y + height / 2, width: CARD.width, height });
          y += height + GAP.row;
        }
        for (const node of here) places.get(node.id).y -= y / 2;
        lanes.push(here);
        x += CARD.width + GAP.side;
      }
      heads.push({ level, count: list.length, x: (from + x - CARD.width - GAP.side) / 2 });
      x += GAP.column - GAP.side;
    }
    settle(lanes, links, breadth, places);
    spread(places, x, aspect);
    const top = Math.min(...[...places.values()].map((place) => place.y - place.height / 2));
    for (const head of heads) head.y = top - 34;
    return { places, heads, breadth };
  }

  // Where each stream leaves and enters its cards, stacked in the order of the other ends: edge id -> {from, to} in pixels
  // below the card's middle. Asked again when a card was moved.
  function moorings(edges, breadth, at) {
    const ends = new Map(edges.map((edge) => [edge.id, { from: 0, to: 0 }]));
    const sides = new Map();
    for (const edge of edges) for (const [mine, other, end] of [[edge.source, edge.target, "from"], [edge.target, edge.source, "to"]]) {
      const key = `${end}${mine}`;
      if (!sides.has(key)) sides.set(key, []);
      sides.get(key).push({ edge, end, y: at(other).y, x: at(other).x });
    }
    for (const side of sides.values()) {
      side.sort((a, b) => a.y - b.y || a.x - b.x || byText(a.edge.id, b.edge.id));
      let y = -side.reduce((sum, one) => sum + breadth.get(one.edge.id), 0) / 2;
      for (const one of side) {
        const width = breadth.get(one.edge.id);
        ends.get(one.edge.id)[one.end] = y + width / 2;
        y += width;
      }
    }
    return ends;
  }

  // The two control points of an S from (x1, y1) to (x2, y2), as cytoscape wants them: shares of the way and distances from it.
  function bend(x1, y1, x2, y2) {
    const dx = x2 - x1 || 1, dy = y2 - y1, square = dx * dx + dy * dy, length = Math.sqrt(square);
    const reach = dx > 0 ? dx * 0.36 : Math.max(90, Math.abs(dx) / 3);
    const points = [[reach, 0], [dx - reach, dy]];
    return {
      weights: points.map(([px, py]) => ((px * dx + py * dy) / square).toFixed(4)).join(" "),
      distances: points.map(([px, py]) => ((py * dx - px * dy) / length).toFixed(2)).join(" "),
    };
  }

  return { lay, moorings, bend, CARD };
})();
