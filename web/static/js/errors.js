// An error stands beside its field, and the field gets the focus.

export function clear(form) {
  for (const shown of form.querySelectorAll('[data-error], .flash.bad')) {
    shown.textContent = '';
    shown.classList.add('hidden');
    shown.closest('.field')?.classList.remove('wrong');
  }
  for (const wrong of form.querySelectorAll('[aria-invalid]')) wrong.removeAttribute('aria-invalid');
}

export function tell(form, error) {
  const beside = error.field && form.querySelector(`[data-error="${CSS.escape(error.field)}"]`);
  const place = beside || form.querySelector('.flash.bad');
  const said = error.message.replace(`${error.field}: `, '');
  // A message that began otherwise may begin with the name of a file, which stays as it is.
  place.textContent = said === error.message ? said : said.charAt(0).toUpperCase() + said.slice(1);
  place.classList.remove('hidden');
  if (!beside) return;
  const field = place.closest('.field');
  field.classList.add('wrong');
  field.closest('details')?.setAttribute('open', '');
  const control = field.querySelector('input:not([type="hidden"]), select');
  control?.setAttribute('aria-invalid', 'true');
  control?.focus();
}
