// The player: a piano roll that follows the sound; seek by click and by keyboard. Without it the sound plays too.

import './listen.js';
import { Roll, ink } from './roll.js';

export const calm = matchMedia('(prefers-reduced-motion: reduce)');
export const players = new Set();
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

class Player {
  constructor(element) {
    this.element = element;
    this.part = (name) => element.querySelector(name);
    this.audio = this.part('audio');
    this.stage = this.part('.stage');
    this.button = this.part('.play');
    this.length = Number(this.stage.getAttribute('aria-valuemax')) || 0;
    this.follows = true;
    this.audio.controls = false;
    for (const shown of element.querySelectorAll('.play, .time')) shown.classList.remove('hidden');
    this.button.addEventListener('click', () => this.toggle());
    for (const kind of ['play', 'pause', 'ended', 'seeked', 'loadedmetadata']) this.audio.addEventListener(kind, () => this.tell());
    this.audio.addEventListener('timeupdate', () => this.audio.paused && this.show());
    this.audio.addEventListener('error', () => this.fail());
    this.show();
    if (element.dataset.notes) this.load();
  }

  async load() {
    try {
      const response = await fetch(this.element.dataset.notes);
      const score = await response.json();
      if (!Array.isArray(score.notes) || !(score.seconds > 0)) throw new Error('no notes');
      this.roll = new Roll(this.part('canvas'), score);
      if (score.chords || score.curve) this.roll.rows = (await import('./under.js')).rows(score);
    } catch {
      this.part('.lost').classList.remove('hidden');
      return;
    }
    this.length = this.roll.score.seconds;
    this.stage.setAttribute('aria-valuemax', this.length.toFixed(1));
    this.part('.still')?.classList.add('hidden');
    for (const shown of this.element.querySelectorAll('.stage, .keys')) shown.classList.remove('hidden');
    if (this.roll.below) this.stage.style.setProperty('--below', `${this.roll.below}px`);
    this.name();
    this.stage.addEventListener('click', (event) => this.seek(this.roll.seconds(event.clientX - this.stage.getBoundingClientRect().left + this.stage.scrollLeft)));
    this.stage.addEventListener('keydown', (event) => this.key(event));
    this.stage.addEventListener('scroll', () => this.show());
    for (const kind of ['wheel', 'touchmove']) this.stage.addEventListener(kind, () => (this.follows = false), { passive: true });
    new ResizeObserver(() => this.fit()).observe(this.stage);
    this.fit();
  }

  // Who sounds in which ink.
  name() {
    const list = this.part('.voices');
    const parts = this.roll.score.parts || [];
    if (parts.length < 2) return;
    parts.slice(0, 12).forEach((part, place) => {
      const line = document.createElement('li');
      const mark = document.createElement('i');
      mark.className = part.drums ? 'edge' : ink(place);
      line.append(mark, part.name || String(place + 1));
      list.append(line);
    });
    if (this.roll.score.given?.length) list.append(this.part('template').content.cloneNode(true));
    list.classList.remove('hidden');
  }

  fit() {
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth) return;
    const whole = this.roll.fit(clientWidth, clientHeight);
    this.part('.track').style.width = `${whole}px`;
    const canvas = this.part('canvas');
    canvas.style.width = `${clientWidth}px`;
    canvas.style.height = `${clientHeight}px`;
    this.show();
  }

  toggle() {
    this.follows = true;
    if (this.audio.paused) this.audio.play().catch(() => this.fail());
    else this.audio.pause();
  }

  seek(seconds) {
    this.follows = true;
    this.audio.currentTime = Math.max(0, Math.min(seconds, this.length - 0.02));
    this.show();
  }

  key(event) {
    const at = this.audio.currentTime;
    const { bars } = this.roll;
    const bar = this.roll.bar(at);
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: at - bars[bar] > 0.6 ? 0 : -1, ArrowDown: at - bars[bar] > 0.6 ? 0 : -1, PageUp: 4, PageDown: -4 };
    if (event.key === ' ' || event.key === 'Enter') this.toggle();
    else if (event.key === 'Home') this.seek(0);
    else if (event.key === 'End') this.seek(this.length);
    else if (event.key in steps && !event.altKey && !event.ctrlKey && !event.metaKey) {
      if (bars.length > 1) this.seek(bars[Math.max(0, Math.min(bar + steps[event.key], bars.length - 1))]);
      else this.seek(at + 5 * (steps[event.key] || -1));
    } else return;
    event.preventDefault();
  }

  // The state has changed: say it, and follow while it sounds.
  tell() {
    const sounds = !this.audio.paused;
    this.button.classList.toggle('on', sounds);
    this.button.querySelector('span').textContent = sounds ? this.button.dataset.pause : this.button.dataset.play;
    if (sounds && !this.frame) this.run();
    this.show();
  }

  run() {
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.element.isConnected) return this.audio.pause();
      if (this.follows) this.follow();
      this.show();
      if (!this.audio.paused) this.run();
    });
  }

  // With reduced motion the page turns; else it glides, once what sounds has reached the middle.
  follow() {
    if (!this.roll?.scale) return;
    const x = this.roll.place(this.audio.currentTime);
    const edge = this.stage.clientWidth * (calm.matches ? 0.94 : 0.5);
    if (x < this.stage.scrollLeft || x > this.stage.scrollLeft + edge) this.turn(x);
  }

  turn(x = this.roll.place(this.audio.currentTime)) {
    this.stage.scrollLeft = x - this.stage.clientWidth * (calm.matches ? 0.06 : 0.5);
  }

  show() {
    const at = Math.min(this.audio.currentTime, this.length || Infinity);
    const told = `${clock(at)} / ${clock(this.length || this.audio.duration || 0)}`;
    if (told !== this.told) this.part('.time').value = this.told = told;
    if (!this.roll?.scale) return;
    this.stage.setAttribute('aria-valuenow', at.toFixed(1));
    this.stage.setAttribute('aria-valuetext', `${told}, ${this.stage.dataset.bar} ${this.roll.bar(at) + this.roll.first}`);
    this.roll.draw(this.stage.scrollLeft, at, !this.audio.paused);
  }

  fail() {
    this.part('.mute').classList.remove('hidden');
    this.audio.controls = true;
  }
}

export function mount() {
  for (const element of document.querySelectorAll('[data-player]:not([data-ready])')) {
    element.dataset.ready = '';
    players.add(new Player(element));
  }
  for (const player of players) if (!player.element.isConnected) players.delete(player);
}

const redraw = () => players.forEach((player) => player.show());
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ['data-theme'] });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);

mount();
