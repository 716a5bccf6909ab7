// A report comes alive: sliders lay over the picture where the analyser looked, and a swatch copies its colour.

const sliders = document.querySelector('[data-overlays]');

function show(slider, value) {
  const layer = document.getElementById(slider.dataset.over);
  slider.value = value;
  layer.style.opacity = value / 100;
  layer.classList.toggle('hidden', !Number(value));
  const output = document.querySelector(`output[for="${slider.id}"]`);
  output.value = value + output.dataset.unit;
}

if (sliders) {
  const all = [...sliders.querySelectorAll('input')];
  document.querySelector('.plain-overlays').classList.add('hidden');
  sliders.classList.remove('hidden');
  all.forEach((slider, place) => {
    show(slider, place ? 0 : 60);
    // One answer is looked at at a time.
    slider.addEventListener('input', () => all.forEach((one) => show(one, one === slider ? one.value : 0)));
  });
}

document.addEventListener('click', async (event) => {
  const swatch = event.target.closest('[data-hex]');
  if (!swatch) return;
  await navigator.clipboard.writeText(swatch.dataset.hex);
  const told = swatch.closest('section').querySelector('.copied');
  if (told) told.textContent = told.dataset.said.replace('…', swatch.dataset.hex);
});
