import {
  isRestartable,
  type PlanStep,
  RESTARTABLE_KINDS,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import type { Readable } from '../../async/readable';
import type { V1Pod } from '../../kubernetes/objects';
import { type Replacement, replacementOf } from '../../kubernetes/replacing';
import { instructions } from '../../text/bash';
import type { Gate, WorkloadPods } from '../gate';
import { workloadsInWords } from '../serviceAccount/workloads';
import type { PlanBuilder } from '../steps/PlanBuilder';
import type { Scope } from '../steps/scope';
import {
  type ReadReplacing,
  readPods,
  type Restartable,
} from './readWorkloads';
import { AWAITED, restartWorkload } from './restartWrites';

const DEFAULT_SECONDS = 300;

/** Steps after which no running pod has the identity as it then is. */
const REPLACING = new Set(['role', 'association']);

const counted = (workloads: readonly WorkloadPods[]) =>
  workloads.map(({ kind, name, pods }) => ({ kind, name, pods: pods.length }));

const inWords = (workloads: readonly WorkloadPods[]) =>
  workloadsInWords(counted(workloads));

type Replaced = Replacement & { workload: Restartable };

export interface RestartFacts {
  pods: Readable<V1Pod[]>;
  replacing: ReadReplacing;
  association?: Association;
  gate: Gate;
  /** Whether the operation restarts them, or only says that they need it. */
  wanted: boolean;
  timeoutSeconds?: number;
  /** Why new pods are not known to receive the identity; asked when the first restart begins. */
  obstacle(): string | undefined;
  /** Id of the step that the first one waits for; default: the gate. */
  after?: string;
  /** What would leave a workload alone is an error, and each roll-out has the whole time for itself. */
  isStrict?: boolean;
  /** Called right before each write. */
  onWrite?(workload: Restartable): void;
  /** Adds what comes after each restart, and returns the id of the step that the next one waits for. */
  then?(id: string, workload: Restartable): string;
}

/** Adds the workloads that need a restart, one after the other, or says that they need one. */
export async function planRestart(
  builder: PlanBuilder,
  scope: Scope,
  facts: RestartFacts,
): Promise<void> {
  const { pods, association, gate, wanted } = facts;
  const { clock } = scope.context;
  if (!pods.known) {
    if (wanted) refuseUnread(builder, scope, pods.lack.sentence);
    return;
  }
  const replaced = builder.steps.some(({ plan }) => replaces(plan));
  const outdated = gate.podsToRestart(pods.value, {
    association,
    isReplaced: replaced,
    now: clock.now(),
  });
  if (outdated.length) builder.affects(counted(outdated));
  const able = RESTARTABLE_KINDS.flatMap(kind =>
    outdated.filter(isRestartable).filter(one => one.kind === kind),
  );
  const others = outdated.filter(one => !isRestartable(one));
  const replacements = await replacementsOf(scope, able, facts);
  if (!wanted) {
    tell(builder, able, replacements);
  } else {
    addSteps(builder, scope, replacements, facts);
  }
  if (others.length) {
    builder.warn(
      `${inWords(others)} run without the identity until they are recreated; ${
        scope.voice.me
      } restarts no Jobs and no pods without a Deployment, StatefulSet or DaemonSet.`,
    );
  }
}

function replaces({ id, change }: PlanStep): boolean {
  return (
    REPLACING.has(id) &&
    (change === 'create' ||
      (id === 'association' && change !== 'keep' && change !== 'conflict'))
  );
}

/** How the pods of each workload are replaced, as far as the workload can be read. */
async function replacementsOf(
  { ref }: Scope,
  able: readonly Restartable[],
  { replacing }: RestartFacts,
): Promise<Replaced[]> {
  const how = able.length ? await replacing(able) : [];
  return able.map((workload, index) => ({
    workload,
    ...replacementOf(ref.namespace, workload, how[index]),
  }));
}

function tell(
  builder: PlanBuilder,
  able: Restartable[],
  replacements: readonly Replaced[],
) {
  if (!able.length) return;
  const commands = replacements.flatMap(one =>
    one.commands.map(({ text }) => text),
  );
  builder.warn(
    `${inWords(able)} will need a restart to receive the identity${
      commands.length ? `: ${commands.join('; ')}` : ''
    }`,
  );
  for (const { advice } of replacements) if (advice) builder.warn(advice);
}

function addSteps(
  builder: PlanBuilder,
  scope: Scope,
  replacements: readonly Replaced[],
  facts: RestartFacts,
) {
  const { context, ref } = scope;
  const { association, gate, timeoutSeconds = DEFAULT_SECONDS } = facts;
  /** The operation has one limit for all roll-outs. */
  let end: number | undefined;
  const remainingMs = () => {
    if (facts.isStrict) return timeoutSeconds * 1000;
    end ??= context.clock.now() + timeoutSeconds * 1000;
    return Math.max(0, end - context.clock.now());
  };
  /** Each waits for the one before it, so none begins after a wait that was stopped. */
  let awaited: string | undefined;
  const obstacle = () => facts.obstacle() ?? awaited;
  const onAwaited = () => {
    awaited = AWAITED;
  };
  let before = builder.ids(facts.after ?? 'gate');
  for (const { workload, heldBack, advice, commands } of replacements) {
    const { kind, name, pods } = workload;
    const step = {
      id: `restart.${kind}.${name}`.toLowerCase(),
      resource: {
        kind: 'workload',
        name: `${kind} ${ref.namespace}/${name}`,
      },
      owner: 'external',
    } as const;
    if (heldBack) {
      builder.add({
        ...step,
        change: 'keep',
        reason: `it is not restarted: ${heldBack}`,
      });
      builder.warn(
        `${kind} ${
          ref.namespace
        }/${name} is not restarted: ${heldBack}. ${instructions(
          advice ?? '',
          commands,
        )}`,
      );
      continue;
    }
    const uids = new Set(pods.map(({ uid }) => uid));
    const id = builder.add(
      {
        ...step,
        change: 'update',
        reason:
          pods.length === 1
            ? '1 running pod does not have the identity yet: the roll-out replaces it'
            : `${pods.length} running pods do not have the identity yet: the roll-out replaces them`,
        dependsOn: before,
      },
      restartWorkload(scope, workload, {
        association,
        obstacle,
        remainingMs,
        onWrite: () => facts.onWrite?.(workload),
        onAwaited,
        ...(facts.isStrict ? { how: 'strict' as const } : {}),
        lacksIt: pod =>
          gate.podsToRestart([pod], {
            association,
            isReplaced: false,
            now: context.clock.now(),
          }),
        outdated: async api => {
          const now = await readPods(api, scope);
          // All that ran when the plan was made are outdated, whatever the plan has changed since.
          return gate.podsToRestart(
            now.filter(pod => uids.has(pod.metadata?.uid)),
            { association, isReplaced: true, now: context.clock.now() },
          );
        },
      }),
    );
    before = [facts.then?.(id, workload) ?? id];
  }
}

function refuseUnread(
  builder: PlanBuilder,
  { ref, voice }: Scope,
  why: string,
) {
  builder.add({
    id: 'restart',
    resource: {
      kind: 'workload',
      name: `${ref.namespace}/${ref.serviceAccount}`,
    },
    owner: 'external',
    change: 'conflict',
    reason: `${voice.me} cannot tell which pods need a restart: ${why}; restart them yourself, and run this without a restart`,
  });
}
