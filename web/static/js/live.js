// Following a job: server-sent events tell when to look again; where they do not come, a timer does.
// What waits is looked at more often: its place changes by what happens to others.

const WAITING = 3000;
const QUIET = 15000;
const ALONE = 1500;

export function follow(events, look, waits) {
  let ended = false;
  let timer = 0;
  let looking = false;
  let again = false;
  let open = false;
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
    } else pace();
  }

  function pace() {
    clearInterval(timer);
    timer = setInterval(once, !open ? ALONE : waits() ? WAITING : QUIET);
  }

  function stop() {
    clearInterval(timer);
    source?.close();
  }

  if ('EventSource' in window) {
    source = new EventSource(events);
    source.addEventListener('change', once);
    source.addEventListener('end', once);
    source.onopen = () => ((open = true), pace());
    source.onerror = () => ((open = false), pace());
  }
  once();
  return stop;
}
