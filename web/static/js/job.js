// A job's page: each section is replaced when the server draws it differently; the rest is left alone.

import { fragment } from './api.js';
import { mount as copying } from './copy.js';
import { follow } from './live.js';

const live = document.getElementById('live');
const over = (state) => ['succeeded', 'failed', 'canceled'].includes(state);

// Whether some section was left as it was, to be drawn at a later look.
function mend(fresh, shown) {
  let left = false;
  const parts = [...fresh.children];
  const wanted = new Set(parts.map((part) => part.id));
  for (const old of [...shown.children]) {
    if (wanted.has(old.id)) continue;
    if (held(old)) left = true;
    else old.remove();
  }
  let last = null;
  for (const part of parts) {
    const old = document.getElementById(part.id);
    if (!old) {
      if (last) last.after(part);
      else shown.prepend(part);
      last = part;
      continue;
    }
    last = old;
    if (part.matches('.column')) left = mend(part, old) || left;
    else if (signature(old) === signature(part)) continue;
    else if (held(old) || sounds(old)) left = true;
    else {
      for (const details of old.querySelectorAll('details[open] > pre')) part.querySelector(`#${details.id}`)?.parentElement.setAttribute('open', '');
      old.replaceWith(part);
      last = part;
    }
  }
  return left;
}

// A section in which something is being pressed, dragged or typed is left until it is let go: a button that is
// replaced between press and release is not clicked.
function held(section) {
  return section.matches(':active') || section.querySelector('input[type="number"]:focus') !== null;
}

// Who listens to something is not cut short.
function sounds(section) {
  return [...section.querySelectorAll('audio')].some((audio) => !audio.paused);
}

// Most jobs have nothing to drag or to listen to: what is needed for it comes with the first snapshot.
async function snapshots() {
  if (document.getElementById('film-at')) (await import('./film.js')).mount();
  if (document.querySelector('[data-player]:not([data-ready])')) (await import('./player.js')).mount();
}

const drawn = new WeakMap();
function signature(section) {
  if (!drawn.has(section)) drawn.set(section, section.outerHTML);
  return drawn.get(section);
}

for (const section of live.querySelectorAll('section')) signature(section);
snapshots();
if (!over(live.dataset.state)) {
  let state = live.dataset.state;
  const look = async () => {
    const fresh = await fragment(live.dataset.part);
    for (const section of fresh.querySelectorAll('section')) signature(section);
    state = fresh.getElementById('j-head').dataset.state;
    const left = mend(fresh.body, live);
    snapshots();
    copying();
    // Who asked for a report is led on to it; the server knows where that is.
    if (state === 'succeeded' && 'on' in live.dataset && live.querySelector('#j-works .btn')) location.reload();
    return over(state) && !left;
  };
  follow(live.dataset.events, look, () => state === 'queued');
}
