// Calls as the SPiD SDKs 1.7 and 2.6 do: the same addresses, parameters and reactions, as far as a server can tell.
'use strict';

(function () {
  const hex = () => 'f' + Array.from(crypto.getRandomValues(new Uint8Array(7)), byte => (byte + 256).toString(16).slice(1)).join('');

  function script(url, onload, onerror) {
    const element = document.createElement('script');
    element.onload = onload;
    element.onerror = onerror;
    element.src = url;
    document.head.appendChild(element);
  }

  // ---- 2.6: the script itself calls SPiD.Talk.response --------------------------------------------------------

  const talking = {};
  window.SPiD = {
    Talk: {
      response(id, data) {
        if (!talking[id]) return;
        const done = talking[id];
        delete talking[id];
        done(data);
      },
    },
  };

  window.two = function (config) {
    const events = [];
    let session = {};
    let status = 'unknown';
    let isInitiated = false;
    const fire = name => events.push(name);

    function request(server, path, params) {
      return new Promise(resolve => {
        const id = hex();
        talking[id] = resolve;
        const query = params.concat(['callback=' + id, 'redirect_uri=' + encodeURIComponent(location.href), 'client_id=' + config.client]);
        const fail = () => resolve({ error: { type: 'communication', code: 503, description: 'Browser triggered error' } });
        script(server + path + '?' + query.join('&'), () => talking[id] && fail(), fail);
      });
    }

    const envelope = data => ({ error: data.error || null, answer: data.response || data });
    const core = (path, params) => request(config.core, path, params).then(envelope);

    async function hasSession() {
      const params = ['autologin=1', 'v=2.6.0'];
      let { error, answer } = envelope(await request(
        config.useSessionCluster === false ? config.core : config.cluster,
        config.useSessionCluster === false ? '/ajax/hasSession.js' : '/rpc/hasSession.js', params));
      if (error && error.type === 'LoginException') {
        fire('SPiD.loginException');
        ({ error, answer } = await core('/ajax/hasSession.js', params));
      }
      if (error) fire('SPiD.error');
      if (answer.visitor) fire('SPiD.visitor');
      if (answer.userId && session.userId !== answer.userId) fire('SPiD.login');
      if (session.userId && !answer.userId) fire('SPiD.logout');
      if (session.userId && answer.userId && session.userId !== answer.userId) fire('SPiD.userChange');
      fire(session.userId || answer.userId ? 'SPiD.sessionChange' : 'SPiD.notLoggedin');
      if (answer.userId && !isInitiated) {
        isInitiated = true;
        fire('SPiD.sessionInit');
      }
      if (answer.userStatus !== status) {
        status = answer.userStatus;
        fire('SPiD.statusChange');
      }
      session = answer;
      if (config.setVarnishCookie && answer.sp_id) document.cookie = `SP_ID=${answer.sp_id}; path=/; domain=.${answer.baseDomain}`;
      return { error, answer, events: events.splice(0) };
    }

    const product = (path, id, spId) => core(path, ['product_id=' + id, 'v=2.6.0'].concat(spId ? ['sp_id=' + spId] : []));
    return {
      hasSession,
      hasProduct: (id, spId) => product('/ajax/hasproduct.js', id, spId),
      hasSubscription: id => product('/ajax/hassubscription.js', id),
      logout: () => core('/ajax/logout.js', []),
      acceptAgreement: () => core('/ajax/acceptAgreement.js', []),
    };
  };

  // ---- 1.7: once the script has loaded, its function triggerResponse is called -----------------------------------

  window.one = function (config) {
    const events = [];
    let session = null;
    let status = 'unknown';
    let isInitiated = false;
    let received = 0;
    const fire = name => events.push(name);
    const VGS = window.VGS = { callbacks: {}, Ajax: { responseReceived() { received++; } } };

    function send(server, path, params, hasCallback) {
      return new Promise((resolve, reject) => {
        const id = hasCallback ? hex() : '';
        let answer = null;
        const before = received;
        if (hasCallback) VGS.callbacks[id] = data => { answer = data; };
        const query = ['callback=' + id, ...params, 'connectionId=1', 'client_id=' + config.client, 'redirect_uri=' + encodeURIComponent(location.href)];
        script(server + path + '?' + query.join('&'), () => {
          window.triggerResponse();
          if (received !== before + 1) reject(new Error('the answer was not reported as received'));
          else resolve(answer);
        }, () => reject(new Error('the script did not load')));
      });
    }

    const found = data => data.visitor || (data.response && data.response.visitor);

    async function getLoginStatus() {
      let data = await send(config.cluster, '/rpc/hasSession.js', [], true);
      if (found(data)) fire('auth.visitor');
      if (data.error && data.error.type === 'LoginException') {
        fire('VGS.loginException');
        data = await send(config.core, '/ajax/hasSession.js', ['autologin=1'], true);
        if (found(data)) fire('auth.visitor');
      }
      const now = data.result && data.userId ? data : null;
      if (!now) {
        if (!data.error || !data.response) throw new Error('neither a session nor an error with a response');
        fire('VGS.error');
      }
      const next = now ? now.userStatus : 'unknown';
      if (!session && !now) fire('auth.notLoggedin');
      if (next !== status) fire('auth.statusChange');
      if (session && (!now || session.id !== now.id)) fire('auth.logout');
      if (now && (!session || session.id !== now.id)) fire('auth.login');
      if (!session || !now || session.sig !== now.sig) fire('auth.sessionChange');
      if (session && now && session.id !== now.id) fire('auth.userChange');
      if (now && !isInitiated) {
        isInitiated = true;
        fire('auth.sessionInit');
      }
      session = now;
      status = next;
      return { data, events: events.splice(0) };
    }

    return {
      getLoginStatus,
      hasProduct: id => send(config.core, '/ajax/hasproduct.js', ['product_id=' + id], true),
      logout: hasCallback => send(config.core, '/ajax/logout.js', [], hasCallback),
    };
  };
})();
