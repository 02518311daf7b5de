import type { LoggerService } from '@backstage/backend-plugin-api';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import type { SignalsService } from '@backstage/plugin-signals-node';
import {
  diagnose,
  ServiceAccountRef,
  STATUS_WORDS,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  Clock,
  ClusterConfig,
  Clusters,
  EngineConfig,
} from 'eks-pod-identity-engine';
import type { RunEnd } from '../operations/Run';
import type { Store } from '../store';
import type { EntityLink } from '../store/EntityRefStore';
import type { StoredQueue } from '../store/MoveQueueStore';
import type { UseNews } from '../store/EvidenceStore';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { Telemetry } from '../telemetry';
import { identityPage } from '../permissions/entityPage';
import type { EvidenceRead } from '../evidence/EvidenceReader';
import { newsOf } from '../evidence/usage';
import {
  addNotes,
  areNew,
  digestsByOwner,
  notesNow,
  payloadOf,
  type SaidNotes,
} from './digests';
import type { Identities } from './Identities';
import { takeClusterNews } from './clusterNews';
import { levelOf } from './levels';
import { moveNewsOf, queueNews, ruleNews } from './moveNews';
import type { StatusChange } from './StatusRecorder';

/** What the news is about; users mute each by itself in the settings of Backstage's notifications. */
const TOPICS = {
  status: 'AWS identity',
  drift: 'AWS identity: drift',
  use: 'AWS identity: use',
  move: 'AWS identity: move',
  digest: 'AWS identity: digest',
  cluster: 'AWS identity: cluster',
};

/** Send timeout. A slow receiver must not hold up the queue. */
const SEND_MS = 2_000;

/** What owners are notified of, by what their application does. */
const OF_USE: Record<
  UseNews,
  { news: string; severity: 'normal' | 'high'; sentence: string }
> = {
  silent: {
    news: 'Not used any more',
    severity: 'normal',
    sentence:
      'Its application used it daily; for three days AWS has recorded no use of it.',
  },
  denied: {
    news: 'Calls denied',
    severity: 'high',
    sentence:
      'Its application uses it daily; AWS now denies some of its calls. The page of the identity says which.',
  },
};

export interface StatusNotifierOptions {
  clock: Clock;
  clusters: Pick<Clusters, 'list'>;
  store: Store;
  identities: Identities;
  signals: SignalsService;
  notifications: NotificationService;
  telemetry: Telemetry;
  logger: LoggerService;
  appBaseUrl: string;
  entities: Pick<EntityDirectory, 'findMany' | 'hasTab' | 'titleOf'>;
  /** An annotation only claims an identity; whether its component hears of it, the platform team decides. */
  recipients: EngineConfig['notifications']['recipients'];
  /** They hear of clusters that are not read whole. */
  administrators: string[];
  sweep: EngineConfig['sweep'];
  /** Owners also hear of the use of their identities. */
  tellsOfUse: boolean;
}

/** Refreshes open cards, and notifies owners when an identity works less well than before, works again, drifts, or is used otherwise. A failed send fails nothing. */
export class StatusNotifier {
  readonly #options: StatusNotifierOptions;

  constructor(options: StatusNotifierOptions) {
    this.#options = options;
  }

  /** A headline was written. */
  async statusWritten(change: StatusChange): Promise<void> {
    if (showsSomethingNew(change)) {
      await this.cardsChanged(change.ref, change.left, change.linked);
    }
    await this.#notify(change);
  }

  /** Cards of the entities that this ref belongs to, and of others that it belonged to or shall, ask again. */
  async cardsChanged(
    ref: ServiceAccountRef,
    others: string[] = [],
    linked?: string[],
  ): Promise<void> {
    const { store, identities, signals } = this.#options;
    await this.#try('signal', async () => {
      const belongsTo =
        linked ??
        (await store.entityRefs.ofRef(ref)).map(({ entityRef }) => entityRef);
      for (const entityRef of new Set([...others, ...belongsTo])) {
        await signals.publish({
          // A broadcast reaches everybody, so it says nothing; only who got the card's answer knows its channel.
          recipients: { type: 'broadcast' },
          channel: await identities.channelOf(entityRef),
          message: { changed: true },
        });
      }
    });
  }

  /** Once a change, however many replicas see it: the first one to claim it sends. */
  async #notify({ ref, before, after }: StatusChange): Promise<void> {
    const { store } = this.#options;
    const level = levelOf(after.status);
    const notified = before?.notifiedStatus;
    if (!level || levelOf(notified) === level) return;
    const claimed = await store.serviceAccounts.claimNotification(
      ref,
      notified,
      after.status,
    );
    const docsUrl = docsUrlOf(after);
    // The first verdict is where comparing begins, not a change.
    if (!claimed || notified === undefined) return;
    await this.#tell(ref, {
      news: level === 'good' ? 'Works again' : STATUS_WORDS[after.status].word,
      severity: level === 'good' ? 'normal' : 'high',
      sentences: [after.headline, docsUrl && `About this: ${docsUrl}`],
    });
  }

  /** Its association or role is another than the portal set up. */
  async drifted(ref: ServiceAccountRef, reason: string): Promise<void> {
    await this.#tell(ref, {
      news: 'Drifted',
      severity: 'high',
      sentences: [reason],
      about: 'drift',
    });
  }

  /** A move or a way back has ended, or waits for a person: its owners hear of it, because it took a while. */
  async moveEnded(end: RunEnd): Promise<void> {
    const [{ entityRef, ref, trigger }] = end.records;
    const { administrators, notifications } = this.#options;
    const news = moveNewsOf(end);
    if (!news) return;
    // No person waits for it, and it has no owner
    const isTheirs = trigger === 'schedule' && news.severity === 'high';
    if (isTheirs && administrators.length > 0) {
      await this.#try('notification', async () =>
        notifications.send({
          recipients: { type: 'entity', entityRef: administrators },
          payload: {
            ...ruleNews(ref, news, this.#options),
            topic: TOPICS.move,
          },
        }),
      );
    }
    await this.#tell(
      ref,
      { ...news, about: 'move' },
      // The tag that named it is gone with a way back
      entityRef ? [{ entityRef, source: 'aws-tag' }] : undefined,
    );
  }

  /**
   * To each owner by our tags: all its identities that do not work now, and what is worth a look in the trust policies of its
   * roles, in one notification. The latter alone is sent only where it changed since it was last sent. Once a day of the
   * process: every signed-in user can trigger the task by Backstage's own route.
   */
  async digest(): Promise<void> {
    const { clock, clusters, store, notifications, entities, logger } =
      this.#options;
    const today = new Date(clock.now()).toDateString();
    if ((await store.settings.swap('digest', today)) === today) return;
    const here = new Set(clusters.list().map(({ id }) => id));
    const digests = await digestsByOwner(store, here);
    const read = await addNotes(digests, store, entities, here).catch(error => {
      logger.warn(
        'The digest has nothing of trust policies today',
        error as Error,
      );
      return new Set<string>();
    });
    const saved = (await store.settings.get('digestNotes')) ?? '{}';
    const said: Record<string, SaidNotes> = JSON.parse(saved);
    for (const owner of new Set([...digests.keys(), ...Object.keys(said)])) {
      const digest = digests.get(owner);
      const now = notesNow(digest, said[owner], read);
      const isNews =
        digest &&
        (digest.unwell.length > 0 ||
          (digest.noted.length > 0 && areNew(now, said[owner])));
      const isSaid =
        !isNews ||
        (await this.#try('notification', async () =>
          notifications.send({
            recipients: { type: 'entity', entityRef: owner },
            payload: {
              ...(await payloadOf(owner, digest, this.#options)),
              topic: TOPICS.digest,
              scope: `eks-pod-identity:digest:${owner}`,
            },
          }),
        ));
      if (!isSaid || !areNew(now, said[owner])) continue;
      said[owner] = now;
      // After each: a process that ends here says the others tomorrow
      await store.settings.swap('digestNotes', JSON.stringify(said));
    }
  }

  /** A sweep of the cluster ended, well or not: its administrators hear of an outage once, and once of its end. */
  async clusterSwept(cluster: ClusterConfig): Promise<void> {
    const { administrators, appBaseUrl, notifications } = this.#options;
    if (administrators.length === 0) return;
    const news = await takeClusterNews(cluster, this.#options);
    if (!news) return;
    await this.#try('notification', async () =>
      notifications
        .send({
          recipients: { type: 'entity', entityRef: administrators },
          payload: {
            ...news.payload,
            link: `${appBaseUrl}/aws-identities/clusters`,
            topic: TOPICS.cluster,
            scope: `eks-pod-identity:cluster:${cluster.id}`,
          },
        })
        // Also after the timeout, at which it may still be delivered
        .catch(news.putBack),
    );
    await news.said();
  }

  /** To the user who started it: what was moved, and what ended it. */
  async queueEnded(queue: StoredQueue) {
    const { notifications, appBaseUrl, entities } = this.#options;
    const { initiator, ownedBy } = queue;
    if (!initiator.startsWith('user:')) return;
    await this.#try('notification', async () => {
      const title = await entities.titleOf(ownedBy);
      await notifications.send({
        recipients: { type: 'entity', entityRef: initiator },
        payload: { ...queueNews(queue, title, appBaseUrl), topic: TOPICS.move },
      });
    });
  }

  /** What AWS recorded of the use of an identity was read. A failure here must not fail the reading. */
  async useRead({ ref, before, after }: EvidenceRead): Promise<void> {
    const { clock, logger, store, tellsOfUse } = this.#options;
    const known = before?.notified;
    const news = newsOf(before, after, clock.now());
    if (news === known) return;
    try {
      // Claimed where it is off too: turned on later, it tells of changes from then on
      const claimed = await store.evidence.claimNews(ref, known, news);
      if (!claimed || !news || !tellsOfUse) return;
      const { sentence, ...message } = OF_USE[news];
      await this.#tell(ref, {
        ...message,
        sentences: [sentence],
        about: 'use',
      });
    } catch (error) {
      logger.warn(
        `Could not tell owners of the use of ${stringifyServiceAccountRef(
          ref,
        )}`,
        error as Error,
      );
    }
  }

  async #tell(
    ref: ServiceAccountRef,
    message: {
      news: string;
      severity: 'normal' | 'high';
      sentences: (string | undefined)[];
      /** Its status, if nothing else is said. */
      about?: keyof typeof TOPICS;
    },
    recipients?: Pick<EntityLink, 'entityRef' | 'source'>[],
  ): Promise<void> {
    const { notifications, appBaseUrl, entities } = this.#options;
    const { about = 'status' } = message;
    for (const { entityRef, source } of recipients ??
      (await this.#recipientsOf(ref))) {
      await this.#try('notification', async () =>
        notifications.send({
          recipients: { type: 'entity', entityRef },
          payload: {
            // Backstage cuts what pops up after 50 letters: the news comes first
            title: `${message.news}: AWS identity of ${await entities.titleOf(
              entityRef,
            )}`,
            description: [
              ...message.sentences,
              source !== 'aws-tag' &&
                'Only the annotation of this component claims the identity; no tag in AWS names it.',
              `Service account: ${stringifyServiceAccountRef(ref)}.`,
            ]
              .filter(Boolean)
              .join(' '),
            link: await identityPage(appBaseUrl, entityRef, { ref }, entities),
            severity: message.severity,
            topic: TOPICS[about],
            scope: `eks-pod-identity:${
              about === 'status' ? '' : `${about}:`
            }${stringifyServiceAccountRef(ref)}`,
          },
        }),
      );
    }
  }

  /**
   * The component of the tag; where there is none, and if configured so, those whose own the namespace is, else all that
   * claim it.
   */
  async #recipientsOf(ref: ServiceAccountRef): Promise<EntityLink[]> {
    const { store, recipients } = this.#options;
    const links = await store.entityRefs.ofRef(ref);
    const tagged = links.filter(link => link.source === 'aws-tag');
    if (tagged.length > 0 || recipients === 'tagged') return tagged;
    const owning = links.filter(link => link.ownsNamespace);
    return owning.length > 0 ? owning : links;
  }

  /** Whether it was taken. */
  async #try(
    kind: 'signal' | 'notification',
    send: () => Promise<void>,
  ): Promise<boolean> {
    const { telemetry, logger, clock } = this.#options;
    const sent = new AbortController();
    try {
      await Promise.race([
        send(),
        clock.sleep(SEND_MS, sent.signal).then(() => {
          throw new Error(`it was not taken within ${SEND_MS} ms`);
        }),
      ]);
      telemetry.announced(kind, 'sent');
      return true;
    } catch (error) {
      telemetry.announced(kind, 'failed');
      logger.debug(`Could not send a ${kind}: ${(error as Error).message}`);
      return false;
    } finally {
      sent.abort();
    }
  }
}

/** Where the check is explained that makes an identity bad. */
function docsUrlOf({ status, memory, findings = [] }: ServiceAccountState) {
  return diagnose({
    status,
    workloads: memory?.workloads,
    checks: [...findings],
  }).cause?.check.docsUrl;
}

/** A look that found everything as before moves no card, or each sweep would make every open page ask again. */
function showsSomethingNew({ cause, before, after }: StatusChange): boolean {
  return (
    cause === 'operation' ||
    before?.status !== after.status ||
    before.headline !== after.headline ||
    before.changedSince !== after.changedSince ||
    before.proofReportId !== after.proofReportId ||
    before.lookReportId !== after.lookReportId
  );
}
