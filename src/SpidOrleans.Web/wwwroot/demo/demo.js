'use strict';

const PREVIEW_EVENTS_MAX = 200;
const REQUEST_TIMEOUT_MS = 10000;
const STREAM_RETRY_MS = 3000;

const at = id => document.getElementById(id);
const short = id => id.slice(0, 8);

let visitorId = null;
let latest = [];
let profiles = new Map();
let groups = [];
let seen = null;

// ---- Who is this browser -----------------------------------------------------------------------------------------

function showIdentity(session) {
  const user = session.userId === undefined || session.userId === null ? null : String(session.userId);
  at('who').textContent = user === null ? 'anonymous' : session.displayName || user;
  at('avatar').textContent = user === null ? '?' : Array.from(user)[0];
  at('avatar').parentElement.classList.toggle('known', user !== null);
  at('logout').hidden = user === null;
  at('login').textContent = user === null ? 'Log in' : 'Switch';
  at('login-hint').textContent = user === null
    ? 'Any name will do. What this browser did before joins that person.'
    : 'Another name switches to that person: this browser becomes a new visitor first.';
}

SPiD.event.subscribe('SPiD.visitor', visitor => {
  visitorId = visitor.uid;
  at('visitor').textContent = visitor.uid;
  render();
});
SPiD.event.subscribe('SPiD.notLoggedin', showIdentity);
SPiD.event.subscribe('SPiD.sessionChange', showIdentity);
SPiD.event.subscribe('SPiD.error', error => {
  if (error.type !== 'UserException') complain(error.description);
});

const askWhoItIs = () => new Promise(resolve => SPiD.hasSession(resolve));

// ---- Saying what happened ----------------------------------------------------------------------------------------

function say(text) {
  at('notice').hidden = true;
  at('status').textContent = text;
}

function complain(text) {
  at('notice').textContent = text;
  at('notice').hidden = false;
  at('status').textContent = '';
}

async function request(path, body) {
  const abort = new AbortController();
  const timeout = setTimeout(() => abort.abort(), REQUEST_TIMEOUT_MS);
  let answer;
  try {
    answer = await fetch(path, body === undefined ? { signal: abort.signal } : {
      method: 'POST', signal: abort.signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    const content = await answer.json().catch(() => ({}));
    if (answer.ok) return content;
    const errors = Object.values(content.errors || {}).reduce((all, some) => all.concat(some), []);
    throw new Error(errors.join(' ') || content.detail || content.title || 'The server answered ' + answer.status + '.');
  } catch (fault) {
    if (answer) throw fault;
    throw new Error('The server cannot be reached.');
  } finally {
    clearTimeout(timeout);
  }
}

/** Runs what a button does, one at a time for that form, and says how it went. */
async function act(controls, action) {
  const buttons = controls.querySelectorAll('button');
  buttons.forEach(button => { button.disabled = true; });
  try {
    await action();
  } catch (fault) {
    complain(fault.message);
  } finally {
    buttons.forEach(button => { button.disabled = false; });
  }
}

// ---- Doing something ---------------------------------------------------------------------------------------------

const source = () => at('track-form').elements.source.value;

function trackInBrowser(name) {
  say('“' + name + '” is queued in this browser.');
  // Not awaited: the SDK keeps the event and tries again for as long as it takes.
  SPiD.track(name, { page: document.title }).then(
    () => say('“' + name + '” is safe with the cluster.'),
    fault => complain(fault.message));
}

async function trackInBackEnd(name) {
  await request('/demo/track', { event: name });
  say('“' + name + '” was tracked by the site’s back end.');
}

at('ready-events').addEventListener('click', click => {
  const name = click.target.dataset.event;
  if (!name) return;
  if (source() === 'browser') trackInBrowser(name);
  else act(at('ready-events'), () => trackInBackEnd(name)).then(() => click.target.focus());
});

at('track-form').addEventListener('submit', submit => {
  submit.preventDefault();
  const input = at('event-name');
  const name = input.value.trim();
  if (!name) return;
  act(at('track-form'), async () => {
    if (source() === 'browser') trackInBrowser(name);
    else await trackInBackEnd(name);
    input.value = '';
  }).then(() => input.focus());
});

// ---- Saying who you are ------------------------------------------------------------------------------------------

at('login-form').addEventListener('submit', submit => {
  submit.preventDefault();
  const userId = at('user-id').value.trim();
  const registration = Boolean(submit.submitter) && submit.submitter.value === 'registration';
  if (!userId) return;
  act(at('login-form'), async () => {
    const answer = await request('/demo/login', { userId, registration });
    await askWhoItIs();
    at('user-id').value = '';
    say((registration ? 'Registered as “' : 'Logged in as “') + answer.userId + '”.' +
      (answer.rotated ? ' This browser belonged to somebody else: it got a new visitor id.' : '') +
      (answer.merged ? ' Waiting events that joined: ' + answer.merged + '.' : ''));
  });
});

at('logout').addEventListener('click', () => act(at('logout').parentElement, async () => {
  await request('/demo/logout', {});
  await askWhoItIs();
  say('Logged out: this browser is a new, anonymous visitor.');
  at('user-id').focus();
}));

// ---- What arrived in Mixpanel ------------------------------------------------------------------------------------

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const dateAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** The persons with their events in the order of time, the latest active person first. */
function personsOf(events) {
  const persons = new Map();
  events.forEach(event => {
    if (!persons.has(event.person)) persons.set(event.person, []);
    persons.get(event.person).push(event);
  });
  return Array.from(persons, ([id, all]) => {
    const user = all.find(event => event.userId !== null);
    return {
      id,
      user: user ? user.userId : null,
      devices: Array.from(new Set(all.map(event => event.deviceId).filter(Boolean))),
      events: all.slice().sort((a, b) => a.time - b.time || a.sequence - b.sequence),
      newest: Math.max(...all.map(event => event.sequence)),
    };
  }).sort((a, b) => b.newest - a.newest);
}

function copyOf(template) {
  return at(template).content.firstElementChild.cloneNode(true);
}

function listed(properties) {
  return Object.entries(properties).map(([name, value]) => name + ' ' + value).join(' · ');
}

function personCard(person) {
  const card = copyOf('person-template');
  const isKnown = person.user !== null;
  card.classList.toggle('known', isKnown);
  card.dataset.person = person.id;
  card.querySelector('.avatar').textContent = isKnown ? Array.from(person.user)[0] : '?';
  card.querySelector('h3').textContent = isKnown ? person.user : 'Anonymous visitor ' + short(person.devices[0] || person.id);
  const browsers = person.devices.length;
  card.querySelector('.origin').textContent = 'Mixpanel id ' + (isKnown ? person.id : short(person.id.replace('$device:', '')) + '…') +
    ', ' + count(person.events.length, 'event') + (browsers ? ', ' + count(browsers, 'browser') : '');
  card.querySelector('.you').hidden = !person.devices.includes(visitorId);
  const profile = profiles.get(person.id);
  card.querySelector('.profile').hidden = !profile;
  if (profile) card.querySelector('.profile').textContent = 'Profile: ' + listed(profile);
  const list = card.querySelector('ol');
  list.setAttribute('aria-label', 'History of ' + card.querySelector('h3').textContent);
  person.events.forEach(event => list.append(eventLine(event, isKnown)));
  return card;
}

function eventLine(event, isKnown) {
  const line = copyOf('event-template');
  const links = event.userId !== null && event.deviceId !== null;
  line.classList.add(event.userId === null ? 'anonymous' : 'identified');
  line.classList.toggle('linking', links && (event.event === 'Login' || event.event === 'Signup completed'));
  line.classList.toggle('fresh', seen !== null && !seen.has(event.sequence));
  const time = line.querySelector('time');
  time.dateTime = new Date(event.time).toISOString();
  time.textContent = clock.format(event.time);
  time.title = dateAndClock.format(event.time);
  line.querySelector('.name').textContent = event.event;
  const ids = line.querySelector('.ids');
  const note = (text, className) => {
    const part = document.createElement('span');
    part.textContent = text;
    if (className) part.className = className;
    ids.append(part);
  };
  if (event.deviceId !== null) note('device ' + short(event.deviceId));
  if (event.userId !== null) note('user ' + event.userId);
  if (event.copies > 1) note(event.copies + ' copies, counts once');
  if (event.identityFailure) note('refused: ' + event.identityFailure);
  if (isKnown && event.userId === null) note('joined at login', 'joined');
  return line;
}

const count = (number, noun) => number + ' ' + noun + (number === 1 ? '' : 's');

function render() {
  const persons = personsOf(latest);
  const scrolled = new Map(Array.from(document.querySelectorAll('.person'), card => [card.dataset.person, card.querySelector('ol')])
    .map(([id, list]) => [id, list.scrollTop + list.clientHeight >= list.scrollHeight - 4 ? null : list.scrollTop]));
  at('persons').replaceChildren(...persons.map(personCard));
  // A history is read from its end, unless somebody has scrolled back in it.
  document.querySelectorAll('.person').forEach(card => {
    const list = card.querySelector('ol');
    const kept = scrolled.get(card.dataset.person);
    list.scrollTop = kept === undefined || kept === null ? list.scrollHeight : kept;
    if (list.scrollHeight > list.clientHeight) list.tabIndex = 0;
  });
  at('groups').hidden = groups.length === 0;
  at('groups').textContent = groups.map(group => 'Group ' + group.groupKey + ' ' + group.distinctId + ': ' + listed(group.properties)).join('; ');
  at('empty').hidden = persons.length > 0;
  const known = persons.filter(person => person.user !== null).length;
  at('summary').textContent = persons.length
    ? count(latest.length, 'event') + ' of ' + count(known, 'person') + ' and ' + count(persons.length - known, 'anonymous visitor') + '.'
    : '';
}

let loading = null;
let isStale = false;

/** Fetches what arrived; a change that is told while an answer is on its way is fetched after it. */
function load() {
  isStale = true;
  if (!loading) loading = loadUntilFresh().finally(() => { loading = null; });
  return loading;
}

async function loadUntilFresh() {
  while (isStale) {
    isStale = false;
    try {
      const arrived = await request('/preview/events?limit=' + PREVIEW_EVENTS_MAX);
      latest = arrived.events;
      profiles = new Map(arrived.profiles.filter(profile => !profile.groupKey).map(profile => [profile.distinctId, profile.properties]));
      groups = arrived.profiles.filter(profile => profile.groupKey);
      render();
      seen = new Set(latest.map(event => event.sequence));
    } catch (fault) {
      complain('What arrived cannot be shown: ' + fault.message);
    }
  }
}

function listen() {
  const live = (state, text) => {
    at('live').dataset.state = state;
    at('live').textContent = text;
  };
  const stream = new EventSource('/preview/changes');
  stream.onopen = () => {
    if (at('live').dataset.state === 'lost') at('notice').hidden = true;
    live('live', 'live');
    load();
  };
  stream.onmessage = load;
  stream.onerror = () => {
    live('lost', 'connection lost, trying again');
    if (stream.readyState !== EventSource.CLOSED) return;
    // An error status ends an EventSource for good: a new one is needed.
    stream.close();
    setTimeout(listen, STREAM_RETRY_MS);
  };
}

SPiD.init({ client_id: 'demo', server: location.origin });
askWhoItIs();
load();
listen();
