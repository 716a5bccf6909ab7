// Copy a text that stands on the page.

export function mount() {
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.classList.remove('hidden');
    button.onclick = async () => {
      const said = button.textContent;
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = '✓';
      setTimeout(() => (button.textContent = said), 1500);
    };
  }
}

mount();
