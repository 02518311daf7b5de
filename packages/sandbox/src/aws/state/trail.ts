import { Identifiers, createRandom } from '../../core/random';

/** A resource of an event, as LookupEvents shows it. */
export interface EventResource {
  ResourceType: string;
  ResourceName: string;
}

/** An event as CloudTrail keeps it; never changed. */
export interface TrailEvent {
  eventId: string;
  accountId: string;
  region: string;
  /** Simulated epoch milliseconds. */
  at: number;
  /** From when on LookupEvents returns it. */
  visibleAt: number;
  name: string;
  source: string;
  username?: string;
  accessKeyId?: string;
  readOnly: boolean;
  resources: EventResource[];
  /** The whole event, JSON text. */
  text: string;
}

/** The attributes that a lookup can name. */
export const LOOKUP_KEYS = [
  'EventId',
  'EventName',
  'ReadOnly',
  'Username',
  'ResourceType',
  'ResourceName',
  'EventSource',
  'AccessKeyId',
] as const;

export type LookupKey = (typeof LOOKUP_KEYS)[number];

/** Enough for a demo that runs for days, and a bound for its memory. */
const MOST_EVENTS = 100_000;
/** Share that goes at once when there are too many. */
const DROPPED = 0.1;

/** The values by which an event is found. */
function valuesOf(event: TrailEvent): [LookupKey, string | undefined][] {
  return [
    ['EventId', event.eventId],
    ['EventName', event.name],
    ['ReadOnly', String(event.readOnly)],
    ['Username', event.username],
    ['EventSource', event.source],
    ['AccessKeyId', event.accessKeyId],
    ...event.resources.flatMap(
      ({ ResourceType, ResourceName }): [LookupKey, string][] => [
        ['ResourceType', ResourceType],
        ['ResourceName', ResourceName],
      ],
    ),
  ];
}

const place = (accountId: string, region: string) => `${accountId}/${region}`;

/** Adds in the order of time; most events are the newest. */
function insert(events: TrailEvent[], event: TrailEvent): void {
  let index = events.length;
  while (index > 0 && events[index - 1].at > event.at) {
    index -= 1;
  }
  events.splice(index, 0, event);
}

/** The event history of all accounts and regions, oldest first. */
export class Trail {
  /** For event IDs: a source of its own, so that events do not change what else is drawn. */
  readonly #ids = new Identifiers(createRandom(1));
  #events: TrailEvent[] = [];
  #index = new Map<string, TrailEvent[]>();

  constructor(private readonly limit = MOST_EVENTS) {}

  newId(): string {
    return this.#ids.uuid();
  }

  add(event: TrailEvent): void {
    insert(this.#events, event);
    if (this.#events.length > this.limit) {
      this.restore(this.#events.slice(Math.ceil(this.limit * DROPPED)));
    } else {
      this.#enter(event);
    }
  }

  /** Events of an account and region with this value, or all of them; oldest first. */
  find(
    accountId: string,
    region: string,
    wanted?: { key: LookupKey; value: string },
  ): readonly TrailEvent[] {
    const where = place(accountId, region);
    return (
      this.#index.get(
        wanted ? `${where}/${wanted.key}/${wanted.value}` : where,
      ) ?? []
    );
  }

  /** All events, oldest first. */
  all(): readonly TrailEvent[] {
    return this.#events;
  }

  snapshot(): TrailEvent[] {
    return [...this.#events];
  }

  restore(events: readonly TrailEvent[]): void {
    this.#events = [...events];
    this.#index = new Map();
    this.#events.forEach(event => this.#enter(event));
  }

  #enter(event: TrailEvent): void {
    const where = place(event.accountId, event.region);
    const keys = new Set([where]);
    for (const [key, value] of valuesOf(event)) {
      if (value !== undefined) keys.add(`${where}/${key}/${value}`);
    }
    for (const key of keys) {
      const known = this.#index.get(key);
      if (known) insert(known, event);
      else this.#index.set(key, [event]);
    }
  }
}
