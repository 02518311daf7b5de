import { ConflictError } from '@backstage/errors';
import { isRestartable } from 'backstage-plugin-eks-pod-identity-common';
import { type Association, findAssociation } from '../../aws/association';
import type { EffectivenessGate } from '../../lifecycle/EffectivenessGate';
import type { Gate, WorkloadPods } from '../../lifecycle/gate';
import { planRestart } from '../../lifecycle/restart/planRestart';
import { deed } from '../../lifecycle/steps/deed';
import type { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import type { Scope } from '../../lifecycle/steps/scope';
import { askAwsFor, provenIn, waitForProof } from './proof';
import { isMoved, type Moving, nameOf, podsWhere } from './reading';
import type { MigrateRequest, MoveDeps } from './types';

/** Seconds for a roll-out, where the request names none. */
const ROLL_OUT_SECONDS = 300;

/** How far a move is, as it goes on. */
export interface Progress {
  /** Workloads with pods on Pod Identity that were neither seen to obtain the role nor confirmed. */
  toConfirm: Set<string>;
  /** Workloads that this run has begun to restart, and that were not seen to obtain the role. */
  unproven: Set<string>;
  /** This run made the association, or restarted a workload. */
  hasBegun: boolean;
  /** It stopped where it is by intention: nothing is wrong with what it did. */
  stands: boolean;
  /** The role does not let it in by IRSA any more. */
  isFinished: boolean;
}

/** Restarts what is left, one workload after the other, each proven before the next. */
export async function planRestarts(
  builder: PlanBuilder,
  {
    scope,
    request: { input },
    moving: { pods, replacing },
    association,
    deps,
    gate,
    roleArns,
    progress,
  }: {
    scope: Scope;
    request: MigrateRequest;
    moving: Moving;
    association: Association | undefined;
    deps: MoveDeps;
    gate: EffectivenessGate;
    roleArns: string[];
    progress: Progress;
  },
): Promise<void> {
  const searched = askAwsFor(scope, roleArns, deps.evidence);
  const evidence = await searched?.(pods);
  const ask = evidence?.state === 'read' ? searched : undefined;
  const confirmed = new Set(input.confirmed);
  const proven = evidence && ask && provenIn(pods, evidence, association);
  for (const name of podsWhere(pods, isMoved).map(nameOf)) {
    if (!confirmed.has(name) && !proven?.has(name)) {
      progress.toConfirm.add(name);
    }
  }
  const lacking = deps.verification
    .podsToRestart(pods, {
      association,
      isReplaced: association === undefined,
      now: scope.context.clock.now(),
    })
    .filter(isRestartable);
  const waiting = [...progress.toConfirm].filter(
    name => !lacking.some(one => nameOf(one) === name),
  );
  if (lacking.length > 0 && waiting.length > 0) {
    builder.warn(
      `Confirm first that these work by Pod Identity: ${waiting.join(
        ', ',
      )}. CloudTrail does not show that they obtained the role, so nothing more is restarted.`,
    );
    return;
  }
  // Without CloudTrail a person confirms each workload before the next one
  const chosen = ask ? lacking : lacking.slice(0, 1);
  const isChosen = (one: { kind: string; name: string }) =>
    chosen.some(({ kind, name }) => kind === one.kind && name === one.name);
  const ofChosen: Gate = {
    waitUntilEffective: (...all) =>
      deps.verification.waitUntilEffective(...all),
    podsToRestart: (...all): WorkloadPods[] =>
      deps.verification.podsToRestart(...all).filter(isChosen),
  };
  const seconds = input.timeoutSeconds ?? ROLL_OUT_SECONDS;
  await planRestart(builder, scope, {
    pods: { known: true, value: pods },
    replacing,
    association,
    gate: ofChosen,
    wanted: true,
    timeoutSeconds: seconds,
    obstacle: () => gate.obstacle,
    after: 'probe',
    isStrict: true,
    onWrite: ({ kind, name }) => {
      progress.hasBegun = true;
      progress.unproven.add(nameOf({ kind, name }));
    },
    then: (id, workload) => {
      const name = nameOf(workload);
      return builder.add(
        {
          id: `proof.${workload.kind}.${workload.name}`.toLowerCase(),
          resource: { kind: 'gate', name: `a pod of ${name} obtains the role` },
          owner: 'external',
          change: 'keep',
          reason: ask
            ? 'as CloudTrail shows it; the next workload waits for it'
            : 'CloudTrail is not read here: a person confirms it',
          dependsOn: [id],
        },
        {
          ...deed('wait', `until a pod of ${name} obtains the role`),
          run: async step => {
            const isProven = ask
              ? await waitForProof(scope, step, {
                  workload: name,
                  association: () =>
                    findAssociation(
                      scope.read,
                      scope.ref,
                      scope.context.signal,
                    ),
                  ask,
                })
              : undefined;
            if (isProven) {
              progress.unproven.delete(name);
              return `CloudTrail shows that a pod of ${name} obtained the role`;
            }
            progress.toConfirm.add(name);
            progress.unproven.delete(name);
            if (!ask) return `A person has to confirm that ${name} works`;
            progress.stands = true;
            throw new ConflictError(
              `CloudTrail does not show within 20 minutes that a pod of ${name} obtained the role: perhaps its program has not asked yet. Look whether it works, then confirm it, or roll it back`,
            );
          },
        },
      );
    },
  });
}
