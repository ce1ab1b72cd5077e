// Calls as account-sdk-browser 3.0 and 5.2 do, neither of which npm has: the same addresses, parameters and reactions, as far as a
// server can tell.
'use strict';

(function () {
  const query = params => Object.keys(params).map(name => name + '=' + encodeURIComponent(params[name])).join('&');

  async function get(url) {
    const response = await fetch(url, { credentials: 'include' });
    if (!response.ok) throw { code: response.status };
    return response.json();
  }

  /** What a session fires on a page that has just been opened. */
  const eventsOf = session => session.userId
    ? ['login', 'sessionChange', 'sessionInit', session.userStatus && 'statusChange'].filter(Boolean)
    : ['notLoggedin'];

  const settle = (ask, events) => ask.then(
    session => ({ session, events: events.concat(eventsOf(session)) }),
    error => ({ error: { code: error.code, type: error.type }, events: events.concat('error') }));

  // ---- 3.0: JSONP, and before it the session service where there is one ----------------------------------------

  // The script's SPiD.Talk.response is led to the ordinary global callback of JSONP.
  window.SPiD = { Talk: { response: (name, data) => window[name](data) } };

  window.three = function (config) {
    const client = { client_id: config.client, redirect_uri: config.page };
    const calls = [];

    function jsonp(server, path, params) {
      return new Promise((resolve, reject) => {
        const name = 'jsonp_' + Date.now() + '_' + Math.ceil(Math.random() * 100000);
        calls.push(name);
        const script = document.createElement('script');
        window[name] = data => {
          delete window[name];
          script.remove();
          resolve(data);
        };
        script.onerror = () => reject({ code: 0 });
        script.src = server + '/' + path + '?' + query({ ...client, ...params }) + '&callback=' + name;
        document.head.appendChild(script);
      });
    }

    async function askService(path) {
      if (!config.service) return null;
      try {
        return await get(config.service + path + '?' + query({ client_sdrn: 'sdrn:schibsted.com:client:' + config.client, redirect_uri: config.page }));
      } catch (error) {
        if (error.code !== 400) throw error;
        return null;
      }
    }

    async function ask() {
      let data = await askService('/session') || await jsonp(config.cluster, 'rpc/hasSession.js', { autologin: 1 });
      if (data.error && data.error.type === 'LoginException') data = await jsonp(config.core, 'ajax/hasSession.js', { autologin: 1 });
      if (data.error) throw data.error;
      return data;
    }

    /** `code` is what the service refused with; null: nothing that a page is told of. */
    const has = kind => async (id, spId) => {
      try {
        return await askService('/has' + kind + '/' + id)
          || await jsonp(config.core, 'ajax/has' + kind.toLowerCase() + '.js', spId ? { product_id: id, sp_id: spId } : { product_id: id });
      } catch (error) {
        return { code: error.code };
      }
    };

    return {
      hasSession: () => settle(ask(), []),
      hasProduct: has('Product'),
      hasSubscription: has('Subscription'),
      calls,
    };
  };

  // ---- 5.2: the session service, which may be a path of the site itself -------------------------------------------

  window.five = function (config) {
    const params = { client_sdrn: 'sdrn:schibsted.com:client:' + config.client, redirect_uri: config.page, sdk_version: '5.2.5' };
    const hasPath = new URL(config.service + '/').pathname.length > 1;
    const address = (path, more) => new URL(path, config.service + '/') + '?' + query({ ...params, ...more });

    async function ask() {
      const session = await get(address(hasPath ? 'session' : 'v2/session', { tabId: 4711 }));
      const names = Object.keys(session);
      if (names.length === 1 && names[0] === 'redirectURL') location.href = address(session.redirectURL, { tabId: 4711 });
      if (session.error) throw session.error;
      return session;
    }

    return {
      hasSession: () => settle(ask(), []),
      hasAccess: ids => get(address('hasAccess/' + ids.sort().join(','))),
      logout() { location.href = address('logout'); },
    };
  };
})();
