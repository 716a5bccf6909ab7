// Train: the estimate follows the form; errors stand beside their fields.

import { fragment, send } from './api.js';
import { clear, tell } from './errors.js';

const form = document.getElementById('train');
const estimate = document.getElementById('estimate');
let waiting = 0;

form.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const url = new URL(form.dataset.estimate, location.href);
    for (const [name, value] of new FormData(form)) if (name !== 'csrf_token') url.searchParams.append(name, value);
    const fresh = await fragment(url);
    estimate.replaceChildren(...fresh.body.childNodes);
  }, 350);
});

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  clear(form);
  try {
    location.assign((await send(form)).page);
  } catch (error) {
    tell(form, error.field === 'destination' ? { field: 'title', message: error.message } : error);
  }
});
