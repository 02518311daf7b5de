import {
  entityRefSchema,
  serviceAccountRefSchema,
  type RoleChoices,
} from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';
import type { Translate } from '../../api/problems';
import { usePodIdentityClient } from '../../api/usePodIdentityClient';
import { Picker, type PickerOption } from '../../components/Picker';
import { DEPENDENT_DELAY_MS, useLoaded } from '../../hooks/useLoaded';
import { useTexts } from '../../hooks/useTexts';
import { frameOf, valuesOf } from '../form';
import type { rolePickerSchema } from './schema';

/** The existing roles that the component may use, by name; the ARN of another one can be typed. */
export function IamRolePicker(props: typeof rolePickerSchema.TProps) {
  const { formData, onChange } = props;
  const { t } = useTexts();
  const client = usePodIdentityClient();
  const { clusterName, namespace, serviceAccount, entityRef } = valuesOf(props);
  const ref = serviceAccountRefSchema.safeParse({
    cluster: clusterName,
    namespace,
    serviceAccount,
  });
  const entity = entityRefSchema.safeParse(entityRef);
  const of =
    ref.success && entity.success
      ? { ref: ref.data, entityRef: entity.data }
      : undefined;
  const roles = useLoaded(
    of && JSON.stringify(of),
    o => {
      const { serviceAccount: name, ...within } = of!.ref;
      const query = { serviceAccount: name, entityRef: of!.entityRef };
      return client.listRoleChoices(within, query, o);
    },
    DEPENDENT_DELAY_MS,
  );
  const options = useMemo(
    () => roles.value?.items.map(role => toOption(role, t)) ?? [],
    [roles.value, t],
  );
  return (
    <Picker
      {...frameOf(props, t('role.title'))}
      value={formData}
      onChange={onChange}
      options={options}
      source={roles}
      freeText
      hint={of ? undefined : t('role.chooseTarget')}
      verdict={verdictOn(roles.value, t)}
    />
  );
}

function toOption(
  { arn, name, by, trusts }: RoleChoices['items'][number],
  t: Translate,
): PickerOption {
  return {
    value: arn,
    label: name,
    detail: t(`role.${by}`),
    refusal: trusts ? undefined : t('role.untrusting'),
  };
}

function verdictOn(
  roles: RoleChoices | undefined,
  t: Translate,
): string | undefined {
  if (!roles) return undefined;
  if (!roles.complete) return t('role.incomplete');
  return roles.items.length === 0 ? t('role.none') : undefined;
}
