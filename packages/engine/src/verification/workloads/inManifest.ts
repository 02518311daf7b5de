import { z } from 'zod/v3';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { V1Pod } from '../../kubernetes/objects';
import type { CheckId } from '../framework/checkIds';
import type { CarriedFact, PodFact } from '../framework/facts/workloads';
import { IRSA_ANNOTATION, podFact } from './kubernetesWorkload';
import { optedOut, SKIP_CONTAINERS, SKIP_WEBHOOK } from './lackingPods';
import { harmOf } from './shadowed';
import { presetsOf } from './templates';

/** Keys and indexes that lead to a place in a manifest, such as `['spec', 'template', 0]`. @public */
export type ManifestPath = readonly (string | number)[];

/** What a check finds, and where a manifest says it. @public */
export interface ManifestPlace {
  check: CheckId;
  path: ManifestPath;
}

/** What an object of a manifest is to an identity. @public */
export interface ManifestObject {
  kind: string;
  name: string;
  /** Absent where the manifest leaves it to what applies it. */
  namespace?: string;
  /**
   * `account` is the service account itself; pods of `workload` run under it; `other` is neither. A workload under
   * another account is `workload` too where it is named as this one, as it may be meant to run under it.
   */
  is: 'account' | 'workload' | 'other';
  /** Where it names the service account, or itself. */
  named: ManifestPath;
  /** What in it can be the cause of a finding, the most likely first. */
  places: ManifestPlace[];
}

const named = z.object({ name: z.string() }).passthrough();
const things = z.array(z.object({}).passthrough());

const container = named.extend({
  env: z.array(named.extend({ value: z.string().optional() })).optional(),
  envFrom: things.optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  volumeMounts: z.array(named.extend({ mountPath: z.string() })).optional(),
  restartPolicy: z.string().optional(),
});

const volume = named.extend({
  projected: z.object({ sources: things.optional() }).optional(),
});

const texts = z.record(z.string()).optional();
const meta = z.object({ labels: texts, annotations: texts });

/** Of a pod what decides about its identity; the rest of a file is unchecked. */
const podSchema = z.object({
  metadata: meta.optional(),
  spec: z.object({
    serviceAccountName: z.string().optional(),
    containers: z.array(container).min(1),
    initContainers: z.array(container).optional(),
    volumes: z.array(volume).optional(),
  }),
});

const objectSchema = z.object({
  kind: z.string(),
  metadata: meta.extend({
    name: z.string(),
    namespace: z.string().optional(),
  }),
  spec: z.unknown(),
});

/** Where each kind has the template of its pods. */
const TEMPLATES = new Map<string, string[]>([
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'].map(
    (kind): [string, string[]] => [kind, ['spec', 'template']],
  ),
  ['CronJob', ['spec', 'jobTemplate', 'spec', 'template']],
  ['Pod', []],
]);

type Container = z.infer<typeof container>;
type Template = z.infer<typeof podSchema>;

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((one: any, key) => one?.[key], value);

/** Of a setting that `kubectl set env` would undo. */
const variableOf = (setting: string) => setting.replace(/[-=]$/, '');

/** Where a container has something that comes before the identity. */
function carriedAt(one: CarriedFact, of: Container): ManifestPath[] {
  const variables = (one.unset ?? []).map(variableOf);
  const inEnv = (of.env ?? []).flatMap(({ name }, index): ManifestPath[] =>
    variables.includes(name) ? [['env', index]] : [],
  );
  const inMounts = (of.volumeMounts ?? []).flatMap(
    ({ mountPath }, index): ManifestPath[] =>
      one.mount?.paths.includes(mountPath) ? [['volumeMounts', index]] : [],
  );
  const found = [...inEnv, ...inMounts];
  if (found.length > 0) return found.slice(0, 1);
  if (one.bySecretName && of.envFrom) return [['envFrom']];
  if (of.args) return [['args']];
  return [[of.command ? 'command' : 'name']];
}

/** Each container of a template, with where it stands. */
function containersOf({ spec }: Template): [ManifestPath, Container][] {
  return (['containers', 'initContainers'] as const).flatMap(list =>
    (spec[list] ?? []).map((one, index): [ManifestPath, Container] => [
      ['spec', list, index],
      one,
    ]),
  );
}

const each = (checks: CheckId[], path: ManifestPath): ManifestPlace[] =>
  checks.map(check => ({ check, path }));

/** What keeps the pods of a template from the identity of its service account. */
function faultsOf(template: Template, fact: PodFact): ManifestPlace[] {
  const { labels = {} } = template.metadata ?? {};
  const out: ManifestPath =
    SKIP_WEBHOOK in labels
      ? ['metadata', 'labels', SKIP_WEBHOOK]
      : ['metadata', 'annotations', SKIP_CONTAINERS];
  const left = optedOut(fact) || fact.skipContainers.length > 0;
  const presets = presetsOf(fact);
  return [
    ...(left ? each(['workloads.injected', 'workloads.templates'], out) : []),
    ...containersOf(template).flatMap(([path, one]) => {
      const { name } = one;
      const containers = fact.containers.filter(other => other.name === name);
      const set = presets.find(preset => preset.container === name)?.set ?? [];
      return [
        ...harmOf({ ...fact, containers }, undefined).flatMap(harm =>
          carriedAt(harm, one).flatMap(inside =>
            each(
              [
                'workloads.shadowed',
                'workloads.templates',
                'workloads.obtained',
              ],
              [...path, ...inside],
            ),
          ),
        ),
        ...(one.env ?? []).flatMap((variable, index) =>
          set.includes(variable.name)
            ? each(
                ['workloads.injected', 'workloads.templates'],
                [...path, 'env', index],
              )
            : [],
        ),
      ];
    }),
  ];
}

/**
 * What an object of a manifest is to an identity, and where it says what keeps the identity from its pods. It judges the
 * text of a file: what runs in the cluster may be of another one.
 *
 * @param value - one document of a manifest as JSON
 * @returns undefined where it is no object of Kubernetes with a name, or one of another namespace
 * @public
 */
export function objectInManifest(
  value: unknown,
  { namespace, serviceAccount }: Omit<ServiceAccountRef, 'cluster'>,
): ManifestObject | undefined {
  const parsed = objectSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { kind, metadata } = parsed.data;
  const { name } = metadata;
  if (metadata.namespace && metadata.namespace !== namespace) return undefined;
  const object = {
    kind,
    name,
    ...(metadata.namespace ? { namespace } : {}),
    named: ['metadata', 'name'],
  };
  if (kind === 'ServiceAccount' && name === serviceAccount) {
    const path = ['metadata', 'annotations', IRSA_ANNOTATION];
    return {
      ...object,
      is: 'account',
      places: at(value, path) ? each(['service-account.irsa'], path) : [],
    };
  }
  const prefix = TEMPLATES.get(kind);
  const template = podSchema.safeParse(prefix && at(value, prefix));
  if (!prefix || !template.success)
    return { ...object, is: 'other', places: [] };
  const under = template.data.spec.serviceAccountName ?? 'default';
  const account = template.data.spec.serviceAccountName
    ? [...prefix, 'spec', 'serviceAccountName']
    : object.named;
  if (under !== serviceAccount) {
    const isMeant = name === serviceAccount;
    return {
      ...object,
      is: isMeant ? 'workload' : 'other',
      named: account,
      places: isMeant
        ? each(['workloads.service-account', 'workloads.templates'], account)
        : [],
    };
  }
  const fact = podFact(template.data as V1Pod);
  return {
    ...object,
    is: 'workload',
    named: account,
    places: faultsOf(template.data, fact).map(({ check, path }) => ({
      check,
      path: [...prefix, ...path],
    })),
  };
}
