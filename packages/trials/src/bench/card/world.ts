import type { Entity } from '@backstage/catalog-model';
import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import { podIdentityConditions } from 'backstage-plugin-eks-pod-identity-backend';
import {
  POD_IDENTITY_ANNOTATION,
  RESOURCE_TYPE_SERVICE_ACCOUNT,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** A fleet as a company might have it: always the same one, so that figures of two runs can be compared. */

const ASSOCIATIONS = 50_000;
const FLEET = 10_000;
/** Annotations as a person who wants the portal to stand still would write them. */
export const HOSTILE_ANNOTATIONS: Record<string, string> = {
  'hostile-parts': 'x,'.repeat(98_000),
  'hostile-slashes': 'a/'.repeat(98_000),
  'hostile-spaces': ' '.repeat(196_000),
  'hostile-many': Array.from({ length: 600 }, (_, n) => `c/n/a-${n}`).join(),
};
export const ENTITIES = FLEET + Object.keys(HOSTILE_ANNOTATIONS).length;
/** Components that run under many service accounts, and under how many. */
const MANY = { entities: 20, refs: 30 };

const TEAMS = 50;
export const NOW = Date.parse('2026-11-20T12:00:00.000Z');

export const clusters = Array.from({ length: 12 }, (_, index) => ({
  id: `${index % 3 === 0 ? 'test' : 'prod'}-${index + 1}`,
  region: index % 2 ? 'eu-west-1' : 'us-east-1',
  accountId: `1111222233${index + 10}`,
}));

/** A platform engineer, whom the policy lets see everything, and a developer, who sees what is the team's. */
export const users = {
  platform: 'user:default/pia',
  developer: 'user:default/dev',
};
const developersTeam = teamName(7);
export const groupOf = {
  [users.platform]: 'group:default/platform',
  [users.developer]: `group:default/${developersTeam}`,
};

/** What the policy says of them: what belongs to their components, and everything in their namespaces. */
export function developersConditions(claims: string[]): PolicyDecision {
  return {
    result: AuthorizeResult.CONDITIONAL,
    pluginId: 'eks-pod-identity',
    resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
    conditions: {
      anyOf: [
        podIdentityConditions.isServiceAccountEntityOwner({ claims }),
        podIdentityConditions.isInNamespace({
          namespaces: [developersTeam, `${developersTeam}-*`],
        }),
      ],
    },
  };
}

function teamName(index: number) {
  return `team-${String(index).padStart(2, '0')}`;
}

const teamOf = (entity: number) => teamName(entity % TEAMS);
const entityName = (entity: number) => `service-${entity}`;
export const entityRefOf = (entity: number) =>
  `component:default/${entityName(entity)}`;

/** Components of the developer's team: with one service account, and with many. */
export const cards = { one: 107, many: 7 };

type Owner = 'portal' | 'addon' | 'external';

/** One association and what is known about it. */
export interface Seeded {
  ref: ServiceAccountRef;
  associationId: string;
  arn: string;
  roleArn: string;
  owner: Owner;
  /** Number of the component that runs under it. */
  entity?: number;
  /** The component's annotation names it, beside our tag. */
  annotated: boolean;
  orphan: boolean;
  drift: boolean;
}

/** Which component the association belongs to: many to a few, one to four to most, a third to none. */
function* entitiesInTurn(): Generator<number | undefined> {
  for (let entity = 0; entity < FLEET; entity += 1) {
    let refs = 1 + (entity % 4);
    if (entity < MANY.entities) refs = MANY.refs;
    if (entity === cards.one) refs = 1;
    for (let count = 0; count < refs; count += 1) yield entity;
  }
  for (;;) yield undefined;
}

export function* associations(): Generator<Seeded> {
  const entities = entitiesInTurn();
  for (let index = 0; index < ASSOCIATIONS; index += 1) {
    const entity = entities.next().value as number | undefined;
    const cluster = clusters[index % clusters.length];
    const team = teamOf(entity ?? index);
    const ref = {
      cluster: cluster.id,
      namespace: index % 3 === 0 ? `${team}-jobs` : team,
      serviceAccount: `${
        entity === undefined ? 'tool' : entityName(entity)
      }-${index}`,
    };
    const stranger = index % 8 ? 'external' : 'addon';
    const owner = entity === undefined ? stranger : 'portal';
    const id = `a-${index.toString(16).padStart(17, '0')}`;
    yield {
      ref,
      associationId: id,
      arn: `arn:aws:eks:${cluster.region}:${cluster.accountId}:podidentityassociation/${cluster.id}/${id}`,
      roleArn: `arn:aws:iam::${cluster.accountId}:role/backstage/eks-${cluster.id}-${ref.namespace}-${ref.serviceAccount}`,
      owner,
      entity,
      annotated: entity !== undefined && entity % 2 === 1,
      orphan: index % 199 === 0,
      drift: owner === 'portal' && index % 97 === 0,
    };
  }
}

/** Components with their annotations, as the catalog has them. */
function components(): Entity[] {
  const claimed = new Map<number, string[]>();
  for (const { entity, annotated, ref } of associations()) {
    if (entity === undefined || !annotated) continue;
    claimed.set(entity, [
      ...(claimed.get(entity) ?? []),
      stringifyServiceAccountRef(ref),
    ]);
  }
  const component = (name: string, team: string, refs?: string) => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name,
      title: `The ${name}`,
      description: 'Answers what others ask of it.',
      annotations: {
        'backstage.io/kubernetes-id': name,
        ...(refs ? { [POD_IDENTITY_ANNOTATION]: refs } : {}),
      },
    },
    spec: {
      type: 'service',
      lifecycle: 'production',
      owner: `group:default/${team}`,
    },
  });
  return [
    ...Array.from({ length: FLEET }, (_, entity) =>
      component(
        entityName(entity),
        teamOf(entity),
        claimed.get(entity)?.join(','),
      ),
    ),
    ...Object.entries(HOSTILE_ANNOTATIONS).map(([name, refs]) =>
      component(name, developersTeam, refs),
    ),
  ];
}

/** Everything the catalog holds: the components, their teams, and the two users. */
export function catalogEntities(): Entity[] {
  const apiVersion = 'backstage.io/v1alpha1';
  const origin = {
    'backstage.io/managed-by-location': 'url:https://example.com/fleet',
    'backstage.io/managed-by-origin-location': 'url:https://example.com/fleet',
  };
  const groups = [
    'platform',
    ...Array.from({ length: TEAMS }, (_, index) => teamName(index)),
  ].map(name => ({
    apiVersion,
    kind: 'Group',
    metadata: { name },
    spec: { type: 'team', children: [] },
  }));
  const people = Object.values(users).map(ref => ({
    apiVersion,
    kind: 'User',
    metadata: { name: ref.split('/')[1] },
    spec: { memberOf: [groupOf[ref]] },
  }));
  return [...people, ...groups, ...components()].map((entity: Entity) => ({
    ...entity,
    metadata: {
      ...entity.metadata,
      annotations: { ...entity.metadata.annotations, ...origin },
    },
  }));
}
