import type { ClusterAccess } from 'backstage-plugin-eks-pod-identity-common';
import { libraries } from '../libraries';

export const ACCESS_FORMATS = ['text', 'json', 'csv', 'markdown'] as const;
export type AccessFormat = (typeof ACCESS_FORMATS)[number];

/** Grows with each change that a reader of the JSON has to know. */
const SCHEMA_VERSION = 1;

/** JSON schema of what `inventory --output json` prints. */
export function accessSchema(): object {
  const { common, zodToJsonSchema } = libraries;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'eks-pod-identity inventory --output json',
    type: 'object',
    required: ['schemaVersion', 'access'],
    additionalProperties: false,
    properties: {
      schemaVersion: { const: SCHEMA_VERSION },
      access: zodToJsonSchema(common.clusterAccessSchema, {
        $refStrategy: 'none',
      }),
    },
  };
}

/** The identities of a cluster in the form that was asked for. */
export function renderAccess(
  access: ClusterAccess,
  format: AccessFormat,
): string {
  const { common } = libraries;
  switch (format) {
    case 'json':
      return `${JSON.stringify(
        { schemaVersion: SCHEMA_VERSION, access },
        null,
        2,
      )}\n`;
    case 'csv':
      return `${common.accessCsv(common.inOrderOfVerdict(access.rows))}\r\n`;
    case 'markdown':
      return common.renderAccessMarkdown(access);
    default:
      return common.renderAccessText(access);
  }
}
