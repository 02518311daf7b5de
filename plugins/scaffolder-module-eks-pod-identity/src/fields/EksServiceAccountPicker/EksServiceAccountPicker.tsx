import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  clusterIdSchema,
  namespaceSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';
import { usePodIdentityClient } from '../../api/usePodIdentityClient';
import { Picker } from '../../components/Picker';
import { DEPENDENT_DELAY_MS, useLoaded } from '../../hooks/useLoaded';
import { formFieldsTranslationRef } from '../../translation';
import { frameOf, textOf, valuesOf } from '../form';
import { serviceAccountPickerSchema } from './schema';

/** The service accounts of the chosen namespace. A new one can be typed. */
export function EksServiceAccountPicker(
  props: typeof serviceAccountPickerSchema.TProps,
) {
  const { formData, onChange, uiSchema } = props;
  const { t } = useTranslationRef(formFieldsTranslationRef);
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
  const known =
    clusterIdSchema.safeParse(cluster).success &&
    namespaceSchema.safeParse(namespace).success;
  const accounts = useLoaded(
    known ? `${cluster}/${namespace}` : undefined,
    o =>
      client.listServiceAccounts(
        { cluster: cluster!, namespace: namespace! },
        o,
      ),
    DEPENDENT_DELAY_MS,
  );
  const options = useMemo(
    () => accounts.value?.map(name => ({ value: name, label: name })) ?? [],
    [accounts.value],
  );

  const unknown =
    namespace && formData && accounts.value?.includes(formData) === false;

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
        unknown
          ? t('serviceAccount.unknown', { value: formData, namespace })
          : undefined
      }
    />
  );
}
