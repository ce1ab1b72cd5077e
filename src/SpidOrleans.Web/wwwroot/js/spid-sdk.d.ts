/**
 * Types of spid-sdk.js. Load the script with a plain `<script src>`: it defines `window.SPiD` (the names of SDK 2.x), `window.VGS`
 * (those of SDK 1.x) and `window.SPiD_Uri`. Both generations are driven by the same answers; where a page initialises both, the first
 * call counts.
 *
 * How tracking keeps its promise. Each event is one localStorage item, named by its time and insert id, written before `track` returns
 * and removed when the server has acknowledged it; where storage is denied it lives as long as its page. Visitor and time are decided
 * once, when the server has told who the visitor is, by the server's clock: whatever is sent twice is the same event, and counts once.
 * Tabs share the queue: one of them sends at a time (Web Locks), another tab's events too, and where there are no locks, those that
 * their page has left. What a closing page still had goes as a beacon, which has no answer, and so comes again from the next page.
 * Batches have at most 50 events or 30 KB, since a browser lets 64 KB outlive a page. A refusal is waited out with back-off and
 * `Retry-After`; an event that the server names as invalid is dropped alone; a request that is refused as a whole keeps its events.
 */

declare namespace SPiD {
  interface Options {
    /** The service's id at SPiD. */
    client_id: string;
    /** Where the session cluster answers: an origin, or a host name. */
    server: string;
    /** With a host name: `false` for http. Default true. */
    https?: boolean;
    /** One of the client's registered redirect URIs. Default: this page's address without query and fragment. */
    redirect_uri?: string;
    /** Ask `/rpc/hasSession.js` (default), or with `false` the core's `/ajax/hasSession.js`. */
    useSessionCluster?: boolean;
    /** Milliseconds until an unanswered request fails. Default 5000. */
    timeout?: number;
    /**
     * Where the signed-in session and products are kept between pages, so that `hasSession` asks the server again only when they have
     * expired: `localstorage`, `cookie`, `cache` (this page's memory) or `standard` (nowhere). Unlike in SDK 2.x the default is
     * `standard`, since a kept session outlives a login or logout that happens elsewhere; `localstorage` if `cache.hasSession` is given.
     * Tracking always asks the server who the visitor is.
     */
    storage?: 'localstorage' | 'cookie' | 'cache' | 'standard';
    /** `hasSession`: keep anonymous answers too, and each for so many seconds instead of the answer's `expiresIn`. */
    cache?: { hasSession?: { ttlSeconds?: number } };
    /** Sets the cookie `SP_ID` for Varnish: `true` always, `false` never; default: with `storage: 'cookie'`. */
    setVarnishCookie?: boolean | null;
    /** Seconds that `SP_ID` lives. Default 43200. */
    varnish_expiration?: number;
    /** Seconds that a product is kept that the user has. Default 43200. */
    refresh_timeout?: number;
    /** Seconds that a product is kept that the user has not. Default 10. */
    cache_time_no_asset?: number;
    /** Writes each event of the SDK to the console. */
    logging?: boolean;
    /** Ignored: the script is always `window.SPiD`. */
    noGlobalExport?: boolean;
  }

  /** Of `VGS.init`. The pulse tracker's `track_*` options are ignored. */
  interface VgsOptions {
    client_id: string;
    server: string;
    https?: boolean;
    redirect_uri?: string;
    timeout?: number;
    logging?: boolean;
    /** Ask for the session although the cookie or `session` has one. */
    status?: boolean;
    /** This session, as the site's back end has had it, in place of asking. */
    session?: Session;
    /** `false`: ask the core instead of the session cluster. */
    prod?: boolean;
    /** Keeps the signed-in session and products in the cookie `vgs_js_<client_id>`, and sets `SP_ID`. Unlike in SDK 1.x the default is false. */
    cookie?: boolean;
    /** With `cookie`: keeps anonymous answers too. */
    cache_notloggedin?: boolean;
    /** Ignored, as in SDK 1.7. */
    cache?: boolean;
    /** Seconds that `SP_ID` lives. Default: as the session. */
    varnish_expiration?: number;
    /** Milliseconds after which a signed-in session is asked for again, and after which a product is. Default 900000, at least 60000. */
    refresh_timeout?: number;
    track_throttle?: number;
    track_anon_opt_out?: boolean;
    track_custom_data?: string;
  }

  interface Visitor {
    /** This browser's visitor id: Mixpanel's `$device_id`. */
    uid: string;
    /** The signed-in user, always as a string. */
    user_id?: string;
  }

  interface Session {
    result?: boolean;
    visitor?: Visitor;
    userId?: number | string;
    id?: string;
    uuid?: string;
    userStatus?: string;
    displayName?: string;
    givenName?: string;
    familyName?: string;
    gender?: string;
    /** Seconds. */
    expiresIn?: number;
    /** Seconds since the epoch. */
    serverTime?: number;
    /** Milliseconds since the epoch. */
    serverTimeMs?: number;
    /** The domain that this host's cookie, `SP_ID` and the session cookie share. */
    baseDomain?: string;
    sp_id?: string;
    /** False: the user is not to be tracked; `track` refuses as after `setConsent(false)`. */
    tracking?: boolean;
    agreementAccepted?: boolean;
    defaultAgreementAccepted?: boolean;
    clientAgreementAccepted?: boolean;
    sig?: string;
    [field: string]: unknown;
  }

  /** The session's fields, and whether its user has what was asked for. */
  interface Product extends Session {
    productId?: number | string;
    subscriptionId?: number | string;
  }

  /** `type` is `UserException` (nobody is signed in), `communication` (no answer) or `tracking` (an event was not taken). */
  interface SpidError {
    type: string;
    code: number;
    description: string;
  }

  /** The payload of the `auth.*` events. */
  interface Status {
    session: Session | null;
    status: string;
  }

  interface EventMap {
    'SPiD.visitor': Visitor;
    'SPiD.login': Session;
    'SPiD.logout': Session;
    'SPiD.userChange': Session;
    'SPiD.sessionChange': Session;
    'SPiD.notLoggedin': Session;
    'SPiD.sessionInit': Session;
    'SPiD.statusChange': Session;
    'SPiD.hasProduct': Pick<Product, 'productId' | 'result'>;
    'SPiD.hasSubscription': Pick<Product, 'productId' | 'subscriptionId' | 'result'>;
    'SPiD.loginException': undefined;
    'SPiD.error': SpidError;
    'auth.visitor': Visitor;
    'auth.login': Status;
    'auth.logout': Status;
    'auth.userChange': Status;
    'auth.sessionChange': Status;
    'auth.notLoggedin': Status;
    'auth.sessionInit': Status;
    'auth.statusChange': Status;
    'VGS.loginStatus': Status;
    'VGS.loginException': unknown;
    'VGS.error': SpidError;
  }

  /**
   * An answer fires, in this order: `SPiD.error` (if it is one), `SPiD.visitor`, `login`, `logout`, `userChange`, `sessionChange` or
   * `notLoggedin`, `sessionInit` (once a page), `statusChange`; then `auth.visitor`, `VGS.error`, `auth.notLoggedin`, `statusChange`,
   * `logout`, `login`, `sessionChange`, `userChange`, `sessionInit`. A call that fails changes no session.
   */
  interface Events {
    /** Calls `handler` for each such event from now on; what has happened before is not repeated. */
    subscribe<Name extends keyof EventMap>(name: Name, handler: (payload: EventMap[Name]) => void): void;
    unsubscribe<Name extends keyof EventMap>(name: Name, handler: (payload: EventMap[Name]) => void): void;
    /** Unsubscribes everybody. */
    clear(name: string): void;
    fire(name: string, ...payload: unknown[]): void;
  }

  /** `error` is null unless nobody is signed in or no answer came. */
  type Callback<Answer = Session> = (error: SpidError | null, answer: Answer) => void;
  /** As 1.x tells it: the answer as it came, `{ error, response }` where it is an error. */
  type VgsCallback = (answer: Session & { error?: SpidError; response?: Session }) => void;

  /** What `storage` keeps; the session itself has no suffix, products have `prd<id>` and `sub<id>`. */
  interface Cache {
    get(suffix?: string): Session | null;
    set(value: object, seconds?: number, suffix?: string): void;
    clear(suffix?: string): void;
  }

  /** More parameters of an address, such as `state`, `cancel_redirect_uri`, `tracking_ref` and `tag`; they are encoded. */
  type Parameters = { [name: string]: string | number | undefined };
  type Address = (redirect_uri?: string | null, client_id?: string | null, more?: Parameters) => string;

  /** Addresses to send the browser to. This host serves login, signup and logout; the others are pages of SPiD's own. */
  interface Addresses {
    init: SpidSdk['init'];
    /** Any path below the server; values go as they are. */
    build(path: string, params: Parameters): string;
    login: Address;
    auth: Address;
    signup: Address;
    logout: Address;
    account: Address;
    purchaseHistory: Address;
    subscriptions: Address;
    products: Address;
    redeem(voucher_code?: string | null, redirect_uri?: string | null, client_id?: string | null, more?: Parameters): string;
    purchaseProduct(product_id?: string | number | null, redirect_uri?: string | null, client_id?: string | null, more?: Parameters): string;
    purchaseCampaign(campaign_id?: string | number | null, product_id?: string | number | null, voucher_code?: string | null,
      redirect_uri?: string | null, client_id?: string | null, more?: Parameters): string;
  }

  /** What JSON carries. `undefined` is left out; functions, symbols, bigints, NaN and infinities are refused. */
  type Json = string | number | boolean | null | undefined | Date | Json[] | { [key: string]: Json };
  type Properties = { [key: string]: Json };

  /** The event as the server has acknowledged it. */
  interface Tracked {
    event: string;
    visitorId: string;
    /** Milliseconds since the epoch, by the server's clock. */
    time: number;
    insertId: string;
  }
}

interface SpidSdk {
  /** Once per page, before anything else; a repeat changes nothing. Throws a TypeError without `client_id` or `server`. */
  init(options: SPiD.Options, callback?: () => void): void;

  /** Tells who this browser is: what `storage` has, or else the server's answer. Concurrent calls share it; events fire before the callbacks. */
  hasSession(callback?: SPiD.Callback): void;

  /** Whether the user has the product, as `result`. Calls back with an error, and asks for no product, where nobody is signed in. */
  hasProduct(productId: string | number, callback?: SPiD.Callback<SPiD.Product>): void;

  /** Whether the user subscribes to the product, as `result`. */
  hasSubscription(productId: string | number, callback?: SPiD.Callback<SPiD.Product>): void;

  /** Ends the session: what is kept of it goes, `SPiD.logout` fires, and the browser is another visitor, which the next `hasSession` tells. */
  logout(callback?: SPiD.Callback): void;

  /** Notes that the user accepts the client's terms, then asks for the session anew. */
  acceptAgreement(callback?: SPiD.Callback): void;

  /**
   * Sets traits that the site's back end has signed with its sign secret: `base64url(HMAC-SHA256(secret, P)).P`. While this page knows no
   * visitor yet it asks for the session first, as `hasSession` does.
   */
  setTraits(signed: string, callback?: SPiD.Callback<unknown>): void;

  /**
   * `false`: whatever waits in this browser is discarded and `track` refuses, on every page of this origin, until `true` is given. May be
   * called before `init`. The server is told, and then takes no event of this visitor or user from anybody, and tells pages no visitor
   * id: at once after `init`; a refusal that did not reach it, or came before `init`, with the next session that is asked for.
   * @returns After `init`: resolves when the session has been asked for anew.
   */
  setConsent(given: boolean): Promise<unknown> | undefined;

  /**
   * Queues an event for this visitor: written to localStorage at once, sent within a second, again until acknowledged,
   * by the next page if this one closes. At most 1,000 events or 1 MB wait; beyond that an event is refused.
   * Throws a TypeError for a name that is not 1 to 255 characters and for properties that JSON cannot carry.
   * @returns Resolves when the server has acknowledged the event; rejects when it has refused it, the queue is full or tracking refused.
   */
  track(event: string, properties?: SPiD.Properties | null): Promise<SPiD.Tracked>;

  /** Sends now what waits; resolves when each event tracked on this page so far is acknowledged or refused. Never rejects. */
  flush(): Promise<void>;

  event: SPiD.Events;
  sessionCache: SPiD.Cache;
  Uri: SPiD.Addresses;
  hasVarnishCookie(): boolean;
  initiated(): boolean;
  options(): SPiD.Options;
  /** With a slash at the end; null before `init`. */
  server(): string | null;
  sessionEndpoint(): string;
  coreEndpoint(): string;
  version(): string;
  /** Where the server's answers arrive. */
  Talk: { response(id: string, answer: unknown): void };
}

interface VgsSdk {
  /** As `SPiD.init`, then asks for the session, unless `session` or the cookie has one and `status` is not set. */
  init(options: SPiD.VgsOptions): void;
  version: string;
  Event: SPiD.Events;
  Auth: Pick<VgsSdk, 'getSession' | 'getLoginStatus' | 'hasSession'> & {
    /** Fires `auth.logout` and its like at once, then ends the session on the server. */
    logout(callback?: SPiD.VgsCallback): void;
  };
  Ajax: {
    /** Loads a script below the server, or at an address, with `client_id` and `redirect_uri` added; it has a query. */
    send(path: string): void;
    buildUrl: SPiD.Addresses['build'];
    responseReceived(): void;
  };
  /** By the id that a script of `Ajax.send` has for `callback`. */
  callbacks: { [id: string]: (answer: any) => void };
  /** A callback id. */
  guid(): string;
  /** The session of the signed-in user, or null. */
  getSession(): SPiD.Session | null;
  /** Calls back at once when the session is known, else (or with `force`) after asking, with the answer's fields too. */
  getLoginStatus(callback?: ((status: SPiD.Status) => void) | null, force?: boolean): void;
  hasSession: SpidSdk['hasSession'];
  /** `force`: whatever is kept. */
  hasProduct(productId: string | number, callback?: SPiD.VgsCallback, force?: boolean): void;
  hasSubscription(productId: string | number, callback?: SPiD.VgsCallback, force?: boolean): void;
  setTraits(signed: string, callback?: (answer: unknown) => void): void;
  track: SpidSdk['track'];
  flush: SpidSdk['flush'];
  getLoginURI: SPiD.Address;
  getAuthURI: SPiD.Address;
  getSignupURI: SPiD.Address;
  getLogoutURI: SPiD.Address;
  getAccountURI: SPiD.Address;
  getPurchaseHistoryURI: SPiD.Address;
  getSubscriptionsURI: SPiD.Address;
  getProductsURI: SPiD.Address;
  getRedeemVoucherURI: SPiD.Addresses['redeem'];
  getPurchaseProductURI: SPiD.Addresses['purchaseProduct'];
  getPurchaseCampaignURI: SPiD.Addresses['purchaseCampaign'];
  /** `flow/<name>`; values go as they are. */
  getFlowUrl(name: string, params?: SPiD.Parameters): string;
}

interface Window {
  SPiD: SpidSdk;
  VGS: VgsSdk;
  SPiD_Uri: SPiD.Addresses;
  /** Called when the SDK has loaded, for pages that load it with `async`. */
  asyncSPiD?: () => void;
  vgsAsyncInit?: () => void;
}

declare const SPiD: SpidSdk;
declare const VGS: VgsSdk;
declare const SPiD_Uri: SPiD.Addresses;
