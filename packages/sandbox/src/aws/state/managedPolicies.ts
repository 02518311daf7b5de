import { createHash } from 'node:crypto';
import { Partition } from '../../core/partition';
import { PolicyRecord } from './types';
import catalogue from './managedPolicyCatalogue.json';

/**
 * AWS managed policies, with the documents from the "AWS Managed Policy Reference Guide" for the versions
 * named in the file. Only those that are likely to matter on EKS. In another partition the same ones count, with its ARNs.
 */
function policiesOf(partition: Partition['id']): Map<string, PolicyRecord> {
  return new Map(
    catalogue.map(entry => {
      const arn = `arn:${partition}:iam::aws:policy${entry.path}${entry.name}`;
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
              document: JSON.stringify(entry.document, null, 2).replaceAll(
                'arn:aws:',
                `arn:${partition}:`,
              ),
              createdAt,
            },
          ],
          defaultVersionId: entry.versionId,
          tags: {},
        },
      ];
    }),
  );
}

const byPartition = new Map<Partition['id'], Map<string, PolicyRecord>>();

function catalogueOf(partition: Partition['id']): Map<string, PolicyRecord> {
  const known = byPartition.get(partition) ?? policiesOf(partition);
  byPartition.set(partition, known);
  return known;
}

/** AWS does not publish the real IDs; this one depends only on the policy's name. */
function policyId(name: string) {
  const hash = createHash('sha256').update(name).digest('hex').toUpperCase();
  return `ANPA${hash.replace(/[01]/g, 'Q').slice(0, 17)}`;
}

/** An AWS managed policy of a partition by its ARN. */
export function awsManagedPolicy(
  partition: Partition['id'],
  arn: string,
): PolicyRecord | undefined {
  return catalogueOf(partition).get(arn);
}

/** The whole catalogue of a partition, sorted by name. */
export function awsManagedPolicies(partition: Partition['id']): PolicyRecord[] {
  return [...catalogueOf(partition).values()];
}
