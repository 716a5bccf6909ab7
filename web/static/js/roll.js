// A piano roll on a canvas: parts in distinct inks, bars with numbers; under it what ``under.js`` adds.

const TOP = 20;
// Room at both ends for the playhead.
const PAD = 6;
const INKS = ['seal', 'ochre', 'moss', 'indigo', 'ink', 'edge'];

export const ink = (part) => INKS[part % INKS.length];

export class Roll {
  constructor(canvas, score) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.score = score;
    score.notes.sort((a, b) => a[0] - b[0]);
    const edge = (which, place, start) => score.notes.reduce((found, note) => which(found, note[place]), start);
    this.longest = edge(Math.max, 1, 0);
    // At least an octave, so that a single line does not fill the roll.
    this.low = edge(Math.min, 2, score.notes.length ? 127 : 60) - 2;
    this.high = Math.max(edge(Math.max, 2, 0) + 2, this.low + 14);
    this.bars = score.bars?.length ? score.bars : [0];
    this.rows = [];
    // An incomplete first bar is bar 0, as musicians count.
    this.first = this.bars.length > 2 && this.bars[1] - this.bars[0] < 0.99 * (this.bars[2] - this.bars[1]) ? 0 : 1;
  }

  get below() {
    return this.rows.reduce((sum, row) => sum + row.height, 0);
  }

  // The width that the whole piece needs, in CSS pixels: all of it at once where that can be read.
  fit(width, height) {
    const bar = Math.max(40, ...this.rows.map((row) => row.bar));
    const seconds = Math.max(this.score.seconds, 0.1);
    const [room, wanted] = [width - 2 * PAD, bar * this.bars.length];
    this.width = width;
    this.height = height - this.below;
    this.scale = (wanted < room * 1.08 ? room : wanted) / seconds;
    return Math.round(this.scale * seconds) + 2 * PAD;
  }

  place(seconds) {
    return PAD + seconds * this.scale;
  }

  seconds(place) {
    return (place - PAD) / this.scale;
  }

  bar(at) {
    let found = 0;
    while (found + 1 < this.bars.length && this.bars[found + 1] <= at + 0.01) found += 1;
    return found;
  }

  end(bar) {
    return this.bars[bar + 1] ?? this.score.seconds;
  }

  // What is between ``left`` (CSS pixels of the whole) and the right edge; the playhead stands ``at`` seconds.
  draw(left, at, playing) {
    const ratio = window.devicePixelRatio || 1;
    const { canvas, context: c, width } = this;
    const tall = this.height + this.below;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(tall * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(tall * ratio);
    }
    const style = getComputedStyle(canvas);
    const palette = Object.fromEntries([...INKS, 'rule', 'soft'].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.color = (name) => palette[name];
    this.font = style.fontFamily;
    this.serif = style.getPropertyValue('--display');
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, tall);
    this.x = (seconds) => this.place(seconds) - left;
    this.from = this.seconds(left);
    this.to = this.seconds(left + width);
    this.drawBars(tall);
    this.drawNotes(at, playing);
    let top = this.height;
    for (const row of this.rows) {
      row.draw(this, top, at);
      top += row.height;
    }
    c.fillStyle = this.color('ink');
    const head = this.x(at);
    c.fillRect(head - 0.75, TOP - 6, 1.5, tall - TOP + 6);
    c.beginPath();
    c.arc(head, TOP - 6, 3.5, 0, 7);
    c.fill();
  }

  drawBars(tall) {
    const { context: c } = this;
    const step = (this.height - TOP) / (this.high - this.low);
    c.fillStyle = this.color('rule');
    for (let pitch = Math.ceil(this.low / 12) * 12; pitch <= this.high; pitch += 12) c.fillRect(0, Math.round(this.height - (pitch - this.low) * step), this.width, 1);
    const room = (this.score.seconds / this.bars.length) * this.scale;
    const every = [1, 2, 4, 8, 16, 32].find((count) => count * room >= 30) || 64;
    c.font = `11px ${this.font}`;
    c.textBaseline = 'middle';
    this.bars.forEach((start, bar) => {
      const x = this.x(start);
      if (x < -40 || x > this.width) return;
      const shown = bar % every === 0;
      c.fillStyle = this.color(shown ? 'edge' : 'rule');
      c.globalAlpha = shown ? 0.55 : 1;
      c.fillRect(Math.round(x), shown ? 4 : TOP, 1, tall - (shown ? 4 : TOP));
      c.globalAlpha = 1;
      c.fillStyle = this.color('soft');
      if (shown) c.fillText(String(bar + this.first), x + 5, 10);
    });
  }

  drawNotes(at, playing) {
    const { context: c, score } = this;
    const step = (this.height - TOP) / (this.high - this.low);
    const thick = Math.max(2.5, Math.min(9, step * 0.86));
    const given = score.given || [];
    let index = first(score.notes, this.from - this.longest);
    for (; index < score.notes.length && score.notes[index][0] < this.to; index += 1) {
      const [start, length, pitch, part] = score.notes[index];
      if (start + length < this.from) continue;
      const brought = given.some(([a, b, whose]) => (whose < 0 || whose === part) && start >= a - 0.005 && start < b - 0.005);
      const sounds = playing && start <= at && at < start + length;
      c.fillStyle = this.color(score.parts[part]?.drums ? 'edge' : ink(part));
      c.globalAlpha = sounds ? 1 : brought ? 0.36 : 0.84;
      const grow = sounds ? 1.5 : 0;
      const x = this.x(start);
      const wide = Math.max(2, length * this.scale - 1.5);
      const y = this.height - (pitch - this.low) * step - thick / 2;
      c.beginPath();
      c.roundRect(x, y - grow / 2, wide, thick + grow, Math.min(2, wide / 2));
      c.fill();
    }
    c.globalAlpha = 1;
  }
}

// The first note that begins at ``from`` or later.
function first(notes, from) {
  let [low, high] = [0, notes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle][0] < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
