/*
 * SPiD in the browser: session, visitor and tracking, in one file without dependencies.
 * Speaks the names of SDK 2.x (SPiD.*) and 1.x (VGS.*), both driven by the same answers. Types: spid-sdk.d.ts.
 *
 * An event is written to localStorage before track() returns and leaves it only when the server has acknowledged it.
 * Its time, insert id and visitor are decided once: whatever is sent twice is the same event, and counts once.
 */
(function () {
  'use strict';

  const VERSION = '1.0.0';
  const QUEUE_EVENTS_MAX = 1000;
  const QUEUE_BYTES_MAX = 1000000;
  const BATCH_EVENTS_MAX = 50;
  // A browser lets 64 KB outlive a page: a last request and a beacon beside it must both fit.
  const BATCH_BYTES_MAX = 30000;
  const LINGER_MS = 1000;
  const LINGER_EVENTS_MAX = 20;
  const SEND_TIMEOUT_MS = 15000;
  const RETRY_MS_MIN = 1000;
  const RETRY_MS_MAX = 60000;
  const RETRY_AFTER_MS_MAX = 3600000;
  // An event of another page that still waits after this long has lost its page.
  const ORPHAN_MS = 30000;
  // Answers differ by their way through the network; only a larger difference is a clock that was set.
  const CLOCK_STEP_MS_MIN = 1000;

  const noop = function () {};
  const defined = value => value !== undefined && value !== null;

  let config = null;

  function initialised() {
    if (!config) throw new Error('[SPiD] init has not been called');
  }

  // ---- Subscriptions -------------------------------------------------------------------------------------------

  const subscribers = Object.create(null);

  // A subscriber's fault is the page's to see (window.onerror), never a reason to leave out the next one.
  function guarded(handler, args) {
    try {
      handler.apply(null, args);
    } catch (fault) {
      setTimeout(() => { throw fault; });
    }
  }

  const bus = {
    subscribe(name, handler) {
      if (typeof handler !== 'function') throw new TypeError('[SPiD] a subscriber must be a function');
      (subscribers[name] = subscribers[name] || []).push(handler);
    },
    unsubscribe(name, handler) {
      subscribers[name] = (subscribers[name] || []).filter(known => known !== handler);
    },
    fire(name) {
      const args = Array.prototype.slice.call(arguments, 1);
      (subscribers[name] || []).slice().forEach(handler => guarded(handler, args));
    },
  };

  // ---- Session: JSONP ------------------------------------------------------------------------------------------

  const answers = Object.create(null);
  let asking = null;

  function request(path) {
    return new Promise((resolve, reject) => {
      const id = 'f' + uuid().replace(/-/g, '').slice(0, 14);
      const sentAt = Date.now();
      const script = document.createElement('script');
      const end = (settle, value) => {
        clearTimeout(timer);
        delete answers[id];
        script.remove();
        settle(value);
      };
      const fail = description => end(reject, { type: 'communication', code: 503, description });
      const timer = setTimeout(fail, config.timeout, 'Timeout reached');
      answers[id] = data => {
        const body = Object(data);
        setClock(body, sentAt);
        end(resolve, body);
      };
      script.onerror = () => fail('Browser triggered error');
      script.onload = () => answers[id] && fail('Answer not understood');
      script.referrerPolicy = 'origin';
      script.async = true;
      script.src = config.server + path + '?autologin=1&v=' + VERSION + '&callback=' + id +
        '&redirect_uri=' + encodeURIComponent(config.redirect_uri) + '&client_id=' + encodeURIComponent(config.client_id);
      document.head.appendChild(script);
    });
  }

  /** Asks for the session; calls that come while an answer is awaited share it. Never rejects. */
  function ask() {
    if (!asking) {
      asking = request(config.useSessionCluster ? '/rpc/hasSession.js' : '/ajax/hasSession.js').then(data => {
        if (!data.error || data.error.type !== 'LoginException') return data;
        const found = envelope(data).answer.visitor;
        bus.fire('SPiD.loginException');
        if (found) bus.fire('auth.visitor', found);
        bus.fire('VGS.loginException', data);
        return request('/ajax/hasSession.js');
      }).catch(error => ({ error })).then(data => {
        asking = null;
        const result = envelope(data);
        const found = result.answer.visitor;
        if (found && found.uid) meet(String(found.uid));
        // A failed call says nothing about who is signed in: only an answer changes the session.
        const certain = !result.error || result.error.type !== 'communication';
        publish2(result.error, result.answer, certain);
        publish1(result.error, result.answer, certain);
        return result;
      });
    }
    return asking;
  }

  function envelope(data) {
    return { error: data.error || null, answer: data.response || data };
  }

  function hasSession(callback) {
    initialised();
    const pending = ask();
    if (callback) pending.then(result => guarded(callback, [result.error, result.answer]));
  }

  // ---- What the answers mean to the two generations ------------------------------------------------------------

  const state2 = { session: {}, status: 'unknown', initiated: false };
  const state1 = { session: null, status: 'unknown', initiated: false };

  function publish2(error, answer, certain) {
    if (error) bus.fire('SPiD.error', error);
    if (answer.visitor) bus.fire('SPiD.visitor', answer.visitor);
    if (!certain) return;
    const before = state2.session.userId;
    const now = answer.userId;
    state2.session = answer;
    if (now && before !== now) bus.fire('SPiD.login', answer);
    if (before && !now) bus.fire('SPiD.logout', answer);
    if (before && now && before !== now) bus.fire('SPiD.userChange', answer);
    bus.fire(before || now ? 'SPiD.sessionChange' : 'SPiD.notLoggedin', answer);
    if (now && !state2.initiated) {
      state2.initiated = true;
      bus.fire('SPiD.sessionInit', answer);
    }
    if (answer.userStatus !== state2.status) {
      state2.status = answer.userStatus;
      bus.fire('SPiD.statusChange', answer);
    }
  }

  function publish1(error, answer, certain) {
    if (answer.visitor) bus.fire('auth.visitor', answer.visitor);
    if (error) bus.fire('VGS.error', error);
    if (!certain) return;
    const before = state1.session;
    const now = answer.result && defined(answer.userId) ? answer : null;
    const status = now && now.userStatus || 'unknown';
    const changedUser = before && now && before.id !== now.id;
    const changedStatus = status !== state1.status;
    const payload = { session: now, status };
    state1.session = now;
    state1.status = status;
    if (!before && !now) bus.fire('auth.notLoggedin', payload);
    if (changedStatus) bus.fire('auth.statusChange', payload);
    if (before && (!now || changedUser)) bus.fire('auth.logout', payload);
    if (now && (!before || changedUser)) bus.fire('auth.login', payload);
    if (!before || !now || before.sig !== now.sig) bus.fire('auth.sessionChange', payload);
    if (changedUser) bus.fire('auth.userChange', payload);
    if (now && !state1.initiated) {
      state1.initiated = true;
      bus.fire('auth.sessionInit', payload);
    }
  }

  function report(code, description) {
    const error = { type: 'tracking', code, description };
    bus.fire('SPiD.error', error);
    bus.fire('VGS.error', error);
  }

  // ---- Clock and ids -------------------------------------------------------------------------------------------

  let offset = null;
  let lastRaw = 0;
  let lastTime = 0;

  function setClock(body, sentAt) {
    const inner = Object(body.response);
    const seconds = body.serverTime || inner.serverTime;
    const server = body.serverTimeMs || inner.serverTimeMs || (seconds ? seconds * 1000 + 500 : 0);
    if (!server) return;
    const measured = Math.round(server - (sentAt + Date.now()) / 2);
    if (offset === null || Math.abs(measured - offset) > CLOCK_STEP_MS_MIN) offset = measured;
  }

  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    const hex = Array.from(bytes, byte => (byte + 256).toString(16).slice(1)).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  // ---- The queue -----------------------------------------------------------------------------------------------
  // One localStorage item per event, named by time and insert id: tabs add and remove without ever rewriting what
  // another tab wrote. The map holds the same events, those of other tabs included, and is all there is where storage
  // is denied. An event is `open` until visitor and time are decided, which happens once, when the visitor is known.

  const queue = new Map();
  let storage = null;
  let prefix = '';
  let queuedBytes = 0;
  let full = false;
  let visitor = null;

  const byAge = () => Array.from(queue.values()).sort((a, b) => a.raw - b.raw || (a.key < b.key ? -1 : 1));
  const isOpen = entry => !entry.event.visitorId;
  const isOld = entry => Math.abs(Date.now() - entry.raw) > ORPHAN_MS;

  function add(key, event, own) {
    const bytes = new TextEncoder().encode(JSON.stringify(event)).length + 60;
    const entry = { key, event, own, bytes, raw: Number(key.slice(prefix.length).split('.')[0]), saved: !own, away: false, settle: noop };
    queue.set(key, entry);
    queuedBytes += bytes;
    return entry;
  }

  function save(entry) {
    try {
      storage.setItem(entry.key, JSON.stringify(entry.event));
      entry.saved = true;
    } catch (denied) { /* No storage, or none left: the event lives as long as its page. */ }
  }

  function read(key) {
    try {
      const event = JSON.parse(storage.getItem(key));
      return event && event.insertId && event.time ? event : null;
    } catch (unreadable) {
      return null;
    }
  }

  function forget(entry, refusal) {
    if (!queue.delete(entry.key)) return;
    queuedBytes -= entry.bytes;
    full = false;
    entry.settle(refusal);
  }

  /** Done with an event: acknowledged, or refused for good. Its own tab, if another, learns which from the storage event. */
  function finish(entry, refusal) {
    try {
      if (refusal) storage.setItem(entry.key, '!' + refusal);
      storage.removeItem(entry.key);
    } catch (denied) { /* It was never stored. */ }
    forget(entry, refusal);
  }

  function load() {
    const keys = [];
    for (let i = 0; storage && i < storage.length; i++) {
      const key = storage.key(i);
      if (key.startsWith(prefix)) keys.push(key);
    }
    keys.forEach(key => {
      const event = read(key);
      if (!event) storage.removeItem(key);
      else if (!queue.has(key)) add(key, event, false);
    });
  }

  function stored(change) {
    if (!storage || change.storageArea !== storage || !change.key || !change.key.startsWith(prefix)) return;
    const entry = queue.get(change.key);
    const event = read(change.key);
    if (change.newValue === null) {
      if (entry) forget(entry);
    } else if (change.newValue[0] === '!') {
      if (entry) forget(entry, change.newValue.slice(1));
    } else if (event) {
      if (entry) entry.event = event;
      else add(change.key, event, false);
      // Its own tab goes first.
      schedule(2 * LINGER_MS);
    }
  }

  /** Decides visitor and time, unless another page has done so for an event that it took for abandoned. */
  function decide(entry) {
    const known = read(entry.key);
    if (known && known.visitorId) {
      entry.event = known;
    } else if (!known && entry.saved && (entry.event.left || isOld(entry))) {
      forget(entry);
    } else {
      entry.event.visitorId = visitor;
      entry.event.time = entry.raw + (offset || 0);
      if (entry.own) entry.event.time = lastTime = Math.max(entry.event.time, lastTime + 1);
      save(entry);
    }
  }

  function meet(uid) {
    visitor = uid;
    byAge().forEach(entry => { if (entry.own && isOpen(entry)) decide(entry); });
    if (queue.size) schedule(LINGER_MS);
  }

  function jsonable(key, value) {
    const type = typeof value;
    if (type === 'function' || type === 'symbol' || type === 'bigint' || type === 'number' && !isFinite(value)) {
      throw new TypeError('[SPiD] track: property "' + key + '" is ' + (type === 'number' ? value : 'a ' + type) + ', which JSON cannot carry');
    }
    return value;
  }

  function track(name, properties) {
    initialised();
    if (typeof name !== 'string' || !name.trim() || name.length > 255) {
      throw new TypeError('[SPiD] track: an event name is a string of 1 to 255 characters');
    }
    if (defined(properties) && (typeof properties !== 'object' || Array.isArray(properties))) {
      throw new TypeError('[SPiD] track: properties are an object');
    }
    const json = JSON.stringify(properties || {}, jsonable);
    if (String(json)[0] !== '{') throw new TypeError('[SPiD] track: properties are an object');

    const raw = lastRaw = Math.max(Date.now(), lastRaw + 1);
    const event = { event: name, time: raw, insertId: uuid(), properties: JSON.parse(json) };
    const entry = add(prefix + raw + '.' + event.insertId, event, true);
    entry.promise = new Promise((resolve, reject) => {
      entry.settle = refusal => refusal ? reject(new Error('[SPiD] ' + refusal))
        : resolve({ event: name, visitorId: entry.event.visitorId, time: entry.event.time, insertId: event.insertId });
    });
    // Most pages do not look at the promise: a refusal is reported by SPiD.error, not as an unhandled rejection too.
    entry.promise.catch(noop);

    if (queue.size > QUEUE_EVENTS_MAX || queuedBytes > QUEUE_BYTES_MAX) {
      const description = 'The queue is full (' + QUEUE_EVENTS_MAX + ' events or ' + QUEUE_BYTES_MAX + ' bytes): "' + name + '" was not taken';
      const first = !full;
      forget(entry, description);
      full = true;
      if (first) {
        console.warn('[SPiD] ' + description);
        report(507, description);
      }
      return entry.promise;
    }
    if (visitor) decide(entry);
    else save(entry);
    schedule(ready().length >= LINGER_EVENTS_MAX ? 0 : LINGER_MS);
    return entry.promise;
  }

  function flush() {
    initialised();
    hurried = true;
    schedule(0);
    return Promise.all(Array.from(queue.values(), entry => entry.promise && entry.promise.catch(noop))).then(noop);
  }

  // ---- Sending -------------------------------------------------------------------------------------------------

  const locks = navigator.locks;
  let sending = false;
  let hurried = false;
  let timer = 0;
  let timerAt = 0;
  let heldUntil = 0;
  let failures = 0;
  let unreachable = false;
  let askedAgain = false;
  let batchMax = BATCH_EVENTS_MAX;

  function schedule(ms) {
    const at = Math.max(performance.now() + ms, heldUntil);
    if (timer && timerAt <= at) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(send, at - performance.now());
  }

  /** Whether this page may send the event. Others' events too, where a lock says that nobody else is sending them. */
  function isReady(entry) {
    return entry.own ? !isOpen(entry)
      : isOpen(entry) ? !!visitor && (entry.event.left || isOld(entry))
        : !!locks || entry.event.left || isOld(entry);
  }

  const ready = () => byAge().filter(isReady);

  function cut(entries) {
    const batch = [];
    let bytes = 0;
    for (const entry of entries) {
      bytes += entry.bytes;
      if (batch.length && (bytes > BATCH_BYTES_MAX || batch.length === batchMax)) break;
      batch.push(entry);
    }
    return batch;
  }

  function body(batch) {
    return JSON.stringify({
      clientId: config.client_id,
      events: batch.map(({ event: e }) =>
        ({ event: e.event, visitorId: e.visitorId, time: e.time, insertId: e.insertId, properties: e.properties })),
    });
  }

  // text/plain keeps it a simple request: no preflight, and a beacon may carry it.
  const CONTENT_TYPE = 'text/plain;charset=UTF-8';

  async function post(batch) {
    const abort = new AbortController();
    const timeout = setTimeout(() => abort.abort(), SEND_TIMEOUT_MS);
    const content = body(batch);
    // The browser refuses keepalive when other requests of the page have used it up, hence not for a second attempt.
    const keepalive = !failures && (batch.length > 1 || batch[0].bytes <= BATCH_BYTES_MAX);
    batch.forEach(entry => { entry.away = keepalive; });
    try {
      const response = await fetch(config.server + '/v1/collect', {
        method: 'POST', mode: 'cors', credentials: 'include', cache: 'no-store', keepalive,
        headers: { 'Content-Type': CONTENT_TYPE }, body: content, signal: abort.signal,
      });
      return { ok: response.ok, status: response.status, text: response.ok ? '' : await response.text(), after: response.headers.get('Retry-After') };
    } catch (failed) {
      return { ok: false, status: 0, text: '', after: null };
    } finally {
      clearTimeout(timeout);
    }
  }

  /** After how long to try again. */
  function backOff(least) {
    const doubled = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * Math.pow(2, failures++));
    const wait = Math.max(doubled * (1 + Math.random()) / 2, least && least + Math.random() * RETRY_MS_MIN);
    heldUntil = performance.now() + wait;
    return wait;
  }

  function retryAfter(header) {
    const ms = /^\d+$/.test(header) ? header * 1000 : Date.parse(header) - Date.now() - (offset || 0);
    return ms > 0 ? Math.min(ms, RETRY_AFTER_MS_MAX) : 0;
  }

  function problemOf(text) {
    try {
      return Object(JSON.parse(text));
    } catch (other) {
      return {};
    }
  }

  function refuse(entry, status, reason) {
    const description = 'The server refused "' + entry.event.event + '": ' + reason;
    console.error('[SPiD] ' + description);
    finish(entry, description);
    report(status, description);
  }

  /** Sends one batch; returns after how long to look again. */
  async function sendBatch() {
    if (!visitor && byAge().some(isOpen)) await ask();
    ready().forEach(entry => {
      if (isOpen(entry)) decide(entry);
      else if (!entry.own && !read(entry.key)) forget(entry);
    });
    const batch = cut(ready());
    if (!batch.length) {
      if (visitor || !byAge().some(entry => entry.own)) return ORPHAN_MS;
      unreachable = true;
      return backOff(0);
    }

    const answer = await post(batch);
    unreachable = !answer.status;
    if (answer.ok) {
      failures = 0;
      askedAgain = false;
      batchMax = Math.min(BATCH_EVENTS_MAX, batchMax * 2);
      batch.forEach(entry => finish(entry));
      const left = ready().length;
      if (!left) hurried = false;
      return hurried || left >= LINGER_EVENTS_MAX ? 0 : LINGER_MS;
    }

    batch.forEach(entry => { entry.away = false; });
    if (answer.status === 401 && !askedAgain) {
      askedAgain = true;
      await ask();
      return 0;
    }
    askedAgain = false;
    if (answer.status === 413) {
      if (batch.length > 1) batchMax = batch.length >> 1;
      else refuse(batch[0], 413, 'too large');
      return 0;
    }
    if (answer.status === 400 || answer.status === 403) {
      const errors = Object(problemOf(answer.text).errors);
      const named = Object.keys(errors).reduce((found, place) => {
        const index = /^events\[(\d+)\]/.exec(place);
        const entry = index && batch[index[1]];
        return entry ? found.set(entry, (found.has(entry) ? found.get(entry) + ' ' : '') + [].concat(errors[place]).join(' ')) : found;
      }, new Map());
      named.forEach((reason, entry) => refuse(entry, answer.status, reason));
      if (named.size) return 0;
    }
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408) {
      // The request itself is refused, not an event: a setting is wrong somewhere. The events wait until it is right.
      const problem = problemOf(answer.text);
      const description = 'Events are refused with ' + answer.status + ' and kept: ' + (problem.detail || problem.title || 'no reason given');
      console.error('[SPiD] ' + description);
      report(answer.status, description);
      return backOff(RETRY_MS_MAX);
    }
    return backOff(retryAfter(answer.after));
  }

  async function send() {
    timer = 0;
    if (sending) return;
    sending = true;
    let wait = LINGER_MS;
    try {
      wait = await (locks
        ? locks.request(prefix + 'send', { ifAvailable: true }, lock => lock ? sendBatch() : LINGER_MS)
        : sendBatch());
    } catch (fault) {
      // Locks are denied to some embedded pages. Twice sent is still once counted.
      wait = await sendBatch().catch(() => backOff(0));
    } finally {
      sending = false;
      if (queue.size) schedule(wait);
    }
  }

  /** The page goes away, perhaps: a beacon has no answer, so its events stay queued and come again, the same. */
  function leave() {
    const mine = () => byAge().filter(entry => entry.own && !isOpen(entry) && !entry.away);
    for (let batch = cut(mine()); batch.length; batch = cut(mine())) {
      if (!navigator.sendBeacon(config.server + '/v1/collect', new Blob([body(batch)], { type: CONTENT_TYPE }))) break;
      batch.forEach(entry => { entry.away = true; });
    }
  }

  function listen() {
    addEventListener('storage', stored);
    addEventListener('online', () => {
      if (unreachable) heldUntil = 0;
      if (queue.size) schedule(0);
    });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && leave());
    addEventListener('pagehide', () => {
      leave();
      queue.forEach(entry => {
        if (!entry.own || !entry.saved) return;
        entry.event.left = 1;
        save(entry);
      });
    });
    addEventListener('pageshow', shown => {
      if (!shown.persisted) return;
      load();
      if (queue.size) schedule(0);
    });
  }

  // ---- What pages see ------------------------------------------------------------------------------------------

  function init(options, callback) {
    const given = Object(options);
    if (!given.server) throw new TypeError('[SPiD] server parameter is required');
    if (!given.client_id) throw new TypeError('[SPiD] client_id parameter is required');
    // A page that carries both generations initialises twice: the first one counts.
    if (!config) {
      config = Object.assign({ useSessionCluster: true, timeout: 5000, redirect_uri: location.href.split(/[?#]/)[0] }, given);
      config.server = (/^https?:\/\//.test(given.server) ? '' : 'https://') + given.server.replace(/\/+$/, '');
      prefix = 'spid:' + encodeURIComponent(config.client_id) + ':';
      try {
        storage = window.localStorage;
        load();
      } catch (denied) {
        storage = null;
      }
      listen();
      if (queue.size) schedule(LINGER_MS);
    }
    if (callback) setTimeout(callback);
  }

  function getLoginStatus(callback, force) {
    initialised();
    const tell = () => {
      const answer = { session: state1.session, status: state1.status };
      if (callback) guarded(callback, [answer]);
      bus.fire('VGS.loginStatus', answer);
    };
    if (visitor && !force) tell();
    else ask().then(tell);
  }

  window.SPiD = {
    init, hasSession, track, flush,
    event: bus,
    Talk: { response(id, data) { if (answers[id]) answers[id](data); } },
    initiated: () => !!config,
    options: () => Object.assign({}, config),
    server: () => config && config.server + '/',
    version: () => VERSION,
  };

  const getSession = () => state1.session;
  window.VGS = {
    init(options) {
      init(options);
      if (options.status) getLoginStatus();
    },
    Event: bus,
    Auth: { getSession, getLoginStatus, hasSession },
    getSession, getLoginStatus, hasSession, track, flush,
    // The session cluster's answers look for these before they turn to SPiD.Talk.
    callbacks: {},
    Ajax: { responseReceived: noop },
  };

  ['asyncSPiD', 'vgsAsyncInit'].forEach(name => {
    if (typeof window[name] === 'function') setTimeout(window[name]);
  });
})();
