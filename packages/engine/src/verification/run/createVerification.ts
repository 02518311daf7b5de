import { NotAllowedError } from '@backstage/errors';
import type {
  PodIdentityCheck,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { pausing } from '../../async/CallRecorder';
import { Deadline } from '../../async/deadline';
import { Memo } from '../../async/memo';
import { Semaphore } from '../../async/Semaphore';
import type { ClusterConfig } from '../../clusters/types';
import type { ReadEvidence } from '../../evidence/types';
import { identityRefusal } from '../../guardrails';
import { readEntityRecord } from '../../identity/entityRecord';
import { ownership } from '../../identity/ownership';
import { givingUpOnce } from '../../kubernetes/givingUp';
import { adaptCheck } from './additionalChecks';
import { makeBundle } from './bundle';
import {
  docsUrlOf,
  type AnyCheck,
  type CheckContext,
} from '../framework/check';
import { checksFor } from './checks';
import { proveIrsa } from '../credentials/irsaRun';
import { AdmittedPods } from '../framework/admittedPods';
import type { Collecting } from '../framework/collecting';
import { collectors } from './collectors';
import { FactSource } from '../framework/FactSource';
import { fingerprintOf } from './fingerprint';
import { lackOutcome } from '../access/lackOutcome';
import { podsToRestart } from '../workloads/podsToRestart';
import { ProbeQueue, type ProbeTurn } from './ProbeQueue';
import { ProofCache, type StoredProofs } from './ProofCache';
import { buildReport, type Judgement } from './report';
import { sentence } from '../framework/redactReport';
import { runChecks } from '../framework/runner';
import type { FactProviders, VerifyRequest } from '../framework/request';
import type { Verification, VerifyContext } from './verification';
import { waitUntilEffective } from '../admission/waitUntilEffective';
import { settingOf, voiceOf } from '../../text/voice';
import { capitalised } from '../../text/capitalised';

export interface VerificationOptions {
  /** Checks of adopters, from the extension point. */
  additionalChecks?: readonly PodIdentityCheck[];
  /** Where docs/checks.md can be read, without an anchor; default: relative. */
  docsBaseUrl?: string;
  /** Answers what AWS recorded; absent where the portal reads no evidence. */
  evidence?: ReadEvidence;
  /** Proofs stored by other processes; without it only proofs of this process are reused. */
  storedProofs?: StoredProofs;
}

/** Longest time for a glance. */
const GLANCE_SECONDS = 20;

/** Facts beside the identity that a dry run and the pod wait for. */
const NEEDED_ANYWAY = [
  'cluster',
  'serviceAccount',
  'pods',
  'podRights',
] as const;

/** One running verification. */
interface Run {
  request: VerifyRequest;
  context: VerifyContext;
  cluster: ClusterConfig;
  /** Facts that the caller knows already. */
  known: FactProviders;
  deadline: Deadline;
  remainingMs(): number;
  tell: Collecting['tell'];
}

/**
 * Creates the verification service. Create it once per process: it holds the probe limit of each cluster, the queue
 * of each service account and the reusable proofs.
 */
export function createVerification(
  options: VerificationOptions = {},
): Verification {
  const { additionalChecks = [] } = options;
  const slots = new Memo<string, Semaphore>();
  const proofs = new ProofCache(options.storedProofs);
  const queue = new ProbeQueue(proofs);
  const admitted = new AdmittedPods();

  const slotsOf = ({ id, probe }: ClusterConfig) =>
    slots.get(
      // A supplier may give the cluster another limit
      `${id} ${probe.maxConcurrent}`,
      () => new Semaphore(Math.max(1, probe.maxConcurrent)),
    );

  const look = ({ request, context, cluster, ...run }: Run) =>
    new FactSource(collectors, run.known, {
      request,
      operation: context,
      read: context.clusters.session(cluster.id, 'read'),
      verify: context.clusters.session(cluster.id, 'verify'),
      signal: run.deadline.signal,
      remainingMs: run.remainingMs,
      tell: run.tell,
      evidence: options.evidence,
      admitted,
      withProbeSlot: async work => {
        const clusterSlots = slotsOf(cluster);
        if (clusterSlots.full) {
          await run.tell(
            `Waiting for a free probe: ${cluster.id} runs at most ${cluster.probe.maxConcurrent} at once.`,
          );
        }
        const leave = await pausing('turn', () =>
          clusterSlots.take(run.deadline.signal),
        );
        return work().finally(leave);
      },
    });

  /**
   * Facts about an identity that the initiator may verify. Without the association its owner is unknown, and no pod runs
   * but for administrators.
   *
   * @throws NotAllowedError when it is ours, for an entity that the initiator does not own
   */
  const lookAsOwner = async (run: Run): Promise<FactSource> => {
    const facts = look(run);
    const { request, context, cluster } = run;
    if (!context.claimant) return facts;
    // Read meanwhile: each run asks for these, and they do not tell whose identity it is.
    for (const name of NEEDED_ANYWAY) facts.get(name).catch(() => undefined);
    const association = await facts.get('association');
    if (!association.known) {
      const { isAdministrator } = context.claimant;
      if (request.probe !== 'pod' || isAdministrator) return facts;
      run.request = { ...request, probe: 'none' };
      await run.tell(
        'The association cannot be read, so nothing says whose identity this is: no pod is run.',
        'warn',
      );
      return look(run);
    }
    const { ref } = request;
    const { portalId } = context.config;
    const subject = { ...ref, portalId, cluster };
    const tags = association.value?.tags;
    // What was made for no component is judged as what others made: by the right to run a pod
    if (ownership(tags, subject).kind === 'ours' && readEntityRecord(tags)) {
      const refusal = await identityRefusal(ref, tags, context);
      if (refusal) throw new NotAllowedError(refusal);
    }
    return facts;
  };

  /** Waits until a pod may start, or until a proof answers. */
  const wait = async (
    run: Run,
    turn: ProbeTurn,
  ): Promise<{ facts: FactSource; proof?: VerificationReport }> => {
    const { context } = run;
    const { probeInterval } = context.config.timings;
    let facts = await lookAsOwner(run);
    // A person who asks to verify now has a reason that the portal might not see.
    const reusing = run.request.trigger !== 'user';
    const mayRun = await facts.get('mayRun');
    while (run.request.probe === 'pod' && mayRun.known) {
      // A change may have handed the identity to another component, which must not get the report of the one before.
      const since = Math.max(
        context.clock.now() - probeInterval,
        run.request.changedAt ?? 0,
      );
      // What another user was let try answers no test that this one must not have.
      const mayTest = await facts.get('mayTest');
      const isOpen = mayTest.known || run.request.permissionChecks.length === 0;
      const proof =
        reusing && isOpen && (await proofs.answer(run.request, facts, since));
      if (proof) return { facts, proof };
      context.signal.throwIfAborted();
      if (!(await turn.await(facts))) break;
      // The facts may have changed during the wait.
      facts = await lookAsOwner(run);
    }
    return { facts };
  };

  const judge = async (
    run: Run,
    facts: FactSource,
  ): Promise<Judgement & { context: CheckContext }> => {
    const { request, context, cluster, deadline } = run;
    const { clock, signal } = context;
    const startedAt = clock.now();
    const seen: CheckContext = {
      ref: request.ref,
      cluster,
      probe: request.probe,
      perNodeGroup: request.perNodeGroup,
      portalId: context.config.portalId,
      sdk: context.entity?.sdk,
      now: startedAt,
      changedAt: request.changedAt,
    };
    const read = new Set(additionalChecks.flatMap(({ reads = [] }) => reads));
    const checks: AnyCheck[] = [
      ...checksFor(request).map(check =>
        check.id === 'access.aws'
          ? { ...check, uses: [...check.uses, ...read] }
          : check,
      ),
      ...additionalChecks.map(check =>
        adaptCheck(check, {
          entityRef: request.entityRef,
          signal: deadline.signal,
        }),
      ),
    ];
    context.sawChecks?.(checks.map(({ id }) => id));
    await context.emit({
      type: 'log',
      data: {
        level: 'info',
        message: `${checks.length} checks to do.`,
        checks: checks.length,
      },
    });
    const judged = await runChecks({
      checks,
      facts,
      context: seen,
      clock,
      onLack: lackOutcome,
      docsUrl: anchor => docsUrlOf(options.docsBaseUrl, anchor),
      onResult: async result => {
        signal.throwIfAborted();
        await context.emit({ type: 'check', data: result });
      },
    });
    signal.throwIfAborted();
    const finishedAt = clock.now();
    return { checks, ...judged, startedAt, finishedAt, context: seen };
  };

  const verify: Verification['verify'] = async (asked, context, known = {}) => {
    const run = await begin(asked, context, known);
    const turn = queue.turn(asked.ref, {
      changedAt: asked.changedAt,
      clock: context.clock,
      deadline: run.deadline,
      remainingMs: run.remainingMs,
      intervalMs:
        asked.trigger === 'user' ? 0 : context.config.timings.probeInterval,
      tell: run.tell,
    });
    try {
      const { facts, proof } = await wait(run, turn);
      if (proof) return await reuse(proof, run);
      const { request } = run;
      const mayTest = await facts.get('mayTest');
      if (request.permissionChecks.length > 0 && !mayTest.known) {
        await run.tell(mayTest.lack.sentence, 'warn');
      }
      const judgement = await judge(run, facts);
      const association = await facts.get('association');
      if (association.known) context.sawAssociation?.(association.value);
      const report = await buildReport(request, facts, judgement);
      context.sawFacts?.(
        makeBundle({
          report,
          request,
          context: judgement.context,
          facts: await facts.collected(),
        }),
      );
      // A run that left tests out answers none that asks for them.
      const answered =
        report.withheld === undefined
          ? asked
          : { ...asked, permissionChecks: [] };
      proofs.remember(answered, report, context.config.timings.probeInterval);
      return report;
    } finally {
      turn.leave();
      run.deadline.cancel();
    }
  };

  const glance: Verification['glance'] = async (ref, context) => {
    const run = await begin(
      {
        ref,
        trigger: 'schedule',
        probe: 'none',
        permissionChecks: [],
        timeoutSeconds: GLANCE_SECONDS,
      },
      context,
      {},
    );
    try {
      const facts = look(run);
      const association = await facts.get('association');
      return {
        association: association.known ? association.value : undefined,
        fingerprint: await fingerprintOf(facts),
      };
    } finally {
      run.deadline.cancel();
    }
  };

  return {
    glance: (...args) => givingUpOnce(() => glance(...args)),
    verify: (...args) => givingUpOnce(() => verify(...args)),
    waitUntilEffective: (...args) =>
      givingUpOnce(() => waitUntilEffective(...args)),
    podsToRestart,
    proveIrsa: (ref, question, context) =>
      givingUpOnce(async () => {
        const cluster = context.clusters.get(ref.cluster);
        const leave = await pausing('turn', () =>
          slotsOf(cluster).take(context.signal),
        );
        return proveIrsa(ref, question, context).finally(leave);
      }),
  };
}

/** Starts the clock of a run, and limits its probe level to what the cluster allows. */
async function begin(
  asked: VerifyRequest,
  context: VerifyContext,
  known: FactProviders,
): Promise<Run> {
  const { clock, emit, signal } = context;
  const cluster = context.clusters.get(asked.ref.cluster);
  const timeoutMs = asked.timeoutSeconds * 1000;
  const end = clock.now() + timeoutMs;
  const tell: Collecting['tell'] = (message, level = 'info') =>
    emit({ type: 'log', data: { level, message: sentence(message) } });
  const withoutPod =
    cluster.kubernetes.access === 'none' && asked.probe !== 'none';
  if (withoutPod) {
    const voice = voiceOf(cluster);
    await tell(
      `${capitalised(voice.me)} does not use the Kubernetes API of ${
        cluster.id
      } (${settingOf(
        voice,
        'kubernetes.access: none',
      )}), so no pod is run and only AWS is checked.`,
      'warn',
    );
  }
  return {
    request: withoutPod ? { ...asked, probe: 'none' } : asked,
    context,
    cluster,
    known,
    deadline: new Deadline(clock, signal).start(timeoutMs),
    remainingMs: () => end - clock.now(),
    tell,
  };
}

/** Answers with an earlier proof, reported check by check like a run. */
async function reuse(
  proof: VerificationReport,
  { context, tell }: Run,
): Promise<VerificationReport> {
  await tell(
    'Nothing has changed since a pod proved this identity less than a minute ago; that report is returned.',
  );
  for (const check of proof.checks) {
    await context.emit({ type: 'check', data: check });
  }
  return { ...proof, reused: true };
}
