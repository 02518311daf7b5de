import { libraries } from '../libraries';

/** Grows with each change that a reader of the JSON has to know. */
export const MOVE_SCHEMA_VERSION = 1;

/** JSON schema of what `plan --move NAMESPACE/NAME --output json` prints. */
export function moveSchema(): object {
  const { common, zodToJsonSchema } = libraries;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'eks-pod-identity plan --move NAMESPACE/NAME --output json',
    type: 'object',
    required: ['schemaVersion', 'move'],
    additionalProperties: false,
    properties: {
      schemaVersion: { const: MOVE_SCHEMA_VERSION },
      move: zodToJsonSchema(common.movePlanSchema, { $refStrategy: 'none' }),
    },
  };
}
