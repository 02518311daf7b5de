import { SandboxCore } from '../../core/contract';
import { isoTime, KubeObject } from '../types';
import { InternalClient } from './client';
import { Controller } from './controller';
import { EventRecorder } from './events';
import { isActive, isReady, podFrom } from './ownership';

const hasFailed = (job: KubeObject) =>
  (job.status?.conditions ?? []).some(
    (c: any) => c.type === 'Failed' && c.status === 'True',
  );

/** Runs pods until enough have succeeded or too many have failed. */
export class JobController extends Controller {
  constructor(
    core: SandboxCore,
    client: InternalClient,
    private readonly events: EventRecorder,
  ) {
    super(core, client, 'jobs', 'Job', 'pods');
  }

  protected async reconcile(job: KubeObject) {
    if (job.status?.completionTime || hasFailed(job)) {
      return;
    }
    const pods = this.ownedBy(job);
    const active = pods.filter(isActive);
    const succeeded = pods.filter(
      pod => pod.status?.phase === 'Succeeded',
    ).length;
    const failed = pods.filter(pod => pod.status?.phase === 'Failed').length;
    const completions: number = job.spec.completions ?? 1;
    const overLimit = failed > (job.spec.backoffLimit ?? 6);
    const done = succeeded >= completions;
    if (overLimit) {
      for (const pod of active) {
        await this.client.remove(
          'pods',
          pod.metadata.namespace,
          pod.metadata.name,
        );
      }
    } else if (!done && !job.spec.suspend) {
      const most = Math.min(job.spec.parallelism ?? 1, completions - succeeded);
      for (let n = active.length; n < most; n++) {
        await this.createPod(
          job,
          podFrom(job.spec.template, job),
          this.events,
          'job-controller',
        );
      }
    }
    await this.report(job, { succeeded, failed, done, overLimit });
  }

  private async report(
    job: KubeObject,
    result: {
      succeeded: number;
      failed: number;
      done: boolean;
      overLimit: boolean;
    },
  ) {
    const now = isoTime(this.core.clock.now());
    const active = this.ownedBy(job).filter(isActive);
    const end = (type: string, more: Record<string, string>) => ({
      conditions: [
        {
          type,
          status: 'True',
          lastProbeTime: now,
          lastTransitionTime: now,
          ...more,
        },
      ],
    });
    await this.setStatus(job, {
      startTime: job.status?.startTime ?? now,
      ...(active.length > 0 && { active: active.length }),
      ready: active.filter(isReady).length,
      ...(result.succeeded > 0 && { succeeded: result.succeeded }),
      ...(result.failed > 0 && { failed: result.failed }),
      terminating: 0,
      uncountedTerminatedPods: {},
      ...(result.done && {
        completionTime: now,
        ...end('Complete', {
          reason: 'CompletionsReached',
          message: 'Reached expected number of succeeded pods',
        }),
      }),
      ...(result.overLimit &&
        end('Failed', {
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
        })),
    });
    if (result.done) {
      await this.events.record(job, {
        type: 'Normal',
        reason: 'Completed',
        message: 'Job completed',
        component: 'job-controller',
      });
    }
  }
}
