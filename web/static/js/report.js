// A report comes alive: sliders lay over the picture where the analyser looked, and a swatch copies its colour.

const sliders = document.querySelector('[data-overlays]');

function show(slider, value) {
  const layer = document.getElementById(slider.dataset.over);
  slider.value = value;
  layer.style.opacity = value / 100;
  layer.classList.toggle('hidden', !Number(value));
  document.querySelector(`output[for="${slider.id}"]`).value = `${value} %`;
}

if (sliders) {
  const all = [...sliders.querySelectorAll('input')];
  document.querySelector('.plain-overlays').classList.add('hidden');
  sliders.classList.remove('hidden');
  all.forEach((slider, place) => {
    show(slider, place ? 0 : 60);
    // One answer is looked at at a time. Ours comes after the listener that every page has.
    slider.addEventListener('input', () => {
      for (const other of all) if (other !== slider) show(other, 0);
      setTimeout(() => show(slider, slider.value));
    });
  });
}

document.addEventListener('click', async (event) => {
  const swatch = event.target.closest('[data-hex]');
  if (!swatch) return;
  await navigator.clipboard.writeText(swatch.dataset.hex);
  const told = swatch.closest('section').querySelector('.copied');
  if (told) told.textContent = told.dataset.said.replace('…', swatch.dataset.hex);
});
