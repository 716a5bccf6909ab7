// A list that stays true while something on it moves.

import { fragment } from './api.js';

// What is being pressed or typed in is left alone.
const held = (list) => list.contains(document.activeElement) || list.matches(':active');

setInterval(async () => {
  const list = document.getElementById('jobs');
  if (document.hidden || !list || !('busy' in list.dataset) || held(list)) return;
  try {
    const fresh = await fragment(location.href);
    if (held(list)) return;
    for (const id of ['jobs', 'counts']) {
      const old = document.getElementById(id);
      const now = fresh.getElementById(id);
      if (old && now && old.innerHTML !== now.innerHTML) old.replaceWith(now);
    }
  } catch {
    // The next look will tell.
  }
}, 3000);
