// Train: the estimate follows the form; errors stand beside their fields.

import { fragment, send } from './api.js';
import { clear, tell } from './errors.js';

const form = document.getElementById('train');
const estimate = document.getElementById('estimate');
let waiting = 0;
let asked = 0;

form.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const url = new URL(form.dataset.estimate, location.href);
    for (const [name, value] of new FormData(form)) if (name !== 'csrf_token') url.searchParams.append(name, value);
    const mine = ++asked;
    try {
      const fresh = await fragment(url);
      // An answer that was overtaken is about a form that is no more.
      if (mine === asked) estimate.replaceChildren(...fresh.body.childNodes);
    } catch {
      // What stands there stays; the next change asks again.
    }
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
