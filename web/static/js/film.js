// The film of a training: drag to travel; a new snapshot comes to whoever stands at the end.

let stands = null;

export function mount() {
  const range = document.getElementById('film-at');
  if (!range || range.dataset.ready) return;
  range.dataset.ready = '1';
  const frames = [...document.querySelectorAll('[data-frame]')];
  const picture = document.getElementById('film');
  const label = document.getElementById('film-label');
  const seen = new Map();
  range.classList.remove('hidden');
  frames[0].closest('.frames').classList.add('hidden');

  function load(index) {
    if (!seen.has(index)) {
      const image = new Image();
      image.src = frames[index].href;
      seen.set(index, image);
    }
  }

  function show() {
    const index = Number(range.value);
    stands = index === frames.length - 1 ? null : index;
    picture.src = frames[index].href;
    label.value = frames[index].dataset.frame;
    range.setAttribute('aria-valuetext', frames[index].dataset.frame);
    for (const near of [index - 1, index + 1, index + 2]) if (frames[near]) load(near);
  }

  range.addEventListener('pointerenter', () => frames.slice(-12).forEach((_, at) => load(Math.max(0, frames.length - 12) + at)), { once: true });
  range.addEventListener('input', show);
  if (stands !== null && stands < frames.length) {
    range.value = stands;
    show();
  }
}
