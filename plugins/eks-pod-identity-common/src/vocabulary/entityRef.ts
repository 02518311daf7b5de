import { z } from 'zod/v3';

/**
 * A full entity ref by the rules of the catalog for kinds, namespaces and names, each of at most 63 characters, so that it
 * fits into a tag of a role. Source: `KubernetesValidatorFunctions` of `@backstage/catalog-model`; case does not matter.
 *
 * @public
 */
export const entityRefSchema = z
  .string()
  .max(3 * 63 + 2)
  .regex(
    /^[A-Za-z][A-Za-z0-9]{0,62}:(?=[^/]{1,63}\/)[A-Za-z0-9]+(-+[A-Za-z0-9]+)*\/(?=.{1,63}$)[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/,
    'must be a full entity reference such as component:default/payments-api',
  );

/**
 * An entity ref as it is stored and compared: in lower case, since the catalog compares refs without regard to case.
 *
 * @public
 */
export function foldEntityRef(entityRef: string): string {
  return entityRef.toLocaleLowerCase('en-US');
}
