import { globMatches } from '../iam/glob';
import {
  ASSUMING,
  changingPolicy,
  evidencePolicy,
  installingPolicy,
  LIMITS,
  movingPolicy,
  optionalPolicy,
  readingPolicy,
  type RightsPlace,
  type RightsPolicy,
  type RightsStatement,
} from './portalRights';

/** Which of the portal's rights has an action, where docs/permissions.md has it, and what limits it. */

export const actionsOf = ({ Action }: RightsStatement): string[] =>
  [Action].flat();

/** Policies that a denial may ask for, and the anchor of the section of docs/permissions.md that has each. */
const DOCUMENTED: [(place: RightsPlace) => RightsPolicy, string][] = [
  [readingPolicy, 'aws-reading'],
  [changingPolicy, 'aws-changing'],
  [installingPolicy, 'aws-installing-the-agent'],
  [movingPolicy, 'aws-moving'],
  [evidencePolicy, 'aws-evidence-of-use'],
];

const ANYWHERE: RightsPlace = {
  partition: 'aws',
  region: '',
  accountId: '',
  clusterName: '',
  rolePath: '/',
  boundaryArn: '*',
  portalId: '*',
};

/** Anchor of the section of docs/permissions.md that has the statement. */
export function sectionOf({ Sid }: RightsStatement): string | undefined {
  return DOCUMENTED.find(([of]) =>
    of(ANYWHERE).Statement.some(statement => statement.Sid === Sid),
  )?.[1];
}

/** Anchor of the section of docs/permissions.md that has the action; undefined for what the portal is not meant to do. */
export function sectionWith(action: string): string | undefined {
  const statement = statementWith(action, ANYWHERE);
  if (statement) return sectionOf(statement);
  if (ASSUMING.includes(action)) return 'aws-the-portals-own-principal';
  const isOptional = optionalPolicy(ANYWHERE).Statement.some(one =>
    actionsOf(one).includes(action),
  );
  return isOptional ? 'aws-verifying' : undefined;
}

/** The one statement of the portal's rights that has the action; undefined for what the portal is not meant to do. */
export function statementWith(
  action: string,
  place: RightsPlace,
  resource?: string,
): RightsStatement | undefined {
  const having = DOCUMENTED.flatMap(([of]) => of(place).Statement).filter(
    statement => actionsOf(statement).includes(action),
  );
  // TagResource is in two of them
  const kind = resource && /:(addon|podidentityassociation)\//.exec(resource);
  return (
    having.find(
      ({ Resource }) => kind && [Resource].flat().join().includes(kind[0]),
    ) ??
    // UpdateAssumeRolePolicy, too, for roles of its path and for others
    having.find(
      ({ Resource }) =>
        resource &&
        [Resource].flat().some(pattern => globMatches(pattern, resource)),
    ) ??
    having[0]
  );
}

/** Whether the right holds only for roles that carry the boundary. */
export function needsBoundary({ Condition }: RightsStatement): boolean {
  return Boolean(Condition?.StringEquals?.[LIMITS.boundary]);
}

/** Whether the right holds only for what carries the tag of the portal. */
export function needsTag({ Condition }: RightsStatement): boolean {
  return Boolean(Condition?.StringEquals?.[LIMITS.madeBy]);
}

/** Whether the right holds only for roles that their owner tagged for the portal. */
export function needsOwnersTag({ Condition }: RightsStatement): boolean {
  return Boolean(Condition?.StringEquals?.[LIMITS.letEdit]);
}

/** Whether the right names the portal: by the tag of what is there, or of what is made. */
export function namesPortal(statement: RightsStatement): boolean {
  return (
    needsTag(statement) ||
    Boolean(statement.Condition?.StringEquals?.[LIMITS.taggedFor])
  );
}

/** Whether the portal may do this only to roles that carry the boundary. */
export function isLimitedByBoundary(action: string): boolean {
  const statement = statementWith(action, ANYWHERE);
  return statement !== undefined && needsBoundary(statement);
}
