import {
  PlanRequest,
  planRequestSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import type { FormValues } from '../form';
import type { InputSource } from './schema';

/** The request that the values filled in so far make, or why there is none. */
export type PlanRequestResult =
  | { request: PlanRequest }
  | { incomplete: true }
  | { invalid: string };

const TARGET = {
  clusterName: 'clusterName',
  namespace: 'namespace',
  serviceAccount: 'serviceAccount',
  entityRef: 'entityRef',
};

/** Makes the request from the form, as the template makes the action’s input. */
export function planRequestOf(
  kind: PlanRequest['kind'],
  sources: Record<string, InputSource>,
  values: FormValues,
): PlanRequestResult {
  const input = Object.fromEntries(
    Object.entries({ ...TARGET, ...sources })
      .map(([name, source]) => [name, valueOf(source, values)] as const)
      .filter(([, value]) => !isEmpty(value)),
  );
  if (!input.clusterName || !input.namespace || !input.serviceAccount) {
    return { incomplete: true };
  }
  const parsed = planRequestSchema.safeParse({ kind, input });
  if (parsed.success) return { request: parsed.data };
  const { path, message } = parsed.error.issues[0];
  // The first part of the path is always `input`
  return { invalid: [path.slice(1).join('.'), message].join(' ').trim() };
}

function valueOf(source: InputSource, values: FormValues): unknown {
  if (typeof source === 'string') return values[source];
  if (!('from' in source)) return source.value;
  const applies = Object.entries(source.when ?? {}).every(
    ([property, wanted]) => values[property] === wanted,
  );
  return applies ? values[source.from] : undefined;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
