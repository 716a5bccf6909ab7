// Sound on a page: a button on a work plays it, and one thing sounds at a time.

document.documentElement.dataset.js = '';

const partner = (audio) => audio.parentElement.querySelector('[data-listen]');

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-listen]');
  if (!button) return;
  const audio = button.parentElement.querySelector('audio');
  if (audio.paused) audio.play().catch(() => button.classList.add('broken'));
  else audio.pause();
});

// Media events do not bubble; they are caught on their way down.
export function hear(kind, then) {
  document.addEventListener(kind, (event) => event.target.tagName === 'AUDIO' && then(event.target), true);
}

function tell(audio) {
  const button = partner(audio);
  if (!button) return;
  button.classList.toggle('on', !audio.paused);
  button.setAttribute('aria-pressed', String(!audio.paused));
}

hear('play', (audio) => {
  for (const other of document.querySelectorAll('audio')) if (other !== audio) other.pause();
  tell(audio);
});
hear('pause', tell);
hear('ended', (audio) => (tell(audio), partner(audio)?.style.removeProperty('--heard')));
hear('timeupdate', (audio) => partner(audio)?.style.setProperty('--heard', `${(100 * audio.currentTime) / (audio.duration || 1)}%`));
