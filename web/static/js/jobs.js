// A list that stays true while something on it moves.

import { fragment } from './api.js';

setInterval(async () => {
  const list = document.getElementById('jobs');
  if (document.hidden || !list || !('busy' in list.dataset) || list.contains(document.activeElement)) return;
  try {
    const fresh = await fragment(location.href);
    for (const id of ['jobs', 'counts']) {
      const old = document.getElementById(id);
      const now = fresh.getElementById(id);
      if (old && now && old.innerHTML !== now.innerHTML) old.replaceWith(now);
    }
  } catch {
    // The next look will tell.
  }
}, 3000);
