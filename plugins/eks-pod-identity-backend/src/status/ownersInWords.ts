import { parseEntityRef } from '@backstage/catalog-model';

/** `the payments team and ada`; empty without an owner. */
export function ownersInWords(ownerRefs: readonly string[]): string {
  return ownerRefs.map(inWords).join(' and ');
}

function inWords(ownerRef: string): string {
  const { kind, name } = parseEntityRef(ownerRef);
  return kind.toLocaleLowerCase('en-US') === 'group'
    ? `the ${name} team`
    : name;
}
