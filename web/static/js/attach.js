// A file for a field is sent as soon as it is chosen, and is then one of the things to choose from.

import { post } from './api.js';
import { clear, tell } from './errors.js';

let sending = null;

// Whether whatever is on its way has arrived.
export const arrived = async () => sending === null || sending;

export function attach(form) {
  for (const input of form.querySelectorAll('input[data-to]')) {
    const name = input.name;
    // It goes by itself and not with the form.
    input.removeAttribute('name');
    const picker = input.closest('.field').querySelector('.picker');
    input.addEventListener('change', () => {
      const [file] = input.files;
      if (!file) return;
      const mine = Promise.resolve(sending).then(() => send(form, input, picker, name, file));
      sending = mine;
      mine.finally(() => sending === mine && (sending = null));
    });
    picker.addEventListener('change', (event) => event.target.closest('.own') || (input.value = ''));
  }
}

async function send(form, input, picker, name, file) {
  const bar = input.parentElement.querySelector('progress');
  const body = new FormData();
  body.append('content', file, file.name);
  clear(form);
  bar.value = 0;
  bar.classList.remove('hidden');
  try {
    const sent = await post(input.dataset.to, body, (done, all) => (bar.value = done / all));
    picker.querySelector('.own')?.remove();
    picker.prepend(tile(name, sent));
    picker.scrollTop = 0;
    return true;
  } catch (problem) {
    input.value = '';
    tell(form, { field: name, message: problem ? problem.message : input.dataset.lost });
    return false;
  } finally {
    bar.classList.add('hidden');
  }
}

function tile(name, sent) {
  const label = document.createElement('label');
  const radio = Object.assign(document.createElement('input'), { type: 'radio', name, value: sent.id, checked: true });
  const told = Object.assign(document.createElement('span'), { textContent: sent.name });
  label.className = 'file own';
  label.title = sent.name;
  label.append(radio, told);
  return label;
}
