import type { RightsStatement } from '../aws/portalRights';
import { documents, moreDataPolicy } from './documents';

/** With the placeholders of Terraform. */
export const DOCUMENTS = {
  more_data: moreDataPolicy('${var.more_data_actions}'),
  ...documents({
    partition: '${local.partition}',
    region: '${local.region}',
    accountId: '${local.account_id}',
    clusterName: '${var.cluster_name}',
    rolePath: '${var.role_path}',
    boundaryArn: '${local.boundary_arn}',
    portalId: '${var.portal_id}',
    principalArn: '${var.portal_principal_arn}',
    portalRolesPrefix: '${var.role_prefix}',
  }),
};

type AnyStatement = Omit<RightsStatement, 'Resource'> & {
  Resource?: string | string[];
  Principal?: Record<string, string>;
};

/** A text; one that is only a reference stands for itself. */
const textOf = (value: string) =>
  /^\$\{([^{}]+)\}$/.exec(value)?.[1] ?? `"${value}"`;

/** Variables that are lists themselves. */
const LISTS = ['var.more_role_arns', 'var.more_data_actions'];

const listOf = (value: string | string[]) => {
  const values = [value].flat().map(textOf);
  if (LISTS.includes(values[0])) return values[0];
  return values.length === 1
    ? `[${values[0]}]`
    : `[\n${values.map(one => `  ${one},\n`).join('')}]`;
};

const indented = (text: string) => text.replace(/^(?=.)/gm, '  ');

/** Attributes as "terraform fmt" aligns them: neighbours of one line each. */
function attributes(all: [name: string, value: string][]): string {
  const long = ([, value]: [string, string]) => value.includes('\n');
  return all
    .map((one, index) => {
      const from = all.slice(0, index).findLastIndex(long) + 1;
      const later = all.slice(index).findIndex(long);
      const to = later < 0 ? all.length : index + later;
      const width = long(one)
        ? 0
        : Math.max(...all.slice(from, to).map(([name]) => name.length));
      return `${one[0].padEnd(width)} = ${one[1]}\n`;
    })
    .join('');
}

const block = (head: string, body: string) => `${head} {\n${indented(body)}}\n`;

const conditionsOf = ({ Condition = {} }: AnyStatement): string[] =>
  Object.entries(Condition).flatMap(([test, keys]) =>
    Object.entries(keys).map(([variable, value]) =>
      block(
        'condition',
        attributes([
          ['test', `"${test}"`],
          ['variable', `"${variable}"`],
          ['values', listOf(value)],
        ]),
      ),
    ),
  );

function statementOf(statement: AnyStatement): string {
  const { Sid, Effect, Action, Resource, Principal } = statement;
  const own = attributes([
    ['sid', `"${Sid}"`],
    ['effect', `"${Effect}"`],
    ['actions', listOf(Action)],
    ...(Resource ? [['resources', listOf(Resource)] as [string, string]] : []),
  ]);
  const principals = Object.entries(Principal ?? {}).map(([type, value]) =>
    block(
      'principals',
      attributes([
        ['type', `"${type}"`],
        ['identifiers', listOf(value)],
      ]),
    ),
  );
  const parts = [own, ...principals, ...conditionsOf(statement)];
  return block('statement', parts.join('\n'));
}

/** Policy documents as data sources of these names. */
export const terraformDocuments = (
  all: Record<string, { Statement: object[] }>,
): string =>
  [
    '# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.\n',
    ...Object.entries(all).map(([name, { Statement }]) =>
      block(
        `data "aws_iam_policy_document" "${name}"`,
        (Statement as AnyStatement[]).map(statementOf).join('\n'),
      ),
    ),
  ].join('\n');

/** deploy/terraform/policies.tf. */
export const terraform = () => terraformDocuments(DOCUMENTS);
