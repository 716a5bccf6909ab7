// A job's page: each section is replaced when the server draws it differently; the rest is left alone.

import { fragment } from './api.js';
import { mount as copying } from './copy.js';
import { mount as film } from './film.js';
import { follow } from './live.js';

const live = document.getElementById('live');
const over = (state) => ['succeeded', 'failed', 'canceled'].includes(state);

function mend(fresh) {
  const sections = [...fresh.body.children];
  const wanted = new Set(sections.map((section) => section.id));
  for (const old of [...live.children]) if (!wanted.has(old.id)) old.remove();
  let last = null;
  for (const section of sections) {
    const old = document.getElementById(section.id);
    if (!old) {
      if (last) last.after(section);
      else live.prepend(section);
      last = section;
      continue;
    }
    if (signature(old) !== signature(section) && !old.contains(holding())) {
      for (const details of old.querySelectorAll('details[open] > pre')) section.querySelector(`#${details.id}`)?.parentElement.setAttribute('open', '');
      old.replaceWith(section);
      last = section;
    } else last = old;
  }
  film();
  copying();
}

// A section in which something is being dragged or typed is left until it is let go.
function holding() {
  const active = document.activeElement;
  return active && active.matches('#film-at:active, input:active') ? active : null;
}

const drawn = new WeakMap();
function signature(section) {
  if (!drawn.has(section)) drawn.set(section, section.outerHTML);
  return drawn.get(section);
}

for (const section of live.children) signature(section);
film();
if (!over(live.dataset.state)) {
  let state = live.dataset.state;
  const look = async () => {
    const fresh = await fragment(live.dataset.part);
    for (const section of fresh.body.children) signature(section);
    state = fresh.getElementById('j-head').dataset.state;
    mend(fresh);
    return over(state);
  };
  follow(live.dataset.events, look, () => state === 'queued');
}
