import { createHash } from 'node:crypto';
import { PolicyRecord } from './types';
import catalogue from './managedPolicyCatalogue.json';

/**
 * AWS managed policies, with the documents from the "AWS Managed Policy Reference Guide" for the versions
 * named in the file. Only those that are likely to matter on EKS.
 */
const byArn = new Map<string, PolicyRecord>(
  catalogue.map(entry => {
    const arn = `arn:aws:iam::aws:policy${entry.path}${entry.name}`;
    const createdAt = Date.parse(entry.createDate);
    return [
      arn,
      {
        name: entry.name,
        path: entry.path,
        arn,
        policyId: policyId(entry.name),
        createdAt,
        updatedAt: createdAt,
        versions: [
          {
            id: entry.versionId,
            document: JSON.stringify(entry.document, null, 2),
            createdAt,
          },
        ],
        defaultVersionId: entry.versionId,
        tags: {},
      },
    ];
  }),
);

/** AWS does not publish the real IDs; this one depends only on the policy's name. */
function policyId(name: string) {
  const hash = createHash('sha256').update(name).digest('hex').toUpperCase();
  return `ANPA${hash.replace(/[01]/g, 'Q').slice(0, 17)}`;
}

/** An AWS managed policy by its ARN. */
export function awsManagedPolicy(arn: string): PolicyRecord | undefined {
  return byArn.get(arn);
}

/** The whole catalogue, sorted by name. */
export function awsManagedPolicies(): PolicyRecord[] {
  return [...byArn.values()];
}
