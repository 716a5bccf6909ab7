// Create: what the form makes appears beside it, without leaving the page.

import { fragment, send } from './api.js';
import { arrived, attach } from './attach.js';
import { clear, tell } from './errors.js';
import { follow } from './live.js';

const form = document.getElementById('make');
const making = document.getElementById('making');
const button = form.querySelector('.btn');

attach(form);

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    if (!(await arrived())) return;
    clear(form);
    show(await send(form));
  } catch (error) {
    tell(form, error);
  } finally {
    button.disabled = false;
  }
});

function show(job) {
  document.getElementById('nothing-yet')?.remove();
  const place = document.createElement('div');
  making.prepend(place);
  let state = 'queued';
  const look = async () => {
    const batch = (await fragment(job.made)).querySelector('.batch');
    if (place.innerHTML !== batch.outerHTML) place.replaceChildren(batch);
    state = batch.dataset.state;
    return ['succeeded', 'failed', 'canceled'].includes(state);
  };
  follow(`/v1/jobs/${job.id}/events`, look, () => state === 'queued');
  if (matchMedia('(max-width: 980px)').matches) place.scrollIntoView({ behavior: 'smooth', block: 'nearest' });
}
