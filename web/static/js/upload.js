// Upload: what is neither a picture nor MIDI is told before anything is sent; then a bar that tells how far it is.

import { post } from './api.js';
import { clear, tell } from './errors.js';

const form = document.getElementById('upload');
const input = document.getElementById('files');
const drop = form.querySelector('.drop');
const chosen = document.getElementById('chosen');
const bar = document.getElementById('upload-progress');
const note = document.getElementById('upload-note');
const button = form.querySelector('.btn');
const MARKS = [[0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], [0x47, 0x49, 0x46, 0x38], [0x42, 0x4d], [0x49, 0x49, 0x2a, 0], [0x4d, 0x4d, 0, 0x2a], [0x50, 0x4b, 3, 4], [0x50, 0x4b, 5, 6], [0x52, 0x49, 0x46, 0x46], [0x4d, 0x54, 0x68, 0x64]];
let picked = [];
let taking = Promise.resolve();

const size = (bytes) => (bytes < 2 ** 20 ? `${Math.ceil(bytes / 2 ** 10)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`);

async function looksRight(file) {
  const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  return MARKS.some((mark) => mark.every((byte, at) => head[at] === byte));
}

async function take(files) {
  clear(form);
  const good = [];
  const odd = [];
  const right = await Promise.all([...files].map(looksRight));
  [...files].forEach((file, at) => (right[at] ? good : odd).push(file));
  picked = good;
  const total = good.reduce((sum, file) => sum + file.size, 0);
  chosen.textContent = good.length ? `${good.length} · ${size(total)}` : '';
  if (odd.length) chosen.textContent += ` ${form.dataset.odd} ${odd.slice(0, 8).map((file) => file.name).join(', ')}${odd.length > 8 ? ' …' : ''}`;
  chosen.classList.toggle('hidden', !chosen.textContent);
  const name = document.getElementById('name');
  if (!name.value && good.length) name.value = (good[0].webkitRelativePath.split('/')[0] || good[0].name).replace(/\.[^.]*$/, '');
  if (total > Number(form.dataset.mostBytes)) tell(form, { field: 'files', message: form.dataset.tooLarge });
  else if (good.length > Number(form.dataset.mostFiles)) tell(form, { field: 'files', message: form.dataset.tooMany });
  else if (!good.length && odd.length) picked = odd.slice(0, 1);
}

input.addEventListener('change', () => (taking = take(input.files)));
for (const kind of ['dragenter', 'dragover']) drop.addEventListener(kind, (event) => (event.preventDefault(), drop.classList.add('over')));
for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => (event.preventDefault(), (taking = take(event.dataTransfer.files))));

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  await taking;
  clear(form);
  const body = new FormData(form);
  body.delete('files');
  for (const file of picked) body.append('files', file, file.name);
  bar.classList.remove('hidden');
  try {
    const answer = await post(form.action, body, (sent, total) => {
      bar.value = sent / total;
      note.textContent = `${Math.floor((sent / total) * 100)} % · ${size(sent)} / ${size(total)}`;
    });
    location.assign(answer.page);
  } catch (error) {
    tell(form, error || { field: 'files', message: form.dataset.lost });
    bar.classList.add('hidden');
    note.textContent = '';
    button.disabled = false;
  }
});
