import type { PolicyChoice } from 'backstage-plugin-eks-pod-identity-common';
import { clusterIdSchema } from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';
import { usePodIdentityClient } from '../../api/usePodIdentityClient';
import { PickerOption, PoliciesPicker } from '../../components/Picker';
import { DEPENDENT_DELAY_MS, useLoaded } from '../../hooks/useLoaded';
import { useTexts } from '../../hooks/useTexts';
import { frameOf, textOf, valuesOf } from '../form';
import { policyPickerSchema } from './schema';

/** The managed policies that the guardrails of the chosen cluster name, or of all clusters while none is chosen. */
export function IamPolicyPicker(props: typeof policyPickerSchema.TProps) {
  const { formData, onChange, uiSchema } = props;
  const { t } = useTexts();
  const client = usePodIdentityClient();
  const { clusterFrom = 'clusterName', cluster: fixed } =
    uiSchema['ui:options'] ?? {};
  const chosen = clusterIdSchema.safeParse(
    fixed ?? textOf(valuesOf(props)[clusterFrom]),
  );
  const cluster = chosen.success ? chosen.data : undefined;
  const policies = useLoaded(
    `policies of ${cluster ?? 'all'}`,
    o => client.listPolicies({ cluster }, o),
    DEPENDENT_DELAY_MS,
  );
  const options = useMemo(
    () => policies.value?.map(toOption) ?? [],
    [policies.value],
  );
  // The form stores null for a field that was emptied
  const values = formData ?? [];
  const refused = options.filter(
    ({ value, refusal }) => refusal && values.includes(value),
  );

  return (
    <PoliciesPicker
      {...frameOf(props, t('policy.title'))}
      values={values}
      onChange={onChange}
      options={options}
      source={policies}
      verdict={
        refused
          .map(({ label, refusal }) => `${label}: ${refusal}`)
          .join('; ') || undefined
      }
    />
  );
}

function toOption(policy: PolicyChoice): PickerOption {
  return {
    value: policy.arn,
    label: policy.name,
    detail: policy.description,
    refusal: policy.allowed ? undefined : policy.reason,
  };
}
