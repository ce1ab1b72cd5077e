// The console works without this file, but for the live view: it only loads pages again, and keeps the live list.
'use strict';

(() => {
  const EVENTS_SHOWN = 200;

  // A page that is looked at stays fresh; one that somebody works in is left alone.
  const reload = document.querySelector('[data-reload]');
  if (reload) {
    const seconds = Number(reload.dataset.reload);
    const isBusy = () => document.hidden || document.activeElement?.matches('input, select, textarea, button, summary, .table')
      || String(getSelection()).length > 0;
    setInterval(async () => {
      if (isBusy()) return;
      try {
        const answer = await fetch(location.pathname, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
        if (!answer.ok) throw new Error(String(answer.status));
        const text = await answer.text();
        const page = new DOMParser().parseFromString(text, 'text/html');
        if (isBusy()) return;
        // What somebody has opened or closed stays so.
        const open = [...document.querySelectorAll('details')].map(one => one.open);
        document.querySelector('main').replaceChildren(...page.querySelector('main').childNodes);
        [...document.querySelectorAll('details')].forEach((one, i) => { if (i < open.length) one.open = open[i]; });
      } catch {
        const stale = document.querySelector('.stale') ?? document.createElement('p');
        stale.className = 'note trouble stale';
        stale.setAttribute('role', 'status');
        stale.textContent = 'This silo does not answer: what you see is old. Ask another one.';
        document.querySelector('main').prepend(stale);
      }
    }, seconds * 1000);
  }

  const list = document.getElementById('live-list');
  if (!list) return;
  const status = document.getElementById('live-status');
  const pause = document.getElementById('live-pause');
  let source = null;
  let missed = 0;

  const say = text => { status.textContent = text; };

  const show = live => {
    const item = document.createElement('li');
    item.className = 'fresh ' + live.step;
    const time = document.createElement('time');
    time.textContent = new Date(live.at).toISOString().slice(11, 23) + 'Z';
    const step = document.createElement('span');
    step.className = 'badge ' + (live.step === 'refused' ? 'trouble' : live.step === 'accepted' ? 'notice' : '');
    step.textContent = live.step;
    const name = document.createElement('strong');
    name.textContent = live.event ?? '';
    const rest = document.createElement('span');
    rest.className = 'soft';
    rest.append([live.project, live.client].filter(Boolean).join(' · '), ' ');
    for (const id of [live.user, live.visitor, live.insertId].filter(Boolean)) {
      const link = document.createElement('a');
      link.href = '/console/find?q=' + encodeURIComponent(id);
      link.textContent = id;
      rest.append(link, ' ');
    }
    item.append(time, ' ', step, ' ', name, ' ', rest);
    list.prepend(item);
    while (list.children.length > EVENTS_SHOWN) list.lastElementChild.remove();
  };

  const open = () => {
    source = new EventSource('/console/live/events' + location.search);
    source.addEventListener('open', () => say('Looking. Events appear as they pass.'));
    source.addEventListener('seen', message => {
      const page = JSON.parse(message.data);
      page.events.forEach(show);
      missed += page.dropped;
      if (page.isFull) say('A silo has as many viewers as it serves: its events are not shown. Close a view, or ask another silo.');
      else if (page.silent > 0) say(page.silent + ' of the silos do not answer: their events are not shown.');
      else if (missed > 0) say(missed + ' events found no room here: name a project, a client, an event or an id.');
      else say('Looking. Events appear as they pass.');
    });
    source.addEventListener('error', () => say('The silo does not answer; the browser tries again.'));
  };

  const close = () => { source?.close(); source = null; };

  pause.hidden = false;
  pause.addEventListener('click', () => {
    if (source) {
      close();
      pause.textContent = 'Go on';
      say('Paused. Nothing is asked for meanwhile.');
    } else {
      pause.textContent = 'Pause the view';
      open();
    }
  });
  addEventListener('pagehide', close);
  open();
})();
