import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  type Evidence,
  noEvidence,
  type PodIdentityEvidenceSource,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock, Clusters } from 'eks-pod-identity-engine';
import {
  callingFor,
  currentCaller,
  type EvidenceRequest,
  readEvidence,
} from 'eks-pod-identity-engine/portal';
import type { Store } from '../store';
import type { SearchedIdentity, StoredEvidence } from '../store/EvidenceStore';
import { usageOf } from './usage';

/** A page that is opened again within this time is answered from what is stored. */
const FRESH_MS = 60_000;
/** Longest search for a page. */
const REFRESH_MS = 120_000;

/** What a search has changed. */
export interface EvidenceRead {
  ref: ServiceAccountRef;
  before?: StoredEvidence;
  after: Omit<StoredEvidence, 'version'>;
}

export interface EvidenceReaderOptions {
  store: Pick<Store, 'associations' | 'evidence'>;
  clock: Clock;
  logger: LoggerService;
  clusters: () => Clusters;
  source: () => PodIdentityEvidenceSource;
}

/** Searches what AWS recorded, and stores it. People are served before sweeps, by the bucket of the account and region. */
export class EvidenceReader {
  readonly #options: EvidenceReaderOptions;
  readonly #listeners: ((read: EvidenceRead) => Promise<void>)[] = [];
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: EvidenceReaderOptions) {
    this.#options = options;
  }

  onRead(listener: (read: EvidenceRead) => Promise<void>) {
    this.#listeners.push(listener);
  }

  /** Asked by verifications. A sweep gets what is stored: it has no time for searches of its own. */
  async forVerification(request: EvidenceRequest): Promise<Evidence> {
    const { evidence } = this.#options.store;
    if (currentCaller().lane === 'person') return this.read(request);
    const stored = await evidence.find(request.ref);
    const { issuer } = request;
    if (issuer && stored?.issuer !== issuer) {
      await evidence.noteIssuer(request.ref, issuer);
    }
    return stored?.evidence ?? noEvidence('unread');
  }

  /** Searches what is new, and stores it with what was known. */
  async read(request: EvidenceRequest): Promise<Evidence> {
    const { clock, source, store } = this.#options;
    const { ref } = request;
    const before = await store.evidence.find(ref);
    const found = await readEvidence(
      source(),
      { ...request, issuer: request.issuer ?? before?.issuer },
      clock.now(),
      before?.evidence,
    );
    if (found.state !== 'read') return found;
    const after = {
      ref,
      evidence: found,
      issuer: request.issuer ?? before?.issuer,
      readAt: clock.now(),
      notified: before?.notified,
      ...usageOf(found, before),
    };
    // Another search that ended meanwhile knows as much, and the next one begins before its end
    if (await store.evidence.write(ref, before, after)) {
      for (const listener of this.#listeners) {
        await listener({ ref, before, after });
      }
    }
    return found;
  }

  /** Of an identity whose pods are not known. */
  async search(
    identity: SearchedIdentity,
    signal: AbortSignal,
  ): Promise<Evidence> {
    const { ref, roleArn, targetRoleArn } = identity;
    return this.read({
      ref,
      cluster: this.#options.clusters().get(ref.cluster),
      roleArns: targetRoleArn ? [roleArn, targetRoleArn] : [roleArn],
      pods: [],
      staticKeyIds: [],
      instanceIds: [],
      signal,
    });
  }

  /** A person looks at one identity: searches it in the background, once for all who look. Answers whether it does. */
  async refresh(
    ref: ServiceAccountRef,
    key: string,
    onEnd: () => Promise<void>,
  ): Promise<boolean> {
    const { clock, logger, store } = this.#options;
    const written = stringifyServiceAccountRef(ref);
    const association = (await store.associations.findMany([ref])).get(written);
    if (!association?.roleArn) return false;
    const stored = await store.evidence.find(ref);
    if (stored?.readAt && stored.readAt > clock.now() - FRESH_MS) return false;
    if (!(await store.evidence.claim(ref, FRESH_MS))) return false;
    const { roleArn, targetRoleArn } = association;
    const signal = AbortSignal.any([
      this.#stopping.signal,
      AbortSignal.timeout(REFRESH_MS),
    ]);
    const work = callingFor({ lane: 'person', key }, () =>
      this.search({ ref, roleArn, targetRoleArn }, signal),
    )
      .then(onEnd)
      .catch(error =>
        logger.warn(`Could not read the use of ${written}`, error as Error),
      );
    this.#running.add(work);
    work.finally(() => this.#running.delete(work));
    return true;
  }

  async stop() {
    this.#stopping.abort(new Error('shutting down'));
    await Promise.allSettled(this.#running);
  }
}
