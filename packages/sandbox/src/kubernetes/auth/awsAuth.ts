import { parse } from 'yaml';
import { AccessEntry, AwsCaller } from '../../core/contract';
import { KubeObject } from '../types';

/** The name of the ConfigMap in kube-system that maps roles and users of IAM. */
export const AWS_AUTH = 'aws-auth';

const withoutPath = (arn: string) =>
  arn.replace(/:(role|user)\/(?:.*\/)?([^/]+)$/, ':$1/$2');

function mappings(text: string | undefined): any[] {
  try {
    const parsed = parse(text ?? '');
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** What aws-auth says of a caller, as an entry. The authenticator knows callers by ARNs without a path, so one with a path maps no one. */
export function mappedEntry(
  config: KubeObject | undefined,
  { principalArn }: AwsCaller,
): AccessEntry | undefined {
  const { mapRoles, mapUsers } = config?.data ?? {};
  const canonical = withoutPath(principalArn);
  const found = [
    ...mappings(mapRoles).map(one => ({ ...one, arn: one?.rolearn })),
    ...mappings(mapUsers).map(one => ({ ...one, arn: one?.userarn })),
  ].find(({ arn }) => arn === canonical);
  return (
    found && {
      principalArn,
      username: found.username,
      groups: found.groups ?? [],
      policies: [],
    }
  );
}
