/**
 * Keeps the page up to date and gives way to the application when that is live. Plain text: it runs in the visitor's browser, so
 * it holds no value from outside. State comes ready escaped from the server; log lines are set as text, never as HTML.
 */
export const livePageScript = `
(() => {
  const root = document.documentElement;
  const state = document.getElementById('state');
  const log = document.getElementById('log');
  const lines = log.querySelector('pre');
  const offline = document.getElementById('offline');
  const way = root.dataset.givesWay;
  const shown = 64 * 1024;
  let since = performance.now();

  const inWords = (ms) => {
    const seconds = Math.max(0, ms) / 1000;
    if (seconds < 9.95) return seconds.toFixed(1) + ' s';
    const whole = Math.round(seconds);
    if (whole < 60) return whole + ' s';
    return Math.floor(whole / 60) + ' min' + (whole % 60 ? ' ' + (whole % 60) + ' s' : '');
  };
  const tick = () => {
    const passed = performance.now() - since;
    for (const part of document.querySelectorAll('[data-elapsed]')) {
      part.textContent = inWords(Number(part.dataset.elapsed) + passed);
    }
    for (const part of document.querySelectorAll('[data-left]')) {
      const left = Number(part.dataset.left) - passed;
      part.textContent = left < 1000 ? 'Any moment now' : 'About ' + inWords(Math.round(left / 1000) * 1000).replace('.0', '') + ' left';
    }
  };
  const toEnd = () => { lines.scrollTop = lines.scrollHeight; };
  const events = new EventSource('/.wizard/events');
  events.addEventListener('open', () => { offline.hidden = true; });
  events.addEventListener('error', () => { offline.hidden = false; });
  events.addEventListener('state', (event) => {
    const said = JSON.parse(event.data);
    if (said.serving && way !== 'no') {
      events.close();
      // To load again what answered a form would send the form again.
      if (way === 'by-get') location.replace(location.pathname + location.search);
      else location.reload();
      return;
    }
    state.innerHTML = said.html;
    root.dataset.mood = said.mood;
    document.title = said.title;
    since = performance.now();
    if (said.mood !== 'busy') log.hidden = true;
  });
  events.addEventListener('log', (event) => {
    const said = JSON.parse(event.data);
    const follows = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
    const text = (said.fresh ? '' : lines.textContent) + said.text;
    lines.textContent = text.length > shown ? text.slice(-shown) : text;
    log.querySelector('h2').textContent = said.title;
    log.hidden = lines.textContent === '';
    if (follows || said.fresh) toEnd();
  });
  toEnd();
  setInterval(tick, 250);
})();
`;
