// Names beside points: each where it meets no other name and no point, none where there is no such place.

const LETTER_PX = 6.6;
const LINE_PX = 14;
const POINT_PX = 6;
const MOST_NAMED = 40;

// First where neither an error bar nor a front of steps goes through.
const SIDES = {
  "top left": (w) => [-w - 4, -LINE_PX - POINT_PX],
  "bottom right": () => [4, POINT_PX],
  "top right": () => [4, -LINE_PX - POINT_PX],
  "bottom left": (w) => [-w - 4, POINT_PX],
  "middle right": () => [POINT_PX + 2, -LINE_PX / 2],
  "middle left": (w) => [-w - POINT_PX - 2, -LINE_PX / 2],
  "top center": (w) => [-w / 2, -LINE_PX - POINT_PX],
  "bottom center": (w) => [-w / 2, POINT_PX],
};

// For points { x, y, bar, name } in pixels (bar: half length of its error bar), in the order of their importance, a
// { text, side } each; the area is from 0 to width and height.
function placedNames(points, width, height) {
  const taken = points.flatMap(({ x, y, bar }) => [
    [x - POINT_PX, y - POINT_PX, x + POINT_PX, y + POINT_PX],
    ...(bar ? [[x - 3, y - bar, x + 3, y + bar]] : []),
  ]);
  return points.map((point, place) => {
    if (place >= MOST_NAMED) return { text: "", side: "top center" };
    const text = shortened(point.name, 28);
    const wide = [...text].length * LETTER_PX;
    for (const [side, corner] of Object.entries(SIDES)) {
      const [dx, dy] = corner(wide);
      const box = [point.x + dx, point.y + dy, point.x + dx + wide, point.y + dy + LINE_PX];
      const inside = box[0] >= 0 && box[2] <= width && box[1] >= 0 && box[3] <= height;
      if (inside && !taken.some((other) => overlap(box, other))) {
        taken.push(box);
        return { text, side };
      }
    }
    return { text: "", side: "top center" };
  });
}

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
