// What may stand under a roll: a row of chords, and a curve with a value for each bar.

class Chords {
  constructor(chords, bars) {
    this.chords = chords;
    this.height = 24;
    // As many chords as a bar has want room side by side.
    this.bar = Math.min(190, Math.max(64, (chords.length / bars) * 32));
  }

  draw(roll, top, at) {
    const c = roll.context;
    let free = -Infinity;
    c.textBaseline = 'middle';
    this.chords.forEach(([start, name], index) => {
      const x = roll.x(start) + 3;
      if (x < -60 || x > roll.width || x < free) return;
      const now = at >= start && at < (this.chords[index + 1]?.[0] ?? roll.score.seconds);
      c.font = `${now ? 600 : 400} 13px ${roll.serif}`;
      c.fillStyle = roll.color(now ? 'seal' : 'ink');
      c.fillText(name, x, top + this.height / 2);
      free = x + c.measureText(name).width + 5;
    });
  }
}

class Curve {
  constructor(curve) {
    this.curve = curve;
    this.height = 72;
    this.bar = 40;
    this.most = Math.max(...curve.values.filter(Number.isFinite), 0.001);
  }

  draw(roll, top, at) {
    const c = roll.context;
    const { values, title, unit } = this.curve;
    const base = top + this.height - 4;
    const here = roll.bar(at);
    c.fillStyle = roll.color('indigo');
    values.slice(0, roll.bars.length).forEach((value, bar) => {
      const [x, right] = [roll.x(roll.bars[bar]), roll.x(roll.end(bar))];
      if (!Number.isFinite(value) || right < 0 || x > roll.width) return;
      const tall = (value / this.most) * (this.height - 30);
      c.globalAlpha = bar === here ? 0.5 : 0.2;
      c.fillRect(x + 1, base - tall, right - x - 1, tall);
      c.globalAlpha = 1;
      c.fillRect(x + 1, base - tall, right - x - 1, 2);
    });
    const value = Number.isFinite(values[here]) ? ` · ${here + roll.first}: ${values[here].toFixed(2)} ${unit || ''}` : '';
    c.font = `11.5px ${roll.font}`;
    c.fillStyle = roll.color('soft');
    c.fillText(`${title || ''}${value}`, 4, top + 12);
  }
}

export function rows({ chords, curve, bars }) {
  const found = [];
  if (chords?.length) found.push(new Chords(chords, bars?.length || 1));
  if (curve?.values?.length) found.push(new Curve(curve));
  return found;
}
