// A place of a piece that is named on the page is heard from there.

import { calm, players } from './player.js';

document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-seek]');
  const player = link && [...players].find((one) => `#${one.element.id}` === link.hash);
  if (!player?.roll) return;
  event.preventDefault();
  player.seek(Number(link.dataset.seek));
  player.turn();
  player.stage.focus({ preventScroll: true });
  player.element.scrollIntoView({ behavior: calm.matches ? 'auto' : 'smooth', block: 'nearest' });
});
