import {
  clusterIdSchema,
  nearest,
} from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';
import { usePodIdentityClient } from '../../api/usePodIdentityClient';
import { Picker } from '../../components/Picker';
import { DEPENDENT_DELAY_MS, useLoaded } from '../../hooks/useLoaded';
import { useTexts } from '../../hooks/useTexts';
import { frameOf, textOf, valuesOf } from '../form';
import { withMeant } from '../didYouMean';
import { useProposals } from '../useProposals';
import { namespacePickerSchema } from './schema';

/** The namespaces of the chosen cluster. A new one can be typed. */
export function EksNamespacePicker(props: typeof namespacePickerSchema.TProps) {
  const { formData, onChange, uiSchema } = props;
  const { t } = useTexts();
  const client = usePodIdentityClient();
  const { clusterFrom = 'clusterName', cluster: fixed } =
    uiSchema['ui:options'] ?? {};
  const cluster = fixed ?? textOf(valuesOf(props)[clusterFrom]);
  const known = clusterIdSchema.safeParse(cluster).success;
  const namespaces = useLoaded(
    known ? cluster : undefined,
    o => client.listNamespaces(cluster!, o),
    DEPENDENT_DELAY_MS,
  );
  useProposals(props, 'namespace', { cluster });
  const options = useMemo(
    () => namespaces.value?.map(name => ({ value: name, label: name })) ?? [],
    [namespaces.value],
  );

  let hint: string | undefined;
  if (!cluster) hint = t('namespace.chooseCluster');
  else if (namespaces.value?.length === 0) hint = t('namespace.empty');
  const unknown = formData && namespaces.value?.includes(formData) === false;

  return (
    <Picker
      {...frameOf(props, t('namespace.title'))}
      value={formData}
      onChange={onChange}
      options={options}
      source={namespaces}
      freeText
      hint={hint}
      verdict={
        unknown
          ? withMeant(
              t('namespace.unknown', { value: formData }),
              nearest(formData, namespaces.value ?? []),
              t,
            )
          : undefined
      }
    />
  );
}
