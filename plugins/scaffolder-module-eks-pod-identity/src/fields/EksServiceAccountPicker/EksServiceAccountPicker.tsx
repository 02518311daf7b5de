import {
  clusterIdSchema,
  namespaceSchema,
  nearest,
  type ServiceAccountChoice,
} from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';
import { usePodIdentityClient } from '../../api/usePodIdentityClient';
import { Picker, type PickerOption } from '../../components/Picker';
import type { Translate } from '../../api/problems';
import { DEPENDENT_DELAY_MS, useLoaded } from '../../hooks/useLoaded';
import { useTexts } from '../../hooks/useTexts';
import { frameOf, textOf, valuesOf } from '../form';
import { withMeant } from '../didYouMean';
import { useProposals } from '../useProposals';
import { serviceAccountPickerSchema } from './schema';

/** The service accounts of the chosen namespace. A new one can be typed. */
export function EksServiceAccountPicker(
  props: typeof serviceAccountPickerSchema.TProps,
) {
  const { formData, onChange, uiSchema } = props;
  const { t } = useTexts();
  const client = usePodIdentityClient();
  const {
    clusterFrom = 'clusterName',
    namespaceFrom = 'namespace',
    cluster: fixedCluster,
    namespace: fixedNamespace,
  } = uiSchema['ui:options'] ?? {};
  const values = valuesOf(props);
  const cluster = fixedCluster ?? textOf(values[clusterFrom]);
  const namespace = fixedNamespace ?? textOf(values[namespaceFrom]);
  const isComplete =
    clusterIdSchema.safeParse(cluster).success &&
    namespaceSchema.safeParse(namespace).success;
  const accounts = useLoaded(
    isComplete ? `${cluster}/${namespace}` : undefined,
    o =>
      client.listServiceAccountChoices(
        { cluster: cluster!, namespace: namespace! },
        o,
      ),
    DEPENDENT_DELAY_MS,
  );
  const options = useMemo(
    () => accounts.value?.map(choice => toOption(choice, t)) ?? [],
    [accounts.value, t],
  );

  useProposals(props, 'serviceAccount', { cluster, namespace });
  const known = accounts.value?.find(({ name }) => name === formData);

  return (
    <Picker
      {...frameOf(props, t('serviceAccount.title'))}
      value={formData}
      onChange={onChange}
      options={options}
      source={accounts}
      freeText
      hint={
        cluster && namespace ? undefined : t('serviceAccount.chooseNamespace')
      }
      verdict={
        known
          ? detailOf(known, t)
          : verdictOn(formData, accounts.value, namespace, t)
      }
    />
  );
}

function toOption(choice: ServiceAccountChoice, t: Translate): PickerOption {
  return {
    value: choice.name,
    label: choice.name,
    detail: detailOf(choice, t),
  };
}

/** What runs under it, and what else the user should know before choosing it. */
function detailOf(
  { name, exists, hasIdentity, workloads }: ServiceAccountChoice,
  t: Translate,
): string | undefined {
  return (
    [
      ...workloads.map(workload =>
        t('serviceAccount.usedBy', {
          workload: `${workload.kind} ${workload.name}`,
          count: workload.pods,
        }),
      ),
      hasIdentity && t('serviceAccount.hasIdentity'),
      name === 'default' && t('serviceAccount.shared'),
      !exists && t('serviceAccount.missing'),
    ]
      .filter(Boolean)
      .join(' · ') || undefined
  );
}

function verdictOn(
  value: string | undefined,
  choices: ServiceAccountChoice[] | undefined,
  namespace: string | undefined,
  t: Translate,
): string | undefined {
  if (!namespace || !value || !choices) return undefined;
  return withMeant(
    t('serviceAccount.unknown', { value, namespace }),
    nearest(
      value,
      choices.map(({ name }) => name),
    ),
    t,
  );
}
