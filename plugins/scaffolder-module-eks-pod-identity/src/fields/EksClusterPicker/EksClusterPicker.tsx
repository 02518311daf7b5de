import type { ClusterOverview } from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useMemo } from 'react';
import { Translate } from '../../api/problems';
import { usePodIdentityClient } from '../../api/usePodIdentityClient';
import { Picker, PickerOption } from '../../components/Picker';
import { useLoaded } from '../../hooks/useLoaded';
import { useTexts } from '../../hooks/useTexts';
import { frameOf } from '../form';
import { useProposals } from '../useProposals';
import { clusterPickerSchema } from './schema';

/** The clusters that the user may see. An id can be typed only if they cannot be loaded. */
export function EksClusterPicker(props: typeof clusterPickerSchema.TProps) {
  const { formData, onChange, uiSchema, required } = props;
  const { t } = useTexts();
  const client = usePodIdentityClient();
  const clusters = useLoaded('clusters', o => client.listClusters(o), 0);
  const creates = uiSchema['ui:options']?.access === 'create';
  const options = useMemo(
    () => clusters.value?.map(cluster => toOption(cluster, creates, t)) ?? [],
    [clusters.value, creates, t],
  );
  const unknown =
    clusters.value &&
    formData &&
    !options.some(option => option.value === formData);
  const frame = frameOf(props, t('cluster.title'));
  const refusal = useProposals(props, 'cluster');

  const allowed = options.filter(option => !option.refusal);
  const only = allowed.length === 1 ? allowed[0].value : undefined;
  const isOnlyChoice = Boolean(required && only && !formData);
  useEffect(() => {
    if (isOnlyChoice) onChange(only);
  }, [isOnlyChoice, only, onChange]);

  return (
    <Picker
      {...frame}
      value={formData}
      onChange={onChange}
      options={
        unknown
          ? [
              ...options,
              {
                value: formData,
                label: formData,
                refusal: t('cluster.unknown', { value: formData }),
              },
            ]
          : options
      }
      source={clusters}
      freeText={false}
      hint={clusters.value?.length === 0 ? t('cluster.empty') : undefined}
      verdict={
        (creates && refusal) || verdictOn(formData, options, clusters.value, t)
      }
    />
  );
}

function toOption(
  cluster: ClusterOverview,
  creates: boolean,
  t: Translate,
): PickerOption {
  return {
    value: cluster.id,
    label: cluster.title,
    detail: [cluster.id, cluster.region, cluster.accountId].join(' · '),
    refusal: creates && !cluster.can.create ? t('cluster.refused') : undefined,
  };
}

function verdictOn(
  value: string | undefined,
  options: PickerOption[],
  clusters: ClusterOverview[] | undefined,
  t: Translate,
): string | undefined {
  if (!clusters || !value) return undefined;
  const cluster = clusters.find(({ id }) => id === value);
  if (!cluster) return t('cluster.unknown', { value });
  const { refusal } = options.find(option => option.value === value)!;
  if (refusal) return refusal;
  return cluster.stale
    ? t('cluster.stale', {
        when: new Date(cluster.stale.since).toLocaleString(),
        reason: cluster.stale.reason,
      })
    : undefined;
}
