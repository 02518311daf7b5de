import type { PolicyDecision } from '@backstage/plugin-permission-common';
import {
  associationCreatePermission,
  associationDeletePermission,
  associationReadPermission,
  type ServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Authorizer, Resources } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';

/** What the policy is asked for every card. What only some cards offer is asked for those, by `Offers`. */
const ASKED = {
  read: associationReadPermission,
  verify: verificationCreatePermission,
  remove: associationDeletePermission,
  create: associationCreatePermission,
};

type Asked = keyof typeof ASKED;

/** What the policy says, maybe under conditions. */
export type Decisions = Record<Asked, PolicyDecision>;

/** What the permissions of the caller allow on a ref. */
export type Rights = Record<Asked, boolean>;

/**
 * One request for all refs, before any is known: the policy answers by permission, and its conditions are judged by ref.
 *
 * @throws NotAllowedError when the caller is not allowed to use the pages
 */
export async function decideFor(
  caller: Caller,
  authorizer: Authorizer,
): Promise<Decisions> {
  return byName(
    await authorizer.decide(Object.values(ASKED), caller, { forPage: true }),
  );
}

/** Of each ref, in their order. */
export function rightsOn(
  refs: ServiceAccountRef[],
  decisions: Decisions,
  { authorizer, resources }: { authorizer: Authorizer; resources: Resources },
): Rights[] {
  return refs.map(ref =>
    byName(
      Object.values(decisions).map(decision =>
        authorizer.isAllowed({ decision, ref }, resources),
      ),
    ),
  );
}

/** @param values - in the order of `ASKED` */
function byName<T>(values: T[]): Record<Asked, T> {
  const names = Object.keys(ASKED) as Asked[];
  return Object.fromEntries(
    names.map((name, index) => [name, values[index]]),
  ) as Record<Asked, T>;
}
