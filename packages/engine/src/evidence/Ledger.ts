import type {
  Evidence,
  EvidenceEvent,
} from 'backstage-plugin-eks-pod-identity-common';

const DAY = 24 * 3_600_000;
/** How long AWS keeps events for a search. */
const KEPT_MS = 90 * DAY;
/** Events of this last part of the searched time may be found again by the next search; AWS writes some late. */
const OVERLAP_MS = 30 * 60_000;
/** Operations that one entry names. */
const OPERATIONS = 20;

/** Most entries of each list. */
const MOST = {
  pods: 50,
  uses: 30,
  denied: 20,
  others: 30,
  staticKeys: 10,
  nodes: 10,
  sessions: 40,
  seen: 500,
} as const;
type List = keyof typeof MOST;

type Calls = Evidence['uses'][number];
type Keyed<T> = Map<string, T>;

/** Beginning of an id: enough to know one event of one identity again. */
const idOf = (event: EvidenceEvent) => event.id.slice(0, 13);
const earlier = (one: string, other: string) => (one < other ? one : other);
const later = (one: string, other: string) => (one > other ? one : other);

/** `s3.amazonaws.com` as `s3`. */
const serviceOf = ({ service }: EvidenceEvent) =>
  service.replace(/\.amazonaws\.com(\.cn)?$/, '');

function keyed<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string,
): Keyed<T> {
  return new Map(entries.map(entry => [keyOf(entry), entry]));
}

const keyOfCalls = (calls: Omit<Calls, 'operations' | 'count' | 'lastAt'>) =>
  [calls.service, calls.sdk, calls.version, calls.source].join(' ');
const keyOfDenial = (event: EvidenceEvent) =>
  `${serviceOf(event)} ${event.name}`;
const keyOfPod = (pod: { uid?: string; name: string }) => pod.uid ?? pod.name;
const keyOfOther = (other: Evidence['others'][number]) =>
  [other.kind, other.name, other.sdk, other.version].join(' ');

/** Evidence while events are added to it: each event once, and every list bounded in the end. */
export class Ledger {
  readonly #pods: Keyed<Evidence['pods'][number]>;
  readonly #uses: Keyed<Calls>;
  readonly #denied: Keyed<Evidence['denied'][number]>;
  readonly #others: Keyed<Evidence['others'][number]>;
  readonly #staticKeys: Keyed<Evidence['staticKeys'][number]>;
  readonly #nodes: Keyed<Evidence['nodes'][number]>;
  readonly #sessions: Evidence['sessions'];
  /** By the beginning of its id, when the event was. */
  readonly #seen: Map<string, string>;
  readonly #cut: Set<string>;

  constructor(soFar: Evidence) {
    const copy = structuredClone(soFar);
    this.#pods = keyed(copy.pods, keyOfPod);
    this.#uses = keyed(copy.uses, keyOfCalls);
    this.#denied = keyed(copy.denied, one => `${one.service} ${one.operation}`);
    this.#others = keyed(copy.others, keyOfOther);
    this.#staticKeys = keyed(
      copy.staticKeys,
      one => `${one.keyId} ${keyOfCalls(one)}`,
    );
    this.#nodes = keyed(
      copy.nodes,
      one => `${one.instanceId} ${keyOfCalls(one)}`,
    );
    this.#sessions = copy.sessions;
    this.#seen = new Map(
      copy.seen.map(entry => {
        const [at, id] = entry.split(' ');
        return [id, at];
      }),
    );
    this.#cut = new Set(copy.cut);
  }

  /** Whether the event was added before. */
  has(event: EvidenceEvent): boolean {
    return this.#seen.has(idOf(event));
  }

  /** A session of the pods, by its key or its name. */
  hasSession({ keyId, name }: { keyId?: string; name?: string }): boolean {
    return this.#sessions.some(
      one =>
        (keyId !== undefined && one.keyId === keyId) ||
        (name !== undefined && one.name === name),
    );
  }

  addSession(event: EvidenceEvent): void {
    const { issuedKeyId: keyId, sessionName: name, at } = event;
    this.#remember(event);
    this.#sessions.push({
      ...(keyId ? { keyId } : {}),
      ...(name ? { name } : {}),
      at,
    });
  }

  addPod(pod: { uid?: string; name: string }, event: EvidenceEvent): void {
    const { at } = event;
    this.#remember(event);
    const known = this.#pods.get(keyOfPod(pod));
    this.#pods.set(keyOfPod(pod), {
      ...pod,
      firstAt: earlier(at, known?.firstAt ?? at),
      lastAt: later(at, known?.lastAt ?? at),
      sessions: (known?.sessions ?? 0) + 1,
    });
  }

  addOther(
    other: Pick<Evidence['others'][number], 'kind' | 'name' | 'own'>,
    event: EvidenceEvent,
  ): void {
    const { at, sdk } = event;
    this.#remember(event);
    const entry = {
      ...other,
      ...(sdk ? { sdk: sdk.name, version: sdk.version } : {}),
      count: 1,
      firstAt: at,
      lastAt: at,
    };
    const known = this.#others.get(keyOfOther(entry));
    this.#others.set(keyOfOther(entry), {
      ...entry,
      count: (known?.count ?? 0) + 1,
      firstAt: earlier(at, known?.firstAt ?? at),
      lastAt: later(at, known?.lastAt ?? at),
    });
  }

  addUse(event: EvidenceEvent): void {
    this.#addCall(this.#uses, {}, event);
  }

  addStaticKeyUse(keyId: string, event: EvidenceEvent): void {
    this.#addCall(this.#staticKeys, { keyId }, event);
  }

  addNodeUse(instanceId: string, event: EvidenceEvent): void {
    this.#addCall(this.#nodes, { instanceId }, event);
  }

  addDenial(event: EvidenceEvent): void {
    if (!event.denied) return;
    this.#remember(event);
    const key = keyOfDenial(event);
    const known = this.#denied.get(key);
    const newest = known && known.lastAt > event.at ? known : undefined;
    this.#denied.set(key, {
      service: serviceOf(event),
      operation: event.name,
      code: newest?.code ?? event.denied.code,
      message: newest?.message ?? event.denied.message,
      count: (known?.count ?? 0) + 1,
      lastAt: newest?.lastAt ?? event.at,
      ...(known?.allowedAt ? { allowedAt: known.allowedAt } : {}),
    });
  }

  /** Of an operation that was refused before, it is remembered. */
  addSuccess(event: EvidenceEvent): void {
    const known = this.#denied.get(keyOfDenial(event));
    if (known) known.allowedAt = later(event.at, known.allowedAt ?? event.at);
  }

  #remember(event: EvidenceEvent): void {
    this.#seen.set(idOf(event), event.at);
  }

  #addCall<T extends object>(
    into: Keyed<T & Calls>,
    of: T,
    event: EvidenceEvent,
  ): void {
    const { sdk, at } = event;
    this.#remember(event);
    const calls = {
      service: serviceOf(event),
      ...(sdk ? { sdk: sdk.name, version: sdk.version } : {}),
      ...(sdk?.source ? { source: sdk.source } : {}),
    };
    const key = [...Object.values(of), keyOfCalls(calls)].join(' ');
    const known = into.get(key);
    into.set(key, {
      ...of,
      ...calls,
      operations: [
        ...new Set([event.name, ...(known?.operations ?? [])]),
      ].slice(0, OPERATIONS),
      count: (known?.count ?? 0) + 1,
      lastAt: later(at, known?.lastAt ?? at),
    });
  }

  /** What was added, with the newest entries of each list. */
  evidence(
    until: string,
  ): Omit<Evidence, 'state' | 'readFrom' | 'readUntil' | 'roleLastUsed'> {
    const end = Date.parse(until);
    const oldest = new Date(end - KEPT_MS).toISOString();
    const again = new Date(end - OVERLAP_MS).toISOString();
    const newest = <T>(
      list: List,
      entries: Iterable<T>,
      atOf: (entry: T) => string,
    ): T[] => {
      const all = [...entries]
        .filter(entry => atOf(entry) >= oldest)
        .sort((one, other) => Date.parse(atOf(other)) - Date.parse(atOf(one)));
      if (all.length > MOST[list]) this.#cut.add(list);
      return all.slice(0, MOST[list]);
    };
    const lastAt = (entry: { lastAt: string }) => entry.lastAt;
    return {
      pods: newest('pods', this.#pods.values(), lastAt),
      uses: newest('uses', this.#uses.values(), lastAt),
      denied: newest('denied', this.#denied.values(), lastAt),
      others: newest('others', this.#others.values(), lastAt),
      staticKeys: newest('staticKeys', this.#staticKeys.values(), lastAt),
      nodes: newest('nodes', this.#nodes.values(), lastAt),
      sessions: newest('sessions', this.#sessions, ({ at }) => at),
      seen: newest(
        'seen',
        [...this.#seen].filter(([, at]) => at >= again),
        ([, at]) => at,
      ).map(([id, at]) => `${at} ${id}`),
      cut: [...this.#cut],
    };
  }
}
