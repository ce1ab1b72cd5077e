/** Types of spid-sdk.js. Load the script with a plain `<script src>`: it defines `window.SPiD` and `window.VGS`. */

declare namespace SPiD {
  interface Options {
    /** The service's id at SPiD. */
    client_id: string;
    /** Where the session cluster answers: an origin, or a host name (then https). */
    server: string;
    /** One of the client's registered redirect URIs. Default: this page's address without query and fragment. */
    redirect_uri?: string;
    /** Ask `/rpc/hasSession.js` (default), or with `false` the core's `/ajax/hasSession.js`. */
    useSessionCluster?: boolean;
    /** Milliseconds until an unanswered `hasSession` fails. Default 5000. */
    timeout?: number;
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
    sig?: string;
    [field: string]: unknown;
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

  interface Events {
    /** Calls `handler` for each such event from now on; what has happened before is not repeated. */
    subscribe<Name extends keyof EventMap>(name: Name, handler: (payload: EventMap[Name]) => void): void;
    unsubscribe<Name extends keyof EventMap>(name: Name, handler: (payload: EventMap[Name]) => void): void;
    fire(name: string, ...payload: unknown[]): void;
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

  /** Asks who this browser is. Concurrent calls share one request; events fire before the callbacks. */
  hasSession(callback?: (error: SPiD.SpidError | null, session: SPiD.Session) => void): void;

  /**
   * Queues an event for this visitor: written to localStorage at once, sent within a second, again until acknowledged,
   * by the next page if this one closes. At most 1,000 events or 1 MB wait; beyond that an event is refused.
   * Throws a TypeError for a name that is not 1 to 255 characters and for properties that JSON cannot carry.
   * @returns Resolves when the server has acknowledged the event; rejects when it has refused it, or the queue is full.
   */
  track(event: string, properties?: SPiD.Properties): Promise<SPiD.Tracked>;

  /** Sends now what waits; resolves when each event tracked on this page so far is acknowledged or refused. Never rejects. */
  flush(): Promise<void>;

  event: SPiD.Events;
  initiated(): boolean;
  options(): SPiD.Options;
  server(): string | null;
  version(): string;
  /** Where the server's answers arrive. */
  Talk: { response(id: string, answer: unknown): void };
}

interface VgsSdk {
  /** As `SPiD.init`; with `status` the session is asked for at once. */
  init(options: SPiD.Options & { status?: boolean }): void;
  Event: SPiD.Events;
  Auth: Pick<VgsSdk, 'getSession' | 'getLoginStatus' | 'hasSession'>;
  /** The session of the signed-in user, or null. */
  getSession(): SPiD.Session | null;
  /** Calls back at once when the session is known, else (or with `force`) after asking. */
  getLoginStatus(callback?: ((status: SPiD.Status) => void) | null, force?: boolean): void;
  hasSession: SpidSdk['hasSession'];
  track: SpidSdk['track'];
  flush: SpidSdk['flush'];
}

interface Window {
  SPiD: SpidSdk;
  VGS: VgsSdk;
  /** Called when the SDK has loaded, for pages that load it with `async`. */
  asyncSPiD?: () => void;
  vgsAsyncInit?: () => void;
}

declare const SPiD: SpidSdk;
declare const VGS: VgsSdk;
