import { FieldError, fieldErrors } from '../model/status';
import { KubeObject, OwnerReference } from '../types';
import {
  label,
  label1035,
  labelValue,
  pathSegment,
  qualifiedName,
  subdomain,
} from '../model/names';

const ANNOTATIONS_LIMIT = 256 * 1024;

/** The form of name that a kind requires; most require a DNS subdomain. */
const NAME_RULES: Record<string, (name: string) => string[]> = {
  Namespace: label,
  Service: label1035,
  Role: pathSegment,
  ClusterRole: pathSegment,
  RoleBinding: pathSegment,
  ClusterRoleBinding: pathSegment,
};

export function validateLabels(
  labels: Record<string, string> | undefined,
  field: string,
): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedName(key).map(text => fieldErrors.invalid(field, key, text)),
    ...labelValue(value).map(text => fieldErrors.invalid(field, value, text)),
  ]);
}

function validateAnnotations(
  annotations: Record<string, string> = {},
): FieldError[] {
  const field = 'metadata.annotations';
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(value),
    0,
  );
  return [
    ...Object.keys(annotations).flatMap(key =>
      qualifiedName(key.toLowerCase()).map(text =>
        fieldErrors.invalid(field, key, text),
      ),
    ),
    ...(size > ANNOTATIONS_LIMIT
      ? [
          {
            reason: 'FieldValueTooLong' as const,
            field,
            text: `Too long: may not be more than ${ANNOTATIONS_LIMIT} bytes`,
          },
        ]
      : []),
  ];
}

/** Owners have uids, and one of them at most is the controller. */
function validateOwners(owners: OwnerReference[] = []): FieldError[] {
  const field = 'metadata.ownerReferences';
  const [one, other] = owners
    .filter(owner => owner.controller)
    .map(({ kind, name }) => `${kind}/${name}`);
  return [
    ...owners
      .filter(({ uid }) => !uid)
      .map(owner =>
        fieldErrors.invalid(`${field}.uid`, owner.uid, 'must not be empty'),
      ),
    ...(other
      ? [
          fieldErrors.invalid(
            field,
            owners,
            `Only one reference can have Controller set to true. Found "true" in references for ${one} and ${other}`,
          ),
        ]
      : []),
  ];
}

/** Validates the name, labels, annotations and owners of any object. */
export function validateMetadata({ kind, metadata }: KubeObject): FieldError[] {
  const rule = NAME_RULES[kind] ?? subdomain;
  const errors: FieldError[] = [];
  if (!metadata.name) {
    errors.push(
      fieldErrors.required('metadata.name', 'name or generateName is required'),
    );
  } else {
    errors.push(
      ...rule(metadata.name).map(text =>
        fieldErrors.invalid('metadata.name', metadata.name, text),
      ),
    );
  }
  return [
    ...errors,
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations),
    ...validateOwners(metadata.ownerReferences),
    ...(metadata.finalizers ?? []).flatMap(name =>
      qualifiedName(name).map(text =>
        fieldErrors.invalid('metadata.finalizers', name, text),
      ),
    ),
  ];
}
