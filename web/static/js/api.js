// Asking the server: every writing request carries the page's token; a refusal is a problem with a code.

const token = document.querySelector('meta[name="csrf-token"]').content;

export class Problem extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || String(problem.status));
    this.field = problem.field;
    this.code = problem.code;
  }
}

export async function send(form) {
  const response = await fetch(form.action, {
    method: 'POST',
    headers: { Accept: 'application/json', 'X-CSRF-Token': token },
    body: new FormData(form),
  });
  const answer = await response.json();
  if (!response.ok) throw new Problem(answer);
  return answer;
}

export async function fragment(url) {
  const response = await fetch(url, { headers: { Accept: 'text/html' } });
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), 'text/html');
}

export function post(url, body, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('X-CSRF-Token', token);
    request.responseType = 'json';
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded, event.total);
    request.onerror = () => reject(null);
    request.onload = () =>
      request.status < 300 ? resolve(request.response) : reject(request.response && new Problem(request.response));
    request.send(body);
  });
}
