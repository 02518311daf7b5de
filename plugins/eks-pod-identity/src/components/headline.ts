import type {
  Identity,
  ShownStatus,
} from 'backstage-plugin-eks-pod-identity-common';

/** The path while a verification runs: what was found before is not said any more. */
export function pathInTest(path: Identity['path']): Identity['path'] {
  return path.map(({ id, name, consoleUrl }) => ({
    id,
    status: 'skip',
    name,
    detail: '',
    consoleUrl,
  }));
}

/** True where only the component's own annotation links it to what AWS has; anyone can write one. */
export function isClaim({ association, sources }: Identity): boolean {
  return (
    association !== undefined &&
    sources.includes('annotation') &&
    !sources.includes('aws-tag')
  );
}

/** What the badge says: the status, or what goes on now. */
export function shownStatus({
  change,
  status,
  verifying,
}: Identity): Exclude<ShownStatus, 'stale'> {
  if (change?.state === 'running') {
    if (change.kind === 'associate') return 'setting-up';
    if (change.kind === 'teardown') return 'removing';
  }
  return verifying ? 'verifying' : status;
}

/** What a badge says of one identity of several. */
export const shown = (identity: Identity) => ({
  ...identity,
  status: shownStatus(identity),
});
