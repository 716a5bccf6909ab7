// A form about a work: a file dropped on it is sent at once and seen; the form waits until it has arrived.

import { arrived, attach } from './attach.js';

const form = document.getElementById('ask');
if (form) {
  attach(form);
  form.querySelectorAll('.drop').forEach(dropping);
  let ready = false;
  form.addEventListener('submit', async (event) => {
    if (ready) return;
    event.preventDefault();
    const button = event.submitter;
    if (!(await arrived())) return;
    ready = true;
    // Not before this event has ended: until then a form cannot be submitted again.
    setTimeout(() => form.requestSubmit(button));
  });
  addEventListener('pageshow', () => (ready = false));
}

function dropping(drop) {
  const input = drop.querySelector('input');
  const seen = drop.querySelector('img');
  for (const kind of ['dragenter', 'dragover']) drop.addEventListener(kind, (event) => (event.preventDefault(), drop.classList.add('over')));
  for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    input.dispatchEvent(new Event('change'));
  });
  input.addEventListener('change', () => {
    const [file] = input.files;
    const picture = file && file.type.startsWith('image/');
    if (seen.src) URL.revokeObjectURL(seen.src);
    if (picture) seen.src = URL.createObjectURL(file);
    else seen.removeAttribute('src');
    seen.classList.toggle('hidden', !picture);
  });
}
