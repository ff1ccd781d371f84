// What every request of ours carries, and the sign that one is under way.

interface RequestEvent { detail: { ctx: { request: { headers: Record<string, string>; method?: string } } } }

const QUIET = 200;

/** The token that the server put into the page; empty where there is none. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name=csrf-token]')?.content ?? '';
}

/** htmx requests carry the token as X-CSRFToken. */
export function sendTheCsrfToken(): void {
  document.addEventListener('htmx:config:request', (event) => {
    const { request } = (event as unknown as RequestEvent).detail.ctx;
    if (csrfToken()) request.headers['X-CSRFToken'] = csrfToken();
  });
}

/** A bar at the top of the page, for requests and for forms that load a new page, once they take longer than a blink. */
export function showThatWeWait(): void {
  let waiting = 0;
  let timer: number | undefined;
  const begin = (): void => {
    waiting += 1;
    timer ??= window.setTimeout(() => document.documentElement.classList.add('is-waiting'), QUIET);
  };
  const end = (): void => {
    waiting = Math.max(0, waiting - 1);
    if (waiting) return;
    window.clearTimeout(timer);
    timer = undefined;
    document.documentElement.classList.remove('is-waiting');
  };
  document.addEventListener('htmx:before:request', begin);
  document.addEventListener('htmx:finally:request', end);
  document.addEventListener('submit', (event) => {
    if (!event.defaultPrevented) begin();
  });
  window.addEventListener('pageshow', () => {
    waiting = 0;
    end();
  });
}
