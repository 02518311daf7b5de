import {
  PlanRequest,
  type PlanStep,
  planRequestSchema,
  problemsOf,
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

/** What the user chose where a plan leaves a choice. */
export type Choice = NonNullable<PlanStep['choice']> & {
  /** The service account that it was chosen for. */
  target: string;
};

/** Says which service account the values name. */
export function targetOf(values: FormValues): string {
  return [values.clusterName, values.namespace, values.serviceAccount].join(
    '/',
  );
}

/** The choice, unless it was made for another service account. */
export function choiceFor(
  values: FormValues,
  value: unknown,
): Omit<Choice, 'target'> | undefined {
  const { target, ...choice } = (value ?? {}) as Partial<Choice>;
  return target === targetOf(values) ? choice : undefined;
}

/** Makes the request from the form, as the template makes the action’s input. */
export function planRequestOf(
  kind: PlanRequest['kind'],
  sources: Record<string, InputSource>,
  values: FormValues,
  { roleArn, ...others }: Omit<Choice, 'target'> = {},
): PlanRequestResult {
  const asked = Object.fromEntries(
    Object.entries({ ...TARGET, ...sources })
      .map(([name, source]) => [name, valueOf(source, values)] as const)
      .filter(([, value]) => !isEmpty(value)),
  );
  // A role that stays as it is gets no policies.
  const { managedPolicyArns: _left, ...rest } = asked;
  const input = {
    ...(roleArn ? { ...rest, roleArn } : asked),
    ...others,
  } as Record<string, unknown>;
  if (!input.clusterName || !input.namespace || !input.serviceAccount) {
    return { incomplete: true };
  }
  const parsed = planRequestSchema.safeParse({ kind, input });
  if (parsed.success) return { request: parsed.data };
  const [issue] = parsed.error.issues;
  // The first part of the path is always `input`
  const inInput = { ...issue, path: issue.path.slice(1) };
  return { invalid: problemsOf([inInput], 'the input')[0] };
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
