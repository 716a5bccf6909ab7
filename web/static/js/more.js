// Load more, in place; the link works without this.

import { fragment } from './api.js';

document.addEventListener('click', async (event) => {
  const link = event.target.closest('#more[data-list]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const url = new URL(link.href);
  url.searchParams.set('part', '1');
  const fresh = await fragment(url);
  const items = [...fresh.querySelector('[data-items]').children];
  document.getElementById(link.dataset.list).append(...items);
  items[0]?.querySelector('a')?.focus();
  const next = fresh.getElementById('more');
  if (next) link.href = next.getAttribute('href');
  else link.remove();
});
