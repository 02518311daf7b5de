import { InputError, NotAllowedError } from '@backstage/errors';
import { workloadRestartPermission } from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig, EngineConfig } from '../clusters/types';
import type { CatalogEntity } from '../identity/entityRecord';
import { sameEntity } from '../identity/ownership';
import { capitalised } from '../text/capitalised';
import { settingOf, voiceOf } from '../text/voice';
import { type Claimant, isOneOf } from './identityOwner';

/** Context that a request is judged in. */
export interface GuardrailContext {
  cluster: ClusterConfig;
  config: Pick<EngineConfig, 'tags'>;
  /** The asking user, who must own the entity of the request. Undefined for a service, which needs none. */
  claimant: Claimant | undefined;
  /** The entity of the request. */
  entity?: CatalogEntity;
  /** Names of the granted permissions. */
  granted: ReadonlySet<string>;
}

/** A person who expects to own the component sees at once that they are signed in as another user. */
function signedInAs({ claims }: Claimant): string {
  const user = [...claims].find(claim => claim.startsWith('user:'));
  return user ? ` (you are signed in as ${user})` : '';
}

export function checkEntity(
  input: { entityRef?: string },
  { claimant, entity }: GuardrailContext,
): void {
  if (!claimant || claimant.isAdministrator) return;
  const { entityRef } = input;
  if (!entityRef) {
    throw new InputError(
      'entityRef is missing: name the component this identity belongs to, such as component:default/payments-api; you must own it',
    );
  }
  const owners = sameEntity(entity?.entityRef, entityRef)
    ? entity?.ownerRefs ?? []
    : [];
  if (isOneOf(owners, claimant)) return;
  throw new NotAllowedError(
    `entityRef ${entityRef} is not allowed: ${
      owners.length
        ? `${entityRef} belongs to ${owners.join(
            ', ',
          )}, and you are none of them`
        : 'neither you nor one of your groups owns it'
    }${signedInAs(
      claimant,
    )}. Ask its owner, or choose a component that you own`,
  );
}

/** @param what - `restartWorkloads`, or what begins a sentence of its own */
export function checkRestartRight(
  what: string,
  { cluster, granted }: GuardrailContext,
): void {
  if (cluster.kubernetes.access === 'none') {
    throw new InputError(
      `${what} is not possible: cluster ${
        cluster.id
      } is configured with ${settingOf(
        voiceOf(cluster),
        'kubernetes.access: none',
      )}. Restart the workloads yourself`,
    );
  }
  if (!granted.has(workloadRestartPermission.name)) {
    throw new NotAllowedError(
      `${what} is not allowed: you lack the permission ${workloadRestartPermission.name} for this service account`,
    );
  }
}

/** What only a cluster whose Kubernetes is reached can do. */
export function checkReached(
  what: string,
  { cluster }: GuardrailContext,
): void {
  if (cluster.kubernetes.access !== 'none') return;
  throw new InputError(
    `${what} is not possible: cluster ${
      cluster.id
    } is configured with ${settingOf(
      voiceOf(cluster),
      'kubernetes.access: none',
    )}, so that no pod can be looked at. Use the commands of the plan`,
  );
}

export function checkChanges({ cluster }: GuardrailContext): void {
  if (cluster.allow.changes) return;
  throw new NotAllowedError(
    `${capitalised(voiceOf(cluster).us)} changes nothing on cluster ${
      cluster.id
    }, which is configured with allow.changes: false: it watches and verifies. Change the identity where it is made, such as in Terraform, or ask the owner of the cluster`,
  );
}
