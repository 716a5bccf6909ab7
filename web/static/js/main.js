// What every page has: the theme switch, controls that say their value, dice, and a top line that stays true.

import { fragment } from './api.js';

const root = document.documentElement;
const dark = () => (root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';

document.getElementById('theme')?.addEventListener('click', (event) => {
  event.preventDefault();
  root.dataset.theme = dark() ? 'light' : 'dark';
  document.cookie = `atelier_theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
});

document.addEventListener('input', (event) => {
  if (event.target.type !== 'range') return;
  const output = document.querySelector(`output[for="${event.target.id}"]`);
  if (!output) return;
  const decimals = (event.target.step.split('.')[1] || '').length;
  output.value = Number(event.target.value).toFixed(decimals) + (output.dataset.unit || '');
});

for (const dice of document.querySelectorAll('[data-dice]')) {
  const input = document.getElementById(dice.dataset.dice);
  dice.classList.remove('hidden');
  dice.addEventListener('click', () => {
    const low = Number(input.min || 0);
    const span = Number(input.max || 2 ** 31 - 1) - low + 1;
    const [draw] = crypto.getRandomValues(new Uint32Array(1));
    input.value = low + Math.floor((draw / 2 ** 32) * span);
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

setInterval(async () => {
  const shown = document.getElementById('devices');
  if (document.hidden || !shown) return;
  try {
    const fresh = (await fragment('/devices')).getElementById('devices');
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
  } catch {
    // The next look will tell.
  }
}, 5000);
