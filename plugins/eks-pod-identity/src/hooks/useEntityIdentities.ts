import { stringifyEntityRef } from '@backstage/catalog-model';
import { useApi, useApiHolder } from '@backstage/frontend-plugin-api';
import { signalApiRef } from '@backstage/plugin-signals-react';
import type { EntityIdentities } from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';
import { podIdentityApiRef } from '../api';
import { useTellIdentities } from './knownIdentities';
import type { Polled, PollingOptions } from './Poller';
import type { Problem } from './problems';
import { usePolling } from './usePolling';

/** While a run or a look is under way; signals, where installed, come on top. */
const POLL_WHILE_RUNNING_MS = 3_000;
/** Without signals, changes by others show up after at most this long. */
const POLL_MS = 60_000;
/** With signals: catches those that were lost while the connection was down. */
const POLL_WITH_SIGNALS_MS = 5 * 60_000;

/** After these answers nothing known before is shown: the backend itself says that there is nothing to see. */
const FINAL: Problem['kind'][] = ['forbidden', 'unknown-entity'];

/** The identities of one entity, kept up to date while the page is visible. */
export function useEntityIdentities(entity: {
  kind: string;
  namespace: string;
  name: string;
}): Polled<EntityIdentities> & { refresh: () => void } {
  const api = useApi(podIdentityApiRef);
  const hasSignals = useApiHolder().get(signalApiRef) !== undefined;
  const { kind, namespace, name } = entity;
  const options = useMemo(
    (): PollingOptions<EntityIdentities> => ({
      load: signal =>
        api.getEntityIdentities({ kind, namespace, name }, { signal }),
      keepOnFailure: (data, problem) =>
        FINAL.includes(problem.kind) ? undefined : withoutProgress(data),
      pauseMs: ({ data, problem }, lastAnswer) => {
        // Waiting does not help here: the user has to sign in or to be given the permission. If there was an answer
        // before, the next one may succeed by itself.
        const isLasting = problem !== undefined && problem.kind !== 'error';
        if (isLasting) return data ? POLL_MS : undefined;
        const isMoving = lastAnswer?.identities.some(
          ({ change, verifying, looking }) =>
            verifying || looking || change?.state === 'running',
        );
        if (isMoving) return POLL_WHILE_RUNNING_MS;
        return hasSignals && !problem ? POLL_WITH_SIGNALS_MS : POLL_MS;
      },
    }),
    [api, hasSignals, kind, namespace, name],
  );
  const polled = usePolling(options);
  useTellIdentities(stringifyEntityRef({ kind, namespace, name }), polled.data);
  return polled;
}

/** Whether a run is still under way is unknown, so no spinner is shown beside the error. */
function withoutProgress(data: EntityIdentities): EntityIdentities {
  return {
    ...data,
    identities: data.identities.map(({ change, verifying: _, ...identity }) =>
      change?.state === 'running' ? identity : { ...identity, change },
    ),
  };
}
