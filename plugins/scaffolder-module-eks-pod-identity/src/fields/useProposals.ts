import { discoveryApiRef, useApi } from '@backstage/frontend-plugin-api';
import {
  entityRefSchema,
  type PodIdentityClient,
  type Proposals,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useRef } from 'react';
import { usePodIdentityClient } from '../api/usePodIdentityClient';
import { DEPENDENT_DELAY_MS, useLoaded } from '../hooks/useLoaded';
import { textOf, valuesOf } from './form';

/** The fields of a form that a proposal fills in. */
type Part = keyof Proposals['items'][number];

interface FieldProps {
  formData?: string;
  onChange: (value: string | undefined) => void;
  formContext?: Parameters<typeof valuesOf>[0]['formContext'];
}

/** The fields of one form ask for the same at the same time. */
const underWay = new WeakMap<object, Map<string, Promise<Proposals>>>();

function askOnce(
  owner: object,
  client: PodIdentityClient,
  entityRef: string,
): Promise<Proposals> {
  const known = underWay.get(owner) ?? new Map<string, Promise<Proposals>>();
  underWay.set(owner, known);
  const asked = known.get(entityRef);
  if (asked) return asked;
  const [kind, namespace, name] = entityRef.split(/[:/]/);
  const asking = client.getProposals({ kind, namespace, name });
  known.set(entityRef, asking);
  asking
    .catch(() => undefined)
    .then(() => {
      known.delete(entityRef);
    });
  return asking;
}

/**
 * Fills a field in where the workloads of the chosen component leave one answer, once for each component. What the user
 * chose stays.
 *
 * @param within - what the fields before it hold; one after the other, since a form that changes two fields at the same
 *   moment loses one change
 * @returns why the user is not allowed to give this component an identity
 */
export function useProposals(
  { formData, onChange, ...props }: FieldProps,
  part: Part,
  within: Partial<Record<Part, string | undefined>> = {},
): string | undefined {
  const owner = useApi(discoveryApiRef);
  const client = usePodIdentityClient();
  const chosen = entityRefSchema.safeParse(textOf(valuesOf(props).entityRef));
  const entityRef = chosen.success ? chosen.data : undefined;
  const { value } = useLoaded(
    entityRef,
    () => askOnce(owner, client, entityRef!),
    DEPENDENT_DELAY_MS,
  );
  const fitting = value?.items.filter(item =>
    (Object.keys(within) as Part[]).every(key => item[key] === within[key]),
  );
  const different = [...new Set(fitting?.map(item => item[part]))];
  const only = different.length === 1 ? different[0] : undefined;
  /** What the form has taken over, and for which component. */
  const filled = useRef<{ entityRef: string; value: string }>(undefined);
  useEffect(() => {
    if (!only || !entityRef || filled.current?.entityRef === entityRef) return;
    if (formData === only) filled.current = { entityRef, value: only };
    else if (!formData || formData === filled.current?.value) onChange(only);
  });
  return value?.refusal;
}
