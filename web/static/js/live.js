// Following a job: server-sent events tell when to look again; where they do not come, a timer does.

export function follow(events, look) {
  let ended = false;
  let timer = 0;
  let looking = false;
  let again = false;
  let source;

  async function once() {
    if (ended) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      ended = await look();
    } catch {
      // A lost connection: what is on the page stays, the next look repairs it.
    }
    looking = false;
    if (ended) stop();
    else if (again) {
      again = false;
      once();
    }
  }

  function poll(every) {
    clearInterval(timer);
    timer = setInterval(once, every);
  }

  function stop() {
    clearInterval(timer);
    source?.close();
  }

  if ('EventSource' in window) {
    source = new EventSource(events);
    source.addEventListener('change', once);
    source.addEventListener('end', once);
    source.onopen = () => poll(15000);
    source.onerror = () => poll(1500);
  }
  poll(1500);
  once();
  return stop;
}
