import { SandboxCore } from '../../core/contract';
import { isoTime, KubeObject } from '../types';
import { InternalClient } from './client';
import { Controller } from './controller';
import { nextRun } from './cronSchedule';
import { isActive, ownerReference } from './ownership';

const isRunning = (job: KubeObject) =>
  !job.status?.conditions?.some((c: any) =>
    ['Complete', 'Failed'].includes(c.type),
  ) && isActive(job);

/** Starts a Job whenever a CronJob is due, by the simulated clock. */
export class CronJobController extends Controller {
  readonly #timers = new Map<string, () => void>();

  constructor(core: SandboxCore, client: InternalClient) {
    super(core, client, 'cronjobs', 'CronJob', 'jobs');
  }

  stop() {
    super.stop();
    this.#timers.forEach(cancel => cancel());
  }

  protected async reconcile(cron: KubeObject) {
    const uid = cron.metadata.uid!;
    this.#timers.get(uid)?.();
    const at = nextRun(cron.spec.schedule, this.core.clock.now());
    if (at !== undefined && !cron.spec.suspend) {
      this.#timers.set(
        uid,
        this.core.clock.schedule(at, () => this.startJob(cron, at)),
      );
    }
    await this.tidy(cron);
    const active = this.ownedBy(cron).filter(job => isRunning(job));
    await this.setStatus(cron, {
      ...cron.status,
      active: active.map(job => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: job.metadata.name,
        namespace: job.metadata.namespace,
        uid: job.metadata.uid,
      })),
    });
  }

  private async startJob(cron: KubeObject, at: number) {
    const { namespace, name } = cron.metadata;
    const current = this.client.get('cronjobs', namespace, name);
    if (
      !current ||
      current.metadata.uid !== cron.metadata.uid ||
      current.spec.suspend
    ) {
      return;
    }
    const running = this.ownedBy(current).filter(isRunning);
    const { concurrencyPolicy, jobTemplate } = current.spec;
    if (concurrencyPolicy === 'Replace') {
      for (const job of running) {
        await this.client.remove('jobs', namespace, job.metadata.name);
      }
    }
    if (concurrencyPolicy !== 'Forbid' || running.length === 0) {
      await this.client.create('jobs', namespace, {
        metadata: {
          name: `${name}-${Math.floor(at / 60_000)}`,
          labels: jobTemplate.metadata?.labels,
          annotations: jobTemplate.metadata?.annotations,
          ownerReferences: [ownerReference(current)],
        },
        spec: jobTemplate.spec,
      });
    }
    await this.client.changeStatus('cronjobs', namespace, name, object => {
      object.status = { ...object.status, lastScheduleTime: isoTime(at) };
    });
  }

  /** Keeps as many finished Jobs as the history limits say. */
  private async tidy(cron: KubeObject) {
    const finished = (type: string) =>
      this.ownedBy(cron)
        .filter(job =>
          job.status?.conditions?.some((c: any) => c.type === type),
        )
        .sort((a, b) =>
          a.metadata.creationTimestamp!.localeCompare(
            b.metadata.creationTimestamp!,
          ),
        );
    const limits = [
      ['Complete', cron.spec.successfulJobsHistoryLimit ?? 3],
      ['Failed', cron.spec.failedJobsHistoryLimit ?? 1],
    ] as const;
    for (const [type, limit] of limits) {
      const jobs = finished(type);
      for (const job of jobs.slice(0, Math.max(jobs.length - limit, 0))) {
        await this.client.remove(
          'jobs',
          job.metadata.namespace,
          job.metadata.name,
        );
      }
    }
  }
}
