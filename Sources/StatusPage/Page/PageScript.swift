/// The script of the page: it replaces sections by what the server draws, and nothing else.
///
/// Without it the page reloads itself. It keeps what the reader has opened and where the keyboard is, stops while nobody looks,
/// and says when the connection is lost. The text that it inserts is the server's, escaped there; the page's policy lets no
/// other script run, wherever it came from.
enum PageScript {
    static let source: StaticString = """
        (() => {
          const live = document.getElementById('live');
          const say = (text, name) => { live.textContent = text; live.className = name; };
          const policy = window.trustedTypes
            ? trustedTypes.createPolicy('hubwatch', { createHTML: text => text })
            : { createHTML: text => text };
          let known = new Set([...document.querySelectorAll('details[id]')].map(d => d.id));
          const replace = (id, text) => {
            const old = document.getElementById(id);
            if (!old) return;
            const opened = new Set([...old.querySelectorAll('details[open]')].map(d => d.id));
            const focus = old.contains(document.activeElement) ? document.activeElement : null;
            const owner = focus && focus.closest('[id]');
            const scrolled = [...old.querySelectorAll('.scroll')].map(e => e.scrollLeft);
            const box = document.createElement('template');
            box.innerHTML = policy.createHTML(text);
            const fresh = box.content.firstElementChild;
            if (!fresh || fresh.id !== id) return;
            for (const d of fresh.querySelectorAll('details[id]')) {
              if (opened.has(d.id)) d.open = true;
              if (!known.has(d.id)) { known.add(d.id); d.classList.add('fresh'); }
            }
            old.replaceWith(fresh);
            fresh.querySelectorAll('.scroll').forEach((e, i) => { e.scrollLeft = scrolled[i] || 0; });
            if (owner) {
              const place = document.getElementById(owner.id);
              const target = place && (focus === owner ? place : place.querySelector(focus.tagName) || place);
              if (target) target.focus({ preventScroll: true });
            }
          };
          let source = null;
          const close = () => { if (source) source.close(); source = null; };
          const resume = () => { if (!document.hidden && !source) open(); };
          const open = () => {
            close();
            source = new EventSource('live');
            source.onopen = () => say('live', 'good');
            source.onerror = () => {
              say('connection lost, trying again', 'warn');
              if (source.readyState === EventSource.CLOSED) { close(); setTimeout(resume, 5000); }
            };
            source.addEventListener('section', event => {
              const end = event.data.indexOf('\\n');
              replace(event.data.slice(0, end), event.data.slice(end + 1));
            });
          };
          document.addEventListener('visibilitychange', () => {
            if (document.hidden) { close(); say('paused', 'soft'); } else { open(); }
          });
          window.addEventListener('pagehide', close);
          if (!document.hidden) open();
        })();
        """
}
