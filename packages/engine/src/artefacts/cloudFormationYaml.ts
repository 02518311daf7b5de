import { Document, visit } from 'yaml';
import { moreDataPolicy } from './documents';

/** Where a stack is. */
export const AWS = {
  partition: '${AWS::Partition}',
  region: '${AWS::Region}',
  accountId: '${AWS::AccountId}',
};

export const indented = (text: string, columns: number): string =>
  text
    .split('\n')
    .map(line => ' '.repeat(columns) + line)
    .join('\n');

/** A document as YAML, its placeholders as `!Sub` or `!Ref`, below a property that stands at `column`. */
export function policyYaml(policy: object, column: number): string {
  const document = new Document(structuredClone(policy), {
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar(_, node) {
      const { value } = node;
      if (typeof value !== 'string' || !/^\d{4}-|\$\{/.test(value)) {
        return;
      }
      // A date in YAML of before 1.2, if it is not in quotes
      node.type = 'QUOTE_SINGLE';
      if (!value.includes('${')) {
        return;
      }
      const [, only] = /^\$\{([A-Za-z]+)\}$/.exec(value) ?? [];
      node.tag = only ? '!Ref' : '!Sub';
      node.value = only ?? value;
      node.type = only ? 'PLAIN' : 'QUOTE_SINGLE';
    },
  });
  return indented(
    document.toString({ lineWidth: 0, singleQuote: true }).trimEnd(),
    column + 2,
  );
}

/**
 * A document whose condition keys hold placeholders, which CloudFormation fills in nowhere but in a text: the text of its
 * JSON, below a property that stands at `column`, with what its own placeholders are worth.
 */
export const policySub = (
  policy: object,
  column: number,
  values: Record<string, string>,
): string =>
  indented(
    `- |
${indented(JSON.stringify(policy, null, 2), 2)}
- ${indented(
      Object.entries(values)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
      2,
    ).trimStart()}`,
    column + 2,
  );

/** A statement that is there only under a condition, in a document below a property that stands at column 6. */
export const statementIf = (condition: string, statement: object): string => `
          - !If
            - ${condition}
            - ${policyYaml(statement, 12).trimStart()}
            - !Ref AWS::NoValue`;

/** What a stack adds to the boundary of workloads, and when. */
export const MORE_DATA = {
  condition: "MoreData: !Not [!Equals [!Join ['', !Ref MoreDataActions], '']]",
  statement: statementIf(
    'MoreData',
    moreDataPolicy('${MoreDataActions}').Statement[0],
  ),
};
