/** Options of every request. @public */
export interface PodIdentityRequestOptions {
  /** Bearer token, for callers whose fetch does not add one. */
  token?: string;
  signal?: AbortSignal;
}

/** Options of following an operation. @public */
export interface FollowOptions extends PodIdentityRequestOptions {
  /** Only events with a greater `seq`. */
  after?: number;
  /** `stream` reads server-sent events and resumes after a dropped connection; `poll` asks again and again. Default `stream`. */
  mode?: 'stream' | 'poll';
  /** Pause between two polls, and before a dropped stream is resumed; milliseconds, default 1000. */
  intervalMs?: number;
  /** How long polls may fail in a row, for example while the backend restarts, before following gives up; milliseconds, default 120 000. */
  patienceMs?: number;
  /** A connection that stays silent for this long counts as lost; milliseconds, default 30 000. The backend sends something every 15 s. */
  silenceMs?: number;
  /** Called before each request, for tokens that expire. */
  getToken?: () => Promise<string | undefined>;
}
