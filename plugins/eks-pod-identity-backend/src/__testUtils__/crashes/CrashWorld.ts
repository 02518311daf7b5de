import type {
  Operation,
  StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Moment, PassingWrite, Sandbox } from 'eks-sandbox';
import type { ReplicaProcess } from '../replicaProcesses';
import { follow } from '../testBackend';
import type { Story } from './stories';
import { belongings, foreignTo, means, putNeighbour, Subject } from './Subject';

/** Where a process dies: at the nth write of its kind in a story. It hears nothing of it, whether it took effect or not. */
export interface CrashPoint {
  moment: Moment;
  write: string;
  nth: number;
}

/** A subject whose writes are seen, and which can be stopped at one of them. */
interface Watched {
  subject: Subject;
  /** Those that took effect, in order. */
  writes: string[];
  hold?: CrashPoint & { seen: number; reached(): void };
}

export const CLUSTER = 'payments-prod';

/** The subjects of the stories, on one sandbox. */
export class CrashWorld {
  /** Writes that mean no subject. */
  readonly strays: PassingWrite[] = [];
  readonly #sandbox: Sandbox;
  readonly #watched: Watched[] = [];
  readonly #meant = new WeakMap<PassingWrite, Watched>();
  /** Resolves when those that are held shall be dropped. */
  #dead = Promise.withResolvers<void>();

  readonly #clusters: string[];

  /** @param clusters - those without an agent, for one subject each */
  constructor(sandbox: Sandbox, clusters: string[]) {
    this.#sandbox = sandbox;
    this.#clusters = [...clusters];
    sandbox.holds.set((moment, write) => this.#pass(moment, write));
  }

  subject({ ownCluster = false }: Pick<Story, 'ownCluster'>): Subject {
    const cluster = ownCluster ? this.#clusters.shift() : CLUSTER;
    if (!cluster) throw new Error('There is no cluster left without an agent');
    const number = `${this.#watched.length}`.padStart(3, '0');
    const name = `crash-${number}`;
    const subject: Subject = {
      cluster,
      ownCluster,
      name,
      second: `${name}-second`,
      roleArn: `arn:aws:iam::${this.#sandbox.accountId}:role/backstage/${name}`,
    };
    putNeighbour(subject, this.#sandbox);
    this.#watched.push({ subject, writes: [] });
    return subject;
  }

  /** Everything before the order of the story. */
  async prepare(story: Story, subject: Subject, replica: ReplicaProcess) {
    for (const order of story.before(subject)) {
      await this.succeed(replica, order);
    }
    await story.meanwhile?.(subject, this.#sandbox);
    this.#of(subject).writes.length = 0;
  }

  async succeed(replica: ReplicaProcess, order: StartOperation) {
    const { id } = await replica.client.startOperation(order);
    return this.ended(replica, id);
  }

  async ended(replica: ReplicaProcess, id: string): Promise<Operation> {
    await follow(replica.client, id, { intervalMs: 1_000 });
    const operation = await replica.client.getOperation(id);
    if (operation.state !== 'succeeded') {
      throw new Error(
        `${operation.kind} ${operation.state}: ${operation.error?.message}`,
      );
    }
    return operation;
  }

  /** Since the subject was prepared. */
  writesOf(subject: Subject): string[] {
    return this.#of(subject).writes;
  }

  belongings(subject: Subject): string[] {
    return belongings(subject, this.#sandbox);
  }

  /** What belongs to no subject. */
  foreign(): string[] {
    return foreignTo(
      this.#watched.map(({ subject }) => subject),
      this.#sandbox,
    );
  }

  /** Resolves when the subject's operation stands at the point. */
  holdAt(subject: Subject, point: CrashPoint): Promise<void> {
    return new Promise(reached => {
      this.#of(subject).hold = { ...point, seen: 0, reached };
    });
  }

  /** Cuts the connections of all that are held. */
  drop() {
    this.#dead.resolve();
    this.#dead = Promise.withResolvers();
    for (const one of this.#watched) one.hold = undefined;
  }

  #of(subject: Subject): Watched {
    return this.#watched.find(one => one.subject.name === subject.name)!;
  }

  async #pass(moment: Moment, write: PassingWrite) {
    // Decided before it takes effect: the id of a deleted association means nothing
    const watched =
      this.#meant.get(write) ??
      this.#watched.find(({ subject }) =>
        means(subject, write.text, this.#sandbox),
      );
    if (!watched) {
      this.strays.push(write);
      return 'pass';
    }
    this.#meant.set(write, watched);
    const name = `${write.service}:${write.operation}`;
    if (moment === 'after') watched.writes.push(name);
    const { hold } = watched;
    if (hold?.moment !== moment || hold.write !== name) return 'pass';
    hold.seen += 1;
    if (hold.seen !== hold.nth) return 'pass';
    const dead = this.#dead.promise;
    hold.reached();
    await dead;
    return 'drop';
  }
}
