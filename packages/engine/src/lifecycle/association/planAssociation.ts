import { nameOfArn } from '../../aws/arn';
import {
  type AssociateInput,
  associationUpdatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Desired } from '../desired';
import {
  ASSOCIATION_SETTINGS,
  type AssociationSettings,
  changeTo,
  clearedSettings,
  differingSettings,
  reasonsFor,
  SETTING_NAMES,
  settingsOf,
} from '../../identity/associationSettings';
import type { AssociationChanges, WantedAssociation } from './settings';
import { changeAssociation, createAssociation } from './associationWrites';
import type { Association } from '../../aws/association';
import {
  Ownership,
  ownerInWords,
  ownership,
  PREVIOUS_ROLES_TAG,
  tagValue,
} from '../../identity/ownership';
import { type PlanBuilder, differing } from '../steps/PlanBuilder';
import { type Scope, subjectOf } from '../steps/scope';
import { associationResource } from '../../identity/consoleLinks';

/** Input of the association's planner. */
interface AssociationPlanOptions {
  scope: Scope;
  input: AssociateInput;
  desired: Desired;
  roleArn: string;
  tags: Record<string, string>;
  /** The request could name the role of an association that is not ours. */
  mayKeepRole: boolean;
  /** Throws when the role is no longer the one of the plan. */
  confirmRole(): Promise<unknown>;
  /** Called with the id of an association that a step has made. */
  onMade(associationId: string): void;
  /** Ids of steps that a new one waits for, beside its role. */
  after?: readonly string[];
}

/** Adds the association to the plan. */
export function planAssociation(
  builder: PlanBuilder,
  current: Association | undefined,
  options: AssociationPlanOptions,
): void {
  if (!current) {
    planNew(builder, options);
    return;
  }
  const { scope } = options;
  const owner = current.ownerArn
    ? 'addon'
    : ownership(current.tags, subjectOf(scope));
  if (owner === 'addon' || owner.kind !== 'ours') {
    planNotOurs(builder, current, owner, options);
    return;
  }
  planOurs(builder, current, options);
}

function wantedAssociation({
  desired,
  roleArn,
  tags,
}: AssociationPlanOptions): WantedAssociation {
  return { ...desired.settings, roleArn, tags };
}

function planNew(builder: PlanBuilder, options: AssociationPlanOptions): void {
  const { scope } = options;
  const { ref, cluster } = scope;
  const wanted = wantedAssociation(options);
  const { tags: _tags, ...settings } = wanted;
  builder.add(
    {
      id: 'association',
      resource: {
        kind: 'association',
        name: `${cluster.name}/${ref.namespace}/${ref.serviceAccount}`,
      },
      change: 'create',
      after: withoutUndefined(settings),
      reason: 'this service account has no association yet',
      dependsOn: [...builder.ids('role'), ...(options.after ?? [])],
    },
    createAssociation(scope, wanted, {
      confirmRole: options.confirmRole,
      made: options.onMade,
    }),
  );
}

/** Settings in which an association differs from the wanted ones. */
function differences(
  current: AssociationSettings,
  options: Pick<AssociationPlanOptions, 'desired' | 'roleArn'>,
): AssociationChanges {
  const { desired, roleArn } = options;
  const wanted = { ...desired.settings, roleArn };
  return Object.fromEntries(
    differingSettings(current, wanted).map(name => [
      name,
      changeTo(name, wanted[name]),
    ]),
  );
}

/** `keep` where it fits, otherwise a conflict that names both sides; never a change. */
function planNotOurs(
  builder: PlanBuilder,
  current: Association,
  owner: 'addon' | Ownership,
  options: AssociationPlanOptions,
): void {
  const settings = settingsOf(current);
  const changes = differences(settings, options);
  const whose =
    owner === 'addon'
      ? `the add-on ${current.ownerArn}`
      : ownerInWords(owner as Ownership, builder.voice);
  const way =
    owner === 'addon'
      ? 'change it through the add-on'
      : 'ask its owner to change or delete it';
  const fits = Object.keys(changes).length === 0;
  const onlyRole = Object.keys(changes).join() === 'roleArn';
  builder.add({
    id: 'association',
    resource: associationResource(options.scope.cluster, current.id),
    owner: owner === 'addon' ? 'addon' : 'external',
    change: fits ? 'keep' : 'conflict',
    ...(fits ? {} : beforeAndAfter(settings, changes)),
    ...(onlyRole && options.mayKeepRole
      ? { choice: { roleArn: settings.roleArn } }
      : {}),
    reason: fits
      ? `it belongs to ${whose}, and is as requested`
      : `this service account already has the association ${
          current.id
        } with ${inWords(
          settings,
          changes,
        )}, which belongs to ${whose}; the request wants ${wantedInWords(
          changes,
        )}; ${way}`,
    dependsOn: fits ? builder.ids('role') : [],
  });
}

function inWords(settings: AssociationSettings, changes: AssociationChanges) {
  return SETTING_NAMES.filter(key => key in changes)
    .map(key => `${ASSOCIATION_SETTINGS[key].name} ${settings[key] ?? 'none'}`)
    .join(', ');
}

function wantedInWords(changes: AssociationChanges) {
  const cleared = clearedSettings(changes);
  return SETTING_NAMES.filter(key => key in changes)
    .map(
      key =>
        `${ASSOCIATION_SETTINGS[key].name} ${
          cleared.includes(key) ? 'none' : changes[key]
        }`,
    )
    .join(', ');
}

function beforeAndAfter(
  settings: AssociationSettings,
  changes: AssociationChanges,
) {
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  const cleared = clearedSettings(changes);
  for (const key of SETTING_NAMES) {
    if (!(key in changes)) continue;
    before[key] = settings[key] ?? null;
    after[key] = cleared.includes(key) ? null : changes[key];
  }
  return { before, after };
}

function withoutUndefined(settings: AssociationSettings) {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  );
}

function planOurs(
  builder: PlanBuilder,
  current: Association,
  options: AssociationPlanOptions,
): void {
  const { scope, input, desired } = options;
  const settings = settingsOf(current);
  const changes = differences(settings, options);
  const resource = associationResource(scope.cluster, current.id);
  if (changes.roleArn && !input.replaceRole) {
    const { name } = associationUpdatePermission;
    const may = scope.context.granted.has(name);
    builder.add({
      id: 'association',
      resource,
      change: 'conflict',
      ...beforeAndAfter(settings, changes),
      ...(may ? { choice: { replaceRole: true } } : {}),
      reason: `the association has the role ${
        settings.roleArn
      }, the request wants ${changes.roleArn}; ${
        may
          ? 'choose to replace its role, or ask for the role that it has'
          : `to replace its role you need the permission ${name} on it`
      }`,
    });
    return;
  }
  const tags = differing(current.tags, desired.tags);
  if (Object.keys(tags.after).length) changes.tags = tags.after;
  if (!Object.keys(changes).length) {
    builder.add({
      id: 'association',
      resource,
      change: 'keep',
      reason: `created by ${builder.voice.us}, and as requested`,
      dependsOn: builder.ids('role'),
    });
    return;
  }
  const { before, after } = beforeAndAfter(settings, changes);
  builder.add(
    {
      id: 'association',
      resource,
      change: 'update',
      before: { ...before, ...tags.before },
      after: { ...after, ...tags.after },
      reason: [
        ...reasonsFor(changes),
        ...(changes.tags ? ['the request gives it other tags'] : []),
      ].join('; '),
      dependsOn: builder.ids('role'),
    },
    changeAssociation(scope, current.id, {
      changes: changes.roleArn
        ? { ...changes, tags: rememberRole(current, changes.tags) }
        : changes,
      ifStill: settings,
      wanted: wantedAssociation(options),
    }),
  );
  if (changes.roleArn) {
    builder.warn(
      `The former role ${nameOfArn(
        settings.roleArn,
      )} stays: pods that run hold its credentials for up to six hours. If it is ours, teardown removes it.`,
    );
  }
  if (clearedSettings(changes).length) {
    builder.warn(
      'If AWS does not clear the value, the association is deleted and created again, and running pods get 404 from the agent in between.',
    );
  }
}

/** Names of the association's former roles, newest first, as many as fit into a tag; teardown finds the roles by it. */
function rememberRole(
  current: Association,
  tags: Record<string, string> | undefined,
): Record<string, string> {
  const former = [
    nameOfArn(current.roleArn),
    ...(current.tags[PREVIOUS_ROLES_TAG] ?? '').split(' '),
  ].filter(Boolean);
  let value = '';
  for (const name of new Set(former)) {
    const longer = value ? `${value} ${name}` : name;
    if (tagValue(longer) !== longer) break;
    value = longer;
  }
  return { ...tags, [PREVIOUS_ROLES_TAG]: value };
}
