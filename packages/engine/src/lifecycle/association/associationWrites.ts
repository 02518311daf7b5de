import { randomUUID } from 'node:crypto';
import { ServiceUnavailableError } from '@backstage/errors';
import { packages } from '../../async/packages';
import { propagationPolling } from '../../async/polling';
import { retryUntil } from '../../async/retry';
import { ownership } from '../../identity/ownership';
import { emit, changedSincePlan, Scope, subjectOf } from '../steps/scope';
import type { Deed, RunningStep } from '../steps/Step';
import { isGone } from '../steps/gone';
import { retrying, write } from '../steps/write';
import { EXISTS, readExisting, waitingForRole } from './associationRaces';
import {
  type Association,
  type AssociationSetting,
  associationIdsOf,
  describeAssociation,
  toAssociation,
} from '../../aws/association';
import {
  type AssociationSettings,
  clearedSettings,
  settingsOf,
} from '../../identity/associationSettings';
import type { AssociationChanges, WantedAssociation } from './settings';
import { deed } from '../steps/deed';

/** The association as it is now; throws when it changed since the plan. */
async function reread(
  scope: Scope,
  associationId: string,
): Promise<Association | undefined> {
  const live = await describeAssociation(
    scope.read,
    associationId,
    scope.context.signal,
  );
  if (!live) return undefined;
  const what = `Association ${associationId}`;
  if (live.ownerArn) throw changedSincePlan(what, 'an add-on owns it now');
  if (ownership(live.tags, subjectOf(scope)).kind !== 'ours') {
    throw changedSincePlan(what, 'it no longer carries our ownership tags');
  }
  return live;
}

/**
 * Creates an association.
 *
 * @param on - `confirmRole` throws when its role is no longer the one of the plan; `made` is called with its id
 */
export function createAssociation(
  scope: Scope,
  wanted: WantedAssociation,
  on: { confirmRole(): Promise<unknown>; made(associationId: string): void },
): Deed {
  return {
    ...creation(scope),
    run: async step => {
      await on.confirmRole();
      const made = await create(scope, step, wanted);
      on.made(made.id);
      return `The association ${made.id} is there`;
    },
  };
}

function creation({ ref }: Scope) {
  return deed(
    'create',
    `the association of ${ref.namespace}/${ref.serviceAccount}`,
  );
}

/**
 * Changes an association whose settings are still those of the plan. If AWS does not clear a value, the association
 * is deleted and created again.
 */
export function changeAssociation(
  scope: Scope,
  associationId: string,
  change: {
    changes: AssociationChanges;
    ifStill: AssociationSettings;
    /** All settings, in case the association must be created again. */
    wanted: WantedAssociation;
  },
): Deed {
  const { changes, ifStill, wanted } = change;
  return {
    ...deed('change', `the association ${associationId}`),
    run: async step => {
      const what = `Association ${associationId}`;
      const live = await reread(scope, associationId);
      if (!live) throw changedSincePlan(what, 'it was deleted');
      const now = settingsOf(live);
      const differs = (Object.keys(ifStill) as AssociationSetting[]).find(
        key => now[key] !== ifStill[key],
      );
      if (differs) {
        throw changedSincePlan(what, `${differs} is ${now[differs] ?? 'none'}`);
      }
      await update(scope, step, live, changes);
      const cleared = clearedSettings(changes);
      if (cleared.length === 0) return undefined;
      const after = await describeAssociation(
        scope.read,
        associationId,
        scope.context.signal,
      );
      return after && cleared.some(name => after[name])
        ? replace(scope, step, after, wanted)
        : undefined;
    },
  };
}

async function replace(
  scope: Scope,
  step: RunningStep,
  current: Association,
  wanted: WantedAssociation,
): Promise<string> {
  await emit(scope, {
    type: 'log',
    data: {
      level: 'warn',
      message: `AWS did not clear the value of ${current.id}: it is deleted and created again; running pods get 404 from the agent until then`,
    },
  });
  await remove(scope, step, current.id);
  const made = await create(
    scope,
    { ...step, ...creation(scope) },
    { ...wanted, tags: { ...current.tags, ...wanted.tags } },
  );
  return `Replaced by the association ${made.id}`;
}

function deletion(associationId: string) {
  return deed('delete', `the association ${associationId}`);
}

/** Deletes an association if it still has the planned role. */
export function deleteAssociation(
  scope: Scope,
  associationId: string,
  ifStill: { roleArn: string },
): Deed {
  return {
    ...deletion(associationId),
    run: async step => {
      const live = await reread(scope, associationId);
      if (live && live.roleArn !== ifStill.roleArn) {
        throw changedSincePlan(
          `Association ${associationId}`,
          `its role is ${live.roleArn} now`,
        );
      }
      await remove(scope, step, associationId);
      return `The association ${associationId} is gone`;
    },
  };
}

/** Creates the association and resolves races with other writers. */
async function create(
  scope: Scope,
  step: RunningStep,
  wanted: WantedAssociation,
): Promise<Association> {
  const { timings } = scope.context.config;
  const { ref, cluster } = scope;
  // One token for all attempts, so that a request whose answer was lost is not carried out twice.
  const clientRequestToken = randomUUID();
  let existing: Association | undefined;
  const waitForRole = waitingForRole(scope, wanted);
  return retrying(
    scope,
    step,
    {
      deadlineMs: Math.max(timings.rolePropagation, timings.associationGone),
      waitFor: async (info, elapsedMs) => {
        if (EXISTS.test(info.message)) {
          existing = await readExisting(scope, info.message, wanted);
          if (existing) return 'An equal association was created meanwhile';
          return elapsedMs < timings.associationGone
            ? 'Waiting until the deleted association is gone everywhere'
            : undefined;
        }
        return elapsedMs < timings.rolePropagation
          ? waitForRole(info, elapsedMs)
          : undefined;
      },
    },
    async () => {
      if (existing) return existing;
      const { association } = await write(scope, step, () =>
        scope.write.aws.eks.send(
          new packages.eks.CreatePodIdentityAssociationCommand({
            clusterName: cluster.name,
            namespace: ref.namespace,
            serviceAccount: ref.serviceAccount,
            ...wanted,
            disableSessionTags: wanted.disableSessionTags || undefined,
            clientRequestToken,
          }),
        ),
      );
      return toAssociation(association ?? {});
    },
  );
}

/** Changes an association; reports a value that AWS did not clear. */
async function update(
  scope: Scope,
  step: RunningStep,
  current: Association,
  { tags, ...settings }: AssociationChanges,
): Promise<void> {
  const { id: associationId, arn: associationArn } = current;
  const { eks } = scope.write.aws;
  if (tags) {
    const does = `tag the association ${associationId}`;
    await write(scope, { ...step, does }, () =>
      eks.send(
        new packages.eks.TagResourceCommand({
          resourceArn: associationArn,
          tags,
        }),
      ),
    );
  }
  if (!Object.keys(settings).length) return;
  const after = {
    roleArn: settings.roleArn ?? current.roleArn,
    disableSessionTags:
      settings.disableSessionTags ?? current.disableSessionTags,
  };
  await write(
    scope,
    step,
    () =>
      eks.send(
        new packages.eks.UpdatePodIdentityAssociationCommand({
          clusterName: scope.cluster.name,
          associationId,
          ...settings,
        }),
      ),
    {
      deadlineMs: scope.context.config.timings.rolePropagation,
      waitFor: waitingForRole(scope, after),
    },
  );
}

/** Deletes an association and waits until it is gone: Describe answers 404 **and** List no longer names it. */
async function remove(
  scope: Scope,
  step: RunningStep,
  associationId: string,
): Promise<void> {
  try {
    await write(scope, { ...step, ...deletion(associationId) }, () =>
      scope.write.aws.eks.send(
        new packages.eks.DeletePodIdentityAssociationCommand({
          clusterName: scope.cluster.name,
          associationId,
        }),
      ),
    );
  } catch (error) {
    const isThere = async () =>
      (await describeAssociation(
        scope.read,
        associationId,
        scope.context.signal,
      )) !== undefined;
    if (!(await isGone(error, isThere))) throw error;
  }
  await confirmGone(scope, step, associationId);
}

/** Asks Describe and List, each until it no longer shows the association. */
async function confirmGone(
  scope: Scope,
  step: RunningStep,
  associationId: string,
) {
  const { clock, config, signal } = scope.context;
  const { associationGone, retryPause } = config.timings;
  let showing = [
    async () =>
      (await describeAssociation(scope.read, associationId, signal)) !==
      undefined,
    async () =>
      (await associationIdsOf(scope.read, scope.ref, signal)).includes(
        associationId,
      ),
  ];
  const gone = await retryUntil(
    clock,
    {
      deadlineMs: associationGone,
      polling: propagationPolling(retryPause),
      signal,
    },
    async attempt => {
      const shown = await Promise.all(showing.map(ask => ask()));
      showing = showing.filter((_, index) => shown[index]);
      if (showing.length === 0) return true;
      if (attempt === 1) {
        await emit(scope, {
          type: 'step',
          data: {
            id: step.id,
            status: 'waiting',
            message: 'Waiting until the association is gone everywhere',
          },
        });
      }
      return undefined;
    },
  );
  if (!gone) {
    throw new ServiceUnavailableError(
      `AWS accepted the deletion of the association ${associationId} but still shows it after ${Math.round(
        associationGone / 1000,
      )} s. Run it again in a minute.`,
    );
  }
}
