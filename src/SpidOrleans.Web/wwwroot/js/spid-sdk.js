// SPiD in the browser, SDK 2.x (SPiD) and 1.x (VGS) in one: see spid-sdk.d.ts.
(function () {
  'use strict';

  const VERSION = '1.0.0';
  const QUEUE_EVENTS_MAX = 1000;
  const QUEUE_BYTES_MAX = 1000000;
  const BATCH_EVENTS_MAX = 50;
  // A browser lets 64 KB outlive a page.
  const BATCH_BYTES_MAX = 30000;
  const LINGER_MS = 1000;
  const LINGER_EVENTS_MAX = 20;
  const SEND_MS_MAX = 15000;
  const RETRY_MS_MIN = 1000;
  const RETRY_MS_MAX = 60000;
  const RETRY_AFTER_MS_MAX = 3600000;
  const ORPHAN_MS = 30000;
  const CLOCK_STEP_MS_MIN = 1000;

  const noop = () => {};
  const merge = (...parts) => Object.assign({}, ...parts);

  function attempt(act) {
    try {
      return act();
    } catch {
      return null;
    }
  }

  const storage = attempt(() => localStorage) || {};
  let config = null;

  function initialised() {
    if (!config) throw new Error('[SPiD] init has not been called');
  }

  // ---- Subscriptions

  const subscribers = {};

  // A page's fault is for window.onerror.
  function guarded(callback, ...args) {
    try {
      callback?.(...args);
    } catch (fault) {
      setTimeout(() => { throw fault; });
    }
  }

  function fire(name, ...payload) {
    if (config?.logging) console.info('[SPiD] ' + name, ...payload);
    subscribers[name]?.forEach(callback => guarded(callback, ...payload));
  }

  const bus = {
    fire,
    subscribe(name, callback) { subscribers[name] = (subscribers[name] || []).concat(callback); },
    unsubscribe(name, callback) { subscribers[name] = subscribers[name]?.filter(known => known !== callback); },
    clear(name) { delete subscribers[name]; },
  };

  // ---- Requests

  const answers = {};
  const pending = {};
  let line = Promise.resolve();
  let baseDomain = '';

  function core(path) {
    initialised();
    return config.server + '/' + path;
  }

  const coreEndpoint = () => core('ajax/hasSession.js');
  const sessionEndpoint = () => config.useSessionCluster ? core('rpc/hasSession.js') : coreEndpoint();

  const query = (params, encode) => Object.keys(params).filter(name => params[name])
    .map(name => name + '=' + (encode || encodeURIComponent)(params[name])).join('&');
  const client = () => ({ client_id: config.client_id, redirect_uri: config.redirect_uri });

  const addScript = (src, onerror) =>
    document.head.appendChild(Object.assign(document.createElement('script'), { referrerPolicy: 'origin', onerror, src }));

  function envelope(data) {
    const answer = data.response || data;
    baseDomain = answer.baseDomain || baseDomain;
    return { data, answer, error: data.error || null };
  }

  const silence = description => ({ type: 'communication', code: 503, description });

  // One at a time; never rejects.
  const request = (url, params) => line = line.then(() => new Promise(resolve => {
    const id = guid();
    const sentAt = Date.now();
    const end = data => {
      clearTimeout(timer);
      delete answers[id];
      script.remove();
      resolve(envelope(Object(data)));
    };
    const fail = description => end({ error: silence(description), response: {} });
    const timer = setTimeout(fail, config.timeout, 'Timeout reached');
    answers[id] = data => {
      setClock(data, sentAt);
      end(data);
    };
    const script = addScript(url + '?' + query(merge(params, { v: VERSION, callback: id }, client())),
      () => fail('Browser triggered error'));
  }));

  function once(name, start) {
    initialised();
    return pending[name] = pending[name] || start().finally(() => delete pending[name]);
  }

  function tell(result, callback, is1) {
    result.then(({ data, error, answer }) => is1 ? guarded(callback, data) : guarded(callback, error, answer));
  }

  // ---- Storage

  const shelves = { cache: {}, standard: Object.freeze({}) };

  function setCookie(name, value, seconds) {
    document.cookie = name + '=' + value + '; path=/; max-age=' + seconds + (baseDomain && '; domain=' + baseDomain);
  }

  const kept = (suffix, text, seconds) => attempt(() => {
    const key = config.cacheName + (suffix ? '_' + suffix : '');
    const shelf = shelves[config.storage] || storage;
    const isCookie = config.storage === 'cookie';
    if (seconds === undefined) return isCookie ? decodeURIComponent(document.cookie.match(key + '=([^;]*)')[1]) : shelf[key];
    if (isCookie) setCookie(key, encodeURIComponent(text), seconds);
    else if (text) shelf[key] = text;
    else delete shelf[key];
  });

  const sessionCache = {
    get: suffix => attempt(() => {
      const value = JSON.parse(kept(suffix));
      return new Date(value._expires) < Date.now() ? null : envelope(value).data;
    }),
    set(value, seconds, suffix) { kept(suffix, JSON.stringify(merge(value, seconds && { _expires: Date.now() + seconds * 1000 })), seconds || 0); },
    clear(suffix) {
      // Tells the cookie's domain.
      sessionCache.get(suffix);
      kept(suffix, '', 0);
    },
  };

  function forgetSession() {
    sessionCache.clear();
    setCookie('SP_ID', '', 0);
  }

  // ---- Session

  const ask = () => once('ask', async () => {
    let result = await request(sessionEndpoint(), { autologin: 1 });
    const isSentOn = result.error?.type === 'LoginException';
    if (isSentOn) {
      fire('SPiD.loginException');
      if (result.answer.visitor) fire('auth.visitor', result.answer.visitor);
      fire('VGS.loginException', result.data);
      result = await request(coreEndpoint(), { autologin: 1 });
    }
    meet(result.answer.visitor);
    // Not told yet.
    if (storage.spid_consent === 'no' && result.answer.tracking !== false) consent(false);
    if (result.error && !isSentOn) fire('SPiD.error', result.error);
    return publish(result, true);
  });

  // Not for tracking: may be a former visitor.
  const look = () => once('look', async () => {
    const session = await sessionCache.get();
    return session ? publish(envelope(session)) : ask();
  });

  function hasSession(callback) { tell(look(), callback); }

  const has = (kind, is1) => (id, callback, force) => tell(once(kind + is1 + id, async () => {
    const isProduct = kind === 'Product';
    const key = (isProduct ? 'prd' : 'sub') + id;
    let result = is1 ? envelope(seen1.session || {}) : await look();
    if (result.error) return result;
    const { uuid, sp_id } = result.answer;
    const known = !force && sessionCache.get(key);
    if (known && known.uuid === uuid) {
      result = envelope(known);
    } else {
      result = await request(core('ajax/has' + kind.toLowerCase() + '.js'), { product_id: id, sp_id });
      if (result.error) return result;
      sessionCache.set(result.answer, result.answer.result ? config.refresh_timeout : config.cache_time_no_asset, key);
    }
    const { productId, subscriptionId } = result.answer;
    if (!is1) fire('SPiD.has' + kind, merge(isProduct || { subscriptionId }, { productId, result: result.answer.result }));
    return result;
  }), callback, is1);

  const endSession = is1 => request(core('ajax/logout.js')).then(result => {
    const { error, answer } = result;
    meet(answer.visitor);
    if (!error && answer.result) {
      forgetSession();
      if (!is1) fire('SPiD.logout', answer);
    }
    return result;
  });

  const setTraits = is1 => (t, callback) => tell(
    Promise.resolve(visitor || look()).then(() => request(core('ajax/traits.js'), { t })), callback, is1);

  // ---- Publishing

  const seen2 = { session: {}, status: 'unknown' };
  const seen1 = { session: null, status: 'unknown' };

  function publish(result, isFresh) {
    const { answer, error } = result;
    const found = answer.visitor;
    const isCertain = error?.type !== 'communication';
    if (isFresh && isCertain) {
      const always = config.cache?.hasSession;
      if (always || answer.result && !error) sessionCache.set(answer, always?.ttlSeconds || answer.expiresIn);
      else sessionCache.clear();
    }
    if (found) fire('SPiD.visitor', found);
    if (isCertain) publish2(answer);
    if (isFresh && found) fire('auth.visitor', found);
    if (error) fire('VGS.error', error);
    if (isCertain) publish1(answer);
    return result;
  }

  function publish2(answer) {
    const before = seen2.session.userId;
    const now = answer.userId;
    const names = [
      now && before !== now && 'login',
      before && !now && 'logout',
      before && now && before !== now && 'userChange',
      before || now ? 'sessionChange' : 'notLoggedin',
      now && !seen2.isInitiated && 'sessionInit',
      answer.userStatus !== seen2.status && 'statusChange',
    ];
    if (answer.result && answer.sp_id && (config.setVarnishCookie ?? config.storage === 'cookie')) {
      setCookie('SP_ID', answer.sp_id, config.varnish_expiration || answer.expiresIn);
    }
    Object.assign(seen2, { session: answer, status: answer.userStatus, isInitiated: seen2.isInitiated || now });
    names.forEach(name => name && fire('SPiD.' + name, answer));
  }

  function publish1(answer) {
    const before = seen1.session;
    const now = answer.result && answer.userId !== undefined ? answer : null;
    const status = now?.userStatus || 'unknown';
    const isOther = !before || !now || before.id !== now.id;
    const payload = { session: now, status };
    const names = [
      !before && !now && 'notLoggedin',
      status !== seen1.status && 'statusChange',
      before && isOther && 'logout',
      now && isOther && 'login',
      (isOther || before.sig !== now.sig) && 'sessionChange',
      before && now && isOther && 'userChange',
      now && !seen1.isInitiated && 'sessionInit',
    ];
    clearTimeout(seen1.timer);
    if (now?.expiresIn && config.refresh_ms) seen1.timer = setTimeout(ask, Math.min(config.refresh_ms, 2e9));
    Object.assign(seen1, payload, { isKnown: true, isInitiated: seen1.isInitiated || now });
    names.forEach(name => name && fire('auth.' + name, payload));
  }

  function report(code, description) {
    const error = { type: 'tracking', code, description };
    console.warn('[SPiD] ' + description);
    fire('SPiD.error', error);
    fire('VGS.error', error);
  }

  // ---- Clock and ids

  let offset = NaN;
  let lastRaw = 0;
  let lastTime = 0;

  function setClock(data, sentAt) {
    const { serverTime, serverTimeMs } = merge(data, data?.response);
    const server = serverTimeMs || serverTime * 1000 + 500;
    const measured = Math.round(server - (sentAt + Date.now()) / 2);
    if (server && !(Math.abs(measured - offset) <= CLOCK_STEP_MS_MIN)) offset = measured;
  }

  const guid = () => 'f' + Array.from(crypto.getRandomValues(new Uint32Array(4)), word => word.toString(36)).join('');

  // ---- The queue
  // One item per event: no tab rewrites another's. Open: visitor and time are undecided.

  const queue = new Map();
  let prefix = '';
  let queuedBytes = 0;
  let isFull = false;
  let visitor = null;

  function byAge() {
    if (isRefused()) discard();
    return Array.from(queue.values()).sort((a, b) => a.key < b.key ? -1 : 1);
  }

  const isOpen = entry => !entry.event.visitorId;
  const isAbandoned = entry => entry.event.left || Math.abs(Date.now() - entry.raw) > ORPHAN_MS;

  function add(key, event, own) {
    const bytes = new Blob([JSON.stringify(event)]).size + 60;
    const entry = { key, event, own, bytes, raw: parseInt(key.slice(prefix.length)), saved: !own, settle: noop };
    queue.set(key, entry);
    queuedBytes += bytes;
    return entry;
  }

  const save = entry => attempt(() => {
    storage[entry.key] = JSON.stringify(entry.event);
    entry.saved = true;
  });

  const read = key => attempt(() => {
    const event = JSON.parse(storage[key]);
    return event.insertId && event.time ? event : null;
  });

  function forget(entry, reason) {
    if (!queue.delete(entry?.key)) return;
    queuedBytes -= entry.bytes;
    isFull = false;
    entry.settle(reason);
  }

  // Another tab learns it from the storage event.
  function finish(entry, reason) {
    attempt(() => { if (reason) storage[entry.key] = '!' + reason; });
    delete storage[entry.key];
    forget(entry, reason);
  }

  function load() {
    Object.keys(storage).filter(key => key.startsWith(prefix)).forEach(key => {
      const event = read(key);
      if (!event) delete storage[key];
      else if (!queue.has(key)) add(key, event);
    });
    schedule(LINGER_MS);
  }

  function stored({ storageArea, key, newValue }) {
    if (storageArea !== storage || !key?.startsWith(prefix)) return;
    const entry = queue.get(key);
    const event = read(key);
    if (newValue === null) {
      forget(entry);
    } else if (newValue[0] === '!') {
      forget(entry, newValue.slice(1));
    } else if (event) {
      if (entry) entry.event = event;
      else add(key, event);
      schedule(2 * LINGER_MS);
    }
  }

  // Once: another page may have taken it.
  function decide(entry) {
    const known = read(entry.key);
    if (known?.visitorId) {
      entry.event = known;
    } else if (!known && entry.saved && isAbandoned(entry)) {
      forget(entry);
    } else {
      const time = entry.raw + (offset || 0);
      entry.event.visitorId = visitor;
      entry.event.time = entry.own ? lastTime = Math.max(time, lastTime + 1) : time;
      save(entry);
    }
  }

  function meet(found) {
    if (!found?.uid) return;
    visitor = String(found.uid);
    byAge().forEach(entry => { if (entry.own && isOpen(entry)) decide(entry); });
    schedule(LINGER_MS);
  }

  function jsonable(key, value) {
    if (/function|symbol|bigint/.test(typeof value) || typeof value === 'number' && !isFinite(value)) {
      throw new TypeError('[SPiD] track: JSON cannot carry "' + key + '"');
    }
    return value;
  }

  function track(name, properties) {
    initialised();
    if (typeof name !== 'string' || !name.trim() || name.length > 255) {
      throw new TypeError('[SPiD] track: an event name is a string of 1 to 255 characters');
    }
    const json = JSON.stringify(properties ?? {}, jsonable);
    if (json?.[0] !== '{') throw new TypeError('[SPiD] track: properties are an object');

    const raw = lastRaw = Math.max(Date.now(), lastRaw + 1);
    const insertId = guid();
    const entry = add(prefix + raw + '.' + insertId, { event: name, time: raw, insertId, properties: JSON.parse(json) }, true);
    entry.promise = new Promise((resolve, reject) => {
      entry.settle = reason => reason ? reject(new Error('[SPiD] ' + reason))
        : resolve({ event: name, visitorId: entry.event.visitorId, time: entry.event.time, insertId });
    });
    entry.promise.catch(noop);

    if (isRefused()) {
      forget(entry, REFUSED);
    } else if (queue.size > QUEUE_EVENTS_MAX || queuedBytes > QUEUE_BYTES_MAX) {
      const description = 'The queue is full: "' + name + '" was not taken';
      const isFirst = !isFull;
      forget(entry, description);
      isFull = true;
      if (isFirst) report(507, description);
    } else {
      if (visitor) decide(entry);
      else save(entry);
      schedule(linger());
    }
    return entry.promise;
  }

  function flush() {
    hurried = true;
    schedule(0);
    return Promise.all(byAge().map(entry => entry.promise?.catch(noop))).then(noop);
  }

  // ---- Consent

  const REFUSED = 'Tracking is refused';
  const isRefused = () => seen2.session.tracking === false || storage.spid_consent === 'no';
  const discard = () => queue.forEach(entry => finish(entry, REFUSED));

  function setConsent(given) {
    if (!given) discard();
    storage.spid_consent = given ? 'yes' : 'no';
    if (config) return consent(!!given).then(ask);
  }

  const consent = tracking => post('/consent', JSON.stringify({ tracking }), true);

  // ---- Sending

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
    if (!queue.size || timer && timerAt <= at) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(send, at - performance.now());
  }

  // Others' events too, under a lock.
  const isReady = entry => isOpen(entry) ? visitor && !entry.own && isAbandoned(entry) : entry.own || locks || isAbandoned(entry);

  const ready = () => byAge().filter(isReady);
  const linger = () => hurried || ready().length >= LINGER_EVENTS_MAX ? 0 : LINGER_MS;

  function cut(entries) {
    let bytes = 0;
    return entries.filter((entry, index) => (bytes += entry.bytes) <= BATCH_BYTES_MAX && index < batchMax || !index);
  }

  const mark = (batch, away) => batch.forEach(entry => { entry.away = away; });

  // As text it needs no preflight.
  const content = batch => JSON.stringify({
    clientId: config.client_id,
    events: batch.map(entry => merge(entry.event, { left: undefined })),
  });

  const post = (path, body, keepalive) => fetch(core('v1/collect' + path), {
    method: 'POST', credentials: 'include', cache: 'no-store', keepalive, body, signal: AbortSignal.timeout?.(SEND_MS_MAX),
  }).catch(noop);

  function backOff(least) {
    const half = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures++) / 2;
    const wait = Math.max(half, least) + half * Math.random();
    heldUntil = performance.now() + wait;
    return wait;
  }

  function refuse(entry, status, reason) {
    const description = 'The server refused "' + entry.event.event + '": ' + reason;
    finish(entry, description);
    report(status, description);
  }

  // Returns how long to wait.
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

    // Other requests may have used it up.
    const keepalive = !failures && batch[0].bytes <= BATCH_BYTES_MAX;
    mark(batch, keepalive);
    const response = await post('', content(batch), keepalive);
    const status = response?.status;
    unreachable = !response;
    if (response?.ok) {
      failures = 0;
      askedAgain = false;
      batchMax = Math.min(BATCH_EVENTS_MAX, batchMax * 2);
      batch.forEach(entry => finish(entry));
      if (!ready().length) hurried = false;
      return linger();
    }

    mark(batch);
    if (status === 401 && !askedAgain) {
      askedAgain = true;
      await ask();
      return 0;
    }
    askedAgain = false;
    if (status === 413) {
      if (batch.length > 1) batchMax = batch.length >> 1;
      else refuse(batch[0], 413, 'too large');
      return 0;
    }
    const problem = Object(await response?.json().catch(noop));
    const named = Object.entries(Object(problem.errors)).filter(([place, reason]) => {
      const entry = batch[/^events\[(\d+)/.exec(place)?.[1]];
      if (entry) refuse(entry, status, reason);
      return entry;
    });
    if (named.length) return 0;
    if (/^4(?!08|29)/.test(status)) {
      // A setting is wrong somewhere.
      report(status, 'Events are refused and kept: ' + (problem.detail || problem.title));
      return backOff(RETRY_MS_MAX);
    }
    const after = response?.headers.get('Retry-After');
    return backOff(Math.min(after * 1000 || Date.parse(after) - Date.now() - (offset || 0) || 0, RETRY_AFTER_MS_MAX));
  }

  async function send() {
    timer = 0;
    if (sending) return;
    sending = true;
    const alone = locks ? locks.request(prefix + 'send', { ifAvailable: true }, lock => lock ? sendBatch() : LINGER_MS) : sendBatch();
    // Denied to some embedded pages.
    const wait = await alone.catch(sendBatch).catch(() => backOff(0));
    sending = false;
    schedule(wait);
  }

  // A beacon has no answer: its events come again.
  function leave() {
    const batch = cut(byAge().filter(entry => entry.own && !isOpen(entry) && !entry.away));
    if (!batch.length || !navigator.sendBeacon(core('v1/collect'), content(batch))) return;
    mark(batch, true);
    leave();
  }

  function listen() {
    addEventListener('storage', stored);
    addEventListener('online', () => {
      if (unreachable) heldUntil = 0;
      schedule(0);
    });
    document.addEventListener('visibilitychange', () => document.hidden && leave());
    addEventListener('pagehide', () => {
      leave();
      queue.forEach(entry => {
        if (!entry.own || !entry.saved) return;
        entry.event.left = 1;
        save(entry);
      });
    });
    addEventListener('pageshow', shown => shown.persisted && load());
  }

  // ---- Pages

  function init(options, callback) {
    const given = Object(options);
    ['server', 'client_id'].forEach(name => {
      if (!given[name]) throw new TypeError('[SPiD] ' + name + ' parameter is required');
    });
    if (!config) {
      config = merge({
        useSessionCluster: true, timeout: 5000, redirect_uri: location.href.split(/[?#]/)[0], cacheName: 'spid_js_' + given.client_id,
        storage: given.cache?.hasSession ? 'localstorage' : 'standard',
        refresh_timeout: 43200, varnish_expiration: 43200, cache_time_no_asset: 10,
      }, given);
      config.server = (/^https?:/.test(given.server) ? '' : given.https === false ? 'http://' : 'https://') + given.server.replace(/\/+$/, '');
      prefix = 'spid:' + config.client_id + ':';
      load();
      listen();
    }
    if (callback) setTimeout(callback);
  }

  function getLoginStatus(callback, force) {
    const status = data => merge(data, { session: seen1.session, status: seen1.status });
    if (seen1.isKnown && !force) return guarded(callback, status());
    ask().then(({ data }) => {
      guarded(callback, status(data));
      fire('VGS.loginStatus', status(data));
    });
  }

  const build = (path, params) => core(path) + '?' + query(params, String);

  const addresses = is1 => {
    const address = (path, hasCode, ...names) => (...args) => {
      const url = core(path);
      const params = merge({ response_type: hasCode && 'code', flow: !is1 && /checkout/.test(path) && 'payment' }, client());
      names.concat('redirect_uri', 'client_id').forEach(name => { params[name] = args.shift() || params[name]; });
      return url + '?' + query(merge(params, args[0]));
    };
    return {
      login: address('flow/login', 1),
      auth: address('flow/auth', 1),
      signup: address('flow/signup', 1),
      logout: address('logout', !is1),
      account: address('account/summary', 1),
      purchaseHistory: address('account/purchasehistory', is1),
      subscriptions: address('account/subscriptions', is1),
      products: address('account/products', is1),
      redeem: address('account/redeem', is1, 'voucher_code'),
      purchaseProduct: address('flow/checkout', 1, 'product_id'),
      purchaseCampaign: address('flow/checkout', 1, 'campaign_id', 'product_id', 'voucher_code'),
    };
  };

  const SPiD = window.SPiD = {
    init, hasSession, setConsent, track, flush, sessionCache, sessionEndpoint, coreEndpoint,
    hasProduct: has('Product'),
    hasSubscription: has('Subscription'),
    setTraits: setTraits(),
    logout(callback) { tell(endSession(), callback); },
    acceptAgreement(callback) {
      request(core('ajax/acceptAgreement.js')).then(() => {
        forgetSession();
        hasSession(callback);
      });
    },
    event: bus,
    Talk: { response(id, data) { guarded(answers[id] || VGS.callbacks[id], data); } },
    Uri: merge({ init, build }, addresses()),
    hasVarnishCookie: () => document.cookie.includes('SP_ID='),
    initiated: () => !!config,
    options: () => merge(config),
    server: () => config && core(''),
    version: () => VERSION,
  };
  window.SPiD_Uri = SPiD.Uri;

  const getSession = () => seen1.session;
  const VGS = window.VGS = {
    init(options) {
      const given = Object(options);
      const refresh_ms = Math.max(given.refresh_timeout || 900000, 60000);
      init(merge(given, {
        useSessionCluster: given.prod !== false, cacheName: 'vgs_js_' + given.client_id, storage: given.cookie ? 'cookie' : 'standard',
        cache: given.cache_notloggedin && { hasSession: {} }, varnish_expiration: given.varnish_expiration || 0,
        refresh_ms, refresh_timeout: refresh_ms / 1000,
      }));
      const session = given.session || sessionCache.get();
      if (session) publish(envelope(session));
      if (!session || given.status) getLoginStatus(null, true);
    },
    version: VERSION,
    Event: bus,
    Auth: {
      getSession, getLoginStatus, hasSession,
      logout(callback) {
        forgetSession();
        publish1({});
        tell(endSession(true), callback, true);
      },
    },
    Ajax: {
      buildUrl: build,
      send(path) { addScript((/^http/.test(path) ? path : core(path)) + '&' + query(client()), () => fire('VGS.error', silence('Server Timed Out'))); },
      // The server's answers look for it.
      responseReceived: noop,
    },
    callbacks: {},
    getSession, getLoginStatus, hasSession, guid, track, flush,
    hasProduct: has('Product', true),
    hasSubscription: has('Subscription', true),
    setTraits: setTraits(true),
    getFlowUrl: (name, params) => build('flow/' + name,
      merge({ client_id: config.client_id, redirect_uri: encodeURIComponent(config.redirect_uri), response_type: 'code' }, params)),
  };
  const addresses1 = addresses(true);
  Object.keys(addresses1).forEach(name => {
    VGS['get' + (name === 'redeem' ? 'RedeemVoucher' : name[0].toUpperCase() + name.slice(1)) + 'URI'] = addresses1[name];
  });

  ['asyncSPiD', 'vgsAsyncInit'].forEach(name => setTimeout(() => window[name]?.()));
})();
