import { FieldError, fieldErrors } from '../model/status';

const { invalid } = fieldErrors;

const MOST_ID = 2_147_483_647;

const idErrors = (id: number | undefined, field: string) =>
  id !== undefined && (id < 0 || id > MOST_ID)
    ? [invalid(field, id, `must be between 0 and ${MOST_ID}, inclusive`)]
    : [];

/** The security context of a pod. */
export const validatePodSecurityContext = (
  context: any,
  field: string,
): FieldError[] => [
  ...idErrors(context?.fsGroup, `${field}.fsGroup`),
  ...idErrors(context?.runAsUser, `${field}.runAsUser`),
  ...idErrors(context?.runAsGroup, `${field}.runAsGroup`),
  ...(context?.supplementalGroups ?? []).flatMap((id: number, i: number) =>
    idErrors(id, `${field}.supplementalGroups[${i}]`),
  ),
];

/** The security context of a container. */
export const validateSecurityContext = (
  context: any,
  field: string,
): FieldError[] => [
  ...idErrors(context?.runAsUser, `${field}.runAsUser`),
  ...idErrors(context?.runAsGroup, `${field}.runAsGroup`),
  ...(context?.privileged && context.allowPrivilegeEscalation === false
    ? [
        invalid(
          field,
          context,
          'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
        ),
      ]
    : []),
];
