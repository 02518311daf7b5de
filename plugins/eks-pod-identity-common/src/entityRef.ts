/**
 * An entity ref as it is stored and compared: in lower case, since the catalog compares refs without regard to case.
 *
 * @public
 */
export function foldEntityRef(entityRef: string): string {
  return entityRef.toLocaleLowerCase('en-US');
}
